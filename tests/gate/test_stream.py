"""A page on its way to a visitor who has granted nothing, as a whole and in pieces."""

# ruff: noqa: E501 # a page and what becomes of it stand on one line each

from __future__ import annotations

import logging
from collections.abc import Iterable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from consentkit import parse_policy
from consentkit.gate.claims import Claims
from consentkit.gate.inserts import Inserts
from consentkit.gate.rewriter import MAX_HELD
from consentkit.gate.stream import WINDOW, HtmlGate

POLICY = parse_policy(
    """
    [site]
    name = "Tide Tables"
    controller = { name = "Harbour Office", contact = "privacy@harbour.example" }

    [categories.analytics]

    [categories.marketing]

    [services.t]
    category = "marketing"
    provider = "Trackers Ltd"
    hosts = ["t.example", "*.t.example"]
    markers = ["track("]

    [services.u]
    category = "analytics"
    provider = "Counters Ltd"
    hosts = ["u.example"]
    """
)
CLAIMS = Claims(POLICY.services.values())
CLOSED = frozenset(POLICY.services)


def gated(
    html: str | bytes,
    step: int | None = None,
    *,
    closed: frozenset[str] = CLOSED,
    charset: str | None = None,
    allowed: Iterable[str] = (),
) -> bytes:
    names = frozenset(allowed)
    gate = HtmlGate(CLAIMS, closed=closed, charset=charset, allows=lambda name: name in names)
    body = html.encode() if isinstance(html, str) else html
    if step is None:
        return gate.feed(body, more=False)
    pieces = [gate.feed(body[at : at + step]) for at in range(0, len(body), step)]
    return b"".join([*pieces, gate.close()])


