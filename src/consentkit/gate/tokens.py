"""Finding one's way among the tokens of a piece of HTML, without looking at all of them."""

from __future__ import annotations

import re
from collections.abc import Container, Reversible
from typing import Final

from turbohtml import Token, Tokenizer, TokenType

from .attributes import StartTag
from .held import unified
from .html import BACK_TO_HTML, FOREIGN_ROOTS, RAW_TEXT, ForeignContent

#: Elements whose tags say how what follows is to be read.
TRACKED: Final = RAW_TEXT | FOREIGN_ROOTS | BACK_TO_HTML

# One start tag in its whole length; ``in_place`` takes it apart by the same rules.
_START_TAG: Final = re.compile(
    r"""<[^\t\n\f\r />]*+(?:[\t\n\f\r /]*+=?[^\t\n\f\r />=]++"""
    r"""(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:"[^"]*+"|'[^']*+'|[^\t\n\f\r >]*+))?+)*+[\t\n\f\r /]*+=?>"""
)


def end_of_tag(html: str, at: int) -> int:
    """Return where the start tag that begins at ``at`` ends; all of it is there."""
    match = _START_TAG.match(html, at)
    return match.end() if match else at + length(html, at)


def followed(foreign: ForeignContent, tokens: list[Token]) -> tuple[Container[int], ForeignContent]:
    """Return which of the tokens may be in foreign content, and how it stands after them."""
    now = foreign.copy()
    spans: list[range] = []
    since = 0
    for number, token in [pair for pair in enumerate(tokens) if pair[1].tag in TRACKED]:
        was_inside = now.inside
        if token.type is TokenType.START_TAG:
            now.start(StartTag(token.tag or "", (), token.self_closing))
        else:
            now.end(token.tag or "")
        if now.inside and not was_inside:
            since = number
        elif was_inside and not now.inside:
            spans.append(range(since, number + 1))
    if now.inside:
        spans.append(range(since, len(tokens)))
    return {number for span in spans for number in span}, now


def begin_of(token: Token) -> tuple[int, int]:
    """Return line and column at which a token begins."""
    return token.line, token.col


def next_markup(tokens: list[Token], number: int) -> Token | None:
    """Return the first tag, comment or doctype after a token; of two tokens in a row one is none of text."""
    return next(
        (token for token in tokens[number + 1 : number + 3] if token.type is not TokenType.TEXT), None
    )


def last_markup(tokens: Reversible[Token]) -> Token | None:
    """Return the last tag, comment or doctype."""
    return next((token for token in reversed(tokens) if token.type is not TokenType.TEXT), None)


def length(html: str, at: int) -> int:
    """Return the length of the tag, comment or doctype that begins at ``at``; all of it is there."""
    for end in (at + 512, len(html)):
        tokenizer = Tokenizer(capture_source=True)
        for token in tokenizer.feed(unified(html[at:end])):
            return len(token.source or "")
    return 0
