"""WebSockets: consent is read from the handshake, and can be saved until it is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from consentkit import ConsentMiddleware, ConsentRequiredError, Policy, ResponseStartedError
from consentkit.starlette import consent_from, require_consent, save_consent
from consentkit.testing import consent_cookies

Endpoint = Callable[[WebSocket], object]


def site(policy: Policy, secret_key: str, endpoint: Endpoint) -> Starlette:
    return Starlette(
        routes=[WebSocketRoute("/live", endpoint), WebSocketRoute("/cookies", endpoint)],
        middleware=[Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)],
    )


def accepted_with(session: Any) -> dict[bytes, bytes]:  # noqa: ANN401 - Starlette declares no headers there
    return dict(session.extra_headers)


def headers_of(message: Message) -> dict[bytes, bytes]:
    return dict(message.get("headers", []))


def test_a_consent_saved_before_the_handshake_is_answered_leaves_with_the_answer(
    policy: Policy, secret_key: str
) -> None:
    async def live(socket: WebSocket) -> None:
        await save_consent(socket, consent_from(socket).grant("analytics"))
        await socket.accept(headers=[(b"x-site", b"1")])
        await socket.close()

    with TestClient(site(policy, secret_key, live)).websocket_connect("/live") as session:
        headers = accepted_with(session)

    assert headers[b"x-site"] == b"1"
    assert headers[b"set-cookie"].startswith(b"consent=1.")
    assert headers.keys() == {b"x-site", b"set-cookie"}


def test_over_tls_the_cookie_of_a_websocket_has_the_name_for_https(policy: Policy, secret_key: str) -> None:
    async def live(socket: WebSocket) -> None:
        await save_consent(socket, consent_from(socket).grant("analytics"))
        await socket.accept()
        await socket.close()

    client = TestClient(site(policy, secret_key, live), base_url="https://testserver")
    with client.websocket_connect("wss://testserver/live") as session:
        headers = accepted_with(session)

    assert headers[b"set-cookie"].startswith(b"__Host-consent=1.")
    assert headers[b"set-cookie"].endswith(b"; Secure")


def test_a_websocket_that_does_not_ask_is_accepted_with_the_very_same_message(
    policy: Policy, secret_key: str, exchange: Callable[..., list[Message]]
) -> None:
    accept: Message = {"type": "websocket.accept", "headers": [(b"x-site", b"1")]}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(accept)

    sent = exchange(
        ConsentMiddleware(app, policy=policy, secret_key=secret_key), type="websocket", scheme="ws"
    )

    assert len(sent) == 1
    assert sent[0] is accept


@pytest.mark.parametrize(("granted", "allowed"), [(["analytics"], "True"), ([], "False")])
def test_a_websocket_reads_the_consent_of_its_handshake(
    policy: Policy, secret_key: str, granted: list[str], allowed: str
) -> None:
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text(str(consent_from(socket).allows("analytics")))
        await socket.close()

    client = TestClient(
        site(policy, secret_key, live), cookies=consent_cookies(policy, secret_key, granted=granted)
    )
    with client.websocket_connect("/live") as session:
        assert session.receive_text() == allowed


def test_saving_after_the_handshake_is_an_error_and_not_a_silent_loss(
    policy: Policy, secret_key: str
) -> None:
    caught = []

    async def live(socket: WebSocket) -> None:
        consent = consent_from(socket)
        await socket.accept()
        try:
            await save_consent(socket, consent.grant("analytics"))
        except ResponseStartedError as error:
            caught.append(error)
        await socket.close()

    with TestClient(site(policy, secret_key, live)).websocket_connect("/live"):
        pass
    assert len(caught) == 1


def test_the_refusal_of_a_handshake_can_carry_a_saved_consent(
    policy: Policy, secret_key: str, exchange: Callable[..., list[Message]]
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        await save_consent(socket, consent_from(socket).deny("analytics"))
        await send({"type": "websocket.http.response.start", "status": 403, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b""})

    sent = exchange(
        ConsentMiddleware(app, policy=policy, secret_key=secret_key), type="websocket", scheme="ws"
    )

    assert headers_of(sent[0])[b"set-cookie"].startswith(b"consent=1.")
    assert sent[1] == {"type": "websocket.http.response.body", "body": b""}


def test_the_cookies_page_is_not_served_to_a_websocket(policy: Policy, secret_key: str) -> None:
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("the application")
        await socket.close()

    with TestClient(site(policy, secret_key, live)).websocket_connect("/cookies") as session:
        assert session.receive_text() == "the application"


def test_a_handshake_that_needs_a_missing_consent_is_refused(policy: Policy, secret_key: str) -> None:
    async def live(socket: WebSocket) -> None:
        require_consent(socket, "analytics")
        await socket.accept()
        await socket.send_text("counted")
        await socket.close()

    app = site(policy, secret_key, live)
    with pytest.raises(WebSocketDisconnect) as refused, TestClient(app).websocket_connect("/live"):
        pass
    assert refused.value.code == 1008
    assert "consent to 'analytics'" in refused.value.reason

    cookies = consent_cookies(policy, secret_key, granted=["analytics"])
    with TestClient(app, cookies=cookies).websocket_connect("/live") as session:
        assert session.receive_text() == "counted"


@pytest.mark.parametrize("answer", ["websocket.accept", "websocket.close"])
def test_an_answered_handshake_is_not_answered_again(
    policy: Policy, secret_key: str, exchange: Callable[..., list[Message]], answer: str
) -> None:
    sent = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": answer})
        sent.append(answer)
        require_consent(WebSocket(scope, receive, send), "analytics")

    with pytest.raises(ConsentRequiredError):
        exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key), type="websocket")
    assert sent == [answer]


def test_wrapped_around_a_whole_application_a_handshake_without_the_consent_is_refused(
    policy: Policy, secret_key: str
) -> None:
    async def live(session: WebSocket) -> None:
        require_consent(session, "analytics")
        await session.accept()

    app = ConsentMiddleware(
        Starlette(routes=[WebSocketRoute("/live", live)]), policy=policy, secret_key=secret_key
    )
    with pytest.raises(WebSocketDisconnect) as refusal, TestClient(app).websocket_connect("/live"):
        pass
    assert refusal.value.code == 1008
