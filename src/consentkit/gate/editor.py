"""``Editor``: the changes to a page at one tag, and to the content of elements that hold text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from turbohtml import Token, TokenType

from .attributes import PREFIX, StartTag
from .closing import Closing
from .held import Held
from .html import RAW_TEXT, STYLE_GUARD, ForeignContent, address_of, ended, start_tag
from .insertion import Insertion
from .region import Region
from .tokens import TRACKED, end_of_tag
from .verdict import Verdict, runs

_BOM: Final = "\ufeff".encode().decode("latin-1")
_SPACE: Final = "\t\n\f\r "

#: Rewrites markup within something else; returns it, and what has closed something in it.
Nest = Callable[[str, Closing, Region | None, ForeignContent], tuple[str, str | None]]


class RawText(NamedTuple):
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


class Editor:
    """Puts changes into what is held.

    Args:
        held: what has come and may not leave yet.
        closing: says what is closed and what becomes of it.
        insertion: where something is put in; ``None`` for nothing.
        nest: rewrites markup within an attribute or an element.
        region: the element with ``data-consent`` that all of this is inside of.
        foreign: whether all of this may be in SVG and the like.

    Attributes:
        raw: the element that is held until its end tag.
        passing: the element whose text passes as it is.
        foreign: where in SVG and the like the page is.
    """

    def __init__(  # noqa: PLR0913 # two parts to ask, two to write to, and where it begins
        self,
        held: Held,
        closing: Closing,
        insertion: Insertion | None,
        nest: Nest,
        *,
        region: Region | None,
        foreign: ForeignContent,
    ) -> None:
        self.raw: RawText | None = None
        self.passing = ""
        self.foreign = foreign
        self._held = held
        self._closing = closing
        self._insertion = insertion
        self._nest = nest
        self._region = region
        self._names: dict[str, None] | None = None

    @property
    def names(self) -> str | None:
        """What has closed something, separated by spaces; ``None`` where nothing was closed."""
        return None if self._names is None else " ".join(self._names)

    @property
    def idle(self) -> bool:
        """Whether whatever does not stir may pass: nothing is to be put in, no region is open."""
        return self._region is None and (self._insertion is None or self._insertion.done)

    def text(self, at: int, text: str) -> None:
        """Note text that no element holds; it may begin the body."""
        insertion = self._insertion
        if insertion is None or insertion.done or self.raw is not None or self.passing:
            return
        # A byte order mark is text to the tokenizer, and nothing to a browser.
        words = text.removeprefix("\ufeff").removeprefix(_BOM).lstrip(_SPACE)
        if words:
            self._held.put(at + len(text) - len(words), insertion.content())

    def markup(self, token: Token, at: int) -> None:
        """Change what has to be at a tag, a comment or a doctype; the element that was held ends here."""
        if self.raw is not None:
            self.settle(at)
        self.passing = ""
        if token.type is TokenType.START_TAG:
            self._start(start_tag(token), at)
        elif token.type is TokenType.END_TAG:
            self._end(token.tag or "", at)
        elif token.type is TokenType.DOCTYPE and self._insertion is not None:
            self._insertion.doctype()

    def passed(self, token: Token) -> None:
        """Note a tag that is none of our business."""
        tag = token.tag or ""
        if token.type is TokenType.END_TAG:
            self.passing = ""
            self.foreign.end(tag)
        elif tag in TRACKED and not token.self_closing:
            self.foreign.start(tag)

    def _start(self, tag: StartTag, at: int) -> None:
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
            self._region = Region.of(tag, verdict.name, foreign=self.foreign.inside)
        if not tag.self_closing:
            self.foreign.start(tag.tag)
        if tag.tag in RAW_TEXT:
            self.open_raw_text(tag, at, end, closed=verdict is not None and opened is None)

    def open_raw_text(self, tag: StartTag, at: int, end: int, *, closed: bool) -> None:
        """Note that text follows up to the end tag.

        Args:
            tag: the start tag.
            at: offset of its first character.
            end: offset behind its last one.
            closed: whether it is closed whatever follows.
        """
        if self._looks_into(tag, closed=closed):
            self.raw = RawText(tag, at, end, closed)
        else:
            self.passing = tag.tag

    def _looks_into(self, tag: StartTag, *, closed: bool) -> bool:
        """Whether the content of an element that holds text must be known before any of it may leave."""
        if tag.tag == "noscript" or self.foreign.inside:
            return True
        if closed:
            return False
        return tag.tag == "style" or (tag.tag == "script" and runs(tag) and tag.get("src") is None)

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
        if names is not None:
            self._names = (self._names or {}) | dict.fromkeys(names.split())

    def _end(self, tag: str, at: int) -> None:
        if self._insertion is not None and not self._insertion.done:
            self._held.put(at, self._insertion.end(tag))
        self.foreign.end(tag)
        if self._region is not None and self._region.ends_with(tag):
            self._region = None

    def settle(self, end: int, *, complete: bool = False) -> None:
        """Judge the content of the element that was held, now that all of it is here.

        Args:
            end: offset of its end.
            complete: whether it has to be ended, because something else follows.
        """
        raw, self.raw = self.raw, None
        if raw is None:
            return
        content = self._held.text[raw.content : end]
        new = content if raw.closed else self._judged(raw, content)
        if raw.tag.tag == "noscript" or self.foreign.inside:
            nested, names = self._nest(new, self._closing, self._region, self.foreign)
            self._note(names)
            # Where nothing was closed, it does not matter how the content is read.
            new = nested if names is not None else new
        if complete:
            new = ended(raw.tag.tag, new)
        if new != content:
            self._held.replace(raw.content, end, new)

    def close_unread(self) -> str:
        """Close the script or style sheet that was held, whatever is in it; return the element's name."""
        raw, self.raw = self.raw, None
        if raw is None or raw.tag.tag not in ("script", "style") or self.foreign.inside:
            return ""
        self._held.put(raw.content, self._close_raw(raw, ""))
        self.passing = raw.tag.tag
        return self.passing

    def _judged(self, raw: RawText, content: str) -> str:
        tag = raw.tag
        if tag.tag == "script" and runs(tag) and tag.get("src") is None:
            name = self._closing.script(content, foreign=self.foreign.inside)
            if name is not None:
                self._close_raw(raw, name)
        elif tag.tag == "style":
            led, name, whole = self._closing.style(content, foreign=self.foreign.inside)
            self._note(name)
            if whole:
                return self._close_raw(raw, name or "") + led
            if name is not None:
                # For the client script, which can lead the addresses where they led.
                self._held.put(raw.start + len("<style"), f' {PREFIX}-css="{name}"')
            return led
        return content

    def _close_raw(self, raw: RawText, name: str) -> str:
        """Make the start tag of a script or a style sheet inert; return what has to follow it then."""
        return self._close_tag(raw.tag, Verdict(name, None), raw.start, raw.content)

    def _verdict(self, tag: StartTag) -> Verdict | None:
        if self._region is not None:
            return Verdict(self._region.name, None)
        return self._closing.tag(tag, self._within)

    def _within(self, markup: str) -> str | None:
        """Return what closes something in the markup of an ``srcdoc``."""
        return self._nest(markup, self._closing.only_judging(), None, ForeignContent())[1]
