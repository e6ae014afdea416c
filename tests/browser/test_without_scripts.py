"""Where scripts are off: what visitors come upon beside accepting and rejecting.

Accepting, rejecting, withdrawing, single purposes and services, and embeds are done with and without scripts
in ``test_choices.py`` and ``test_embeds.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from tests.browser.steps import settle_below, submit, until_asked_for

from consentkit import ConsentMiddleware, load_policy, parse_policy

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Page
    from starlette.routing import Route
    from tests.browser.conftest import Canary

FILM = "www.youtube.com/embed/aqz-KE-bpKQ"
CONTAINER = "www.googletagmanager.com/ns.html?id=GTM-EXAMPLE"


@pytest.fixture
def tab(new_visitor: Callable[..., BrowserContext], canary: Canary) -> Callable[..., Page]:
    def tab(**headers: str) -> Page:
        page = new_visitor(java_script_enabled=False, extra_http_headers=headers).new_page()
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        return page

    return tab


#
def test_scripts_are_off_in_these_tests(tab: Callable[..., Page], site: str) -> None:
    page = tab()
    page.goto(site)
    assert page.locator("html.consent-probe").count() == 0
    page.set_content("<script>document.documentElement.className = 'consent-probe'</script>")
    assert page.locator("html.consent-probe").count() == 0


#
def test_the_confirmation_is_shown_in_the_place_of_the_question_and_can_be_hidden(
    tab: Callable[..., Page], site: str
) -> None:
    page = tab()
    page.goto(f"{site}/report?part=2")
    submit(page, "Reject all")

    assert page.locator("#choices").count() == 0
    assert page.get_by_role("status").get_by_text("You rejected all optional cookies.").is_visible()
    page.get_by_role("link", name="Hide this message").click()
    page.wait_for_url(f"{site}/report?part=2")
    assert page.get_by_role("status").count() == 0


#
def test_a_form_that_is_refused_says_why_changes_nothing_and_shows_the_way_on(
    tab: Callable[..., Page], site: str, canary: Canary
) -> None:
    page = tab()
    page.goto(site)
    page.locator("#choices input[name=notice]").first.evaluate("field => field.value = 'of-another-day'")
    submit(page, "Accept all")

    assert page.get_by_role("heading", name="Your choice was not saved").is_visible()
    assert page.get_by_text("What this site uses has changed since the page was loaded.").is_visible()
    assert (page.context.cookies(), canary.accepted) == ([], 0)

    page.get_by_role("link", name="Go to the cookies page").click()
    page.locator('input[name="choice.third-party"][value="granted"]').check()
    submit(page, "Save choices")
    page.goto(site)
    settle_below(page)
    until_asked_for(page, canary, {FILM: 1})


#
def test_the_cookies_page_lists_what_is_declared_and_nothing_else(
    tab: Callable[..., Page], site: str, example_folder: Path
) -> None:
    page = tab()
    page.goto(f"{site}/cookies")
    policy = load_policy(example_folder / "consent.toml")
    declared = {item.name for category in policy.categories for item in category.items}
    declared |= {
        item.name for category in policy.categories for one in category.services for item in one.items
    }

    for folded in page.locator("summary").all():
        folded.click()
    listed = page.locator(".choices-table").get_by_role("rowheader")
    for row in listed.all():
        assert row.is_visible()
    own = {"consent", "consent-once"}  # what consentkit itself stores
    assert set(listed.all_inner_texts()) - own == declared
    assert own & set(listed.all_inner_texts())


#
@pytest.mark.parametrize("scripts", [False, True], ids=["no-scripts", "scripts"])
def test_where_nothing_needs_consent_nobody_is_asked_and_the_link_leads_to_what_is_stored(
    new_visitor: Callable[..., BrowserContext],
    one_page: Callable[[str], Route],
    secret_key: str,
    serving: Callable[..., Any],
    *,
    scripts: bool,
) -> None:
    policy = parse_policy(
        """
        [site]
        name = "Tides"
        controller = { name = "Harbour Office", contact = "tides@harbour.example" }
        [categories.essential]
        essential = true
        cookies = [{ name = "session", purpose = "Keeps you signed in.", expires_after = "session" }]
        """
    )
    home = one_page(
        "<!doctype html><html lang=en><head><title>T</title>{{ consent_head() }}</head>"
        "<body>{{ consent_banner() }}<h1>T</h1>{{ consent_link() }}</body></html>"
    )
    page = new_visitor(java_script_enabled=scripts).new_page()
    consent = Middleware(ConsentMiddleware, policy=policy, secret_key=secret_key)
    with serving(Starlette(routes=[home], middleware=[consent])) as port:
        page.goto(f"http://127.0.0.1:{port}")
        assert page.locator(".choices-ask, button").count() == 0
        page.get_by_role("link", name="Cookie settings").click()
        page.get_by_role("heading", name="Cookies on Tides").wait_for()
        assert "session" in page.locator(".choices-table").first.inner_html()
        assert page.locator("button[value=grant-all]").count() == 0
        page.close()


#
def test_the_signal_is_told_refuses_and_is_outranked_by_an_answer_of_one_s_own(
    tab: Callable[..., Page], site: str, canary: Canary
) -> None:
    page = tab(**{"Sec-GPC": "1"})
    page.goto(site)
    note = "Your browser sends the Global Privacy Control signal, so these are refused without asking you"
    assert note in page.locator("#choices").inner_text()

    submit(page, "Accept all")
    page.goto(site)
    settle_below(page)
    assert FILM not in canary.seen
    assert page.locator(".choices-embed").is_visible()

    page.goto(f"{site}/cookies")
    assert page.get_by_text(note).is_visible()
    page.locator('input[name="choice.third-party"][value="granted"]').check()
    submit(page, "Save choices")
    assert "your own choice counts" in page.locator(".choices-note").last.inner_text()
    canary.forget()
    page.goto(site)
    settle_below(page)
    until_asked_for(page, canary, {FILM: 1, CONTAINER: 1})


#
def test_withdrawing_by_keyboard_takes_the_link_and_one_button(
    tab: Callable[..., Page], site: str, canary: Canary
) -> None:
    page = tab()
    page.goto(site)
    page.get_by_role("button", name="Accept all", exact=True).press("Enter")
    page.locator("#choices-saved").wait_for()

    page.get_by_role("link", name="Cookie settings").last.press("Enter")
    page.wait_for_url("**/cookies?next=**")
    page.get_by_role("button", name="Reject all", exact=True).press("Enter")
    page.locator("#choices-saved").wait_for()
    canary.forget()
    page.get_by_role("link", name="Go back to the page you were on").press("Enter")
    page.wait_for_url(f"{site}/**")
    settle_below(page)
    assert canary.accepted == 0


#
def test_every_layer_speaks_the_language_of_the_browser(tab: Callable[..., Page], site: str) -> None:
    page = tab(**{"Accept-Language": "de"})
    page.goto(site)
    assert page.locator("#choices").get_attribute("lang") == "de"
    page.locator("#choices form[method=get] button").click()
    page.wait_for_url("**/cookies?next=**")
    assert page.locator("html").get_attribute("lang") == "de"
    page.locator("input[name=notice]").first.evaluate("field => field.value = 'of-another-day'")
    page.locator("button[value=grant-all]").press("Enter")
    page.wait_for_url(f"{site}/cookies")
    assert page.locator("html").get_attribute("lang") == "de"
    assert page.get_by_text("Your choice").count() == 0
