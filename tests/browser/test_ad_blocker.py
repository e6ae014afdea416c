"""What ad blockers do to the script and to the banner grants nothing, and takes no way away."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tests.browser.steps import COUNT, FILM, is_untouched, mark, until, until_asked_for, until_saved

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page
    from tests.browser.conftest import Canary, MakeSite

COUNTER = '<script src="https://counter.example/count.js"></script>'
NOT_SAVED = "Your choice was not saved. The site could not be reached."
# What scripts ask for below the prefix; pages and forms of the browser's own have no such parameter.
BY_SCRIPTS = re.compile(r"/cookies(/state)?\?.*(echo=|dialog)")
# As a cosmetic filter hides an element, whatever the page says of it.
HIDING = """
const filter = new CSSStyleSheet();
filter.replaceSync("#choices, .choices-ask { display: none !important }");
document.adoptedStyleSheets.push(filter);
"""


@pytest.fixture
def client_script() -> bool:
    return True


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).last.press("Enter")  # of the dialog, if there is one


#
def test_a_form_never_waits_for_a_script_that_is_blocked(
    page: Page, canary: Canary, make_site: MakeSite
) -> None:
    page.route("**/client.js", lambda route: route.abort("blockedbyclient"))
    page.goto(make_site(COUNTER))
    mark(page)

    press(page, "Accept all")
    until_saved(page)

    assert not is_untouched(page)
    until_asked_for(page, canary, {COUNT: 1, FILM: 1})


#
@pytest.mark.parametrize("client_script", [True, False], ids=["client", "no-client"])
@pytest.mark.parametrize("cache", ["personal", "shared"])
def test_a_banner_that_is_hidden_is_no_answer_and_the_choices_are_where_they_always_are(
    page: Page, canary: Canary, make_site: MakeSite, cache: str, *, client_script: bool
) -> None:
    page.add_init_script(HIDING)
    site = make_site(COUNTER, cache=cache)
    page.goto(site)
    page.wait_for_load_state("networkidle")

    assert not page.locator(".choices-ask").is_visible()
    assert page.get_by_text("The end.").is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("!document.activeElement.closest('.choices-ask')")
    assert (canary.accepted, page.context.cookies()) == (0, [])

    page.get_by_role("link", name="Cookie settings").last.click()
    choice = page.get_by_role("group", name="Content from others")
    choice.get_by_label("Accept").first.check()
    press(page, "Save choices")
    page.locator("#choices-saved").wait_for()
    page.goto(f"{site}/cookies")
    assert choice.get_by_label("Accept").first.is_checked()
    assert COUNT not in canary.seen


#
@pytest.mark.parametrize("place", ["banner", "dialog"])
def test_a_choice_that_a_script_may_not_send_is_sent_by_the_browser_when_it_is_made_again(
    page: Page, canary: Canary, make_site: MakeSite, place: str
) -> None:
    page.route(re.compile("echo="), lambda route: route.abort("blockedbyclient"))
    page.goto(make_site(COUNTER))
    if place == "dialog":
        press(page, "Manage choices")
        page.get_by_role("dialog").wait_for()

    press(page, "Accept all")
    page.get_by_text(NOT_SAVED).wait_for()
    assert canary.accepted == 0
    press(page, "Accept all")
    until_saved(page)

    assert page.get_by_text("You accepted all optional cookies.").is_visible()
    if place == "dialog":
        page.get_by_role("link", name="Go back to the page you were on").click()
    until(page, "window.consentkit?.allows('analytics')")
    until_asked_for(page, canary, {COUNT: 1, FILM: 1})


#
def test_offline_a_choice_that_is_made_again_leaves_the_page_where_it_is(
    page: Page, make_site: MakeSite
) -> None:
    page.goto(make_site())
    page.context.set_offline(True)
    for _ in range(2):
        press(page, "Accept all")
        page.get_by_text(NOT_SAVED).wait_for()
    assert page.locator(".choices-status").count() == 1
    assert page.get_by_text("High tide").is_visible()


#
@pytest.mark.parametrize("cache", ["personal", "shared"])
def test_where_every_request_of_the_script_is_blocked_the_cookies_page_does_it_all(
    new_visitor: Callable[..., BrowserContext], canary: Canary, make_site: MakeSite, cache: str
) -> None:
    page = new_visitor().new_page()
    page.route(BY_SCRIPTS, lambda route: route.abort("blockedbyclient"))
    site = make_site(COUNTER, cache=cache)
    page.goto(site)
    page.wait_for_load_state("networkidle")
    assert page.locator(".choices-ask").is_visible()
    assert canary.accepted == 0

    press(page, "Manage choices")
    page.wait_for_url(f"{site}/cookies?next=**")
    press(page, "Accept all")
    until_saved(page)
    page.goto(f"{site}/cookies")
    assert page.locator("input[name='choice.analytics'][value=granted]").is_checked()

    canary.forget()
    press(page, "Reject all")
    until_saved(page)
    page.goto(site)
    page.wait_for_load_state("networkidle")
    assert canary.accepted == 0
