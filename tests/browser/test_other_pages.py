"""What is chosen on one page reaches the others: in other tabs, and in the back/forward cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.browser.steps import (
    COUNT,
    FILM,
    choose,
    is_untouched,
    mark,
    press,
    until,
    until_asked_for,
    until_reloaded,
)

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse, Browser, Page
    from playwright.sync_api import Route as Intercepted
    from tests.browser.conftest import Canary, MakeSite

COUNTER = '<script src="https://counter.example/count.js"></script>'


@pytest.fixture
def client_script() -> bool:
    return True


#
def test_other_tabs_follow_a_yes_and_a_withdrawal(page: Page, canary: Canary, make_site: MakeSite) -> None:
    site = make_site(COUNTER)
    page.goto(site)
    other = page.context.new_page()
    other.goto(f"{site}/other")
    mark(other)

    choose(page, "Accept all")
    other.locator(".choices-ask").wait_for(state="detached")
    other.wait_for_load_state("networkidle")

    assert is_untouched(other)
    until_asked_for(page, canary, {COUNT: 2, FILM: 2})

    canary.forget()
    page.get_by_role("link", name="Cookie settings").click()
    press(page, "Reject all")
    until_reloaded(other)
    other.wait_for_load_state("networkidle")
    assert other.locator(".choices-embed").is_visible()
    assert canary.accepted == 0


#
def test_an_answer_that_is_older_than_the_choice_undoes_nothing(
    page: Page, canary: Canary, make_site: MakeSite
) -> None:
    page.goto(make_site(COUNTER))
    held: list[tuple[Intercepted, APIResponse]] = []
    page.route("**/cookies/state*", lambda route: held.append((route, route.fetch())))
    page.evaluate("new BroadcastChannel(new URL('/cookies', location.href).href).postMessage(0)")
    until(page, lambda: held)
    mark(page)
    press(page, "Accept all")
    page.locator("#choices-saved").wait_for()

    ((route, answer),) = held
    route.fulfill(response=answer)
    until_asked_for(page, canary, {COUNT: 1, FILM: 1})

    assert is_untouched(page)
    assert page.evaluate("consentkit.allows('analytics')") is True


REPORTING = """<script>
const tell = what => fetch("/told?" + what);
addEventListener("pageshow", event => tell(event.persisted ? "restored" : "loaded"));
document.addEventListener("consentkit:change", () => setTimeout(() =>
    tell("banners=" + document.querySelectorAll(".choices-ask").length)));
</script>"""


class Teller:
    """What the page says by itself.

    Playwright does not follow pages into the back/forward cache and out of it: nothing is asked of the
    page once it is back, because an answer may never come.
    """

    def __init__(self) -> None:
        self.told: list[str] = []
        self.routes = (Route("/told", self._tell),)

    async def _tell(self, request: Request) -> Response:
        self.told.append(request.url.query)
        return Response()


# A form without the script tells no other page.
DECIDE = """decision => fetch("/cookies", {
    method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ decision, notice: document.querySelector("[name=notice]").value }),
}).then(answer => answer.status)"""


#
def test_a_page_out_of_the_back_forward_cache_asks_what_was_chosen_meanwhile(
    world_with_page_cache: Browser, canary: Canary, make_site: MakeSite
) -> None:
    teller = Teller()
    site = make_site(COUNTER + REPORTING, routes=teller.routes)
    page = world_with_page_cache.new_page()
    page.goto(site)
    page.goto(f"{site}/cookies")
    assert page.evaluate(DECIDE, "grant-all") == 200
    assert canary.accepted == 0

    page.go_back(wait_until="commit")

    until_asked_for(page, canary, {COUNT: 1, FILM: 1})
    until(page, lambda: len(teller.told) == 3)
    assert teller.told == ["loaded", "restored", "banners=0"]


#
def test_a_page_out_of_the_back_forward_cache_opens_nothing_twice(
    world_with_page_cache: Browser, canary: Canary, make_site: MakeSite
) -> None:
    teller = Teller()
    site = make_site(COUNTER + REPORTING, routes=teller.routes)
    page = world_with_page_cache.new_page()
    page.goto(site)
    choose(page, "Accept all")
    page.goto(f"{site}/cookies")

    page.go_back(wait_until="commit")

    until(page, lambda: "restored" in teller.told)
    until_asked_for(page, canary, {COUNT: 1, FILM: 1})
    assert teller.told == ["loaded", "banners=0", "restored"]


#
def test_a_page_out_of_the_back_forward_cache_is_loaded_again_after_a_withdrawal(
    world_with_page_cache: Browser, canary: Canary, make_site: MakeSite
) -> None:
    teller = Teller()
    site = make_site(COUNTER + REPORTING, routes=teller.routes)
    page = world_with_page_cache.new_page()
    page.goto(site)
    choose(page, "Accept all")
    page.goto(f"{site}/cookies")
    assert page.evaluate(DECIDE, "deny-all") == 200
    canary.forget()

    page.go_back(wait_until="commit")

    until(page, lambda: teller.told[-1] == "loaded")
    page.wait_for_timeout(300)
    assert teller.told[:3] == ["loaded", "banners=0", "restored"]
    assert teller.told[-1] == "loaded"
    assert canary.accepted == 0
