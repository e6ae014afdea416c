"""How well one colour can be read on another, by WCAG 2.2."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

#: What text needs on its background (success criterion 1.4.3), and what the borders of controls and the
#: mark of the keyboard's place need beside theirs (1.4.11).
TEXT: Final = 4.5
CONTROL: Final = 3.0

#: A colour that has no transparency, and so a contrast that does not depend on what lies behind it.
COLOUR: Final = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)

Rgb = tuple[int, int, int]


def rgb(colour: str) -> Rgb:
    """Return red, green and blue, 0 to 255, of ``#rgb`` or ``#rrggbb``."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def luminance(colour: str) -> float:
    """Return the relative luminance: 0 for black, 1 for white."""
    linear = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (part / 255 for part in rgb(colour))
    )
    red, green, blue = linear
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours: 1 for the same colour, 21 for black and white."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def nearest(colour: str, wanted: Collection[tuple[str, float]]) -> str | None:
    """Return the shade of ``colour`` that differs least from it and has every contrast that is wanted.

    Args:
        colour: where to begin; it is mixed with black and with white, so that its hue stays.
        wanted: other colours, each with the least contrast to it.

    Returns:
        The shade as ``#rrggbb``, or ``None`` when no shade, black and white among them, has all of it.
    """
    start = rgb(colour)
    found = []
    for end in (0, 255):
        shades = (_mixed(start, end, step) for step in range(256))
        found += [next((shade for shade in shades if _has_all(shade, wanted)), None)]
    return min(filter(None, found), key=lambda shade: _distance(start, rgb(shade)), default=None)


def _has_all(colour: str, wanted: Collection[tuple[str, float]]) -> bool:
    return all(contrast(colour, other) >= least for other, least in wanted)


def _mixed(start: Rgb, end: int, step: int) -> str:
    return "#" + "".join(f"{round(part + (end - part) * step / 255):02x}" for part in start)


def _distance(one: Rgb, other: Rgb) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))
