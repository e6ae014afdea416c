"""Promises about every page: hypothesis builds it out of nasty pieces, and an oracle reads what comes out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gate.corpus.case import POLICY
from tests.gate.corpus.edits import undone
from tests.gate.corpus.oracle import live

from consentkit.gate.claims import Claims
from consentkit.gate.closing import Closing
from consentkit.gate.rewriter import Rewriter
from consentkit.gate.stream import HtmlGate
from consentkit.gate.verdict import Judge

CLAIMS = Claims(POLICY.services.values())
CLOSED = frozenset(POLICY.services)

# Ways to write the address within any quotes, or without.
ADDRESSES = st.sampled_from(
    [
        "https://x.gated.example/p", "//x.gated.example/p", "HTTPS:\\\\X.GATED.EXAMPLE",
        "//gated.example.", "https&colon;//x.gated.example/p", "//x&period;gated&#46;example",
        "//u:p@x.gated.example:443/?a=b", "//x.%67ated.example/p", "ht\ntps://x.gat\ted.example/p",
        "//\uff58.gated.example/p", "https://shared.example/maps/embed?a",
    ]
)  # fmt: skip
OTHERS = st.sampled_from(["/p", "//own.example/p", "/r?u=//x.gated.example", "//notgated.example", "a", ""])
QUOTES = st.sampled_from(["'", '"', ""])
SPACES = st.sampled_from([" ", "\n", "\r\n", "\t", "/", " / ", "\x0c"])
NAMES = st.sampled_from(
    [
        "img src", "IMG SRC", "script src", "iframe src", "IfRaMe SrC", "link rel=stylesheet href",
        "source srcset", "link rel=preload imagesrcset", "img srcset", "video poster", "object data",
        "embed src", "base href", "image href", "image xlink:href", "table background", "audio src",
        "track src", "input type=image src", "a href", "p title", "form action",
        "link rel=canonical href", "img alt", "use href", "div data-src",
        "meta http-equiv=refresh content",
    ]
)  # fmt: skip
MARKUP = st.sampled_from(
    [
        "<", ">", "</", "/>", "<!--", "-->", "--!>", "<!-->", "<!--->", "<!x>", "<?x?>", "<![CDATA[",
        "]]>", "=", "'", '"', "&", ";", "\x00", "\r", "\r\n", "\n", " ", "x", "é", "<p>", "</p>", "<b>",
        "</b>", "<div>", "</div>", "<table>", "<tr>", "<td>", "</table>", "<svg>", "</svg>", "<g>",
        "<title>", "</title>", "<desc>", "</desc>", "<foreignObject>", "</foreignObject>", "<math>",
        "</math>", "<mtext>", "</mtext>", "<mi>", "</mi>", "<annotation-xml encoding=text/html>",
        "</annotation-xml>", "<mglyph>", "<select>", "</select>", "<option>", "<frameset>",
        "</frameset>", "<html>", "<head>", "</head>", "<body>", "</body>", "</html>", "<!doctype html>",
        "<template>", "</template>", "<template shadowrootmode=open>", "<script>", "</script>",
        "</script", "<style>", "</style>", "<style/>", "<script/>", "<textarea>", "</textarea>", "<xmp>",
        "</xmp>", "<noscript>", "</noscript>", "<noembed>", "</noembed>", "<noframes>", "</noframes>",
        "<iframe>", "</iframe>", "<plaintext>", "<script type=application/json>", "<script type=module>",
        "<script type=text/plain>", "<a href=/>", "</a>",
    ]
)  # fmt: skip
LOADERS = st.sampled_from(
    [
        "new Image().src='//x.gated.example/p'", "startTracking(1)",
        "@import '//x.gated.example/a.css';", "a{background:url(https://x.gated.example/p)}",
        "<script>startTracking(1)</script>", "x.gated.example",
        "<style>@import url(//x.gated.example);</style>",
        "<p style='background:url(//x.gated.example)'>", "<img src=data:, onerror='startTracking(1)'>",
        "<iframe srcdoc='<img src=//x.gated.example>'>",
        "<noscript><img src=//x.gated.example></noscript>",
        "<svg><style>a{fill:url(//x.gated.example)}</style></svg>",
    ]
)  # fmt: skip


@st.composite
def tags(draw: st.DrawFn) -> str:
    """Return a start tag, sometimes with an address that is gated."""
    element, _, attribute = draw(NAMES).rpartition(" ")
    quote = draw(QUOTES)
    refresh = "0;url=" if "refresh" in element else ""
    value = f"{quote}{refresh}{draw(ADDRESSES | OTHERS)}{quote}"
    before = draw(st.sampled_from(["", "alt='>'", "x", "=y", 'title="<img src=//x.gated.example>"']))
    return f"<{element}{draw(SPACES)}{before}{draw(SPACES)}{attribute}={value}{draw(SPACES)}>"


PAGES = st.lists(MARKUP | tags() | tags() | LOADERS, max_size=12).map("".join)
# Where text and markup may be mixed up, what is left open inside is closed, so that it ends there either way.
NESTED = ("<svg", "<math", "<select", "<frameset", "<noscript")
SIMPLE = PAGES.filter(lambda page: not any(tag in page for tag in NESTED))
CUTS = st.lists(st.integers(0, 400), max_size=6)


def gated(page: bytes, *cuts: int, closed: frozenset[str] = CLOSED, charset: str | None = "utf-8") -> bytes:
    gate = HtmlGate(CLAIMS, closed=closed, charset=charset, allows=lambda _name: not closed)
    places = sorted({min(cut, len(page)) for cut in cuts})
    pieces = [page[start:end] for start, end in zip([0, *places], [*places, len(page)], strict=True)]
    return b"".join([*map(gate.feed, pieces[:-1]), gate.feed(pieces[-1], more=False)])


def judged_everywhere(page: bytes) -> bytes:
    """Return a page after its gate, but without the first look that spares most tags a closer one."""
    rewriter = Rewriter(Closing(Judge(CLAIMS, CLOSED, lambda _name: False)))
    return (rewriter.feed(page.decode("latin-1")) + rewriter.close()).encode("latin-1")


#
@given(PAGES, CUTS)
def test_with_nothing_closed_every_page_leaves_as_it_came(page: str, cuts: list[int]) -> None:
    assert gated(page.encode(), *cuts, closed=frozenset()) == page.encode()


#
@settings(max_examples=400)
@given(PAGES)
def test_with_everything_closed_a_parser_finds_nothing_live(page: str) -> None:
    assert live(gated(page.encode()), "utf-8") == []


@given(PAGES, CUTS)
def test_a_page_comes_out_the_same_however_it_is_cut(page: str, cuts: list[int]) -> None:
    assert gated(page.encode(), *cuts) == gated(page.encode())


@given(SIMPLE)
def test_gating_again_changes_nothing(page: str) -> None:
    once = gated(page.encode())

    assert gated(once) == once


@settings(max_examples=400)
@given(PAGES)
def test_the_first_look_misses_nothing_that_a_closer_one_finds(page: str) -> None:
    assert gated(page.encode()) == judged_everywhere(page.encode())


@given(SIMPLE)
def test_with_its_edits_taken_back_a_page_is_what_it_was(page: str) -> None:
    assert undone(gated(page.encode())) == undone(page.encode())


@given(
    st.binary(max_size=300), CUTS, st.sampled_from(["utf-8", "utf-16le", "iso-2022-jp", "gbk", "x", "", None])
)
def test_no_bytes_make_it_raise_and_none_are_lost(body: bytes, cuts: list[int], charset: str | None) -> None:
    assert gated(body, *cuts, charset=charset, closed=frozenset()) == body
    assert gated(body, *cuts, charset=charset) == gated(body, charset=charset)


@pytest.mark.parametrize("charset", ["utf-16le", "utf-16be", "shift_jis", "iso-2022-jp", "gb18030"])
@given(st.data())
def test_a_page_in_another_encoding_is_gated_alike(charset: str, data: st.DataObject) -> None:
    page = data.draw(PAGES).replace("é", "").replace("\uff58", "x")
    out = gated(page.encode(charset), charset=charset)

    assert out.decode(charset) == gated(page.encode()).decode()
