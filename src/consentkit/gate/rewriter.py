"""Closed markup made inert on its way through, on the tokens of the HTML standard.

Text comes in pieces of any size and leaves as it came but for what is closed. Nothing is held back
longer than it takes to know: a tag until its end, an inline script or style sheet until its end tag.
Pieces in which nothing stirs are only run through the tokenizer, so that it knows where it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from turbohtml import Token, Tokenizer, TokenType

from .closing import Closing
from .editor import Editor
from .held import Held, unified
from .html import (
    MAX_DEPTH,
    RAW_TEXT,
    ForeignContent,
    ended,
    finished,
)
from .insertion import Insertion
from .region import Region
from .tokens import Follower, end_of_tag, length, may_stir
from .watch import Watch

#: Characters that may be held back: the longest tag, inline script or style sheet that is looked into.
MAX_HELD: Final = 2_097_152


class TooLongError(Exception):
    """A tag, comment or ``<noscript>`` is longer than may be held back; nothing after it can be judged."""


class Inside(NamedTuple):
    """What a piece of markup is the content of.

    Attributes:
        depth: how many elements that hold text, and markup after all.
        region: the element with ``data-consent``, if it is one.
        foreign: whether it may be SVG or the like.
    """

    depth: int
    region: Region | None
    foreign: ForeignContent


class Rewriter:
    """Rewrites one document, or the content of one element.

    Args:
        closing: says what is closed and what becomes of it.
        insertion: where something is put in; ``None`` for nothing.
        watch: spares most start tags a closer look; without it each is judged.
        inside: what this is the content of; nothing for a whole document.
    """

    def __init__(
        self,
        closing: Closing,
        insertion: Insertion | None = None,
        *,
        watch: Watch | None = None,
        inside: Inside | None = None,
    ) -> None:
        inside = inside or Inside(0, None, ForeignContent())
        self._watch = watch
        self._depth = inside.depth
        self._tokenizer = Tokenizer()
        self._held = Held()
        self._editor = Editor(
            self._held, closing, insertion, self._nest, region=inside.region, foreign=inside.foreign
        )
        self._fresh = True  # whether no tag and no comment has come yet

    @property
    def held(self) -> str:
        """What has come in and not yet gone out."""
        return self._held.text

    @property
    def names(self) -> str | None:
        """What has closed something, separated by spaces; ``None`` where nothing was closed."""
        return self._editor.names

    @property
    def idle(self) -> bool:
        """Whether whatever does not stir may pass: nothing is to be put in, no region is open."""
        return self._editor.idle

    def feed(self, text: str, *, judged: bool = True) -> str:
        """Return what can leave once ``text`` has come.

        Args:
            text: the next piece.
            judged: whether something that this piece completes may have to be gated.

        Raises:
            TooLongError: too much would have to be held back.
        """
        self._held.add(text)
        tokens = self._tokenizer.feed(unified(text))
        begin = self._look(tokens) if judged or not self.idle else self._follow()
        out = self._let_go(self._safe_end(begin))
        if len(self._held.text) > MAX_HELD:
            out += self._too_long()
        return out

    @property
    def unfinished(self) -> bool:
        """Whether the page ends within a tag, a comment or a script, which would swallow what follows."""
        return self._editor.raw is not None or bool(self._editor.passing) or "<" in self._held.text

    def skip(self) -> str:
        """Return what is held; nothing of it, and nothing that follows, is looked at any more."""
        self._editor.raw = None
        return self._let_go(len(self._held.text))

    def close(self, *, complete: bool = False) -> str:
        """Return the rest.

        Args:
            complete: whether what is left open, such as a comment, must be closed or become text,
                because something else follows that it must not swallow.
        """
        passing, end = self._editor.passing, len(self._held.text)
        if self._editor.raw is not None:
            self._editor.settle(end, complete=complete)
        elif complete:
            rest = ended(passing, self._held.text) if passing else finished(self._held.text)
            self._held.replace(0, end, rest)
        return self._let_go(end)

    # ---- tokens

    def _look(self, tokens: Iterable[Token]) -> int:
        """Judge every token; return where the last tag or comment ends."""
        last = None
        for token in tokens:
            if token.type is not TokenType.TEXT:
                last = token
            if self._editor.raw is None and self.idle and self._passes(token):
                self._editor.passed(token)
            else:
                self._judge(token)
        if last is None:
            return 0
        self._fresh = False
        return self._end_of(self._held.offset(last.line, last.col))

    def _follow(self) -> int:
        """Judge nothing; return where the last tag or comment ends."""
        tokenizer = self._tokenizer
        follower = Follower(tokenizer, self._editor.foreign)
        before = tokenizer.position()
        tokenizer.dispatch(follower)
        last = tokenizer.position()
        # The position of the very first one is also that of none.
        if last == before and not (self._fresh and length(self._held.text, 0)):
            return 0
        self._fresh = False
        self._editor.raw, self._editor.passing = None, ""
        if follower.open is not None:
            tag, line, col = follower.open
            at = self._held.offset_near_end(line, col)
            self._editor.open_raw_text(tag, at, end_of_tag(self._held.text, at), closed=False)
        return self._end_of(self._held.offset_near_end(*last))

    def _end_of(self, at: int) -> int:
        return at + length(self._held.text, at)

    def _judge(self, token: Token) -> None:
        at = self._held.offset(token.line, token.col)
        if token.type is not TokenType.TEXT:
            self._editor.markup(token, at)
            return
        # What has left was looked at then.
        at = max(0, at)
        following = self._held.text.find("<", at)
        self._editor.text(at, self._held.text[at : following if following >= 0 else None])

    def _passes(self, token: Token) -> bool:
        """Whether a token is none of our business, at one glance."""
        if token.type is not TokenType.START_TAG:
            return token.type in (TokenType.TEXT, TokenType.END_TAG)
        return token.tag not in RAW_TEXT and not may_stir(token, self._watch)

    def _nest(
        self, markup: str, closing: Closing, region: Region | None, foreign: ForeignContent
    ) -> tuple[str, str | None]:
        if self._depth >= MAX_DEPTH:
            return markup.replace("<", "&lt;"), closing.script(markup) or ""
        inside = Inside(self._depth + 1, region.within() if region is not None else None, foreign.copy())
        inner = Rewriter(closing, inside=inside)
        return inner.feed(markup) + inner.close(complete=True), inner.names

    # ---- what may leave

    def _safe_end(self, begin: int) -> int:
        """Return how much of what is held no later token can reach back into; ``begin`` is text."""
        editor = self._editor
        if editor.raw is not None:
            return editor.raw.start
        if editor.passing == "plaintext":
            return len(self._held.text)
        if editor.passing:
            tail = re.compile(f"</{editor.passing}", re.IGNORECASE).search(self._held.text, begin)
            keep = len(editor.passing) + 1
            return tail.start() if tail else max(begin, len(self._held.text) - keep)
        markup = self._held.text.find("<", begin)
        end = markup if markup >= 0 else len(self._held.text)
        editor.text(begin, self._held.text[begin:end])
        return end

    def _let_go(self, end: int) -> str:
        raw = self._editor.raw
        if raw is not None:
            self._editor.raw = raw._replace(start=raw.start - end, content=raw.content - end)
        return self._held.let_go(end)

    def _too_long(self) -> str:
        """Give up holding: a script or style sheet is closed, unread; of anything else no more may leave."""
        name = self._editor.close_unread()
        if not name:
            raise TooLongError
        return self._let_go(len(self._held.text) - len(name) - 1)
