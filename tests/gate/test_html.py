from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from turbohtml import Element, Token, Tokenizer, TokenType, parse, parse_fragment

from consentkit.gate.html import MAX_DEPTH, NOTHING, STYLE_GUARD, SourceTokenizer, gate_fragment

NOT_FETCHED = frozenset({"application/json", "application/ld+json", "text/plain"})
FETCHED = frozenset(
    {"src", "srcset", "imagesrcset", "poster", "srcdoc", "background", "ping", "attributionsrc"}
)


def live(element: Element) -> list[str]:
    """Say what is live in an element that a parser has built: a second opinion, from the tree."""
    found = [name for name in element.attrs if name in FETCHED or name.startswith("on")]
    if element.tag not in ("a", "area"):
        found += [name for name in ("href", "xlink:href") if name in element.attrs]
    if element.tag == "object" and "data" in element.attrs:
        found.append("data")
    if element.tag == "meta" and "http-equiv" in element.attrs:
        found.append("http-equiv")
    if "url(" in str(element.attrs.get("style", "")):
        found.append("style")
    if element.tag in ("script", "style") and str(element.attrs.get("type", "")) not in NOT_FETCHED:
        found.append("type")
    return [f"{element.tag} {name}" for name in found]


def all_live(html: str) -> list[str]:
    """Say what is live wherever the fragment may stand in HTML, with scripts on and off."""
    trees = [
        parse_fragment(html, context, scripting=scripting)
        for context in ("div", "td", "select", "template", "body", "head")
        for scripting in (True, False)
    ] + [parse(html, scripting=scripting) for scripting in (True, False)]
    return [
        finding
        for tree in trees
        for element in tree.descendants
        if isinstance(element, Element)
        for finding in live(element)
    ]


def gated(html: str) -> str:
    return gate_fragment(html, "ads").html


CONSTRUCTS = [
    "<script src=//c.test/a.js></script>",
    "<script type=module>import '//c.test/a.js'</script>",
    "<img src=//c.test/a.png>",
    "<IMG SRC='//c.test/a.png'/>",
    "<img\nsrc\n=\n//c.test/a.png\n>",
    "<img/src=//c.test/a.png>",
    "<img x='>' src=//c.test/a.png>",
    '<img x=">"src=//c.test/a.png>',
    "<img src=&#x2f;&#x2f;c.test>",
    "<img src=a\rsrcset=b>",
    "a\r\nb\r<img src=a>",
    "<picture><source srcset=//c.test/a.png><img alt=a></picture>",
    "<iframe src=//c.test></iframe>",
    "<link rel=preconnect href=//c.test>",
    "<style>@import '//c.test/a.css'</style>",
    "<p style='background:url(//c.test/a.png)'>",
    "<noscript><img src=//c.test/a.gif></noscript>",
    "<noscript><iframe src=//c.test></iframe></noscript>",
    "<noscript><style>@import '//c.test'</style><noscript><img src=a></noscript></noscript>",
    "<template><img src=//c.test/a.png></template>",
    "<template><template><script src=a></script></template></template>",
    "<svg><image href=//c.test/a.png /></svg>",
    "<svg><style><img src=//c.test/a.png></style></svg>",
    "<svg><title><img src=//c.test/a.png></title></svg>",
    "<svg><textarea><img src=//c.test/a.png></textarea></svg>",
    "<svg><xmp><img src=//c.test/a.png></xmp></svg>",
    "<svg><noembed><img src=//c.test/a.png></noembed></svg>",
    "<svg><noframes><img src=//c.test/a.png></noframes></svg>",
    "<svg><iframe><img src=//c.test/a.png></iframe></svg>",
    "<svg><plaintext><img src=//c.test/a.png>",
    "<svg><script type=application/json><img src=//c.test/a.png></script></svg>",
    "<svg><script type=application/json /><img src=//c.test/a.png></svg>",
    "<svg><foreignObject><p></svg></p></foreignObject><script type=text/plain><img src=a></script></svg>",
    "<math></svg><script type=text/plain><img src=a></script></math>",
    "<math><mi><b></math></b></mi><script type=text/plain><img src=a></script></math>",
    "<svg><svg></svg><script type=text/plain><img src=a></script></svg>",
    "<svg><![CDATA[ > <!-- ]]> <img src=//c.test/a.png> -->",
    "<svg><style><![CDATA[ > <!-- ]]> <img src=//c.test/a.png> --></style>",
    "<svg><style><img alt='</style><img src=//c.test/a.png>'>",
    "<svg><style><!--</style><img src=//c.test/a.png>-->",
    "<svg><style><xmp></style><img src=//c.test/a.png>",
    "<frameset><frame src=//c.test>",
    "<table><img src=//c.test/a.png></table>",
    "<object data=//c.test></object>",
    "<embed src=//c.test>",
    "<video poster=//c.test/a.png src=//c.test/a.mp4></video>",
    "<meta http-equiv=refresh content='0;url=//c.test'>",
    "<body onload=f()>",
    "<a href=//c.test ping=//c.test>x</a>",
    "<!--><img src=//c.test/a.png>-->",
    "<!--a--!><img src=//c.test/a.png>-->",
    "<!-><img src=//c.test/a.png>-->",
    "<?x '><img src=//c.test/a.png>'?>",
    "</ a><img src=//c.test/a.png>",
    "<!DOCTYPE html '><img src=//c.test/a.png>'>",
    "<" * 3 + "img src=//c.test/a.png>",
]


