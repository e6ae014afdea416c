from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.ui.hrefs import contact_href, cookies_page_url, href


@pytest.mark.parametrize(
    "address", ["https://a.example/b?c#d", "http://a.example", "/privacy", "/", "/a?b=//c"]
)
def test_web_pages_can_be_followed(address: str) -> None:
    assert href(address) == address


NOT_FOLLOWED = [
    *(None, "", "privacy.html", "mailto:a@b.example", "javascript:alert(1)", "data:text/html,x"),
    *("//evil.example", "/\\evil.example", "/\t/evil.example", "\thttps://a.example"),
    *("https://", "https:a.example"),
]


@pytest.mark.parametrize("address", NOT_FOLLOWED)
def test_anything_else_cannot(address: str | None) -> None:
    assert href(address) is None


#
@given(st.text())
def test_whatever_can_be_followed_is_a_path_or_a_web_address(address: str) -> None:
    found = href(address)
    if found is not None:
        parts = urlsplit(found)
        assert parts.scheme in {"http", "https"} or (parts.scheme == parts.netloc == "" and found[0] == "/")


def test_an_address_for_mail_is_mailed_to_and_a_telephone_number_is_text() -> None:
    assert contact_href("privacy@water.example") == "mailto:privacy@water.example"
    assert contact_href("https://water.example/contact") == "https://water.example/contact"
    assert contact_href("+44 20 7946 0000") is None
    assert contact_href("a@b.example?subject=x&body=y") is None


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_the_way_back_survives_the_address(back: str) -> None:
    query = urlsplit(cookies_page_url("/cookies", "/" + back)).query
    assert parse_qs(query) == {"next": ["/" + back]}


def test_without_a_way_back_the_address_is_the_prefix() -> None:
    assert cookies_page_url("/app/cookies", None) == "/app/cookies"
    assert cookies_page_url("/cookies", "/\udcff") == "/cookies?next=/%3F"
