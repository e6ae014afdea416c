from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.gate import headers as headers_module
from consentkit.gate.headers import (
    CACHING,
    LINKING,
    MAX_SPELLINGS,
    SETTING,
    for_one_visitor,
    kinds,
    with_no_store,
    with_private,
    with_vary,
)

Pair = tuple[bytes, bytes]

NAMES = st.sampled_from([b"vary", b"Vary", b"cache-control", b"CACHE-CONTROL", b"set-cookie", b"x"])
DIRECTIVES = st.sampled_from(
    [
        b"public",
        b"private",
        b"no-store",
        b"max-age=60",
        b"s-maxage=5",
        b'S-MaxAge="5"',
        b"no-cache",
        b"*",
        b"Cookie",
    ]
)
# What caches in front of a site obey before they look at Cache-Control.
NETWORKS = [
    b"CDN-Cache-Control",
    b"Surrogate-Control",
    b"Cloudflare-CDN-Cache-Control",
    b"Edge-Control",
    b"Netlify-CDN-Cache-Control",
    b"Vercel-CDN-Cache-Control",
    b"X-LiteSpeed-Cache-Control",
    b"X-Accel-Expires",
]
LINES = st.tuples(NAMES, st.lists(DIRECTIVES, max_size=4).map(b", ".join) | st.binary(max_size=12))


@pytest.mark.parametrize(
    ("given_", "left"),
    [
        ([], [(b"vary", b"Cookie, Sec-GPC")]),
        ([(b"Vary", b"Origin")], [(b"vary", b"Origin, Cookie, Sec-GPC")]),
        ([(b"vary", b"cookie")], [(b"vary", b"cookie, Sec-GPC")]),
        (
            [(b"vary", b"A"), (b"x", b"1"), (b"VARY", b"b ,a")],
            [(b"x", b"1"), (b"vary", b"A, b, Cookie, Sec-GPC")],
        ),
        ([(b"vary", b"")], [(b"vary", b"Cookie, Sec-GPC")]),
        ([(b"vary", b"*")], [(b"vary", b"*")]),
        ([(b"vary", b"A"), (b"vary", b"B, *")], [(b"vary", b"*")]),
    ],
)
def test_vary_becomes_one_header_in_the_application_s_own_spelling(
    given_: list[Pair], left: list[Pair]
) -> None:
    assert with_vary(given_, ["Cookie", "Sec-GPC"]) == left


@pytest.mark.parametrize(
    ("given_", "left", "corrected"),
    [
        ([], b"private", False),
        ([b""], b"private", False),
        ([b"max-age=60"], b"private, max-age=60", False),
        ([b"public"], b"private", True),
        ([b"public, max-age=60, must-revalidate"], b"private, max-age=60, must-revalidate", True),
        ([b"max-age=60,public"], b"private, max-age=60", True),
        ([b"public, public"], b"private", True),
        ([b"max-age=1, S-MAXAGE=60, no-transform"], b"private, max-age=1, no-transform", True),
        ([b's-maxage="60"'], b"private", True),
        ([b"public, private"], b"private", True),
        ([b"public, no-store"], b"no-store", True),
        ([b"max-age=60", b"public"], b"private, max-age=60", True),
        ([b"no-store"], b"no-store", False),
        ([b"No-Store, max-age=0"], b"No-Store, max-age=0", False),
        ([b"private"], b"private", False),
        ([b"max-age=0, PRIVATE"], b"max-age=0, PRIVATE", False),
        # A list of fields keeps only those private, not the page.
        ([b'private="set-cookie"'], b'private, private="set-cookie"', False),
        # Words that only look alike.
        ([b"publicity, x-public"], b"private, publicity, x-public", False),
    ],
)
def test_a_response_is_kept_out_of_shared_caches_and_the_rest_is_kept(
    given_: list[bytes], left: bytes, corrected: bool
) -> None:
    headers = [(b"a", b"1"), *((b"Cache-Control", value) for value in given_), (b"b", b"2")]

    assert with_private(headers) == ([(b"a", b"1"), (b"b", b"2"), (b"cache-control", left)], corrected)


def test_no_store_takes_the_place_of_everything_else() -> None:
    headers = [(b"CACHE-control", b"public"), (b"a", b"1"), (b"cache-control", b"private")]

    assert with_no_store(headers) == [(b"a", b"1"), (b"cache-control", b"no-store")]


