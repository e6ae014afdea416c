"""An objection, from the cookies page to everything that the exempted service does on the wire."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from consentkit import ConsentMiddleware, Policy, parse_policy
from consentkit.consent.cookie import ConsentCookie
from consentkit.jobs import ConsentReader
from consentkit.policy.digest import notice
from consentkit.starlette import consent_from, consent_value, save_consent
from consentkit.testing import consent_cookies

# Nothing here needs a question: the tides are counted under an exemption.
EXEMPT = """
[site]
name = "Tides"
controller = { name = "Harbour Office", contact = "privacy@tides.example" }

[categories.essential]
cookies = [{ name = "session", purpose = "Keeps you signed in.", expires_after = "session" }]

[categories.statistics]
essential = true
exemption = "uk-statistics"
name = "Statistics"
purpose = "Count visits, so that the tables can be improved."
cookies = [{ name = "_visits", purpose = "Counts visits.", expires_after = "13 months" }]

[services.counter]
category = "statistics"
provider = "Counting Ltd"
reason = "Counts visits."
hosts = ["counter.example"]
cookies = [{ name = "_ct", purpose = "Counts visits.", expires_after = "1 year" }]
"""
MARKETING = """
[categories.marketing]
[services.pixel]
category = "marketing"
provider = "Pixel Ltd"
hosts = ["pixel.example"]
"""
ORIGIN = "https://tides.example"
SCRIPT = '<script src="https://counter.example/c.js"></script>'
LIVE = '<script src="https://counter.example/'
PAGE = f"<!doctype html><html><head><title>T</title>{SCRIPT}</head><body><h1>Tides</h1></body></html>"


async def page(_request: Request) -> Response:
    response = HTMLResponse(PAGE, headers={"link": "<https://counter.example>; rel=preconnect"})
    response.set_cookie("_ct", "1")
    response.set_cookie("session", "1")
    return response


async def api(request: Request) -> Response:
    return JSONResponse({"allowed": consent_from(request).allows("counter"), "sent": [*request.cookies]})


async def value(request: Request) -> Response:
    return JSONResponse(consent_value(request))


async def objects(request: Request) -> Response:
    await save_consent(request, consent_from(request).deny("statistics"))
    return PlainTextResponse("")


def site(policy: Policy, key: str, **options: Any) -> TestClient:  # noqa: ANN401
    consent = Middleware(ConsentMiddleware, policy=policy, secret_key=key, **options)
    routes = [
        Route("/", page),
        Route("/api", api),
        Route("/value", value),
        Route("/objects", objects, methods=["POST"]),
    ]
    return TestClient(Starlette(routes=routes, middleware=[consent]), base_url=ORIGIN)


@pytest.fixture
def exempt() -> Policy:
    return parse_policy(EXEMPT)


def decide(client: TestClient, choice: str, **fields: str) -> httpx2.Response:
    form = {"decision": "save", "choice.statistics": choice, **fields}
    return client.post("/cookies", data=form, headers={"Origin": ORIGIN}, follow_redirects=False)


def names(answer: httpx2.Response) -> set[str]:
    return {line.partition("=")[0] for line in answer.headers.get_list("set-cookie")}


#
def test_nobody_is_asked_and_everything_works_until_somebody_objects(exempt: Policy, secret_key: str) -> None:
    client = site(exempt, secret_key)
    answer = client.get("/")

    assert LIVE in answer.text
    assert 'id="choices"' not in answer.text
    assert '<a class="choices-link" href="/cookies' in answer.text
    assert names(answer) == {"_ct", "session"}
    assert "preconnect" in answer.headers["link"]
    assert client.get("/api").json()["allowed"] is True
    assert "Do not object" in client.get("/cookies").text


#
def test_an_objection_closes_all_of_it_and_only_that(exempt: Policy, secret_key: str) -> None:
    client = site(exempt, secret_key)
    client.get("/")
    assert {"_ct", "session"} <= set(client.cookies)

    answer = decide(client, "denied")
    assert answer.status_code == 303
    assert "_ct" not in client.cookies
    later = client.get("/")
    assert LIVE not in later.text
    assert 'data-consent="counter"' in later.text
    assert names(later) == {"session"}
    assert "link" not in later.headers
    client.cookies.set("_visits", "7")
    asked = client.get("/api")
    assert asked.json() == {"allowed": False, "sent": ["session", "__Host-consent"]}
    assert "_visits" in names(asked)
    assert client.get("/cookies/state").json()["choices"] == {"statistics": "denied", "counter": None}


#
def test_taking_it_back_opens_all_of_it_again(exempt: Policy, secret_key: str) -> None:
    client = site(exempt, secret_key)
    decide(client, "denied")
    decide(client, "granted", notice=notice(exempt))

    assert LIVE in client.get("/").text
    assert "__Host-consent" not in client.cookies, "there is nothing left to keep"
    assert client.get("/cookies/state").json()["choices"] == {"statistics": None, "counter": None}


#
def test_code_of_the_site_can_object_for_a_visitor(exempt: Policy, secret_key: str) -> None:
    client = site(exempt, secret_key)
    client.post("/objects")

    assert client.get("/api").json()["allowed"] is False


#
def test_pages_of_those_who_object_and_those_who_do_not_are_kept_apart(
    exempt: Policy, secret_key: str
) -> None:
    client = site(exempt, secret_key)
    first = client.get("/")
    decide(client, "denied")
    second = client.get("/")

    for answer in (first, second):
        assert answer.headers["vary"] == "Cookie"
        assert answer.headers["cache-control"] == "private"


#
def test_what_is_held_back_for_an_objection_is_told_once(
    exempt: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = site(exempt, secret_key)
    decide(client, "denied")
    for _ in range(2):
        client.get("/")

    (warning,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert "_ct was held back: the visitor does not allow counter" in warning


#
def test_a_page_for_everybody_is_closed_to_it_and_the_state_says_who_may_have_it(
    exempt: Policy, secret_key: str
) -> None:
    client = site(exempt, secret_key, cache="shared")
    stranger = client.get("/")
    allowed = client.get("/cookies/state").json()["allowed"]
    decide(client, "denied")

    assert LIVE not in stranger.text
    assert 'id="choices"' not in stranger.text
    assert "counter" in allowed
    assert client.get("/").text == stranger.text
    assert "counter" not in client.get("/cookies/state").json()["allowed"]


# P9
def test_where_nobody_is_asked_no_page_looks_whether_somebody_was(exempt: Policy, secret_key: str) -> None:
    client = site(exempt, secret_key, cache="shared")

    assert "early.js" not in client.get("/").text
    client.get("/cookies/state")
    assert not [name for name in client.cookies if "shown" in name]
    assert "consent-shown" not in client.get("/cookies").text


#
@pytest.mark.parametrize("cache", ["personal", "shared"])
def test_the_content_policy_lets_it_through_unless_its_visitor_objects(
    exempt: Policy, secret_key: str, cache: str
) -> None:
    client = site(exempt, secret_key, csp="enforce", cache=cache)
    before = client.get("/").headers["content-security-policy"]
    decide(client, "denied")
    after = client.get("/").headers["content-security-policy"]

    assert "counter.example" in before
    # A page for everybody has one policy; what closes it is that its markup is inert.
    assert ("counter.example" in after) is (cache == "shared")


#
def test_early_hints_to_it_are_left_out(
    exempt: Policy, secret_key: str, exchange: Callable[..., list[Message]]
) -> None:
    hint: Message = {
        "type": "http.response.early_hint",
        "links": [b"<https://counter.example/c.js>; rel=preload"],
    }

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send(hint)

    wrapped = ConsentMiddleware(app, policy=exempt, secret_key=secret_key)
    cookie = consent_cookies(exempt, secret_key, denied=["statistics"])["consent"]

    assert exchange(wrapped) == [hint]
    assert exchange(wrapped, headers=[(b"cookie", f"consent={cookie}".encode())]) == []


#
def test_beside_a_question_an_objection_is_an_answer_of_its_own(secret_key: str) -> None:
    policy = parse_policy(EXEMPT + MARKETING)
    client = site(policy, secret_key)
    assert 'id="choices"' in client.get("/").text
    decide(client, "denied")
    state = client.get("/cookies/state").json()
    assert (state["needs_prompt"], state["allowed"]) == (False, ["essential"])

    everything = {"decision": "grant-all", "notice": notice(policy)}
    client.post("/cookies", data=everything, headers={"Origin": ORIGIN})
    assert client.get("/cookies/state").json()["allowed"] == ["essential", "marketing", "pixel"]


#
def test_reject_all_in_the_banner_is_an_objection_too(secret_key: str) -> None:
    client = site(parse_policy(EXEMPT + MARKETING), secret_key)
    client.post("/cookies", data={"decision": "deny-all"}, headers={"Origin": ORIGIN})

    assert client.get("/cookies/state").json()["allowed"] == ["essential"]


#
def test_the_cookies_for_tests_object_to_what_is_named_and_to_nothing_else(
    exempt: Policy, secret_key: str
) -> None:
    both = parse_policy(EXEMPT + MARKETING)

    assert consent_cookies(exempt, secret_key) == {}
    for policy, denied, allowed in (
        (both, [], True),
        (both, ["statistics"], False),
        (exempt, ["counter"], False),
    ):
        client = site(policy, secret_key)
        client.cookies.update(consent_cookies(policy, secret_key, denied=denied))
        assert client.get("/api").json()["allowed"] is allowed


# --- in jobs


#
def test_a_job_counts_unless_its_visitor_has_objected(exempt: Policy, secret_key: str) -> None:
    client, reader = site(exempt, secret_key), ConsentReader(exempt, secret_key)
    before = client.get("/value").json()
    decide(client, "denied")
    after = client.get("/value").json()

    assert reader.read(before).allows("counter")
    assert not reader.read(after).allows("counter")
    assert not reader.read(before, latest=after).allows("counter")
    assert not reader.read(after, latest=before).allows("counter"), "it was refused when the job was made"


#
@pytest.mark.parametrize("unread", ["garbage", "1..00000000" + "0~" + ".x"])
def test_a_value_that_cannot_be_read_may_have_held_an_objection(
    exempt: Policy, secret_key: str, unread: str
) -> None:
    reader = ConsentReader(exempt, secret_key)

    assert not reader.read(unread).allows("counter")
    assert not reader.read(None, latest=unread).allows("counter")
    assert reader.read(None).allows("counter")
    assert reader.read("", latest="").allows("counter")


#
def test_an_exception_from_an_objection_counts_in_a_job_if_both_values_allow_it(
    exempt: Policy, secret_key: str
) -> None:
    more = '[services.panel]\ncategory = "statistics"\nprovider = "P"\nreason = "R"\n'
    policy = parse_policy(EXEMPT + more)
    codec, reader = ConsentCookie(policy, secret_key), ConsentReader(policy, secret_key)
    nobody = reader.read(None)
    excepted = codec.value(codec.seal(nobody.deny("statistics").grant("panel")))

    for queued, latest in ((excepted, ""), ("", excepted), (excepted, excepted)):
        consent = reader.read(queued, latest=latest)
        assert [consent.allows(name) for name in ("statistics", "counter", "panel")] == [False, False, True]
