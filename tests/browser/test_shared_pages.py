"""One page for everybody out of a shared cache: the script makes it this visitor's, and nothing flashes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tests.browser.steps import SIGNAL, choose, settle

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page
    from tests.browser.conftest import Canary, MakeSite

FILM = '<iframe src="https://www.youtube.com/embed/x" width="560" height="315" title="A film"></iframe>'
BODY = f"<body><main><h1>High tide</h1><div class=film>{FILM}</div><p>The end.</p></main></body>"
BLOCK = "<style>.film > iframe { display: block }</style>"  # a line of text has room for letters below it
COUNTER = '<script src="https://counter.example/count.js"></script>'
# What is drawn, frame by frame, and what moves.
WATCH = """
window.seen = []; window.moved = [];
const look = () => {
    const banner = document.querySelector(".choices-ask");
    const main = document.querySelector("main");
    if (main && !document.hidden) seen.push(!!banner?.checkVisibility());
    requestAnimationFrame(look);
};
requestAnimationFrame(look);
new PerformanceObserver(list => {
    for (const { hadRecentInput, sources, value } of list.getEntries()) if (!hadRecentInput) moved.push([
        value, ...sources.flatMap(({ node, previousRect, currentRect }) =>
            [node?.outerHTML, JSON.stringify(previousRect), JSON.stringify(currentRect)]),
    ]);
}).observe({ type: "layout-shift", buffered: true });
"""


# Two categories that the signal refuses, and one that it says nothing of.
HEEDING = """
[site]
name = "Tides"
controller = { name = "Harbour Office", contact = "tides@harbour.example" }
[consent]
gpc = ["marketing", "third-party"]
[categories.analytics]
use = ["matomo"]
[categories.marketing]
use = ["meta-pixel"]
[categories.third-party]
use = ["youtube"]
"""
STATUS, NOTE = ".choices-honoured", ".choices-ask .choices-note"


@pytest.fixture
def client_script() -> bool:
    return True


def watching(selector: str) -> str:
    """Return the script that looks for something else than the question."""
    return WATCH.replace(".choices-ask", selector)


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
    assert page.evaluate("moved") == []
    assert canary.accepted == 0

    choose(page, answer)
    canary.forget()
    page.goto(f"{site}/other")
    settle(page)

    seen = page.evaluate("seen")
    assert seen
    assert not any(seen)
    assert page.evaluate("moved") == []
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


# --- the signal, of which the page says the same to everybody


@pytest.fixture
def heeding(make_site: MakeSite) -> str:
    return make_site(BLOCK, BODY, cache="shared", policy_text=HEEDING)


@pytest.fixture
def signalling(new_visitor: Callable[..., BrowserContext], canary: Canary) -> Page:
    """Return a tab of somebody whose browser sends the signal."""
    visitor = new_visitor(extra_http_headers={"Sec-GPC": "1"})
    visitor.add_init_script(SIGNAL)
    return visitor.new_page()


def grant(page: Page, site: str, *names: str) -> None:
    page.goto(f"{site}/cookies")
    for name in names:
        page.locator(f'input[name="choice.{name}"][value="granted"]').check()
    page.get_by_role("button", name="Save choices", exact=True).click()
    page.locator("#choices-saved").wait_for()


#
def test_who_sends_the_signal_is_told_from_the_first_frame_on(signalling: Page, heeding: str) -> None:
    page = signalling
    page.add_init_script(watching(NOTE))
    page.goto(heeding)
    settle(page)

    seen = page.evaluate("seen")
    assert seen
    assert all(seen)
    assert page.evaluate("moved") == []
    assert page.locator(NOTE).is_visible()
    assert page.locator(NOTE).inner_text().endswith("without asking you: Marketing, Content from others.")
    assert page.locator(STATUS).is_visible()


#
def test_without_the_signal_nothing_of_it_is_seen_or_read_out(page: Page, heeding: str) -> None:
    page.add_init_script(watching(NOTE))
    page.goto(heeding)
    settle(page)

    assert page.evaluate("seen.length")
    assert not any(page.evaluate("seen"))
    assert page.get_by_text("Global Privacy Control").count() == 2
    assert not page.get_by_text("Global Privacy Control").locator("visible=true").count()
    assert "Global Privacy Control" not in page.locator("body").aria_snapshot()


#
def test_a_signal_that_does_not_arrive_is_not_said_to_be_honoured(page: Page, heeding: str) -> None:
    page.add_init_script(SIGNAL)  # but no header: something on the way has taken it off
    page.goto(heeding)
    settle(page)

    assert page.locator(".choices-ask").is_visible()
    assert not page.locator(NOTE).is_visible()
    assert not page.locator(STATUS).is_visible()


#
def test_what_is_said_ends_with_what_is_accepted_by_name(signalling: Page, heeding: str) -> None:
    page = signalling
    page.goto(heeding)
    choose(page, "Reject all")
    assert page.locator(STATUS).is_visible()

    grant(page, heeding, "third-party")
    page.goto(heeding)
    settle(page)
    assert page.locator(STATUS).is_visible(), "one of two is refused still"

    grant(page, heeding, "marketing")
    page.add_init_script(watching(STATUS))
    page.goto(heeding)
    settle(page)
    assert page.locator(STATUS).count() == 0
    assert not any(page.evaluate("seen")), "not for a moment either"


#
def test_the_note_in_the_question_goes_when_one_of_those_it_names_is_accepted(
    signalling: Page, make_site: MakeSite
) -> None:
    page = signalling
    film = BODY.replace("<iframe", '<iframe data-consent="third-party"')
    page.goto(make_site(BLOCK, film, cache="shared", policy_text=HEEDING))
    page.locator(".choices-embed button[value=grant]").press("Enter")
    page.locator(".choices-embed").wait_for(state="detached")

    assert page.locator(".choices-ask").is_visible(), "of one category there is no answer yet"
    assert page.locator(NOTE).count() == 0
    assert page.locator(STATUS).is_visible()


#
def test_rules_of_the_site_for_what_is_hidden_do_not_keep_it_hidden(
    signalling: Page, make_site: MakeSite
) -> None:
    strict = "<style>[hidden] { display: none !important }</style>"
    signalling.goto(make_site(strict, BODY, cache="shared", policy_text=HEEDING))
    settle(signalling)

    assert signalling.locator(NOTE).is_visible()
    assert signalling.locator(STATUS).is_visible()


#
def test_without_scripts_only_the_cookies_page_says_it(
    new_visitor: Callable[..., BrowserContext], canary: Canary, heeding: str
) -> None:
    page = new_visitor(java_script_enabled=False, extra_http_headers={"Sec-GPC": "1"}).new_page()
    page.goto(heeding)
    assert not page.get_by_text("Global Privacy Control").locator("visible=true").count()

    page.goto(f"{heeding}/cookies")
    assert page.get_by_text("so these are refused without asking you").is_visible()
