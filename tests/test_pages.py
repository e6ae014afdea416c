"""Pages of an application that knows nothing of consent, through the middleware."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from consentkit import ConsentMiddleware, Policy
from consentkit.starlette import consent_from
from consentkit.testing import consent_cookies

Exchange = Callable[..., list[Message]]
Answer = Callable[[Request], Awaitable[Response]]

PAGE = (
    "<!doctype html><html><head><title>T</title></head><body><h1>Tides</h1>"
    '<script src="https://counter.example/c.js"></script>'
    '<iframe src="https://video.example/embed/1" width="560"></iframe></body></html>'
)
LIVE = ('<script src="https://counter.example/', '<iframe src="https://video.example/')


def site(policy: Policy, secret_key: str, answer: Answer | Response, **options: Any) -> Starlette:  # noqa: ANN401
    async def endpoint(request: Request) -> Response:
        return answer if isinstance(answer, Response) else await answer(request)

    outside = [Middleware(GZipMiddleware, minimum_size=1)] if options.pop("compressed", False) else []
    inside = [Middleware(GZipMiddleware, minimum_size=1)] if options.pop("compressed_inside", False) else []
    ours = Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key, **options)
    return Starlette(
        routes=[Route("/{rest:path}", endpoint, methods=["GET", "HEAD", "POST"])],
        middleware=[*outside, ours, *inside],
    )


@pytest.fixture
def granted(policy: Policy, secret_key: str) -> dict[str, str]:
    return consent_cookies(policy, secret_key, granted=["analytics", "third-party"])


#
def test_a_page_without_any_template_of_ours_asks_and_loads_nothing(policy: Policy, secret_key: str) -> None:
    answer = TestClient(site(policy, secret_key, HTMLResponse(PAGE))).get("/")

    assert not any(live in answer.text for live in LIVE)
    assert answer.text.index("<style>") < answer.text.index("</head>")
    assert answer.text.index('<body><section id="choices"') < answer.text.index("<h1>")
    assert 'class="choices-embed"' in answer.text
    assert answer.text.rstrip().rpartition("</section>")[2].startswith('<link rel="stylesheet"')
    assert 'href="/cookies' in answer.text[answer.text.index("</html>") :]
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["cache-control"] == "private"
    assert "Cookie" in answer.headers["vary"]


#
def test_after_a_grant_the_page_is_the_application_s_own_with_a_link_to_the_choices(
    policy: Policy, secret_key: str, granted: dict[str, str]
) -> None:
    answer = TestClient(site(policy, secret_key, HTMLResponse(PAGE)), cookies=granted).get("/")

    assert all(live in answer.text for live in LIVE)
    assert 'id="choices' not in answer.text
    assert answer.headers["cache-control"] == "private"


def test_with_both_options_off_the_page_is_untouched(policy: Policy, secret_key: str) -> None:
    off: dict[str, Any] = {"gate_html": False, "inject_banner": False}
    answer = TestClient(site(policy, secret_key, HTMLResponse(PAGE), **off)).get("/")

    assert answer.text == PAGE
    assert "vary" not in answer.headers
    assert "cache-control" not in answer.headers


def test_gate_and_banner_are_had_one_without_the_other(policy: Policy, secret_key: str) -> None:
    gated = TestClient(site(policy, secret_key, HTMLResponse(PAGE), inject_banner=False)).get("/").text
    asked = TestClient(site(policy, secret_key, HTMLResponse(PAGE), gate_html=False)).get("/").text

    assert "<section" not in gated
    assert not any(live in gated for live in LIVE)
    assert "<section" in asked
    assert all(live in asked for live in LIVE)


@pytest.mark.parametrize(
    "answer",
    [
        JSONResponse({"html": PAGE}),
        Response(PAGE, media_type="text/plain"),
        Response(PAGE, media_type="application/xhtml+xml"),
        Response(PAGE.encode(), headers={"content-type": "text/htmlx"}),
        Response(PAGE.encode()),
        HTMLResponse(PAGE, status_code=206),
    ],
)
def test_what_is_no_page_leaves_byte_for_byte(policy: Policy, secret_key: str, answer: Response) -> None:
    got = TestClient(site(policy, secret_key, answer)).get("/")

    assert got.content == answer.body
    assert "vary" not in got.headers


@pytest.mark.parametrize("status", [404, 500])
@pytest.mark.parametrize("kind", ["text/html", "Text/HTML ; charset=UTF-8"])
def test_error_pages_are_pages(policy: Policy, secret_key: str, status: int, kind: str) -> None:
    answer = Response(PAGE, status_code=status, headers={"content-type": kind})
    got = TestClient(site(policy, secret_key, answer)).get("/")

    assert got.status_code == status
    assert "<section" in got.text
    assert not any(live in got.text for live in LIVE)


def test_a_shared_response_object_is_not_changed(
    policy: Policy, secret_key: str, granted: dict[str, str]
) -> None:
    shared = HTMLResponse(PAGE)
    before = list(shared.raw_headers)
    app = site(policy, secret_key, shared)

    assert "<section" in TestClient(app).get("/").text
    assert all(live in TestClient(app, cookies=granted).get("/").text for live in LIVE)
    assert shared.raw_headers == before
    assert shared.body == PAGE.encode()


def test_a_streamed_page_is_not_delayed(policy: Policy, secret_key: str, exchange: Exchange) -> None:
    parts = [
        b"<!doctype html><body>",
        b"<p>one",
        b"</p><script src=//coun",
        b"ter.example/c.js></script>",
        b"two",
    ]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]}
        await send(start)
        for part in parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body"})

    sent = exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key))

    assert sent[0]["type"] == "http.response.start"
    bodies = [message["body"] for message in sent[1:]]
    assert bodies[1] == b"<p>one"
    assert bodies[2] == b"</p>"
    assert bodies[3].startswith(b'<script data-consent="counter"')
    assert [message.get("more_body", False) for message in sent[1:]] == [True] * 5 + [False]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_length_that_was_promised_is_kept(
    policy: Policy, secret_key: str, tmp_path: Path, method: str
) -> None:
    (tmp_path / "page.html").write_text(PAGE)
    answer = TestClient(site(policy, secret_key, HTMLResponse(PAGE))).request(method, "/")
    file = site(policy, secret_key, FileResponse(tmp_path / "page.html"))
    streamed = TestClient(file).request(method, "/")

    assert answer.headers["content-length"] == str(len(answer.content))
    assert streamed.text == answer.text


def test_head_states_no_length_that_get_would_not_have(policy: Policy, secret_key: str) -> None:
    answer = TestClient(site(policy, secret_key, HTMLResponse(PAGE))).head("/")

    assert "content-length" not in answer.headers
    assert answer.headers["cache-control"] == "private"


# --- caches ---------------------------------------------------------------------------------------------


#
def test_no_stored_copy_of_another_state_is_confirmed(
    policy: Policy, secret_key: str, granted: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "index.html").write_text(PAGE)
    app = ConsentMiddleware(StaticFiles(directory=tmp_path, html=True), policy=policy, secret_key=secret_key)
    page = {"Accept": "text/html"}
    first = TestClient(app).get("/", headers=page)
    tag = first.headers["etag"]

    assert "last-modified" not in first.headers
    same = TestClient(app).get("/", headers={**page, "If-None-Match": tag})
    assert same.status_code == 304
    other = TestClient(app, cookies=granted).get("/", headers={**page, "If-None-Match": tag})
    assert other.status_code == 200
    assert other.headers["etag"] != tag
    older = tag.partition(";")[0] + '"'
    assert TestClient(app).get("/", headers={**page, "If-None-Match": older}).status_code == 200
    later = {**page, "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}
    assert TestClient(app).get("/", headers=later).status_code == 200
    assert TestClient(app).get("/", headers={**page, "Range": "bytes=0-9"}).status_code == 200


#
def test_a_page_for_everybody_is_the_same_for_everybody_and_may_be_shared(
    policy: Policy, secret_key: str, granted: dict[str, str]
) -> None:
    shared = HTMLResponse(PAGE, headers={"Cache-Control": "public, max-age=60"})
    app = site(policy, secret_key, shared, cache="shared")
    one, other = TestClient(app).get("/"), TestClient(app, cookies=granted).get("/")

    assert one.content == other.content
    assert "<section" in one.text
    assert not any(live in one.text for live in LIVE)
    for answer in (one, other):
        assert answer.headers["cache-control"] == "public, max-age=60"
        assert "Cookie" not in answer.headers.get("vary", "")


#
def test_a_page_for_everybody_turns_personal_where_the_application_asks(
    policy: Policy, secret_key: str
) -> None:
    async def answer(request: Request) -> Response:
        return HTMLResponse(f"{PAGE}{consent_from(request).allows('analytics')}")

    got = TestClient(site(policy, secret_key, answer, cache="shared")).get("/")

    assert got.headers["cache-control"] == "private"


@pytest.mark.parametrize("option", ["cache", "undeclared"])
def test_an_unknown_value_of_an_option_is_refused(policy: Policy, secret_key: str, option: str) -> None:
    with pytest.raises(ValueError, match=f"{option} must be '.*' or '.*', not 'public'"):
        site(policy, secret_key, HTMLResponse(PAGE), **{option: "public"}).build_middleware_stack()


# --- compression ------------------------------------------------------------------------------------------


def test_what_compresses_outside_compresses_the_gated_page(policy: Policy, secret_key: str) -> None:
    answer = TestClient(site(policy, secret_key, HTMLResponse(PAGE), compressed=True)).get("/")

    assert answer.headers["content-encoding"] == "gzip"
    assert "<section" in answer.text
    assert not any(live in answer.text for live in LIVE)


def test_what_compresses_inside_is_kept_from_it_for_a_page(policy: Policy, secret_key: str) -> None:
    app = site(policy, secret_key, HTMLResponse(PAGE), compressed_inside=True)
    answer = TestClient(app).get("/", headers={"Accept": "text/html"})

    assert "content-encoding" not in answer.headers
    assert not any(live in answer.text for live in LIVE)


def test_a_page_that_is_compressed_all_the_same_is_named_once_with_the_order_that_works(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    packed = Response(
        gzip.compress(PAGE.encode()), headers={"Content-Encoding": "gzip"}, media_type="text/html"
    )
    client = TestClient(site(policy, secret_key, packed))

    with caplog.at_level(logging.WARNING, "consentkit"):
        assert client.get("/").text == PAGE
        client.get("/again")
    (record,) = caplog.records
    assert (
        "app.add_middleware(ConsentMiddleware, …), then app.add_middleware(GZipMiddleware)"
        in record.getMessage()
    )


# --- what goes wrong ----------------------------------------------------------------------------------------


def test_an_application_that_raises_in_the_middle_of_a_page_is_heard(policy: Policy, secret_key: str) -> None:
    async def answer(request: Request) -> Response:
        async def body() -> AsyncIterator[bytes]:
            yield b"<!doctype html><body>one"
            raise LookupError("two")

        return StreamingResponse(body(), media_type="text/html")

    with pytest.raises(LookupError):
        TestClient(site(policy, secret_key, answer)).get("/")


def test_a_frame_of_the_site_does_not_ask_again(policy: Policy, secret_key: str) -> None:
    client = TestClient(site(policy, secret_key, HTMLResponse(PAGE)))

    assert "<section" not in client.get("/", headers={"Sec-Fetch-Dest": "iframe"}).text
    assert "<section" in client.get("/", headers={"Sec-Fetch-Dest": "document"}).text


#
def test_an_unknown_name_in_the_markup_stays_closed_and_is_named_once(
    policy: Policy, secret_key: str, granted: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    page = HTMLResponse(
        '<body><img data-consent="analytic" src="/pixel.gif"><img data-consent="analytics" src="/p">'
    )
    client = TestClient(site(policy, secret_key, page), cookies=granted)
    text = client.get("/").text
    client.get("/")

    assert 'data-consent="analytic" data-consent-src="/pixel.gif"' in text
    assert 'data-consent="analytics" src="/p"' in text
    assert len(caplog.records) == 1


def test_files_that_the_server_would_send_by_itself_are_read_for_a_page_and_only_for_one(
    policy: Policy, secret_key: str, exchange: Exchange
) -> None:
    seen: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(sorted(scope["extensions"]))

    middleware = ConsentMiddleware(app, policy=policy, secret_key=secret_key)
    extensions: dict[str, object] = {
        "http.response.pathsend": {},
        "http.response.zerocopysend": {},
        "tls": {},
    }
    exchange(middleware, headers=[(b"accept", b"text/html")], extensions=extensions)
    exchange(middleware, headers=[(b"accept", b"image/*")], extensions=extensions)

    assert seen == [["tls"], sorted(extensions)]


def test_two_pages_at_once_do_not_mix(policy: Policy, secret_key: str, exchange: Exchange) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]}
        )
        for _ in range(5):
            await asyncio.sleep(0)
            await send({"type": "http.response.body", "body": scope["path"].encode(), "more_body": True})
        await send({"type": "http.response.body"})

    middleware = ConsentMiddleware(app, policy=policy, secret_key=secret_key)

    async def both() -> list[bytes]:
        bodies: dict[str, bytes] = {"/a": b"", "/b": b""}

        async def one(path: str) -> None:
            async def send(message: Message) -> None:
                bodies[path] += message.get("body", b"")

            async def receive() -> Message:
                return {"type": "http.disconnect"}

            scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
            await middleware(scope, receive, send)

        await asyncio.gather(one("/a"), one("/b"))
        return list(bodies.values())

    assert asyncio.run(both()) == [b"/a" * 5, b"/b" * 5]
