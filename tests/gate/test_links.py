from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit import Policy, parse_policy
from consentkit.gate.claims import Claims
from consentkit.gate.links import (
    INERT,
    MAX_REMEMBERED,
    hints_without_closed,
    without_closed_links,
)

SITE = """
[site]
name = "Tide Tables"
controller = { name = "Harbour Office", contact = "privacy@harbour.example" }
languages = ["en"]

[categories.analytics]

[services.counter]
category = "analytics"
provider = "Counting Ltd"
hosts = ["counter.example", "*.counter.example", "xn--zhler-gra.example"]

[services.tag]
category = "analytics"
provider = "Tag Company"
scripts = ["https://shared.example/tag/*"]

[categories.third-party]

[services.video]
category = "third-party"
provider = "Video Company"
hosts = ["video.example", "shared.example"]
"""

CLOSED = frozenset({"analytics", "counter", "tag", "third-party", "video"})


@pytest.fixture(scope="module")
def declared() -> Policy:
    return parse_policy(SITE)


@pytest.fixture(scope="module")
def claims(declared: Policy) -> Claims:
    return Claims(declared.services.values())


def left(value: bytes, claims: Claims, closed: frozenset[str] = CLOSED) -> bytes | None:
    """Return what is left of one Link header, by both ways in."""
    before = [(b"a", b"1"), (b"link", value), (b"b", b"2")]
    after = without_closed_links(before, claims, closed)
    hints = hints_without_closed([value], claims, closed)

    assert (after[0], after[-1]) == (before[0], before[-1])
    assert [found for key, found in after if key == b"link"] == hints
    return hints[0] if hints else None


# ---- which relations


#
@pytest.mark.parametrize(
    "relation",
    [
        b"preload",
        b"prefetch",
        b"preconnect",
        b"dns-prefetch",
        b"modulepreload",
        b"prerender",
        b"stylesheet",
        b"icon",
        b"manifest",
        b"compression-dictionary",
        b"PreConnect",
        # Firefox fetches it ahead.
        b"next",
        # Nobody knows what a browser of tomorrow does with it.
        b"https://rels.example/new",
        b"quantum-load",
        b'""',
        b'"canonical preload"',
        b"'canonical'",
        b'"pre\\load"',
        b'"alternate stylesheet"',
        b"",
    ],
)
def test_a_hint_to_a_closed_service_goes(claims: Claims, relation: bytes) -> None:
    value = b"<https://video.example/a.css>; rel=" + relation

    assert left(value, claims) is None
    assert left(value, claims, frozenset()) is value
    assert left(value.replace(b"video", b"harbour"), claims) is not None


@pytest.mark.parametrize("relation", sorted(INERT))
def test_a_link_that_waits_for_a_click_stays(claims: Claims, relation: str) -> None:
    value = b"<https://video.example/>; rel=" + relation.upper().encode()

    assert left(value, claims) is value


def test_of_several_relations_each_counts_and_so_does_none(claims: Claims) -> None:
    target = b"<https://video.example/>"

    assert left(target + b'; rel="canonical next"', claims) is None
    assert left(target + b"; rel=canonical; rel=preload", claims) is None
    assert left(target + b"; rel=preload; rel=canonical", claims) is None
    assert left(target, claims) is None
    assert left(target + b"; title=rel; as=style", claims) is None
    assert left(target + b'; REL="Canonical \t me"', claims) is not None
    assert left(target + b"; rel=canonical; rel=me", claims) is not None


# ---- which addresses


#
@pytest.mark.parametrize(
    "target",
    [
        b"https://video.example",
        b"HTTPS://VIDEO.example/x",
        b"//video.example/x",
        b"https:\\\\video.example",
        b"\\\\video.example/x",
        b"https:video.example",
        b"https://user:pass@video.example:443/x",
        b" https://video.example ",
        b"ht\ttps://vid\teo.example/x",
        b"https://video.example./",
        b"https://%76ideo.example/",
        b"wss://video.example/live",
        b"https://a.counter.example/",
        b"https://video.example/a,b;c=d",
        b"https://video.example/\xff",
        b"https://shared.example/tag/1.js",
        b"https://shared.example/other.js",
        # Beyond ASCII: some browsers read UTF-8, some ISO 8859-1, and some applications write Punycode.
        "https://zähler.example/".encode(),
        "https://zähler.example/".encode("latin-1"),
        b"https://xn--zhler-gra.example/",
    ],
)
def test_an_address_is_read_as_a_browser_would(claims: Claims, target: bytes) -> None:
    assert left(b"<" + target + b">;rel=preload", claims) is None


