"""Traps of ASGI and of cookies that no other module's tests hold; ``docs/pitfalls.md`` has their numbers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from consentkit import ConsentMiddleware, Policy
from consentkit.starlette import consent_from, save_consent
from consentkit.testing import consent_cookies

Exchange = Callable[..., list[Message]]
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def starting(*headers: tuple[bytes, bytes], status: int = 200, kind: str = "http.response.start") -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": kind, "status": status, "headers": list(headers)})

    return app


def cookies_of(message: Message) -> list[bytes]:
    return [value for key, value in message["headers"] if key.lower() == b"set-cookie"]


def set_and_kept(message: Message) -> list[bytes]:
    return [value for value in cookies_of(message) if b"Max-Age=0" not in value]


# --- the start of a response ----------------------------------------------------------------------------


def test_a_shared_response_keeps_the_cookie_that_one_visitor_did_not_get(
    policy: Policy, secret_key: str
) -> None:
    shared = PlainTextResponse("not found", 404, headers={"set-cookie": "_ct=1"})

    async def page(request: Request) -> Response:
        return shared

    app = Starlette(
        routes=[Route("/", page)],
        middleware=[Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)],
    )
    before = list(shared.raw_headers)
    granted = TestClient(app, cookies=consent_cookies(policy, secret_key, granted=["analytics"]))
    for _ in range(2):
        assert "set-cookie" not in TestClient(app).get("/").headers
        assert granted.get("/").headers.get_list("set-cookie") == ["_ct=1"]
    assert shared.raw_headers == before


#
def test_cookies_of_one_name_are_judged_one_by_one_and_keep_their_order(
    policy: Policy, secret_key: str, exchange: Exchange
) -> None:
    lines = [b"session=1", b"_ct=1", b"session=2; Path=/a", b"_ct=; Max-Age=0", b"_ct=2", b"session=3"]
    app = starting((b"x-a", b"1"), *((b"set-cookie", line) for line in lines), (b"x-b", b"2"))
    start = exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key))[0]

    assert cookies_of(start) == [lines[0], lines[2], lines[3], lines[5]]
    assert [pair for pair in start["headers"] if pair[0].startswith(b"x-")] == [
        (b"x-a", b"1"),
        (b"x-b", b"2"),
    ]
    assert start["headers"][0] == (b"x-a", b"1")


#
@pytest.mark.parametrize(
    "attributes",
    [
        b"; Max-Age=0",
        b"; max-age=-1; expires=Fri, 01 Jan 2100 00:00:00 GMT",
        b'; expires="Thu, 01 Jan 1970 00:00:00 GMT"; Max-Age=0; Path=/; SameSite=lax',
        b"; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly",
        b"; expires=Thu, 01-Jan-1970 00:00:00 GMT",
        b"; expires=Thu Jan  1 00:00:00 1970",
        b"; Expires=Sunday, 06-Nov-94 08:49:37 GMT",
        b"; Max-Age=1000; MAX-AGE=0",
    ],
)
def test_a_deletion_passes_however_it_is_written(
    policy: Policy, secret_key: str, exchange: Exchange, attributes: bytes
) -> None:
    app = starting((b"set-cookie", b"_ct=" + attributes))
    start = exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key))[0]
    assert cookies_of(start) == [b"_ct=" + attributes]


@pytest.mark.parametrize(
    "attributes",
    [
        b"",
        b"; Max-Age=60; expires=Thu, 01 Jan 1970 00:00:00 GMT",
        b"; expires=whenever",
        b"; Max-Age=soon",
        b"; Max-Age=0; Max-Age=60",
        b"; x-max-age=0",
        b"; Max-Age=" + b"0" * 1_025,
        b"; expires=Fri, 01 Jan 2100 00:00:00 GMT",
    ],
)
def test_what_only_looks_like_a_deletion_does_not_pass(
    policy: Policy, secret_key: str, exchange: Exchange, attributes: bytes
) -> None:
    app = starting((b"set-cookie", b"_ct=1" + attributes))
    start = exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key))[0]
    assert cookies_of(start) == []


def test_wrapped_around_everything_the_cookie_of_a_server_error_is_held_back_too(
    policy: Policy, secret_key: str
) -> None:
    async def fails(request: Request) -> Response:
        raise LookupError

    async def sorry(request: Request, error: Exception) -> Response:
        return PlainTextResponse("sorry", 500, headers={"set-cookie": "_ct=1"})

    inside = Starlette(routes=[Route("/", fails)], exception_handlers={500: sorry})
    whole = ConsentMiddleware(inside, policy=policy, secret_key=secret_key)
    answer = TestClient(whole, raise_server_exceptions=False).get("/")
    assert (answer.status_code, answer.text) == (500, "sorry")
    assert "set-cookie" not in answer.headers


def test_what_is_inside_is_judged_and_what_is_outside_is_not(policy: Policy, secret_key: str) -> None:
    async def page(request: Request) -> Response:
        return PlainTextResponse("", headers={"set-cookie": "_ct=of-the-page"})

    class Outside:
        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            async def tell(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message = {**message, "headers": [*message["headers"], (b"set-cookie", b"_ct=outside")]}
                await send(message)

            await self.app(scope, receive, tell)

    consent = Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)
    mounted = Mount("/in", routes=[Route("/", page)], middleware=[Middleware(Outside)])
    judged = Starlette(routes=[Route("/", page), mounted], middleware=[consent, Middleware(Outside)])
    assert "set-cookie" not in TestClient(judged).get("/").headers
    assert "set-cookie" not in TestClient(judged).get("/in/").headers

    unjudged = Starlette(routes=[Route("/", page)], middleware=[Middleware(Outside), consent])
    assert TestClient(unjudged).get("/").headers.get_list("set-cookie") == ["_ct=outside"]


@pytest.mark.parametrize("status", [200, 204, 205, 301, 303, 304, 404, 500])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_cookie_is_held_back_whatever_the_status_and_the_method(
    policy: Policy, secret_key: str, exchange: Exchange, status: int, method: str
) -> None:
    app = starting((b"set-cookie", b"_ct=1"), (b"set-cookie", b"session=1"), status=status)
    start = exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key), method=method)[0]
    assert cookies_of(start) == [b"session=1"]


def test_a_304_gets_no_cookie_of_ours_and_another_response_to_the_same_visitor_does(
    policy: Policy, secret_key: str, exchange: Exchange
) -> None:
    old = [(b"cookie", b"_ct=from-before"), (b"host", b"tides.example")]
    for status, expected in ((304, False), (200, True)):
        app = ConsentMiddleware(starting(status=status), policy=policy, secret_key=secret_key)
        assert bool(cookies_of(exchange(app, headers=old)[0])) is expected


# --- whom we believe --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-Proto": "https"},
        {"Forwarded": "proto=https"},
        {"X-Forwarded-Ssl": "on"},
        {"Front-End-Https": "on"},
    ],
)
def test_the_scheme_is_what_the_server_says_and_not_what_a_header_says(
    policy: Policy, secret_key: str, headers: dict[str, str]
) -> None:
    app = Starlette(middleware=[Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)])
    client = TestClient(app, base_url="http://tides.example")
    form = {"decision": "deny-all"}
    answer = client.post("/cookies", data=form, headers=SAME_ORIGIN | headers, follow_redirects=False)
    assert answer.headers["set-cookie"].startswith("consent=")
    assert "Secure" not in answer.headers["set-cookie"]


#
def test_our_endpoints_open_nothing_to_other_origins(policy: Policy, secret_key: str) -> None:
    app = Starlette(middleware=[Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)])
    asking = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for method in ("OPTIONS", "GET", "POST"):
        for path in ("/cookies", "/cookies/state"):
            answer = TestClient(app).request(method, path, headers=asking)
            assert [name for name in answer.headers if name.startswith("access-control")] == []
    for origin in ("null", "https://evil.example"):
        answer = TestClient(app).post("/cookies", data={"decision": "deny-all"}, headers={"Origin": origin})
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_nobody_s_address_is_kept_or_logged(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "consentkit")
    app = Starlette(middleware=[Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)])
    client = TestClient(app, client=("203.0.113.9", 4711))
    told = {"X-Forwarded-For": "198.51.100.7", "User-Agent": "of-one-person/1.0"}
    answer = client.post("/cookies", data={"decision": "deny-all"}, headers=SAME_ORIGIN | told)

    ours = "".join(record.getMessage() for record in caplog.records if record.name == "consentkit")
    assert "saved" in ours
    for trace in ("203.0.113", "198.51.100", "of-one-person"):
        assert trace not in ours
        assert trace not in str(answer.history[0].headers if answer.history else answer.headers)


@pytest.mark.parametrize(
    "purpose", [{"Sec-Purpose": "prefetch"}, {"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}]
)
def test_a_page_that_is_fetched_ahead_of_need_decides_nothing(
    policy: Policy, secret_key: str, purpose: dict[str, str]
) -> None:
    app = Starlette(middleware=[Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)])
    for path in ("/cookies", "/cookies?decision=grant-all", "/cookies/state?decision=grant-all"):
        assert "set-cookie" not in TestClient(app).get(path, headers=purpose).headers


# --- scopes, tasks, threads -------------------------------------------------------------------------------


class CopiesTheScope:
    """What some middleware does; a key that is written further in is not seen further out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(dict(scope), receive, send)


