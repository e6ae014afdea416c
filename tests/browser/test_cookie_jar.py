"""The consent cookie in a real cookie jar, next to whatever else is in there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser.steps import settle, submit, until

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from tests.browser.conftest import Canary

FILM = "www.youtube.com/embed/aqz-KE-bpKQ"
ODD = b"odd=caf\xe9 \xff; Path=/; Max-Age=3600"


@pytest.fixture(scope="module")
def odd_site(example: ASGIApp, serving: Callable[..., Any]) -> Iterator[str]:
    """Yield the example with a cookie that is neither ASCII nor UTF-8 on every response."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_oddly(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], (b"set-cookie", ODD)]}
            await send(message)

        await example(scope, receive, send_oddly)

    with serving(app) as port:
        yield f"http://127.0.0.1:{port}"


#
@pytest.mark.parametrize("button", ["Accept all", "Reject all"])
def test_over_https_it_is_a_secure_host_cookie_that_scripts_cannot_read(
    page: Page, secure_site: str, button: str
) -> None:
    page.goto(secure_site)
    submit(page, button)
    cookie = next(one for one in page.context.cookies() if "consent" in one["name"])
    assert cookie["name"] == "__Host-consent"
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
    # Host-only: the browser gives the domain of any other cookie a leading dot.
    assert (cookie["domain"], cookie["path"]) == ("www.inspectorate.example", "/")
    assert "consent" not in page.evaluate("document.cookie")
    assert len(cookie["name"] + cookie["value"]) <= 130


#
def test_a_refusal_is_kept_as_long_as_a_grant_and_a_visit_does_not_extend_it(
    new_visitor: Callable[..., BrowserContext], site: str
) -> None:
    ends = []
    for button in ("Accept all", "Reject all"):
        page = new_visitor().new_page()
        page.goto(site)
        submit(page, button)
        before = page.context.cookies(site)[0]
        page.goto(site + "/report")
        page.goto(site + "/cookies")
        assert next(one for one in page.context.cookies(site) if one["name"] == "consent") == before
        ends.append(before["expires"])
    assert ends[0] == pytest.approx(ends[1], abs=60)


#
@pytest.mark.parametrize(
    ("button", "times"), [("Accept all", 1), ("Reject all", 0)], ids=["accepted", "rejected"]
)
def test_a_neighbour_that_no_script_can_read_hides_no_answer(
    page: Page, odd_site: str, canary: Canary, button: str, times: int
) -> None:
    page.goto(odd_site)
    submit(page, button)
    canary.forget()
    page.goto(odd_site)
    page.wait_for_load_state("networkidle")
    assert "odd" in {cookie["name"] for cookie in page.context.cookies()}
    assert page.locator("#choices").count() == 0
    until(page, lambda: canary.seen[FILM] == times)
    settle(page)
    assert canary.seen[FILM] == times


#
def test_an_altered_cookie_asks_again_and_grants_nothing(page: Page, site: str, canary: Canary) -> None:
    page.goto(site)
    submit(page, "Accept all")
    cookie = next(one for one in page.context.cookies(site) if one["name"] == "consent")
    page.context.clear_cookies()
    altered = cookie["value"][:-1] + ("A" if cookie["value"][-1] != "A" else "B")
    page.context.add_cookies([{"name": "consent", "value": altered, "url": site}])
    canary.forget()
    page.goto(site)
    page.wait_for_load_state("networkidle")
    assert page.locator("#choices").is_visible()
    assert canary.accepted == 0


#
def test_a_flood_of_other_cookies_keeps_the_choice_or_ends_in_a_question(
    new_visitor: Callable[..., BrowserContext], site: str
) -> None:
    visitor = new_visitor()
    page = visitor.new_page()
    page.goto(site)
    submit(page, "Reject all")
    visitor.add_cookies([{"name": f"flood{number}", "value": "x" * 20, "url": site} for number in range(300)])
    answer = page.goto(site)

    assert answer is not None
    assert answer.ok
    kept = any(cookie["name"] == "consent" for cookie in visitor.cookies())
    assert page.locator("#choices .choices-button").count() == (0 if kept else 3)
    assert page.locator("iframe[src*=youtube]").count() == 0
