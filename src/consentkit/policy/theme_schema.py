"""The form of ``[theme]`` in ``consent.toml``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .table import Table
from .values import Colour, FontName, Radius, Space


class PaletteTable(Table):
    """Colours for light or for dark pages; what is left out is the theme's."""

    paper: Colour | None = Field(default=None, description="The background of banner and page.")
    card: Colour | None = Field(default=None, description="The background of a category.")
    ink: Colour | None = Field(default=None, description="Text.")
    muted: Colour | None = Field(default=None, description="Less important text.")
    line: Colour | None = Field(default=None, description="Borders of controls.")
    rule: Colour | None = Field(default=None, description="Lines between rows, whose contrast is free.")
    accent: Colour | None = Field(default=None, description="The background of all buttons.")
    on_accent: Colour | None = Field(default=None, description="The text on all buttons.")
    button_line: Colour | None = Field(
        default=None, description="The border of all buttons; if neither file nor theme has it, accent."
    )
    link: Colour | None = Field(
        default=None,
        description="Links and the marks of what is chosen; if neither file nor theme has it, accent.",
    )
    focus: Colour | None = Field(default=None, description="The outline of what has the keyboard.")


class ThemeTable(Table):
    """What banner, cookies page and notices look like."""

    use: Literal["plain", "civic", "bold"] = Field(
        default="plain", description="The ready theme to begin with."
    )
    position: Literal["top", "bottom", "dialog"] = Field(
        default="top", description="Where the banner stands; dialog is a card of its own above the page."
    )
    radius: Radius | None = Field(
        default=None, description='The roundness of corners, from "0" to "2em"; if missing, the theme\'s.'
    )
    space: Space | None = Field(
        default=None, description='Space around the content, from "0.5em" to "2em"; if missing, the theme\'s.'
    )
    font: list[FontName] | None = Field(
        default=None,
        min_length=1,
        max_length=8,
        description="Names of fonts, the most wanted first; if missing, the site's own font is used.",
    )
    light: PaletteTable = Field(
        default_factory=PaletteTable, description="Colours on light pages; see the next table."
    )
    dark: PaletteTable = Field(default_factory=PaletteTable, description="Colours on dark pages; likewise.")
