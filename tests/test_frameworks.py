"""Applications of different make behave the same behind the middleware, and none of them has to know of it.

Each builder makes the same small site: a page with a film that sets two cookies, an echo of the cookies it
was sent, an upload, a stream and a WebSocket.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, BackgroundTasks, Cookie, FastAPI
from fastapi import Request as FastAPIRequest
from fastapi import Response as FastAPIResponse
from fastapi import WebSocket as FastAPIWebSocket
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from consentkit import ConsentMiddleware, Policy
from consentkit.testing import consent_cookies

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
PAGE = (
    '<!doctype html><html><body><h1>Tides</h1><iframe src="https://video.example/1"></iframe></body></html>'
)
LIVE = ' src="https://video.example/1"'
COOKIES = ("session=1; Path=/; HttpOnly", "_ct=1; Path=/; HttpOnly")


async def pieces() -> AsyncIterator[str]:
    for piece in (PAGE[:60], PAGE[60:90], PAGE[90:]):
        yield piece


# --- Starlette ----------------------------------------------------------------------------------------------


def starlette_app() -> ASGIApp:
    async def page(request: Request) -> Response:
        response = HTMLResponse(PAGE)
        for cookie in COOKIES:
            response.headers.append("set-cookie", cookie)
        return response

    async def read(request: Request) -> Response:
        return PlainTextResponse(" ".join(sorted(request.cookies)))

    async def upload(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    async def stream(request: Request) -> Response:
        return StreamingResponse(pieces(), media_type="text/html")

    async def live(socket: WebSocket) -> None:
        await socket.accept(headers=[(b"set-cookie", cookie.encode()) for cookie in COOKIES])
        await socket.send_text(" ".join(sorted(socket.cookies)))
        await socket.close()

    return Starlette(
        routes=[
            Route("/", page),
            Route("/read", read),
            Route("/upload", upload, methods=["POST"]),
            Route("/stream", stream),
            WebSocketRoute("/live", live),
        ]
    )


def starlette_in_a_mount() -> ASGIApp:
    return Starlette(routes=[Mount("/", app=starlette_app())])


def starlette_behind_its_base_class() -> ASGIApp:
    class Timing(BaseHTTPMiddleware):
        async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
            response = await call_next(request)
            response.headers["server-timing"] = "app;dur=1"
            return response

    return Timing(starlette_app())


# --- FastAPI ------------------------------------------------------------------------------------------------


def fastapi_app() -> ASGIApp:
    app, router = FastAPI(), APIRouter()

    @router.get("/", response_class=HTMLResponse)
    def page(response: FastAPIResponse, after: BackgroundTasks) -> str:
        response.set_cookie("session", "1", httponly=True)
        response.set_cookie("_ct", "1", httponly=True)
        after.add_task(list)
        return PAGE

    @router.get("/read")
    async def read(
        request: FastAPIRequest, ct: Annotated[str | None, Cookie(alias="_ct")] = None
    ) -> FastAPIResponse:
        assert (ct is not None) == ("_ct" in request.cookies)
        return PlainTextResponse(" ".join(sorted(request.cookies)))

    @router.post("/upload")
    async def upload(request: FastAPIRequest) -> FastAPIResponse:
        return PlainTextResponse(str(len(await request.body())))

    @router.get("/stream")
    async def stream() -> StreamingResponse:
        return StreamingResponse(pieces(), media_type="text/html")

    @router.websocket("/live")
    async def live(socket: FastAPIWebSocket) -> None:
        await socket.accept(headers=[(b"set-cookie", cookie.encode()) for cookie in COOKIES])
        await socket.send_text(" ".join(sorted(socket.cookies)))
        await socket.close()

    app.include_router(router)
    return app


# --- no framework at all ------------------------------------------------------------------------------------


def cookie_names(scope: Scope) -> bytes:
    lines = b"; ".join(value for key, value in scope["headers"] if key == b"cookie")
    return b" ".join(sorted(pair.partition(b"=")[0].strip() for pair in lines.split(b";") if pair.strip()))


async def plain_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as a framework that is strict about nothing: mixed case, tuples, several bodies."""
    cookies = tuple((b"Set-Cookie", cookie.encode()) for cookie in COOKIES)
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept", "headers": cookies})
        await send({"type": "websocket.send", "text": cookie_names(scope).decode()})
        await send({"type": "websocket.close"})
        return
    size, more = 0, True
    while more:
        event = await receive()
        size, more = size + len(event.get("body", b"")), event.get("more_body", False)
    bodies = {
        "/": [PAGE.encode()],
        "/stream": [PAGE[:60].encode(), PAGE[60:].encode()],
        "/read": [cookie_names(scope)],
        "/upload": [str(size).encode()],
    }[scope["path"]]
    kind = b"text/html" if b"<" in b"".join(bodies) else b"text/plain"
    start: Message = {"type": "http.response.start", "status": 200}
    start["headers"] = ((b"Content-Type", kind), *(cookies if scope["path"] == "/" else ()))
    await send(start)
    for body in bodies:
        await send({"type": "http.response.body", "body": body, "more_body": True})
    await send({"type": "http.response.body"})


