"""Choices without a reload, for a real visitor: what is asked for, shown, sent and remembered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest
from starlette.responses import PlainTextResponse
from tests.browser.steps import (
    COUNT,
    FILM,
    choose,
    escape,
    is_untouched,
    mark,
    press,
    until,
    until_asked_for,
    until_reloaded,
    until_saved,
)

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page
    from starlette.types import ASGIApp, Receive, Scope, Send
    from tests.browser.conftest import Canary, MakeSite

COUNTER = '<script src="https://counter.example/count.js"></script>'


@pytest.fixture
def client_script() -> bool:
    return True


def asked_for(page: Page, canary: Canary, count: int = 0, film: int = 0) -> None:
    until_asked_for(page, canary, {name: times for name, times in ((COUNT, count), (FILM, film)) if times})


#
def test_a_yes_opens_what_it_is_for_where_it_stands(page: Page, canary: Canary, make_site: MakeSite) -> None:
    site = make_site(COUNTER)
    page.goto(site)
    mark(page)
    assert canary.accepted == 0

    choose(page, "Accept all")

    assert is_untouched(page)
    asked_for(page, canary, count=1, film=1)
    assert page.locator(".choices-ask, .choices-embed").count() == 0
    assert page.evaluate("document.activeElement.id") == "choices-saved"
    page.get_by_role("link", name="Hide this message").click()
    assert page.locator("#choices-saved").count() == 0
    assert is_untouched(page)


def test_a_prefix_that_is_called_like_a_folder_of_files_leads_to_the_same(
    page: Page, canary: Canary, make_site: MakeSite
) -> None:
    page.goto(make_site(COUNTER, prefix="/assets/cookies"))
    mark(page)

    choose(page, "Accept all")

    assert is_untouched(page)
    asked_for(page, canary, count=1, film=1)


def test_a_no_hides_the_question_and_contacts_nobody(page: Page, canary: Canary, make_site: MakeSite) -> None:
    page.goto(make_site(COUNTER))
    mark(page)

    choose(page, "Reject all")

    assert is_untouched(page)
    assert page.locator(".choices-ask").count() == 0
    assert page.locator(".choices-embed").count() == 1
    assert page.evaluate("consentkit.choices") == {
        "analytics": "denied", "counter": None, "google-analytics": None,
        "third-party": "denied", "youtube": None,
    }  # fmt: skip
    assert canary.accepted == 0


def test_a_choice_holds_on_the_next_page_and_its_markup_is_live_there_from_the_start(
    page: Page, canary: Canary, make_site: MakeSite
) -> None:
    site = make_site(COUNTER)
    page.goto(site)
    choose(page, "Accept all")
    canary.forget()

    page.goto(f"{site}/other")
    page.wait_for_load_state("networkidle")

    assert page.locator("script[data-consent]").count() == 0
    asked_for(page, canary, count=1, film=1)


#
def test_a_withdrawal_loads_the_page_again_without_what_was_running(
    page: Page, canary: Canary, make_site: MakeSite
) -> None:
    site = make_site(COUNTER)
    page.goto(site)
    choose(page, "Accept all")
    mark(page)
    canary.forget()

    page.get_by_role("link", name="Cookie settings").click()
    press(page, "Reject all")
    until_reloaded(page)
    until_saved(page)

    assert page.get_by_text("You rejected all optional cookies.").is_visible()
    assert page.url.startswith(f"{site}/?")
    assert canary.accepted == 0


#
def test_a_second_withdrawal_on_one_page_loads_it_again_too(
    page: Page, canary: Canary, make_site: MakeSite
) -> None:
    page.goto(make_site(COUNTER))
    for _ in range(2):
        canary.forget()
        for button in ("Accept all", "Reject all"):
            mark(page)
            page.get_by_role("link", name="Cookie settings").first.click()
            page.get_by_role("dialog").get_by_role("button", name=button).press("Enter")
            if button == "Accept all":
                asked_for(page, canary, count=1, film=1)
                escape(page)
        until_reloaded(page)
        page.wait_for_load_state()


#
def test_a_withdrawal_clears_what_the_denied_services_declare_to_store(
    page: Page, make_site: MakeSite
) -> None:
    page.goto(make_site())
    choose(page, "Accept all")
    page.evaluate("""async () => {
        const keys = ["seen-1", "seen-", "other", "tide-9x", "tide-xx", "unseen-1"];
        for (const key of keys) localStorage.setItem(key, "1");
        for (const key of ["visit", "visits"]) sessionStorage.setItem(key, "1");
        for (const name of ["counts", "accounts"]) await new Promise(done => {
            indexedDB.open(name).onsuccess = ({ target }) => { target.result.close(); done(); };
        });
        for (const name of ["pages", "more-pages"]) await caches.open(name);
    }""")
    mark(page)

    page.get_by_role("link", name="Cookie settings").click()
    press(page, "Reject all")
    until_reloaded(page)

    left = page.evaluate("""async () => [
        Object.keys(localStorage), Object.keys(sessionStorage),
        (await indexedDB.databases()).map(({ name }) => name), await caches.keys(),
    ].map(names => names.sort())""")
    assert left == [["other", "tide-xx", "unseen-1"], ["visits"], ["accounts"], ["more-pages"]]


class Unwell:
    """A site whose prefix answers as it is told to, or not at all."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.answer: Callable[[Scope, Receive, Send], Awaitable[None]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        posted = scope["type"] == "http" and scope["method"] == "POST"
        await (self.answer if self.answer is not None and posted else self.app)(scope, receive, send)


