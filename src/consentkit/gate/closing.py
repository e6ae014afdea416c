"""``Closing``: what becomes of closed markup, which is opened this once, led nowhere or made inert."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Final

from .attributes import StartTag, is_embed, size_of
from .html import address_of
from .in_place import inert_in_place
from .verdict import Judge, Verdict, Within

#: Returns the notice that takes the place of an embed: ``(service, address, its size) -> markup``.
Placeholder = Callable[[str, str, "tuple[int, int] | None"], str]
#: Returns what marks the place of an embed that the visitor has asked to load now, or ``None`` for one
#: that stays closed: ``(service, address) -> markup``.
Once = Callable[[str, str], str | None]

_FRAMES: Final = frozenset({"iframe", "object", "embed", "applet", "video", "audio"})
# Attributes without which a frame loads all the same.
_AROUND: Final = frozenset({"poster", "style"})
# Text in SVG goes on behind each of these.
_MARKUP: Final = re.compile(r"<!--.*?-->|<!\[CDATA\[|\]\]>|<[^>]*>", re.DOTALL)


class Closing:
    """Asks the judge, and knows what follows.

    Args:
        judge: judges tags, scripts and style sheets.
        placeholder: makes the notice in the place of an embed.
        once: whether one embed is to be loaded this time, and how its place is marked.
    """

    def __init__(
        self, judge: Judge, placeholder: Placeholder | None = None, once: Once | None = None
    ) -> None:
        self._judge = judge
        self._placeholder = placeholder
        self._once = once

    def only_judging(self) -> Closing:
        """Return the same without notices, and with nothing opened."""
        return Closing(self._judge)

    def tag(self, tag: StartTag, within: Within) -> Verdict | None:
        """Return what closes a start tag."""
        return self._judge.tag(tag, within)

    def opened(self, name: str, source: str) -> str | None:
        """Return the mark for something that is to load this time, or ``None`` where it stays closed."""
        return None if self._once is None else self._once(name, source)

    def inert(self, source: str, tag: StartTag, verdict: Verdict) -> str:
        """Return the source of a start tag made inert, behind a notice where a visitor misses something.

        What was inert already is returned as it is.
        """
        inert = inert_in_place(source, tag, verdict.name, verdict.attributes)
        if inert == source or self._placeholder is None:
            return inert
        notice = tag.tag in _FRAMES and is_embed(tag) and _loads_nothing(verdict)
        return self._placeholder(verdict.name, address_of(tag), size_of(tag)) + inert if notice else inert

    def script(self, text: str, *, foreign: bool = False) -> str | None:
        """Return what an inline script belongs to, unless it is to run this time.

        Args:
            text: of the script.
            foreign: whether it may be one of SVG.
        """
        name = self._judge.script(text) or (self._judge.script(_said(text)) if foreign else None)
        return name if name is None or self.opened(name, text) is None else None

    def style(self, css: str, *, foreign: bool) -> tuple[str, str | None, bool]:
        """Return a style sheet that leads nowhere closed, what it belongs to, and whether all of it must go.

        That of SVG may hold markup, in which no address is to be touched but by the rules for markup.
        """
        led, name = self._judge.style(css)
        if not foreign:
            return led, name, False
        name = name or self._judge.style(_said(css))[1]
        return css, name, name is not None


def _said(text: str) -> str:
    """Return what text in SVG says, once references in it are resolved and markup is taken out."""
    return unescape(_MARKUP.sub("", text))


def _loads_nothing(verdict: Verdict) -> bool:
    attributes = verdict.attributes
    return attributes is None or any(key not in _AROUND and not key.startswith("on") for key in attributes)
