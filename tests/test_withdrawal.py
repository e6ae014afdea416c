"""What a visitor withdraws is told to the site once the response is out, and nothing waits for that."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from consentkit import Consent, ConsentMiddleware, Policy, parse_policy
from consentkit.policy.digest import notice
from consentkit.starlette import consent_from, save_consent
from consentkit.testing import consent_cookies
from consentkit.withdrawal import PAUSES, Withdrawals, withdrawn

ORIGIN = "http://testserver"
EVERYTHING = ("analytics", "third-party")
ALL_BUT_ONE = {
    "decision": "save",
    "choice.analytics": "granted",
    "choice.counter": "denied",
    "choice.third-party": "granted",
}
pytestmark = pytest.mark.anyio


class Provider:
    """Everybody who has to be told: keeps what it hears, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.heard: list[str] = []
        self.failures = failures
        self.scopes: list[Scope] = []

    async def __call__(self, service: str, scope: Scope) -> None:
        self.heard.append(service)
        self.scopes.append(scope)
        if self.failures:
            self.failures -= 1
            raise ConnectionError("visitor 17 at secret.example")


async def withdraws(request: Request) -> Response:
    await save_consent(request, consent_from(request).withdraw("analytics"))
    return PlainTextResponse("saved")


async def changes_its_mind(request: Request) -> Response:
    consent = consent_from(request)
    await save_consent(request, consent.withdraw())
    await save_consent(request, consent.deny("counter"))
    return PlainTextResponse("saved")


async def breaks(request: Request) -> Response:
    await save_consent(request, consent_from(request).withdraw())
    raise RuntimeError


def site(policy: Policy, key: str, hook: Callable[[str, Scope], Awaitable[None]] | None) -> Starlette:
    ours = Middleware(ConsentMiddleware, policy=policy, secret_key=key, on_withdrawal=hook)
    routes = [
        Route(path, endpoint, methods=["POST"])
        for path, endpoint in (("/withdraws", withdraws), ("/mind", changes_its_mind), ("/breaks", breaks))
    ]
    return Starlette(routes=routes, middleware=[ours])


def heard(policy: Policy, key: str, path: str, granted: Sequence[str] = EVERYTHING, **form: str) -> list[str]:
    """Return whom a site has told once a visitor's request is over and the server has stopped."""
    provider = Provider()
    with TestClient(site(policy, key, provider), follow_redirects=False) as client:
        client.cookies.update(consent_cookies(policy, key, granted=granted) if granted else {})
        form = {"notice": notice(policy), **form} if form else {}
        client.post(path, data=form, headers={"Origin": ORIGIN})
    return sorted(provider.heard)


# --- what counts


#
@pytest.mark.parametrize(
    ("granted", "form", "told"),
    [
        (EVERYTHING, {"decision": "deny-all"}, ["counter", "panel", "video"]),
        (EVERYTHING, {"decision": "save"}, ["counter", "panel", "video"]),
        (EVERYTHING, {"decision": "save", "choice.analytics": "granted"}, ["video"]),
        (EVERYTHING, ALL_BUT_ONE, ["counter"]),
        (("counter",), {"decision": "deny-all"}, ["counter"]),
        (EVERYTHING, {"decision": "grant-all"}, []),
        ((), {"decision": "deny-all"}, []),
        (["third-party"], {"decision": "grant-all"}, []),
    ],
)  # fmt: skip
def test_each_service_is_told_once_that_was_allowed_and_is_no_longer(
    policy: Policy, secret_key: str, granted: Sequence[str], form: dict[str, str], told: list[str]
) -> None:
    assert heard(policy, secret_key, "/cookies", granted, **form) == told


#
def test_code_of_the_site_withdraws_like_a_form(policy: Policy, secret_key: str) -> None:
    assert heard(policy, secret_key, "/withdraws") == ["counter", "panel"]


#
def test_of_several_choices_in_one_request_the_last_counts(policy: Policy, secret_key: str) -> None:
    assert heard(policy, secret_key, "/mind") == ["counter"]


#
def test_a_choice_that_never_left_has_withdrawn_nothing(policy: Policy, secret_key: str) -> None:
    provider = Provider()
    with TestClient(site(policy, secret_key, provider), raise_server_exceptions=False) as client:
        client.cookies.update(consent_cookies(policy, secret_key, granted=EVERYTHING))
        answer = client.post("/breaks")

    assert answer.status_code == 500
    assert "set-cookie" not in answer.headers
    assert provider.heard == []


#
def test_the_signal_alone_withdraws_nothing_and_a_refusal_under_it_does(policy: Policy) -> None:
    granted = Consent(policy).grant("third-party")
    under_signal = Consent(policy, granted.answers, gpc=True)

    assert withdrawn(granted, under_signal) == []
    assert withdrawn(under_signal, under_signal.deny_all()) == ["video"]


#
def test_where_something_is_sold_the_signal_is_a_withdrawal(secret_key: str) -> None:
    policy = parse_policy(SELLING)
    provider = Provider()
    with TestClient(site(policy, secret_key, provider)) as client:
        client.cookies.update(consent_cookies(policy, secret_key, granted=["marketing"]))
        for _ in range(2):
            client.get("/cookies", headers={"Sec-GPC": "1"})

    assert provider.heard == ["pixel"]


#
def test_an_objection_is_told_like_a_withdrawal(secret_key: str) -> None:
    policy = parse_policy(EXEMPT)

    assert heard(
        policy, secret_key, "/cookies", (), **{"decision": "save", "choice.statistics": "denied"}
    ) == ["meter"]


