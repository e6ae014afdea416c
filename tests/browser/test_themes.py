"""Every ready theme, wherever the banner stands: axe-core finds no fault, and all text can be read."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from consentkit.policy.contrast import TEXT, contrast
from consentkit.policy.theme import THEMES, Position

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDTHS = (320, 412, 1280)
SCHEMES: list[dict[str, Any]] = [
    {"color_scheme": "light", "forced_colors": "none"},
    {"color_scheme": "dark", "forced_colors": "none"},
    {"color_scheme": "light", "forced_colors": "active"},
]
# axe looks for the colour of text where no forced colours are.
LOOK = """forced => axe.run(document, {
    resultTypes: ["violations"], rules: {"color-contrast": {enabled: !forced}}
})"""
# The colour of each text of ours, and that of what is behind it.
COLOURS = """() => [...document.querySelectorAll("[class^=choices] *, a[class^=choices]")]
    .filter(one => one.checkVisibility() && [...one.childNodes].some(node => node.data?.trim()))
    .map(one => {
        let behind = one;
        const ground = () => getComputedStyle(behind).backgroundColor;
        while (/, 0\\)$/.test(ground()) && behind.parentElement) behind = behind.parentElement;
        return [getComputedStyle(one).color, ground()];
    })"""


def hexadecimal(colour: str) -> str:
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", colour)[:3])


def faults_of_looks(page: Page, axe_source: str, *widths: int) -> list[str]:
    """Return the faults of one page on screens so wide, in light, dark and forced colours."""
    page.evaluate(axe_source)
    found = []
    for scheme in SCHEMES:
        page.emulate_media(**scheme)
        forced = scheme["forced_colors"] == "active"
        for width in widths:
            page.set_viewport_size({"width": width, "height": 800})
            violations = page.evaluate(LOOK, forced)["violations"]
            found += [f"{width} {scheme} {one['id']}: {one['nodes'][0]['html'][:120]}" for one in violations]
        pairs = {(hexadecimal(text), hexadecimal(ground)) for text, ground in page.evaluate(COLOURS)}
        assert pairs
        found += [f"{scheme} {text} on {ground}" for text, ground in pairs if contrast(text, ground) < TEXT]
    return found


#
@pytest.mark.parametrize("position", Position)
@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_no_fault_in_any_theme_and_position(
    page: Page, themed_site: Callable[[str, str], str], axe_source: str, theme: str, position: str
) -> None:
    site = themed_site(theme, position)

    page.goto(site)
    assert page.locator("#choices").get_attribute("role") == "region"  # nothing of it is modal
    assert faults_of_looks(page, axe_source, *WIDTHS) == []

    with page.expect_navigation():
        page.get_by_role("button", name="Reject all", exact=True).click()
    assert page.locator("#choices-saved").is_visible()
    assert faults_of_looks(page, axe_source, 412) == []

    if position == Position.TOP:  # the cookies page is the same in all of them
        page.goto(site + "/cookies")
        page.locator("summary").evaluate_all("all => all.forEach(one => one.parentElement.open = true)")
        assert faults_of_looks(page, axe_source, 1280) == []
