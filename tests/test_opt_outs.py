"""Accounts that have opted out by the signal: the site remembers them, and consentkit asks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import Scope
from starlette.websockets import WebSocket

from consentkit import ConsentMiddleware, OptOuts, Policy
from consentkit.opt_outs import KnownVisitors
from consentkit.policy.digest import notice
from consentkit.starlette import consent_from
from consentkit.testing import consent_cookies

Declare = Callable[..., Policy]

ORIGIN = "https://tides.example"
GPC = {"Sec-GPC": "1"}
VIDEO = '<iframe src="https://video.example/1" title="A film"></iframe>'
LIVE = '<iframe src="https://video.example/'


class Accounts:
    """A site that knows who is signed in by a cookie, and writes down what it is asked."""

    def __init__(self) -> None:
        self.opted_out: set[str] = set()
        self.asked: list[str] = []
        self.broken = False

    async def has_opted_out(self, scope: Scope) -> bool:
        self.note("asked", scope)
        return account(scope) in self.opted_out

    async def opt_out(self, scope: Scope) -> None:
        self.note("told", scope)
        name = account(scope)
        if name is not None:
            self.opted_out.add(name)

    def note(self, what: str, scope: Scope) -> None:
        self.asked.append(f"{what} {scope['path']}")
        if self.broken:
            raise ConnectionError("postgres://user:secret@db")


def account(scope: Scope) -> str | None:
    return Request({**scope, "type": "http"}).cookies.get("account")


async def page(_request: Request) -> Response:
    response = HTMLResponse(f"<!doctype html><html><body><h1>T</h1>{VIDEO}</body></html>")
    response.set_cookie("_v", "1")
    return response


async def api(request: Request) -> Response:
    consent = consent_from(request)
    return JSONResponse({"video": consent.allows("video"), "counter": consent.allows("counter")})


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_json(consent_from(socket).allows("video"))
    await socket.close()


def browser(policy: Policy, key: str, accounts: OptOuts | None, signed_in: str | None) -> TestClient:
    """Return a browser of somebody who has accepted everything there."""
    ours = Middleware(ConsentMiddleware, policy=policy, secret_key=key, opt_outs=accounts)
    routes = [Route("/", page), Route("/api", api), WebSocketRoute("/talk", talk)]
    client = TestClient(Starlette(routes=routes, middleware=[ours]), base_url=ORIGIN)
    value = consent_cookies(policy, key, granted=["analytics", "third-party"])["__Host-consent"]
    client.cookies.set("__Host-consent", value, domain="tides.example", path="/")
    if signed_in is not None:
        client.cookies.set("account", signed_in, domain="tides.example", path="/")
    return client


@pytest.fixture
def accounts() -> Accounts:
    return Accounts()


def allowed(client: TestClient, **headers: str) -> bool:
    return bool(client.get("/api", headers=headers).json()["video"])


#
def test_who_sent_the_signal_while_signed_in_has_opted_out_wherever_they_sign_in(
    policy: Policy, secret_key: str, accounts: Accounts
) -> None:
    first = browser(policy, secret_key, accounts, "ann")
    other = browser(policy, secret_key, accounts, "ann")
    assert allowed(first)

    assert not allowed(first, **GPC)
    assert not allowed(first)
    assert not allowed(other)
    assert other.get("/api").json()["counter"] is True, "the signal speaks for its categories alone"


#
def test_nobody_else_has_and_signed_out_the_browser_decides_again(
    policy: Policy, secret_key: str, accounts: Accounts
) -> None:
    signed_in = browser(policy, secret_key, accounts, "ann")
    allowed(signed_in, **GPC)
    signed_in.cookies.delete("account")

    assert allowed(signed_in)
    assert allowed(browser(policy, secret_key, accounts, None))
    assert allowed(browser(policy, secret_key, accounts, "bob"))


#
def test_without_an_account_the_signal_is_remembered_for_nobody(
    policy: Policy, secret_key: str, accounts: Accounts
) -> None:
    assert not allowed(browser(policy, secret_key, accounts, None), **GPC)
    assert accounts.opted_out == set()


#
def test_pages_cookies_and_the_status_follow(policy: Policy, secret_key: str, accounts: Accounts) -> None:
    accounts.opted_out.add("ann")
    ann, bob = (browser(policy, secret_key, accounts, name) for name in ("ann", "bob"))

    hers, his = ann.get("/"), bob.get("/")
    assert LIVE not in hers.text
    assert "Global Privacy Control: honoured" in hers.text
    assert "_v=1" not in hers.headers.get("set-cookie", "")
    assert LIVE in his.text
    assert "_v=1" in his.headers["set-cookie"]
    assert ann.get("/cookies/state").json()["gpc"] is True
    assert "so these are refused" in ann.get("/cookies").text
    with ann.websocket_connect("/talk") as socket:
        assert socket.receive_json() is False


#
def test_who_accepts_by_name_all_the_same_is_heard_in_that_browser(
    policy: Policy, secret_key: str, accounts: Accounts
) -> None:
    accounts.opted_out.add("ann")
    here, there = (browser(policy, secret_key, accounts, "ann") for _ in range(2))
    form = {"decision": "save", "choice.third-party": "granted", "notice": notice(policy)}
    here.post("/cookies", data=form, headers={"Origin": ORIGIN})

    assert allowed(here)
    assert not allowed(there)


#
@pytest.mark.parametrize("name", ["ann", "bob"])
def test_a_page_by_template_that_depends_on_the_account_is_private(
    policy: Policy, secret_key: str, accounts: Accounts, name: str
) -> None:
    accounts.opted_out.add("ann")
    answer = browser(policy, secret_key, accounts, name).get("/")

    assert answer.headers["cache-control"] == "private"
    assert answer.headers["vary"] == "Cookie, Sec-GPC"


# --- when the site is asked


#
@pytest.mark.parametrize(
    "case",
    [
        ("/", {}, ["asked /"]),
        ("/", GPC, ["told /"]),
        ("/", {"Sec-GPC": "0"}, ["asked /"]),
        ("/api", {}, ["asked /api"]),
        ("/cookies", {}, ["asked /cookies"]),
        ("/cookies/state", GPC, ["told /cookies/state"]),
        ("/.well-known/gpc.json", GPC, []),
    ],
)
def test_it_is_asked_once_for_each_request_that_may_depend_on_it(
    policy: Policy, secret_key: str, accounts: Accounts, case: tuple[str, dict[str, str], list[str]]
) -> None:
    path, headers, asked = case
    browser(policy, secret_key, accounts, "ann").get(path, headers=headers)

    assert accounts.asked == asked


def test_the_stylesheet_asks_nobody(policy: Policy, secret_key: str, accounts: Accounts) -> None:
    client = browser(policy, secret_key, accounts, "ann")
    address = client.get("/cookies").text.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    accounts.asked.clear()

    assert client.get(address, headers=GPC).status_code == 200
    assert accounts.asked == []


# P6
def test_where_no_category_heeds_the_signal_it_is_never_asked_and_that_is_said(
    declare: Declare, secret_key: str, accounts: Accounts, caplog: pytest.LogCaptureFixture
) -> None:
    client = browser(declare(gpc=()), secret_key, accounts, "ann")
    client.get("/", headers=GPC)

    assert accounts.asked == []
    assert "opt_outs is never asked" in caplog.text


def test_it_gets_the_request_as_it_came(policy: Policy, secret_key: str) -> None:
    seen: list[str] = []

    class Reading(Accounts):
        async def has_opted_out(self, scope: Scope) -> bool:
            seen.extend(Request(scope).cookies)
            return False

    client = browser(policy, secret_key, Reading(), "ann")
    client.cookies.clear()
    client.get("/api", headers={"Cookie": "account=ann; _ct=1"})

    assert seen == ["account", "_ct"]


# --- when it fails


#
@pytest.mark.parametrize("headers", [{}, GPC])
def test_an_error_counts_as_an_opt_out_and_the_page_comes(
    policy: Policy,
    secret_key: str,
    accounts: Accounts,
    caplog: pytest.LogCaptureFixture,
    headers: dict[str, str],
) -> None:
    client = browser(policy, secret_key, accounts, "bob")
    accounts.broken = True
    answers = [client.get("/", headers=headers) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert not any(LIVE in answer.text for answer in answers)
    assert client.get("/api", headers=headers).json() == {"video": False, "counter": True}
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert sum("opt_outs failed (ConnectionError)" in warning for warning in warnings) == 1
    assert "secret" not in caplog.text


#
def test_when_it_works_again_it_is_believed_and_the_next_failure_is_told_again(
    policy: Policy, secret_key: str, accounts: Accounts, caplog: pytest.LogCaptureFixture
) -> None:
    client = browser(policy, secret_key, accounts, "bob")
    seen = []
    for accounts.broken in (True, False, True):
        seen.append(allowed(client))

    assert seen == [False, True, False]
    assert caplog.text.count("opt_outs failed") == 2


#
@pytest.mark.anyio
async def test_what_is_neither_yes_nor_no_is_taken_by_its_truth() -> None:
    class Odd:
        async def has_opted_out(self, scope: Scope) -> Any:  # noqa: ANN401 - whatever a site returns
            return scope["said"]

        async def opt_out(self, scope: Scope) -> None:
            raise AssertionError(scope)

    known = KnownVisitors(Odd())
    said = [await known.opted_out({"said": answer}, signalled=False) for answer in (None, 0, 1, "yes")]

    assert said == [False, False, True, True]