@given(st.lists(LINES, max_size=6))
def test_the_other_headers_keep_their_order_and_bytes(headers: list[Pair]) -> None:
    before = list(headers)

    def others(pairs: list[Pair], name: bytes) -> list[Pair]:
        return [pair for pair in pairs if pair[0].lower() != name]

    assert others(with_vary(headers, ["Cookie"]), b"vary") == others(headers, b"vary")
    assert others(with_private(headers)[0], b"cache-control") == others(headers, b"cache-control")
    assert others(with_no_store(headers), b"cache-control") == others(headers, b"cache-control")
    assert headers == before


@given(st.lists(LINES, max_size=6))
def test_doing_it_twice_changes_nothing_more(headers: list[Pair]) -> None:
    once, _ = with_private(with_vary(headers, ["Cookie"]))
    again, corrected = with_private(once)

    assert sorted(with_vary(again, ["Cookie"])) == sorted(once)
    assert not corrected


@given(st.lists(DIRECTIVES, max_size=5))
def test_no_shared_directive_is_left(directives: list[bytes]) -> None:
    result, corrected = with_private([(b"cache-control", b", ".join(directives))])
    left = [directive.strip().lower() for directive in result[-1][1].split(b",")]

    assert not any(directive == b"public" or directive.startswith(b"s-maxage") for directive in left)
    assert b"private" in left or b"no-store" in left
    assert corrected == any(d.lower().startswith((b"public", b"s-maxage")) for d in directives)


@given(st.lists(LINES, max_size=6))
def test_the_short_way_for_one_visitor_ends_where_the_two_steps_do(headers: list[Pair]) -> None:
    names = ("Cookie", "Sec-GPC")
    before = list(headers)

    assert for_one_visitor(iter(headers), names) == with_private(with_vary(headers, names))
    assert headers == before


def test_the_application_s_own_list_is_never_written_to() -> None:
    headers = [(b"x", b"1")]

    for_one_visitor(headers, ("Cookie",))
    with_vary(headers, ["Cookie"])
    with_private(headers)
    with_no_store(headers)
    assert headers == [(b"x", b"1")]


#
@pytest.mark.parametrize("name", NETWORKS)
def test_what_speaks_to_networks_alone_does_not_outrank_private(name: bytes) -> None:
    given = [(b"content-type", b"text/html"), (name, b"max-age=600")]

    assert for_one_visitor(given, ("Cookie",)) == (
        [(b"content-type", b"text/html"), (b"vary", b"Cookie"), (b"cache-control", b"private")],
        True,
    )
    assert with_no_store(given) == [(b"content-type", b"text/html"), (b"cache-control", b"no-store")]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"x-accel-expires", b"0"),
        (b"cdn-cache-control", b"no-store"),
        (b"surrogate-control", b"max-age=0, no-store"),
        (b"x-litespeed-cache-control", b"Private,max-age=60"),
    ],
)
def test_what_forbids_a_network_to_cache_is_no_mistake(name: bytes, value: bytes) -> None:
    assert with_private([(name, value)]) == ([(b"cache-control", b"private")], False)


@pytest.mark.parametrize("value", [b"600", b"@1700000000", b"10", b"max-age=0", b"no-storage", b""])
def test_what_allows_a_network_to_cache_is_one(value: bytes) -> None:
    assert with_private([(b"X-Accel-Expires", value)]) == ([(b"cache-control", b"private")], True)


# ---- what there is to do at all


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (b"set-cookie", SETTING),
        (b"link", LINKING),
        (b"refresh", LINKING),
        (b"speculation-rules", LINKING),
        (b"vary", CACHING),
        (b"cache-control", CACHING),
        *((name, CACHING) for name in NETWORKS),
        (b"etag", 0),
        (b"set-cookie2", 0),
        (b"", 0),
    ],
)
def test_every_spelling_of_a_header_is_told(name: bytes, kind: int) -> None:
    for spelling in (name, name.upper(), name.title(), name.swapcase(), bytearray(name.upper())):
        for _ in range(2):
            assert kinds([(b"x", b"1"), (bytes(spelling), b""), (b"y", b"2")]) == kind
        assert kinds([(spelling, b"")]) == kind  # type: ignore[list-item] # servers do not mind


def test_kinds_add_up() -> None:
    assert kinds([(b"Link", b""), (b"a", b""), (b"SET-cookie", b"")]) == SETTING | LINKING
    assert kinds([]) == 0


def test_an_application_that_makes_up_names_fills_no_memory() -> None:
    for number in range(2 * MAX_SPELLINGS):
        kinds([(b"x-made-up-%d" % number, b"")])
    kinds([(b"x" * 10_000, b"")])

    assert len(headers_module._spellings) <= MAX_SPELLINGS
    assert kinds([(b"SeT-cOoKiE", b"")]) == SETTING