CLOSES = {
    "<script src=//t.example/a.js></script>": '<script data-consent="t" type="text/plain" data-consent-src=//t.example/a.js></script>',
    "<script TYPE='module' src='https://T.example'></script>": """<script data-consent="t" type="text/plain" data-consent-TYPE='module' data-consent-src='https://T.example'></script>""",
    "<script>track(1)</script>": '<script data-consent="t" type="text/plain">track(1)</script>',
    "<script>'<b>//t.example'</script>": """<script data-consent="t" type="text/plain">'<b>//t.example'</script>""",
    "<script type=speculationrules>//t.example</script>": '<script data-consent="t" type="text/plain" data-consent-type=speculationrules>//t.example</script>',
    "<iframe src='//t.example'></iframe>": """<iframe data-consent="t" data-consent-src='//t.example'></iframe>""",
    "<iframe srcdoc='&lt;img src=//t.example>'></iframe>": """<iframe data-consent="t" data-consent-srcdoc='&lt;img src=//t.example>'></iframe>""",
    "<img src=//t.example/p.gif srcset='/a 2x'>": """<img data-consent="t" data-consent-src=//t.example/p.gif data-consent-srcset='/a 2x'>""",
    "<img src=/a srcset='/b 1x, //t.example/c 2x'>": """<img data-consent="t" src=/a data-consent-srcset='/b 1x, //t.example/c 2x'>""",
    "<img data-lazy-src=//t.example/p src=/a>": '<img data-consent="t" data-consent-data-lazy-src=//t.example/p src=/a>',
    "<img src=/a onerror=\"this.src='//t.example'\">": """<img data-consent="t" src=/a data-consent-onerror="this.src='//t.example'">""",
    "<source srcset=//t.example/a>": '<source data-consent="t" data-consent-srcset=//t.example/a>',
    "<link rel=preconnect href=//t.example>": '<link data-consent="t" rel=preconnect data-consent-href=//t.example>',
    "<link rel='alternate stylesheet' href=//t.example>": """<link data-consent="t" rel='alternate stylesheet' data-consent-href=//t.example>""",
    "<video poster=//t.example/p src=/v>": '<video data-consent="t" data-consent-poster=//t.example/p src=/v>',
    "<object data=//t.example/o></object>": '<object data-consent="t" data-consent-data=//t.example/o></object>',
    "<svg><image xlink:href=//t.example/i /></svg>": '<svg><image data-consent="t" data-consent-xlink:href=//t.example/i /></svg>',
    "<svg><style><img src=//t.example></style></svg>": '<svg><style><img data-consent="t" data-consent-src=//t.example></style></svg>',
    "<noscript><img src=//t.example></noscript>": '<noscript><img data-consent="t" data-consent-src=//t.example></noscript>',
    "<meta http-equiv=Refresh content='0;URL=//t.example'>": """<meta data-consent="t" data-consent-http-equiv=Refresh data-consent-content='0;URL=//t.example'>""",
    "<style>a{background:url( '//t.example/a')}</style>": "<style data-consent-css=\"t\">a{background:url( 'about:invalid#//t.example/a')}</style>",
    "<style>@import \"//t.example/a\";b{}</style>": '<style data-consent-css="t">@import "about:invalid#//t.example/a";b{}</style>',
    r"<style>a{background:url(//t\2e example)}</style>": r'<style data-consent-css="t">a{background:url(about:invalid#//t\2e example)}</style>',
    "<p style='background:url(//t.example)'>": """<p data-consent="t" data-consent-style='background:url(//t.example)'>""",
    "<base href=//t.example>": '<base data-consent="t" data-consent-href=//t.example>',
    "<template><img src=//t.example></template>": '<template><img data-consent="t" data-consent-src=//t.example></template>',
    "<img src='&#47;&sol;t&period;example'>": """<img data-consent="t" data-consent-src='&#47;&sol;t&period;example'>""",
    "<img src='//t.ex\nample'>": """<img data-consent="t" data-consent-src='//t.ex\nample'>""",
    "<img src=//t.example src=/b SRC=//u.example>": '<img data-consent="t" data-consent-src=//t.example data-consent-src=/b data-consent-SRC=//u.example>',
    "<img/src=//t.example/>": '<img data-consent="t"/data-consent-src=//t.example/>',
    "<img alt='>'src=//t.example>": """<img data-consent="t" alt='>'data-consent-src=//t.example>""",
    "<body onload=\"x('//t.example')\">": """<body data-consent="t" data-consent-onload="x('//t.example')">""",
    "<a ping=//t.example href=//t.example>x</a>": '<a data-consent="t" data-consent-ping=//t.example href=//t.example>x</a>',
    "<div data-consent=x><img src=/a><div><img src=/b></div></div><img src=/c>": '<div data-consent=x><img data-consent="x" data-consent-src=/a><div><img data-consent="x" data-consent-src=/b></div></div><img src=/c>',
    "<script data-consent='x'>1</script><script>2</script>": """<script type="text/plain" data-consent='x'>1</script><script>2</script>""",
    "<iframe srcdoc='&lt;img src=//&amp;#116;.example&gt;'></iframe>": """<iframe data-consent="t" data-consent-srcdoc='&lt;img src=//&amp;#116;.example&gt;'></iframe>""",
    "<svg><style>@import '&#47;/t.example'</style></svg>": """<svg><style data-consent="t" type="text/plain">data-consent{}@import '&#47;/t.example'</style></svg>""",
    "<svg><script>tra<!-- -->ck(1)</script></svg>": """<svg><script data-consent="t" type="text/plain">tra<!-- -->ck(1)</script></svg>""",
    "<style data-consent=x>@import '/a'</style>": """<style type="text/plain" data-consent=x>data-consent{}@import '/a'</style>""",
}  # fmt: skip


#
@pytest.mark.parametrize("html", CLOSES)
def test_what_is_closed_loses_what_makes_it_live_and_nothing_else(html: str) -> None:
    before, after = "<!doctype html>\r\n<p>", "\r<em>rest</em>"
    expected = f"{before}{CLOSES[html]}{after}".encode()

    assert gated(before + html + after) == expected
    for step in (1, 2, 3, 5, 11):
        assert gated(before + html + after, step) == expected