#
@pytest.mark.parametrize("html", CONSTRUCTS)
def test_every_construct_is_live_as_it_is_and_inert_inside_a_closed_gate(html: str) -> None:
    assert all_live(html) != []
    assert all_live(gated(html)) == []


# Parsers that ignore an element inside <select> read its content as markup; newer ones do not ignore it.
@pytest.mark.parametrize(
    "raw", ["style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "noscript"]
)
def test_what_is_text_to_one_parser_and_markup_to_another_is_inert_to_both(raw: str) -> None:
    html = gated(f"<select><{raw}></select><img src=//c.test></{raw}>")

    assert "<img data-consent-src" in html
    assert " src" not in html


@pytest.mark.parametrize(
    "html",
    [
        "",
        "plain text, 1 < 2 && 3 > 2 &amp; &copy",
        "<p class=x>Text <b>bold</b><br/>\r\n<!-- a comment --><hr>",
        "<a href='https://example.org/?a=1&b=2'>link</a>",
        "<form action=https://example.org/search><input name=q></form>",
        "<ul><li>one<li>two</ul> 1 < 2",
        "a</>b</>",
        '<script type="application/ld+json">{"url": "https://example.org/<img src=x>"}</script>',
        "<svg><title>Icon</title><path d='M0 0'/></svg>",
        "<textarea>&lt;b></textarea>",
        "<P\nCLASS = 'x'>\0</P >",
    ],
)
def test_markup_without_anything_live_leaves_as_it_came(html: str) -> None:
    assert gated(html) == html


def test_text_of_a_script_leaves_as_it_came() -> None:
    code = """if (a<b && c>d) document.write("<img src='//c.test'>"); // </div> <!-- x -->\r\n"""

    assert gated(f"<script>{code}</script>") == (
        f'<script type="text/plain" data-consent="ads">{code}</script>'
    )


def test_a_drawing_before_a_script_does_not_touch_its_text() -> None:
    code = "x.innerHTML = '<img src=a>'"

    assert gated(f"<svg><path d=M0></svg><svg/><math><mi>x</mi></svg></math><script>{code}</script>") != ""
    assert code in gated(f"<svg><path d=M0></svg><svg/><script>{code}</script>")
    assert code not in gated(f"<svg><path d=M0><script>{code}</script></svg>")


def test_an_import_is_out_of_reach_for_preload_scanners() -> None:
    once = gated("<style>@import '//c.test/a.css';</style>")

    assert once == (
        f"""<style type="text/plain" data-consent="ads">{STYLE_GUARD}@import '//c.test/a.css';</style>"""
    )
    assert gated(once) == once
    assert STYLE_GUARD not in gated("<style>p { color: red }</style>")


#
@pytest.mark.parametrize(
    "name", ['"><script>f()</script>', "a&quot;b", "</script>", "a\r\nb", "\u2028", "\ud800"]
)
def test_the_name_of_a_gate_is_data(name: str) -> None:
    html = gate_fragment("<img src=a><plaintext>", name).html

    tags = [token for token in tokens(html) if token.type is TokenType.START_TAG]
    assert [token.tag for token in tags] == ["img", "pre"]
    assert {token.attr("data-consent") for token in tags} == {name.replace("\r\n", "\n")}


UNFINISHED = [
    ("a<img src=//c.test", "a&lt;img src=//c.test"),
    ("a<img alt='<b", "a&lt;img alt='&lt;b"),
    ("a</", "a&lt;/"),
    ("a</p", "a&lt;/p"),
    ("a</><b", "a</>&lt;b"),
    ("a<!-- b", f"a{NOTHING}"),
    ("a<!--!>", f"a{NOTHING}"),
    ("a<!doctype", f"a{NOTHING}"),
    ("a<?x", f"a{NOTHING}"),
    ("<textarea>a", "<textarea>a</textarea>"),
    ("<title>a</title", "<title>a&lt;/title</title>"),
    ("<noscript>", "<noscript></noscript>"),
    ("<script type=text/plain>a", "<script type=text/plain>a</script>"),
    ("<script type=text/plain>a</script b='", "<script type=text/plain>a<\\/script b='</script>"),
    ("<script type=text/plain><!--<script>", "<script type=text/plain><!--<script>--></script>"),
]


@pytest.mark.parametrize(("html", "expected"), UNFINISHED)
def test_what_a_fragment_leaves_unfinished_ends_with_it(html: str, expected: str) -> None:
    assert gated(html) == expected
    assert not follows(html)
    assert follows(expected)


def test_text_after_a_fragment_does_not_become_a_tag() -> None:
    assert all_live("a<" + "img src=//c.test>") != []
    assert all_live(gated("a<") + "img src=//c.test>") == []


def test_endless_nesting_becomes_text() -> None:
    html = gated("<noscript>" * 3000 + "<img src=a>" + "</noscript>" * 3000)

    assert html.count("<noscript>") == MAX_DEPTH + 1
    assert all_live(html) == []


#
@pytest.mark.parametrize(
    ("html", "embeds"),
    [
        ("<iframe src=//c.test></iframe>", True),
        ("<p><img src=//c.test/map.png></p>", True),
        ("<video><source src=//c.test/a.mp4></video>", True),
        ("<noscript><iframe src=//c.test></iframe></noscript>", True),
        ("<script src=//c.test></script>", False),
        ("<iframe title=x></iframe>", False),
        ("<img src=//c.test width=1 height=1>", False),
        ("<noscript><img src=//c.test alt=''></noscript>", False),
        ("<noscript><iframe src=//c.test style='display:none'></iframe></noscript>", False),
        ("<textarea><iframe src=//c.test></iframe></textarea>", False),
        ("<template>text</template>", False),
    ],
)
def test_an_embed_is_reported_when_a_visitor_would_have_seen_it(html: str, *, embeds: bool) -> None:
    assert gate_fragment(html, "ads").embeds is embeds


def tokens(html: str) -> list[Token]:
    tokenizer = Tokenizer(capture_source=True)
    return [*tokenizer.feed(html), *tokenizer.close()]


def follows(html: str) -> bool:
    """Whether markup after ``html`` is still markup."""
    found = tokens(f"{html}<p id=after>")
    return found[-1].source == "<p id=after>"


TAGS = st.sampled_from(
    [
        "a", "annotation-xml", "base", "body", "desc", "foreignObject", "frameset", "iframe", "img", "link",
        "math", "meta", "mi", "noembed", "noframes", "noscript", "object", "option", "p", "plaintext",
        "script", "select", "style", "svg", "table", "td", "template", "textarea", "title", "xmp",
    ]
)  # fmt: skip
ATTRIBUTES = st.sampled_from(
    [
        "", " src=//c.test", " SRC='a'", ' srcset="a>b"', " href=a", " type=text/plain", " type='module'",
        " type=application/json", " onload=f()", " style='background:url(a)'", " alt='<img src=a>'",
        " http-equiv=refresh", ' alt="</style>"', " alt='-->'", " alt=']]>'", " encoding=text/html",
        " data=a", "/src=a", " xlink:href=a", " alt=\"", " alt='",
    ]
)  # fmt: skip
PIECES = st.one_of(
    st.builds(lambda tag, some, end: f"<{tag}{''.join(some)}{end}", TAGS, st.lists(ATTRIBUTES, max_size=2),
              st.sampled_from([">", ">", ">", "/>", " >", "", "\r\n>"])),
    TAGS.map(lambda tag: f"</{tag}>"),
    st.sampled_from(["<!--", "-->", "--!>", "<![CDATA[", "]]>", ">", "<", "</", "<!", "<?x ", "?>", "\"", "'",
                     "\r", "\n", "\0", "&lt;", "&amp", "text", "</script", "</STYLE ",
                     "<!---->", "<!-->", "</>"]),
    st.text(max_size=4),
)  # fmt: skip
FRAGMENTS = st.lists(PIECES, max_size=14).map("".join)


#
@given(FRAGMENTS)
def test_no_fragment_keeps_anything_live(html: str) -> None:
    once = gated(html)

    assert all_live(once) == []
    assert all_live(gated(once)) == []


@given(FRAGMENTS)
@example("<script><!--<script></script>")
@example("<svg><script><!--<script>")
def test_no_fragment_swallows_what_follows_it(html: str) -> None:
    assert follows(gated(html))


#
@given(st.text() | FRAGMENTS, st.text())
def test_no_text_makes_the_gate_raise(html: str, name: str) -> None:
    assert isinstance(gate_fragment(html, name).html, str)


@given(FRAGMENTS | st.text(), st.data())
def test_slices_join_to_the_input_however_it_is_cut(html: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(html)))
    source = SourceTokenizer()
    slices = [*source.feed(html[:cut]), *source.feed(html[cut:])]
    rest = source.close()

    assert "".join(piece.source for piece in slices) + rest == html
    whole = SourceTokenizer().feed(html)
    assert [piece.source for piece in slices if piece.token] == [
        piece.source for piece in whole if piece.token
    ]
    for piece in slices:
        if piece.token is not None:
            assert re.match(r"<[a-z/!?]", piece.source, re.IGNORECASE)
            assert piece.source.endswith(">")
