"""Whatever a client or an application sends: no crash of ours, no grant, and no essential cookie lost."""

from __future__ import annotations

import asyncio
import logging
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from consentkit import ConsentMiddleware, Policy, parse_policy
from consentkit.starlette import consent_from
from consentkit.testing import consent_cookies

Exchange = Callable[..., list[Message]]
Pair = tuple[bytes, bytes]

KEY = "3f1c9a5e7b2d8064" * 4
POLICY = parse_policy("""
[site]
name = "Tide Tables"
controller = { name = "Harbour Office", contact = "privacy@harbour.example" }

[categories.essential]
cookies = [{ name = "session", purpose = "Keeps you signed in.", expires_after = "session" }]

[services.video]
category = "third-party"
provider = "Video Company"
hosts = ["video.example"]
cookies = [{ name = "_v", expires_after = "1 year" }]

[categories.third-party]
""")
HTML = (b"content-type", b"text/html; charset=utf-8")
SESSION = (b"set-cookie", b"session=1; HttpOnly")


def cookies_of(message: Message) -> list[bytes]:
    return [bytes(value) for key, value in message.get("headers") or () if key.lower() == b"set-cookie"]


def answering(headers: object, *bodies: bytes) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for number, body in enumerate(bodies, 1):
            await send({"type": "http.response.body", "body": body, "more_body": number < len(bodies)})

    return app


def gated(app: ASGIApp, **options: Any) -> ASGIApp:  # noqa: ANN401 - whatever the middleware takes
    return ConsentMiddleware(app, policy=POLICY, secret_key=KEY, **options)


# --- headers of a response ------------------------------------------------------------------------------


MALFORMED = [
    b"",
    b"=",
    b"=nameless",
    b"nameless",
    b";",
    b"; Path=/",
    b" =x; Max-Age=0",
    b"a b=c",
    b"session\x00=1",
    b"x=\x00\x01\x7f",
    b"x=1; Expires=\x00",
    b"x=1; Max-Age=" + b"9" * 5_000,
    b"x=1; Max-Age=-" + b"0" * 5_000,
    b"x=1; Expires=Thu, 99 Foo 0000 99:99:99 GMT",
    b"x=1; Expires=" + b"Thu, " * 2_000,
    b"x=" + b"1" * 100_000,
    b"\xff\xfe=\xff; Path=\xff",
    b"x=1\r\nSet-Cookie: _v=1",
    "caf\u00e9=\u20ac".encode(),
]


#
@pytest.mark.parametrize("undeclared", ["report", "strict"])
@pytest.mark.parametrize("line", MALFORMED)
def test_a_malformed_cookie_crashes_nothing_and_takes_no_other_with_it(
    exchange: Exchange, caplog: pytest.LogCaptureFixture, line: bytes, undeclared: str
) -> None:
    headers = [(b"set-cookie", b"_v=1"), (b"set-cookie", line), SESSION]
    start = exchange(gated(answering(headers, b""), undeclared=undeclared))[0]
    left = cookies_of(start)
    assert SESSION[1] in left
    assert b"_v=1" not in left
    assert set(left) <= {line, SESSION[1]}
    messages = [record.getMessage() for record in caplog.records]
    assert all(message.isprintable() and len(message) < 1_000 for message in messages)


#
@pytest.mark.parametrize("name", [b"_v", b" _v", b"_v ", b"\t_v\t", b" \t _v"])
@pytest.mark.parametrize("field", [b"set-cookie", b"Set-Cookie", b"SET-COOKIE", b"sEt-cOOkIe"])
def test_neither_case_nor_blanks_hide_a_cookie_that_browsers_would_keep(
    exchange: Exchange, name: bytes, field: bytes
) -> None:
    start = exchange(gated(answering([(field, name + b"=1"), SESSION], b"")))[0]
    assert cookies_of(start) == [SESSION[1]]


def one_by_one(*pairs: Pair) -> Iterator[Pair]:
    yield from pairs


@pytest.mark.parametrize(
    "kind",
    [list, tuple, iter, lambda pairs: [list(pair) for pair in pairs], lambda pairs: one_by_one(*pairs)],
)
def test_headers_of_any_kind_are_read_once_and_judged(
    exchange: Exchange, kind: Callable[[list[Pair]], object]
) -> None:
    pairs = [(b"x-a", b"1"), (b"set-cookie", b"_v=1"), SESSION, HTML]
    sent = exchange(gated(answering(kind(pairs), b"<p>High at six.</p>")))
    assert cookies_of(sent[0]) == [SESSION[1]]
    assert (b"x-a", b"1") in [tuple(pair) for pair in sent[0]["headers"]]


@pytest.mark.parametrize("start", [{}, {"headers": None}, {"headers": []}, {"headers": ()}])
@pytest.mark.parametrize("kind", ["http.response.start", "websocket.accept", "websocket.http.response.start"])
def test_a_start_without_headers_is_a_start(exchange: Exchange, start: Message, kind: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": kind, "status": 200, **start})

    scope_type = "http" if kind.startswith("http") else "websocket"
    old = [(b"cookie", b"_v=1"), (b"host", b"tides.example")]
    for headers in ([], old):
        sent = exchange(gated(app), type=scope_type, headers=headers)
        assert [message["type"] for message in sent] == [kind]


# --- what clients send ----------------------------------------------------------------------------------


header_bytes = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"session=1", b"_v=1", b"consent=1.x.y", b"consent-once=1", b"=", b";;", b'"', b"\x00"]),
)