#
@pytest.mark.parametrize("status", [500, 502, 503])
def test_when_the_server_fails_the_question_stays_and_says_so(
    page: Page, canary: Canary, make_site: MakeSite, status: int
) -> None:
    sites: list[Unwell] = []

    def wrap(app: ASGIApp) -> ASGIApp:
        sites.append(Unwell(app))
        return sites[0]

    page.goto(make_site(COUNTER, wrap=wrap))
    sites[0].answer = PlainTextResponse("no", status)
    mark(page)
    press(page, "Accept all")

    page.get_by_text("Your choice was not saved. The site could not be reached.").wait_for()
    assert page.locator(".choices-ask").is_visible()
    assert page.evaluate("consentkit.allows('analytics')") is False
    assert is_untouched(page)
    assert canary.accepted == 0

    sites[0].answer = None
    choose(page, "Accept all")
    until(page, lambda: canary.seen[COUNT] == 1)
    assert is_untouched(page)


#
def test_offline_the_question_stays_and_says_so(page: Page, canary: Canary, make_site: MakeSite) -> None:
    # On a small screen, where the buttons are at its end.
    page.set_viewport_size({"width": 400, "height": 300})
    page.goto(make_site(COUNTER))
    page.context.set_offline(True)

    press(page, "Reject all")

    page.get_by_text("Your choice was not saved. The site could not be reached.").wait_for()
    assert page.locator(".choices-ask").is_visible()
    status = page.locator(".choices-status")
    assert status.get_attribute("role") == "status"
    box = status.bounding_box()
    assert box is not None
    assert 0 <= box["y"] <= box["y"] + box["height"] <= 300, "seen without scrolling"
    page.context.set_offline(False)
    choose(page, "Reject all")
    assert page.locator(".choices-ask").count() == 0
    assert canary.accepted == 0


#
def test_a_server_that_never_answers_is_given_up(page: Page, canary: Canary, make_site: MakeSite) -> None:
    sites: list[Unwell] = []

    def wrap(app: ASGIApp) -> ASGIApp:
        sites.append(Unwell(app))
        return sites[0]

    async def never(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    # The twenty seconds that the client waits, a hundred times as fast.
    page.add_init_script(
        "const { timeout } = AbortSignal; AbortSignal.timeout = time => timeout.call(AbortSignal, time / 100)"
    )
    page.goto(make_site(COUNTER, wrap=wrap))
    sites[0].answer = never
    press(page, "Accept all")

    page.get_by_text("Your choice was not saved. The site could not be reached.").wait_for()
    assert page.locator(".choices-ask").is_visible()
    assert page.evaluate("consentkit.allows('analytics')") is False
    assert canary.accepted == 0


def test_on_a_slow_network_the_question_stays_until_the_choice_is_saved(
    page: Page, make_site: MakeSite
) -> None:
    page.goto(make_site())
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    slow.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 1_500, "downloadThroughput": -1, "uploadThroughput": -1},
    )

    press(page, "Accept all")

    assert page.get_by_text("Saving your choice…").is_visible()
    press(page, "Reject all")  # too late to change one's mind here: one choice is on its way
    assert page.locator(".choices-ask").is_visible()
    until_saved(page)
    assert page.evaluate("consentkit.allows('analytics')") is True


