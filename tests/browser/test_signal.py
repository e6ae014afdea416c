"""Global Privacy Control and the right to object, in browsers: who is contacted, and what is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from tests.browser.firefox import running
from tests.browser.steps import SIGNAL

from consentkit import ConsentMiddleware, Policy, parse_policy

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page
    from tests.browser.conftest import Canary

Serve = Callable[..., AbstractContextManager[int]]
MakeSite = Callable[..., str]

SITE = '[site]\nname = "Tides"\ncontroller = { name = "Harbour Office", contact = "tides@harbour.example" }\n'
SELLING = f"""{SITE}
[consent]
expires_after = "365 days"
gpc = ["marketing"]
sells_or_shares = ["marketing"]

[categories.marketing]
[services.pixel]
category = "marketing"
provider = "Pixel Ltd"
hosts = ["pixel.example"]

[categories.analytics]
[services.counter]
category = "analytics"
provider = "Counting Ltd"
hosts = ["counter.example"]
"""
EXEMPT = f"""{SITE}
[categories.statistics]
essential = true
exemption = "uk-statistics"
name = "Statistics"
purpose = "Count visits, so that the tables can be improved."
[services.counter]
category = "statistics"
provider = "Counting Ltd"
reason = "Counts visits."
hosts = ["counter.example"]
"""
# Both by a script and without one, for browsers with scripts and without.
TAG = '<img src="https://{0}.example/slow-{0}.gif" alt=""><script src="https://{0}.example/slow-{0}.js"></script>'
PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tides</title></head>'
    '<body><main><h1>High tide</h1><p data-for="marketing">of the site itself</p>{}</main></body></html>'
)
HONOURED = "Global Privacy Control: honoured"
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])


@pytest.fixture
def client_script() -> bool:
    return True


@pytest.fixture
def make_site(serving: Serve, secret_key: str) -> Iterator[MakeSite]:
    """Yield a way to serve a site with one page that has tags of the services named."""
    with ExitStack() as stack:

        def make(policy: Policy, *services: str) -> str:
            async def page(_request: Request) -> HTMLResponse:
                return HTMLResponse(PAGE.format("".join(map(TAG.format, services))))

            consent = Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)
            app = Starlette(routes=[Route("/", page)], middleware=[consent])
            return f"http://127.0.0.1:{stack.enter_context(serving(app))}"

        yield make


@pytest.fixture
def selling(make_site: MakeSite) -> str:
    return make_site(parse_policy(SELLING), "pixel", "counter")


@pytest.fixture
def exempt(make_site: MakeSite) -> str:
    return make_site(parse_policy(EXEMPT), "counter")


@pytest.fixture
def visit(new_visitor: Callable[..., BrowserContext], canary: Canary) -> Callable[..., Page]:
    """Return a way to a tab of somebody new."""

    def visit(*, gpc: bool = False, scripts: bool = True) -> Page:
        headers = {"Sec-GPC": "1"} if gpc else {}
        visitor = new_visitor(extra_http_headers=headers, java_script_enabled=scripts)
        if gpc:
            visitor.add_init_script(SIGNAL)
        return visitor.new_page()

    return visit


def contacted(canary: Canary) -> set[str]:
    return {request.partition(".")[0] for request in canary.seen}


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()
    page.locator("#choices-saved").wait_for()
    page.wait_for_load_state("networkidle")


def choose(page: Page, name: str, choice: str) -> None:
    page.locator(f'input[name="choice.{name}"][value="{choice}"]').check()


# --- the signal


#
@SCRIPTS
def test_under_the_signal_nobody_it_covers_is_contacted_before_or_after_a_yes_to_all(
    visit: Callable[..., Page], selling: str, canary: Canary, scripts: bool
) -> None:
    page = visit(gpc=True, scripts=scripts)
    page.goto(selling)
    assert page.get_by_text(HONOURED).is_visible()
    assert canary.accepted == 0

    press(page, "Accept all")
    page.goto(selling)
    page.wait_for_load_state("networkidle")
    assert contacted(canary) == {"counter"}
    assert page.get_by_text(HONOURED).is_visible()
    page.goto(f"{selling}/cookies")
    assert page.locator('input[name="choice.marketing"][value="denied"]').is_checked()


#
@SCRIPTS
def test_a_later_yes_by_name_is_an_informed_exception_and_the_page_claims_no_more(
    visit: Callable[..., Page], selling: str, canary: Canary, scripts: bool
) -> None:
    page = visit(gpc=True, scripts=scripts)
    page.goto(f"{selling}/cookies")
    choose(page, "marketing", "granted")
    press(page, "Save choices")
    page.goto(selling)
    page.wait_for_load_state("networkidle")

    assert contacted(canary) == {"pixel"}
    assert page.get_by_text(HONOURED).count() == 0


#
def test_without_the_signal_the_page_says_nothing_of_it(visit: Callable[..., Page], selling: str) -> None:
    page = visit()
    page.goto(selling)

    assert page.get_by_text(HONOURED).count() == 0
    assert page.get_by_role("link", name="Cookie settings").is_visible()


#
def test_the_claim_goes_with_the_choice_that_ends_it_without_a_reload(
    visit: Callable[..., Page], selling: str, canary: Canary
) -> None:
    page = visit(gpc=True)
    page.goto(selling)
    page.evaluate("window.stayed = true")
    page.get_by_role("link", name="Cookie settings").click()
    choose(page, "marketing", "granted")
    press(page, "Save choices")

    assert page.evaluate("window.stayed")
    assert page.get_by_text(HONOURED).count() == 0
    assert page.get_by_text("of the site itself").is_visible()
    assert "pixel" in contacted(canary)


#
@SCRIPTS
def test_the_opt_out_is_one_click_away_from_every_page(
    visit: Callable[..., Page], selling: str, scripts: bool
) -> None:
    page = visit(scripts=scripts)
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(selling)
    page.get_by_role("link", name="Your Privacy Choices").click()
    page.wait_for_url(re.compile(r"/cookies\?next=.*#choices-signal$"))

    place = page.locator("#choices-signal")
    assert place.evaluate("one => one.getBoundingClientRect().top < innerHeight")
    assert "sells or shares personal information" in place.inner_text()
    choose(page, "marketing", "denied")
    press(page, "Save choices")
    page.goto(selling)
    assert page.locator(".choices-ask").count() == 0


#
def test_the_line_at_the_end_of_a_page_fits_a_small_screen_and_a_finger(
    visit: Callable[..., Page], selling: str
) -> None:
    page = visit(gpc=True)
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(selling)
    boxes = [link.bounding_box() for link in page.locator(".choices-foot a").all()]

    assert len(boxes) == 2
    for box in boxes:
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
        assert box["x"] + box["width"] <= 320


# --- the objection


#
@SCRIPTS
def test_statistics_under_an_exemption_ask_nobody_and_end_with_an_objection(
    visit: Callable[..., Page], exempt: str, canary: Canary, scripts: bool
) -> None:
    page = visit(scripts=scripts)
    page.goto(exempt)
    page.wait_for_load_state("networkidle")
    assert page.locator(".choices-ask").count() == 0
    assert contacted(canary) == {"counter"}

    page.get_by_role("link", name="Cookie settings").click()
    page.get_by_role("radio", name="Object (Statistics)", exact=True).check()
    press(page, "Save choices")
    canary.forget()
    for path in ("/", "/cookies"):
        page.goto(exempt + path)
        page.wait_for_load_state("networkidle")
    assert canary.accepted == 0
    assert page.get_by_role("radio", name="Object (Statistics)", exact=True).is_checked()


#
@SCRIPTS
def test_an_objection_is_taken_back_where_it_was_made(
    visit: Callable[..., Page], exempt: str, canary: Canary, scripts: bool
) -> None:
    page = visit(scripts=scripts)
    for label in ("Object (Statistics)", "Do not object (Statistics)"):
        page.goto(f"{exempt}/cookies")
        page.get_by_role("radio", name=label, exact=True).check()
        press(page, "Save choices")
    canary.forget()
    page.goto(exempt)
    page.wait_for_load_state("networkidle")

    assert contacted(canary) == {"counter"}
    assert page.context.cookies() == []


#
def test_the_cookies_page_with_all_of_it_has_nothing_that_axe_finds(
    visit: Callable[..., Page], make_site: MakeSite, axe_source: str
) -> None:
    both = SELLING + EXEMPT.removeprefix(SITE).replace("services.counter", "services.meter")
    page = visit(gpc=True)
    page.goto(make_site(parse_policy(both)) + "/cookies")
    page.evaluate(axe_source)
    found = page.evaluate(
        "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html]))"
    )

    assert found == []


# --- Firefox, which sends the signal itself


#
@pytest.mark.parametrize("gpc", [True, False])
def test_firefox_with_its_own_preference_contacts_nobody_whom_the_signal_covers(
    make_site: MakeSite, canary: Canary, tmp_path: Path, gpc: bool
) -> None:
    preferences: dict[str, bool | int | str] = {
        "network.dns.forceResolve": "127.0.0.1",
        "network.socket.forcePort": f"80={canary.port};443={canary.port}",
        "privacy.globalprivacycontrol.enabled": gpc,
    }
    site = make_site(parse_policy(SELLING), "pixel", "counter")

    with running(tmp_path, preferences) as firefox:
        firefox.goto(site)
        assert (HONOURED in firefox.source) is gpc
        assert not contacted(canary) & {"pixel", "counter"}

        firefox.click("button[value=grant-all]")
        firefox.wait_until(lambda: firefox.count("#choices-saved"))
        canary.forget()
        firefox.goto(site)
        firefox.wait_until(lambda: "counter" in contacted(canary))
        assert (HONOURED in firefox.source) is gpc
        assert ("pixel" in contacted(canary)) is not gpc
