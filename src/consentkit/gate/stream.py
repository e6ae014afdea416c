"""``HtmlGate``: a page on its way to one visitor, chunk by chunk, with what is closed made inert.

A page in which nothing stirs passes without being read. The first byte is not delayed, and no more
is held back than one tag or one inline script.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from .charset import Charset, charset_of
from .claims import Claims
from .insertion import Insertion, Inserts
from .rewriter import Once, Placeholder, Rewriter, Surroundings, TooLongError
from .verdict import Judge
from .watch import Places, Watch

logger = logging.getLogger("consentkit")

#: Characters that are looked at together.
WINDOW: Final = 65_536
#: Characters that two looks share, so that a host on the border between them is seen: more than one has.
OVERLAP: Final = 512
_GOING_ON: Final = ("<script", "<style", "<noscript", "onload", "onerror", "srcdoc", "style")
# A byte order mark, or the beginning of a <meta charset>, may be cut; nobody waits for longer than this.
_BOM_LENGTH: Final = 3


@lru_cache(256)
def watch_for(claims: Claims, closed: frozenset[str]) -> Watch:
    """Return the watch for one set of closed services; most visitors share theirs with others."""
    return Watch(service for service in claims.services if service.id in closed)


class HtmlGate:
    """The gate for one response.

    Args:
        claims: what belongs to whom.
        closed: ids of the services that this visitor has not granted.
        charset: the ``charset`` of the response's ``Content-Type``.
        allows: answers for the names in ``data-consent``; without it none is allowed that is ``closed``.
        inserts: called before the first byte of the page leaves; returns what to put in.
        placeholder: makes the notice in the place of an embed.
        once: whether one embed is to be loaded this time, and how its place is marked.
    """

    def __init__(  # noqa: PLR0913 # each is one thing that a page may need
        self,
        claims: Claims,
        *,
        closed: frozenset[str],
        charset: str | None = None,
        allows: Callable[[str], bool] | None = None,
        inserts: Callable[[], Inserts] | None = None,
        placeholder: Placeholder | None = None,
        once: Once | None = None,
    ) -> None:
        self._watch = watch_for(claims, closed)
        self._claims = claims
        self._closed = closed
        self._allows = allows or (lambda name: name not in closed)
        self._label = charset
        self._inserts = inserts
        self._placeholder = placeholder
        self._once = once
        self._begin = b""
        self._charset: Charset | None = None
        self._rewriter: Rewriter | None = None
        self._insertion: Insertion | None = None
        self.withheld = False

    def feed(self, chunk: bytes, *, more: bool = True) -> bytes:
        """Return what of the page can leave once ``chunk`` has come; with ``more=False``, all of it."""
        if self._rewriter is None:
            self._begin += chunk
            if more and len(self._begin) < _BOM_LENGTH:
                return b""
            chunk, self._begin = self._begin, b""
            self._start(chunk)
        out = self._pass(chunk, more=more)
        return out if more else out + self._end()

    def close(self) -> bytes:
        """Return the rest of the page."""
        return self.feed(b"", more=False)

    def _start(self, head: bytes) -> None:
        self._charset = charset = charset_of(self._label, head)
        inserts = self._inserts() if self._inserts is not None else Inserts()
        self._insertion = Insertion(
            Inserts(*(charset.foreign(text) for text in (inserts.head, inserts.banner, inserts.end)))
        )
        placeholder = self._placeholder
        around = Surroundings(
            Judge(self._claims, self._closed, self._allows, charset.codec),
            (lambda name, url: charset.foreign(placeholder(name, url))) if placeholder else None,
            self._once,
        )
        self._rewriter = Rewriter(around, self._insertion, watch=self._watch)

    def _pass(self, chunk: bytes, *, more: bool) -> bytes:
        assert self._rewriter is not None  # noqa: S101 # set by _start
        assert self._charset is not None  # noqa: S101
        rewriter, charset = self._rewriter, self._charset
        if self.withheld:
            return b""
        text = charset.read(chunk)
        if not more and rewriter.idle and self._look(rewriter.held + text) == ():
            return charset.write(rewriter.skip() + text)
        seen = [self._look(text[at : at + WINDOW + OVERLAP]) for at in range(0, len(text), WINDOW)]
        silent_from = len(text) if more else _silent_from(seen)
        out: list[str] = []
        try:
            for places, at in zip(seen, range(0, len(text), WINDOW), strict=True):
                piece = text[at : at + WINDOW]
                if rewriter.held:
                    places = self._with_held(places, piece)  # noqa: PLW2901 # it is the same thing, completed
                if places == () and at >= silent_from and rewriter.idle:
                    # What begins in one window may go on in the next: only all of them together can tell.
                    if self._look(rewriter.held + text[at:]) == ():
                        out += [rewriter.skip(), text[at:]]
                        break
                    silent_from = len(text)
                out.append(rewriter.feed(piece, places=places))
        except TooLongError:
            self.withheld = True
            logger.error(
                "The rest of a page was withheld: a tag or comment of more than 2 MiB could hide anything."
            )
        return charset.write("".join(out))

    def _with_held(self, places: Places | None, piece: str) -> Places | None:
        """Return the places of a piece, and of what is held before it and of the border between them."""
        held = self._rewriter.held if self._rewriter is not None else ""
        # What a script or a handler holds means something only together with how it began.
        if places is None or len(held) > OVERLAP or _goes_on(held + piece[:16]):
            return self._look(held + piece)
        before = self._look(held + piece[:OVERLAP])
        return None if before is None else (*before, *(place + len(held) for place in places))

    def _look(self, text: str) -> Places | None:
        try:
            return self._watch.look(text.encode("latin-1"))
        except UnicodeEncodeError:
            # Offsets in these bytes are none in the text.
            return self._watch.look(text.encode("utf-8", "surrogatepass")) and None

    def _end(self) -> bytes:
        assert self._rewriter is not None  # noqa: S101
        assert self._charset is not None  # noqa: S101
        assert self._insertion is not None  # noqa: S101
        if self.withheld:
            return b""
        unfinished = self._rewriter.unfinished
        rest = self._rewriter.close()
        if not unfinished:
            rest += self._insertion.close()
        return self._charset.write(rest) + self._charset.rest()


def _silent_from(seen: list[Places | None]) -> int:
    """Return from where on nothing stirs up to the end, so that nobody needs to read any of it."""
    last = max((number for number, places in enumerate(seen) if places != ()), default=-1)
    return (last + 1) * WINDOW


def _goes_on(begun: str) -> bool:
    low = begun.lower()
    return any(word in low for word in _GOING_ON)
