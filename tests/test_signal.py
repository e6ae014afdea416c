"""Global Privacy Control on the wire: what pages say of it, and how long an opt-out holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from time import time
from typing import Any

import pytest
from jinja2 import DictLoader, Environment
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.templating import Jinja2Templates
from starlette.testclient import TestClient

from consentkit import Consent, ConsentMiddleware, Policy, parse_policy
from consentkit.consent.cookie import ConsentCookie
from consentkit.policy.digest import notice
from consentkit.starlette import ConsentExtension, consent_from, consent_value
from consentkit.testing import consent_cookies

Declare = Callable[..., Policy]

ORIGIN = "https://tides.example"
GPC = {"Sec-GPC": "1"}
HONOURED = "Global Privacy Control: honoured"
REFUSED = "so these are refused without asking you"
CHOICES = "Your Privacy Choices"
DAY = 86_400
PAGE = "<!doctype html><html><head><title>T</title></head><body><h1>Tides</h1></body></html>"
BY_TEMPLATE: dict[str, Any] = {"gate_html": False, "inject_banner": False}


def site(
    policy: Policy,
    key: str,
    template: str = PAGE,
    cookies: dict[str, str] | None = None,
    **options: Any,  # noqa: ANN401
) -> TestClient:
    environment = Environment(
        loader=DictLoader({"page.html": template}), autoescape=True, extensions=[ConsentExtension]
    )
    templates = Jinja2Templates(env=environment)

    async def page(request: Request) -> Response:
        return templates.TemplateResponse(request, "page.html")

    async def plain(_request: Request) -> Response:
        return HTMLResponse(PAGE)

    async def api(request: Request) -> Response:
        consent = consent_from(request)
        return JSONResponse({"marketing": consent.allows("marketing"), "value": consent_value(request)})

    ours = Middleware(ConsentMiddleware, policy=policy, secret_key=key, **options)
    routes = [Route("/", page), Route("/plain", plain), Route("/api", api)]
    return TestClient(Starlette(routes=routes, middleware=[ours]), base_url=ORIGIN, cookies=cookies)


def accept(client: TestClient, policy: Policy, *names: str, **headers: str) -> None:
    form = {"decision": "save", "notice": notice(policy), **{f"choice.{name}": "granted" for name in names}}
    answer = client.post("/cookies", data=form, headers={"Origin": ORIGIN, **headers}, follow_redirects=False)
    assert answer.status_code == 303


# --- the line on every page


#
def test_a_page_says_that_the_signal_was_honoured_and_without_it_does_not(
    policy: Policy, secret_key: str
) -> None:
    client = site(policy, secret_key)
    chosen = site(policy, secret_key, cookies=consent_cookies(policy, secret_key, granted=["analytics"]))

    for visitor in (client, chosen):
        for path in ("/", "/plain"):
            assert visitor.get(path, headers=GPC).text.count(HONOURED) == 1
            assert HONOURED not in visitor.get(path).text
            assert HONOURED not in visitor.get(path, headers={"Sec-GPC": "0"}).text


#
@pytest.mark.parametrize("options", [{}, BY_TEMPLATE])
def test_it_stands_where_a_template_has_put_the_link_and_nowhere_else(
    policy: Policy, secret_key: str, options: dict[str, Any]
) -> None:
    template = "<!doctype html><html><body><footer>{{ consent_link() }}</footer></body></html>"
    page = site(policy, secret_key, template, **options).get("/", headers=GPC).text

    footer = page.partition("<footer>")[2].partition("</footer>")[0]
    assert footer.index("Cookie settings") < footer.index(HONOURED)
    assert page.count(HONOURED) == page.count("Cookie settings</a>") == 1


#
def test_where_a_template_makes_a_link_of_its_own_the_status_still_comes(
    policy: Policy, secret_key: str
) -> None:
    template = '<!doctype html><html><body><a href="{{ consent_url() }}">Cookies</a></body></html>'
    client = site(policy, secret_key, template, cookies=consent_cookies(policy, secret_key))

    page = client.get("/", headers=GPC).text
    assert page.count(HONOURED) == 1
    assert "Cookie settings</a>" not in page
    assert "choices-foot" not in client.get("/").text


#
def test_it_is_not_said_where_the_signal_refuses_nothing(policy: Policy, secret_key: str) -> None:
    client = site(policy, secret_key)
    accept(client, policy, "third-party", **GPC)

    assert HONOURED not in client.get("/", headers=GPC).text
    assert "You accepted these yourself all the same" in client.get("/cookies", headers=GPC).text


#
def test_a_site_that_heeds_no_signal_says_nothing_of_it(declare: Declare, secret_key: str) -> None:
    client = site(declare(gpc=()), secret_key, "{{ consent_link() }}", **BY_TEMPLATE)
    answer = client.get("/", headers=GPC)

    assert HONOURED not in answer.text
    assert "vary" not in answer.headers


#
def test_a_page_that_shows_only_the_link_is_the_same_for_all_who_do_not_send_the_signal(
    policy: Policy, secret_key: str
) -> None:
    client = site(policy, secret_key, "{{ consent_link() }}", **BY_TEMPLATE)
    client.cookies.update(consent_cookies(policy, secret_key, granted=["analytics"]))
    without, with_signal = client.get("/"), client.get("/", headers=GPC)

    assert without.headers["vary"] == "Sec-GPC"
    assert "cache-control" not in without.headers
    assert with_signal.headers["vary"] == "Cookie, Sec-GPC"
    assert with_signal.headers["cache-control"] == "private"


#
def test_a_page_without_anything_of_ours_stays_as_it_came(policy: Policy, secret_key: str) -> None:
    answer = site(policy, secret_key, **BY_TEMPLATE).get("/plain", headers=GPC)

    assert answer.text == PAGE
    assert "vary" not in answer.headers


#
def test_a_page_for_everybody_says_it_hidden_to_all_and_the_cookies_page_tells(
    policy: Policy, secret_key: str
) -> None:
    client = site(policy, secret_key, cache="shared")
    without, with_signal = client.get("/plain"), client.get("/plain", headers=GPC)
    hidden = re.findall(r'<(span|div) class="choices-gpc"[^>]* hidden>(.*?)</\1>', without.text, re.DOTALL)

    assert without.content == with_signal.content
    assert without.text.count(HONOURED) == sum(HONOURED in text for _, text in hidden) == 1
    assert without.text.count(REFUSED) == sum(REFUSED in text for _, text in hidden) == 1
    assert REFUSED in client.get("/cookies", headers=GPC).text
    assert "choices-gpc" not in client.get("/cookies").text


#
def test_where_no_script_would_show_it_a_page_for_everybody_says_nothing(
    policy: Policy, secret_key: str
) -> None:
    heedless = replace(policy, categories=tuple(replace(one, gpc=False) for one in policy.categories))

    for client in (
        site(policy, secret_key, cache="shared", client=False),
        site(heedless, secret_key, cache="shared"),
    ):
        page = client.get("/plain", headers=GPC).text
        assert 'id="choices"' in page
        assert "Global Privacy Control" not in page


#
def test_the_tag_of_a_page_tells_apart_what_it_says_of_the_signal(policy: Policy, secret_key: str) -> None:
    async def page(_request: Request) -> Response:
        return HTMLResponse(PAGE, headers={"ETag": '"1"'})

    consent = Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)
    client = TestClient(Starlette(routes=[Route("/", page)], middleware=[consent]))

    assert client.get("/").headers["etag"] != client.get("/", headers=GPC).headers["etag"]


#
def test_the_signal_is_no_consent_and_no_end_of_the_question(policy: Policy, secret_key: str) -> None:
    page = site(policy, secret_key).get("/", headers=GPC).text

    assert 'id="choices"' in page
    assert "Content from others" in page.partition("<button")[0], "what is refused is told of as well"


# --- where something is sold


SELLING = """
[site]
name = "Tides"
controller = { name = "Harbour Office", contact = "privacy@tides.example" }
[consent]
expires_after = "365 days"
gpc = ["marketing"]
sells_or_shares = ["marketing"]
[categories.marketing]
[services.pixel]
category = "marketing"
provider = "Pixel Ltd"
hosts = ["pixel.example"]
"""


@pytest.fixture
def selling() -> Policy:
    return parse_policy(SELLING)


#
@pytest.mark.parametrize("options", [{}, {"cache": "shared"}])
def test_every_page_has_the_link_to_the_opt_out(
    selling: Policy, secret_key: str, options: dict[str, Any]
) -> None:
    client = site(selling, secret_key, **options)
    page = client.get("/plain").text
    there = page.partition(f">{CHOICES}</a>")[0].rpartition('href="')[2].partition('"')[0]
    path, _, place = there.partition("#")

    assert page.count(CHOICES) == 1
    assert f'<section id="{place}">' in client.get(path).text
    assert "sells or shares personal information" in client.get(path).text


#
@pytest.mark.parametrize("placed", ["{{ consent_link() }}", "{{ consent_url() }}"])
def test_it_is_there_wherever_the_settings_are(selling: Policy, secret_key: str, placed: str) -> None:
    template = f"<!doctype html><html><body>{placed}</body></html>"

    assert site(selling, secret_key, template).get("/").text.count(CHOICES) == 1


#
def test_a_site_that_sells_nothing_has_no_such_link(policy: Policy, secret_key: str) -> None:
    assert CHOICES not in site(policy, secret_key).get("/", headers=GPC).text


# --- nobody who has opted out is asked for twelve months


def aged(client: TestClient, policy: Policy, key: str, days: int) -> TestClient:
    """Return the same visitor so many days later: the cookie as it was set, but that long ago."""
    now = ConsentCookie(policy, key)
    then = ConsentCookie(policy, key, clock=lambda: time() - days * DAY)
    answers = now.from_value(client.cookies["__Host-consent"]).answers
    old = {name: answer._replace(at=None) for name, answer in answers.items()}
    value = then.value(then.seal(Consent(policy, old)))
    return site(policy, key, cookies={"__Host-consent": value})


def is_asked(client: TestClient, **headers: str) -> bool:
    page = client.get("/", headers=headers).text
    state = client.get("/cookies/state", headers=headers).json()
    assert state["needs_prompt"] is ('id="choices"' in page)
    return bool(state["needs_prompt"])


#
@pytest.mark.parametrize("how", ["click", "signal", "both"])
def test_who_has_opted_out_is_not_asked_until_twelve_months_are_over(
    selling: Policy, secret_key: str, how: str
) -> None:
    client = site(selling, secret_key)
    assert is_asked(client)
    if how != "click":
        client.get("/", headers=GPC)
    if how != "signal":
        client.post("/cookies", data={"decision": "deny-all"}, headers={"Origin": ORIGIN})

    asked = {days: is_asked(aged(client, selling, secret_key, days)) for days in (0, 1, 180, 364, 366)}
    assert asked == {0: False, 1: False, 180: False, 364: False, 366: True}


#
def test_as_long_as_the_signal_comes_nobody_is_asked_at_all(selling: Policy, secret_key: str) -> None:
    client = site(selling, secret_key)
    client.get("/", headers=GPC)

    assert [is_asked(aged(client, selling, secret_key, days), **GPC) for days in (0, 364, 366, 800)] == [
        False, False, False, False,
    ]  # fmt: skip


#
def test_an_opt_out_by_the_signal_ends_an_older_grant(selling: Policy, secret_key: str) -> None:
    cookies = consent_cookies(selling, secret_key, granted=["marketing"])
    client = site(selling, secret_key, cookies={"__Host-consent": cookies["__Host-consent"]})
    assert client.get("/api").json()["marketing"] is True
    client.cookies.clear()
    client.cookies.set("__Host-consent", cookies["__Host-consent"], domain="tides.example", path="/")
    client.get("/", headers=GPC)

    assert client.get("/api").json()["marketing"] is False


#
def test_a_grant_by_name_in_spite_of_the_signal_is_recorded_so_and_holds(
    selling: Policy, secret_key: str
) -> None:
    client = site(selling, secret_key)
    client.get("/", headers=GPC)
    accept(client, selling, "marketing", **GPC)
    answer = ConsentCookie(selling, secret_key).from_value(client.cookies["__Host-consent"]).answers

    assert answer["marketing"].gpc is True
    for headers in (GPC, {}):
        assert client.get("/api", headers=headers).json()["marketing"] is True
    assert "set-cookie" not in client.get("/", headers=GPC).headers


#
def test_an_opt_out_is_kept_with_the_first_page_and_that_page_by_no_cache(
    selling: Policy, secret_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = site(selling, secret_key)
    with caplog.at_level("INFO", "consentkit"):
        first = client.get("/", headers=GPC)
    second = client.get("/", headers=GPC)

    assert first.headers["cache-control"] == "no-store"
    assert first.headers["set-cookie"].startswith("__Host-consent=1..")
    assert "Choices saved (signal); allowed: nothing optional." in caplog.text
    assert "set-cookie" not in second.headers


#
def test_what_is_no_page_keeps_nothing_and_knows_it_all_the_same(selling: Policy, secret_key: str) -> None:
    client = site(selling, secret_key)
    answer = client.get("/api", headers=GPC)

    assert "set-cookie" not in answer.headers
    assert answer.json()["marketing"] is False
    assert answer.json()["value"] != "", "a job is told of the opt-out"


#
def test_with_pages_for_everybody_the_state_keeps_it(selling: Policy, secret_key: str) -> None:
    client = site(selling, secret_key, cache="shared")

    assert "set-cookie" not in client.get("/", headers=GPC).headers
    assert client.get("/cookies/state", headers=GPC).json()["needs_prompt"] is False
    assert "__Host-consent" in client.cookies


#
def test_where_nothing_is_sold_the_signal_writes_nothing(policy: Policy, secret_key: str) -> None:
    client = site(policy, secret_key)
    client.get("/", headers=GPC)
    client.get("/cookies", headers=GPC)

    assert not client.cookies
