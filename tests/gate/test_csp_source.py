"""One source of a policy: what it names, and what it covers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.gate.csp_source import Source, parse_source


def read(text: str) -> Source:
    source = parse_source(text)
    assert source is not None, text
    return source


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("a.example", Source("", "a.example")),
        ("A.Example", Source("", "a.example")),
        ("a.example.", Source("", "a.example")),
        ("a.example.:8443/x", Source("", "a.example", "8443", "/x")),
        ("https://a.example", Source("https", "a.example")),
        ("HTTPS://a.example/", Source("https", "a.example")),
        ("https://a.example:443/x/", Source("https", "a.example", "", "/x/")),
        ("http://a.example:80", Source("http", "a.example")),
        ("a.example:8443", Source("", "a.example", "8443")),
        ("a.example:*", Source("", "a.example", "*")),
        ("*.a.example", Source("", "*.a.example")),
        ("wss://a.example", Source("wss", "a.example")),
        ("*", Source("", "*", "*")),
        ("https:", Source("https", "*", "*")),
        ("https://*", Source("https", "*")),
    ],
)
def test_a_source_is_read(text: str, source: Source) -> None:
    assert parse_source(text) == source


@pytest.mark.parametrize(
    "text",
    [
        "",
        "'self'",
        "'none'",
        "'nonce-abc'",
        "'sha256-abc='",
        "data:",
        "blob:",
        "a example",
        "a.*.example",
        "*.",
        "*a.example",
        "a..example",
        "https://",
        "[::1]:8000",
        "\u212a.example",
        "é.example",
    ],
)
def test_what_names_no_host_is_none(text: str) -> None:
    assert parse_source(text) is None


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("*", "a.example"),
        ("*", "*.example"),
        ("https:", "a.example:8443"),
        ("a.example", "https://a.example/x"),
        ("*.example", "a.example"),
        ("*.example", "a.b.example"),
        ("*.example", "*.b.example"),
        ("a.example/x/", "a.example/x/y"),
        ("a.example:*", "a.example:8443"),
    ],
)
def test_a_wider_source_covers_a_narrower_one_and_not_the_other_way_round(wide: str, narrow: str) -> None:
    assert read(wide).covers(read(narrow))
    assert read(wide).meets(read(narrow))
    assert read(narrow).meets(read(wide))
    assert not read(narrow).covers(read(wide))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.example", "b.example"),
        ("a.example", "a.example:8443"),
        ("*.example", "example"),
        ("*.a.example", "b.example"),
        ("*.a.example", "nota.example"),
        ("a.example/x/", "a.example/y/"),
        ("a.example/x", "a.example/xy"),
        ("a.example/x", "a.example/x/"),
    ],
)
def test_sources_that_have_nothing_in_common_do_not_meet(one: str, other: str) -> None:
    assert not read(one).meets(read(other))
    assert not read(other).meets(read(one))
    assert not read(one).covers(read(other))


def test_a_source_for_web_sockets_is_known_as_one() -> None:
    assert read("wss://a.example").is_live
    assert not read("https://a.example").is_live
    assert read("*").is_everybody
    assert not read("*.example").is_everybody


SOURCES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "https://", "wss://"]),
    st.sampled_from(["a.example", "*.example", "b.a.example", "example", "*"]),
    st.sampled_from(["", ":443", ":8443", ":*"]),
    st.sampled_from(["", "/", "/x/", "/x/y", "/y"]),
)


@given(SOURCES, SOURCES)
def test_whatever_covers_meets_and_meeting_is_mutual(one: str, other: str) -> None:
    first, second = read(one), read(other)

    assert first.covers(first)
    assert first.meets(second) == second.meets(first)
    assert first.meets(second) or not first.covers(second)


@given(st.text(max_size=30))
def test_any_text_is_a_source_or_none(text: str) -> None:
    source = parse_source(text)

    assert source is None or source.host
