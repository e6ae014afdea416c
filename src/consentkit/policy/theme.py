"""What banner, cookies page and notices look like, as frozen values.

A theme has one set of colours for all buttons: there is no value that only one of them would have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Position(StrEnum):
    """Where the banner stands; in the document it always comes first."""

    TOP = "top"
    BOTTOM = "bottom"
    DIALOG = "dialog"


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours for pages that are light, or for those that are dark, each as ``#rgb`` or ``#rrggbb``.

    Attributes:
        paper: the background of banner and page.
        card: the background of a category.
        ink: text.
        muted: less important text.
        line: borders of controls.
        rule: lines between rows, which mean nothing.
        accent: the background of buttons.
        on_accent: the text on them.
        focus: the outline of what has the keyboard.
        link: links and the marks of what is chosen; ``None`` for ``accent``.
        button_line: the border of buttons; ``None`` for ``accent``.
    """

    paper: str
    card: str
    ink: str
    muted: str
    line: str
    rule: str
    accent: str
    on_accent: str
    focus: str
    link: str | None = None
    button_line: str | None = None


@dataclass(frozen=True, slots=True)
class Theme:
    """A whole look.

    Attributes:
        light: the colours on light pages.
        dark: the colours on dark pages.
        radius: the roundness of corners, as a CSS length.
        space: the space around the content, likewise.
        font: families, the most wanted first; none for the font of the site.
        position: where the banner stands.
    """

    light: Palette
    dark: Palette
    radius: str = ".25em"
    space: str = "1em"
    font: tuple[str, ...] = ()
    position: Position = Position.TOP


#: Grey paper and blue buttons, which go with most sites.
PLAIN: Final = Theme(
    light=Palette(
        paper="#f3f5f7",
        card="#fff",
        ink="#16191d",
        muted="#4a5561",
        line="#68737f",
        rule="#ccd3da",
        accent="#16527f",
        on_accent="#fff",
        focus="#b3430b",
    ),
    dark=Palette(
        paper="#14181c",
        card="#1e242a",
        ink="#eef1f4",
        muted="#b3bdc7",
        line="#8b97a3",
        rule="#3a444e",
        accent="#9bcaf0",
        on_accent="#0b1c29",
        focus="#ffbf47",
    ),
)

#: Square corners, green buttons and blue links, in the manner of public services.
CIVIC: Final = Theme(
    light=Palette(
        paper="#f3f2f1",
        card="#fff",
        ink="#0b0c0c",
        muted="#4c555a",
        line="#5b6469",
        rule="#b6babc",
        accent="#00693a",
        on_accent="#fff",
        focus="#0b0c0c",
        link="#1a5a96",
    ),
    dark=Palette(
        paper="#161819",
        card="#222527",
        ink="#f3f2f1",
        muted="#b9bfc2",
        line="#8d969b",
        rule="#43494c",
        accent="#6fd6a2",
        on_accent="#04251a",
        focus="#ffdd33",
        link="#8fc4f3",
    ),
    radius="0",
    space="1.25em",
)

#: Deep violet and bright yellow, round and wide, for sites that are not shy.
BOLD: Final = Theme(
    light=Palette(
        paper="#2a1a5e",
        card="#37257a",
        ink="#fff",
        muted="#d6cdf7",
        line="#a99be3",
        rule="#5a489f",
        accent="#ffd54a",
        on_accent="#24144f",
        focus="#8df0ff",
    ),
    dark=Palette(
        paper="#120b29",
        card="#1f1540",
        ink="#f6f3ff",
        muted="#c6bcec",
        line="#9384d2",
        rule="#41336f",
        accent="#ffd54a",
        on_accent="#24144f",
        focus="#8df0ff",
    ),
    radius="1em",
    space="1.5em",
)

#: The ready themes by the name that ``consent.toml`` has for them.
THEMES: Final[Mapping[str, Theme]] = MappingProxyType({"plain": PLAIN, "civic": CIVIC, "bold": BOLD})
