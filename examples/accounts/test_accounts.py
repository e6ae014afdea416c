"""What members need works whatever a visitor has chosen; what is optional leaves only with a yes."""

from __future__ import annotations

import re
import runpy
import shutil
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from httpx2 import ASGITransport
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from consentkit import SecretKeyError

HERE = Path(__file__).parent
KEY = "kQ3v9Zt1mW7xB5nD8rJ2pL6sC0fH4gYa"
SESSION_KEY = "aY4gHf0Cs6Lp2Jr8Dn5Bx7Wm1tZ9v3Qk"


# --- the provider, as small as RFC 6749, RFC 7636 and one profile allow --------------------------------


def make_provider() -> Starlette:
    challenges: dict[str, str] = {}

    async def authorize(request: Request) -> Response:
        asked = request.query_params
        assert asked["client_id"] == "weir-lane"
        assert asked["code_challenge_method"] == "S256"
        code = f"code{len(challenges)}"
        challenges[code] = asked["code_challenge"]
        return RedirectResponse(f"{asked['redirect_uri']}?code={code}&state={asked['state']}")

    async def token(request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        proof = urlsafe_b64encode(sha256(form["code_verifier"][0].encode()).digest()).decode().rstrip("=")
        if challenges.pop(form["code"][0], "") != proof:
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": "t0ken", "token_type": "Bearer"})

    async def userinfo(request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer t0ken"
        return JSONResponse({"sub": "1", "name": "Rosa"})

    return Starlette(
        routes=[
            Route("/authorize", authorize),
            Route("/token", token, methods=["POST"]),
            Route("/userinfo", userinfo),
        ]
    )


# --- the visitor ----------------------------------------------------------------------------------------


@pytest.fixture
def provider() -> Starlette:
    return make_provider()


@pytest.fixture
def visitor(provider: Starlette, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    return visitor_of(HERE, provider, monkeypatch)


def visitor_of(folder: Path, provider: Starlette, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv("CONSENT_SECRET_KEY", KEY)
    monkeypatch.setenv("SESSION_SECRET_KEY", SESSION_KEY)
    site: dict[str, Any] = runpy.run_path(str(folder / "app.py"))
    site["app"].state.provider = site["provider_client"](transport=ASGITransport(provider))
    return TestClient(site["app"], base_url="https://allotments.example")


def decide(visitor: TestClient, decision: str) -> None:
    origin = {"Sec-Fetch-Site": "same-origin"}
    page = visitor.get("/cookies").text
    notice = re.search(r'name="notice" value="([^"]+)"', page)
    assert notice is not None
    form = {"decision": decision, "notice": notice[1]}
    answer = visitor.post("/cookies", data=form, headers=origin, follow_redirects=False)
    assert answer.status_code == 303


def before(visitor: TestClient) -> None:
    """Choose nothing."""


def rejected(visitor: TestClient) -> None:
    decide(visitor, "deny-all")


def accepted(visitor: TestClient) -> None:
    decide(visitor, "grant-all")


def withdrawn(visitor: TestClient) -> None:
    accepted(visitor)
    visitor.get("/")
    assert "visits" in visitor.cookies
    rejected(visitor)


whatever_was_chosen = pytest.mark.parametrize("choose", [before, rejected, accepted, withdrawn])


def token_on(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def send(visitor: TestClient, path: str, **fields: str) -> Any:  # noqa: ANN401 - httpx2's response
    return visitor.post(path, data={"csrf_token": token_on(visitor.get("/").text), **fields})


# --- what members need -----------------------------------------------------------------------------------


#
@whatever_was_chosen
def test_a_member_signs_in_is_told_so_once_and_stays_signed_in(
    visitor: TestClient, choose: Callable[[TestClient], None]
) -> None:
    choose(visitor)
    told = send(visitor, "/sign-in", name="Rosa").text

    assert "<h1>Welcome, Rosa</h1>" in told
    assert told.count("You are signed in.") == 1
    again = visitor.get("/").text
    assert "<h1>Welcome, Rosa</h1>" in again
    assert "You are signed in." not in again
    gone = send(visitor, "/sign-out").text
    assert "<h1>Welcome</h1>" in gone
    assert "You are signed out." in gone


@whatever_was_chosen
def test_a_form_is_taken_from_the_page_that_made_it_and_from_no_other(
    visitor: TestClient, choose: Callable[[TestClient], None]
) -> None:
    choose(visitor)
    assert send(visitor, "/sign-in", name="Rosa").status_code == 200
    forged = {"csrf_token": "made-up", "name": "Mallory"}
    assert visitor.post("/sign-in", data=forged).status_code == 403
    assert visitor.post("/sign-in", data={"name": "Mallory"}).status_code == 403
    assert "Welcome, Rosa" in visitor.get("/").text


def sign_in_elsewhere(visitor: TestClient, provider: Starlette) -> str:
    visitor.get("/")
    leaving = visitor.get("/provider", follow_redirects=False)
    assert leaving.headers["location"].startswith("https://id.example/authorize?")

    returning = TestClient(provider).get(leaving.headers["location"], follow_redirects=False)
    back = returning.headers["location"]
    assert back.startswith("https://allotments.example/provider/back?")
    # The browser comes from another site here, and the state must be in the session all the same.
    told: str = visitor.get(back, headers={"Sec-Fetch-Site": "cross-site"}).text
    return told


@whatever_was_chosen
def test_a_member_signs_in_with_the_account_of_another_site(
    visitor: TestClient, provider: Starlette, choose: Callable[[TestClient], None]
) -> None:
    choose(visitor)
    told = sign_in_elsewhere(visitor, provider)
    assert "<h1>Welcome, Rosa</h1>" in told
    assert "You are signed in." in told


@whatever_was_chosen
def test_a_return_that_did_not_start_here_signs_nobody_in(
    visitor: TestClient, provider: Starlette, choose: Callable[[TestClient], None]
) -> None:
    choose(visitor)
    assert visitor.get("/provider/back?code=code0&state=made-up").status_code == 400
    leaving = visitor.get("/provider", follow_redirects=False).headers["location"]
    back = TestClient(provider).get(leaving, follow_redirects=False).headers["location"]
    somebody_else = TestClient(visitor.app, base_url="https://allotments.example")
    assert somebody_else.get(back).status_code == 400
    assert "Rosa" not in somebody_else.get("/").text


@whatever_was_chosen
def test_the_language_that_was_picked_stays_and_is_that_of_the_cookies_page_too(
    visitor: TestClient, choose: Callable[[TestClient], None]
) -> None:
    choose(visitor)
    assert "<h1>Willkommen</h1>" in send(visitor, "/language", language="de").text
    assert visitor.cookies["language"] == "de"
    assert "<h1>Willkommen</h1>" in visitor.get("/", headers={"Accept-Language": "en"}).text
    assert '<html lang="de"' in visitor.get("/cookies", headers={"Accept-Language": "en"}).text
    assert send(visitor, "/language", language="tlh").status_code == 422


def test_a_member_stays_signed_in_through_every_change_of_mind(visitor: TestClient) -> None:
    send(visitor, "/sign-in", name="Rosa")
    send(visitor, "/language", language="de")
    for choose in (rejected, accepted, withdrawn, accepted, rejected):
        choose(visitor)
        assert "<h1>Willkommen, Rosa</h1>" in visitor.get("/").text


@pytest.mark.parametrize("undeclared", ["report", "strict"])
def test_on_the_first_day_with_nothing_essential_declared_no_sign_in_breaks(
    provider: Starlette, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, undeclared: str
) -> None:
    folder = tmp_path / "accounts"
    shutil.copytree(HERE, folder)
    declared = (HERE / "consent.toml").read_text(encoding="utf-8")
    head, tail = (
        declared.partition("[categories.essential]")[0],
        declared.partition("[categories.analytics]")[2],
    )
    (folder / "consent.toml").write_text(f"{head}[categories.analytics]{tail}", encoding="utf-8")
    code = (HERE / "app.py").read_text(encoding="utf-8")
    changed = code.replace("language=language_of,", f"language=language_of, undeclared={undeclared!r},")
    assert changed != code
    (folder / "app.py").write_text(changed, encoding="utf-8")

    visitor = visitor_of(folder, provider, monkeypatch)
    for choose in (before, rejected, accepted, withdrawn):
        choose(visitor)
        assert "You are signed in." in send(visitor, "/sign-in", name="Rosa").text
        assert "You are signed out." in send(visitor, "/sign-out").text
        assert "<h1>Welcome, Rosa</h1>" in sign_in_elsewhere(visitor, provider)
        assert send(visitor, "/sign-out").status_code == 200


# --- what is optional ------------------------------------------------------------------------------------


#
@pytest.mark.parametrize("choose", [before, rejected, withdrawn])
def test_visits_are_not_counted_without_consent(
    visitor: TestClient, choose: Callable[[TestClient], None]
) -> None:
    choose(visitor)
    for path in ("/", "/cookies", "/"):
        answer = visitor.get(path)
        set_by_the_site = answer.headers.get_list("set-cookie")
        assert [
            line for line in set_by_the_site if line.startswith("visits=") and "Max-Age=0" not in line
        ] == []
        assert "visits" not in visitor.cookies


def test_visits_are_counted_with_consent_in_a_cookie_that_scripts_cannot_see(visitor: TestClient) -> None:
    accepted(visitor)
    for count in ("1", "2", "3"):
        answer = visitor.get("/")
        cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("visits="))
        assert "HttpOnly" in cookie
        assert visitor.cookies["visits"] == count


#
def test_a_withdrawal_takes_the_count_away_and_the_count_begins_anew(visitor: TestClient) -> None:
    accepted(visitor)
    visitor.get("/")
    visitor.get("/")
    rejected(visitor)
    assert "visits" not in visitor.cookies
    visitor.get("/")
    assert "visits" not in visitor.cookies
    accepted(visitor)
    visitor.get("/")
    assert visitor.cookies["visits"] == "1"


def test_a_count_from_before_the_site_asked_is_not_read_and_is_removed(visitor: TestClient) -> None:
    visitor.cookies.set("visits", "41", domain="allotments.example", path="/")
    visitor.get("/")
    assert "visits" not in visitor.cookies
    accepted(visitor)
    visitor.get("/")
    assert visitor.cookies["visits"] == "1"


@pytest.mark.parametrize("hostile", ["-1", "9" * 400, "x", "1e3", ""])
def test_a_hostile_count_begins_anew(visitor: TestClient, hostile: str) -> None:
    accepted(visitor)
    visitor.cookies.set("visits", hostile, domain="allotments.example", path="/")
    visitor.get("/")
    assert visitor.cookies["visits"] == "1"


# --- the site --------------------------------------------------------------------------------------------


def test_a_visitor_is_asked_although_no_template_says_so(visitor: TestClient) -> None:
    assert "consent" not in (HERE / "templates" / "home.html").read_text(encoding="utf-8").lower()
    assert 'id="choices"' in visitor.get("/").text
    rejected(visitor)
    assert 'id="choices"' not in visitor.get("/").text


def test_the_cookies_page_says_what_the_site_keeps(visitor: TestClient) -> None:
    page = visitor.get("/cookies").text
    assert all(f"<code>{name}</code>" in page for name in ("session", "csrf_token", "language", "visits"))


def test_the_site_does_not_start_without_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SESSION_SECRET_KEY", SESSION_KEY)
    monkeypatch.delenv("CONSENT_SECRET_KEY", raising=False)
    with pytest.raises(SecretKeyError):
        runpy.run_path(str(HERE / "app.py"))
    monkeypatch.setenv("CONSENT_SECRET_KEY", KEY)
    monkeypatch.delenv("SESSION_SECRET_KEY")
    with pytest.raises(ValueError, match="SESSION_SECRET_KEY"):
        runpy.run_path(str(HERE / "app.py"))
