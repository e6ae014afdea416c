"""The part of a page that an element with ``data-consent`` closes: all of it up to the end tag."""

from __future__ import annotations

from typing import Final

from .attributes import StartTag

_VOID: Final = frozenset(
    {
        "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "image", "img", "input",
        "keygen", "link", "meta", "param", "source", "track", "wbr",
    }
)  # fmt: skip


class Region:
    """Counts the elements of one name; without an end tag the region goes on to the end of the page."""

    def __init__(self, name: str, tag: str) -> None:
        self.name = name
        self._tag = tag
        self._open = 1

    @classmethod
    def of(cls, tag: StartTag, name: str, *, foreign: bool) -> Region | None:
        """Return the region that a start tag opens; ``None`` for an element without content.

        ``/>`` ends an element in SVG and MathML alone.
        """
        return None if tag.tag in _VOID or (foreign and tag.self_closing) else cls(name, tag.tag)

    def within(self) -> Region:
        """Return the same region for the content of one element that is read by itself; it has no end."""
        return Region(self.name, "")

    def start(self, tag: StartTag) -> None:
        """Note an element inside."""
        if tag.tag == self._tag:
            self._open += 1

    def ends_with(self, tag: str) -> bool:
        """Return whether an end tag ends the region."""
        if tag == self._tag:
            self._open -= 1
        return self._open == 0
