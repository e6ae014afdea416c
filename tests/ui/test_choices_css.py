"""What the stylesheet promises, read from its text; what it looks like is for the browser tests."""

from __future__ import annotations

import gzip
import re
from importlib.resources import files

import pytest

from consentkit.ui.assets import load_stylesheet

CSS = (files("consentkit.ui") / "static" / "choices.css").read_text("utf-8")
LIGHT_DARK = re.compile(r"--consentkit-([a-z-]+): ?light-dark\((#[0-9a-f]+), ?(#[0-9a-f]+)\)")
PALETTES = {
    "light": {name: light for name, light, _ in LIGHT_DARK.findall(CSS)},
    "dark": {name: dark for name, _, dark in LIGHT_DARK.findall(CSS)},
    # For browsers without light-dark(), which are shown the light one.
    "fallback": dict(re.findall(r"--consentkit-([a-z-]+): ?(#[0-9a-f]+)", CSS)),
}


def luminance(colour: str) -> float:
    """Return the relative luminance by WCAG 2.2."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_stylesheet_takes_at_most_two_kilobytes() -> None:
    assert len(gzip.compress(load_stylesheet().body, 9, mtime=0)) <= 2_000


def test_what_is_served_are_the_same_rules_without_white_space() -> None:
    served = load_stylesheet().text

    assert re.sub(r"\s+|;(?=\s*})", "", CSS) == re.sub(r"\s+", "", served)
    for kept in ("100% - 60em", "1px solid", ".choices-page h1", "@media (forced-colors:active)"):
        assert kept in served


#
@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [
        *((text, ground, 4.5) for text in ("ink", "muted", "accent") for ground in ("paper", "card")),
        ("on-accent", "accent", 4.5),
        *((control, ground, 3.0) for control in ("line", "focus") for ground in ("paper", "card")),
    ],
)
def test_the_contrast_is_high_enough(palette: str, front: str, back: str, least: float) -> None:
    colours = PALETTES[palette]
    assert contrast(colours[front], colours[back]) >= least


def test_a_browser_without_light_dark_gets_the_light_palette() -> None:
    assert PALETTES["fallback"] == PALETTES["light"]


def test_it_is_one_layer_so_that_every_rule_of_the_site_wins() -> None:
    assert CSS.startswith("@layer consentkit {")
    assert CSS.rstrip().endswith("}")
    depth = 0
    for position, character in enumerate(CSS.rstrip()):
        depth += (character == "{") - (character == "}")
        assert depth > 0 or position < CSS.index("{") or position == len(CSS.rstrip()) - 1


#
def test_nothing_is_fixed_or_covers_the_page() -> None:
    assert not re.search(r"position:\s*(fixed|sticky)|z-index", CSS)


#
def test_nothing_moves() -> None:
    assert not re.search(r"transition|animation|scroll-behavior", CSS)


def test_it_runs_from_right_to_left_as_well() -> None:
    physical = (
        r"(margin|padding|border)-(left|right|top|bottom)\b|[\s{;](left|right|width|height|top|bottom):"
    )
    assert not re.search(physical, CSS)
    assert not re.search(r"(text-align|float):\s*(left|right)", CSS)


#
def test_no_height_is_fixed_where_there_is_text() -> None:
    # A radio button and what only screen readers read are the two exceptions.
    assert sorted(re.findall(r"(?<!-)block-size: ([^;}]+)", re.sub(r"min-block-size", "least", CSS))) == [
        "1.25em",
        "1px",
    ]


#
def test_no_property_tells_one_button_from_another() -> None:
    selectors = re.findall(r"([^{};]*\.choices-button[^{};]*)\{", CSS)
    assert selectors
    assert not [s for s in selectors if re.search(r"nth|first|last|\[|--|not\(", s)]


#
def test_the_targets_are_at_least_44_pixels_high() -> None:
    for target in (".choices-link", ".choices-button", ".choices-option", ".choices-page summary"):
        assert re.search(re.escape(target) + r" \{[^}]*min-block-size: 44px", CSS)


def test_the_banner_is_not_printed_and_system_colours_are_used_when_forced() -> None:
    assert re.search(r"@media print \{ \.choices-ask, \.choices-done \{ display: none \} \}", CSS)
    assert "@media (forced-colors: active)" in CSS
