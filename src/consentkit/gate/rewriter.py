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

from .attributes import StartTag
from .closing import Closing
from .held import Held, unified
from .html import (
    MAX_DEPTH,
    RAW_TEXT,
    STYLE_GUARD,
    ForeignContent,
    address_of,
    ended,
    finished,
    start_tag,
)
from .insertion import Insertion
from .region import Region
from .tokens import TRACKED, Follower, end_of_tag, length, may_stir
from .verdict import Verdict, runs
from .watch import Watch

#: Characters that may be held back: the longest tag, inline script or style sheet that is looked into.
MAX_HELD: Final = 2_097_152

_BOM: Final = "\ufeff".encode().decode("latin-1")
_SPACE: Final = "\t\n\f\r "


class TooLongError(Exception):
    """A tag, comment or ``<noscript>`` is longer than may be held back; nothing after it can be judged."""


class _Raw(NamedTuple):
    """An element whose content is read as text, and may have to change with its start tag.

    Attributes:
        tag: its start tag.
        start: offset of the start tag in what is held.
        content: offset of its content.
        closed: whether the start tag is closed whatever the content is.
    """

    tag: StartTag
    start: int
    content: int
    closed: bool = False


class Rewriter:
    """Rewrites one document, or the content of one element.

    Args:
        closing: says what is closed and what becomes of it.
        insertion: where something is put in; ``None`` for nothing.
        watch: spares most start tags a closer look; without it each is judged.
        depth: how many elements that hold text, and markup after all, this is inside of.
    """

    def __init__(
        self,
        closing: Closing,
        insertion: Insertion | None = None,
        *,
        watch: Watch | None = None,
        depth: int = 0,
    ) -> None:
        self._closing = closing
        self._insertion = insertion
        self._watch = watch
        self._depth = depth
        self._tokenizer = Tokenizer()
        self._held = Held()
        self._foreign = ForeignContent()
        self._region: Region | None = None
        self._raw: _Raw | None = None
        self._fresh = True  # whether no tag and no comment has come yet
        self._passing = ""  # the element whose text passes as it is
        self._names: dict[str, None] = {}
        self.unread = False  # whether a script or style sheet was too long to be looked into

    @property
    def held(self) -> str:
        """What has come in and not yet gone out."""
        return self._held.text

    @property
    def names(self) -> str | None:
        """What has closed something, separated by spaces."""
        return " ".join(self._names) or None

    @property
    def idle(self) -> bool:
        """Whether whatever does not stir may pass: nothing is to be put in, no region is open."""
        return self._region is None and self._inserted

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
        return self._raw is not None or bool(self._passing) or "<" in self._held.text

    def skip(self) -> str:
        """Return what is held; nothing of it, and nothing that follows, is looked at any more."""
        self._raw = None
        return self._let_go(len(self._held.text))

    def close(self, *, complete: bool = False) -> str:
        """Return the rest.

        Args:
            complete: whether what is left open, such as a comment, must be closed or become text,
                because something else follows that it must not swallow.
        """
        raw, self._raw = self._raw, None
        passing = self._passing
        if raw is not None:
            self._settle(raw, len(self._held.text), complete=complete)
        elif complete:
            rest = ended(passing, self._held.text) if passing else finished(self._held.text)
            self._held.replace(0, len(self._held.text), rest)
        return self._let_go(len(self._held.text))

    # ---- tokens

    def _look(self, tokens: Iterable[Token]) -> int:
        """Judge every token; return where the last tag or comment ends."""
        last = None
        for token in tokens:
            if token.type is not TokenType.TEXT:
                last = token
            if self._raw is not None or not self.idle or not self._passes(token):
                self._judge_token(token)
        if last is None:
            return 0
        self._fresh = False
        return self._end_of(self._held.offset(last.line, last.col))

    def _follow(self) -> int:
        """Judge nothing; return where the last tag or comment ends."""
        tokenizer = self._tokenizer
        follower = Follower(tokenizer, self._foreign)
        before = tokenizer.position()
        tokenizer.dispatch(follower)
        last = tokenizer.position()
        # The position of the very first one is also that of none.
        if last == before and not (self._fresh and length(self._held.text, 0)):
            return 0
        self._fresh = False
        self._raw, self._passing = None, ""
        if follower.open is not None:
            tag, line, col = follower.open
            at = self._held.offset_near_end(line, col)
            self._open_raw_text(tag, at, end_of_tag(self._held.text, at), closed=False)
        return self._end_of(self._held.offset_near_end(*last))

    def _end_of(self, at: int) -> int:
        return at + length(self._held.text, at)

    def _judge_token(self, token: Token) -> None:
        at = self._offset(token)
        if token.type is TokenType.TEXT:
            # What has left was looked at then.
            at = max(0, at)
            following = self._held.text.find("<", at)
            self._text(at, self._held.text[at : following if following >= 0 else None])
            return
        if self._raw is not None:
            self._settle(self._raw, at)
            self._raw = None
        self._passing = ""
        if token.type is TokenType.START_TAG:
            self._start(token, at)
        elif token.type is TokenType.END_TAG:
            self._end(token, at)
        elif token.type is TokenType.DOCTYPE and self._insertion is not None:
            self._insertion.doctype()

    @property
    def _inserted(self) -> bool:
        return self._insertion is None or self._insertion.done

    def _passes(self, token: Token) -> bool:
        """Whether a token is none of our business, at one glance."""
        if token.type is TokenType.TEXT:
            return True
        tag = token.tag or ""
        if token.type is TokenType.END_TAG:
            self._passing = ""
            self._foreign.end(tag)
            return True
        if token.type is not TokenType.START_TAG or tag in RAW_TEXT or may_stir(token, self._watch):
            return False
        if tag in TRACKED and not token.self_closing:
            self._foreign.start(tag)
        return True

    def _text(self, at: int, text: str) -> None:
        """Note text that no element holds; it may begin the body."""
        insertion = self._insertion
        if insertion is None or insertion.done or self._raw is not None or self._passing:
            return
        # A byte order mark is text to the tokenizer, and nothing to a browser.
        words = text.removeprefix("\ufeff").removeprefix(_BOM).lstrip(_SPACE)
        if words:
            self._held.put(at + len(text) - len(words), insertion.content())

    def _start(self, token: Token, at: int) -> None:
        tag = start_tag(token)
        end = end_of_tag(self._held.text, at)
        before, after = "", ""
        if self._insertion is not None and not self._insertion.done:
            before, after = self._insertion.start(tag)
        verdict = self._verdict(tag)
        opened = None if verdict is None else self._closing.opened(verdict.name, address_of(tag))
        self._held.put(at, before + (opened or ""))
        if verdict is not None and opened is None:
            after += self._close_tag(tag, verdict, at, end)
        self._held.put(end, after)
        if self._region is not None:
            self._region.start(tag)
        elif verdict is not None and verdict.declared:
            self._region = Region.of(tag, verdict.name, foreign=self._foreign.inside)
        if not tag.self_closing:
            self._foreign.start(tag.tag)
        if tag.tag in RAW_TEXT:
            self._open_raw_text(tag, at, end, closed=verdict is not None and opened is None)

    def _open_raw_text(self, tag: StartTag, at: int, end: int, *, closed: bool) -> None:
        if self._looks_into(tag, closed=closed):
            self._raw = _Raw(tag, at, end, closed)
        else:
            self._passing = tag.tag

    def _looks_into(self, tag: StartTag, *, closed: bool) -> bool:
        """Whether the content of an element that holds text must be known before any of it may leave."""
        if tag.tag == "noscript" or self._foreign.inside:
            return True
        if closed:
            return False
        return tag.tag == "style" or (tag.tag == "script" and runs(tag) and tag.get("src") is None)

    def _verdict(self, tag: StartTag) -> Verdict | None:
        if self._region is not None:
            return Verdict(self._region.name, None)
        return self._closing.tag(tag, self._within)

    def _within(self, markup: str) -> str | None:
        """Return what closes something in the markup of an ``srcdoc``."""
        closing = self._closing.only_judging()
        if self._depth >= MAX_DEPTH:
            return closing.script(markup)
        inner = Rewriter(closing, depth=self._depth + 1)
        inner.feed(markup)
        inner.close(complete=True)
        return inner.names

    def _close_tag(self, tag: StartTag, verdict: Verdict, start: int, end: int) -> str:
        """Make a start tag inert; return what has to follow it then."""
        self._note(verdict.name)
        source = self._held.text[start:end]
        inert = self._closing.inert(source, tag, verdict)
        if inert == source:
            return ""
        self._held.replace(start, end, inert)
        return STYLE_GUARD if tag.tag == "style" else ""

    def _note(self, names: str | None) -> None:
        self._names |= dict.fromkeys((names or "").split())

    def _end(self, token: Token, at: int) -> None:
        tag = token.tag or ""
        if self._insertion is not None and not self._insertion.done:
            self._held.put(at, self._insertion.end(tag))
        self._foreign.end(tag)
        if self._region is not None and self._region.ends_with(tag):
            self._region = None

    # ---- the content of elements that hold text

    def _settle(self, raw: _Raw, end: int, *, complete: bool = False) -> None:
        """Judge the content of a script, a style sheet or a ``<noscript>`` now that all of it is here."""
        content = new = self._held.text[raw.content : end]
        tag = raw.tag
        if not raw.closed and tag.tag == "script" and runs(tag) and tag.get("src") is None:
            name = self._closing.script(content, foreign=self._foreign.inside)
            if name is not None:
                self._close_raw(raw, name)
        elif not raw.closed and tag.tag == "style":
            new, name, whole = self._closing.style(content, foreign=self._foreign.inside)
            self._note(name)
            if whole:
                new = self._close_raw(raw, name) + new
        if tag.tag == "noscript" or (self._foreign.inside and self._depth < MAX_DEPTH):
            new = self._nested(new)
        if complete:
            new = ended(tag.tag, new)
        if new != content:
            self._held.replace(raw.content, end, new)

    def _close_raw(self, raw: _Raw, name: str | None) -> str:
        """Make the start tag of a script or a style sheet inert; return what has to follow it then."""
        return self._close_tag(raw.tag, Verdict(name or "", None), raw.start, raw.content)

    def _nested(self, markup: str) -> str:
        if self._depth >= MAX_DEPTH:
            return markup.replace("<", "&lt;")
        inner = Rewriter(self._closing, depth=self._depth + 1)
        inner._region = self._region.within() if self._region is not None else None
        inner._foreign = self._foreign.copy()
        out = inner.feed(markup) + inner.close(complete=True)
        self._note(inner.names)
        # Where nothing was closed, it does not matter how the content is read.
        return out if inner.names is not None else markup

    # ---- what may leave

    def _safe_end(self, begin: int) -> int:
        """Return how much of what is held no later token can reach back into; ``begin`` is text."""
        if self._raw is not None:
            return self._raw.start
        if self._passing == "plaintext":
            return len(self._held.text)
        if self._passing:
            tail = re.compile(f"</{self._passing}", re.IGNORECASE).search(self._held.text, begin)
            keep = len(self._passing) + 1
            return tail.start() if tail else max(begin, len(self._held.text) - keep)
        markup = self._held.text.find("<", begin)
        end = markup if markup >= 0 else len(self._held.text)
        self._text(begin, self._held.text[begin:end])
        return end

    def _let_go(self, end: int) -> str:
        if self._raw is not None:
            self._raw = self._raw._replace(start=self._raw.start - end, content=self._raw.content - end)
        return self._held.let_go(end)

    def _too_long(self) -> str:
        """Give up holding: a script or style sheet is closed, unread; of anything else no more may leave."""
        raw, self._raw = self._raw, None
        if raw is None or raw.tag.tag not in ("script", "style") or self._foreign.inside:
            raise TooLongError
        self.unread = True
        self._held.put(raw.content, self._close_raw(raw, None))
        self._passing = raw.tag.tag
        return self._let_go(len(self._held.text) - len(raw.tag.tag) - 1)

    def _offset(self, token: Token) -> int:
        return self._held.offset(token.line, token.col)