#
@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [b"cookie", b"host", b"accept-language", b"sec-gpc", b"accept", b"if-none-match"]
            ),
            st.lists(header_bytes, max_size=4).map(b"; ".join),
        ),
        max_size=6,
    ),
    st.sampled_from(["/", "/cookies", "/cookies/state", "/x"]),
    st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "BREW"]),
)
def test_no_request_raises_grants_or_loses_the_session(headers: list[Pair], path: str, method: str) -> None:
    seen: list[bool] = []
    sent = asyncio.run(collect(LOOKED_INTO, path, headers, method=method, seen=seen))
    assert True not in seen
    left = cookies_of(sent[0])
    assert b"_v=1" not in left
    if seen:
        assert SESSION[1] in left
    for line in left:
        assert line.isascii()
        assert line.decode().isprintable()


async def looks_into_everything(scope: Scope, receive: Receive, send: Send) -> None:
    scope["seen"].append(consent_from(Request(scope)).allows("video"))
    joined = b";".join(value for key, value in scope["headers"] if key == b"cookie")
    names = [part.partition(b"=")[0].strip(b" \t") for part in joined.split(b";") if b"=" in part]
    assert b"_v" not in names
    await answering([HTML, SESSION, (b"set-cookie", b"_v=1")], b"<p>")(scope, receive, send)


LOOKED_INTO = gated(looks_into_everything)


async def collect(app: ASGIApp, path: str, headers: Iterable[Pair], **scope: object) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    whole: Scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": b"",
        "headers": list(headers),
        **scope,
    }
    await app(whole, receive, send)
    return sent


@pytest.mark.parametrize(
    "scope",
    [
        {"raw_path": None},
        {"query_string": b"\xff&&=&choices=saved"},
        {"scheme": "gopher"},
        {"raw_path": b"/%ff%00\xff"},
        {"root_path": "/caf\u00e9"},
        {"client": None, "server": None, "extensions": None},
    ],
)
@pytest.mark.parametrize("path", ["/", "/\udcff\x00\ufffd"])
def test_an_odd_scope_is_answered(scope: dict[str, Any], path: str) -> None:
    app = gated(answering([HTML, SESSION], b"<p>x</p>"))
    sent = asyncio.run(collect(app, path, [], **{"raw_path": b"/%ff", **scope}))
    assert cookies_of(sent[0]) == [SESSION[1]]
    assert b"<p>x</p>" in sent[1]["body"]


# --- pages that will not be read --------------------------------------------------------------------------


LOADS = b'<iframe src="https://video.example/1"></iframe>'
HOSTILE_PAGES = {
    "the end of a script in a string": b'<script>var a = "</script>' + LOADS + b'";</script>',
    "an unclosed comment before": b"<p>x<!-- never closed " + LOADS,
    "a comment that browsers close early": b"<!-->" + LOADS + b"-->",
    "an unclosed tag": b"<p title='" + b"x" * 1_000 + b"'" + LOADS,
    "an unclosed attribute": b'<a title="' + LOADS,
    "a NUL in the tag": b"<ifr\x00ame></ifr\x00ame><iframe\x00 src=x>" + LOADS,
    "a NUL before the address": b'<iframe src="\x00https://video.example/1"></iframe>' + LOADS,
    "bytes that are no UTF-8": b"\x80\xff\xfe<p>\xc3" + LOADS,
    "nothing but beginnings": b"<" * 5_000 + LOADS,
    "deep nesting": b"<div>" * 5_000 + LOADS,
}


#
@pytest.mark.parametrize("name", HOSTILE_PAGES)
@pytest.mark.parametrize("size", [1_000_000, 7, 1])
def test_a_hostile_page_neither_crashes_nor_passes_the_gate(exchange: Exchange, name: str, size: int) -> None:
    page = HOSTILE_PAGES[name]
    pieces = [page[at : at + size] for at in range(0, len(page), size)]
    sent = exchange(gated(answering([HTML, SESSION], *pieces)))
    body = b"".join(message["body"] for message in sent[1:])
    assert cookies_of(sent[0]) == [SESSION[1]]
    assert LOADS not in body or name in (
        "an unclosed comment before",
        "an unclosed tag",
        "an unclosed attribute",
    )
    assert [message["more_body"] for message in sent[1:]] == [True] * (len(sent) - 2) + [False]


