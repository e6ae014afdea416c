from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from turbohtml import tokenize

from consentkit.gate.attributes import StartTag, inert_tag, is_embed, is_live, size_of


def tag_of(markup: str) -> StartTag:
    token = next(iter(tokenize(markup)))
    return StartTag(token.tag or "", tuple(token.attrs or ()), token.self_closing)


def inert(markup: str) -> str | None:
    return inert_tag(tag_of(markup), "ads")


LIVE_ATTRIBUTES = [
    ("img", "src", "pixel.gif"),
    ("img", "srcset", "a.png 1x, b.png 2x"),
    ("img", "lowsrc", "a.png"),
    ("img", "dynsrc", "a.avi"),
    ("img", "attributionsrc", ""),
    ("img", "data-src", "a.png"),
    ("img", "data-lazy-srcset", "a.png 1x"),
    ("img", "data-original", "https://example.net/a.png"),
    ("img", "data-original", "\\\\example.net\\a.png"),
    ("img", "data-original", "/\t/example.net/a.png"),
    ("img", "data-original", "HTTPS:example.net"),
    ("img", "onerror", "f()"),
    ("iframe", "src", "/embed"),
    ("iframe", "srcdoc", "<img src=//example.net>"),
    ("video", "poster", "a.png"),
    ("body", "background", "a.png"),
    ("body", "onload", "f()"),
    ("html", "manifest", "a.manifest"),
    ("a", "ping", "/ping"),
    ("a", "onclick", "f()"),
    ("a", "attributionsrc", "/a"),
    ("a", "data-preview", "//example.net/a.png"),
    ("link", "href", "a.css"),
    ("link", "imagesrcset", "a.png 1x"),
    ("base", "href", "/x/"),
    ("image", "href", "a.png"),
    ("image", "xlink:href", "a.png"),
    ("use", "href", "a.svg#x"),
    ("feimage", "xlink:href", "a.svg"),
    ("object", "data", "a.swf"),
    ("object", "codebase", "/x"),
    ("object", "archive", "a.jar"),
    ("object", "classid", "a"),
    ("applet", "code", "A.class"),
    ("param", "value", "https://example.net/film"),
    ("p", "style", "background:URL(a.png)"),
    ("p", "style", "background:image-set('a.png' 1x)"),
    ("p", "style", "background:-webkit-image-set('a.png' 1x)"),
    ("p", "style", "background:image('a.png')"),
    ("p", "style", "background:src('a.png')"),
    ("p", "style", "background:u\\72l(a.png)"),
    ("p", "style", "background:u/**/rl(a.png)"),
    ("p", "style", "@import 'a.css'"),
    ("rect", "fill", "url(a.svg#x)"),
    ("rect", "fill", "url(#a) u\\72l(b.svg#x)"),
    ("div", "hx-get", "https://example.net"),
]

PASSIVE_ATTRIBUTES = [
    ("a", "href", "https://example.net/"),
    ("area", "href", "//example.net/"),
    ("a", "xlink:href", "https://example.net/"),
    ("a", "title", "see https://example.net/"),
    ("form", "action", "https://example.net/"),
    ("button", "formaction", "https://example.net/"),
    ("blockquote", "cite", "https://example.net/"),
    ("input", "value", "https://example.net/"),
    ("input", "placeholder", "https://"),
    ("input", "pattern", "https?://.*"),
    ("svg", "xmlns", "http://www.w3.org/2000/svg"),
    ("svg", "xmlns:xlink", "http://www.w3.org/1999/xlink"),
    ("div", "itemtype", "https://schema.org/Thing"),
    ("div", "aria-label", "//"),
    ("meta", "content", "https://example.net/"),
    ("link", "integrity", "sha384-ab//cd"),
    ("p", "style", "color:red"),
    ("p", "data-note", "a\\b url(x)"),
    ("rect", "fill", "url(#gradient)"),
    ("p", "class", "srcs on1"),
    ("img", "data-consent-src", "//example.net/a.png"),
]


#
@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("casing", [str.lower, str.upper])
@pytest.mark.parametrize(("tag", "name", "value"), LIVE_ATTRIBUTES)
def test_a_live_attribute_is_renamed_and_keeps_its_value(
    tag: str, name: str, value: str, casing: type[str], quote: str
) -> None:
    if quote in value:
        value = value.replace(quote, "&apos;" if quote == "'" else "&quot;")
    markup = inert(f"<{casing(tag)} id=1 {casing(name)} = {quote}{value}{quote} lang=en>")

    assert markup is not None
    gated = tag_of(markup)
    given = tag_of(f"<{tag} {name}={quote}{value}{quote}>").get(name)
    assert gated.attributes == (
        ("id", "1"),
        (f"data-consent-{name}", given),
        ("lang", "en"),
        ("data-consent", "ads"),
    )


