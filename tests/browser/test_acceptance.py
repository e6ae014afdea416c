"""The six acceptance tests that need a browser, on a page whose template knows nothing of consent.

The numbers are those of the table in ``docs/pitfalls.md``; the others are in ``tests/test_acceptance.py``.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from tests.browser.steps import settle_below, submit, until, until_asked_for

from consentkit import ConsentMiddleware, load_policy

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page
    from tests.browser.conftest import Canary

# As the vendors tell a site to write it, and nothing else.
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Tides</title>
<script>(function(w,d,s,l,i){w[l]=w[l]||[];w[l].push({'gtm.start':new Date().getTime(),event:'gtm.js'});
var f=d.getElementsByTagName(s)[0],j=d.createElement(s);j.async=true;
j.src='https://www.googletagmanager.com/gtm.js?id='+i;f.parentNode.insertBefore(j,f);
})(window,document,'script','dataLayer','GTM-EXAMPLE');</script>
<script async src="https://www.googletagmanager.com/gtag/js?id=G-EXAMPLE"></script>
</head><body>
<noscript><iframe src="https://www.googletagmanager.com/ns.html?id=GTM-EXAMPLE" height="0" width="0"></iframe>
</noscript>
<main><h1>Tides</h1><img src="/harbour.svg" alt="The harbour" width="600" height="400">
<p>High at six.</p>
<iframe src="https://www.youtube.com/embed/aqz-KE-bpKQ" title="A film" width="560" height="315"></iframe>
<script async src="https://platform.twitter.com/widgets.js"></script></main></body></html>"""
STRICT = (
    "default-src 'self'; script-src 'nonce-{0}'; style-src 'nonce-{0}'; base-uri 'none'; form-action 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400"/>'
SECONDS = 2.0
WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver(list => window.shifts.push(...list.getEntries().map(entry => entry.value)))
    .observe({type: "layout-shift", buffered: true});
"""
NO_STORAGE = """
for (const name of ["localStorage", "sessionStorage", "indexedDB"]) {
    Object.defineProperty(window, name, {get() { throw new DOMException("denied", "SecurityError"); }});
}
"""
NOTE_REFUSALS = """addEventListener("securitypolicyviolation", event => {
    (window.refusals ||= []).push(event.violatedDirective + " " + event.blockedURI);
});"""
LOOKS = """button => {
    const {color, backgroundColor, fontFamily, fontSize, fontWeight, borderColor} = getComputedStyle(button);
    const {width, height} = button.getBoundingClientRect();
    return [color, backgroundColor, fontFamily, fontSize, fontWeight, borderColor, width, height];
}"""


async def tides(request: Request) -> Response:
    return HTMLResponse(PAGE)


async def strict_tides(request: Request) -> Response:
    """Show a page under the strictest policy; whatever it does not list is refused, and told."""
    nonce = request.scope["state"]["nonce"] = secrets.token_urlsafe(16)
    own = (
        PAGE.partition("<script")[0]
        + "</head><body><main><h1>Tides</h1><p>High at six.</p></main></body></html>"
    )
    return HTMLResponse(own, headers={"content-security-policy": STRICT.format(nonce)})


async def picture(request: Request) -> Response:
    if "slow" in request.headers.get("referer", ""):
        await asyncio.sleep(SECONDS)
    return Response(PICTURE, media_type="image/svg+xml", headers={"cache-control": "no-store"})


@pytest.fixture(scope="module")
def untouched_site(example_folder: Path, secret_key: str, serving: Callable[..., Any]) -> Iterator[str]:
    """Yield the address of a site that has only added the middleware."""
    consent = Middleware(
        ConsentMiddleware,
        policy=load_policy(example_folder / "consent.toml"),
        secret_key=secret_key,
        nonce=lambda scope: scope.get("state", {}).get("nonce"),
    )
    routes = [Route("/", tides), Route("/strict", strict_tides), Route("/harbour.svg", picture)]
    with serving(Starlette(routes=routes, middleware=[consent])) as port:
        yield f"http://127.0.0.1:{port}"


# 3
#
def test_toggling_and_leaving_without_saving_stores_and_runs_nothing(
    page: Page, untouched_site: str, canary: Canary
) -> None:
    page.goto(untouched_site + "/cookies")
    for folded in page.get_by_text("Choose for each service").all():
        folded.click()
    for box in page.locator('input[value="granted"]').all():
        box.check()
    page.goto(untouched_site)
    settle_below(page)
    assert page.locator("#choices").count() == 1
    assert (page.context.cookies(), canary.accepted) == ([], 0)


# 5
#
@pytest.mark.parametrize("scripts", [False, True], ids=["no-scripts", "no-storage"])
def test_without_scripts_or_storage_asking_choosing_and_withdrawing_work(
    new_visitor: Callable[..., BrowserContext], untouched_site: str, canary: Canary, scripts: bool
) -> None:
    page = new_visitor(java_script_enabled=scripts).new_page()
    page.add_init_script(NO_STORAGE)
    page.goto(untouched_site)
    page.get_by_role("link", name="Manage choices").or_(
        page.get_by_role("button", name="Manage choices")
    ).click()
    page.locator('input[name="choice.third-party"][value="granted"]').check()
    submit(page, "Save choices")
    page.goto(untouched_site)
    settle_below(page)
    film, share = "www.youtube.com/embed/aqz-KE-bpKQ", "platform.twitter.com/widgets.js"
    until_asked_for(page, canary, {film: 1, share: 1} if scripts else {film: 1})

    page.locator("a.choices-link").click()
    submit(page, "Reject all")
    canary.forget()
    page.goto(untouched_site)
    settle_below(page)
    assert page.locator("#choices").count() == 0
    assert canary.accepted == 0


# 6
#
def test_the_banner_is_there_at_the_first_paint_and_moves_nothing_while_a_picture_takes_its_time(
    page: Page, untouched_site: str
) -> None:
    page.add_init_script(WATCH_SHIFTS)
    page.goto(untouched_site + "/?slow", wait_until="commit")
    page.locator("#choices").wait_for(state="visible", timeout=SECONDS * 1_000 * 0.75)
    assert page.evaluate("document.images[0].complete") is False
    page.wait_for_load_state("load")
    assert page.evaluate("document.images[0].complete") is True
    page.wait_for_timeout(200)
    assert sum(page.evaluate("window.shifts")) == 0
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert paint < SECONDS * 1_000


# 7
#
def test_a_strict_policy_with_trusted_types_refuses_nothing_that_was_put_in(
    page: Page, untouched_site: str
) -> None:
    page.add_init_script(NOTE_REFUSALS)
    page.goto(untouched_site + "/strict")
    assert page.locator("#choices").is_visible()
    assert page.evaluate("window.refusals || []") == []
    # Were the stylesheet refused, the button would have the browser's own padding.
    assert (
        page.get_by_role("button", name="Reject all").evaluate("b => b.getBoundingClientRect().height") >= 44
    )

    page.evaluate("document.head.append(document.createElement('style'))")
    page.evaluate("document.head.lastChild.textContent = 'p { color: red }'")
    until(page, "window.refusals && window.refusals.length > 0")  # the test can fail


# 8
#
@pytest.mark.parametrize("scripts", [False, True], ids=["no-scripts", "scripts"])
def test_with_a_tag_manager_in_the_page_nobody_is_contacted_before_a_choice(
    new_visitor: Callable[..., BrowserContext], untouched_site: str, canary: Canary, scripts: bool
) -> None:
    page = new_visitor(java_script_enabled=scripts).new_page()
    page.goto(untouched_site)
    settle_below(page)
    assert (canary.accepted, page.context.cookies()) == (0, [])

    submit(page, "Accept all")
    settle_below(page)
    hosts = {"www.googletagmanager.com", "www.youtube.com"}
    assert canary.hosts == (hosts | {"platform.twitter.com"} if scripts else hosts)


# 13
#
@pytest.mark.parametrize("width", [320, 1280])
def test_accept_and_reject_have_one_size_one_colour_and_one_font(
    new_visitor: Callable[..., BrowserContext], untouched_site: str, width: int
) -> None:
    page = new_visitor(viewport={"width": width, "height": 720}).new_page()
    for path in ("/", "/cookies"):
        page.goto(untouched_site + path)
        accept = page.get_by_role("button", name="Accept all", exact=True)
        reject = page.get_by_role("button", name="Reject all", exact=True)
        one, other = accept.evaluate(LOOKS), reject.evaluate(LOOKS)
        assert one[:-2] == other[:-2]
        assert one[-2:] == pytest.approx(other[-2:], abs=0.5)  # half a pixel is rounding