BUILDERS: list[Callable[[], ASGIApp]] = [
    starlette_app,
    starlette_in_a_mount,
    starlette_behind_its_base_class,
    fastapi_app,
    lambda: plain_app,
]


@pytest.fixture(params=BUILDERS, ids=["starlette", "mount", "base-class", "fastapi", "asgi"])
def app(request: pytest.FixtureRequest, policy: Policy, secret_key: str) -> ASGIApp:
    return ConsentMiddleware(request.param(), policy=policy, secret_key=secret_key)


@pytest.fixture
def new_visitor(app: ASGIApp) -> TestClient:
    return TestClient(app, base_url="https://tides.example")


@pytest.fixture
def granting(app: ASGIApp, policy: Policy, secret_key: str) -> TestClient:
    everything = consent_cookies(policy, secret_key, granted=["analytics", "third-party"])
    return TestClient(app, base_url="https://tides.example", cookies=everything)


#
def test_only_the_essential_cookie_is_set_before_consent(new_visitor: TestClient) -> None:
    answer = new_visitor.get("/")
    assert [line.partition("=")[0] for line in answer.headers.get_list("set-cookie")] == ["session"]


#
@pytest.mark.parametrize("path", ["/", "/stream"])
def test_the_film_is_closed_and_the_visitor_is_asked(new_visitor: TestClient, path: str) -> None:
    text = new_visitor.get(path).text
    assert "<h1>Tides</h1>" in text
    assert LIVE not in text
    assert 'id="choices"' in text


#
def test_with_consent_everything_passes(granting: TestClient) -> None:
    answer = granting.get("/")
    assert [line.partition("=")[0] for line in answer.headers.get_list("set-cookie")] == ["session", "_ct"]
    assert LIVE in answer.text
    assert LIVE in granting.get("/stream").text
    assert 'id="choices"' not in answer.text


#
def test_what_was_denied_is_not_read(new_visitor: TestClient, granting: TestClient) -> None:
    for client in (new_visitor, granting):
        for name in ("session", "_ct", "of-nobody"):
            client.cookies.set(name, "1", domain="tides.example", path="/")
    assert "_ct" in granting.get("/read").text.split()
    names = new_visitor.get("/read").text.split()
    assert "_ct" not in names
    assert {"session", "of-nobody"} <= set(names)


def test_a_request_with_a_body_arrives_whole(new_visitor: TestClient) -> None:
    assert new_visitor.post("/upload", content=b"x" * 300_000).text == "300000"


def cookies_of(session: Any) -> list[bytes]:  # noqa: ANN401 - Starlette declares no headers there
    return [value for key, value in session.extra_headers if key.lower() == b"set-cookie"]


#
def test_a_websocket_is_treated_as_a_page(new_visitor: TestClient, granting: TestClient) -> None:
    for client, names in ((new_visitor, [b"session"]), (granting, [b"session", b"_ct"])):
        client.cookies.set("_ct", "1", domain="tides.example", path="/")
        with client.websocket_connect("wss://tides.example/live") as session:
            lines = [line for line in cookies_of(session) if b"Max-Age=0" not in line]
            assert [line.partition(b"=")[0] for line in lines] == names
            assert ("_ct" in session.receive_text().split()) is (client is granting)


#
def test_choosing_and_withdrawing_need_nothing_from_the_application(new_visitor: TestClient) -> None:
    notice = new_visitor.get("/cookies/state").json()["notice"]
    for decision, present in (("grant-all", True), ("deny-all", False)):
        form = {"decision": decision, "notice": notice}
        answer = new_visitor.post("/cookies", data=form, headers=SAME_ORIGIN, follow_redirects=False)
        assert answer.status_code == 303
        page = new_visitor.get("/")
        assert (LIVE in page.text) is present
        assert ("_ct" in new_visitor.cookies) is present
        assert "session" in new_visitor.cookies
