"""Fifteen defects of other consent tools, each a test; the six that need a browser are in ``browser/``.

The numbers are those of the table in ``docs/pitfalls.md``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from itertools import permutations
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from consentkit import Consent, ConsentMiddleware, Policy, parse_policy
from consentkit.consent.cookie import ConsentCookie
from consentkit.starlette import consent_from
from consentkit.testing import consent_cookies

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
ORIGIN = "https://www.tides.example"
DAY = 24 * 60 * 60


async def page(request: Request) -> Response:
    """Set what the site would like to set, one of it hidden from scripts."""
    response = HTMLResponse("<!doctype html><title>Tides</title><p>High at six.")
    response.set_cookie("_ct", "1", httponly=True)
    response.set_cookie("_visits_1", "1")
    response.set_cookie("_v", "1", path="/videos")
    return response


def site(policy: Policy, key: str, *inside: Middleware, **options: Any) -> Starlette:  # noqa: ANN401
    consent = Middleware(ConsentMiddleware, policy=policy, secret_key=key, **options)
    return Starlette(
        routes=[Route("/", page), Route("/talk", talk), Route("/language", language)],
        middleware=[consent, *inside],
    )


async def talk(request: Request) -> Response:
    """Show a notice once."""
    told = request.session.pop("notice", None)
    if told is None:
        request.session["notice"] = "saved"
    return PlainTextResponse(str(told), headers={"set-cookie": "csrftoken=1"})


async def language(request: Request) -> Response:
    response = PlainTextResponse(request.cookies.get("my-language", "en"))
    response.set_cookie("my-language", "cy")
    return response


def visitor(policy: Policy, key: str, *granted: str, origin: str = ORIGIN) -> TestClient:
    return TestClient(
        site(policy, key), base_url=origin, cookies=consent_cookies(policy, key, granted=granted)
    )


def decide(client: TestClient, headers: Iterable[tuple[str, str]] = (), **fields: str) -> Any:  # noqa: ANN401
    fields["notice"] = client.get("/cookies/state").json()["notice"]
    return client.post("/cookies", data=fields, headers=SAME_ORIGIN | dict(headers), follow_redirects=False)


def state(client: TestClient, **headers: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get("/cookies/state", headers=headers).json()
    return answer


def names(lines: Iterable[str]) -> set[str]:
    return {line.partition("=")[0] for line in lines}


def deleted(lines: Iterable[str]) -> set[str]:
    return names(line for line in lines if "Max-Age=0" in line)


# 1
#
def test_a_rejection_deletes_what_the_view_has_set_also_what_scripts_cannot_see(
    policy: Policy, secret_key: str
) -> None:
    client = visitor(policy, secret_key, "analytics")
    assert names(client.get("/").headers.get_list("set-cookie")) == {"_ct", "_visits_1"}
    assert {"_ct", "_visits_1"} <= set(client.cookies)

    answer = decide(client, decision="deny-all")
    assert {"_ct", "_visits_1"} <= deleted(answer.headers.get_list("set-cookie"))
    assert "clear-site-data" not in answer.headers  # it would take the session along
    assert client.cookies.keys() & {"_ct", "_visits_1"} == set()
    assert "set-cookie" not in client.get("/").headers


# 2
#
@pytest.mark.parametrize(
    "forge",
    [
        lambda value: "2" + value[1:],
        lambda value: value.replace("1..", "1.AAAAAAAAAAAAAAAAAAAAAA.", 1),
        lambda value: value[:3] + f"{int(time.time()) + 60:08x}" + value[11:],
        lambda value: value[:11] + ("1" if value[11] == "0" else "0") + value[12:],
        lambda value: value[:12] + "~" + value[12:].replace("~", "", 1),
        lambda value: "~".join(reversed(value.split("~", 1))),
        lambda value: value[:-43] + "A" * 43,
        lambda value: value[:-1],
        lambda _: "",
        lambda _: "granted",
    ],
    ids=["version", "id", "time", "signal", "lists", "order", "signature", "cut", "empty", "word"],
)
def test_a_forged_field_is_no_choice_and_the_reason_is_in_the_log(
    policy: Policy, secret_key: str, caplog: pytest.LogCaptureFixture, forge: Callable[[str], str]
) -> None:
    value = consent_cookies(policy, secret_key, granted=["analytics", "third-party"])["__Host-consent"]
    forged = forge(value)
    assert forged != value
    client = TestClient(site(policy, secret_key), base_url=ORIGIN, cookies={"__Host-consent": forged})

    now = state(client)
    assert (now["needs_prompt"], now["allowed"]) == (True, ["essential"])
    reasons = [r.getMessage() for r in caplog.records if "consent cookie was ignored" in r.getMessage()]
    assert len(reasons) == 1
    assert not forged or forged not in reasons[0]


# 4
#
def test_saving_without_touching_anything_is_kept_as_a_refusal(policy: Policy, secret_key: str) -> None:
    client = TestClient(site(policy, secret_key), base_url=ORIGIN)
    assert decide(client, decision="save").status_code == 303
    now = state(client)
    assert (now["needs_prompt"], now["allowed"]) == (False, ["essential"])
    assert now["choices"]["analytics"] == "denied"


class SharedCache:
    """What RFC 9111 lets a cache between many visitors do, and nothing else."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self._kept: list[tuple[dict[str, str], Any]] = []

    def get(self, cookies: dict[str, str]) -> Any:  # noqa: ANN401 - httpx2's response
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        for varied, kept in self._kept:
            if all({"cookie": cookie}.get(name, "") == value for name, value in varied.items()):
                return kept
        answer = TestClient(self._app, base_url=ORIGIN).get("/", headers={"Cookie": cookie} if cookie else {})
        control = answer.headers.get("cache-control", "")
        vary = [name.strip().lower() for name in answer.headers.get("vary", "").split(",") if name]
        if "public" in control and not {"private", "no-store"} & set(control.split(", ")) and "*" not in vary:
            self._kept.append(({name: {"cookie": cookie}.get(name, "") for name in vary}, answer))
        return answer

    @property
    def size(self) -> int:
        return len(self._kept)


