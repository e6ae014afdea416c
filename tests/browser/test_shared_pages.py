"""One page for everybody out of a shared cache: the script makes it this visitor's, and nothing flashes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tests.browser.steps import choose, settle

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page
    from tests.browser.conftest import Canary, MakeSite

FILM = '<iframe src="https://www.youtube.com/embed/x" width="560" height="315" title="A film"></iframe>'
BODY = f"<body><main><h1>High tide</h1><div class=film>{FILM}</div><p>The end.</p></main></body>"
BLOCK = "<style>.film > iframe { display: block }</style>"  # a line of text has room for letters below it
COUNTER = '<script src="https://counter.example/count.js"></script>'
# What is drawn, frame by frame, and how much moves.
WATCH = """
window.seen = []; window.shift = 0;
const look = () => {
    const banner = document.querySelector(".choices-ask");
    const main = document.querySelector("main");
    if (main && !document.hidden) seen.push(!!banner && getComputedStyle(banner).display !== "none");
    requestAnimationFrame(look);
};
requestAnimationFrame(look);
new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture
def client_script() -> bool:
    return True


#
def test_the_page_is_the_same_for_everybody_and_a_shared_cache_may_keep_it(
    new_visitor: Callable[..., BrowserContext], canary: Canary, make_site: MakeSite
) -> None:
    site = make_site(COUNTER, headers={"Cache-Control": "public, max-age=600"}, cache="shared")
    stranger, regular = new_visitor().new_page(), new_visitor().new_page()
    regular.goto(site)
    choose(regular, "Accept all")

    for path in ("/", "/other"):
        first, second = (page.request.get(site + path) for page in (stranger, regular))
        assert first.body() == second.body()
        assert "set-cookie" not in second.headers
        assert "cookie" not in second.headers.get("vary", "").lower()
        assert second.headers["cache-control"] == "public, max-age=600"


#
@pytest.mark.parametrize("answer", ["Accept all", "Reject all"])
def test_the_banner_is_never_drawn_for_those_who_have_chosen(
    page: Page, canary: Canary, make_site: MakeSite, answer: str
) -> None:
    site = make_site(COUNTER + BLOCK, BODY, cache="shared")
    page.add_init_script(WATCH)
    page.goto(site)
    settle(page)
    seen = page.evaluate("seen")
    assert seen
    assert all(seen), "who has not chosen is asked from the first frame on"
    assert page.evaluate("shift") == 0
    assert canary.accepted == 0

    choose(page, answer)
    canary.forget()
    page.goto(f"{site}/other")
    settle(page)

    seen = page.evaluate("seen")
    assert seen
    assert not any(seen)
    assert page.evaluate("shift") == 0
    if answer == "Accept all":
        assert page.locator("[data-consent], .choices-embed").count() == 0
        assert canary.seen["www.youtube.com/embed/x"] == 1
    else:
        assert page.locator(".choices-embed").is_visible()
        assert canary.accepted == 0


#
def test_a_forged_mirror_hides_nothing_for_long_and_grants_nothing(
    page: Page, canary: Canary, make_site: MakeSite, new_visitor: Callable[..., BrowserContext]
) -> None:
    site = make_site(COUNTER, cache="shared")
    honest = new_visitor().new_page()
    honest.goto(site)
    choose(honest, "Accept all")
    shown = next(cookie for cookie in honest.context.cookies() if cookie["name"] == "consent-shown")
    assert not shown["httpOnly"]
    canary.forget()

    page.context.add_cookies([{"name": "consent-shown", "value": shown["value"], "url": site}])
    page.goto(site)
    settle(page)

    assert page.locator(".choices-ask").is_visible()
    assert page.evaluate("consentkit.allows('analytics')") is False
    assert canary.accepted == 0
    assert page.context.cookies() == [], "and the server has taken it away"


def test_without_the_mirror_the_server_still_knows(page: Page, canary: Canary, make_site: MakeSite) -> None:
    site = make_site(COUNTER, cache="shared")
    page.goto(site)
    choose(page, "Accept all")
    page.context.clear_cookies(name="consent-shown")
    canary.forget()

    page.goto(f"{site}/other")
    page.locator(".choices-ask").wait_for(state="detached")
    settle(page)

    assert page.evaluate("consentkit.allows('analytics')") is True
    assert {cookie["name"] for cookie in page.context.cookies()} == {"consent", "consent-shown"}


#
def test_when_the_state_cannot_be_had_everything_stays_closed(
    page: Page, canary: Canary, make_site: MakeSite
) -> None:
    site = make_site(COUNTER, cache="shared")
    page.goto(site)
    choose(page, "Accept all")
    page.route("**/cookies/state*", lambda route: route.abort())
    canary.forget()

    page.goto(f"{site}/other")
    settle(page)

    assert page.locator(".choices-ask").is_visible()
    assert canary.accepted == 0


#
def test_without_scripts_the_question_and_the_cookies_page_work(
    new_visitor: Callable[..., BrowserContext], canary: Canary, make_site: MakeSite
) -> None:
    site = make_site(COUNTER, cache="shared")
    page = new_visitor(java_script_enabled=False).new_page()
    page.goto(site)

    page.get_by_role("button", name="Accept all", exact=True).click()
    page.goto(f"{site}/cookies")

    assert page.get_by_label("Accept").first.is_checked()
    assert (
        page.get_by_role("cell", name="Lets a page show your cookie choices").is_visible()
        or page.get_by_text("consent-shown").count()
    )
    page.goto(site)
    assert canary.accepted == 0, "the page is one for everybody, and closed"
