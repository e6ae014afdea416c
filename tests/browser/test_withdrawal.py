"""After a withdrawal: no cookie of what was withdrawn is left in the jar, and nothing goes on running."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from tests.browser.steps import until

from consentkit import ConsentMiddleware, parse_policy

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page
    from tests.browser.conftest import Canary, Certificate, MakeSite

POLICY = parse_policy(
    """
    [site]
    name = "Tides"
    controller = { name = "Harbour Office", contact = "tides@harbour.example" }

    [categories.essential]
    essential = true
    cookies = [{ name = "session", purpose = "Keeps you signed in.", expires_after = "session" }]

    [categories.analytics]

    [services.counter]
    category = "analytics"
    provider = "Counter Ltd"
    cookies = [{ name = "_ct*", expires_after = "1 year", path = "/tides" }]
    """
)
# As a site may have set them. A browser deletes each only for its own path, domain and partition.
COOKIES = (
    "session=1; Path=/",
    "_ct=1; Path=/",
    "_ct_hidden=1; Path=/; Secure; HttpOnly",
    "_ct_deep=1; Path=/tides",
    "_ct_chips=1; Path=/; Secure; SameSite=None; Partitioned",
    "_ct_deep_chips=1; Path=/tides; Secure; HttpOnly; SameSite=None; Partitioned",
)


def jar_site(secret_key: str, cookies: tuple[str, ...] = COOKIES) -> Starlette:
    """Return a site whose pages "/" and "/tides" set cookies wherever they can."""

    async def page(_request: Request) -> Response:
        answer = HTMLResponse("<!doctype html><html lang=en><head><title>T</title></head><body><h1>T</h1>")
        for cookie in cookies:
            answer.headers.append("set-cookie", cookie)
        return answer

    consent = Middleware(ConsentMiddleware, policy=POLICY, secret_key=secret_key)
    return Starlette(routes=[Route("/", page), Route("/tides", page)], middleware=[consent])


@pytest.fixture(scope="module")
def jar(secret_key: str, serving: Callable[..., Any], certificate: Certificate) -> Iterator[str]:
    with serving(jar_site(secret_key), certificate) as port:
        yield f"https://127.0.0.1:{port}"


#
@pytest.mark.parametrize("client_script", [True, False], ids=["client", "no-client"])
def test_no_cookie_of_it_is_left_whatever_its_path_and_partition(
    new_visitor: Callable[..., BrowserContext], jar: str, *, client_script: bool
) -> None:
    visitor = new_visitor(ignore_https_errors=True)
    page = visitor.new_page()

    def stored() -> set[str]:
        return {cookie["name"] for cookie in visitor.cookies()} - {"__Host-consent"}

    page.goto(f"{jar}/tides")
    assert stored() == {"session"}
    page.get_by_role("button", name="Accept all").click()
    page.locator("#choices-saved").wait_for()
    page.reload()
    assert stored() == {cookie.partition("=")[0] for cookie in COOKIES}

    page.get_by_role("link", name="Cookie settings").last.click()
    page.get_by_role("button", name="Reject all").click()
    page.get_by_text("You rejected all optional cookies.").wait_for()
    page.goto(f"{jar}/tides")

    assert stored() == {"session"}
    page.goto(jar)
    assert stored() == {"session"}


#
@pytest.mark.parametrize("client_script", [True, False], ids=["client", "no-client"])
def test_a_script_that_sends_again_and_again_falls_silent(
    page: Page, canary: Canary, make_site: MakeSite, *, client_script: bool
) -> None:
    page.goto(make_site('<script src="https://counter.example/beating.js"></script>'))
    page.get_by_role("button", name="Accept all").click()
    page.locator("#choices-saved").wait_for()
    until(page, lambda: canary.seen["counter.example/beat"] >= 2)  # it does send

    page.get_by_role("link", name="Cookie settings").last.click()
    page.get_by_role("button", name="Reject all").click()
    page.get_by_text("You rejected all optional cookies.").wait_for()
    page.wait_for_load_state("networkidle")
    canary.forget()
    page.wait_for_timeout(500)

    assert canary.accepted == 0
