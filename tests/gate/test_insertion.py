"""Where the banner goes in pages that know nothing of it."""

from __future__ import annotations

import pytest

from consentkit.gate.claims import Claims
from consentkit.gate.inserts import Inserts
from consentkit.gate.stream import HtmlGate

INSERTS = Inserts("", "<HEAD>", "<BANNER>", "<END>")


def page(html: str, inserts: Inserts = INSERTS, step: int | None = None) -> str:
    gate = HtmlGate(Claims(()), closed=frozenset(), inserts=lambda: inserts)
    body = html.encode()
    if step is None:
        return gate.feed(body, more=False).decode()
    pieces = [gate.feed(body[at : at + step]) for at in range(0, len(body), step)]
    return b"".join([*pieces, gate.close()]).decode()


#
@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            "<!doctype html><head><title>T</title></head><body class=x>text</body></html>",
            "<!doctype html><head><title>T</title><HEAD></head><body class=x><BANNER>text</body></html><END>",
        ),
        ("<html><body>x", "<html><HEAD><body><BANNER>x<END>"),
        ("<BODY\nid='>'>x</BODY>", "<HEAD><BODY\nid='>'><BANNER>x</BODY><END>"),
        ("<!DOCTYPE html><title>T</title><p>x", "<!DOCTYPE html><title>T</title><HEAD><BANNER><p>x<END>"),
        ("<!doctype html><title>T</title>", "<!doctype html><title>T</title><HEAD><BANNER><END>"),
        ("<head><meta>\n</head>\ntext<b>", "<head><meta>\n<HEAD></head>\n<BANNER>text<b><END>"),
        ("<html><script>'<body>'</script><body>", "<html><script>'<body>'</script><HEAD><body><BANNER><END>"),
        ("<html><!-- <body> --><body>", "<html><!-- <body> --><HEAD><body><BANNER><END>"),
        ("<html><template><p></template><body>", "<html><template><p></template><HEAD><body><BANNER><END>"),
        ("<html><noscript><p></noscript><body>", "<html><noscript><p></noscript><HEAD><body><BANNER><END>"),
        ("\ufeff<!doctype html><p>", "\ufeff<!doctype html><HEAD><BANNER><p><END>"),
        ("<html><frameset><frame src=a></frameset>", "<html><HEAD><frameset><frame src=a></frameset>"),
    ],
)  # fmt: skip
def test_each_part_goes_to_its_place_once(html: str, expected: str) -> None:
    assert page(html) == expected
    for step in (1, 2, 3, 7):
        assert page(html, step=step) == expected


@pytest.mark.parametrize(
    "html", ["", " ", "text", "<p>x</p>", "<tr><td>1</td></tr>", "<title>T</title>", "<script>1</script><p>"]
)
def test_a_fragment_gets_nothing(html: str) -> None:
    assert page(html) == html


@pytest.mark.parametrize(
    "html",
    [
        "<!doctype html><body><p ",
        "<!doctype html><body><!-- x",
        "<!doctype html><body><script>1",
        "<body><textarea>",
    ],
)
def test_nothing_follows_a_page_that_ends_within_something(html: str) -> None:
    assert page(html, Inserts(end="<END>")) == html


def test_what_the_template_has_placed_is_not_put_in() -> None:
    html = "<!doctype html><head></head><body>x</body>"

    assert page(html, Inserts()) == html
    assert page(html, Inserts(banner="<BANNER>")) == "<!doctype html><head></head><body><BANNER>x</body>"


#
@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            "<html><head><meta charset=utf-8><script>1</script><script>2</script></head>x",
            "<html><head><meta charset=utf-8><FIRST><script>1</script><script>2</script><HEAD></head>x",
        ),
        ("<html><title>T</title><script src=a>", "<html><title>T</title><FIRST><script src=a>"),
        ("<head></head><script>1</script>", "<head><FIRST><HEAD></head><script>1</script>"),
        ("<html><body><script>1</script>", "<html><FIRST><HEAD><body><script>1</script>"),
        ("<html><p>x<script>1</script>", "<html><FIRST><HEAD><p>x<script>1</script>"),
        (
            "<html><template><script>1</script></template><script>2</script></head>",
            "<html><template><script>1</script></template><FIRST><script>2</script><HEAD></head>",
        ),
        (
            "<html><!-- <script> --><noscript><script>1</script></noscript><body>",
            "<html><!-- <script> --><noscript><script>1</script></noscript><FIRST><HEAD><body>",
        ),
        ("<html><style><script></style><body>", "<html><style><script></style><FIRST><HEAD><body>"),
        ("<!doctype html><title>T</title>", "<!doctype html><title>T</title><FIRST><HEAD>"),
        ("<script>1</script><p>x", "<script>1</script><p>x"),
    ],
)  # fmt: skip
def test_what_comes_before_any_script_goes_in_front_of_the_first(html: str, expected: str) -> None:
    inserts = Inserts("<FIRST>", "<HEAD>")

    assert page(html, inserts) == expected
    for step in (1, 2, 3, 7):
        assert page(html, inserts, step=step) == expected


def test_letters_that_the_page_s_encoding_lacks_become_references() -> None:
    def encoded(charset: str | None, html: bytes) -> bytes:
        gate = HtmlGate(
            Claims(()), closed=frozenset(), charset=charset, inserts=lambda: Inserts(banner="é\u0175")
        )
        return gate.feed(html, more=False)

    assert encoded("utf-8", b"<body>") == "<body>é\u0175".encode()
    assert encoded("iso-8859-1", b"<body>") == b"<body>\xe9&#373;"
    assert encoded("utf-16", "<body>".encode("utf-16-le")) == "<body>é\u0175".encode("utf-16-le")
    assert encoded("iso-2022-jp", b"<body>") == b"<body>&#233;&#373;"
    for unknown in ("x-user-defined", "utf-7", "cp037", "base64", "\x00", None):
        assert encoded(unknown, b"<body>") == b"<body>&#233;&#373;"
