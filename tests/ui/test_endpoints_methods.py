"""Which methods the paths under the prefix answer, and what they say to the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message

from consentkit import ConsentMiddleware, Policy
from consentkit.ui.endpoints import Endpoints
from consentkit.ui.render import Pages

MakePolicy = Callable[..., Policy]
Exchange = Callable[..., list[Message]]


def wrapped(policy: Policy, secret_key: str, **options: Any) -> ConsentMiddleware:  # noqa: ANN401 - any option
    async def page(request: object) -> PlainTextResponse:
        return PlainTextResponse("the application")

    app = Starlette(routes=[Route("/{rest:path}", page)])
    return ConsentMiddleware(app, policy=policy, secret_key=secret_key, **options)


def site(policy: Policy, secret_key: str, **options: Any) -> TestClient:  # noqa: ANN401 - any option
    return TestClient(wrapped(policy, secret_key, **options), follow_redirects=False)


def stylesheet(policy: Policy) -> str:
    return f"/cookies/assets/{next(iter(Pages(policy).assets))}"


PATHS = ["/cookies", "/cookies/state", "/.well-known/gpc.json", "asset"]


@pytest.mark.parametrize("path", PATHS)
def test_head_has_the_headers_of_get_and_no_body(
    policy: Policy, secret_key: str, exchange: Exchange, path: str
) -> None:
    path = stylesheet(policy) if path == "asset" else path
    app = wrapped(policy, secret_key)
    got, head = (exchange(app, path, method=method) for method in ("GET", "HEAD"))

    assert head[0]["status"] == 200
    assert dict(head[0]["headers"])[b"content-length"] == str(len(got[1]["body"])).encode()
    assert dict(head[0]["headers"]) == dict(got[0]["headers"])
    assert [message.get("body") for message in head[1:]] == [b""]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "POST", "post", "NONSENSE"])
def test_another_method_is_refused_with_those_allowed(
    policy: Policy, secret_key: str, exchange: Exchange, path: str, method: str
) -> None:
    if (path, method) == ("/cookies", "POST"):
        method = "QUERY"
    allowed = b"GET, HEAD, OPTIONS, POST" if path == "/cookies" else b"GET, HEAD, OPTIONS"
    path = stylesheet(policy) if path == "asset" else path
    sent = exchange(wrapped(policy, secret_key), path, method=method)

    assert sent[0]["status"] == 405
    assert dict(sent[0]["headers"])[b"allow"] == allowed
    assert dict(sent[0]["headers"])[b"content-type"] == b"application/problem+json"
    assert json.loads(sent[1]["body"])["code"] == "method-not-allowed"

    sent = exchange(wrapped(policy, secret_key), path, method="OPTIONS")
    assert sent[0]["status"] == 204
    assert dict(sent[0]["headers"])[b"allow"] == allowed
    assert not any(key.startswith(b"access-control") for key, _ in sent[0]["headers"])


def test_a_path_is_claimed_only_when_it_is_answered(policy: Policy) -> None:
    endpoints = Endpoints(policy, Pages(policy), "/cookies")

    assert endpoints.handles("/cookies")
    assert not endpoints.handles("/cookies/")
    assert not endpoints.handles("")
