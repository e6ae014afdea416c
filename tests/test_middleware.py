"""What passes through, and what must pass as it came: the middleware at the level of ASGI messages."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from consentkit import ConsentMiddleware, Policy
from consentkit.starlette import consent_from, save_consent

Exchange = Callable[..., list[Message]]
Declare = Callable[..., Policy]


async def run(call: Awaitable[None]) -> None:
    await call


TRANSPARENT: list[Message] = [
    {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"X-Mixed", b"Case"), (b"set-cookie", b"a=1")],
    },
    {"type": "http.response.start", "status": 200, "headers": ((b"a", b"b"),)},
    {"type": "http.response.start", "status": 204},
    {"type": "http.response.start", "status": 200, "headers": [], "trailers": True},
    {"type": "http.response.body", "body": b"<html>", "more_body": True},
    {"type": "http.response.trailers", "headers": [(b"set-cookie", b"a=1")], "more_trailers": False},
    {"type": "http.response.pathsend", "path": "/file"},
    {"type": "http.response.zerocopysend", "file": 3},
    {"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]},
    {"type": "http.response.push", "path": "/a.css", "headers": []},
    {"type": "something.else.entirely", "headers": [(b"a", b"b")]},
]


@pytest.mark.parametrize("message", TRANSPARENT, ids=lambda message: str(message["type"]))
def test_a_page_that_does_not_ask_leaves_as_the_same_object(
    policy: Policy, secret_key: str, exchange: Exchange, message: Message
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(message)

    before = dict(message)
    planted = [(b"cookie", b"consent=1.forged.value"), (b"sec-gpc", b"1")]
    sent = exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key), headers=planted)

    assert len(sent) == 1
    assert sent[0] is message
    assert message == before


def test_headers_that_can_be_read_once_leave_with_the_response(
    policy: Policy, secret_key: str, exchange: Exchange
) -> None:
    headers = iter([(b"a", b"b")])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    (start,) = exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key))

    assert list(start["headers"]) == [(b"a", b"b")]


# Also where no page is looked into, and nothing but the start is.
def test_headers_that_can_be_read_once_are_read_once(
    policy: Policy, secret_key: str, exchange: Exchange
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/asks":
            consent_from(Request(scope))
        await send({"type": "http.response.start", "status": 200, "headers": iter([(b"a", b"b")])})

    wrapped = ConsentMiddleware(
        app, policy=policy, secret_key=secret_key, gate_html=False, inject_banner=False
    )

    assert list(exchange(wrapped)[0]["headers"]) == [(b"a", b"b")]
    assert list(exchange(wrapped, "/asks")[0]["headers"]) == [
        (b"a", b"b"), (b"vary", b"Cookie, Sec-GPC"), (b"cache-control", b"private"),
    ]  # fmt: skip


def test_an_application_s_message_and_headers_are_never_written_to(
    policy: Policy, secret_key: str, exchange: Exchange
) -> None:
    headers = [(b"a", b"b")]
    start: Message = {"type": "http.response.start", "status": 200, "headers": headers}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        consent_from(Request(scope))
        await send(start)

    wrapped = ConsentMiddleware(
        app, policy=policy, secret_key=secret_key, gate_html=False, inject_banner=False
    )
    first, second = (exchange(wrapped)[0] for _ in range(2))

    assert first == second
    assert first is not start
    assert (start["headers"], headers) == (headers, [(b"a", b"b")])


def test_what_is_sent_may_be_awaited_later_and_by_a_task(
    policy: Policy, secret_key: str, exchange: Exchange
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        consent_from(Request(scope))
        start = send({"type": "http.response.start", "status": 200, "headers": []})
        await start
        async with asyncio.TaskGroup() as group:
            group.create_task(run(send({"type": "http.response.body", "body": b"a"})))

    start, body = exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key))

    assert (b"cache-control", b"private") in start["headers"]
    assert body == {"type": "http.response.body", "body": b"a"}


#
def test_a_cookie_is_not_verified_for_a_page_that_does_not_ask_and_is_for_one_that_does(
    policy: Policy, secret_key: str, exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/asks":
            assert not consent_from(Request(scope)).allows("analytics")
        await send({"type": "http.response.start", "status": 200, "headers": []})

    wrapped = ConsentMiddleware(app, policy=policy, secret_key=secret_key)
    forged = [(b"cookie", b"consent=1.forged.value")]

    exchange(wrapped, "/silent", headers=forged)
    assert caplog.records == []

    exchange(wrapped, "/asks", headers=forged)
    assert ["cookie was ignored" in record.getMessage() for record in caplog.records] == [True]
    assert "forged" not in caplog.text


def test_messages_other_than_the_start_are_not_touched_when_the_page_asks(
    policy: Policy, secret_key: str, exchange: Exchange
) -> None:
    start: Message = {"type": "http.response.start", "status": 200, "headers": [], "trailers": True}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        consent_from(Request(scope))
        for message in [*TRANSPARENT[4:], start]:
            await send(message)

    sent = exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key))

    assert all(there is here for there, here in zip(TRANSPARENT[4:], sent, strict=False))
    assert sent[-1] is not start
    assert {**sent[-1], "headers": []} == start


def odd_headers() -> Iterator[tuple[bytes, bytes]]:
    yield (b"X-Site", b"1")
    yield (b"VARY", b"accept-ENCODING")
    yield (b"cache-CONTROL", b"Max-Age=60")


@pytest.mark.parametrize(
    "headers",
    [tuple(odd_headers()), list(odd_headers()), [list(pair) for pair in odd_headers()], odd_headers],
    ids=["tuple", "list", "lists in a list", "iterator"],
)
def test_headers_of_any_kind_and_case_are_merged(
    policy: Policy, secret_key: str, exchange: Exchange, headers: object
) -> None:
    given = headers() if callable(headers) else headers

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        consent_from(Request(scope))
        await send({"type": "http.response.start", "status": 200, "headers": given})

    sent = exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key))

    assert [tuple(pair) for pair in sent[0]["headers"]] == [
        (b"X-Site", b"1"),
        (b"vary", b"accept-ENCODING, Cookie, Sec-GPC"),
        (b"cache-control", b"private, Max-Age=60"),
    ]


@pytest.mark.parametrize("start", [{}, {"headers": None}, {"headers": []}])
def test_a_start_without_headers_gets_them_when_the_page_asks(
    policy: Policy, secret_key: str, exchange: Exchange, start: Message
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        consent_from(Request(scope))
        await send({"type": "http.response.start", "status": 204, **start})

    sent = exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key))

    assert sent[0]["headers"] == [(b"vary", b"Cookie, Sec-GPC"), (b"cache-control", b"private")]


def test_a_response_object_shared_between_visitors_never_hands_one_the_cookie_of_the_other(
    policy: Policy, secret_key: str
) -> None:
    shared = PlainTextResponse("thank you")

    async def grant(request: Request) -> Response:
        await save_consent(request, consent_from(request).grant("analytics"))
        return shared

    async def look(request: Request) -> Response:
        return shared

    app = Starlette(
        routes=[Route("/grant", grant), Route("/look", look)],
        middleware=[Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)],
    )
    before = list(shared.raw_headers)
    first, second, third = (TestClient(app).get(path) for path in ("/grant", "/grant", "/look"))

    assert len(first.headers.get_list("set-cookie")) == 1
    assert len(second.headers.get_list("set-cookie")) == 1
    assert "set-cookie" not in third.headers
    assert "vary" not in third.headers
    assert shared.raw_headers == before


def test_lifespan_reaches_the_application(policy: Policy, secret_key: str) -> None:
    happened = []

    @asynccontextmanager
    async def lifespan(app: Starlette):  # type: ignore[no-untyped-def]  # noqa: ANN202 - Starlette's own signature
        happened.append("up")
        yield
        happened.append("down")

    with TestClient(ConsentMiddleware(Starlette(lifespan=lifespan), policy=policy, secret_key=secret_key)):
        assert happened == ["up"]
    assert happened == ["up", "down"]


def test_a_scope_of_unknown_type_reaches_the_application_as_it_is(
    policy: Policy, secret_key: str, exchange: Exchange
) -> None:
    seen: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope)

    exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key), "/cookies", type="telnet")

    assert [scope["type"] for scope in seen] == ["telnet"]
    assert "consentkit" not in seen[0]


def test_the_server_s_own_scope_is_not_written_to(policy: Policy, secret_key: str) -> None:
    scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": []}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert "consentkit" in scope

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        raise AssertionError

    asyncio.run(run(ConsentMiddleware(app, policy=policy, secret_key=secret_key)(scope, receive, send)))
    assert "consentkit" not in scope


class OfTheApplicationError(Exception):
    pass


@pytest.mark.parametrize("started", [False, True])
def test_an_exception_of_the_application_passes_and_nothing_more_is_sent(
    policy: Policy, secret_key: str, exchange: Exchange, started: bool
) -> None:
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if started:
            await send({"type": "http.response.start", "status": 200})
            sent.append({"type": "http.response.start"})
        raise OfTheApplicationError

    with pytest.raises(OfTheApplicationError):
        exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key))
    assert len(sent) == started


def test_a_server_that_refuses_to_send_is_heard_by_the_application(policy: Policy, secret_key: str) -> None:
    heard = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        consent_from(Request(scope))
        try:
            await send({"type": "http.response.start", "status": 200})
        except OSError as error:
            heard.append(error)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def gone(message: Message) -> None:
        raise ConnectionResetError

    scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    asyncio.run(run(ConsentMiddleware(app, policy=policy, secret_key=secret_key)(scope, receive, gone)))
    assert [type(error) for error in heard] == [ConnectionResetError]


def test_installed_twice_it_works_once_and_says_so_once(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def page(request: Request) -> Response:
        await save_consent(request, consent_from(request).grant("analytics"))
        return PlainTextResponse("")

    twice = [Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)] * 2
    client = TestClient(Starlette(routes=[Route("/", page)], middleware=twice))
    answers = [client.get("/"), client.get("/")]

    assert [len(answer.headers.get_list("set-cookie")) for answer in answers] == [1, 1]
    assert [answer.headers["vary"] for answer in answers] == ["Cookie, Sec-GPC"] * 2
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "installed twice" in warnings[0]


def test_installed_once_it_says_nothing(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = Starlette(middleware=[Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)])

    TestClient(app).get("/cookies")
    assert caplog.records == []
