"""What third parties with a consent interface are told, as they note it: first of all, and at each change."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser import vendors
from tests.browser.steps import settle, until

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page
    from tests.browser.conftest import Canary, MakeSite

SITE = """
[site]
name = "Tides"
controller = { name = "Harbour Office", contact = "tides@harbour.example" }

[consent]
gpc = ["marketing"]

[categories.functional]

[categories.analytics]
use = ["google-analytics", "microsoft-clarity", "matomo", "google-tag-manager"]

[categories.marketing]
use = [
    "google-ads", "microsoft-advertising", "meta-pixel", "tiktok-pixel", "pinterest-tag",
    "linkedin-insight", "snap-pixel", "x-pixel",
]
"""
SIGNALS = {
    "functional": ("functionality_storage", "personalization_storage"),
    "analytics": ("analytics_storage",),
    "marketing": ("ad_storage", "ad_user_data", "ad_personalization"),
}
# Queues that are there before anybody: what goes in is noted at once. All that is noted outlives the page.
NOTE = """
window.note = (name, words) => noted(name, JSON.stringify(words));
const layer = window.dataLayer = [];
layer.push = (...items) => {
    for (const item of items) note("dataLayer", "callee" in item ? [...item] : [item]);
    return Array.prototype.push.apply(layer, items);
};
"""
ALL = ("functional", "analytics", "marketing")

Told = list[tuple[str, list[Any]]]


@pytest.fixture
def client_script() -> bool:
    return True


@pytest.fixture
def declared() -> str:
    return SITE


@pytest.fixture
def body() -> str:
    return "<body><main><h1>High tide</h1></main></body>"


def listen(context: BrowserContext) -> Told:
    """Return the list that everything told to a third party is added to, across pages."""
    told: Told = []
    context.expose_function("noted", lambda name, words: told.append((name, json.loads(words))))
    context.add_init_script(NOTE)
    return told


def choose(page: Page, *granted: str) -> None:
    """Answer everything, by the dialog; where all is answered alike, by the banner if it is there."""
    wanted = "Accept all" if set(granted) == set(ALL) else "Reject all"
    if set(granted) in (set(), set(ALL)) and page.locator(".choices-ask").count():
        page.get_by_role("button", name=wanted, exact=True).click()
    else:
        page.evaluate("consentkit.open()")
        dialog = page.get_by_role("dialog")
        dialog.wait_for()
        for name in ALL:
            value = "granted" if name in granted else "denied"
            dialog.locator(f'input[name="choice.{name}"][value={value}]').check()
        with page.expect_response(lambda one: one.request.method == "POST"):
            dialog.get_by_role("button", name="Save choices").click()
    page.locator("#choices-saved").wait_for()
    settle(page)


def signals(*granted: str) -> dict[str, str]:
    states = {
        one: "granted" if name in granted else "denied" for name, ones in SIGNALS.items() for one in ones
    }
    return {**states, "security_storage": "granted"}


def said(told: Told, name: str, *beginning: str) -> list[list[Any]]:
    """Return what one interface was told, if it begins so."""
    return [words for one, words in told if one == name and words[: len(beginning)] == list(beginning)]


def last_states(told: Told) -> dict[str, bool]:
    """Return what each interface believes at the end: whether what it goes by is granted."""
    google = [words[2] for words in said(told, "dataLayer", "consent")]
    believed = {one: state == "granted" for one, state in google[-1].items() if one != "wait_for_update"}
    for name, words in told:
        match name, words:
            case "uetq", ["consent", _, {"ad_storage": state}]:
                believed[name] = state == "granted"
            case "clarity", ["consentv2", states]:
                believed["clarity"] = states["analytics_Storage"] == "granted"
                believed["clarity ads"] = states["ad_Storage"] == "granted"
            case "fbq", ["consent", verb]:
                believed[name] = verb == "grant"
            case "pintrk", ["setconsent", state]:
                believed[name] = state
            case "ttq", [("grantConsent" | "revokeConsent" | "holdConsent") as verb]:
                believed[name] = verb == "grantConsent"
            case "_paq", [("requireConsent" | "setConsentGiven" | "forgetConsentGiven") as verb]:
                believed[name] = verb == "setConsentGiven"
    return believed


def expected(believed: dict[str, bool], *granted: str) -> dict[str, bool]:
    """Return what the interfaces that were told anything should believe."""
    goes_by = {one: name for name, ones in SIGNALS.items() for one in ones}
    goes_by |= dict.fromkeys(("uetq", "fbq", "pintrk", "ttq", "clarity ads"), "marketing")
    goes_by |= dict.fromkeys(("clarity", "_paq"), "analytics")
    return {one: goes_by.get(one) in granted or one == "security_storage" for one in believed}


#
def test_before_a_choice_everything_is_denied_first_of_all_and_nobody_is_contacted(
    new_visitor: Callable[..., BrowserContext], canary: Canary, make_site: MakeSite
) -> None:
    context = new_visitor()
    told, page = listen(context), context.new_page()
    page.goto(make_site(vendors.PAGE))
    settle(page)

    assert told[0] == ("dataLayer", ["consent", "default", signals()])
    assert told[1] == ("dataLayer", ["set", "ads_data_redaction", True])
    assert told[2] == (
        "dataLayer",
        [{"event": "consentkit.default", "consentkit": {"allowed": ["essential"]}}],
    )
    assert len(told) == 3  # the tags themselves have said nothing
    assert page.evaluate("[...uetq]") == ["consent", "default", {"ad_storage": "denied"}]
    assert page.evaluate("[...clarity.q[0]]") == [
        "consentv2",
        {"ad_Storage": "denied", "analytics_Storage": "denied"},
    ]
    assert page.evaluate("_paq") == [["requireConsent"]]
    assert page.evaluate("ttq") == [["holdConsent"]]
    assert canary.accepted == 0


#
def test_a_refusal_is_told_on_the_page_where_it_is_made_and_contacts_nobody(
    new_visitor: Callable[..., BrowserContext], canary: Canary, make_site: MakeSite
) -> None:
    context = new_visitor()
    told, page = listen(context), context.new_page()
    page.goto(make_site(vendors.PAGE))
    choose(page)

    assert said(told, "dataLayer", "consent", "update") == [["consent", "update", signals()]]
    assert said(told, "dataLayer")[-1] == [
        {"event": "consentkit.update", "consentkit": {"allowed": ["essential"]}}
    ]
    # To be told again that nothing is granted makes some store that.
    assert page.evaluate("[_paq.length, ttq.length]") == [1, 1]
    assert canary.accepted == 0


#
def test_a_grant_is_told_before_the_code_that_it_lets_in(
    new_visitor: Callable[..., BrowserContext], canary: Canary, make_site: MakeSite
) -> None:
    context = new_visitor()
    told, page = listen(context), context.new_page()
    page.goto(make_site(vendors.PAGE))
    choose(page, *ALL)
    until(page, "window.fbq?.callMethod && window.pintrk && !window.clarity.q")
    settle(page)

    layer = said(told, "dataLayer")
    granted = layer.index(["consent", "update", signals(*ALL)])
    assert granted < layer.index(["js", 1]) < layer.index(["config", "G-1"])
    assert granted < layer.index([{"gtm.start": 1, "event": "gtm.js"}])
    # It looks at its queue when it comes: the state first.
    assert said(told, "fbq") == [["consent", "grant"], ["init", "1"], ["track", "PageView"]]
    assert said(told, "pintrk") == [["setconsent", True], ["load", "1"], ["page"]]
    assert said(told, "ttq") == [["holdConsent"], ["grantConsent"], ["page"]]
    assert said(told, "_paq") == [["requireConsent"], ["setConsentGiven"], ["trackPageView"]]
    assert said(told, "clarity")[-1] == [
        "consentv2",
        {"ad_Storage": "granted", "analytics_Storage": "granted"},
    ]
    queue = said(told, "uetq")
    assert queue[0] == [
        *("consent", "default", {"ad_storage": "denied"}),
        *("consent", "update", {"ad_storage": "granted"}),
    ]
    assert queue[-1] == ["pageLoad"]
    believed = last_states(told)
    assert believed == expected(believed, *ALL)
    assert set(canary.seen.values()) == {1}


#
def test_the_next_page_begins_with_what_was_chosen(
    new_visitor: Callable[..., BrowserContext], make_site: MakeSite
) -> None:
    context = new_visitor()
    told, page = listen(context), context.new_page()
    site = make_site(vendors.PAGE)
    page.goto(site)
    choose(page, "analytics")
    told.clear()
    page.goto(f"{site}/other")
    settle(page)

    assert told[0] == ("dataLayer", ["consent", "default", signals("analytics")])
    assert said(told, "dataLayer", "consent", "update") == []
    assert said(told, "_paq") == [["requireConsent"], ["setConsentGiven"], ["trackPageView"]]
    assert said(told, "clarity") == [["consentv2", {"ad_Storage": "denied", "analytics_Storage": "granted"}]]
    assert said(told, "fbq") == []


#
def test_a_withdrawal_is_told_before_the_page_is_loaded_again_without_the_services(
    new_visitor: Callable[..., BrowserContext], canary: Canary, make_site: MakeSite
) -> None:
    context = new_visitor()
    told, page = listen(context), context.new_page()
    page.goto(make_site(vendors.PAGE))
    choose(page, *ALL)
    until(page, "window.fbq?.callMethod && window.pintrk && !window.clarity.q")
    settle(page)
    told.clear()
    canary.forget()
    page.evaluate("window.before = 1; localStorage.setItem('_uetsid', '1')")
    choose(page)

    again = [words for _, words in told].index(["consent", "default", signals()])
    before = told[:again]
    assert said(before, "dataLayer", "consent") == [["consent", "update", signals()]]
    assert said(before, "fbq") == [["consent", "revoke"]]
    assert said(before, "pintrk") == [["setconsent", False]]
    assert said(before, "ttq") == [["revokeConsent"]]
    assert said(before, "_paq") == [["forgetConsentGiven"]]
    assert said(before, "uetq") == [["consent", "update", {"ad_storage": "denied"}]]
    assert said(before, "clarity") == [["consentv2", {"ad_Storage": "denied", "analytics_Storage": "denied"}]]
    assert page.evaluate("window.before") is None
    assert page.evaluate("localStorage.length") == 0
    assert canary.accepted == 0


#
def test_through_every_transition_each_interface_believes_what_was_chosen(
    new_visitor: Callable[..., BrowserContext], make_site: MakeSite
) -> None:
    context = new_visitor()
    told, page = listen(context), context.new_page()
    page.goto(make_site(vendors.PAGE))
    states = [
        (),
        ("analytics",),
        ("marketing",),
        ALL,
        ("functional", "analytics"),
        (),
        ALL,
        ("marketing",),
        (),
    ]
    for before, chosen in pairwise([(), *states]):
        told.clear()
        choose(page, *chosen)
        believed = last_states(told)
        assert believed, "somebody was told"
        assert believed == expected(believed, *chosen)
        # On the way from one state to another nobody was granted what neither of them grants.
        for position in range(1, len(told) + 1):
            if said(told[:position], "dataLayer", "consent"):
                meanwhile = last_states(told[:position])
                most = expected(meanwhile, *before, *chosen)
                assert not [one for one, granted in meanwhile.items() if granted and not most[one]]


#
def test_under_the_signal_what_it_refuses_is_told_as_denied(
    new_visitor: Callable[..., BrowserContext], make_site: MakeSite
) -> None:
    context = new_visitor(extra_http_headers={"Sec-GPC": "1"})
    told, page = listen(context), context.new_page()
    page.goto(make_site(vendors.PAGE))
    page.get_by_role("button", name="Accept all", exact=True).click()
    page.locator("#choices-saved").wait_for()
    settle(page)

    believed = last_states(told)
    assert believed == expected(believed, "functional", "analytics")
    assert said(told, "fbq") == []


#
def test_where_the_client_script_is_blocked_each_page_still_begins_with_the_state(
    new_visitor: Callable[..., BrowserContext], canary: Canary, make_site: MakeSite
) -> None:
    context = new_visitor()
    context.route("**/client.js", lambda route: route.abort())
    told, page = listen(context), context.new_page()
    page.goto(make_site(vendors.PAGE))
    page.get_by_role("button", name="Accept all", exact=True).click()
    page.locator("#choices-saved").wait_for()
    settle(page)

    first, second = (words[2] for words in said(told, "dataLayer", "consent"))
    assert (first, second) == (signals(), signals(*ALL))
    assert said(told, "fbq")[0] == ["consent", "grant"]
    told.clear()
    page.goto(page.url.partition("?")[0] + "cookies")
    page.get_by_role("button", name="Reject all", exact=True).click()
    page.locator("#choices-saved").wait_for()
    canary.forget()
    page.goto(page.url.partition("/cookies")[0])
    settle(page)

    assert said(told, "dataLayer", "consent") == [["consent", "default", signals()]]
    assert canary.accepted == 0


#
def test_a_page_for_everybody_begins_with_nothing_granted_and_tags_wait_for_the_state(
    new_visitor: Callable[..., BrowserContext], make_site: MakeSite
) -> None:
    context = new_visitor()
    told, page = listen(context), context.new_page()
    site = make_site(vendors.PAGE, cache="shared")
    page.goto(site)
    choose(page, "analytics")
    told.clear()
    page.goto(f"{site}/other")
    until(page, "!window.clarity.q")
    settle(page)

    assert told[0] == ("dataLayer", ["consent", "default", {**signals(), "wait_for_update": 500}])
    assert said(told, "dataLayer", "consent", "update") == [["consent", "update", signals("analytics")]]
    layer = said(told, "dataLayer")
    assert layer.index(["consent", "update", signals("analytics")]) < layer.index(["js", 1])
    believed = last_states(told)
    assert believed == expected(believed, "analytics")


#
def test_the_advanced_mode_loads_google_alone_and_tells_it_no(
    new_visitor: Callable[..., BrowserContext], canary: Canary, make_site: MakeSite
) -> None:
    context = new_visitor()
    told, page = listen(context), context.new_page()
    page.goto(make_site(vendors.PAGE, policy_text=SITE + '[consent_modes.google]\nmode = "advanced"\n'))
    until(page, "dataLayer.length > 4")
    settle(page)

    layer = said(told, "dataLayer")
    assert layer[0] == ["consent", "default", signals()]
    assert layer.index(["config", "G-1"]) > 0
    assert set(canary.seen) == {"www.googletagmanager.com/gtag/js?id=G-1"}
    assert page.get_by_text("Even if you reject it, your browser contacts Google").count() == 2


#
def test_a_container_may_run_the_tags_of_allowed_services_and_is_loaded_again_for_more(
    new_visitor: Callable[..., BrowserContext], make_site: MakeSite
) -> None:
    context = new_visitor()
    told, page = listen(context), context.new_page()
    types = """
    [services.google-analytics]
    provider = "Google"
    tag_types = ["gaawe"]
    [services.google-ads]
    provider = "Google"
    tag_types = ["awct"]
    """
    page.goto(
        make_site(
            f"{vendors.TAG_MANAGER}<script>self.google_tag_manager = {{}}</script>", policy_text=SITE + types
        )
    )
    settle(page)
    [[listed]] = [words for words in said(told, "dataLayer") if "gtm.allowlist" in words[0]]
    assert "lcl" in listed["gtm.allowlist"]
    assert not {"gaawe", "awct"} & set(listed["gtm.allowlist"])

    told.clear()
    page.evaluate("window.before = 1")
    choose(page, "analytics")
    [[listed]] = [words for words in said(told, "dataLayer") if "gtm.allowlist" in words[0]]
    assert "gaawe" in listed["gtm.allowlist"]
    assert "awct" not in listed["gtm.allowlist"]
    assert page.evaluate("window.before") is None
    assert page.locator("#choices-saved").count() == 1

    page.evaluate("window.before = 1")
    choose(page, "analytics", "functional")
    assert page.evaluate("window.before") == 1


#
def test_what_differs_by_region_comes_first_and_no_update_lifts_it(
    new_visitor: Callable[..., BrowserContext], make_site: MakeSite
) -> None:
    context = new_visitor()
    told, page = listen(context), context.new_page()
    regions = """
    [consent_modes.google]
    ads_data_redaction = false
    url_passthrough = true
    regions = [{ region = ["US-CA"], denied = ["ad_personalization"] }]
    """
    page.goto(make_site(vendors.GOOGLE, policy_text=SITE + regions))
    choose(page, *ALL)

    layer = [words for words in said(told, "dataLayer") if words[0] in ("consent", "set")]
    assert layer == [
        ["consent", "default", {"ad_personalization": "denied", "region": ["US-CA"]}],
        ["consent", "default", signals()],
        ["set", "url_passthrough", False],
        ["consent", "update", {k: v for k, v in signals(*ALL).items() if k != "ad_personalization"}],
        ["set", "url_passthrough", True],
    ]


#
def test_with_a_nonce_the_state_stands_in_the_page_and_a_strict_policy_refuses_nothing(
    new_visitor: Callable[..., BrowserContext], make_site: MakeSite
) -> None:
    context = new_visitor()
    context.add_init_script(
        "window.refused = [];"
        "addEventListener('securitypolicyviolation', event => refused.push(event.violatedDirective))"
    )
    told, page = listen(context), context.new_page()
    policy = "default-src 'none'; connect-src 'self'; form-action 'self'"
    policy += "; script-src 'nonce-bm9uY2Vub25jZQ'; style-src 'nonce-bm9uY2Vub25jZQ'"
    site = make_site(
        '<script nonce="bm9uY2Vub25jZQ">window.seen = dataLayer[0][1]</script>',
        headers={"Content-Security-Policy": policy},
    )
    page.goto(site)
    settle(page)

    assert page.evaluate("[seen, refused]") == ["default", []]
    assert told[0] == ("dataLayer", ["consent", "default", signals()])


#
def test_without_a_nonce_a_policy_that_names_the_site_gets_a_file_that_comes_first_too(
    new_visitor: Callable[..., BrowserContext], make_site: MakeSite
) -> None:
    context = new_visitor()
    told, page = listen(context), context.new_page()
    site = make_site(
        '<script src="/own.js"></script>',
        headers={"Content-Security-Policy": "script-src 'self'"},
    )
    context.route(
        "**/own.js",
        lambda route: route.fulfill(content_type="text/javascript", body="window.seen = dataLayer[0][1]"),
    )
    page.goto(site)
    settle(page)

    assert page.evaluate("seen") == "default"
    assert told[0] == ("dataLayer", ["consent", "default", signals()])