@pytest.mark.parametrize(
    "target",
    [
        b"",
        b"/video.example/x",
        b"video.example/x",
        b"?next=https://video.example/",
        b"#video.example",
        b"./a.css",
        b"https://harbour.example/?u=https://video.example/",
        b"https://notvideo.example/",
        b"https://video.example.org/",
        b"https://harbour.example/video.example",
        b"https://counter.example.net",
    ],
)
def test_what_is_the_site_s_own_or_a_stranger_s_stays(claims: Claims, target: bytes) -> None:
    value = b"<" + target + b">; rel=preload"

    assert left(value, claims) is value


def test_only_the_service_that_claims_it_decides(claims: Claims) -> None:
    tag = b"<https://shared.example/tag/1.js>; rel=preload"

    assert left(tag, claims, frozenset({"video"})) is tag
    assert left(tag, claims, frozenset({"tag"})) is None
    assert left(b"<https://video.example/>; rel=preload", claims, frozenset({"tag", "counter"})) is not None


#
@pytest.mark.parametrize(
    "parameter",
    [
        b'imagesrcset="/a.png 1x, https://video.example/b.png 2x"',
        b'ImageSrcSet="https://video.example/b,c.png"',
        b"imagesrcset=//video.example/b.png",
        b'imagesrcset="\\/\\/video.example\\/b.png"',
        b'imagesrcset="https://vi\\deo.example/b.png"',
        b'anchor="https://video.example/"',
    ],
)
def test_the_other_addresses_of_a_value_count_too(claims: Claims, parameter: bytes) -> None:
    value = b"</a.png>; rel=preload; as=image; " + parameter

    assert left(value, claims) is None
    assert left(value.replace(b"vi", b"harbour"), claims) is not None
    assert left(value.replace(b"rel=preload", b"rel=alternate"), claims) is not None


def test_a_title_is_no_address(claims: Claims) -> None:
    value = b'</a.css>; rel=preload; title="see https://video.example/, or <https://video.example/>"'

    assert left(value, claims) is value


# ---- several values


def test_the_others_stay_in_order_with_their_bytes(claims: Claims) -> None:
    value = (
        b"</a.css>;rel=preload ,  <https://video.example/x,y>; rel=preload,"
        b'<https://harbour.example/b,c>; title="a, \\"b\\" <c>"; rel = "next" ;,,'
        b"<//counter.example>;rel=x , </z>"
    )

    assert left(value, claims) == (
        b'</a.css>;rel=preload, <https://harbour.example/b,c>; title="a, \\"b\\" <c>"; rel = "next" ;, </z>'
    )
    assert left(value, claims, frozenset({"third-party"})) is value


def test_several_headers_are_each_for_themselves(claims: Claims) -> None:
    headers = [
        (b"Link", b"</a.css>; rel=preload"),
        (b"set-cookie", b"a=1"),
        (b"LINK", b"<https://video.example/>; rel=preconnect"),
        (b"link", b"</b.css> ; rel=preload,  <https://video.example/>; rel=preload"),
        (b"x-link", b"<https://video.example/>; rel=preload"),
        (b"linx", b"<https://video.example/>; rel=preload"),
    ]
    before = list(headers)

    assert without_closed_links(headers, claims, CLOSED) == [
        headers[0],
        headers[1],
        (b"link", b"</b.css> ; rel=preload"),
        headers[4],
        headers[5],
    ]
    assert headers == before


def test_where_nothing_has_to_go_the_list_is_the_same(claims: Claims) -> None:
    headers = [(b"link", b" </a.css>;rel=preload ,, nonsense"), (b"Refresh", b"5; url=/next"), (b"x", b"1")]

    assert without_closed_links(headers, claims, CLOSED) is headers


# ---- Early Hints


#
def test_early_hints_lose_only_what_is_closed(claims: Claims) -> None:
    links = [
        b"</a.css>; rel=preload; as=style",
        b"<https://video.example/>; rel=preconnect",
        b"<https://counter.example/c.js>; rel=preload, </b.js>; rel=preload",
        b"",
    ]

    assert hints_without_closed(links, claims, CLOSED) == [links[0], b"</b.js>; rel=preload", b""]
    assert hints_without_closed(iter(links), claims, frozenset()) == links


# ---- what cannot be parsed


#
@pytest.mark.parametrize(
    "value",
    [
        b"https://video.example/a.css; rel=preload",
        b"<https://video.example/a.css; rel=preload",
        b"https://video.example/a.css>; rel=preload",
        b'<https://video.example/>; rel="preload',
        b"<https://video.example/> rel=preload",
        b'<https://video.example/>; rel=canonical; title="',
        b"<<https://video.example/>>; rel=preload",
        b'"</a>", <https://vid\teo.example/>x; rel=preload',
        b"<//%76ideo.example/>x; rel=preload",
        b'</a>x; anchor="https://vi\\deo.example"',
        b"<\\\\video.example/>x; rel=preload",
        b"<https://z\xc3\xa4hler.example/>x; rel=preload",
        b"<https://z\xe4hler.example/>x; rel=preload",
        b"<a\x00https://video.example/\x00>\x00; rel=preload",
    ],
)
def test_a_malformed_value_goes_when_it_mentions_a_closed_service(claims: Claims, value: bytes) -> None:
    assert left(value, claims) in (None, b'"</a>"')
    assert left(value, claims, frozenset()) is value


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b",",
        b" , ,",
        b"<",
        b"<>",
        b">",
        b'"',
        b"</a.css",
        b'</a.css>; rel="preload',
        b"\x00\xff\xfe",
        b"nonsense, </a>",
    ],
)
def test_any_other_malformed_value_is_left_alone(claims: Claims, value: bytes) -> None:
    assert left(value, claims) is value