# 9
#
def test_behind_a_shared_cache_nobody_gets_the_page_of_somebody_else(policy: Policy, secret_key: str) -> None:
    frame = '<iframe src="https://video.example/1"></iframe>'

    async def cached(request: Request) -> Response:
        return HTMLResponse(f"<!doctype html><body>{frame}", headers={"cache-control": "public, max-age=60"})

    async def asking(request: Request) -> Response:
        text = str(consent_from(request).allows("third-party"))
        return PlainTextResponse(text, headers={"cache-control": "public, max-age=60"})

    everything = consent_cookies(policy, secret_key, granted=["third-party"])
    nothing = consent_cookies(policy, secret_key)
    consent = Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)
    for endpoint, shown in ((cached, ' src="https://video.example/1"'), (asking, "True")):
        cache = SharedCache(Starlette(routes=[Route("/", endpoint)], middleware=[consent]))
        for cookies in (everything, {}, nothing, everything):
            assert (shown in cache.get(cookies).text) is (cookies is everything)
        assert cache.size == 0

    async def same_for_all(request: Request) -> Response:
        return JSONResponse({"high": 6}, headers={"cache-control": "public, max-age=60"})

    cache = SharedCache(Starlette(routes=[Route("/", same_for_all)], middleware=[consent]))
    assert [cache.get(cookies).json() for cookies in (everything, {}, nothing)] == [{"high": 6}] * 3
    assert cache.size == 1


# 10
#
def test_a_cookie_that_was_set_for_host_and_domain_is_deleted_in_both_places(
    policy: Policy, secret_key: str
) -> None:
    client = visitor(policy, secret_key, "analytics")
    for domain in (".tides.example", "www.tides.example"):
        client.cookies.set("_ct", domain, domain=domain, path="/")
    answer = decide(client, decision="deny-all")

    lines = [line for line in answer.headers.get_list("set-cookie") if line.startswith("_ct=")]
    domains = {part for line in lines for part in line.split("; ") if part.startswith("Domain=")}
    assert any("Domain=" not in line for line in lines)
    assert {"Domain=www.tides.example", "Domain=tides.example"} <= domains
    assert "Domain=example" not in domains
    assert "_ct" not in [cookie.name for cookie in client.cookies.jar]


# 10
#
def test_of_two_consent_cookies_none_wins_by_its_place(policy: Policy, secret_key: str) -> None:
    granted = consent_cookies(policy, secret_key, granted=["analytics"])["consent"]
    refused = consent_cookies(policy, secret_key)["consent"]
    app = site(policy, secret_key)
    for values in permutations([granted, refused]):
        cookie = "; ".join(f"consent={value}" for value in values)
        allowed = TestClient(app).get("/cookies/state", headers={"Cookie": cookie}).json()["allowed"]
        assert allowed == ["essential"]
    twice = {"Cookie": f"consent={granted}; consent={granted}"}
    assert "analytics" in TestClient(app).get("/cookies/state", headers=twice).json()["allowed"]


