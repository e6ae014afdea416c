"""The states that only the client script brings: by axe-core, by keyboard, on small screens and enlarged."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from consentkit.policy.theme import THEMES, Position

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page
    from tests.browser.conftest import MakeSite

COLOURS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced": {"forced_colors": "active"},
}
HEAD = (
    '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
    "<script>document.documentElement.dir = '{}'</script>"
)


@pytest.fixture
def client_script() -> bool:
    return True


def faults(page: Page, axe_source: str) -> list[str]:
    page.evaluate(axe_source)
    found = page.evaluate("axe.run()")["violations"]
    return [f"{one['id']}: {[node['html'][:120] for node in one['nodes']]}" for one in found]


def in_sight(page: Page) -> bool:
    """Say whether what has the focus can be seen, at least in part."""
    return bool(
        page.evaluate("""() => {
            const { left, top, width, height } = document.activeElement.getBoundingClientRect();
            const x = Math.min(Math.max(left + width / 2, 1), innerWidth - 1);
            const y = Math.min(Math.max(top + height / 2, 1), innerHeight - 1);
            const there = document.elementFromPoint(x, y);
            const active = document.activeElement;
            return !!there && (active.contains(there) || there.contains(active));
        }""")
    )


#
@pytest.mark.parametrize("state", list(product([320, 412, 1280], COLOURS, ["ltr", "rtl"])), ids=str)
def test_axe_finds_no_fault_in_any_state_of_the_script(
    make_site: MakeSite,
    new_visitor: Callable[..., BrowserContext],
    axe_source: str,
    state: tuple[int, str, str],
) -> None:
    width, colours, direction = state
    context = new_visitor(viewport={"width": width, "height": 800}, **COLOURS[colours])
    page = context.new_page()
    page.goto(make_site(HEAD.format(direction)))

    page.get_by_role("button", name="Manage choices").click()
    page.get_by_role("dialog").wait_for()
    page.locator("dialog summary").evaluate_all("all => all.forEach(one => one.parentElement.open = true)")
    assert faults(page, axe_source) == []
    assert page.locator("dialog").evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    page.keyboard.press("Escape")

    context.set_offline(True)
    page.get_by_role("button", name="Accept all", exact=True).click()
    page.get_by_text("Your choice was not saved").wait_for()
    assert faults(page, axe_source) == []
    context.set_offline(False)

    page.get_by_role("button", name="Manage choices").click()
    page.get_by_role("dialog").get_by_role("button", name="Save choices").click()
    page.locator("dialog #choices-saved").wait_for()
    assert faults(page, axe_source) == []
    page.get_by_role("link", name="Hide this message").click()
    assert faults(page, axe_source) == []

    page.get_by_role("button", name="Always load YouTube").click()
    page.locator(".choices-embed").wait_for(state="detached")
    assert faults(page, axe_source) == []
    # Narrower than the page's own film, which is 560 wide, the page scrolls by itself.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") or width < 560


#
def test_in_the_dialog_tab_reaches_everything_in_order_and_nothing_behind_it(
    page: Page, make_site: MakeSite
) -> None:
    page.goto(make_site())
    page.get_by_role("button", name="Manage choices").press("Enter")
    page.get_by_role("dialog").wait_for()

    seen = []
    for _ in range(40):
        assert page.evaluate("!document.activeElement.matches('main *, .choices-ask *, .choices-foot *')")
        if page.evaluate("document.activeElement.closest('dialog') !== null"):
            assert in_sight(page)
        seen.append(
            page.evaluate("(document.activeElement.innerText || document.activeElement.value || '').trim()")
        )
        page.keyboard.press("Tab")
        if len(seen) > 1 and seen[-1] == seen[0]:
            break

    assert seen[0] == "Close"
    for button in ("Save choices", "Accept all", "Reject all"):
        assert button in seen
    assert seen.index("Save choices") < seen.index("Accept all") < seen.index("Reject all")


#
@pytest.mark.parametrize("width", [320, 1280])
def test_every_target_in_the_dialog_is_44_pixels_high(
    make_site: MakeSite, new_visitor: Callable[..., BrowserContext], width: int
) -> None:
    page = new_visitor(viewport={"width": width, "height": 700}).new_page()
    page.goto(make_site())
    page.get_by_role("button", name="Manage choices").click()
    page.get_by_role("dialog").wait_for()

    for target in page.locator("dialog :is(button, summary, .choices-option)").all():
        box = target.bounding_box()
        if box is not None and box["width"]:
            assert box["height"] >= 44, target.inner_text()


#
def test_at_four_hundred_percent_and_with_wide_spacing_the_dialog_can_be_used(
    make_site: MakeSite, new_visitor: Callable[..., BrowserContext]
) -> None:
    # 1280 pixels enlarged four times leave 320; browsers enlarge the height as well.
    page = new_visitor(viewport={"width": 320, "height": 256}).new_page()
    page.goto(make_site())
    page.add_style_tag(
        content="* { line-height: 1.5 !important; letter-spacing: .12em !important }"
        "* { word-spacing: .16em !important }"
        "p { margin-bottom: 2em !important }"
    )
    page.get_by_role("button", name="Manage choices").click()
    dialog = page.get_by_role("dialog")
    dialog.wait_for()

    assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    box = dialog.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 256
    dialog.get_by_role("button", name="Reject all").press("Enter")
    page.get_by_text("You rejected all optional cookies.").wait_for()


#
@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_no_fault_in_the_dialog_of_any_theme(
    page: Page, themed_site: Callable[[str, str], str], axe_source: str, theme: str
) -> None:
    page.goto(themed_site(theme, "bottom"))
    page.get_by_role("button", name="Manage choices").click()
    page.get_by_role("dialog").wait_for()
    page.locator("dialog input[value=granted]").first.check()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert faults(page, axe_source) == []
    page.get_by_role("dialog").get_by_role("button", name="Save choices").click()
    saved = page.locator("dialog #choices-saved")
    saved.wait_for()
    assert saved.evaluate("one => getComputedStyle(one).position") == "static"  # a part of the dialog
    assert faults(page, axe_source) == []


#
@pytest.mark.parametrize("position", Position)
def test_in_every_position_the_confirmation_is_in_sight_and_has_the_focus(
    page: Page, themed_site: Callable[[str, str], str], position: str
) -> None:
    page.goto(themed_site("bold", position))
    page.evaluate("scrollTo(0, 600)")
    before = page.evaluate("scrollY")
    page.locator("#choices").get_by_role("button", name="Reject all").evaluate("one => one.click()")
    saved = page.locator("#choices-saved")
    saved.wait_for()

    assert saved.evaluate("one => one === document.activeElement")
    assert in_sight(page)
    if position == Position.BOTTOM:  # whoever was reading reads on
        assert page.evaluate("scrollY") == before
    page.get_by_role("link", name="Hide this message").click()
    assert page.evaluate("getComputedStyle(document.documentElement).paddingBlockEnd") == "0px"


#
def test_the_confirmation_has_the_focus_and_is_announced(page: Page, make_site: MakeSite) -> None:
    page.goto(make_site())
    page.get_by_role("button", name="Reject all", exact=True).press("Enter")
    saved = page.locator("#choices-saved")
    saved.wait_for()

    assert saved.get_attribute("role") == "status"
    assert saved.evaluate("one => one === document.activeElement")
    assert in_sight(page)
    page.wait_for_timeout(1_000)
    assert saved.is_visible(), "nothing goes away by itself"
