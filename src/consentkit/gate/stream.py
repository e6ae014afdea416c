"""``HtmlGate``: a page on its way to one visitor, chunk by chunk, with what is closed made inert.

A page in which nothing stirs passes without being read. The first byte is not delayed, and no more
is held back than one tag or one inline script.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final

from .charset import Charset, charset_of
from .claims import Claims
from .closing import Closing, Once, Placeholder
from .insertion import Insertion
from .inserts import Inserts
from .rewriter import Rewriter, TooLongError
from .verdict import Judge
from .watch import Places, Watch

logger = logging.getLogger("consentkit")

#: Characters that are looked at together where not all that has come can be.
WINDOW: Final = 65_536
#: Characters that are judged at least where something has to be.
NEAR: Final = 512
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
        self._insertion = Insertion(Inserts(*map(charset.foreign, inserts)))
        placeholder = self._placeholder
        closing = Closing(
            Judge(self._claims, self._closed, self._allows, charset.codec),
            (lambda name, url, size: charset.foreign(placeholder(name, url, size))) if placeholder else None,
            self._once,
        )
        self._rewriter = Rewriter(closing, self._insertion, watch=self._watch)

    def _pass(self, chunk: bytes, *, more: bool) -> bytes:
        assert self._rewriter is not None  # noqa: S101 # set by _start
        assert self._charset is not None  # noqa: S101
        if self.withheld:
            return b""
        places = None
        # Large copies cost about as much as a look, so most pages get along without any.
        as_it_is = self._charset.is_plain and not self._rewriter.held
        if as_it_is:
            places = self._watch.look(chunk)
            if places == () and not more and self._rewriter.idle:
                self._rewriter.skip()
                return chunk
        text = self._charset.read(chunk)
        if not as_it_is:
            places = self._look(self._rewriter.held + text)
        out: list[str] = []
        try:
            for piece in self._pieces(self._rewriter, text, places, more=more):
                out.append(piece)  # noqa: PERF402 # what is out before it gets too long has to leave
        except TooLongError:
            self.withheld = True
            logger.error(
                "The rest of a page was withheld: a tag or comment of more than 2 MiB could hide anything."
            )
        return self._charset.write("".join(out))

    def _pieces(self, rewriter: Rewriter, text: str, places: Places | None, *, more: bool) -> Iterator[str]:
        """Yield what can leave of ``text``; where the first look has found no places, window by window."""
        if places is not None:
            yield from _walk(rewriter, text, places, more=more)
            return
        if len(text) <= WINDOW:
            yield rewriter.feed(text)
            return
        for at in range(0, len(text), WINDOW):
            piece = text[at : at + WINDOW]
            places = self._look(rewriter.held + piece)
            if places is None:
                yield rewriter.feed(piece)
            else:
                yield from _walk(rewriter, piece, places, more=True)

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


def _walk(rewriter: Rewriter, text: str, places: Places, *, more: bool) -> Iterator[str]:
    """Yield what can leave of ``text``; only what is near the places is judged.

    Args:
        rewriter: gets the text.
        text: what has come.
        places: offsets in what the rewriter holds and ``text`` together.
        more: whether anything follows.
    """
    held = len(rewriter.held)
    ahead = deque(sorted({place - held for place in places}))
    done, step = 0, NEAR
    while done < len(text):
        while ahead and ahead[0] < done - len(rewriter.held):
            ahead.popleft()
            step = NEAR
        if not more and not ahead and rewriter.idle:
            yield rewriter.skip()
            yield text[done:]
            return
        start = ahead[0] if ahead else len(text)
        judged = not rewriter.idle or start <= done + NEAR
        if judged:
            end = max(done, min(start, done + NEAR)) + step
            step *= 2
        else:
            end = min(start, done + WINDOW)
            step = NEAR
        yield rewriter.feed(text[done:end], judged=judged)
        done = end
