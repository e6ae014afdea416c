"""Pages that are against us: nothing is granted on them, and the forms still work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tests.browser.steps import COUNT, FILM, choose, press, settle, until_asked_for

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from tests.browser.conftest import Canary, MakeSite

COUNTER = '<script src="https://counter.example/count.js"></script>'
CACHES = pytest.mark.parametrize("cache", ["personal", "shared"])


@pytest.fixture
def client_script() -> bool:
    return True


HOSTILE = {
    "a name that is taken": """
        Object.defineProperty(window, "consentkit", { value: { allows: () => true } });
    """,
    "frozen prototypes": """
        for (const one of [
            Object, Array, Function, String, RegExp, Promise, Set, Map, URL, URLSearchParams, Event,
            EventTarget, Node, Element, HTMLElement, HTMLScriptElement, HTMLFormElement, Document, Response,
        ]) {
            Object.freeze(one.prototype);
            Object.freeze(one);
        }
    """,
    "unreadable cookies": """Object.defineProperty(Document.prototype, "cookie", {
        get() { throw new DOMException("no", "SecurityError"); }, set() { throw new DOMException("no"); },
    })""",
    "unreadable storage": """for (const name of ["localStorage", "sessionStorage", "indexedDB", "caches"]) {
        Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });
    }""",
    "no channels": "delete window.BroadcastChannel",
}


#
@pytest.mark.parametrize(
    ("hostile", "cache"),
    [
        *((name, "personal") for name in HOSTILE),
        *((name, "shared") for name in ("a name that is taken", "frozen prototypes", "unreadable cookies")),
    ],
)
def test_a_hostile_page_grants_nothing_and_the_forms_still_work(
    page: Page, canary: Canary, make_site: MakeSite, hostile: str, cache: str
) -> None:
    page.add_init_script(HOSTILE[hostile])
    site = make_site(COUNTER, cache=cache)
    page.goto(site)
    settle(page)
    assert page.locator(".choices-ask").is_visible()
    assert canary.accepted == 0

    choose(page, "Accept all")
    until_asked_for(page, canary, {COUNT: 1, FILM: 1})

    page.get_by_role("link", name="Cookie settings").last.click()
    page.get_by_role("button", name="Reject all").press("Enter")
    page.wait_for_url("**choices=saved**")
    page.goto(site)
    canary.forget()
    page.goto(f"{site}/other")
    settle(page)
    assert not page.locator(".choices-ask").is_visible()
    assert canary.accepted == 0


# Elements with these names shadow the properties of document.
CLOBBERING = "".join(
    f'<img alt="" name="{name}"><form name="{name}" id="{name}"></form>'
    for name in (
        "consentkit", "addEventListener", "body", "cookie", "createElement", "currentScript", "dispatchEvent",
        "documentElement", "head", "location", "querySelector", "querySelectorAll", "dataset", "choices",
        "choices-saved",
    )
)  # fmt: skip
FAKE = (
    '<form action="/cookies" method="post" class="choices-ask"><input name="action"><input name="method">'
    '<input name="getAttribute"><input name="submit"></form>'
    '<script data-state=\'{"allowed":["analytics"]}\' type="text/plain" src="/client.js"></script>'
    '<script data-notice="of-today" type="text/plain"></script>'
)


#
@CACHES
def test_elements_named_like_ours_and_like_the_browser_s_grant_nothing(
    page: Page, canary: Canary, make_site: MakeSite, cache: str
) -> None:
    page.goto(make_site(COUNTER, f"<body>{CLOBBERING}{FAKE}</body>", cache=cache))
    settle(page)

    assert canary.accepted == 0
    assert page.evaluate("consentkit.allows('analytics')") is False
    # The roles of Playwright fall over the same names.
    page.locator(".choices-actions button").first.press("Enter")
    page.locator("#choices-saved.choices-done").wait_for()
    until_asked_for(page, canary, {COUNT: 1})


# It answers whatever a script asks for below the prefix, and leaves pages to the network.
WORKER = """
addEventListener("install", () => skipWaiting());
addEventListener("activate", event => event.waitUntil(clients.claim()));
addEventListener("fetch", event => {
    const { pathname } = new URL(event.request.url);
    if (!/^.cookies(.state)?$/.test(pathname) || event.request.mode === "navigate") return;
    const allowed = ["analytics", "counter", "third-party", "youtube"];
    const body = JSON.stringify({ allowed, choices: {}, gpc: false, needs_prompt: false });
    event.respondWith(new Response(body, { headers: { "Content-Type": "application/json" } }));
});
"""


def install(page: Page, site: str) -> None:
    page.goto(site)
    page.evaluate("""async () => {
        await navigator.serviceWorker.register("/sw.js");
        await navigator.serviceWorker.ready;
    }""")
    page.goto(site)
    assert page.evaluate("!!navigator.serviceWorker.controller")


#
@CACHES
def test_a_service_worker_that_answers_in_our_place_grants_nothing_and_the_forms_still_work(
    page: Page, canary: Canary, make_site: MakeSite, cache: str
) -> None:
    async def worker(_request: Request) -> Response:
        return Response(WORKER, media_type="text/javascript")

    site = make_site(COUNTER, routes=(Route("/sw.js", worker),), cache=cache)
    install(page, site)
    other = page.context.new_page()
    other.goto(f"{site}/other")
    other.evaluate(f"new BroadcastChannel('{site}/cookies').postMessage(0)")
    settle(page)

    assert page.evaluate("consentkit.allows('analytics')") is False
    assert page.locator(".choices-ask").is_visible()
    assert canary.accepted == 0

    # What the worker says is no answer of ours; the browser sends the form past it.
    with page.expect_navigation():
        press(page, "Reject all")
    settle(page)
    assert canary.accepted == 0
    page.goto(f"{site}/cookies")
    assert page.locator("input[name='choice.analytics'][value=denied]").is_checked()
    assert page.get_by_text("You have not chosen yet.").count() == 0
    assert canary.accepted == 0
