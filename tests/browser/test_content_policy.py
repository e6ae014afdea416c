"""The second lock in a real browser: what no markup shows is refused until it is granted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from consentkit import ConsentMiddleware, parse_policy
from consentkit.testing import consent_cookies

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext
    from tests.browser.conftest import Canary

POLICY = parse_policy(
    """
    [site]
    name = "Tide Tables"
    controller = { name = "Harbour Office", contact = "privacy@harbour.example" }

    [categories.marketing]

    [services.tracker]
    category = "marketing"
    provider = "Trackers Ltd"
    hosts = ["tracker.example"]
    """
)
# The address is put together by a script of the site's own, served by the site: no gate can see it.
LOADER = """
for (const name of ["tracker", "stranger"]) {
  const script = document.createElement("script");
  script.src = "https://" + name + ".exam" + "ple/a.js";
  document.head.append(script);
}
"""
PAGE = "<!doctype html><html lang=en><title>x</title><body><script src=/loader.js></script>"
# Of a policy that names both, Chromium sends reports to "report-to", minutes later.
OWN = "script-src 'self'; report-uri /cookies/reports"


@pytest.fixture(scope="module")
def sites(secret_key: str, serving: Callable[..., Any]) -> Iterator[dict[str, str]]:
    """Yield the address of a site for each way of sending a policy."""

    async def page(request: Request) -> Response:
        own = {"content-security-policy": OWN} if request.url.path == "/own" else None
        return HTMLResponse(PAGE, headers=own)

    async def loader(request: Request) -> Response:
        return Response(LOADER, media_type="text/javascript")

    routes = [Route("/", page), Route("/own", page), Route("/loader.js", loader)]

    def app(csp: str) -> Starlette:
        consent = Middleware(ConsentMiddleware, policy=POLICY, secret_key=secret_key, csp=csp)
        return Starlette(routes=routes, middleware=[consent])

    with serving(app("off")) as off, serving(app("report")) as report, serving(app("enforce")) as enforce:
        yield {
            name: f"http://127.0.0.1:{port}"
            for name, port in (("off", off), ("report", report), ("enforce", enforce))
        }


def visit(visitor: BrowserContext, address: str) -> None:
    page = visitor.new_page()
    page.goto(address, wait_until="networkidle")
    page.wait_for_timeout(300)


#
def test_without_a_policy_such_a_script_reaches_everybody(
    new_visitor: Callable[..., BrowserContext], sites: dict[str, str], canary: Canary
) -> None:
    visit(new_visitor(), sites["off"])

    assert {"tracker.example", "stranger.example"} <= canary.hosts


#
def test_enforced_it_reaches_nobody_before_a_grant(
    new_visitor: Callable[..., BrowserContext], sites: dict[str, str], canary: Canary
) -> None:
    visit(new_visitor(), sites["enforce"])

    assert canary.accepted == 0


#
def test_enforced_a_grant_opens_the_service_and_no_stranger(
    new_visitor: Callable[..., BrowserContext], sites: dict[str, str], canary: Canary, secret_key: str
) -> None:
    visitor = new_visitor()
    value = consent_cookies(POLICY, secret_key, granted=["marketing"])["consent"]
    visitor.add_cookies([{"name": "consent", "value": value, "url": sites["enforce"]}])
    visit(visitor, sites["enforce"])

    assert canary.hosts == {"tracker.example"}


def test_a_real_report_names_the_stranger_in_the_log(
    new_visitor: Callable[..., BrowserContext],
    sites: dict[str, str],
    canary: Canary,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO, "consentkit"):
        visit(new_visitor(), sites["report"] + "/own")

    told = [record.getMessage() for record in caplog.records]
    assert any("stranger.example" in line and 'hosts = ["stranger.example"]' in line for line in told)
    assert any("tracker.example (tracker)" in line for line in told)