SITE = '[site]\nname = "T"\ncontroller = { name = "H", contact = "c" }\n'
SELLING = f"""{SITE}
[consent]
expires_after = "365 days"
gpc = ["marketing"]
sells_or_shares = ["marketing"]
[categories.marketing]
[services.pixel]
category = "marketing"
provider = "P"
"""
EXEMPT = f"""{SITE}
[categories.statistics]
essential = true
exemption = "fr-audience-measurement"
name = "S"
purpose = "P"
[services.meter]
category = "statistics"
provider = "P"
reason = "R"
"""


#
def test_the_call_gets_the_request_as_it_came(policy: Policy, secret_key: str) -> None:
    provider = Provider()
    with TestClient(site(policy, secret_key, provider)) as client:
        client.cookies.update({**consent_cookies(policy, secret_key, granted=EVERYTHING), "_ct": "17"})
        client.post("/withdraws")

    assert [Request(scope).cookies["_ct"] for scope in provider.scopes] == ["17", "17"]


# --- nothing waits for it


#
def test_the_response_is_out_before_anybody_is_told(
    policy: Policy, secret_key: str, exchange: Callable[..., list[Message]]
) -> None:
    order: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await save_consent(Request(scope), consent_from(Request(scope)).withdraw("third-party"))
        await send({"type": "http.response.start", "status": 204})
        await send({"type": "http.response.body"})
        order.append("response")

    async def hook(service: str, scope: Scope) -> None:
        order.append(service)

    wrapped = ConsentMiddleware(app, policy=policy, secret_key=secret_key, on_withdrawal=hook)

    async def later(scope: Scope, receive: Receive, send: Send) -> None:
        await wrapped(scope, receive, send)
        order.append("over")
        await asyncio.sleep(0)

    cookie = consent_cookies(policy, secret_key, granted=EVERYTHING)["consent"]
    exchange(later, headers=[(b"cookie", f"consent={cookie}".encode())])
    assert order == ["response", "over", "video"]


#
def test_a_refusal_takes_effect_though_every_call_fails(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Withdrawals, "pauses", (0, 0))
    provider = Provider(failures=1_000)
    with TestClient(site(policy, secret_key, provider), follow_redirects=False) as client:
        client.cookies.update(consent_cookies(policy, secret_key, granted=["third-party"]))
        client.cookies.delete("__Host-consent")
        answer = client.post("/cookies", data={"decision": "deny-all"}, headers={"Origin": ORIGIN})
        kept = answer.headers["set-cookie"].partition(";")[0]
        state = client.get("/cookies/state", headers={"Cookie": kept}).json()

    assert answer.status_code == 303
    assert state["choices"]["third-party"] == "denied"
    assert provider.heard == ["video"] * 3
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == ["on_withdrawal failed 3 times for video (ConnectionError), and is not called again."]
    assert "secret" not in caplog.text


# --- the calls themselves


async def told(
    provider: Provider, services: Sequence[str], pauses: Sequence[float], grace: float = 5
) -> None:
    calls = Withdrawals(provider)
    calls.pauses, calls.grace = pauses, grace
    calls.tell(services, {"type": "http"})
    await calls.finish()


#
@pytest.mark.parametrize(("failures", "calls"), [(0, 1), (1, 2), (3, 4), (9, 4)])
async def test_a_call_that_fails_is_made_again_three_times(failures: int, calls: int) -> None:
    provider = Provider(failures)
    await told(provider, ["video"], pauses=(0, 0, 0))

    assert provider.heard == ["video"] * calls


#
async def test_one_provider_that_fails_keeps_no_other_waiting() -> None:
    provider = Provider(failures=1)
    await told(provider, ["counter", "video"], pauses=(0.01,))

    assert provider.heard == ["counter", "video", "counter"]


#
def test_each_pause_is_longer_than_the_one_before() -> None:
    assert list(PAUSES) == sorted(set(PAUSES))
    assert len(PAUSES) == 3


#
async def test_a_stopping_server_waits_a_while_and_says_who_was_not_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    provider = Provider(failures=1)
    await told(provider, ["video"], pauses=(60.0,), grace=0.01)

    assert provider.heard == ["video"]
    assert [record.getMessage() for record in caplog.records] == [
        "on_withdrawal was not finished for video: the server stopped."
    ]


#
async def test_the_application_hears_of_the_end_after_the_calls() -> None:
    heard: list[str] = []

    async def slow(service: str, scope: Scope) -> None:
        await asyncio.sleep(0.01)
        heard.append(service)

    waiting = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> Message:
        return {"type": next(waiting)}

    calls = Withdrawals(slow)
    hear = calls.before_shutdown(receive)
    assert (await hear())["type"] == "lifespan.startup"
    calls.tell(["video"], {})
    assert heard == []
    assert (await hear())["type"] == "lifespan.shutdown"
    assert heard == ["video"]


#
def test_without_asyncio_it_says_so_and_the_response_is_not_broken(caplog: pytest.LogCaptureFixture) -> None:
    Withdrawals(Provider()).tell(["video"], {})

    assert [record.getMessage() for record in caplog.records] == [
        "on_withdrawal was not called for video: it needs asyncio."
    ]


# P6
def test_without_the_option_nothing_is_done(policy: Policy, secret_key: str) -> None:
    with TestClient(site(policy, secret_key, None)) as client:
        client.cookies.update(consent_cookies(policy, secret_key, granted=EVERYTHING))
        assert client.post("/withdraws").text == "saved"