@pytest.mark.parametrize(("tag", "name", "value"), PASSIVE_ATTRIBUTES)
def test_an_attribute_that_waits_for_a_click_or_is_text_stays(tag: str, name: str, value: str) -> None:
    assert not is_live(StartTag(tag, ((name, value),)), name, value)
    assert inert_tag(StartTag(tag, ((name, value),)), "ads") is None


#
@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<script>", '<script type="text/plain" data-consent="ads">'),
        ("<SCRIPT TYPE>", '<script type="text/plain" data-consent-type data-consent="ads">'),
        (
            "<script async type=module nonce=n>",
            '<script async type="text/plain" data-consent-type="module" nonce="n" data-consent="ads">',
        ),
        (
            "<script src=/a.js integrity=i>",
            '<script type="text/plain" data-consent-src="/a.js" integrity="i" data-consent="ads">',
        ),
        (
            "<script type=importmap>",
            '<script type="text/plain" data-consent-type="importmap" data-consent="ads">',
        ),
        (
            "<script type='speculationrules'>",
            '<script type="text/plain" data-consent-type="speculationrules" data-consent="ads">',
        ),
        (
            "<script type=text/template>",
            '<script type="text/plain" data-consent-type="text/template" data-consent="ads">',
        ),
        (
            "<script href=/a.js />",
            '<script type="text/plain" data-consent-href="/a.js" data-consent="ads" />',
        ),
        ("<style>", '<style type="text/plain" data-consent="ads">'),
        (
            "<style type=text/css media=print>",
            '<style type="text/plain" data-consent-type="text/css" media="print" data-consent="ads">',
        ),
    ],
)
def test_scripts_and_styles_lose_their_type(markup: str, expected: str) -> None:
    assert inert(markup) == expected


@pytest.mark.parametrize(
    "markup",
    [
        "<script type=application/json>",
        "<script type=' Application/LD+JSON '>",
        "<script type=text/plain>",
        "<style type=text/plain>",
    ],
)
def test_what_is_inert_already_stays_as_it_is(markup: str) -> None:
    assert inert(markup) is None


def test_a_data_block_with_an_address_loses_only_the_address() -> None:
    assert inert("<script type=application/json src=/a>") == (
        '<script type="application/json" data-consent-src="/a" data-consent="ads">'
    )


@pytest.mark.parametrize("equiv", ["refresh", " Refresh ", "set-cookie", "delegate-ch"])
def test_a_meta_that_acts_loses_both_its_halves(equiv: str) -> None:
    markup = inert(f'<meta content="0;url=/x" http-equiv="{equiv}">')

    assert markup == (
        f'<meta data-consent-content="0;url=/x" data-consent-http-equiv="{equiv}" data-consent="ads">'
    )


@pytest.mark.parametrize("equiv", ["Content-Security-Policy", "content-type"])
def test_a_meta_that_only_restricts_or_describes_stays(equiv: str) -> None:
    assert inert(f"<meta http-equiv={equiv} content='default-src https://example.net'>") is None


@pytest.mark.parametrize("tag", ["set", "animate"])
@pytest.mark.parametrize("target", ["href", "xlink:href", " HREF"])
def test_an_animation_of_an_address_loses_its_values(tag: str, target: str) -> None:
    attributes = (("attributename", target), ("to", "a"), ("from", "b"), ("by", "c"), ("values", "d;e"))
    markup = inert_tag(StartTag(tag, attributes), "ads")

    assert markup is not None
    assert [name for name, _ in tag_of(markup).attributes] == [
        "attributename",
        "data-consent-to",
        "data-consent-from",
        "data-consent-by",
        "data-consent-values",
        "data-consent",
    ]


def test_an_animation_of_something_else_stays() -> None:
    assert inert("<animate attributeName=opacity from=0 to=1>") is None


def test_the_authors_own_marks_stay_and_the_live_value_wins() -> None:
    assert inert("<img data-consent-src=old src=new data-consent=maps>") == (
        '<img data-consent-src="new" data-consent="maps">'
    )
    assert inert("<img src=new data-consent-src=old data-consent-alt=x>") == (
        '<img data-consent-src="new" data-consent-alt="x" data-consent="ads">'
    )