def test_a_malformed_value_does_not_hide_or_take_away_its_neighbours(claims: Claims) -> None:
    bad = b'</a>; title="oops'
    hint = b"<https://video.example/>; rel=preload"

    assert left(bad + b", " + hint, claims) == bad
    assert left(hint + b", " + bad, claims) == bad
    assert left(b"<https://video.example/ oops, </ok.css>; rel=preload", claims) == b"</ok.css>; rel=preload"
    assert left(b"</a> oops " + hint + b", </ok>", claims) == b"</ok>"


# ---- the other headers that need no click


#
@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"Refresh", b"0; url=https://video.example/"),
        (b"refresh", b"0;URL='//Video.Example/x'"),
        (b"refresh", b"0,https:\\\\video.example"),
        (b"Speculation-Rules", b'"/own.json", "https://counter.example/rules.json"'),
        (b"Reporting-Endpoints", b'csp="https://a.counter.example/csp", own="/reports"'),
        (b"Report-To", b'{"group":"x","max_age":60,"endpoints":[{"url":"https:\\/\\/counter.example\\/r"}]}'),
    ],
)
def test_a_header_that_points_to_a_closed_service_goes(claims: Claims, name: bytes, value: bytes) -> None:
    headers = [(b"a", b"1"), (name, value)]
    other = [
        (name, value.replace(b"ideo", b"illage").replace(b"ounter", b"ruise").replace(b"Video", b"Barge"))
    ]

    assert without_closed_links(headers, claims, CLOSED) == [(b"a", b"1")]
    assert without_closed_links(headers, claims, frozenset()) is headers
    assert without_closed_links(other, claims, CLOSED) is other


# ---- in general


PIECES = st.sampled_from(
    [
        b"<https://video.example/>",
        b"<https://counter.example/a,b>",
        b"</own.css>",
        b"<",
        b">",
        b";",
        b",",
        b" ",
        b"rel=preload",
        b'rel="next"',
        b"rel=canonical",
        b"=",
        b'"',
        b"\\",
        b"\t",
        b"title=",
        b"\xff",
        b"\x00",
        b"//video.example",
        b"anchor=",
        b"imagesrcset=",
    ]
)
VALUES = st.lists(PIECES, max_size=12).map(b"".join) | st.binary(max_size=30)


@given(value=VALUES)
def test_no_value_is_an_error_and_what_is_left_is_left_again(claims: Claims, value: bytes) -> None:
    once = left(value, claims)

    assert once is None or left(once, claims) == once
    assert left(value, claims, frozenset()) is value
    assert left(value, claims, frozenset({"tag"})) is value


@given(value=VALUES)
def test_what_is_left_of_a_value_stood_in_it_in_this_order(claims: Claims, value: bytes) -> None:
    positions = [0]
    for piece in (left(value, claims) or b"").replace(b", ", b",").split(b","):
        found = value.find(piece.strip(), positions[-1])
        assert found >= 0
        positions.append(found + len(piece.strip()))

    assert all(before <= after for before, after in pairwise(positions))


WELL_FORMED = st.sampled_from(
    [
        b"</a>; rel=preload",
        b'<https://harbour.example/b,c>; title="x, <y>"',
        b"<https://video.example/>; rel=preload",
        b"<https://video.example/>; rel=me",
    ]
)


@given(values=st.lists(WELL_FORMED, max_size=6))
def test_of_well_formed_values_exactly_the_hints_go(claims: Claims, values: list[bytes]) -> None:
    kept = [value for value in values if value != b"<https://video.example/>; rel=preload"]

    assert left(b", ".join(values), claims) == (b", ".join(kept) or (b"" if not values else None))


@pytest.mark.parametrize(
    "value",
    [
        b"<" * 200_000,
        b"<a>;" + b'x="\\' * 50_000,
        b"<a>" + b"; a = b" * 30_000 + b"<",
        b"<a>;" + b" ;" * 100_000 + b'"',
        b"," * 200_000,
        b"<a>;" + b" \t" * 100_000 + b'"',
    ],
)
def test_the_time_grows_with_the_length_and_no_faster(claims: Claims, value: bytes) -> None:
    assert len(value) > MAX_REMEMBERED
    begun = time.process_time()

    assert hints_without_closed([value], claims, CLOSED) == [value]
    assert time.process_time() - begun < 3
