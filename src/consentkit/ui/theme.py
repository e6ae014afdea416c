"""A theme as the custom properties that the rules in ``static/`` read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Final

from ..policy.theme import Palette, Theme

# Names that mean a kind of font and not a font; in quotation marks they would mean one.
_GENERIC: Final = frozenset(
    {"cursive", "fantasy", "monospace", "sans-serif", "serif", "system-ui"}
    | {"ui-monospace", "ui-rounded", "ui-sans-serif", "ui-serif"}
)


def theme_rules(theme: Theme) -> str:
    """Return the rules that set every custom property of ``theme``.

    Colours come twice: browsers that cannot choose between light and dark are shown the light ones.
    """
    light, dark = _colours(theme.light), _colours(theme.dark)
    names = {**light, **dark}
    light, dark = ({name: one.get(name, one["accent"]) for name in names} for one in (light, dark))
    both = {name: f"light-dark({light[name]},{dark[name]})" for name in names}
    both |= _measures(theme)
    return f":root{{{_set(both)}}}@supports not (color:{both['paper']}){{:root{{{_set(light)}}}}}"


def _colours(palette: Palette) -> dict[str, str]:
    # What is set in neither follows the accent, also one that the site sets in its own stylesheet.
    return {key.replace("_", "-"): colour for key, colour in asdict(palette).items() if colour is not None}


def _measures(theme: Theme) -> Iterator[tuple[str, str]]:
    yield "radius", theme.radius
    yield "space", theme.space
    if theme.font:
        yield "font", ",".join(name if name in _GENERIC else f'"{name}"' for name in theme.font)


def _set(values: Mapping[str, str]) -> str:
    return ";".join(f"--consentkit-{name}:{value}" for name, value in values.items())
