from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.gate.validators import (
    asks_for_a_page,
    for_changed_page,
    has_marked_tags,
    state_tag,
    without_conditions,
)

Pair = tuple[bytes, bytes]

NOW = state_tag(["analytics"], True, "en")
OTHER = state_tag([], False, "en")
OPAQUE = st.binary(max_size=8).map(lambda raw: bytes(b for b in raw if b > 0x22 and b != 0x7F))
TAGS = st.tuples(st.sampled_from([b"", b"W/"]), OPAQUE).map(lambda tag: tag[0] + b'"' + tag[1] + b'"')


def marked(tag: bytes, state: bytes = NOW) -> bytes:
    return tag[:-1] + b";ck-" + state + b'"'


# ---- what a page differs by


def test_every_part_of_the_state_changes_its_tag() -> None:
    states = [
        (["a"], True, "en", "n1", False),
        (["a", "b"], True, "en", "n1", False),
        (["a"], False, "en", "n1", False),
        (["a"], True, "cy", "n1", False),
        (["a"], True, "en", "n2", False),
        (["a"], True, "en", "n1", True),
    ]

    assert len({state_tag(*state) for state in states}) == len(states)
    assert state_tag(*states[0]) == state_tag(*states[0])


def test_the_tag_is_short_and_may_stand_in_an_etag() -> None:
    assert re.fullmatch(rb"[0-9a-f]{12}", state_tag('"', "\r\n", "é", object))


def test_a_set_has_the_same_tag_in_every_process() -> None:
    code = "from consentkit.gate.validators import *; print(state_tag(frozenset('abcdefgh')).decode())"

    def printed(seed: str) -> str:
        command, env = [sys.executable, "-c", code], {"PYTHONHASHSEED": seed}
        run = subprocess.run(command, env=env, capture_output=True, text=True, check=True)  # noqa: S603 - this interpreter, a line of our own
        return run.stdout

    assert len({printed("1"), printed("2"), state_tag(frozenset("hgfedcba")).decode() + "\n"}) == 1


# ---- which requests ask for a page


@pytest.mark.parametrize(
    "headers",
    [
        [(b"sec-fetch-dest", b"document")],
        [(b"sec-fetch-dest", b"iframe"), (b"accept", b"*/*")],
        [(b"sec-fetch-dest", b"object")],
        [(b"accept", b"text/html,application/xhtml+xml")],
        [(b"accept", b"application/json"), (b"accept", b"text/html"), (b"accept", b"*/*")],
        # A script that puts HTML into the page, and a browser that fetches one ahead.
        [(b"sec-fetch-dest", b"empty"), (b"accept", b"text/html")],
        [(b"sec-fetch-dest", b"empty"), (b"sec-purpose", b"prefetch;prerender"), (b"accept", b"*/*")],
        [(b"purpose", b"prefetch")],
        [(b"accept", b"*/*"), (b"if-none-match", marked(b'"a"'))],
        [(b"sec-fetch-dest", b"empty"), (b"if-match", b'"b", ' + marked(b'W/"a"', OTHER))],
    ],
)
def test_a_request_for_a_document_is_known(headers: list[Pair]) -> None:
    assert asks_for_a_page(headers)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"accept", b"*/*")],
        [(b"accept", b"application/json"), (b"if-none-match", b'"a"')],
        [(b"sec-fetch-dest", b"image"), (b"accept", b"text/html")],
        [(b"sec-fetch-dest", b"script"), (b"accept", b"*/*")],
        [(b"sec-fetch-dest", b"empty"), (b"accept", b"application/json")],
        [(b"x-requested", b"text/html"), (b"cookie", b'a=";ck-12"')],
        [(b"if-none-match", b'"a;ck-"'), (b"if-match", b'"ck-12"')],
    ],
)
def test_a_request_for_something_else_is_none(headers: list[Pair]) -> None:
    assert not asks_for_a_page(headers)


def test_a_marked_tag_is_seen_in_either_header_and_nowhere_else() -> None:
    assert has_marked_tags([(b"if-none-match", marked(b'"a"', OTHER))])
    assert has_marked_tags([(b"x", b"1"), (b"if-match", b'"b", ' + marked(b'W/"a"'))])
    assert not has_marked_tags([(b"if-none-match", b'"a", "ck-1"'), (b"etag", marked(b'"a"'))])


# ---- the request, as the application sees it


#
@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        (marked(b'"a"'), b'"a"'),
        (marked(b'W/"a"'), b'W/"a"'),
        (marked(b'""'), b'""'),
        (marked(b'"a"') + b", " + marked(b'"b"', OTHER) + b' ,"c",' + marked(b'W/"d"'), b'"a", W/"d"'),
        (marked(marked(b'"a"', OTHER)), marked(b'"a"', OTHER)),
        # Another state's page, and one from before there was a gate, are never confirmed.
        (marked(b'"a"', OTHER), None),
        (b'"a"', None),
        (b'W/"a"', None),
        (b"*", None),
        (b"", None),
        (b"a;ck-" + NOW, None),
        (b'"a;ck-' + NOW, None),
        (b'"a;ck-' + NOW.upper() + b'"', None),
        (b'"a;ck-' + NOW + b'-gzip"', None),
    ],
)
def test_only_a_copy_of_the_present_state_is_asked_about(sent: bytes, seen: bytes | None) -> None:
    expected = [] if seen is None else [(b"if-none-match", seen)]

    for method in ("GET", "HEAD", "QUERY"):
        assert without_conditions([(b"if-none-match", sent)], NOW, method=method) == expected
    assert without_conditions([(b"If-None-Match", sent)], None) == []


