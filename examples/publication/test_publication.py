"""The site's own tests: what its pages hold for a visitor who has, or has not, said yes."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from consentkit import SecretKeyError, load_policy
from consentkit.testing import consent_cookies

HERE = Path(__file__).parent
POLICY = load_policy(HERE / "consent.toml")
KEY = "kQ3v9Zt1mW7xB5nD8rJ2pL6sC0fH4gYa"
EVERY_PAGE = ["/", "/report", "/research", "/part-one", "/press-release", "/privacy", "/no-such-page"]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Starlette:
    monkeypatch.setenv("CONSENT_SECRET_KEY", KEY)
    app = runpy.run_path(str(HERE / "app.py"))["app"]
    assert isinstance(app, Starlette)
    return app


def visitor(site: Starlette, *granted: str) -> TestClient:
    return TestClient(site, cookies=consent_cookies(POLICY, KEY, granted=granted))


def test_the_site_does_not_start_without_a_secret_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONSENT_SECRET_KEY", raising=False)
    with pytest.raises(SecretKeyError, match="token_hex"):
        runpy.run_path(str(HERE / "app.py"))


def test_a_new_visitor_is_asked_on_every_page(site: Starlette) -> None:
    for path in EVERY_PAGE:
        assert 'id="choices"' in TestClient(site).get(path).text


def test_a_visitor_who_has_answered_is_not_asked_again(site: Starlette) -> None:
    for path in EVERY_PAGE:
        assert 'id="choices"' not in visitor(site).get(path).text


#
def test_every_page_links_to_the_cookies_page_even_one_that_does_not_exist(site: Starlette) -> None:
    for path in EVERY_PAGE:
        response = visitor(site, "analytics").get(path)
        assert response.status_code == (404 if path == "/no-such-page" else 200)
        assert f'class="choices-link" href="/cookies?next={path}"' in response.text


@pytest.mark.parametrize(
    ("granted", "live"),
    [
        ((), set()),
        (("functional",), set()),
        (("google-analytics",), {"gtag/js"}),
        (("google-tag-manager",), {"gtm.js", "ns.html"}),
        (("analytics",), {"gtag/js", "gtm.js", "ns.html"}),
        (("youtube",), {"youtube.com/embed"}),
        (("x",), {"widgets.js"}),
        (("third-party",), {"youtube.com/embed", "widgets.js"}),
    ],
)
def test_only_what_was_granted_is_live(site: Starlette, granted: tuple[str, ...], live: set[str]) -> None:
    page = visitor(site, *granted).get("/").text
    addresses = {"gtag/js", "gtm.js", "ns.html", "youtube.com/embed", "widgets.js"}
    tags = [line for line in page.splitlines() if ' src="https://' in line]
    assert {address for address in addresses if any(address in tag for tag in tags)} == live


def test_the_size_of_the_text_is_kept_only_for_those_who_allow_it(site: Starlette) -> None:
    careful, relaxed = visitor(site), visitor(site, "functional")
    for client in (careful, relaxed):
        assert 'class="large-text"' in client.get("/?text-size=large").text
    assert "text-size" not in careful.cookies
    assert 'class="large-text"' not in careful.get("/report").text
    assert 'class="large-text"' in relaxed.get("/report").text


def test_a_size_that_the_site_does_not_know_is_not_kept(site: Starlette) -> None:
    client = visitor(site, "functional")
    assert client.get("/?text-size=%22%3E").status_code == 200
    assert "text-size" not in client.cookies


def test_withdrawing_removes_the_kept_size(site: Starlette) -> None:
    client = visitor(site, "functional")
    client.get("/?text-size=large")
    assert client.cookies["text-size"] == "large"
    client.post("/cookies", data={"decision": "deny-all"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert "text-size" not in client.cookies


def test_the_cookies_page_stands_in_the_frame_of_the_site(site: Starlette) -> None:
    page = TestClient(site).get("/cookies", headers={"Accept-Language": "cy"}).text
    assert '<html lang="cy"' in page
    assert 'class="masthead"' in page
    assert "choices.css" in page
    assert "Yn cofio a ydych am gael testun mwy." in page
