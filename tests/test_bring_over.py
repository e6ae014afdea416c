"""A site that changes over from another tool asks nobody again who has chosen there."""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from consentkit import ConsentMiddleware, parse_policy
from consentkit.starlette import consent_from

SITE = """
[site]
name = "Tides"
controller = { name = "Harbour Office", contact = "tides@harbour.example" }
[consent]
gpc = ["third-party"]
[categories.analytics]
use = ["matomo"]
[categories.third-party]
use = ["youtube"]
"""
BRING = """
[bring_over.klaro]
count = "analytics"
film = "third-party"
"""
CHOSEN = quote(json.dumps({"count": True, "film": False}))
FILM = '<iframe src="https://www.youtube.com/embed/x"></iframe>'


def client(secret_key: str, toml: str = SITE + BRING, **options: Any) -> TestClient:  # noqa: ANN401
    async def page(_request: Request) -> Response:
        return HTMLResponse("<!doctype html><html><head></head><body>" + FILM)

    async def own(request: Request) -> Response:
        return HTMLResponse(f"<p>{consent_from(request).allows('analytics')}")

    async def api(request: Request) -> Response:
        return JSONResponse(consent_from(request).allows("analytics"))

    consent = Middleware(ConsentMiddleware, policy=parse_policy(toml), secret_key=secret_key, **options)
    app = Starlette(routes=[Route("/", page), Route("/own", own), Route("/api", api)], middleware=[consent])
    return TestClient(app, base_url="https://tides.example")


def test_who_has_chosen_there_is_not_asked_here_and_the_old_cookie_goes(
    secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = client(secret_key)
    with caplog.at_level(logging.INFO, "consentkit"):
        first = visitor.get("/", headers={"Cookie": f"klaro={CHOSEN}"})
    second = visitor.get("/")

    for page in (first, second):
        assert 'id="choices"' not in page.text
    assert "__Host-consent" in visitor.cookies
    assert any(line.startswith("klaro=;") for line in first.headers.get_list("set-cookie"))
    assert "no-store" in first.headers["cache-control"]
    assert "set-cookie" not in second.headers
    assert "Choices saved (import); allowed: analytics" in caplog.text
    assert visitor.get("/cookies/state").json()["choices"]["analytics"] == "granted"


def test_it_is_off_unless_the_site_says_what_means_what(secret_key: str) -> None:
    page = client(secret_key, SITE).get("/", headers={"Cookie": f"klaro={CHOSEN}"})

    assert 'id="choices"' in page.text
    assert "set-cookie" not in page.headers


def test_a_choice_made_here_wins(secret_key: str) -> None:
    visitor = client(secret_key)
    visitor.post("/cookies", json={"decision": "deny-all"}, headers={"Origin": "https://tides.example"})
    visitor.cookies.set("klaro", CHOSEN)

    assert visitor.get("/cookies/state").json()["allowed"] == ["essential"]


def test_code_that_asks_before_any_page_hears_it_and_the_cookie_waits_for_a_page(secret_key: str) -> None:
    answer = client(secret_key).get("/api", headers={"Cookie": f"klaro={CHOSEN}"})

    assert answer.json() is True
    assert "set-cookie" not in answer.headers
    assert "private" in answer.headers["cache-control"]


def test_a_site_that_draws_its_pages_itself_saves_it_with_the_next_page(secret_key: str) -> None:
    visitor = client(secret_key, gate_html=False, inject_banner=False)
    page = visitor.get("/own", headers={"Cookie": f"klaro={CHOSEN}"})

    assert page.text == "<p>True"
    assert "__Host-consent" in visitor.cookies
    assert any(line.startswith("klaro=;") for line in page.headers.get_list("set-cookie"))


#
def test_the_signal_stands_against_a_grant_that_was_given_elsewhere(secret_key: str) -> None:
    cookie = quote(json.dumps({"count": True, "film": True}))
    headers = {"Cookie": f"klaro={cookie}", "Sec-GPC": "1"}

    assert client(secret_key).get("/cookies/state", headers=headers).json()["allowed"] == [
        "analytics", "essential", "matomo",
    ]  # fmt: skip


#
def test_a_page_for_everybody_stays_one_and_the_state_brings_it_over(secret_key: str) -> None:
    visitor = client(secret_key, cache="shared")
    page = visitor.get("/", headers={"Cookie": f"klaro={CHOSEN}"})
    state = visitor.get("/cookies/state", headers={"Cookie": f"klaro={CHOSEN}"})

    assert "set-cookie" not in page.headers
    assert "analytics" in state.json()["allowed"]
    assert {"__Host-consent", "__Host-consent-shown"} <= set(visitor.cookies)


#
@pytest.mark.parametrize("value", ["", "x", "%7B", "[]", '"' * 5_000, "\xff"])
def test_nonsense_in_the_old_cookie_means_that_the_visitor_is_asked(secret_key: str, value: str) -> None:
    headers = [(b"cookie", b"klaro=" + value.encode("latin-1"))]
    page = client(secret_key).get("/", headers=headers)

    assert page.status_code == 200
    assert 'id="choices"' in page.text


def test_the_old_cookie_is_not_reported_as_undeclared(
    secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "consentkit"):
        client(secret_key, undeclared="strict").get("/", headers={"Cookie": f"klaro={CHOSEN}"})

    assert "klaro" not in caplog.text
