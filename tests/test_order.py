"""Middlewares on the wrong side of ours are named when the site starts."""

from __future__ import annotations

import logging

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from consentkit import ConsentMiddleware, Policy


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def stack(policy: Policy, secret_key: str, *order: str) -> list[Middleware]:
    known = {
        "consent": Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key),
        "session": Middleware(SessionMiddleware, secret_key=secret_key),
        "gzip": Middleware(GZipMiddleware),
    }
    return [known[name] for name in order]


@pytest.mark.parametrize(
    ("order", "named"),
    [
        (("gzip", "consent", "session"), []),
        (("consent",), []),
        (("session", "consent"), ["SessionMiddleware stands outside"]),
        (("consent", "gzip"), ["GZipMiddleware stands inside"]),
        (
            ("session", "consent", "gzip"),
            ["SessionMiddleware stands outside", "GZipMiddleware stands inside"],
        ),
    ],
)
def test_what_stands_on_the_wrong_side_is_named_once_at_start(
    policy: Policy,
    secret_key: str,
    caplog: pytest.LogCaptureFixture,
    order: tuple[str, ...],
    named: list[str],
) -> None:
    async def page(_request: object) -> PlainTextResponse:
        return PlainTextResponse("x")

    app = Starlette(routes=[Route("/", page)], middleware=stack(policy, secret_key, *order))
    with TestClient(app) as client:
        said = messages(caplog)
        client.get("/")

    assert messages(caplog) == said
    assert [message.partition(" of ConsentMiddleware")[0] for message in said] == named
    assert all("add_middleware" in message for message in said)


def test_it_is_noticed_with_fastapi_and_without_a_start_too(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    api = FastAPI()
    api.add_middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)
    api.add_middleware(SessionMiddleware, secret_key=secret_key)
    TestClient(api).get("/")

    assert [message.partition(" ")[0] for message in messages(caplog)] == ["SessionMiddleware"]


def test_wrapped_around_everything_it_is_outside_of_all(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    inner = Starlette(middleware=stack(policy, secret_key, "session", "gzip"))
    TestClient(ConsentMiddleware(inner, policy=policy, secret_key=secret_key)).get("/")

    # Its scope has no application yet: what is inside shows when a page arrives compressed.
    assert messages(caplog) == []
