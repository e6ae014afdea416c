"""The states that only the client script brings: by keyboard, on small screens and enlarged, and by ear."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from tests.browser.steps import until
from tests.browser.test_banner import LOOKS
from tests.browser.test_layout import LARGE_TEXT, OVERFLOWING, SMALL_TARGETS, TEXT_SPACING

from consentkit.policy.theme import THEMES, Position

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page
    from tests.browser.conftest import MakeSite


@pytest.fixture
def client_script() -> bool:
    return True


def open_dialog(page: Page, site: str) -> Locator:
    page.goto(site)
    page.get_by_role("button", name="Manage choices").press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    return dialog


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
@pytest.mark.parametrize("size", [(1280, 720), (320, 256)], ids=str)
def test_in_the_dialog_tab_reaches_everything_in_order_and_nothing_behind_it(
    page: Page, make_site: MakeSite, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_dialog(page, make_site())

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
def test_in_the_dialog_everything_says_what_it_is_and_whose_answer_it_takes(
    page: Page, make_site: MakeSite
) -> None:
    dialog = open_dialog(page, make_site())

    assert dialog.get_attribute("aria-label") == "Cookies on Tides"
    for purpose in ("Analytics", "Content from others"):
        answers = dialog.get_by_role("group", name=purpose, exact=True)
        refused = answers.get_by_role("radio", name=f"Reject ({purpose})", exact=True)
        assert refused.is_checked()
        assert not answers.get_by_role("radio", name=f"Accept ({purpose})", exact=True).is_checked()
    folded = dialog.locator("details").first
    assert folded.locator("summary").is_visible()
    assert not folded.evaluate("one => one.open")
    folded.locator("summary").press("Enter")
    assert folded.evaluate("one => one.open")


#
@pytest.mark.parametrize("colours", [{}, {"color_scheme": "dark"}, {"forced_colors": "active"}], ids=str)
@pytest.mark.parametrize("width", [320, 1280])
def test_in_the_dialog_accept_and_reject_look_the_same(
    make_site: MakeSite, new_visitor: Callable[..., BrowserContext], width: int, colours: dict[str, str]
) -> None:
    page = new_visitor(viewport={"width": width, "height": 700}, **colours).new_page()
    dialog = open_dialog(page, make_site())
    accept, reject = (dialog.get_by_role("button", name=f"{name} all") for name in ("Accept", "Reject"))

    assert (accept.count(), reject.count()) == (1, 1)
    assert accept.evaluate(LOOKS) == reject.evaluate(LOOKS)
    accept.scroll_into_view_if_needed()
    one, other = accept.bounding_box(), reject.bounding_box()
    assert one is not None
    assert other is not None
    assert (one["width"], one["height"]) == pytest.approx((other["width"], other["height"]), abs=1)


#
@pytest.mark.parametrize("size", ["100%", "200%"])
@pytest.mark.parametrize("width", [320, 1280])
def test_every_target_of_the_script_is_at_least_44_pixels_each_way(
    make_site: MakeSite, new_visitor: Callable[..., BrowserContext], width: int, size: str
) -> None:
    page = new_visitor(viewport={"width": width, "height": 700}).new_page()
    dialog = open_dialog(page, make_site(f"<style>html {{ font-size: {size} !important }}</style>"))
    page.locator("dialog summary").evaluate_all("all => all.forEach(one => one.parentElement.open = true)")

    assert dialog.locator("button, summary, label").count() > 8
    assert dialog.evaluate(SMALL_TARGETS) == []
    dialog.get_by_role("button", name="Save choices").press("Enter")
    page.locator("dialog #choices-saved").wait_for()
    assert dialog.evaluate(SMALL_TARGETS) == []


#
@pytest.mark.parametrize("style", [TEXT_SPACING, LARGE_TEXT], ids=["text-spacing", "large-text"])
def test_at_four_hundred_percent_the_dialog_can_be_used_with_wide_spacing_and_large_text(
    make_site: MakeSite, new_visitor: Callable[..., BrowserContext], style: str
) -> None:
    # 1280 pixels enlarged four times leave 320; browsers enlarge the height as well.
    page = new_visitor(viewport={"width": 320, "height": 256}).new_page()
    dialog = open_dialog(page, make_site(f"<style>{style}</style>"))
    page.locator("dialog summary").evaluate_all("all => all.forEach(one => one.parentElement.open = true)")

    assert dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    assert dialog.evaluate(OVERFLOWING) == []
    box = dialog.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 256
    dialog.get_by_role("button", name="Reject all").press("Enter")
    page.get_by_text("You rejected all optional cookies.").wait_for()
    assert in_sight(page)


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
@pytest.mark.parametrize("place", ["banner", "dialog"])
def test_the_confirmation_has_the_focus_is_announced_and_stays(
    page: Page, make_site: MakeSite, place: str
) -> None:
    page.clock.install()
    page.goto(make_site())
    if place == "dialog":
        page.get_by_role("button", name="Manage choices").press("Enter")
        page.get_by_role("dialog").wait_for()
    page.get_by_role("button", name="Reject all", exact=True).last.press("Enter")
    saved = page.get_by_role("status").filter(has_text="You rejected all optional cookies.")
    saved.wait_for()

    page.clock.fast_forward("01:00:00")
    assert saved.is_visible(), "nothing goes away by itself"
    assert "under “Cookie settings” on every page" in saved.inner_text()
    assert saved.evaluate("one => one === document.activeElement")
    assert in_sight(page)


#
def test_who_hides_the_confirmation_goes_on_at_the_start_of_the_page(page: Page, make_site: MakeSite) -> None:
    page.goto(make_site())
    page.get_by_role("button", name="Reject all", exact=True).press("Enter")
    page.locator("#choices-saved").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator("#choices-saved").wait_for(state="detached")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Load this once"


#
def test_what_happens_to_a_choice_is_said_in_a_place_that_was_there_before_the_words(
    page: Page, make_site: MakeSite
) -> None:
    page.goto(make_site())
    page.evaluate("""() => {
        window.said = [];
        new MutationObserver(changes => changes.forEach(({ type, target, addedNodes }) => {
            for (const one of addedNodes) if (one.role === "status") said.push("place");
            if (target.role === "status") said.push(target.textContent);
        })).observe(document, { childList: true, subtree: true });
    }""")
    page.context.set_offline(True)
    for times in (1, 2):
        page.get_by_role("button", name="Accept all", exact=True).press("Enter")
        until(page, f"said.filter(text => text.startsWith('Your choice was not saved')).length === {times}")

    saving, failed = "Saving your choice…", "Your choice was not saved. The site could not be reached."
    told = [str(text).partition(" Check")[0] for text in page.evaluate("said")]
    assert told[0] == "place"
    assert told.count("place") == 1
    assert told[-1] == failed
    assert set(told) <= {"place", saving, failed}


#
@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves(page: Page, make_site: MakeSite, motion: str) -> None:
    page.emulate_media(reduced_motion="reduce" if motion == "reduce" else "no-preference")
    moving = """() => [
        ...document.getAnimations().map(one => one.animationName),
        ...[...document.querySelectorAll("html, dialog, [class*=choices], [class*=choices] *")]
            .flatMap(one => [getComputedStyle(one), getComputedStyle(one, "::backdrop")])
            .filter(({ animationName, transitionDuration, scrollBehavior }) =>
                animationName !== "none" || transitionDuration !== "0s" || scrollBehavior !== "auto"),
    ].length"""
    site = make_site()
    page.goto(f"{site}/cookies")
    assert page.evaluate(moving) == 0
    open_dialog(page, site)
    assert page.evaluate(moving) == 0
    page.get_by_role("dialog").get_by_role("button", name="Save choices").press("Enter")
    page.locator("dialog #choices-saved").wait_for()
    assert page.evaluate(moving) == 0
    page.add_style_tag(content=".choices-button { transition: color 1s }")
    assert page.evaluate(moving) > 0, "the test can fail"