def test_the_first_of_two_attributes_wins_as_in_a_browser() -> None:
    assert inert("<img src=a SRC=b>") == '<img data-consent-src="a" data-consent="ads">'


def test_attributes_with_impossible_names_are_left_out_of_a_rewritten_tag() -> None:
    assert inert("""<img src=a async="" =b=c "d=e f<=g 'src=//h lang>""") == (
        '<img data-consent-src="a" async lang data-consent="ads">'
    )


def test_plaintext_cannot_swallow_the_page() -> None:
    assert inert("<plaintext onload=x>") == '<pre data-consent="ads">'


#
@given(
    st.text(),
    st.text(),
    st.sampled_from(["src", "onload", "alt", "data-x"]),
    st.sampled_from(["img", "p", "script"]),
)
def test_no_value_breaks_out_of_a_rewritten_tag(name: str, value: str, attribute: str, tag: str) -> None:
    markup = inert_tag(StartTag(tag, (("src", "a"), (attribute, value))), name)

    assert markup is not None
    tokens = list(tokenize(markup + "<b>"))
    assert tokens[0].tag == tag
    assert markup.count("<") == markup.count(">") == 1
    if "\r" not in name + value and "\0" not in name + value:
        found = dict(tokens[0].attrs or ())
        assert found["data-consent"] == name
        assert value in (found.get(attribute), found.get(f"data-consent-{attribute}")) or attribute == "src"


#
@given(
    st.sampled_from(["img", "script", "style", "a", "svg", "meta", "set", "p", "object", "K\u212a"]),
    st.lists(
        st.tuples(
            st.sampled_from(["src", "type", "href", "style", "http-equiv", "content", "attributename", "to"])
            | st.text(min_size=1),
            st.sampled_from(["", "href", "refresh", "url(x)", "//x", "module", "text/plain"]) | st.text(),
        ),
        unique_by=lambda pair: pair[0],
    ),
)
def test_gating_a_gated_tag_changes_nothing(tag: str, attributes: list[tuple[str, str]]) -> None:
    markup = inert_tag(StartTag(tag, tuple(attributes)), "ads")

    if markup is not None:
        assert inert(markup) is None


@pytest.mark.parametrize(
    "markup",
    [
        "<iframe src=a>",
        "<img src=a>",
        "<img src=a width=100 height=100>",
        "<img src=a style='max-width:1px;border:0'>",
        "<video>",
        "<source>",
        "<input type=IMAGE src=a>",
        "<image href=a>",
        "<iframe width=100% height=11>",
    ],
)
def test_what_a_visitor_would_see_is_an_embed(markup: str) -> None:
    assert is_embed(tag_of(markup))


@pytest.mark.parametrize(
    "markup",
    [
        "<script src=a>",
        "<link href=a>",
        "<input type=text src=a>",
        "<img src=a width=1 height=1>",
        "<img src=a height=1px>",
        "<img src=a style='DISPLAY : none'>",
        "<img src=a style='width: 1px'>",
        "<iframe src=a height=0 width=0 style='display:none;visibility:hidden'>",
        "<iframe src=a hidden>",
    ],
)
def test_pixels_hidden_frames_and_scripts_are_no_embeds(markup: str) -> None:
    assert not is_embed(tag_of(markup))


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ((("width", "560"), ("height", "315")), (564, 319)),
        ((("width", "560"), ("height", "315"), ("frameborder", "0")), (560, 315)),
        ((("width", "560"), ("height", "315"), ("frameborder", "No")), (560, 315)),
        ((("width", "100%"), ("height", "315")), None),
        ((("height", "315"),), None),
        ((("width", "0"), ("height", "315")), None),
        ((("width", "12345"), ("height", "315")), None),
        ((("width", "\u0665"), ("height", "315")), None),
        ((("width", '1"><script>'), ("height", "315")), None),
    ],
)
def test_the_size_of_a_frame_is_what_it_takes_up(
    attributes: tuple[tuple[str, str], ...], size: tuple[int, int] | None
) -> None:
    assert size_of(StartTag("iframe", attributes)) == size


def test_only_a_frame_has_a_frame_around_it() -> None:
    assert size_of(StartTag("video", (("width", "560"), ("height", "315")))) == (560, 315)
