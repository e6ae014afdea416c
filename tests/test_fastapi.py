from __future__ import annotations

import sys
import typing

import pytest
from fastapi import FastAPI, WebSocket
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from consentkit import Consent, ConsentMiddleware, Policy, UnknownNameError
from consentkit.fastapi import ConsentDep, consent_from, requires_consent, save_consent
from consentkit.testing import consent_cookies

# FastAPI resolves the annotations of the endpoints below in this module.
from starlette.requests import Request  # isort: skip


def site(policy: Policy, secret_key: str) -> FastAPI:
    api = FastAPI()
    api.add_middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)

    @api.get("/plain")
    async def plain() -> str:
        return "plain"

    @api.get("/read")
    async def read(consent: ConsentDep) -> dict[str, bool]:
        return {"analytics": consent.allows("analytics")}

    @api.get("/read-in-a-thread")
    def read_in_a_thread(consent: ConsentDep) -> dict[str, bool]:
        return {"analytics": consent.allows("analytics")}

    @api.post("/collect", dependencies=[requires_consent("analytics")])
    async def collect() -> str:
        return "collected"

    @api.post("/wrong", dependencies=[requires_consent("analitics")])
    async def wrong() -> str:
        return "collected"

    @api.post("/grant")
    async def grant(request: Request, consent: ConsentDep) -> dict[str, bool]:
        await save_consent(request, consent.grant("analytics"), method="api:grant")
        return {"analytics": consent_from(request).allows("analytics")}

    @api.websocket("/live")
    async def live(socket: WebSocket, consent: ConsentDep) -> None:
        await socket.accept()
        await socket.send_json(consent.allows("analytics"))
        await socket.close()

    @api.websocket("/stream", dependencies=[requires_consent("analytics")])
    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_json("streamed")
        await socket.close()

    return api


@pytest.mark.parametrize("path", ["/read", "/read-in-a-thread"])
@pytest.mark.parametrize("names", [["analytics"], []])
def test_a_parameter_holds_the_visitor_s_consent(
    policy: Policy, secret_key: str, path: str, names: list[str]
) -> None:
    cookies = consent_cookies(policy, secret_key, granted=names)
    answer = TestClient(site(policy, secret_key), cookies=cookies).get(path)

    assert answer.json() == {"analytics": bool(names)}
    assert answer.headers["vary"] == "Cookie, Sec-GPC"
    assert answer.headers["cache-control"] == "private"


def test_a_route_without_the_parameter_is_left_alone(policy: Policy, secret_key: str) -> None:
    answer = TestClient(site(policy, secret_key)).get("/plain")

    assert "vary" not in answer.headers
    assert "cache-control" not in answer.headers


def test_a_route_that_requires_a_consent_lets_in_only_those_who_give_it(
    policy: Policy, secret_key: str
) -> None:
    app = site(policy, secret_key)
    cookies = consent_cookies(policy, secret_key, granted=["analytics"])
    refused = TestClient(app).post("/collect")

    assert TestClient(app, cookies=cookies).post("/collect").json() == "collected"
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "consent-required"
    assert refused.json()["name"] == "analytics"


def test_a_required_name_that_is_not_declared_lets_nobody_in(policy: Policy, secret_key: str) -> None:
    cookies = consent_cookies(policy, secret_key, granted=["analytics"])

    with pytest.raises(UnknownNameError):
        TestClient(site(policy, secret_key), cookies=cookies).post("/wrong")


def test_a_consent_saved_in_a_route_is_kept(policy: Policy, secret_key: str) -> None:
    client = TestClient(site(policy, secret_key))

    assert client.get("/read").json() == {"analytics": False}
    assert client.post("/grant").json() == {"analytics": True}
    assert client.get("/read").json() == {"analytics": True}


@pytest.mark.parametrize("names", [["analytics"], []])
def test_a_websocket_route_can_have_the_parameter(policy: Policy, secret_key: str, names: list[str]) -> None:
    cookies = consent_cookies(policy, secret_key, granted=names)

    with TestClient(site(policy, secret_key), cookies=cookies).websocket_connect("/live") as session:
        assert session.receive_json() is bool(names)


def test_a_websocket_route_can_require_a_consent(policy: Policy, secret_key: str) -> None:
    app = site(policy, secret_key)
    cookies = consent_cookies(policy, secret_key, granted=["analytics"])

    with TestClient(app, cookies=cookies).websocket_connect("/stream") as session:
        assert session.receive_json() == "streamed"
    with pytest.raises(WebSocketDisconnect) as refused, TestClient(app).websocket_connect("/stream"):
        pass
    assert refused.value.code == 1008


def test_neither_the_consent_nor_its_cookie_is_a_parameter_of_the_described_api(
    policy: Policy, secret_key: str
) -> None:
    described = TestClient(site(policy, secret_key)).get("/openapi.json").json()

    assert "parameters" not in described["paths"]["/read"]["get"]


def test_the_annotations_resolve_while_the_program_runs() -> None:
    def endpoint(consent: ConsentDep) -> None: ...

    assert typing.get_type_hints(endpoint)["consent"] is Consent
    for function in (consent_from, save_consent, requires_consent):
        assert "return" in typing.get_type_hints(function)


def test_without_fastapi_the_import_error_is_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "consentkit.fastapi")
    for name in [name for name in sys.modules if name.partition(".")[0] == "fastapi"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fastapi", None)

    with pytest.raises(ImportError, match="pip install fastapi"):
        __import__("consentkit.fastapi")