STAYS = [
    "<a href='https://t.example/'>x</a>",
    "<form action=//t.example><button formaction=//t.example></form>",
    "<img src='/r?u=https://t.example/'>",
    "<img src=https://nott.example/><img src=//t.example.org>",
    "<link rel=canonical href=//t.example><link rel='me noopener' href=//t.example>",
    "<meta property=og:image content=//t.example>",
    "<p>track( and https://t.example in the text",
    "<!-- <img src=//t.example> -->",
    "<!-- unclosed <img src=//t.example>",
    "<textarea><img src=//t.example></textarea><title><img src=//t.example></title>",
    "<xmp><img src=//t.example></xmp><iframe><img src=//t.example></iframe>",
    "<script type='application/ld+json'>{\"u\": \"//t.example\"}</script>",
    "<script type=importmap>{\"imports\": {\"a\": \"https://t.example/\"}}</script>",
    "<script type='text/plain' data-category=ads src=//t.example></script>",
    "<script type='text/template'><img src=//t.example></script>",
    "<script src=/own.js>track(1)</script>",
    "<button onclick=\"open('//t.example')\">x</button>",
    "<div data-share-url=//t.example>x</div>",
    "<input value=//t.example placeholder=//t.example>",
    "<plaintext><img src=//t.example>",
    "</p src=//t.example>",
    "<img src=//t.example",
]  # fmt: skip


@pytest.mark.parametrize("html", STAYS)
def test_what_nobody_fetches_by_itself_stays_byte_for_byte(html: str) -> None:
    assert gated("<p>" + html) == ("<p>" + html).encode()
    for step in (1, 3, 7):
        assert gated("<p>" + html, step) == ("<p>" + html).encode()


@pytest.mark.parametrize("html", CLOSES)
def test_what_is_granted_stays_byte_for_byte(html: str) -> None:
    assert gated(html, closed=frozenset(), allowed=["x"]) == html.encode()


#
def test_all_names_of_a_data_consent_and_all_hosts_in_it_must_be_allowed() -> None:
    tag = '<img data-consent="a b" src=/x>'

    assert b" src=" in gated(tag, allowed=["a", "b"])
    assert b" src=" not in gated(tag, allowed=["a"])
    assert b" src=" not in gated(tag, allowed=["b"])
    assert b" src=" not in gated('<img data-consent="" src=/x>', allowed=["a"])
    assert b" src=" not in gated('<img data-consent="a" src=//t.example>', allowed=["a"])


#
def test_what_is_nested_deeper_than_anybody_nests_becomes_text() -> None:
    out = gated("<noscript>" * 12 + "<img src=//t.example>" + "</noscript>" * 12)

    assert b"<img src=" not in out
    assert b"&lt;img src=//t.example>" in out


#
def test_what_declares_no_name_is_closed_wherever_it_stands() -> None:
    assert gated("<noscript><img data-consent='' src=/a></noscript>").count(b" src=") == 0
    assert b" srcdoc=" not in gated("<iframe srcdoc='<img data-consent src=/a>'></iframe>")
    assert b" srcdoc=" in gated("<iframe srcdoc='<img data-consent=x src=/a>'></iframe>", allowed=["x"])


#
def test_what_belongs_to_two_names_each_that_is_closed() -> None:
    page = "<script>track('https://u.example/')</script><img src=//t.example srcset='//u.example/ 2x, //t.example 1x'>"

    for closed in ({"t", "u"}, {"t"}, {"u"}):
        out = gated(page, closed=frozenset(closed)).decode()
        assert out.count(f'data-consent="{" ".join(sorted(closed))}"') == 2
    assert gated(page, closed=frozenset()) == page.encode()


