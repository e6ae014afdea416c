"""Steps that many tests take in a page, and waiting: for what is promised, not for a time that may do."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from playwright.sync_api import Error

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.browser.conftest import Canary

SECONDS = 20.0  # far more than any step takes, even where everything else on the machine is busy
# Chromium has no Global Privacy Control: an extension sends the header, and sets what scripts can see.
SIGNAL = 'Object.defineProperty(navigator, "globalPrivacyControl", { value: true });'
COUNT, FILM = "counter.example/count.js", "www.youtube.com/embed/x"


def until(page: Page, holds: str | Callable[[], object]) -> None:
    """Wait until something holds, which is an expression in the page or a condition out here.

    The page is asked from outside, again and again: the polling of Playwright's ``wait_for_function``
    evaluates a string in the page, which Trusted Types refuse.
    """
    end = time.monotonic() + SECONDS
    while not (_is_true(page, holds) if isinstance(holds, str) else holds()):
        assert time.monotonic() < end, f"within {SECONDS} seconds this came not true: {holds}"
        page.wait_for_timeout(20)


def _is_true(page: Page, expression: str) -> bool:
    try:
        return bool(page.evaluate(expression))
    except Error as error:
        if "Execution context was destroyed" in str(error):  # the page is just being left
            return False
        raise


def settle(page: Page) -> None:
    """Wait until nothing is under way. For what must not happen: what must, is waited for by ``until``."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(200)


def settle_below(page: Page) -> None:
    """Bring everything into view, what is loaded lazily too, and wait until nothing loads any more."""
    page.keyboard.press("End")
    page.wait_for_load_state("networkidle")


def until_asked_for(page: Page, canary: Canary, wanted: Mapping[str, int]) -> None:
    """Wait until third parties have been asked for this, and see that nothing follows."""
    until(page, lambda: canary.seen.total() >= sum(wanted.values()))
    page.wait_for_timeout(300)
    assert canary.seen == wanted, canary.seen


def press(page: Page, button: str) -> None:
    """Press a button as those do who have no mouse."""
    page.get_by_role("button", name=button, exact=True).press("Enter")


def submit(page: Page, button: str) -> None:
    """Press a button whose form the browser sends itself."""
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()


def until_saved(page: Page) -> None:
    """Wait until the page says that the choice was saved, and nothing follows."""
    page.locator("#choices-saved").wait_for()
    settle(page)


def choose(page: Page, button: str) -> None:
    """Answer, and wait until that has been said and done."""
    press(page, button)
    until_saved(page)


def escape(page: Page) -> None:
    """Leave the dialog by its key, and wait until it is gone: until then it covers the page."""
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")


def mark(page: Page) -> None:
    """Leave something in the page that a reload would take away."""
    page.evaluate("window.untouched = true")


def is_untouched(page: Page) -> bool:
    """Say whether the page is still the one that was marked."""
    return bool(page.evaluate("window.untouched === true"))


def until_reloaded(page: Page) -> None:
    """Wait until the page is another than the one that was marked."""
    until(page, "!window.untouched")
