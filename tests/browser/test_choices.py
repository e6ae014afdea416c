"""What visitors choose is what happens: who is contacted, and what is stored, with scripts and without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tests.browser.steps import settle_below, submit, until_asked_for

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page
    from tests.browser.conftest import Canary

ADDRESSES = {
    "gtag": "www.googletagmanager.com/gtag/js?id=G-EXAMPLE",
    "gtm": "www.googletagmanager.com/gtm.js?id=GTM-EXAMPLE",
    "gtm-frame": "www.googletagmanager.com/ns.html?id=GTM-EXAMPLE",
    "film": "www.youtube.com/embed/aqz-KE-bpKQ",
    "share": "platform.twitter.com/widgets.js",
}
# What a visitor's browser asks for once the whole site is accepted.
EVERYTHING = {True: {"gtag", "gtm", "film", "share"}, False: {"gtm-frame", "film"}}
# And once one category or service is accepted.
ONE_GRANT: dict[str, dict[bool, set[str]]] = {
    "functional": {True: set(), False: set()},
    "analytics": {True: {"gtag", "gtm"}, False: {"gtm-frame"}},
    "third-party": {True: {"film", "share"}, False: {"film"}},
    "google-analytics": {True: {"gtag"}, False: set()},
    "google-tag-manager": {True: {"gtm"}, False: {"gtm-frame"}},
    "youtube": {True: {"film"}, False: {"film"}},
    "x": {True: {"share"}, False: set()},
}
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
PAGES = ("/", "/report", "/privacy", "/no-such-page", "/cookies")


def answer(page: Page, name: str, choice: str) -> Locator:
    return page.locator(f'input[name="choice.{name}"][value="{choice}"]')


def once(*names: str) -> Counter[str]:
    return Counter(ADDRESSES[name] for name in names)


def stored(page: Page) -> set[str]:
    return {cookie["name"] for cookie in page.context.cookies()}


@pytest.fixture(params=["http", "https"])
def origin(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue("site" if request.param == "http" else "secure_site"))


@pytest.fixture
def tab(new_visitor: Callable[..., BrowserContext], canary: Canary) -> Callable[[bool], Page]:
    return lambda scripts: new_visitor(java_script_enabled=scripts).new_page()


#
@SCRIPTS
def test_before_a_choice_nobody_is_contacted_and_nothing_is_stored(
    tab: Callable[[bool], Page], origin: str, canary: Canary, scripts: bool
) -> None:
    page = tab(scripts)
    for path in PAGES:
        page.goto(origin + path)
        page.keyboard.press("End")
    settle_below(page)
    assert (canary.accepted, stored(page)) == (0, set())


#
@SCRIPTS
def test_reject_all_is_one_click_and_contacts_nobody(
    tab: Callable[[bool], Page], origin: str, canary: Canary, scripts: bool
) -> None:
    page = tab(scripts)
    page.goto(origin)
    submit(page, "Reject all")
    for path in PAGES:
        page.goto(origin + path)
        assert page.locator("#choices").count() == 0
    settle_below(page)
    assert canary.accepted == 0
    assert stored(page) == {"__Host-consent" if origin.startswith("https") else "consent"}


#
@SCRIPTS
def test_accept_all_is_one_click_and_loads_each_third_party_exactly_once(
    tab: Callable[[bool], Page], origin: str, canary: Canary, scripts: bool
) -> None:
    page = tab(scripts)
    page.goto(origin)
    submit(page, "Accept all")
    settle_below(page)
    until_asked_for(page, canary, once(*EVERYTHING[scripts]))
    assert stored(page) - {"__Host-consent", "consent"} == ({"_ga", "_ga_EXAMPLE"} if scripts else set())

    canary.forget()
    page.reload()
    settle_below(page)
    until_asked_for(page, canary, once(*EVERYTHING[scripts]))


#
@SCRIPTS
@pytest.mark.parametrize("name", ONE_GRANT)
def test_granting_one_purpose_or_service_loads_that_one_only(
    tab: Callable[[bool], Page],
    site: str,
    canary: Canary,
    scripts: bool,
    name: str,
) -> None:
    page = tab(scripts)
    page.goto(site)
    submit(page, "Manage choices")
    for folded in page.get_by_text("Choose for each service").all():
        folded.click()
    answer(page, name, "granted").check()
    submit(page, "Save choices")
    page.goto(site)
    settle_below(page)
    expected = ONE_GRANT[name][scripts]
    until_asked_for(page, canary, once(*expected))
    assert canary.hosts == {ADDRESSES[address].partition("/")[0] for address in expected}


#
@SCRIPTS
def test_withdrawal_takes_two_activations_and_removes_every_optional_cookie(
    tab: Callable[[bool], Page], origin: str, canary: Canary, scripts: bool
) -> None:
    page = tab(scripts)
    page.goto(origin)
    submit(page, "Accept all")
    page.get_by_role("link", name="Larger text").click()
    page.wait_for_url("**text-size=large")
    kept = stored(page)
    assert kept >= ({"text-size", "_ga", "_ga_EXAMPLE"} if scripts else {"text-size"})

    page.get_by_role("link", name="Cookie settings").last.click()
    canary.forget()
    submit(page, "Reject all")
    page.goto(origin)
    settle_below(page)
    assert canary.accepted == 0
    assert stored(page) == {"__Host-consent" if origin.startswith("https") else "consent"}
    assert page.locator("html.large-text").count() == 0


#
def test_withdrawing_one_purpose_leaves_the_others_alone(
    tab: Callable[[bool], Page], site: str, canary: Canary
) -> None:
    page = tab(True)
    page.goto(site)
    submit(page, "Accept all")
    page.get_by_role("link", name="Larger text").click()
    page.get_by_role("link", name="Cookie settings").last.click()
    answer(page, "analytics", "denied").check()
    submit(page, "Save choices")
    canary.forget()
    page.goto(site)
    settle_below(page)
    until_asked_for(page, canary, once("film", "share"))
    assert stored(page) == {"consent", "text-size"}


#
@SCRIPTS
def test_saving_the_untouched_cookies_page_is_a_refusal(
    tab: Callable[[bool], Page], site: str, canary: Canary, scripts: bool
) -> None:
    page = tab(scripts)
    page.goto(site)
    submit(page, "Manage choices")
    checked = {radio.get_attribute("value") for radio in page.locator("input:checked").all()}
    assert checked == {"denied", ""}
    submit(page, "Save choices")
    page.get_by_role("link", name="Go back to the page you were on").click()
    settle_below(page)
    assert page.url == f"{site}/"
    assert page.locator("#choices").count() == 0
    assert canary.accepted == 0


#
def test_the_cookies_page_opens_with_what_was_saved(tab: Callable[[bool], Page], site: str) -> None:
    page = tab(False)
    page.goto(site + "/cookies")
    answer(page, "analytics", "granted").check()
    submit(page, "Save choices")
    page.goto(site + "/cookies")
    assert answer(page, "analytics", "granted").is_checked()
    assert answer(page, "functional", "denied").is_checked()


#
@SCRIPTS
def test_the_page_says_the_same_to_everybody(tab: Callable[[bool], Page], site: str, scripts: bool) -> None:
    said = set()
    for answer in (None, "Reject all", "Accept all"):
        page = tab(scripts)
        response = page.goto(site)
        assert response is not None
        assert response.status == 200
        if answer:
            submit(page, answer)
        article = page.locator("article").inner_text()
        for notice in page.locator(".choices-embed").all():
            article = article.replace(notice.inner_text(), "")
        said.add(" ".join(article.split()))
    assert len(said) == 1


#
def test_a_browser_that_sends_the_signal_is_told_so_and_loads_nothing_it_covers(
    new_visitor: Callable[..., BrowserContext], site: str, canary: Canary
) -> None:
    page = new_visitor(extra_http_headers={"Sec-GPC": "1"}).new_page()
    page.goto(site)
    settle_below(page)
    assert canary.accepted == 0
    assert "Global Privacy Control" in page.locator("#choices").inner_text()