def test_a_form_that_the_server_refuses_leads_to_the_page_that_says_why(
    page: Page, make_site: MakeSite
) -> None:
    site = make_site()
    page.goto(site)
    page.locator(".choices-ask input[name=notice]").first.evaluate("field => field.value = 'of-another-day'")

    press(page, "Accept all")

    page.get_by_text("What this site uses has changed since the page was loaded.").wait_for()
    assert page.url == f"{site}/cookies"


#
def test_without_the_client_no_page_has_a_script_and_everything_works(
    page: Page, canary: Canary, make_site: MakeSite
) -> None:
    page.goto(make_site(COUNTER, client=False))

    assert page.locator("script[type=module]").count() == 0
    choose(page, "Accept all")
    asked_for(page, canary, count=1, film=1)


def test_scripts_of_the_page_are_told_before_anything_is_opened(page: Page, make_site: MakeSite) -> None:
    inline = "<script>count('here'); window.opened = true</script>"
    page.goto(make_site(inline))
    page.evaluate("""() => {
        window.said = [];
        const say = (how, what) => said.push([how, what, !!window.opened]);
        document.addEventListener("consentkit:change", ({ detail }) => say("event", detail));
        consentkit.on("change", change => say("listener", change));
        consentkit.on("change", () => say("stopped", {}))();
        consentkit.on("change", () => { throw new Error("of the page's own"); });
        consentkit.ready.then(api => said.push(["ready", api === consentkit]));
        window.count = () => {};
    }""")

    choose(page, "Accept all")

    said = page.evaluate("said")
    change = {
        "allowed": ["analytics", "counter", "essential", "google-analytics", "third-party", "youtube"],
        "before": ["essential"],
        "choices": {
            "analytics": "granted", "counter": None, "google-analytics": None,
            "third-party": "granted", "youtube": None,
        },
        "gpc": False,
    }  # fmt: skip
    assert said == [["ready", True], ["listener", change, False], ["event", change, False]]
    assert page.evaluate("window.opened") is True


#
def test_closed_markup_that_client_side_navigation_brings_is_opened_where_it_is_allowed(
    page: Page, canary: Canary, make_site: MakeSite
) -> None:
    page.goto(make_site())
    choose(page, "Accept all")
    canary.forget()

    page.evaluate("""() => {
        const inert = document.createElement("iframe");
        inert.setAttribute("data-consent", "youtube");
        inert.setAttribute("data-consent-src", "https://www.youtube.com/embed/later");
        const unknown = inert.cloneNode();
        unknown.setAttribute("data-consent", "nobody");
        const nameless = inert.cloneNode();
        nameless.setAttribute("data-consent", " ");
        document.querySelector("main").replaceChildren(unknown, nameless, inert);
    }""")
    page.wait_for_load_state("networkidle")
    until(page, "!document.querySelector('[data-consent=youtube]')")

    until_asked_for(page, canary, {"www.youtube.com/embed/later": 1})


#
def test_under_a_policy_for_this_visitor_alone_a_choice_loads_the_page_again(
    page: Page, canary: Canary, make_site: MakeSite
) -> None:
    page.goto(make_site(COUNTER, csp="enforce"))
    mark(page)

    choose(page, "Accept all")

    assert not is_untouched(page)
    asked_for(page, canary, count=1, film=1)


def test_always_opens_one_service_and_once_opens_one_embed(
    page: Page, canary: Canary, make_site: MakeSite, new_visitor: Callable[..., BrowserContext]
) -> None:
    site = make_site()
    page.goto(site)
    mark(page)
    press(page, "Always load YouTube")
    page.locator(".choices-embed").wait_for(state="detached")
    page.wait_for_load_state("networkidle")

    assert is_untouched(page)
    asked_for(page, canary, film=1)
    assert page.locator(".choices-ask").is_visible(), "the rest is still undecided"
    assert page.evaluate("document.activeElement.title") == "A film"

    canary.forget()
    another = new_visitor().new_page()
    another.goto(site)
    press(another, "Load this once")
    another.wait_for_load_state("networkidle")
    asked_for(page, canary, film=1)
    another.goto(site)
    another.wait_for_load_state("networkidle")
    asked_for(page, canary, film=1)