ATOMS = st.sampled_from(
    ["<", ">", "a", " ", "\n", "\r\n", "\r", "=", "'", '"', "/", "<!--", "-->", "--!>", "<!-->", "<!", "<?x?>", "</", "<b>", "</b>", "<svg>", "</svg>", "<svg><title>", "</title>", "<math><mi>", "</mi></math>", "&#104;", "<select>", "</select>", "<![CDATA[", "]]>", "<script>", "</script>", "<style>", "</style>", "\x00", "é", "<textarea>", "</textarea>", "<title>", "<noscript>", "</noscript>", "<template>", "</template>", "track(", "<script src=//t.example>", "@import '//t.example';", "<img src=//t.example>", "<iframe src=//t.example>", "</iframe>", "<p style='background:url(//t.example)'>", "<xmp>", "</xmp>", "<body>", "<!doctype html>", "<plaintext>", "<frameset>", "<noembed>", "</noembed>", "<object data=//t.example>", "</object>", "//t.example"]
)  # fmt: skip
PAGES = (
    st.lists(ATOMS | st.text(max_size=4), max_size=16)
    .map("".join)
    .filter(lambda text: text.isprintable() or True)
)


@given(
    st.binary(max_size=200) | PAGES.map(lambda text: text.encode("utf-8", "surrogatepass")), st.integers(1, 9)
)
@example(b"\xff\xfe<\x00", 1)
def test_with_nothing_closed_every_byte_stays(body: bytes, step: int) -> None:
    assert gated(body, closed=frozenset()) == body or b"data-consent" in body.lower()
    assert gated(body, step, closed=frozenset()) == gated(body, closed=frozenset())


@settings(max_examples=300)
@given(PAGES, st.integers(1, 12))
def test_pages_come_out_the_same_however_they_are_cut(html: str, step: int) -> None:
    body = html.encode("utf-8", "surrogatepass")

    assert gated(body, step) == gated(body)


@given(
    PAGES.filter(
        lambda html: not any(tag in html for tag in ("<svg", "<math", "<select", "<frameset", "<noscript"))
    )
)
def test_gating_again_changes_nothing(html: str) -> None:
    once = gated(html.encode("utf-8", "surrogatepass"))

    assert gated(once) == once


@pytest.mark.parametrize(
    "charset", ["utf-8", "windows-1252", "shift_jis", "gb18030", "utf-16", "utf-16be", "iso-2022-jp"]
)
def test_a_page_is_gated_in_its_encoding_and_keeps_its_bytes(charset: str) -> None:
    codec = {"utf-16": "utf-16-le", "utf-16be": "utf-16-be"}.get(charset, charset)
    text = "<p>表示 ソ</p>" if charset != "windows-1252" else "<p>é</p>"
    page = (text + "<img src=//t.example>" + text).encode(codec)
    expected = (text + '<img data-consent="t" data-consent-src=//t.example>' + text).encode(codec)

    assert gated(page, charset=charset) == expected
    for step in (1, 2, 3):
        assert gated(page, step, charset=charset) == expected


def test_a_byte_order_mark_outranks_what_the_header_says() -> None:
    page = "\ufeff<img src=//t.example>".encode("utf-16-be")

    assert "data-consent-src" in gated(page, charset="utf-8").decode("utf-16-be")