class InAnotherTask(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        return await call_next(request)


seen: ContextVar[str] = ContextVar("seen", default="")


@pytest.mark.parametrize("between", [CopiesTheScope, InAnotherTask])
def test_a_choice_made_further_in_arrives_through_copied_scopes_tasks_and_threads(
    policy: Policy,
    secret_key: str,
    between: Any,  # noqa: ANN401 - a middleware class
) -> None:
    def in_a_thread(request: Request) -> Response:
        seen.set("only here")
        asyncio.run(save_consent(request, consent_from(request).grant("analytics")))
        return PlainTextResponse("", headers={"set-cookie": "_ct=1"})

    app = Starlette(
        routes=[Route("/", in_a_thread)],
        middleware=[
            Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key),
            Middleware(between),
            Middleware(SessionMiddleware, secret_key=secret_key),
        ],
    )
    answer = TestClient(app).get("/")
    names = [line.partition("=")[0] for line in answer.headers.get_list("set-cookie")]
    assert names == ["_ct", "consent"]
    assert (answer.headers["vary"], answer.headers["cache-control"]) == ("Cookie, Sec-GPC", "no-store")


#
@pytest.mark.parametrize("kind", ["websocket.accept", "websocket.http.response.start"])
def test_a_websocket_cannot_bring_what_a_page_may_not(
    policy: Policy, secret_key: str, exchange: Exchange, kind: str
) -> None:
    app = starting((b"Set-Cookie", b"_ct=1"), (b"set-cookie", b"session=1"), kind=kind)
    wrapped = ConsentMiddleware(app, policy=policy, secret_key=secret_key)
    start = exchange(wrapped, type="websocket", scheme="wss")[0]
    assert cookies_of(start) == [b"session=1"]

    granted = consent_cookies(policy, secret_key, granted=["analytics"])["__Host-consent"]
    cookie = [(b"cookie", f"__Host-consent={granted}".encode())]
    start = exchange(wrapped, type="websocket", scheme="wss", headers=cookie)[0]
    assert set_and_kept(start) == [b"_ct=1", b"session=1"]


