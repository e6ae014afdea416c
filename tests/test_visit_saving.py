"""Saving consent puts one cookie on the response."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from consentkit import Choice, Consent, ConsentMiddleware, Policy, ResponseStartedError
from consentkit.consent.cookie import ConsentCookie
from consentkit.starlette import consent_from, save_consent

Declare = Callable[..., Policy]
Endpoint = Callable[[Request], Awaitable[Response]]


def client_for(policy: Policy, secret_key: str, endpoint: Endpoint, **options: str) -> TestClient:
    app = Starlette(
        routes=[Route("/{rest:path}", endpoint)],
        middleware=[Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)],
    )
    return TestClient(app, **options)  # type: ignore[arg-type] # base_url only


async def reading(request: Request) -> Response:
    return PlainTextResponse(str(consent_from(request).allows("analytics")))


def saving(change: Callable[[Consent], Consent]) -> Endpoint:
    async def page(request: Request) -> Response:
        await save_consent(request, change(consent_from(request)), method="settings:save")
        return PlainTextResponse(
            str(consent_from(request).allows("analytics")), headers={"cache-control": "public"}
        )

    return page


#
@pytest.mark.parametrize(
    ("origin", "form"),
    [
        (
            "https://testserver",
            r"__Host-consent=[\w.~-]{1,1000}; Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax; Secure",
        ),
        (
            "http://testserver",
            r"consent=[\w.~-]{1,1000}; Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax",
        ),
    ],
)
def test_a_saved_consent_leaves_as_one_exact_cookie_and_is_read_back(
    policy: Policy, secret_key: str, origin: str, form: str
) -> None:
    client = client_for(policy, secret_key, saving(lambda c: c.grant("analytics")), base_url=origin)
    answer = client.get("/")

    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 1
    assert re.fullmatch(form, cookies[0], re.ASCII)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "Cookie, Sec-GPC"

    sent = {"Cookie": cookies[0].partition(";")[0]}
    assert client_for(policy, secret_key, reading, base_url=origin).get("/", headers=sent).text == "True"


def test_after_saving_the_request_itself_sees_the_new_consent(policy: Policy, secret_key: str) -> None:
    assert client_for(policy, secret_key, saving(lambda c: c.grant("analytics"))).get("/").text == "True"
    assert client_for(policy, secret_key, saving(lambda c: c.grant("video"))).get("/").text == "False"


def test_the_last_of_several_saves_is_the_one_that_is_kept(policy: Policy, secret_key: str) -> None:
    async def page(request: Request) -> Response:
        await save_consent(request, consent_from(request).grant("analytics"))
        await save_consent(request, consent_from(request).deny("analytics"))
        return PlainTextResponse("")

    client = client_for(policy, secret_key, page)
    answer = client.get("/")

    assert len(answer.headers.get_list("set-cookie")) == 1
    value = answer.headers["set-cookie"].partition(";")[0].partition("=")[2]
    assert ConsentCookie(policy, secret_key).from_value(value).choice("analytics") is Choice.DENIED


def test_a_consent_that_is_changed_and_not_saved_changes_nothing(policy: Policy, secret_key: str) -> None:
    async def page(request: Request) -> Response:
        consent_from(request).grant("analytics")
        return PlainTextResponse(str(consent_from(request).allows("analytics")))

    answer = client_for(policy, secret_key, page).get("/")

    assert answer.text == "False"
    assert "set-cookie" not in answer.headers


def test_a_caller_cannot_save_the_signal_away(policy: Policy, secret_key: str) -> None:
    app = saving(lambda consent: replace(consent.grant("analytics"), gpc=False))

    async def page(request: Request) -> Response:
        await app(request)
        return PlainTextResponse(str(consent_from(request).gpc))

    answer = client_for(policy, secret_key, page).get("/", headers={"Sec-GPC": "1"})

    assert answer.text == "True"


def test_saving_from_a_background_task_is_an_error_and_not_a_silent_loss(
    policy: Policy, secret_key: str
) -> None:
    async def page(request: Request) -> Response:
        task = BackgroundTask(save_consent, request, consent_from(request).grant("analytics"))
        return PlainTextResponse("", background=task)

    with pytest.raises(ResponseStartedError, match="not in a background task"):
        client_for(policy, secret_key, page).get("/")


def test_a_consent_of_another_policy_is_not_saved(policy: Policy, secret_key: str, declare: Declare) -> None:
    other = Consent(declare()).grant("analytics")

    with pytest.raises(ValueError, match="another policy"):
        client_for(policy, secret_key, saving(lambda _consent: other)).get("/")


def test_the_log_names_what_was_allowed_and_how_and_no_value(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "consentkit")
    answer = client_for(policy, secret_key, saving(lambda c: c.grant("analytics").deny("panel"))).get("/")

    assert [record.getMessage() for record in caplog.records] == [
        "Choices saved (settings:save); allowed: analytics."
    ]
    assert answer.headers["set-cookie"].split("=")[1].split(";")[0] not in caplog.text
