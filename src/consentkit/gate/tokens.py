"""Finding one's way among the tokens of a piece of HTML, without looking at all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from turbohtml import Token, Tokenizer

from .attributes import PREFIX, StartTag
from .held import unified
from .html import BACK_TO_HTML, FOREIGN_ROOTS, RAW_TEXT, ForeignContent
from .watch import Watch

#: Elements whose tags say how what follows is to be read.
TRACKED: Final = RAW_TEXT | FOREIGN_ROOTS | BACK_TO_HTML

_HANDLER: Final = "\0on"  # among the names of attributes, each behind a NUL
# One start tag in its whole length; ``in_place`` takes it apart by the same rules.
_START_TAG: Final = re.compile(
    r"""<[^\t\n\f\r />]*+(?:[\t\n\f\r /]*+=?[^\t\n\f\r />=]++"""
    r"""(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:"[^"]*+"|'[^']*+'|[^\t\n\f\r >]*+))?+)*+[\t\n\f\r /]*+=?>"""
)


class Follower:
    """Keeps track of what the tags of a piece open and close, and takes no notice of anything else.

    Args:
        tokenizer: dispatches to it.
        foreign: is kept up to date.

    Attributes:
        open: the element that holds text and has not ended, with line and column of its start tag.
    """

    def __init__(self, tokenizer: Tokenizer, foreign: ForeignContent) -> None:
        self._tokenizer = tokenizer
        self._foreign = foreign
        self.open: tuple[StartTag, int, int] | None = None

    # Built-in functions, since a call of them takes a third of the time.
    handle_data = handle_comment = handle_decl = handle_pi = unknown_decl = staticmethod(len)

    def handle_starttag(self, tag: str, attributes: Iterable[tuple[str, str | None]]) -> None:
        """Note a start tag."""
        if tag in TRACKED:
            self._foreign.start(tag)
            self.handle_startendtag(tag, attributes)

    def handle_startendtag(self, tag: str, attributes: Iterable[tuple[str, str | None]]) -> None:
        """Note a start tag that ends with a slash; only in SVG and MathML does the slash mean anything."""
        if tag in RAW_TEXT:
            found = StartTag(tag, tuple((name, value or "") for name, value in attributes))
            self.open = (found, *self._tokenizer.position())

    def handle_endtag(self, tag: str) -> None:
        """Note an end tag."""
        if tag in TRACKED:
            self._foreign.end(tag)
            self.open = None


def may_stir(token: Token, watch: Watch | None) -> bool:
    """Whether a start tag may have to be gated, at one glance; without a watch, any with attributes."""
    attributes = token.attrs
    if not attributes:
        return False
    values = dict(attributes)
    return (
        watch is None
        or PREFIX in values
        or "srcdoc" in values
        or _HANDLER in "\0".join(("", *values))
        or watch.stirs_in("\0".join(values.values()))
    )


def end_of_tag(html: str, at: int) -> int:
    """Return where the start tag that begins at ``at`` ends; all of it is there."""
    match = _START_TAG.match(html, at)
    return match.end() if match else at + length(html, at)


def length(html: str, at: int) -> int:
    """Return the length of the tag, comment or doctype that begins at ``at``; all of it is there."""
    for end in (at + 512, len(html)):
        tokenizer = Tokenizer(capture_source=True)
        for token in tokenizer.feed(unified(html[at:end])):
            return len(token.source or "")
    return 0
