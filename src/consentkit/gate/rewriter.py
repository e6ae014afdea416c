"""Closed markup made inert on its way through, on the tokens of the HTML standard.

Text comes in pieces of any size and leaves as it came but for what is closed. Nothing is held back
longer than it takes to know: a tag until its end, an inline script or style sheet until its end tag.
Pieces in which nothing stirs are only run through the tokenizer, so that it knows where it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import unescape
from typing import Final, NamedTuple

from turbohtml import Token, Tokenizer, TokenType

from .attributes import PREFIX, StartTag, is_embed
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
from .in_place import inert_in_place
from .insertion import Insertion
from .region import Region
from .tokens import TRACKED, Follower, end_of_tag, length
from .verdict import Judge, Verdict, runs
from .watch import Watch

#: Characters that may be held back: the longest tag, inline script or style sheet that is looked into.
MAX_HELD: Final = 2_097_152

_BOM: Final = "\ufeff".encode().decode("latin-1")
_SPACE: Final = "\t\n\f\r "
_HANDLER: Final = "\0on"  # among the names of attributes, each behind a NUL
# Between what these take up, text in SVG goes on.
_MARKUP: Final = re.compile(r"<!--.*?-->|<!\[CDATA\[|\]\]>|<[^>]*>", re.DOTALL)
_AROUND: Final = frozenset({"poster", "style"})
_FRAMES: Final = frozenset({"iframe", "object", "embed", "applet", "video", "audio"})

#: Returns the notice that takes the place of an embed: ``(service, address) -> markup``.
Placeholder = Callable[[str, str], str]
#: Returns what marks the place of an embed that the visitor has asked to load now, or ``None`` for one
#: that stays closed: ``(service, address) -> markup``.
Once = Callable[[str, str], str | None]


class TooLongError(Exception):
    """A tag, comment or ``<noscript>`` is longer than may be held back; nothing after it can be judged."""


class Surroundings(NamedTuple):
    """What a rewriter asks and tells.

    Attributes:
        judge: judges tags, scripts and style sheets.
        placeholder: makes the notice in the place of an embed.
        once: whether one embed is to be loaded this time, and how its place is marked.
    """

    judge: Judge
    placeholder: Placeholder | None = None
    once: Once | None = None


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
        around: see there.
        insertion: where something is put in; ``None`` for nothing.
        watch: spares most start tags a closer look; without it each is judged.
        depth: how many elements that hold text, and markup after all, this is inside of.
    """

    def __init__(
        self,
        around: Surroundings,
        insertion: Insertion | None = None,
        *,
        watch: Watch | None = None,
        depth: int = 0,
    ) -> None:
        self._around = around
        self._judge = around.judge
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
        self.first: str | None = None  # the first service that closed something
        self.unread = False  # whether a script or style sheet was too long to be looked into

    @property
    def held(self) -> str:
        """What has come in and not yet gone out."""
        return self._held.text

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
        if token.type is not TokenType.START_TAG or tag in RAW_TEXT or self._may_stir(token):
            return False
        if tag in TRACKED and not token.self_closing:
            self._foreign.start(tag)
        return True

    def _may_stir(self, token: Token) -> bool:
        attributes = token.attrs
        if not attributes:
            return False
        values = dict(attributes)
        return (
            self._watch is None
            or PREFIX in values
            or "srcdoc" in values
            or _HANDLER in "\0".join(("", *values))
            or self._watch.stirs_in("\0".join(values.values()))
        )

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
        opened = None if verdict is None else self._opened(verdict.name, address_of(tag))
        self._held.put(at, before + (opened or ""))
        if verdict is not None and opened is None:
            self.first = self.first or verdict.name
            if self._close_tag(tag, verdict, at, end) and tag.tag == "style":
                after += STYLE_GUARD
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
        return self._judge.tag(tag, self._within)

    def _within(self, markup: str) -> str | None:
        """Return the first closed service in the markup of an ``srcdoc``."""
        if self._depth >= MAX_DEPTH:
            return self._judge.script(markup)
        inner = Rewriter(Surroundings(self._judge), depth=self._depth + 1)
        inner.feed(markup, judged=True)
        inner.close(complete=True)
        return inner.first

    def _opened(self, name: str, source: str) -> str | None:
        once = self._around.once
        return None if once is None else once(name, source)

    def _close_tag(self, tag: StartTag, verdict: Verdict, at: int, end: int) -> bool:
        """Make a start tag inert; return whether it was not so before."""
        source = self._held.text[at:end]
        inert = inert_in_place(source, tag, verdict.name, verdict.attributes)
        if inert == source:
            return False
        placeholder = self._around.placeholder
        if placeholder is not None and tag.tag in _FRAMES and is_embed(tag) and _closes(verdict):
            inert = placeholder(verdict.name, address_of(tag)) + inert
        self._held.replace(at, end, inert)
        return True

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
        content = self._held.text[raw.content : end]
        tag = raw.tag
        new = content
        if not raw.closed and tag.tag == "script" and runs(tag) and tag.get("src") is None:
            owner = self._first_reading(self._judge.script, content)
            if owner is not None and self._opened(owner, content) is None:
                self._close_raw(raw, owner)
        elif not raw.closed and tag.tag == "style":
            new = self._settle_style(raw, content)
        if tag.tag == "noscript" or (self._foreign.inside and self._depth < MAX_DEPTH):
            new = self._nested(new)
        if complete:
            new = ended(tag.tag, new)
        if new != content:
            self._held.replace(raw.content, end, new)

    def _settle_style(self, raw: _Raw, css: str) -> str:
        if not self._foreign.inside:
            new, owner = self._judge.style(css)
            self.first = self.first or owner
            return new
        # It may hold markup, in which no address is to be touched but by the rules for markup.
        owner = self._first_reading(lambda text: self._judge.style(text)[1], css)
        if owner is None:
            return css
        self._close_raw(raw, owner)
        return STYLE_GUARD + css

    def _first_reading(self, judge: Callable[[str], str | None], text: str) -> str | None:
        """Judge text as it is and, where it may be SVG, with what markup in it stands for."""
        return judge(text) or (judge(unescape(_MARKUP.sub("", text))) if self._foreign.inside else None)

    def _close_raw(self, raw: _Raw, owner: str) -> None:
        self.first = self.first or owner or None
        source = self._held.text[raw.start : raw.content]
        self._held.replace(raw.start, raw.content, inert_in_place(source, raw.tag, owner, None))

    def _nested(self, markup: str) -> str:
        if self._depth >= MAX_DEPTH:
            return markup.replace("<", "&lt;")
        inner = Rewriter(self._around, depth=self._depth + 1)
        inner._region = self._region.within() if self._region is not None else None
        inner._foreign = self._foreign.copy()
        out = inner.feed(markup, judged=True) + inner.close(complete=True)
        self.first = self.first or inner.first
        # Where nothing was closed, it does not matter how the content is read.
        return out if inner.first is not None else markup

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
        self._close_raw(raw, "")
        if raw.tag.tag == "style":
            self._held.put(raw.content, STYLE_GUARD)
        self._passing = raw.tag.tag
        return self._let_go(len(self._held.text) - len(raw.tag.tag) - 1)

    def _offset(self, token: Token) -> int:
        return self._held.offset(token.line, token.col)


def _closes(verdict: Verdict) -> bool:
    """Whether a frame loads nothing any more, and not only without what is around it."""
    attributes = verdict.attributes
    return attributes is None or any(key not in _AROUND and not key.startswith("on") for key in attributes)
