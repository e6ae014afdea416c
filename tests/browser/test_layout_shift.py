"""Nothing jumps: not while a page loads, not when the dialog or an embed opens, and after a choice no further
than the banner was high."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.browser.steps import escape

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from starlette.types import ASGIApp, Receive, Scope, Send
    from tests.browser.conftest import MakeSite

FILM = '<iframe src="https://www.youtube.com/embed/x" width="560" height="315" title="A film"></iframe>'
BODY = f"<body><main><h1>High tide</h1><div class=film>{FILM}</div><p id=end>The end.</p></main></body>"
# A line of text has room for letters below it; and where nobody is asked, the browser's own margins are left.
HEAD = (
    '<script src="https://counter.example/count.js"></script><style>.film > iframe { display: block }</style>'
)
SLOW = 0.8  # seconds; a browser excuses what moves within half a second of a click
# Shifts that nobody has caused, and all of them.
WATCH = """
window.shift = 0; window.everything = 0;
new PerformanceObserver(list => {
    for (const entry of list.getEntries()) {
        everything += entry.value;
        if (!entry.hadRecentInput) shift += entry.value;
    }
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture
def client_script() -> bool:
    return True


@pytest.fixture
def watched(page: Page) -> Page:
    page.add_init_script(WATCH)
    return page


def settle(page: Page, seconds: float = 0.4) -> None:
    page.wait_for_load_state()
    page.wait_for_timeout(seconds * 1_000)


def top(page: Page, selector: str) -> float:
    return float(page.locator(selector).evaluate("one => one.getBoundingClientRect().top + scrollY"))


def height(page: Page, selector: str) -> float:
    return float(page.locator(selector).evaluate("one => one.getBoundingClientRect().height"))


def slow(app: ASGIApp) -> ASGIApp:
    """Let the script and the state come long after the page."""

    async def slowly(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith(("/client.js", "/state", "/choices.css")):
            await asyncio.sleep(SLOW)
        await app(scope, receive, send)

    return slowly


def test_a_shift_would_be_seen(watched: Page, make_site: MakeSite) -> None:
    watched.goto(make_site(HEAD, BODY))
    settle(watched)
    watched.evaluate("document.querySelector('#choices').style.paddingTop = '200px'")
    settle(watched)
    assert watched.evaluate("shift") > 0


#
@pytest.mark.parametrize("cache", ["personal", "shared"])
@pytest.mark.parametrize("answer", [None, "Accept all", "Reject all"])
def test_nothing_moves_while_a_page_loads_however_slowly_the_script_and_its_answers_come(
    watched: Page, make_site: MakeSite, cache: str, answer: str | None
) -> None:
    site = make_site(HEAD, BODY, wrap=slow, cache=cache)
    if answer is not None:
        watched.goto(f"{site}/cookies")
        watched.get_by_role("button", name=answer).press("Enter")
        watched.locator("#choices-saved").wait_for()
    watched.goto(site)
    settle(watched, SLOW + 0.4)

    assert watched.locator(".choices-ask").is_visible() is (answer is None)
    assert watched.locator(".choices-embed").is_visible() is (answer != "Accept all")
    assert watched.evaluate("everything") == 0


#
@pytest.mark.parametrize("scrolled", [False, True])
def test_the_dialog_moves_nothing(watched: Page, make_site: MakeSite, *, scrolled: bool) -> None:
    tall = BODY.replace("<p id=end>", "<p style='height: 200vh'>Tall</p><p id=end>")
    watched.goto(make_site(HEAD, tall))
    settle(watched)
    if scrolled:
        watched.evaluate("scrollTo(0, 500)")
        watched.wait_for_timeout(600)
    before = watched.evaluate("[scrollY, innerWidth, document.body.clientWidth, everything]")

    watched.get_by_role("button", name="Manage choices").evaluate("button => button.click()")
    watched.get_by_role("dialog").wait_for()
    settle(watched)
    assert watched.evaluate("[scrollY, innerWidth, document.body.clientWidth, everything]") == before
    escape(watched)
    settle(watched)
    assert watched.evaluate("everything") == before[-1]


#
@pytest.mark.parametrize("width", [412, 1280])
def test_an_embed_opens_in_the_place_of_its_notice(watched: Page, make_site: MakeSite, width: int) -> None:
    watched.set_viewport_size({"width": width, "height": 900})
    watched.goto(make_site(HEAD, BODY))
    settle(watched)
    before = top(watched, "main")
    below = top(watched, "#end") - before

    watched.get_by_role("button", name="Always load YouTube").press("Enter")
    watched.locator(".choices-embed").wait_for(state="detached")
    settle(watched)

    assert watched.locator("iframe").is_visible()
    assert watched.locator(".choices-ask").is_visible()
    assert top(watched, "main") == before
    if width > 560:  # on a narrow screen the notice may be higher than the film, to hold its words
        assert top(watched, "#end") - before == below
    else:
        assert 315 <= top(watched, "#end") - before <= below
    assert watched.evaluate("shift") == 0


#
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("answer", ["Accept all", "Reject all"])
def test_after_a_choice_what_is_below_comes_nearer_and_no_further_than_the_banner_was_high(
    watched: Page, make_site: MakeSite, width: int, answer: str
) -> None:
    watched.set_viewport_size({"width": width, "height": 800})
    watched.goto(make_site(HEAD, BODY))
    settle(watched)
    banner, heading = height(watched, ".choices-ask"), top(watched, "h1")

    watched.get_by_role("button", name=answer, exact=True).press("Enter")
    watched.locator("#choices-saved").wait_for()
    settle(watched)

    jump = heading - top(watched, "h1")
    assert 0 <= jump < banner
    assert height(watched, "#choices-saved") == pytest.approx(banner - jump, abs=1)
    assert watched.evaluate("shift") == 0
    # The message is in sight, and so is where it came from: nobody is led elsewhere.
    assert watched.evaluate("document.activeElement.id") == "choices-saved"
    assert watched.locator("#choices-saved").evaluate("one => one.getBoundingClientRect().top") >= 0
