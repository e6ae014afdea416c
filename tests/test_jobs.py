"""Consent in a job queue: taken along from a request, asked again when something is about to be sent."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from time import time
from types import MappingProxyType

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient as FastAPIClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from consentkit import (
    Choice,
    Consent,
    ConsentMiddleware,
    ConsentRequiredError,
    MiddlewareNotInstalledError,
    Policy,
    SecretKeyError,
    UnknownNameError,
    parse_policy,
)
from consentkit.consent.cookie import ConsentCookie
from consentkit.consent.model import Answer
from consentkit.fastapi import requires_consent
from consentkit.jobs import ConsentReader
from consentkit.starlette import consent_from, consent_value, require_consent, save_consent
from consentkit.testing import consent_cookies

DAY = 86_400
NAMES = ("analytics", "counter", "panel", "third-party", "video")


@dataclass
class Sink:
    """A conversion API of some provider: it counts what it is sent."""

    calls: list[str] = field(default_factory=list)

    def send(self, event: str) -> None:
        self.calls.append(event)


@pytest.fixture
def reader(policy: Policy, secret_key: str) -> ConsentReader:
    return ConsentReader(policy, secret_key)


@pytest.fixture
def value_of(policy: Policy, secret_key: str) -> Callable[..., str]:
    """Sign what a visitor chose some days ago."""

    def value_of(*, granted: tuple[str, ...] = (), denied: tuple[str, ...] = (), days_ago: float = 0) -> str:
        codec = ConsentCookie(policy, secret_key, clock=lambda: time() - days_ago * DAY)
        return codec.value(codec.seal(Consent(policy).grant(*granted).deny(*denied)))

    return value_of


def work(queue: list[str], reader: ConsentReader, sink: Sink, latest: str | None = None) -> None:
    """Send what is in the queue, asking for each event at the moment of sending."""
    for line in queue:
        job = json.loads(line)
        if reader.read(job["consent"], latest=latest).allows("counter"):
            sink.send(job["event"])


def queued(value: str | None) -> list[str]:
    return [json.dumps({"event": "purchase", "consent": value})]


# ---- at the moment of sending


#
def test_a_job_of_a_visitor_who_allows_it_is_sent(
    reader: ConsentReader, value_of: Callable[..., str]
) -> None:
    sink = Sink()
    work(queued(value_of(granted=("analytics",))), reader, sink)

    assert sink.calls == ["purchase"]


#
@pytest.mark.parametrize("value", ["", None, "null", "granted", "1." + "A" * 100, "é\x00\n", "x" * 100_000])
def test_without_a_decision_or_with_garbage_nothing_is_sent(
    reader: ConsentReader, value_of: Callable[..., str], value: str | None
) -> None:
    sink = Sink()
    work(queued(value), reader, sink)
    work(queued(value_of(granted=("analytics",))), reader, sink, latest=value or "")

    assert sink.calls == []
    assert reader.read(value).needs_prompt


#
def test_a_decision_that_has_expired_in_the_queue_sends_nothing(
    reader: ConsentReader, value_of: Callable[..., str]
) -> None:
    sink = Sink()
    work(queued(value_of(granted=("analytics",), days_ago=181)), reader, sink)
    assert sink.calls == []

    work(queued(value_of(granted=("analytics",), days_ago=179)), reader, sink)
    assert sink.calls == ["purchase"]


#
def test_a_withdrawal_after_queuing_that_the_site_knows_of_sends_nothing(
    reader: ConsentReader, value_of: Callable[..., str]
) -> None:
    sink = Sink()
    queue = queued(value_of(granted=("analytics",), days_ago=2))
    work(queue, reader, sink, latest=value_of(denied=("analytics",)))
    work(queue, reader, sink, latest=value_of(granted=("analytics",), denied=("counter",)))
    assert sink.calls == []

    work(queue, reader, sink, latest=value_of(granted=("analytics",)))
    work(queue, reader, sink, latest=value_of(granted=("counter",), denied=("third-party",)))
    work(queue, reader, sink, latest=None)
    assert sink.calls == ["purchase"] * 3


#
def test_what_was_refused_when_it_was_queued_is_not_sent_after_a_later_yes(
    reader: ConsentReader, value_of: Callable[..., str]
) -> None:
    sink = Sink()
    yes = value_of(granted=("analytics",))
    work(queued(value_of(denied=("analytics",), days_ago=2)), reader, sink, latest=yes)
    work(queued(""), reader, sink, latest=yes)

    assert sink.calls == []


#
def test_a_value_signed_by_somebody_else_or_for_another_declaration_sends_nothing(
    declare: Callable[..., Policy], policy: Policy, secret_key: str, reader: ConsentReader
) -> None:
    sink = Sink()
    forged = consent_cookies(policy, secret_key[::-1], granted=["analytics"])["consent"]
    work(queued(forged), reader, sink)
    work(queued(consent_cookies(policy, secret_key, granted=["analytics"])["consent"] + "A"), reader, sink)
    assert sink.calls == []

    # A translation changes nothing that was agreed to, and an older key still counts.
    editorial = declare(languages=("en", "de"))
    rotated = ConsentReader(editorial, [secret_key, "another key of forty characters, or so.."])
    work(queued(consent_cookies(policy, secret_key, granted=["analytics"])["consent"]), rotated, sink)
    assert sink.calls == ["purchase"]


#
def test_another_provider_of_the_service_is_not_what_was_agreed_to(secret_key: str) -> None:
    text = """
        [site]
        name = "Tide Tables"
        controller = {{ name = "Harbour Office", contact = "privacy@harbour.example" }}
        languages = ["en"]
        [categories.analytics]
        [services.counter]
        category = "analytics"
        provider = "{provider}"
    """
    before, after = parse_policy(text.format(provider="A Ltd")), parse_policy(text.format(provider="B Ltd"))
    value = consent_cookies(before, secret_key, granted=["analytics"])["consent"]

    assert ConsentReader(before, secret_key).read(value).allows("counter")
    assert not ConsentReader(after, secret_key).read(value).allows("counter")


def test_require_returns_the_consent_or_says_what_is_missing(
    reader: ConsentReader, value_of: Callable[..., str]
) -> None:
    value = value_of(granted=("analytics",))

    assert reader.require(value, "counter").choice("analytics") is Choice.GRANTED
    for refused, latest in [("", None), (value, ""), (value, value_of(denied=("analytics",)))]:
        with pytest.raises(ConsentRequiredError, match="'counter'"):
            reader.require(refused, "counter", latest=latest)


def test_a_name_that_is_not_declared_is_an_error_at_once(reader: ConsentReader) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'counter'"):
        reader.require("", "countr")
    with pytest.raises(UnknownNameError):
        reader.read("").allows("countr")


def test_a_weak_key_is_an_error_as_in_the_middleware(policy: Policy) -> None:
    with pytest.raises(SecretKeyError):
        ConsentReader(policy, "short")


def test_nothing_of_a_value_is_logged(reader: ConsentReader, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        reader.read("evil\nvalue", latest="another\x1bone")
        reader.read("")

    assert "evil" not in caplog.text
    assert "another" not in caplog.text


CONSENTS = st.dictionaries(
    st.sampled_from(NAMES),
    st.tuples(st.sampled_from(Choice), st.integers(1, 100), st.booleans()).map(lambda parts: Answer(*parts)),
)


#
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(then=CONSENTS, now=CONSENTS)
def test_with_a_later_value_exactly_what_both_allow_is_allowed(
    policy: Policy, secret_key: str, then: dict[str, Answer], now: dict[str, Answer]
) -> None:
    reader = ConsentReader(policy, secret_key)
    codec = ConsentCookie(policy, secret_key)

    def signed(answers: dict[str, Answer]) -> str:
        moved = {name: answer._replace(at=int(time()) - (answer.at or 0)) for name, answer in answers.items()}
        return codec.value(Consent(policy, MappingProxyType(moved))) if moved else ""

    old, new = signed(then), signed(now)
    both = reader.read(old, latest=new)
    for name in (*NAMES, "essential"):
        assert both.allows(name) == (reader.read(old).allows(name) and reader.read(new).allows(name))


# ---- from a request


def site(policy: Policy, secret_key: str) -> Starlette:
    async def value(request: Request) -> Response:
        return JSONResponse(consent_value(request))

    async def saves(request: Request) -> Response:
        await save_consent(request, consent_from(request).grant("analytics"))
        return JSONResponse(consent_value(request))

    async def needs(request: Request) -> Response:
        require_consent(request, "counter")
        request.app.state.sink.send("purchase")
        return JSONResponse(None)

    app = Starlette(
        routes=[
            Route("/value", value),
            Route("/saves", saves, methods=["POST"]),
            Route("/needs", needs, methods=["POST"]),
        ],
        middleware=[Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)],
    )
    app.state.sink = Sink()
    return app


#
def test_the_value_of_a_request_says_in_a_job_what_the_request_said(
    policy: Policy, secret_key: str, reader: ConsentReader
) -> None:
    app = site(policy, secret_key)
    for granted in ([], ["analytics"], ["counter"], ["analytics", "third-party"]):
        cookies = consent_cookies(policy, secret_key, granted=granted)
        answer = TestClient(app, cookies=cookies).get("/value")
        asked = reader.read(cookies["consent"])
        read = reader.read(answer.json())

        assert {name: read.allows(name) for name in NAMES} == {name: asked.allows(name) for name in NAMES}
        assert read.decided_at == asked.decided_at
        assert answer.headers["cache-control"] == "private"
        assert "Cookie" in answer.headers["vary"]


@pytest.mark.parametrize("cookies", [{}, {"consent": "garbage"}])
def test_before_the_first_choice_the_value_is_empty(
    policy: Policy, secret_key: str, cookies: dict[str, str]
) -> None:
    assert TestClient(site(policy, secret_key), cookies=cookies).get("/value").json() == ""


def test_a_choice_saved_in_this_request_is_in_its_value(
    policy: Policy, secret_key: str, reader: ConsentReader
) -> None:
    value = TestClient(site(policy, secret_key)).post("/saves").json()

    assert reader.read(value).allows("counter")
    assert not reader.read(value).allows("video")


#
def test_what_the_signal_denies_in_the_request_stays_denied_in_the_job(
    policy: Policy, secret_key: str, reader: ConsentReader
) -> None:
    client = TestClient(
        site(policy, secret_key),
        cookies=consent_cookies(policy, secret_key, granted=["analytics", "third-party", "video"]),
    )
    plain = reader.read(client.get("/value").json())
    signalled = reader.read(client.get("/value", headers={"Sec-GPC": "1"}).json())

    assert plain.allows("video")
    assert plain.allows("third-party")
    assert not signalled.allows("video")
    assert not signalled.allows("third-party")
    assert signalled.allows("counter")


#
def test_a_grant_made_in_spite_of_the_signal_counts_in_the_job(
    policy: Policy, secret_key: str, reader: ConsentReader
) -> None:
    codec = ConsentCookie(policy, secret_key)
    informed = codec.value(codec.seal(Consent(policy, gpc=True).grant("third-party")))
    client = TestClient(site(policy, secret_key), cookies={"consent": informed})

    assert reader.read(client.get("/value", headers={"Sec-GPC": "1"}).json()).allows("video")


def test_without_the_middleware_the_value_says_what_to_add() -> None:
    with pytest.raises(MiddlewareNotInstalledError):
        consent_value(Request({"type": "http", "headers": []}))


# ---- guards of routes


#
@pytest.mark.parametrize("framework", ["starlette", "fastapi"])
def test_a_guarded_route_sends_nothing_without_a_present_yes(
    policy: Policy, secret_key: str, value_of: Callable[..., str], framework: str
) -> None:
    sink = Sink()
    if framework == "starlette":
        app = site(policy, secret_key)
        app.state.sink = sink
        visitor: Callable[..., TestClient] = lambda **more: TestClient(app, **more)  # noqa: E731
    else:
        api = FastAPI()
        api.add_middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)

        @api.post("/needs", dependencies=[requires_consent("counter")])
        async def needs() -> None:
            sink.send("purchase")

        visitor = lambda **more: FastAPIClient(api, **more)  # noqa: E731

    refused = [
        {},
        {"consent": "garbage"},
        {"consent": value_of(denied=("analytics",))},
        {"consent": value_of(granted=("analytics",), days_ago=181)},
        {"consent": value_of(granted=("analytics",), denied=("counter",))},
        {"consent": value_of(granted=("third-party",))},
    ]
    for cookies in refused:
        assert visitor(cookies=cookies).post("/needs").status_code == 403
    assert sink.calls == []

    assert visitor(cookies={"consent": value_of(granted=("analytics",))}).post("/needs").status_code == 200
    assert sink.calls == ["purchase"]
