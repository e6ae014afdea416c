"""From ``[theme]`` to a theme, and the faults in colours that cannot be told apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from math import floor
from typing import Final

from ..errors import Fault
from .contrast import CONTROL, TEXT, contrast, nearest
from .schema import read_table
from .theme import THEMES, Palette, Position, Theme
from .theme_schema import PaletteTable, ThemeTable

_SCHEMES: Final = ("light", "dark")
_GROUNDS: Final = ("paper", "card")
# What stands on what, and the least contrast between them. Buttons come last: a cure for their background
# is often one for their text as well.
_NEEDS: Final = (
    *((text, ground, TEXT) for text in ("ink", "muted", "link") for ground in _GROUNDS),
    *((control, ground, CONTROL) for control in ("line", "focus", "button_line") for ground in _GROUNDS),
    ("on_accent", "accent", TEXT),
)
_WANTED: Final = {
    TEXT: ("CK033", "text needs 4.5 to 1."),
    CONTROL: ("CK034", "borders of controls and the focus need 3 to 1."),
}

Colours = Mapping[str, str]
Needs = Mapping[tuple[str, str], float]


def read_theme(section: object) -> tuple[ThemeTable, list[Fault]]:
    """Read ``[theme]``; return what is usable of it and all faults of form."""
    table, faults = read_table(ThemeTable, section, "theme")
    if table is not None:
        return table, faults
    # What is right by itself is still looked at, so that no fault of form hides one of contrast. Which
    # colours the others would stand beside is not known when the name of the theme is wrong.
    whole = section if isinstance(section, dict) else {}
    sound = {key: one for key, one in whole.items() if not read_table(ThemeTable, {key: one}, "")[1]}
    unknown = "use" in whole and "use" not in sound
    return ThemeTable() if unknown else ThemeTable.model_validate(sound), faults


def build_theme(table: ThemeTable) -> Theme:
    """Return the ready theme that ``table`` names, with what else it says laid over it."""
    base = THEMES[table.use]
    return replace(
        base,
        light=_over(base.light, table.light),
        dark=_over(base.dark, table.dark),
        position=Position(table.position),
        radius=table.radius or base.radius,
        space=table.space or base.space,
        font=tuple(table.font or base.font),
    )


def _over(base: Palette, own: PaletteTable) -> Palette:
    return replace(base, **own.model_dump(exclude_none=True))


def check_theme(table: ThemeTable) -> Iterator[Fault]:
    """Yield a fault for every two colours that need more contrast, in light and in dark."""
    theme = build_theme(table)
    for scheme in _SCHEMES:
        written = getattr(table, scheme).model_fields_set
        yield from palette_faults(getattr(theme, scheme), f"theme.{scheme}", written)


def palette_faults(palette: Palette, path: str, written: frozenset[str] | set[str]) -> Iterator[Fault]:
    """Yield a fault for every two colours of ``palette`` that need more contrast.

    Args:
        palette: the colours that would be shown.
        path: the key path of their table.
        written: the keys that the file has; the others are of the theme.
    """
    colours = {key: colour for key, colour in asdict(palette).items() if colour is not None}
    needs = _needs(colours)
    cured = _cured(colours, needs)
    for (front, ground), least in needs.items():
        ratio = contrast(colours[front], colours[ground])
        if ratio >= least:
            continue
        fault_id, wanted = _WANTED[least]
        # Rounded down: 4.496 is not enough and must not look as if it were.
        found = f"{floor(ratio * 100) / 100:.2f}"
        message = f"{front} {colours[front]} on {ground} {colours[ground]} has a contrast of {found} to 1; "
        place = front if front in written or ground not in written else ground
        if contrast(cured[front], cured[ground]) >= least:
            touched = dict.fromkeys((front, ground, *(one for one, on in needs if on == front)))
            changes = (f'{key} = "{cured[key]}"' for key in touched if cured[key] != colours[key])
            cure = f"Nearest that passes: {' and '.join(changes)} under [{path}]."
        else:
            cure = f"No shade passes on paper and on card: bring the two closer together under [{path}]."
        yield Fault(fault_id, f"{path}.{place}", message + wanted, cure)


def _needs(colours: Colours) -> Needs:
    """Return the least contrast of every two keys; what ``accent`` stands for counts as ``accent``."""
    needs: dict[tuple[str, str], float] = {}
    for front, ground, least in _NEEDS:
        pair = (front if front in colours else "accent", ground)
        needs[pair] = max(least, needs.get(pair, 0))
    return needs


def _cured(colours: Colours, needs: Needs) -> Colours:
    """Return the colours with every one that fails replaced by its nearest shade that does not.

    One after another: a later shade is chosen beside the earlier ones, so that they can all be written.
    """
    cured = dict(colours)
    for front in dict.fromkeys(front for front, _ in needs):
        on = [(cured[ground], least) for (one, ground), least in needs.items() if one == front]
        if all(contrast(cured[front], ground) >= least for ground, least in on):
            continue
        under = [(cured[one], least) for (one, ground), least in needs.items() if ground == front]
        cured[front] = nearest(cured[front], on + under) or nearest(cured[front], on) or cured[front]
    return cured