#
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_neither_a_page_nor_a_websocket_reads_what_was_denied(
    policy: Policy, secret_key: str, exchange: Exchange, kind: str
) -> None:
    read: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        read.extend(value for key, value in scope["headers"] if key == b"cookie")

    sent = [
        (b"cookie", b"a=1; _ct=2; =odd;session=3"),
        (b"cookie", b"_ct=4"),
        (b"cookie", b"b=5;_visits_x=6"),
    ]
    exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key), type=kind, headers=sent)
    whole = b"; ".join(read)
    assert b"_ct" not in whole
    assert b"_visits" not in whole
    assert all(part in whole for part in (b"a=1", b"=odd", b"session=3", b"b=5"))
    assert sent[1] == (b"cookie", b"_ct=4")  # the server's own list is as it was


def test_two_tabs_that_answer_at_once_leave_the_last_answer_whole(policy: Policy, secret_key: str) -> None:
    app = Starlette(middleware=[Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)])
    notice = TestClient(app).get("/cookies/state").json()["notice"]

    def answer(decision: str) -> str:
        form = {"decision": decision, "notice": notice}
        got = TestClient(app).post("/cookies", data=form, headers=SAME_ORIGIN, follow_redirects=False)
        return got.headers["set-cookie"].partition(";")[0].partition("=")[2]

    values = {decision: answer(decision) for decision in ("grant-all", "deny-all")}
    for last, allowed in (("grant-all", True), ("deny-all", False)):
        client = TestClient(app, cookies={"consent": values[last]})
        assert ("analytics" in client.get("/cookies/state").json()["allowed"]) is allowed


# --- what a browser does before the page is there --------------------------------------------------------


GATED_LINK = b"<https://video.example/a.js>; rel=preload; as=script"
OWN_LINK = b"</tides.css>; rel=preload; as=style"


#
@pytest.mark.parametrize("several", [list, tuple, iter])
def test_no_header_and_no_early_hint_leads_to_a_gated_host(
    policy: Policy, secret_key: str, exchange: Exchange, several: Callable[[list[bytes]], Iterable[bytes]]
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.early_hint", "links": several([GATED_LINK, OWN_LINK])})
        links = [(b"Link", GATED_LINK + b", " + OWN_LINK), (b"link", GATED_LINK)]
        await send({"type": "http.response.start", "status": 200, "headers": links})

    wrapped = ConsentMiddleware(app, policy=policy, secret_key=secret_key)

    def links_of(messages: list[Message]) -> list[bytes]:
        hints = [link for message in messages for link in message.get("links", ())]
        return [
            *hints,
            *(value for m in messages for key, value in m.get("headers", ()) if key.lower() == b"link"),
        ]

    assert links_of(exchange(wrapped)) == [OWN_LINK, OWN_LINK]
    granted = consent_cookies(policy, secret_key, granted=["third-party"])["consent"]
    passed = links_of(exchange(wrapped, headers=[(b"cookie", f"consent={granted}".encode())]))
    assert b"".join(passed).count(GATED_LINK) == 3