#
def test_a_date_or_a_part_is_no_way_around_it() -> None:
    headers = [
        (b"host", b"x"),
        (b"if-modified-since", b"Sat, 29 Oct 1994 19:43:31 GMT"),
        (b"Range", b"bytes=0-"),
        (b"if-range", b'"a"'),
        (b"accept-encoding", b"gzip, br"),
        (b"cookie", b"a=1"),
    ]

    assert without_conditions(headers, NOW) == [(b"host", b"x"), (b"cookie", b"a=1")]


# A lost update is worse than a page too many: a guard is never taken away, whatever the state.
@pytest.mark.parametrize(
    ("name", "sent", "seen"),
    [
        (b"if-match", marked(b'"a"'), b'"a"'),
        (b"if-match", marked(b'"a"', OTHER) + b', "b"', b'"a", "b"'),
        (b"if-match", b"*", b"*"),
        (b"if-match", b"nonsense", b"nonsense"),
        (b"if-none-match", b"*", b"*"),
        (b"if-none-match", marked(b'W/"a"', OTHER), b'W/"a"'),
        (b"if-unmodified-since", b"Sat, 29 Oct 1994 19:43:31 GMT", b"Sat, 29 Oct 1994 19:43:31 GMT"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_condition_on_a_change_stays_and_names_the_version_the_application_knows(
    name: bytes, sent: bytes, seen: bytes, method: str
) -> None:
    headers = [(name, sent), (b"accept-encoding", b"gzip")]

    assert without_conditions(headers, NOW, method=method) == [(name, seen)]


def test_a_read_keeps_its_guards_too() -> None:
    headers = [(b"if-match", marked(b'"a"', OTHER)), (b"if-unmodified-since", b"x")]

    assert without_conditions(headers, NOW) == [(b"if-match", b'"a"'), (b"if-unmodified-since", b"x")]


def test_a_request_without_conditions_is_the_same_list() -> None:
    plain = [(b"host", b"x"), (b"accept", b"text/html")]
    guarded = [(b"if-match", b'"a"')]

    assert without_conditions(plain, NOW) is plain
    assert without_conditions(guarded, NOW) is guarded


# ---- the response


@pytest.mark.parametrize(
    ("etag", "left"),
    [
        (b'"a"', marked(b'"a"')),
        (b'W/"a"', marked(b'W/"a"')),
        (b' "a" ', marked(b'"a"')),
        (b'""', marked(b'""')),
        # What is no tag cannot be marked, and would confirm anything.
        (b"a", None),
        (b'w/"a"', None),
        (b'"a" "b"', None),
        (b"", None),
    ],
)
def test_an_etag_says_which_state_the_page_was_made_for(etag: bytes, left: bytes | None) -> None:
    expected = [(b"a", b"1")] if left is None else [(b"a", b"1"), (b"ETag", left)]

    assert for_changed_page([(b"a", b"1"), (b"ETag", etag)], NOW) == expected


#
@pytest.mark.parametrize(
    "name",
    [b"Last-Modified", b"content-md5", b"DIGEST", b"Content-Digest", b"repr-digest", b"Accept-Ranges"],
)
def test_what_describes_the_application_s_bytes_goes(name: bytes) -> None:
    assert for_changed_page([(b"x", b"1"), (name, b"y"), (b"z", b"2")], NOW) == [(b"x", b"1"), (b"z", b"2")]


def test_a_response_without_validators_is_the_same_list() -> None:
    headers = [(b"content-type", b"text/html")]

    assert for_changed_page(headers, NOW) is headers


@given(st.lists(TAGS, min_size=1, max_size=4))
def test_a_tag_comes_back_as_the_application_wrote_it(tags: list[bytes]) -> None:
    left = [for_changed_page([(b"etag", tag)], NOW)[0][1] for tag in tags]
    request = [(b"if-none-match", b", ".join(left))]

    assert without_conditions(request, NOW) == [(b"if-none-match", b", ".join(tags))]
    assert without_conditions(request, OTHER) == []
    assert has_marked_tags(request)
    assert asks_for_a_page(request)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"if-none-match", b"If-Match", b"range", b"ETag", b"x", b"last-modified"]),
            st.binary(max_size=12) | TAGS.map(marked),
        ),
        max_size=5,
    ),
    st.sampled_from(["GET", "PUT"]),
)
def test_the_other_headers_keep_order_and_bytes_and_nothing_is_written_to(
    headers: list[Pair], method: str
) -> None:
    before = list(headers)
    ours = {b"if-none-match", b"if-match", b"range", b"etag", b"last-modified"}

    def others(pairs: Sequence[Pair]) -> list[Pair]:
        return [pair for pair in pairs if pair[0].lower() not in ours]

    assert others(without_conditions(headers, NOW, method=method)) == others(before)
    assert others(for_changed_page(headers, NOW)) == others(before)
    assert headers == before