# 11
@pytest.mark.parametrize("undeclared", ["report", "strict"])
def test_notices_tokens_and_sessions_work_before_consent_though_nothing_declares_them(
    secret_key: str, undeclared: str
) -> None:
    app = site(
        parse_policy(BARE),
        secret_key,
        Middleware(SessionMiddleware, secret_key=secret_key),
        undeclared=undeclared,
    )
    client = TestClient(app, base_url=ORIGIN)
    assert [client.get("/talk").text for _ in range(3)] == ["None", "saved", "None"]
    assert "csrftoken" in client.cookies


# 11
def test_a_language_works_undeclared_or_its_loss_is_told_with_what_to_write(
    secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    for undeclared, works in (("report", True), ("strict", False)):
        caplog.clear()
        client = TestClient(site(parse_policy(BARE), secret_key, undeclared=undeclared), base_url=ORIGIN)
        client.get("/language")
        assert (client.get("/language").text == "cy") is works
        warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
        assert len(warnings) == 1
        assert "my-language" in warnings[0]
        assert "consent.toml" in warnings[0]


BARE = """
[site]
name = "Tides"
controller = { name = "Office", contact = "privacy@tides.example" }

[categories.analytics]
cookies = [{ name = "_counted", expires_after = "1 day" }]
"""


# 12
#
def test_a_corrected_text_asks_nobody_and_a_new_provider_asks_about_itself(secret_key: str) -> None:
    text = """
    [site]
    name = "Tides"
    controller = { name = "Office", contact = "privacy@tides.example" }
    [categories.analytics]
    [services.counter]
    category = "analytics"
    provider = "Counting Ltd"
    purpose = "Counts vists."
    [categories.marketing]
    [services.adverts]
    category = "marketing"
    provider = "Adverts Ltd"
    """
    chosen = consent_cookies(parse_policy(text), secret_key, granted=["analytics"])

    def state_under(changed: str) -> dict[str, Any]:
        app = site(parse_policy(changed), secret_key)
        return state(TestClient(app, base_url=ORIGIN, cookies=chosen))

    corrected = state_under(text.replace("vists", "visits"))
    assert (corrected["needs_prompt"], "analytics" in corrected["allowed"]) == (False, True)

    more = '[services.panel]\ncategory = "analytics"\nprovider = "Panel Ltd"\n'
    extended = state_under(text + more)
    assert (extended["needs_prompt"], "analytics" in extended["allowed"]) == (True, False)
    assert (extended["choices"]["analytics"], extended["choices"]["marketing"]) == (None, "denied")


# 14
#
def test_the_signal_is_heard_on_the_very_first_response_and_an_explicit_yes_outranks_it(
    policy: Policy, secret_key: str
) -> None:
    app = site(policy, secret_key)
    signal = {"Sec-GPC": "1"}
    client = TestClient(app, base_url=ORIGIN, headers=signal)
    assert "set-cookie" not in client.get("/").headers

    granted_before = visitor(policy, secret_key, "third-party")
    assert names(granted_before.get("/").headers.get_list("set-cookie")) == {"_v"}
    assert "_v" not in names(granted_before.get("/", headers=signal).headers.get_list("set-cookie"))

    assert decide(client, signal.items(), decision="grant-all").status_code == 303
    assert "third-party" not in state(client)["allowed"]
    fields = {"decision": "save", "choice.third-party": "granted"}
    assert decide(client, signal.items(), **fields).status_code == 303
    assert "third-party" in state(client)["allowed"]
    assert names(client.get("/").headers.get_list("set-cookie")) == {"_v"}


# 15
#
@pytest.mark.parametrize(("days", "holds"), [(179, True), (181, False)])
def test_a_cookie_that_is_written_anew_by_somebody_else_lasts_no_longer(
    policy: Policy, secret_key: str, days: int, holds: bool
) -> None:
    then = ConsentCookie(policy, secret_key, clock=lambda: time.time() - days * DAY)
    value = then.value(then.seal(Consent(policy).deny_all().grant("analytics")))
    client = TestClient(site(policy, secret_key), base_url=ORIGIN)
    client.cookies.set("__Host-consent", value, domain="www.tides.example", path="/")
    assert ("analytics" in state(client)["allowed"]) is holds
    assert state(client)["needs_prompt"] is not holds
