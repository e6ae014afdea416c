"""The first look at a page never misses what a closer one would find, and leaves ordinary pages alone."""

from html.entities import html5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit import parse_policy
from consentkit.gate.attributes import StartTag
from consentkit.gate.claims import Claims
from consentkit.gate.verdict import Judge
from consentkit.gate.watch import Watch
from consentkit.policy.catalogue import catalogue_ids
from consentkit.policy.model import Service

IDS = catalogue_ids()
POLICY = parse_policy(
    f"""
    [site]
    name = "S"
    controller = {{ name = "C", contact = "c@c.example" }}
    [categories.marketing]
    use = {list(IDS)}
    """
)
SERVICES = [service for category in POLICY.optional for service in category.services]
WATCH = Watch(SERVICES)
MARKERS = sorted({marker for service in SERVICES for marker in service.markers})
NAMES: dict[str, list[str]] = {}
for name, char in html5.items():
    NAMES.setdefault(char, []).append(f"&{name}")


def is_closed(key: str, value: str) -> bool:
    judge = Judge(Claims(SERVICES), frozenset(IDS), lambda _name: False)
    return judge.tag(StartTag("img", ((key, value),)), lambda _markup: None) is not None


#
def test_an_ending_that_begins_like_another_hides_neither() -> None:
    hosts = ("one.co", "two.com", "three.community", "four.cat", "five.ca")
    watch = Watch(Service(host, "c", host, "P", hosts=(host,)) for host in hosts)

    for host in hosts:
        assert watch.look(f'<img src="//{host}/x">'.encode()) != ()
        assert watch.look(f'<img src="//{host}">'.encode()) != ()
    assert watch.look(b'<img src="//one.com/x">') == ()


#
@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_in_a_handler_is_seen_however_it_is_written(marker: str) -> None:
    assert is_closed("onpageshow", marker)
    for at, char in enumerate(marker):
        code = f"{ord(char):x}"
        numeric = [
            f"&#{ord(char)};",
            f"&#x{code};",
            f"&#X{code.upper()};",
            f"&#0{ord(char)}",
            f"&amp;#{ord(char)};",
        ]
        for reference in (char, *NAMES.get(char, ()), *numeric):
            written = marker[:at] + reference + marker[at + 1 :]
            for quote in '"', "'":
                if quote not in written:
                    html = f"<p onpageshow={quote}{written}{quote}>".encode()
                    assert WATCH.look(html) != (), html


#
@pytest.mark.parametrize(
    "before", ["onload=", "ONFOCUS =", "onbegin\n=", "onanimationend\f= ", "src=javascript:"]
)
def test_whatever_runs_unasked_is_looked_into(before: str) -> None:
    assert WATCH.look(f"<input {before}fbq('x')>".encode()) != ()


#
@pytest.mark.parametrize("bracket", ["<", "&lt;", "&LT", "&#60;", "&#x3C;", "&#060", "&amp;lt;"])
def test_a_script_within_an_attribute_is_looked_into(bracket: str) -> None:
    assert WATCH.look(f"<iframe srcdoc='{bracket}script>fbq(1)'>".encode()) != ()


def test_a_handler_of_what_a_visitor_does_on_purpose_is_left_alone() -> None:
    assert WATCH.look(b"<button onclick=\"fbq('x')\" onsubmit='gtag(1)'>") == ()
    assert not is_closed("onclick", "fbq('x')")


#
@pytest.mark.parametrize(
    "address",
    ["javascript:fbq%28'x')", "java\nscript:fbq%28'x')", "javascript:;fbq%28", "javascript:void(0);fbq%28"],
)
def test_a_program_in_an_address_is_seen_through_percent_signs(address: str) -> None:
    assert is_closed("src", address)
    assert WATCH.look(f'<iframe src="{address}">'.encode()) != ()


#
@pytest.mark.parametrize(
    "html",
    [
        r"<style>a{b:url(//www.youtub\65.com)}</style>",
        r"<p style='b:url(//www.youtub\65.com)'>",
        r'<p style = "b:url(//www.youtub\65.com)">',
        "<p STYLE\f=\fb:url(//www.youtub\\65.com)>",
        r"<p style=\75rl(//www.youtube%2ecom)>",
        r"<path mask='url(//www.youtub\65.com)'>",
        r"<path fill=url(//www.youtub\65.com)>",
        r"<path marker-end='url(//www.youtub\65.com)'>",
        r"<style>a{b:url(//www.youtub\65.com)}",
    ],
)
def test_an_escape_in_css_is_seen(html: str) -> None:
    assert WATCH.look(html.encode()) != ()


@pytest.mark.parametrize(
    "html",
    [
        r"<script>a='\u003cp style=\"b\"\n\\d'</script><style>a{b:url(/x)}</style><p style='color:red'>",
        "<a href='javascript:;'>100%</a><a href=\"javascript:void(0)\">x</a>",
        "<p title='a &amp; b &#8217; &#038; &nbsp; &quot;'>A button on the content, fbq(1)",
        "<script>window.onload=function(){}</script>",
        "",
    ],
)
def test_an_ordinary_page_needs_no_closer_look(html: str) -> None:
    assert WATCH.look(html.encode()) == ()


def test_where_hosts_or_marks_stand_close_together_all_is_looked_into() -> None:
    for one in (b"www.youtube.com ", b"fbq( "):
        few, many = (b"<p onload='" + one * number + b"'>" for number in (10, 10_000))
        assert len(WATCH.look(few) or ()) >= 10
        assert WATCH.look(many) is None


def test_without_services_nothing_is_looked_for() -> None:
    assert Watch([]).look(b"<img src=//x.example onload=fbq(1)>") == ()


#
@given(
    st.sampled_from(["src", "srcdoc", "style", "onload", "mask", "data-src"]),
    st.lists(
        st.sampled_from(
            [
                "//", "https:", "\\", "/", "www.", "youtube", ".com", "%2e", "\\2e ", "@", "u:p", "url(", ")",
                "&#46;", "&period;", "&amp;", "javascript:", "data:text/html,", "a", " ", "\n", "é",
                "<img src=", "fbq(",
            ]
        ),
        max_size=12,
    ),
)  # fmt: skip
def test_what_the_judge_closes_the_first_look_has_seen(key: str, parts: list[str]) -> None:
    from html import unescape  # noqa: PLC0415 # what a tokenizer does to a value

    written = "".join(parts)
    if is_closed(key, unescape(written)):
        assert WATCH.look(f'<img {key}="{written}">'.encode("latin-1")) != ()
