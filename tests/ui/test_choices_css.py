"""What the stylesheet promises, read from its text; what it looks like is for the browser tests."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from importlib.resources import files

import pytest

from consentkit.policy.theme import THEMES, Position
from consentkit.ui.assets import load_stylesheet

STATIC = files("consentkit.ui") / "static"
CSS = (STATIC / "choices.css").read_text("utf-8")
POSITIONS = {name: (STATIC / f"{name}.css").read_text("utf-8") for name in ("bottom", "dialog")}
SHEETS = {"choices": CSS, **POSITIONS}
every_sheet = pytest.mark.parametrize("css", SHEETS.values(), ids=SHEETS)


@pytest.mark.parametrize("position", Position)
@pytest.mark.parametrize("name", THEMES)
def test_the_stylesheet_takes_at_most_two_kilobytes_in_every_theme_and_position(
    name: str, position: Position
) -> None:
    served = load_stylesheet(replace(THEMES[name], position=position)).body

    assert len(gzip.compress(served, 9, mtime=0)) <= 2_000


def test_what_is_served_are_the_same_rules_without_white_space() -> None:
    served = load_stylesheet().text
    rules = re.sub(r"/\*.*?\*/|\s+|;(?=\s*})", "", CSS, flags=re.DOTALL)

    assert re.sub(r"\s+", "", served).endswith(rules.removeprefix("@layerconsentkit{"))
    for kept in ("100% - 60em", "1px solid", ".choices-page h1", "@media print"):
        assert kept in served


# The colours themselves are in policy/theme.py.
def test_no_colour_is_written_into_a_rule() -> None:
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", CSS)) == {"#0008"}  # what lies behind the dialog


@every_sheet
def test_it_is_one_layer_so_that_every_rule_of_the_site_wins(css: str) -> None:
    assert css.startswith("@layer consentkit {")
    assert css.rstrip().endswith("}")
    depth = 0
    for position, character in enumerate(css.rstrip()):
        depth += (character == "{") - (character == "}")
        assert depth > 0 or position < css.index("{") or position == len(css.rstrip()) - 1


#
@pytest.mark.parametrize("css", [CSS, POSITIONS["dialog"]], ids=["top", "dialog"])
def test_nothing_is_fixed_or_covers_the_page(css: str) -> None:
    assert not re.search(r"position:\s*(fixed|sticky)|z-index", css)


#
def test_what_is_fixed_to_the_bottom_is_no_higher_than_what_is_kept_clear_of_it() -> None:
    css = POSITIONS["bottom"]
    assert "position: fixed" in css
    sizes = re.findall(r"(max-block-size|(?:scroll-)?padding-block-end): ([^;}]*vh[^;}]*?) ?[;}]", css)
    assert dict(sizes) == {
        "max-block-size": "60vh",
        "padding-block-end": "60vh",
        "scroll-padding-block-end": "calc(60vh + 1em)",
    }


#
@every_sheet
def test_nothing_moves(css: str) -> None:
    assert not re.search(r"transition|animation|scroll-behavior", css)


@every_sheet
def test_it_runs_from_right_to_left_as_well(css: str) -> None:
    physical = (
        r"(margin|padding|border)-(left|right|top|bottom)\b|[\s{;](left|right|width|height|top|bottom):"
    )
    assert not re.search(physical, css)
    assert not re.search(r"(text-align|float):\s*(left|right)", css)


#
def test_no_height_is_fixed_where_there_is_text() -> None:
    # A radio button and what only screen readers read are the two exceptions; the latter is in two places.
    assert sorted(re.findall(r"(?<!-)block-size: ([^;}]+)", re.sub(r"min-block-size", "least", CSS))) == [
        "1.25em",
        "1px",
        "1px",
    ]


#
def test_no_selector_tells_one_button_from_another() -> None:
    selectors = re.findall(r"([^{};]*\.choices-button[^{};]*)\{", CSS)
    assert selectors
    assert not [s for s in selectors if re.search(r"nth|first|last|\[|--|not\(", s)]


# what a button looks like is said of all buttons at once, and nowhere of a button by what it does.
@every_sheet
def test_no_rule_is_about_one_button_and_so_no_custom_property_is(css: str) -> None:
    assert not re.search(r"(?<![\w-])button(?![\w,-])|\[(name|value|type)|grant|deny|accept|reject", css)
    for rule in re.findall(r"[^{}]*\.choices-button[^{}]*\{[^{}]*\}", css):
        for name in re.findall(r"var\((--[\w-]+)", rule):
            assert not re.search(r"accept|reject|grant|deny|manage|primary|secondary", name)


# outside of what has our background nobody knows what our focus would stand on.
def test_the_focus_is_coloured_only_on_a_background_of_ours() -> None:
    coloured = re.findall(r"([^{}]*)\{[^{}]*var\(--consentkit-focus\)", CSS)
    places = [re.findall(r"\.choices-\w+", selector) for selector in coloured]
    assert places == [[".choices-ask", ".choices-done", ".choices-page", ".choices-embed"], [".choices-done"]]
    assert all(selector.lstrip().startswith((":is(.choices-ask", ".choices-done:")) for selector in coloured)


#
def test_a_position_says_nothing_of_buttons() -> None:
    assert not [name for name, css in POSITIONS.items() if "choices-button" in css]


#
def test_the_targets_are_at_least_44_pixels_high() -> None:
    for target in (".choices-link", ".choices-button", ".choices-option", ".choices-page summary"):
        assert re.search(re.escape(target) + r"(, [^{}]*)? \{[^}]*min-block-size: 44px", CSS)


def test_the_banner_is_not_printed() -> None:
    # At the bottom it would keep its place clear on paper as well.
    assert "@media screen and" in POSITIONS["bottom"]
    assert re.search(r"@media print \{\s*\.choices-ask, \.choices-done \{ display: none \}\s*\}", CSS)
