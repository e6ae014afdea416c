"""Traps of rewriting pages on their way out; ``docs/pitfalls.md`` has their numbers."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from consentkit import ConsentMiddleware, Policy
from consentkit.testing import consent_cookies

Exchange = Callable[..., list[Message]]

FRAME = '<iframe src="https://video.example/1" title="A film"></iframe>'
PAGE = f"<!doctype html><html><head><title>Tides</title></head><body><p>High at six.</p>{FRAME}</body></html>"
LIVE = b' src="https://video.example/1"'
HTML = (b"content-type", b"text/html; charset=utf-8")
NAVIGATION = {"Sec-Fetch-Dest": "document", "Accept": "text/html,*/*"}


def sending(*bodies: bytes, status: int = 200, headers: Iterable[tuple[bytes, bytes]] = (HTML,)) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        for number, body in enumerate(bodies, 1):
            await send({"type": "http.response.body", "body": body, "more_body": number < len(bodies)})

    return app


def site(policy: Policy, key: str, response: Callable[[], Response], *outside: Middleware) -> TestClient:
    async def page(request: Request) -> Response:
        return response()

    consent = Middleware(ConsentMiddleware, policy=policy, secret_key=key)
    return TestClient(Starlette(routes=[Route("/", page)], middleware=[*outside, consent]))


def header(message: Message, name: bytes) -> list[bytes]:
    return [value for key, value in message["headers"] if key.lower() == name]


def body_of(messages: list[Message]) -> bytes:
    return b"".join(message.get("body", b"") for message in messages[1:])


#
def test_a_page_is_gated_and_this_is_the_page_that_the_others_here_are_measured_against(
    policy: Policy, secret_key: str, exchange: Exchange
) -> None:
    sent = exchange(ConsentMiddleware(sending(PAGE.encode()), policy=policy, secret_key=secret_key))
    assert LIVE not in body_of(sent)
    assert b'id="choices"' in body_of(sent)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, [(b"content-type", b"application/json")]),
        (200, [(b"content-type", b"text/plain; charset=utf-8")]),
        (200, [(b"content-type", b"text/event-stream")]),
        (200, [(b"content-type", b"text/htmlish")]),
        (200, []),
        (206, [HTML, (b"content-range", b"bytes 0-99/200")]),
        (206, [(b"content-type", b"multipart/byteranges; boundary=x")]),
        (304, [HTML, (b"etag", b'"a"')]),
        (200, [HTML, (b"content-encoding", b"br")]),
    ],
)
def test_what_is_no_whole_readable_page_leaves_as_it_came(
    policy: Policy, secret_key: str, exchange: Exchange, status: int, headers: list[tuple[bytes, bytes]]
) -> None:
    body = PAGE.encode()
    app = sending(body[:50], body[50:], status=status, headers=headers)
    sent = exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key))
    assert sent[0]["headers"] == headers
    assert [message["body"] for message in sent[1:]] == [body[:50], body[50:]]


# --- lengths, validators, ranges ----------------------------------------------------------------------------


@pytest.mark.parametrize("pieces", [1, 3])
def test_a_promised_length_is_the_true_one_or_none(
    policy: Policy, secret_key: str, exchange: Exchange, pieces: int
) -> None:
    body = PAGE.encode()
    step = -(-len(body) // pieces)
    chunks = [body[at : at + step] for at in range(0, len(body), step)]
    app = sending(*chunks, headers=[HTML, (b"Content-Length", str(len(body)).encode())])
    sent = exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key))
    assert header(sent[0], b"content-length") in ([], [str(len(body_of(sent))).encode()])
    assert len(body_of(sent)) != len(body)


@pytest.mark.parametrize("body", [b"", PAGE.encode()])
def test_a_head_promises_no_length_that_the_get_would_not_have(
    policy: Policy, secret_key: str, exchange: Exchange, body: bytes
) -> None:
    app = sending(body, headers=[HTML, (b"content-length", str(len(PAGE)).encode())])
    wrapped = ConsentMiddleware(app, policy=policy, secret_key=secret_key)
    head = exchange(wrapped, method="HEAD")
    get = exchange(wrapped)
    assert header(head[0], b"content-length") in ([], header(get[0], b"content-length"))
    if body:
        other = {b"vary", b"cache-control", b"content-type"}
        assert all(header(head[0], name) == header(get[0], name) for name in other)


#
def test_no_304_confirms_a_page_that_was_made_for_another_answer(policy: Policy, secret_key: str) -> None:
    def response() -> Response:
        return HTMLResponse(PAGE, headers={"etag": '"v1"', "last-modified": "Mon, 01 Jun 2026 10:00:00 GMT"})

    async def page(request: Request) -> Response:
        if request.headers.get("if-none-match") == '"v1"' or "if-modified-since" in request.headers:
            return Response(status_code=304, headers={"etag": '"v1"'})
        return response()

    app = Starlette(
        routes=[Route("/", page)],
        middleware=[Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)],
    )
    refusing = TestClient(app, cookies=consent_cookies(policy, secret_key), headers=NAVIGATION)
    granting = consent_cookies(policy, secret_key, granted=["third-party"])
    allowing = TestClient(app, cookies=granting, headers=NAVIGATION)

    theirs, ours = refusing.get("/").headers["etag"], allowing.get("/").headers["etag"]
    assert '"v1"' not in (theirs, ours)
    assert theirs != ours
    for client, tag, status in ((refusing, ours, 200), (allowing, theirs, 200), (refusing, theirs, 304)):
        assert client.get("/", headers={"If-None-Match": tag}).status_code == status
    for old in ({"If-None-Match": '"v1"'}, {"If-Modified-Since": "Mon, 01 Jun 2026 10:00:00 GMT"}):
        answer = refusing.get("/", headers=old)
        assert answer.status_code == 200
        assert LIVE not in answer.content
    assert "last-modified" not in allowing.get("/").headers


def test_a_page_in_a_file_is_gated_and_its_parts_are_not_offered(
    policy: Policy, secret_key: str, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    file.write_text(PAGE, encoding="utf-8")
    client = site(policy, secret_key, lambda: FileResponse(file))
    for asked in ({}, {"Range": "bytes=0-9"}):
        answer = client.get("/", headers=NAVIGATION | asked)
        assert answer.status_code == 200
        assert LIVE not in answer.content
        assert "accept-ranges" not in answer.headers


def test_a_part_of_a_file_that_is_no_page_is_left_to_the_application(
    policy: Policy, secret_key: str, tmp_path: Path
) -> None:
    file = tmp_path / "tides.csv"
    file.write_bytes(b"hour,height\n" * 100)
    client = site(policy, secret_key, lambda: FileResponse(file))
    answer = client.get("/", headers={"Range": "bytes=0-9"})
    assert (answer.status_code, answer.content) == (206, b"hour,heigh")
    assert answer.headers["content-range"] == "bytes 0-9/1200"


def test_a_server_cannot_send_a_page_past_the_gate_by_its_path(
    policy: Policy, secret_key: str, exchange: Exchange
) -> None:
    offered: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        offered.append(scope["extensions"])

    extensions: dict[str, object] = {
        "http.response.pathsend": {},
        "http.response.zerocopysend": {},
        "http.response.trailers": {},
    }
    wrapped = ConsentMiddleware(app, policy=policy, secret_key=secret_key)
    asks = [(b"accept", b"text/html"), (b"sec-fetch-dest", b"document")]
    exchange(wrapped, headers=asks, extensions=extensions)
    exchange(
        wrapped, headers=[(b"accept", b"image/png"), (b"sec-fetch-dest", b"image")], extensions=extensions
    )
    assert offered == [{"http.response.trailers": {}}, extensions]
    assert len(extensions) == 3  # the server's own is as it was


# --- compression and streams ----------------------------------------------------------------------------


def test_what_compresses_outside_gets_the_gated_page(policy: Policy, secret_key: str) -> None:
    big = PAGE.replace("High at six.", "High at six. " * 200)
    client = site(policy, secret_key, lambda: HTMLResponse(big), Middleware(GZipMiddleware))
    answer = client.get("/", headers=NAVIGATION | {"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert LIVE not in answer.content
    assert b'id="choices"' in answer.content


def test_a_page_that_is_compressed_inside_is_never_decoded_and_is_named_once(
    policy: Policy, secret_key: str, exchange: Exchange, caplog: pytest.LogCaptureFixture
) -> None:
    packed = gzip.compress(PAGE.encode())
    app = sending(packed, headers=[HTML, (b"content-encoding", b"gzip")])
    wrapped = ConsentMiddleware(app, policy=policy, secret_key=secret_key)
    assert [body_of(exchange(wrapped, "/a")), body_of(exchange(wrapped, "/b"))] == [packed, packed]
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "compressed inside" in warnings[0]


def test_the_beginning_of_a_stream_leaves_before_its_end_is_written(policy: Policy, secret_key: str) -> None:
    order: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [HTML]})
        order.append("written: start")
        for part in PAGE.partition("<p>"):
            await send({"type": "http.response.body", "body": part.encode(), "more_body": True})
            order.append(f"written: {part[:4]}")
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        order.append("left: start" if message["type"] == "http.response.start" else "left: body")

    scope: Scope = {"type": "http", "method": "GET", "scheme": "http", "path": "/", "headers": []}
    asyncio.run(call(ConsentMiddleware(app, policy=policy, secret_key=secret_key), scope, receive, send))
    assert order.index("left: start") < order.index("written: start")
    assert order.index("left: body") < order.index("written: <!do")


async def call(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


def test_events_are_sent_one_by_one_as_they_happen(policy: Policy, secret_key: str) -> None:
    async def events() -> AsyncIterator[str]:
        for number in range(3):
            yield f"data: <iframe src=https://video.example/{number}>\n\n"

    client = site(policy, secret_key, lambda: StreamingResponse(events(), media_type="text/event-stream"))
    answer = client.get("/", headers={"Accept": "text/event-stream"})
    assert answer.text.count("data: <iframe src=https://video.example/") == 3
    assert "vary" not in answer.headers


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-8", "iso-8859-1"])
def test_what_is_put_in_is_written_in_the_charset_of_the_page_or_not_at_all(
    policy: Policy, secret_key: str, exchange: Exchange, charset: str
) -> None:
    plain = PAGE.replace(FRAME, "<p>caf\u00e9</p>")
    app = sending(
        plain.encode(charset), headers=[(b"content-type", f"text/html; charset={charset}".encode())]
    )
    body = body_of(exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key)))
    text = body.decode(charset)
    assert "<p>caf\u00e9</p>" in text
    if 'id="choices"' not in text:
        assert text == plain


def test_a_page_in_a_frame_does_not_ask_a_second_time(policy: Policy, secret_key: str) -> None:
    client = site(policy, secret_key, lambda: HTMLResponse(PAGE))
    for destination, asks in (("document", True), ("iframe", False), ("frame", False)):
        answer = client.get("/", headers={"Sec-Fetch-Dest": destination, "Sec-Fetch-Site": "cross-site"})
        assert ('id="choices"' in answer.text) is asks
        assert LIVE not in answer.content
