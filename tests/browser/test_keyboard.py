"""Everything can be done with the keyboard alone, and what happened is said where the focus is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.browser.conftest import Canary

FOCUSED = "document.activeElement.textContent.trim().replace(/\\s+/g, ' ')"


def tab_to(page: Page, text: str, *, key: str = "Tab") -> None:
    """Press the key until what has the focus reads ``text``."""
    passed = []
    for _ in range(60):
        page.keyboard.press(key)
        passed.append(page.evaluate(FOCUSED))
        if passed[-1] == text:
            return
    raise AssertionError(f"{text!r} is not among {passed}")


def press(page: Page, key: str) -> None:
    with page.expect_navigation():
        page.keyboard.press(key)


#
def test_the_banner_is_reached_first_and_in_the_order_it_is_read(page: Page, site: str) -> None:
    page.goto(site)
    order = []
    for _ in range(5):
        page.keyboard.press("Tab")
        order.append(page.evaluate(FOCUSED))
    assert order == [
        "See who they are and what is stored",
        "Accept all",
        "Reject all",
        "Manage choices",
        "Skip to content",
    ]


#
@pytest.mark.parametrize("width", [320, 1280])
def test_the_order_of_the_focus_is_that_of_the_eye(page: Page, site: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 720})
    page.goto(site)
    places = []
    for _ in range(4):
        page.keyboard.press("Tab")
        box = page.evaluate(
            "(({x, y}) => [Math.round(y + scrollY), x])(document.activeElement.getBoundingClientRect())"
        )
        places.append(tuple(box))
    assert places == sorted(places)


#
def test_reject_accept_in_part_and_withdraw_without_a_mouse(page: Page, site: str, canary: Canary) -> None:
    page.goto(site)
    tab_to(page, "Reject all")
    press(page, "Enter")
    assert page.evaluate("document.activeElement.id") == "choices-saved"
    tab_to(page, "Hide this message")
    press(page, "Enter")
    assert page.locator("#choices-saved").count() == 0
    assert canary.accepted == 0

    tab_to(page, "Cookie settings", key="Shift+Tab")
    press(page, "Enter")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "choice.third-party":
            break
    page.keyboard.press("ArrowUp")
    assert page.locator('input[name="choice.third-party"][value="granted"]').is_checked()
    tab_to(page, "Save choices")
    press(page, "Space")
    assert page.evaluate("document.activeElement.id") == "choices-saved"
    tab_to(page, "Go back to the page you were on")
    press(page, "Enter")
    page.wait_for_load_state("networkidle")
    assert canary.hosts == {"www.youtube.com", "platform.twitter.com"}

    tab_to(page, "Cookie settings", key="Shift+Tab")
    press(page, "Enter")
    tab_to(page, "Reject all")
    canary.forget()
    press(page, "Enter")
    page.goto(site)
    page.wait_for_load_state("networkidle")
    assert canary.accepted == 0


#
@pytest.mark.parametrize("key", ["Tab", "Shift+Tab"])
@pytest.mark.parametrize("path", ["/", "/cookies"])
def test_the_focus_is_never_trapped(page: Page, site: str, path: str, key: str) -> None:
    page.goto(site + path)
    stops = page.locator("a[href], button, summary, iframe, input:not([type=hidden])").count()
    for _ in range(stops + 2):
        page.keyboard.press(key)
        if page.evaluate("document.activeElement === document.body"):
            return
    raise AssertionError("the focus never left the page")


#
def test_the_banner_is_a_named_region_and_no_dialog(page: Page, site: str) -> None:
    page.goto(site)
    assert page.get_by_role("region", name="Are you OK with cookies on Inspections Online?").count() == 1
    assert page.get_by_role("dialog").count() == 0


#
@pytest.mark.parametrize(
    ("button", "said"),
    [
        ("Accept all", "You accepted all optional cookies."),
        ("Reject all", "You rejected all optional cookies."),
    ],
)
def test_the_answer_is_confirmed_where_the_focus_is_and_stays_until_it_is_hidden(
    page: Page, site: str, button: str, said: str
) -> None:
    page.clock.install()
    page.goto(site)
    page.get_by_role("button", name=button, exact=True).click()
    message = page.get_by_role("status")
    message.wait_for()
    page.clock.fast_forward("01:00:00")
    assert said in message.inner_text()
    assert "under “Cookie settings” on every page" in message.inner_text()
    assert message.evaluate("message => message === document.activeElement")
    page.get_by_role("link", name="Hide this message").click()
    page.wait_for_url(f"{site}/")
    assert message.count() == 0