#
@pytest.mark.parametrize(
    "declared", ["utf-8", "iso-8859-1", "shift_jis", "utf-16", "no-such-charset", "x" * 500]
)
@pytest.mark.parametrize("real", ["utf-8", "utf-16-le", "utf-16"])
def test_a_page_that_lies_about_its_charset_neither_crashes_nor_loads(
    exchange: Exchange, declared: str, real: str
) -> None:
    page = ("<p>caf\u00e9</p>" + LOADS.decode()).encode(real)
    kind = (b"content-type", f"text/html; charset={declared}".encode())
    body = b"".join(message["body"] for message in exchange(gated(answering([kind, SESSION], page)))[1:])
    # A byte order mark outweighs the header in every browser; without one the header is believed.
    read_as = "utf-16" if real == "utf-16" or declared == "utf-16" else "utf-8"
    if declared == "utf-16" and real == "utf-8":
        return  # read as UTF-16 it is nonsense without a tag in it
    text = body.decode(read_as, "replace")
    assert ' src="https://video.example/1"' not in text


#
@pytest.mark.parametrize("quote", [b'"', b"'", b""])
def test_an_attribute_of_any_length_hides_no_address_and_takes_no_more_memory_than_a_long_one(
    caplog: pytest.LogCaptureFixture, quote: bytes
) -> None:
    ends = (b"<p>before</p><iframe title=" + quote, quote + b' src="https://video.example/1">')
    most = []
    for megabytes in (10, 30):
        peak, body = passed([ends[0], *[b"x" * 65_536] * (16 * megabytes), ends[1]])
        assert body.startswith(b"<p>before</p>")
        assert b' src="https://video.example/1"' not in body
        most.append(peak)
    assert max(most) < 16_000_000
    assert {record.getMessage()[:34] for record in caplog.records} == {"The rest of a page was withheld: a"}


def passed(pieces: list[bytes]) -> tuple[int, bytes]:
    """Return the peak of the memory that a page takes, and the beginning and the end of what leaves."""
    left = bytearray()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [HTML, SESSION]})
        for body in pieces:
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        left.extend(message.get("body", b""))
        del left[100_000:-100_000]

    async def call() -> None:
        scope: Scope = {"type": "http", "method": "GET", "scheme": "http", "path": "/", "headers": []}
        await gated(app)(scope, receive, send)

    tracemalloc.start()
    try:
        asyncio.run(call())
        return tracemalloc.get_traced_memory()[1], bytes(left)
    finally:
        tracemalloc.stop()


# --- who leaves in the middle ------------------------------------------------------------------------------


class OfTheApplicationError(Exception):
    pass


@pytest.mark.parametrize("bodies", [[], [b"<p>half"], [b"<p>", LOADS[:20]]])
@pytest.mark.parametrize("length", [[], [(b"content-length", b"500")]])
def test_an_application_that_raises_after_the_start_is_heard_and_nothing_is_added(
    bodies: list[bytes], length: list[Pair]
) -> None:
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [HTML, SESSION, *length]})
        for body in bodies:
            await send({"type": "http.response.body", "body": body, "more_body": True})
        raise OfTheApplicationError

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def call() -> None:
        scope: Scope = {"type": "http", "method": "GET", "scheme": "http", "path": "/", "headers": []}
        await gated(app)(scope, receive, send)

    with pytest.raises(OfTheApplicationError):
        asyncio.run(call())
    assert [message["type"] for message in sent].count("http.response.start") <= 1
    assert all(message.get("more_body", True) for message in sent)  # the end is not ours to send
    assert LOADS[:20] not in b"".join(message.get("body", b"") for message in sent)


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("error", [OSError, ConnectionResetError, BrokenPipeError])
def test_a_client_that_leaves_is_told_to_the_application_and_not_to_the_log(
    caplog: pytest.LogCaptureFixture, after: int, error: type[OSError]
) -> None:
    heard: list[type[BaseException]] = []
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await answering([HTML, SESSION], b"<p>one</p>", LOADS, b"<p>two</p>")(scope, receive, send)
        except OSError as caught:
            heard.append(type(caught))
            raise

    async def send(message: Message) -> None:
        if len(sent) == after:
            raise error
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def call() -> None:
        scope: Scope = {"type": "http", "method": "GET", "scheme": "http", "path": "/", "headers": []}
        await gated(app)(scope, receive, send)

    with pytest.raises(error):
        asyncio.run(call())
    assert heard == [error]
    assert [record for record in caplog.records if record.levelno > logging.WARNING] == []


def test_a_task_that_is_cancelled_in_the_middle_of_a_page_ends_at_once() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [HTML, SESSION]})
        await asyncio.Event().wait()

    async def call() -> None:
        task = asyncio.ensure_future(collect(gated(app), "/", []))
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()

    asyncio.run(call())


def test_a_grant_of_the_visitor_outlives_all_of_it(
    policy: Policy, secret_key: str, exchange: Exchange
) -> None:
    value = consent_cookies(POLICY, KEY, granted=["third-party"])["consent"].encode()
    odd = [(b"cookie", b"\xff\x00; =; ;;"), (b"cookie", b"consent=" + value), (b"cookie", b"_v=1")]
    headers = [(b"set-cookie", line) for line in MALFORMED] + [(b"set-cookie", b"_v=2"), SESSION]
    left = cookies_of(exchange(gated(answering(headers, b"")), headers=odd)[0])
    assert {b"_v=2", SESSION[1]} <= set(left)
