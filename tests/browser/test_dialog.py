"""The cookies page as a dialog: the same form, opened where the visitor is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.browser.steps import FILM, escape, is_untouched, until_asked_for

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.browser.conftest import Canary, MakeSite

COUNTER = '<script src="https://counter.example/count.js"></script>'
OWN_LINK = '<body><main><h1>Own</h1><p><a href="/cookies#third-party">What we store</a></p></main></body>'


@pytest.fixture
def client_script() -> bool:
    return True


def dialog(page: Page) -> Any:  # noqa: ANN401 - a Locator; Playwright is imported for the types alone
    return page.get_by_role("dialog", name="Cookies on Tides")


#
@pytest.mark.parametrize(
    "opener",
    [
        "button >> text=Manage choices",
        "a >> text=See who they are and what is stored",
        "a >> text=Cookie settings",
        "a >> text=What we store",
    ],
)
def test_the_banner_and_every_link_to_the_cookies_page_open_it_here(
    page: Page, canary: Canary, make_site: MakeSite, opener: str
) -> None:
    page.goto(make_site(COUNTER, OWN_LINK))
    page.locator(opener).focus()
    page.keyboard.press("Enter")
    dialog(page).wait_for()

    assert dialog(page).evaluate("dialog => dialog.matches(':modal')")
    assert page.url.endswith("/")
    assert page.get_by_role("button", name="Close", exact=True).evaluate(
        "button => button === document.activeElement"
    )

    escape(page)
    assert page.locator(opener).evaluate("opener => opener === document.activeElement")
    assert page.locator(".choices-ask").is_visible()
    assert page.evaluate("Object.values(consentkit.choices).every(choice => choice === null)")
    assert page.context.cookies() == []
    assert canary.accepted == 0


#
def test_the_close_button_and_a_click_beside_it_close_it_and_grant_nothing(
    page: Page, make_site: MakeSite
) -> None:
    page.goto(make_site())

    def by_button() -> None:
        page.get_by_role("button", name="Close", exact=True).click()

    def beside() -> None:
        page.mouse.click(3, 3)

    for close in (by_button, beside):
        page.get_by_role("button", name="Manage choices").click()
        dialog(page).wait_for()
        dialog(page).get_by_label("Accept").first.check()
        close()
        dialog(page).wait_for(state="detached")
    assert page.context.cookies() == []
    assert page.evaluate("consentkit.allows('analytics')") is False


#
def test_a_choice_for_one_purpose_holds_and_is_confirmed_in_the_dialog(
    page: Page, canary: Canary, make_site: MakeSite
) -> None:
    page.goto(make_site(COUNTER))
    page.evaluate("window.untouched = true")
    page.get_by_role("button", name="Manage choices").click()
    dialog(page).get_by_role("group", name="Content from others").get_by_label("Accept").first.check()

    dialog(page).get_by_role("button", name="Save choices").click()
    page.get_by_text("Your cookie choices have been saved.").wait_for()

    assert page.evaluate("document.activeElement.id") == "choices-saved"
    assert page.locator(".choices-ask").count() == 0
    page.get_by_role("link", name="Hide this message").click()
    dialog(page).wait_for(state="detached")
    until_asked_for(page, canary, {FILM: 1})
    assert is_untouched(page)


#
def test_enter_in_a_field_saves_and_grants_nothing_more(
    page: Page, canary: Canary, make_site: MakeSite
) -> None:
    page.goto(make_site(COUNTER))
    page.get_by_role("button", name="Manage choices").click()

    dialog(page).get_by_role("radio").first.focus()
    page.keyboard.press("Enter")
    page.get_by_text("You rejected all optional cookies.").wait_for()

    assert canary.accepted == 0


def test_it_is_opened_by_scripts_of_the_page_too(page: Page, make_site: MakeSite) -> None:
    page.goto(make_site())
    page.evaluate("consentkit.open()")
    dialog(page).wait_for()
    page.evaluate("consentkit.open()")
    page.wait_for_timeout(300)
    assert dialog(page).count() == 1


def test_where_the_page_cannot_be_fetched_the_browser_goes_there(page: Page, make_site: MakeSite) -> None:
    site = make_site()
    page.goto(site)
    page.route("**/cookies?*dialog*", lambda route: route.abort())

    page.get_by_role("link", name="Cookie settings").last.click()

    page.wait_for_url(f"{site}/cookies?next=/")


def test_a_link_that_is_to_open_elsewhere_is_left_to_the_browser(page: Page, make_site: MakeSite) -> None:
    page.goto(make_site())
    with page.context.expect_page():
        page.get_by_role("link", name="Cookie settings").last.click(modifiers=["Control"])
    assert dialog(page).count() == 0


def test_on_the_cookies_page_itself_everything_is_as_without_scripts(page: Page, make_site: MakeSite) -> None:
    site = make_site()
    page.goto(f"{site}/cookies")

    assert page.get_by_role("button", name="Close", exact=True).count() == 0
    page.get_by_role("button", name="Accept all").click()

    page.wait_for_url(f"{site}/cookies?choices=saved#choices-saved")


def test_the_page_behind_it_stays_where_it_is(page: Page, make_site: MakeSite) -> None:
    page.goto(make_site("", "<body><div style='height: 300vh'></div></body>"))
    page.get_by_role("link", name="Cookie settings").scroll_into_view_if_needed()
    before = page.evaluate("scrollY")

    page.get_by_role("link", name="Cookie settings").click()
    dialog(page).wait_for()
    escape(page)

    assert page.evaluate("scrollY") == before > 0
