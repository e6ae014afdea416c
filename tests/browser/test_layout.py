"""Nothing is covered, cut off or too small to hit, however narrow the window and large the text."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from tests.browser.steps import submit

from consentkit.policy.theme import THEMES, Position

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


# Whether the banner lies over any part of what has the focus and is no part of it.
COVERED = """() => {
    const banner = document.querySelector(".choices-ask, .choices-done");
    if (banner.contains(document.activeElement)) return false;
    const one = document.activeElement.getBoundingClientRect();
    const outline = 5;
    const { left, top, right, bottom } = banner.getBoundingClientRect();
    return one.bottom + outline > top && one.top < bottom && one.right > left && one.left < right;
}"""
# Whether all of what has the focus can be seen.
IN_SIGHT = """() => {
    const { left, top, right, bottom } = document.activeElement.getBoundingClientRect();
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    const edges = [[x, top + 2], [x, bottom - 2], [left + 2, y], [right - 2, y]];
    return edges.every(([x, y]) => document.activeElement.contains(document.elementFromPoint(x, y)));
}"""
# Links and buttons that something else lies over, even when they have been scrolled to.
HIDDEN_TARGETS = """place => [...place.querySelectorAll("a, button")].filter(one => {
    one.scrollIntoView({ block: "nearest" });
    const { left, top, width, height } = one.getBoundingClientRect();
    return !one.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}).map(one => one.textContent)"""


#
@pytest.mark.parametrize("width", [320, 1280])
def test_the_content_can_be_reached_whatever_is_answered(
    new_visitor: Callable[..., BrowserContext], site: str, width: int
) -> None:
    for answer in (None, "Reject all"):
        page = open_page(new_visitor, site, width)
        if answer:
            submit(page, answer)
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
@pytest.mark.parametrize("size", [(320, 256), (412, 892), (1280, 720)], ids=str)
@pytest.mark.parametrize("position", Position)
def test_in_no_position_is_it_a_wall(
    page: Page, themed_site: Callable[[str, str], str], position: str, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(themed_site("bold", position))
    hit = """one => {
        one.scrollIntoView({block: "center"});
        const box = one.getBoundingClientRect();
        return one.contains(document.elementFromPoint(box.x + 5, box.y + box.height / 2));
    }"""
    for part in ("h1", "input[name=harbour]", "main p a >> nth=4", "#end", ".choices-foot a"):
        assert page.locator(part).evaluate(hit), part
    page.get_by_label("Harbour").fill("Whitby")
    page.get_by_role("button", name="Look up").click()
    page.wait_for_url("**/other?harbour=Whitby")
    assert page.locator("#choices").is_visible()


#
@pytest.mark.parametrize("size", [(320, 256), (412, 892), (1280, 720)], ids=str)
@pytest.mark.parametrize("position", Position)
def test_in_no_position_does_it_cover_what_has_the_focus(
    page: Page, themed_site: Callable[[str, str], str], position: str, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(themed_site("bold", position))

    def walk(key: str, most: int) -> list[str]:
        seen: list[str] = []
        while len(seen) < most:
            page.keyboard.press(key)
            if page.evaluate("document.activeElement === document.body"):
                break
            seen.append(page.evaluate("(one => one.textContent.trim() || one.name)(document.activeElement)"))
            assert not page.evaluate(COVERED), seen[-1]
            assert page.evaluate(IN_SIGHT), seen[-1]
        return seen

    there = walk("Tab", 40)
    # Wherever it is seen, in the document it comes first.
    assert there[:4] == ["See who they are and what is stored", "Accept all", "Reject all", "Manage choices"]
    assert there[4:6] == ["Skip to the end", "Map"]
    assert there[-1] == "Cookie settings"
    assert walk("Shift+Tab", len(there)) == there[::-1]


def test_at_the_bottom_it_leaves_the_page_the_larger_part_of_what_was_in_sight_and_all_of_its_end(
    page: Page, themed_site: Callable[[str, str], str]
) -> None:
    page.goto(themed_site("bold", "bottom"))
    for width, height in ((1280, 720), (412, 892), (640, 600)):
        page.set_viewport_size({"width": width, "height": height})
        banner = page.locator("#choices").bounding_box()
        assert banner is not None
        assert banner["y"] + banner["height"] == height
        assert banner["height"] <= height * 0.6
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        foot = page.locator(".choices-foot").bounding_box()
        assert foot is not None
        assert foot["y"] + foot["height"] <= banner["y"]
        for button in page.locator("#choices").get_by_role("button").all():
            box = button.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= height  # in sight without scrolling
    submit(page, "Reject all")
    page.get_by_role("link", name="Hide this message").click()
    assert page.evaluate("getComputedStyle(document.documentElement).paddingBlockEnd") == "0px"


#
def test_at_the_bottom_no_place_is_kept_for_what_is_not_shown(
    page: Page, themed_site: Callable[[str, str], str]
) -> None:
    page.goto(themed_site("plain", "bottom"))
    kept = "getComputedStyle(document.documentElement).paddingBlockEnd"
    assert page.evaluate(kept) == "432px"
    page.emulate_media(media="print")
    assert page.evaluate(kept) == "0px"
    page.emulate_media(media="screen")
    page.evaluate("document.documentElement.classList.add('choices-answered')")  # as early.js does
    assert page.evaluate(kept) == "0px"


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
    submit(page, "Reject all")
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
    submit(page, "Accept all")
    check("#choices-saved")
    page.goto(site + "/cookies")
    check("main")


# 320 by 256 is a window of 1280 by 1024 at 400 %.
@pytest.mark.parametrize("position", Position)
@pytest.mark.parametrize("theme", THEMES)
def test_nothing_is_cut_off_or_small_in_any_theme_and_position(
    page: Page, themed_site: Callable[[str, str], str], theme: str, position: str
) -> None:
    page.goto(themed_site(theme, position))
    style = page.add_style_tag(content=AS_IT_IS)
    for content, (width, height) in product(
        (AS_IT_IS, LARGE_TEXT, TEXT_SPACING), ((320, 256), (320, 720), (1280, 720))
    ):
        style.evaluate("(style, content) => style.textContent = content", content)
        page.set_viewport_size({"width": width, "height": height})
        for place in ("#choices", ".choices-embed"):
            assert page.locator(place).evaluate(OVERFLOWING) == []
            assert page.locator(place).evaluate(SMALL_TARGETS) == []
            assert page.locator(place).evaluate(HIDDEN_TARGETS) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


#
def test_a_gated_embed_leaves_its_place_to_the_notice(page: Page, site: str) -> None:
    page.goto(site)
    assert page.locator(".film iframe").count() == 1
    assert not page.locator(".film iframe").is_visible()
    assert page.locator(".film .choices-embed").is_visible()
    submit(page, "Accept all")
    assert page.locator(".film iframe").is_visible()
    assert page.locator(".film .choices-embed").count() == 0