@pytest.mark.parametrize("size", [100, WINDOW - 10, WINDOW, WINDOW + 10, 3 * WINDOW])
def test_a_tag_anywhere_in_a_long_page_is_found(size: int) -> None:
    for filler in ("x" * size, "<p>y\n" * (size // 5), "<svg><path d=M0></svg>" * (size // 22)):
        out = gated(filler + "<img src=//t.example>" + filler)

        assert out.count(b"data-consent-src") == 1
        assert len(out) == 2 * len(filler) + len('<img data-consent="t" data-consent-src=//t.example>')


@pytest.mark.parametrize("before", [WINDOW - 30, WINDOW - 8, WINDOW - 5, WINDOW - 1, 10, 2 * WINDOW])
@pytest.mark.parametrize("within", [10, 2_000, WINDOW, 2 * WINDOW + 100])
def test_a_script_that_goes_on_in_the_next_piece_is_judged_as_one(before: int, within: int) -> None:
    script = f"<script>{'/' * within}track(1)</script>"
    html = "x" * before + script + "y" * WINDOW

    assert gated(html).count(b'<script data-consent="t" type="text/plain">') == 1
    assert gated(html) == gated(html, 20_000)


#
def test_a_script_that_begins_right_behind_the_banner_is_judged_with_all_that_follows() -> None:
    gate = HtmlGate(CLAIMS, closed=CLOSED, inserts=lambda: Inserts(banner="<b>?</b>"))
    pieces = [b"<!doctype html><body><script>", b"/" * 3_000, b"\ntrack(1)", b"</script>"]
    out = b"".join([*map(gate.feed, pieces), gate.close()])

    assert b'<b>?</b><script data-consent="t" type="text/plain">' in out


#
def test_behind_a_picture_of_svg_a_page_is_html_again() -> None:
    far = "<p>x</p>" * 500
    page = f"<svg><title>x</title></svg>{far}<style>a{{background:url(//t.example)}}</style>"

    assert (
        gated(page)
        == page.replace("//t", "about:invalid#//t").replace("<style", '<style data-consent-css="t"').encode()
    )


def test_what_can_leave_leaves_at_once() -> None:
    gate = HtmlGate(CLAIMS, closed=CLOSED)

    assert gate.feed(b"<!doctype html><p>first") == b"<!doctype html><p>first"
    assert gate.feed(b" second <img src=//t.ex") == b" second "
    assert (
        gate.feed(b"ample> third <script>") == b'<img data-consent="t" data-consent-src=//t.example> third '
    )
    assert gate.feed(b"1;") == b""
    assert gate.feed(b"</script>4") == b"<script>1;</script>4"
    assert gate.close() == b""


# --- what is too long to be looked into -------------------------------------------------------------------


def test_after_a_tag_without_end_nothing_leaves_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    tag = b'<p title="' + b"x" * (MAX_HELD + WINDOW) + b'" style="background:url(//t.example)">'
    out = gated(b"before" + tag + b"<img src=//t.example>after")

    assert out == b"before"
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "withheld" in caplog.text


def test_an_attribute_of_a_megabyte_passes() -> None:
    tag = b'<img src="data:image/png;base64,' + b"A" * 1_000_000 + b'">'

    assert gated(tag + b"<img src=//t.example>").startswith(tag + b'<img data-consent="t"')


def test_a_script_too_long_to_be_looked_into_is_made_inert(caplog: pytest.LogCaptureFixture) -> None:
    script = b"<script>" + b"/" * (MAX_HELD + WINDOW) + b"</script>after"
    out = gated(script + b"<img src=//t.example>")

    assert out.startswith(b'<script data-consent="" type="text/plain">///')
    assert out.endswith(b'/</script>after<img data-consent="t" data-consent-src=//t.example>')


def test_long_text_and_data_pass_in_bounded_memory() -> None:
    gate = HtmlGate(CLAIMS, closed=CLOSED)
    total = len(gate.feed(b"<script type=application/json>"))
    for _ in range(60):
        total += len(gate.feed(b'"//t.example",' * 5_000))
    total += len(gate.feed(b"</script><p>"))
    for _ in range(60):
        total += len(gate.feed(b"text " * 14_000))
    assert total + len(gate.close()) == 30 + 60 * 70_000 + 12 + 60 * 70_000


def test_a_script_that_writes_a_host_in_letters_of_another_width_is_closed() -> None:
    page = "<script>new Image().src = '//\uff58.t.example'</script>".encode()

    assert gated(page.decode()).startswith(b'<script data-consent="t" type="text/plain">')
    own = "<script>new Image().src = '//\uff58.own.example'</script>"
    assert gated(own) == own.encode()
