"""Reading consent makes a response private to its visitor."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from consentkit import Consent, ConsentMiddleware, Policy
from consentkit.consent.cookie import ConsentCookie
from consentkit.starlette import consent_from
from consentkit.testing import consent_cookies

Declare = Callable[..., Policy]
Endpoint = Callable[[Request], Awaitable[Response]]


def client_for(policy: Policy, secret_key: str, endpoint: Endpoint, **options: str) -> TestClient:
    app = Starlette(
        routes=[Route("/{rest:path}", endpoint)],
        middleware=[Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)],
    )
    return TestClient(app, **options)  # type: ignore[arg-type] # base_url only


def reading(headers: Mapping[str, str]) -> Endpoint:
    async def page(request: Request) -> Response:
        allowed = consent_from(request).allows("analytics")
        return PlainTextResponse(str(allowed), headers=headers)

    return page


# --- caches -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "case",
    [
        (None, "private", False),
        ("public, max-age=600", "private, max-age=600", True),
        ("max-age=60, s-maxage=600", "private, max-age=60", True),
        ("PUBLIC", "private", True),
        ("max-age=60", "private, max-age=60", False),
        ("no-cache", "private, no-cache", False),
        ("no-store", "no-store", False),
        ("private, max-age=5", "private, max-age=5", False),
        ("Private", "Private", False),
    ],
)
def test_a_page_that_asks_is_kept_out_of_shared_caches(
    policy: Policy,
    secret_key: str,
    caplog: pytest.LogCaptureFixture,
    case: tuple[str | None, str, bool],
) -> None:
    given, left, warned = case
    headers = {"cache-control": given} if given else {}
    answer = client_for(policy, secret_key, reading(headers)).get("/page")

    assert answer.headers.get_list("cache-control", split_commas=False) == [left]
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == warned
    assert all("/page" in warning for warning in warnings)


def test_one_warning_is_enough_for_all_pages_that_are_marked_for_shared_caches(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_for(policy, secret_key, reading({"cache-control": "public"}))
    answers = [client.get("/page"), client.get("/page")]

    assert [answer.headers["cache-control"] for answer in answers] == ["private", "private"]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_a_path_cannot_forge_a_line_of_the_log(
    policy: Policy, secret_key: str, exchange: Callable[..., list[Message]], caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await reading({"cache-control": "public"})(Request(scope))
        await response(scope, receive, send)

    exchange(ConsentMiddleware(app, policy=policy, secret_key=secret_key), "/a\nWARNING forged")

    assert len(caplog.records) == 1
    assert "\n" not in caplog.records[0].getMessage()


@pytest.mark.parametrize(
    ("given", "left"),
    [
        (None, "Cookie, Sec-GPC"),
        ("Accept-Encoding", "Accept-Encoding, Cookie, Sec-GPC"),
        ("cookie", "cookie, Sec-GPC"),
        ("Cookie, COOKIE", "Cookie, Sec-GPC"),
        ("*", "*"),
        ("Accept-Encoding, *", "*"),
    ],
)
def test_vary_is_merged_into_one_header(
    policy: Policy, secret_key: str, given: str | None, left: str
) -> None:
    headers = {"vary": given} if given else {}
    answer = client_for(policy, secret_key, reading(headers)).get("/")

    assert answer.headers.get_list("vary", split_commas=False) == [left]


def test_a_response_varies_by_the_signal_only_where_the_policy_heeds_it(
    declare: Declare, secret_key: str
) -> None:
    deaf = client_for(declare(gpc=()), secret_key, reading({})).get("/", headers={"Sec-GPC": "1"})

    assert deaf.headers["vary"] == "Cookie"


def test_a_page_that_does_not_ask_keeps_its_public_caching(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def page(request: Request) -> Response:
        return PlainTextResponse("", headers={"cache-control": "public, max-age=600"})

    answer = client_for(policy, secret_key, page).get("/")

    assert answer.headers["cache-control"] == "public, max-age=600"
    assert "vary" not in answer.headers
    assert caplog.records == []


def test_reading_for_the_first_time_after_the_start_is_logged_once(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def page(request: Request) -> Response:
        async def body() -> AsyncIterator[str]:
            for name in ("analytics", "counter"):
                yield str(consent_from(request).allows(name))

        return StreamingResponse(body())

    answer = client_for(policy, secret_key, page).get("/")

    assert answer.text == "FalseFalse"
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "after the response had started" in caplog.text


def test_reading_before_the_start_and_again_in_the_body_is_fine(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def page(request: Request) -> Response:
        consent_from(request)

        async def body() -> AsyncIterator[str]:
            yield str(consent_from(request).allows("analytics"))

        return StreamingResponse(body())

    assert client_for(policy, secret_key, page).get("/").text == "False"
    assert caplog.records == []


# --- reading ----------------------------------------------------------------------------------------


#
@pytest.mark.parametrize(
    ("signals", "on"),
    [
        (["1"], True),
        (["0", "1"], True),
        (["0, 1"], True),
        ([], False),
        ([""], False),
        (["0"], False),
        (["true"], False),
        (['"1"'], False),
        (["11"], False),
    ],
)
def test_only_exactly_1_is_the_signal(policy: Policy, secret_key: str, signals: list[str], on: bool) -> None:
    async def page(request: Request) -> Response:
        return PlainTextResponse(str(consent_from(request).gpc))

    answer = client_for(policy, secret_key, page).get("/", headers=[("Sec-GPC", value) for value in signals])

    assert answer.text == str(on)


#
@pytest.mark.parametrize(("days", "allowed"), [(0, True), (179, True), (181, False), (-1, False)])
def test_what_counts_is_the_signed_moment_and_a_visit_extends_nothing(
    policy: Policy, secret_key: str, days: int, allowed: bool
) -> None:
    codec = ConsentCookie(policy, secret_key, clock=lambda: time.time() - days * 86_400)
    value = codec.value(codec.seal(Consent(policy).grant("analytics")))
    client = client_for(policy, secret_key, reading({}))
    answers = [client.get("/", headers={"Cookie": f"consent={value}"}) for _visit in range(3)]

    assert [answer.text for answer in answers] == [str(allowed)] * 3
    assert not any("set-cookie" in answer.headers for answer in answers)


#
def test_two_genuine_cookies_that_disagree_grant_nothing(policy: Policy, secret_key: str) -> None:
    yes, no = (consent_cookies(policy, secret_key, granted=names)["consent"] for names in (["analytics"], []))
    client = client_for(policy, secret_key, reading({}))

    assert client.get("/", headers={"Cookie": f"consent={yes}; consent={no}"}).text == "False"
    assert client.get("/", headers={"Cookie": f"consent={no}; consent={yes}"}).text == "False"
    assert client.get("/", headers={"Cookie": f"consent={yes}; consent={yes}"}).text == "True"
