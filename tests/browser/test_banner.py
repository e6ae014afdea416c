"""The banner is fair, stays out of the way, and takes nothing but an answer for an answer."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser.steps import submit

from consentkit.policy.theme import THEMES, Position

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page
    from tests.browser.conftest import Canary

WIDTHS = (320, 412, 768, 1280)
CLIENT = pytest.mark.parametrize("client_script", [True, False], ids=["client", "no-client"])
SCHEMES: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced": {"forced_colors": "active"},
}
# Anything that a site may set: nothing in it is about one button.
PROPERTIES = (
    *("paper", "card", "ink", "muted", "line", "rule", "accent", "on-accent", "link", "button-line", "focus"),
    *("radius", "space", "font"),
)

# Everything about a button that could make it look more or less like the thing to press.
LOOKS = """button => {
    const style = getComputedStyle(button);
    const sides = ["top", "right", "bottom", "left"];
    const names = [
        "color", "background-color", "background-image", "opacity", "box-shadow", "filter", "outline-style",
        "font-family", "font-size", "font-weight", "font-style", "letter-spacing", "line-height",
        "text-decoration-line", "text-transform", "cursor", "display", "visibility", "transform",
        "border-top-left-radius",
        ...sides.flatMap(side => ["padding-" + side, "margin-" + side]),
        ...sides.flatMap(side => ["color", "style", "width"].map(what => `border-${side}-${what}`)),
    ];
    const looks = Object.fromEntries(names.map(name => [name, style.getPropertyValue(name)]));
    return {...looks, tag: button.tagName, role: button.role, tabIndex: button.tabIndex};
}"""


def open_page(
    new_visitor: Callable[..., BrowserContext], address: str, width: int, scheme: str = "light"
) -> Page:
    view = {"width": width, "height": 720}
    page = new_visitor(viewport=view, **SCHEMES[scheme]).new_page()
    page.goto(address)
    return page


def check_that_they_are_equal(page: Page) -> None:
    accept = page.get_by_role("button", name="Accept all", exact=True)
    reject = page.get_by_role("button", name="Reject all", exact=True)
    assert (accept.count(), reject.count()) == (1, 1)
    assert accept.evaluate(LOOKS) == reject.evaluate(LOOKS)
    accept.scroll_into_view_if_needed()
    one, other = accept.bounding_box(), reject.bounding_box()
    assert one is not None
    assert other is not None
    assert (one["width"], one["height"]) == pytest.approx((other["width"], other["height"]), abs=1)
    # Side by side or one below the other, and both in sight from one scroll position.
    assert one["x"] == pytest.approx(other["x"], abs=1) or one["y"] == pytest.approx(other["y"], abs=1)
    tops, bottoms = (one["y"], other["y"]), (one["y"] + one["height"], other["y"] + other["height"])
    assert max(bottoms) - min(tops) <= 720


#
@pytest.mark.parametrize("path", ["/", "/cookies"], ids=["banner", "cookies-page"])
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_accept_and_reject_look_the_same(
    new_visitor: Callable[..., BrowserContext], site: str, width: int, scheme: str, path: str
) -> None:
    check_that_they_are_equal(open_page(new_visitor, site + path, width, scheme))


#
@pytest.mark.parametrize("position", Position)
@pytest.mark.parametrize("theme", THEMES)
def test_no_theme_makes_them_unequal_in_any_position(
    page: Page, themed_site: Callable[[str, str], str], theme: str, position: str
) -> None:
    # The cookies page is the same in all positions.
    for path in ("/", "/cookies") if position == Position.TOP else ("/",):
        page.goto(themed_site(theme, position) + path)
        for scheme in SCHEMES.values():
            page.emulate_media(**{"forced_colors": "none", **scheme})
            for width in (320, 412, 1280):
                page.set_viewport_size({"width": width, "height": 720})
                check_that_they_are_equal(page)


#
def test_no_custom_property_reaches_one_of_them_alone(
    page: Page, themed_site: Callable[[str, str], str]
) -> None:
    page.goto(themed_site("plain", "top"))
    for name in PROPERTIES:
        for value in ("#f0f", "3em", "serif", "0", "none"):
            page.evaluate(
                "([name, value]) => document.documentElement.style.setProperty(name, value)",
                [f"--consentkit-{name}", value],
            )
            looks = page.locator("#choices .choices-button").evaluate_all(f"all => all.map({LOOKS})")
            assert looks[0] == looks[1] == looks[2], (name, value)


#
def test_purposes_controller_and_the_way_back_stand_before_the_first_button(page: Page, site: str) -> None:
    page.goto(site)
    before = page.locator("#choices").evaluate(
        "banner => banner.innerText.slice(0, banner.innerText.indexOf('Accept all'))"
    )
    for told in (
        "Inspectorate of Public Services",
        "Remember settings that you choose",
        "Measure how the site is used",
        "Show videos, maps and posts",
        "You can change your mind at any time",
        "See who they are and what is stored",
    ):
        assert told in before
    page.get_by_role("link", name="See who they are and what is stored").click()
    assert "Google Ireland Limited" in page.locator("main").inner_text()


def scroll(page: Page) -> None:
    page.mouse.wheel(0, 4000)
    page.keyboard.press("End")


def press_keys(page: Page) -> None:
    for key in ("Escape", "Enter", "Space", "y"):
        page.keyboard.press(key)


def press_enter_on_the_banner(page: Page) -> None:
    page.locator("#choices-question").click()
    press_keys(page)


def click_beside_it(page: Page) -> None:
    page.mouse.click(5, 5)
    page.locator("h1").click()
    page.locator("#choices-question").dblclick()


def lose_focus(page: Page) -> None:
    page.get_by_role("button", name="Accept all").focus()
    page.evaluate("document.activeElement.blur()")
    page.evaluate("window.dispatchEvent(new Event('blur'))")


def follow_links(page: Page) -> None:
    page.get_by_role("link", name="Warning in time. Part two").click()
    page.go_back()
    page.go_forward()


def look_at_the_choices_and_leave(page: Page) -> None:
    page.get_by_role("button", name="Manage choices").click()
    page.locator('input[name="choice.analytics"][value="granted"]').check()
    page.go_back()


def drag_from_the_button(page: Page) -> None:
    box = page.get_by_role("button", name="Accept all").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + 5, box["y"] - 200)
    page.mouse.up()


def wait_for_an_hour(page: Page) -> None:
    page.clock.install()
    page.reload()
    page.clock.fast_forward("01:00:00")


def reload(page: Page) -> None:
    page.reload()


#
@CLIENT
@pytest.mark.parametrize(
    "gesture",
    [
        scroll,
        press_keys,
        press_enter_on_the_banner,
        click_beside_it,
        lose_focus,
        follow_links,
        look_at_the_choices_and_leave,
        drag_from_the_button,
        wait_for_an_hour,
        reload,
    ],
)
def test_no_gesture_but_an_answer_is_an_answer(
    page: Page, site: str, canary: Canary, gesture: Callable[[Page], None]
) -> None:
    page.goto(site)
    gesture(page)
    page.goto(site + "/report")
    page.wait_for_load_state("networkidle")
    assert page.locator("#choices").is_visible()
    assert (page.context.cookies(), canary.accepted) == ([], 0)


#
@CLIENT
def test_five_hundred_random_events_grant_nothing(page: Page, site: str, canary: Canary) -> None:
    events = [
        "scroll",
        "wheel",
        "mousemove",
        "mouseover",
        "mousedown",
        "pointerdown",
        "touchstart",
        "touchend",
    ]
    events += [
        "keydown",
        "keyup",
        "focus",
        "blur",
        "visibilitychange",
        "pagehide",
        "pageshow",
        "beforeunload",
    ]
    events += ["close", "cancel", "toggle", "beforetoggle", "message", "storage", "popstate", "hashchange"]
    events += [
        "resize",
        "animationend",
        "transitionend",
        "contextmenu",
        "dragstart",
        "drop",
        "submit",
        "change",
    ]
    chance = random.Random(4)  # the same walk every time
    walk = [(chance.choice(events), chance.random()) for _ in range(500)]
    page.goto(site)
    page.evaluate(
        """walk => {
            const places = [window, document, ...document.querySelectorAll("*")];
            for (const [name, where] of walk) {
                const event = new Event(name, {bubbles: true, cancelable: true});
                places[Math.floor(where * places.length)].dispatchEvent(event);
            }
        }""",
        walk,
    )
    page.wait_for_load_state("networkidle")
    assert page.locator("#choices").is_visible()
    assert (page.context.cookies(), canary.accepted) == ([], 0)


#
@pytest.mark.parametrize(
    "path", ["/", "/report", "/research", "/part-one", "/press-release", "/privacy", "/no-such"]
)
def test_one_activation_opens_the_choices_from_every_page(page: Page, site: str, path: str) -> None:
    page.goto(site + path)
    submit(page, "Reject all")
    page.get_by_role("link", name="Cookie settings").last.click()
    page.wait_for_url("**/cookies?next=**")
    assert page.get_by_role("button", name="Save choices").is_visible()


#
@pytest.mark.parametrize(
    ("accepted", "language", "button"),
    [
        ("cy-GB,en;q=0.5", "cy", "Gwrthod y cyfan"),
        ("de-AT", "de", "Alle ablehnen"),
        ("fr", "fr", "Tout refuser"),
        ("ja", "en", "Reject all"),
    ],
)
def test_the_banner_speaks_the_language_of_the_browser_and_says_which(
    new_visitor: Callable[..., BrowserContext], site: str, accepted: str, language: str, button: str
) -> None:
    page = new_visitor(extra_http_headers={"Accept-Language": accepted}).new_page()
    page.goto(site)
    assert page.locator("#choices").get_attribute("lang") == language
    submit(page, button)
    assert page.locator("#choices-saved").get_attribute("lang") == language
    page.goto(site + "/cookies")
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator(".choices-link").first.is_visible()


#
def test_nothing_of_it_is_printed(page: Page, site: str) -> None:
    page.goto(site)
    page.emulate_media(media="print")
    assert not page.locator("#choices").is_visible()
    assert page.locator("h1").is_visible()
