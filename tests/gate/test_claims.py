"""Whose an address is, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit import parse_policy
from consentkit.gate.claims import Claims, hosts_of

POLICY = parse_policy(
    """
    [site]
    name = "Tide Tables"
    controller = { name = "Harbour Office", contact = "privacy@harbour.example" }

    [categories.analytics]
    use = ["google-analytics", "counter"]

    [categories.marketing]
    use = ["google-tag-manager", "google-maps", "youtube", "meta-pixel"]

    [services.counter]
    provider = "Counters Ltd"
    hosts = ["counter.example", "*.counter.example", "live.example:8443"]
    scripts = ["https://*.shared.example/counter/*.js"]
    markers = ["countThis("]
    """
)
CLAIMS = Claims(POLICY.services.values())


#
@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/embed/x",
        "http://youtube.com",
        "//youtube.com",
        "HTTPS://WWW.YOUTUBE.COM/",
        "  https://www.youtube.com/",
        "\x00\x1fhttps://www.youtube.com/",
        "ht\ttps:/\r/www.you\ntube.com/",
        "\\\\www.youtube.com\\embed",
        "https:\\/www.youtube.com/",
        "/\\www.youtube.com",
        "https:www.youtube.com",
        "https:/www.youtube.com",
        "https:////www.youtube.com",
        "https://user:pass@www.youtube.com/",
        "https://www.example.org@www.youtube.com/",
        "https://www.youtube.com:443/",
        "https://www.youtube.com./",
        "https://www.you%74ube.com/",
        "https://www%2eyoutube.com/",
        "https://\uff57\uff57\uff57.\uff59outube.com/",
        "https://www\u3002youtube\uff61com/",
        "https://www.you\u00adtube.com/",
        "https://www.youtube.com?x",
        "https://www.youtube.com#x",
        "wss://www.youtube.com/",
        "data:text/html,<script src=//www.youtube.com/a></script>",
        "data:text/html,%3Cscript src=//www%2Eyoutube.com/a>",
        "java\nscript:fetch('https://www.youtube.com/')",
    ],
)
def test_an_address_is_found_however_it_is_written(url: str) -> None:
    assert CLAIMS.owners_of_url(url) == ("youtube",)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/",
        "youtube.com",
        "/youtube.com/",
        "./x",
        "?u=https://www.youtube.com/",
        "/r?u=https://www.youtube.com/",
        "https://www.example.org/?u=https://www.youtube.com/",
        "https://www.example.org/www.youtube.com",
        "https://notyoutube.com/",
        "https://youtube.com.evil.example/",
        "https://www.youtube.co/",
        "https://www.youtube.com@www.example.org/",
        "https://[::1]/",
        "https://[/",
        "https://%ff/",
        "https://\udc80/",
        "mailto:x@youtube.com",
        "about:blank",
        "javascript:void 0",
        "data:image/png;base64,AAAA",
        "x" * 100_000,
    ],
)
def test_an_address_of_the_site_or_of_a_stranger_is_nobody_s(url: str) -> None:
    assert CLAIMS.owners_of_url(url) == ()


def test_a_url_pattern_wins_over_another_service_s_host() -> None:
    assert CLAIMS.owners_of_url("https://www.googletagmanager.com/gtag/js?id=G-1") == ("google-analytics",)
    assert CLAIMS.owners_of_url("https://www.googletagmanager.com/gtm.js?id=GTM-1") == ("google-tag-manager",)
    assert CLAIMS.owners_of_url("https://www.googletagmanager.com/else") == ("google-tag-manager",)


@pytest.mark.parametrize(
    ("url", "owners"),
    [
        ("https://www.google.com/maps/embed?pb=1", ("google-maps",)),
        ("https://www.google.com/search?q=maps", ()),
        ("https://a.shared.example/counter/x.js", ("counter",)),
        ("https://a.shared.example/counter/x.css", ()),
        ("https://shared.example/counter/x.js", ()),
        ("https://counter.example/", ("counter",)),
        ("https://deep.er.counter.example/", ("counter",)),
        ("https://live.example:8443/", ("counter",)),
        ("https://live.example/", ()),
    ],
)
def test_hosts_ports_and_patterns_are_taken_as_declared(url: str, owners: tuple[str, ...]) -> None:
    assert CLAIMS.owners_of_url(url) == owners


@pytest.mark.parametrize(
    ("text", "owners"),
    [
        ("s.src = 'https://www.youtube.com/iframe_api'", ("youtube",)),
        ('{"u":"https:\\/\\/www.googletagmanager.com\\/gtag\\/js"}', ("google-analytics",)),
        ("'//WWW.YouTube.Com/x'", ("youtube",)),
        ("'www.' + 'counter.example'", ("counter",)),
        ("countThis(1)", ("counter",)),
        ("fbq('init', 1)", ("meta-pixel",)),
        ("'//www.google.com/maps/embed'", ("google-maps",)),
        ("var youtube = 'com'", ()),
        ("'notyoutube.com' + 'youtube.com.evil' + 'youtube.community'", ()),
        ("counthis(1)", ()),
        ("", ()),
        ("İ https://www.youtube.com/", ("youtube",)),
    ],
)
def test_a_script_belongs_to_what_it_mentions(text: str, owners: tuple[str, ...]) -> None:
    assert CLAIMS.owners_of_text(text) == owners


def test_a_mention_is_told_with_its_place() -> None:
    text = "a{background:url(https://i.ytimg.com/x)}"
    (span,) = CLAIMS.spans(text)

    assert text[span.start : span.end] == ".ytimg.com"
    assert span.owner == "youtube"


def test_the_hosts_of_a_service_include_those_of_its_patterns() -> None:
    assert hosts_of(POLICY.services["counter"]) == (
        "counter.example", "*.counter.example", "live.example:8443", "*.shared.example",
    )  # fmt: skip


@given(st.text())
def test_no_text_makes_it_raise(text: str) -> None:
    CLAIMS.owners_of_text(text)
    CLAIMS.owners_of_url(text)
    CLAIMS.owners_of_url("https://" + text)


#
@given(
    st.text(alphabet="\t\r\n", max_size=2),
    st.sampled_from(["https://", "HTTP://", "//", "\\\\", "https:", "https:/\\"]),
    st.lists(st.booleans(), min_size=11, max_size=11),
    st.sampled_from(["", "/x", "?x", "#x", ":8443/x", "./"]),
)
def test_no_spelling_of_a_host_gets_through(
    noise: str, before: str, capitals: list[bool], after: str
) -> None:
    host = "".join(
        char.upper() if capital else char for char, capital in zip("youtube.com", capitals, strict=True)
    )
    assert CLAIMS.owners_of_url(before + host[:4] + noise + host[4:] + after) == ("youtube",)
