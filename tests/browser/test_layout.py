"""Nothing is covered, cut off or too small to hit, however narrow the window and large the text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

# Whatever in a place can be pressed and is under 44 by 44 CSS pixels. A radio
# is pressed by its label.
SMALL_TARGETS = """place => [...place.querySelectorAll("a, button, summary, input:not([type=hidden])")]
    .map(one => one.closest("label") ?? one)
    .filter(one => one.checkVisibility())
    .map(one => [one.textContent.trim(), one.getBoundingClientRect()])
    .filter(([_, box]) => box.width < 44 || box.height < 44)
    .map(([text, box]) => `${text}: ${box.width} by ${box.height}`)"""

# Text that runs out of its element, and elements that run out of the window. What is there for screen
# readers alone is clipped on purpose.
OVERFLOWING = """place => {
    const spoken = [...place.querySelectorAll("*")].filter(one => getComputedStyle(one).clipPath !== "none");
    return [...place.querySelectorAll("*")]
        .filter(one => one.checkVisibility() && !spoken.some(hidden => hidden.contains(one)))
        .filter(one => one.getBoundingClientRect().right > innerWidth + 0.5
            || (one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline"))
        .map(one => one.outerHTML.slice(0, 80));
}"""

AS_IT_IS = "html { font-size: 100% }"
LARGE_TEXT = "html { font-size: 200% !important }"
TEXT_SPACING = """* {
    line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important;
}
p { margin-bottom: 2em !important }"""


def open_page(new_visitor: Callable[..., BrowserContext], address: str, width: int) -> Page:
    view = {"width": width, "height": 720}
    page = new_visitor(viewport=view).new_page()
    page.goto(address)
    return page


def press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()


#
@pytest.mark.parametrize("width", [320, 1280])
def test_the_content_can_be_reached_whatever_is_answered(
    new_visitor: Callable[..., BrowserContext], site: str, width: int
) -> None:
    for answer in (None, "Reject all"):
        page = open_page(new_visitor, site, width)
        if answer:
            press(page, answer)
        heading = page.locator("h1")
        heading.evaluate("heading => heading.scrollIntoView({block: 'center'})")
        hit = """heading => {
            const box = heading.getBoundingClientRect();
            return heading.contains(document.elementFromPoint(box.x + 5, box.y + box.height / 2));
        }"""
        assert heading.evaluate(hit)
        page.get_by_role("link", name="Warning in time. Part two").click()
        page.wait_for_url("**/report")


#
@pytest.mark.parametrize(("width", "height"), [(320, 256), (1280, 720)])
def test_the_banner_covers_nothing_that_has_the_focus(
    new_visitor: Callable[..., BrowserContext], site: str, width: int, height: int
) -> None:
    page = new_visitor(viewport={"width": width, "height": height}).new_page()
    page.goto(site)
    assert page.locator("#choices").evaluate("banner => getComputedStyle(banner).position") == "static"
    covered = """() => {
        const box = document.activeElement.getBoundingClientRect();
        const banner = document.getElementById("choices");
        const height = Math.min(box.height, innerHeight);
        const middle = document.elementFromPoint(box.x + box.width / 2, box.y + height / 2);
        return !banner.contains(document.activeElement) && banner.contains(middle);
    }"""
    seen: list[Any] = []
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        seen.append(page.evaluate("document.activeElement.textContent.trim()"))
        assert not page.evaluate(covered)
    assert "Skip to content" in seen
    assert "Cookie settings" in seen[-1]


#
@pytest.mark.parametrize("size", ["100%", "200%"])
@pytest.mark.parametrize("width", [320, 1280])
def test_every_target_is_at_least_44_pixels_each_way(
    new_visitor: Callable[..., BrowserContext], site: str, width: int, size: str
) -> None:
    page = open_page(new_visitor, site, width)

    def small(place: str) -> object:
        page.add_style_tag(content=f"html {{ font-size: {size} !important }}")
        if place == "main":
            page.locator("summary").evaluate_all("all => all.forEach(one => one.parentElement.open = true)")
        return page.locator(place).first.evaluate(SMALL_TARGETS)

    assert small("#choices") == []
    assert small(".choices-embed") == []
    assert small("footer .plain") == []
    press(page, "Reject all")
    assert small("#choices-saved") == []
    page.goto(site + "/cookies?next=/")
    assert small("main") == []


#
@pytest.mark.parametrize(
    "style", [AS_IT_IS, LARGE_TEXT, TEXT_SPACING], ids=["as-it-is", "large-text", "text-spacing"]
)
def test_nothing_is_cut_off_or_scrolls_sideways_at_320_pixels(
    new_visitor: Callable[..., BrowserContext], site: str, style: str
) -> None:
    page = open_page(new_visitor, site, 320)

    def check(place: str) -> None:
        page.add_style_tag(content=style)
        if place == "main":
            page.locator("summary").evaluate_all("all => all.forEach(one => one.parentElement.open = true)")
        assert page.locator(place).evaluate(OVERFLOWING) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        for button in page.locator(place).get_by_role("button").all():
            button.scroll_into_view_if_needed()
            assert button.is_visible()

    check("#choices")
    press(page, "Accept all")
    check("#choices-saved")
    page.goto(site + "/cookies")
    check("main")


#
def test_a_gated_embed_leaves_its_place_to_the_notice(page: Page, site: str) -> None:
    page.goto(site)
    assert page.locator(".film iframe").count() == 1
    assert not page.locator(".film iframe").is_visible()
    assert page.locator(".film .choices-embed").is_visible()
    press(page, "Accept all")
    assert page.locator(".film iframe").is_visible()
    assert page.locator(".film .choices-embed").count() == 0
