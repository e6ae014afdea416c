"""Contrast by the formula of WCAG 2.2, and the shade nearest to a colour that has enough of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.policy.contrast import COLOUR, CONTROL, TEXT, contrast, luminance, nearest, rgb

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
needs = st.lists(st.tuples(colours, st.sampled_from([CONTROL, TEXT])), min_size=1, max_size=3)


def distance(one: str, other: str) -> int:
    return sum((a - b) ** 2 for a, b in zip(rgb(one), rgb(other), strict=True))


#
@pytest.mark.parametrize(
    ("front", "back", "ratio"),
    [
        ("#000", "#fff", 21.0),
        ("#fff", "#fff", 1.0),
        ("#777", "#fff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#595959", "#fff", 7.0),
        ("#949494", "#fff", 3.03),
        ("#f00", "#fff", 4.0),
        ("#00f", "#fff", 8.59),
        ("#0f0", "#000", 15.3),
        ("#767676", "#000", 4.62),
    ],
)
def test_known_pairs_have_the_contrast_that_everybody_finds(front: str, back: str, ratio: float) -> None:
    assert contrast(front, back) == pytest.approx(ratio, abs=0.005)


def test_the_short_and_the_long_form_are_the_same_colour() -> None:
    assert rgb("#1aF") == rgb("#11AAFF") == (0x11, 0xAA, 0xFF)


@pytest.mark.parametrize(
    ("channel", "share"), [("#ff0000", 0.2126), ("#00ff00", 0.7152), ("#0000ff", 0.0722)]
)
def test_green_is_the_brightest_and_blue_the_darkest(channel: str, share: float) -> None:
    assert luminance(channel) == pytest.approx(share)


@pytest.mark.parametrize(
    ("text", "fits"), [("#fff", True), ("#A1b2C3", True), ("#ffff", False), ("fff", False)]
)
def test_a_colour_has_three_or_six_digits(text: str, *, fits: bool) -> None:
    assert (COLOUR.fullmatch(text) is not None) is fits


@given(colours, colours)
def test_contrast_is_the_same_both_ways_and_between_1_and_21(one: str, other: str) -> None:
    assert 1 <= contrast(one, other) == contrast(other, one) <= 21.0000001


@given(colours, needs)
def test_the_nearest_shade_has_all_the_contrast_that_is_wanted(
    colour: str, wanted: list[tuple[str, float]]
) -> None:
    shade = nearest(colour, wanted)

    if shade is None:
        for extreme in ("#000000", "#ffffff", colour):
            assert any(contrast(extreme, other) < least for other, least in wanted)
    else:
        assert all(contrast(shade, other) >= least for other, least in wanted)
        assert COLOUR.fullmatch(shade)


@given(colours, needs)
def test_a_colour_that_has_enough_is_its_own_nearest(colour: str, wanted: list[tuple[str, float]]) -> None:
    shade = nearest(colour, wanted)

    if all(contrast(colour, other) >= least for other, least in wanted):
        assert shade == colour


@given(colours, colours)
def test_on_a_single_colour_something_can_always_be_read(colour: str, ground: str) -> None:
    shade = nearest(colour, [(ground, TEXT)])

    assert shade is not None
    for extreme in ("#000000", "#ffffff"):
        if contrast(extreme, ground) >= TEXT:
            assert distance(colour, shade) <= distance(colour, extreme)


def test_where_grounds_lie_too_far_apart_there_is_no_shade() -> None:
    assert nearest("#888", [("#fff", TEXT), ("#666", TEXT)]) is None
