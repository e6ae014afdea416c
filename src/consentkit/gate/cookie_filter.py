"""The site's own cookies on their way to the application and back, for one visitor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from time import time
from typing import Final, NamedTuple

from ..consent.memory import Memory
from ..consent.model import Consent
from .cookie_reports import CookieReports
from .cookies import OURS, CookieRules, Standing, cookie_names, names_in, without_blanks
from .expiry import deletions
from .set_cookie import cookie_name, is_deletion, lifetime

Headers = Sequence[tuple[bytes, bytes]]

#: ``Cookie`` headers that are remembered.
MAX_LINES: Final = 2_048
#: Bytes of a ``Cookie`` header that is remembered with what has been found in it.
MAX_REMEMBERED: Final = 2_048

#: Names, with the blanks around them, that are remembered; visitors choose them.
MAX_SPELLINGS: Final = 4_096
#: Bytes of the longest of them.
MAX_SPELLING: Final = 256

#: Names whose lifetime is compared with the declared one.
MAX_NAMES: Final = 1_000
#: Seconds by which a cookie may be set for longer than declared: months and years are counted differently.
TOLERANCE: Final = 3 * 86_400

MODES: Final = ("report", "strict")

_NOTHING: Final[frozenset[str]] = frozenset()


_Known = tuple[bytes, Standing] | None
_UNKNOWN: Final = (b"", Standing())
_new: Final = tuple.__new__


class Line(NamedTuple):
    """What has been found in the ``Cookie`` header of a request.

    Attributes:
        in_question: the cookies that may have to be taken out; few requests have any.
        ours: the values of our own cookies, by name.
        one: whether each of these is there once at most, and in one header, as browsers send it.
    """

    in_question: tuple[tuple[bytes, Standing], ...]
    ours: Mapping[bytes, bytes]
    one: bool = True

    def and_more(self, other: Line) -> Line:
        """Return what has been found in several of them."""
        return Line(self.in_question + other.in_question, {}, one=False)


class CookieFilter:
    """Judges cookies; the constructor compiles, and nothing about any visitor is kept.

    Args:
        rules: the cookies of the policy.
        strict: whether a cookie that nobody declares is held back instead of reported.
    """

    def __init__(self, rules: CookieRules, *, strict: bool) -> None:
        self._rules = rules
        self._strict = strict
        self._reports = CookieReports()
        self._measured: set[bytes] = set()
        # A visitor sends the same header with every request.
        self._names: dict[bytes, _Known] = {}
        self._lines = Memory(self._read, MAX_LINES)

    def read(self, line: bytes) -> Line:
        """Return what there is in the value of one ``Cookie`` header."""
        found = self._lines.recent.get(line)
        if found is None:
            found = self._lines(line) if len(line) <= MAX_REMEMBERED else self._read(line)
        return found

    def refused(
        self, found: Sequence[tuple[bytes, Standing]], consent: Callable[[], Consent]
    ) -> frozenset[bytes]:
        """Return the cookies of a request that the application may not read (R-21).

        Args:
            found: the cookies in question.
            consent: asked only when an optional cookie is there.
        """
        closed = consent().closed if any(standing.owners for _, standing in found) else _NOTHING
        return frozenset(
            [
                name
                for name, standing in found
                if not standing.declared or not closed.isdisjoint(standing.owners)
            ]
        )

    def _read(self, line: bytes) -> Line:
        found: tuple[tuple[bytes, Standing], ...] = ()
        ours: dict[bytes, bytes] = {}
        # Whatever is longer than browsers send is not for us to read.
        one = len(line) <= MAX_REMEMBERED
        for pair in line.split(b";"):
            sent, equals, value = pair.partition(b"=")
            known = self._names.get(sent, _UNKNOWN) if equals else _UNKNOWN
            if known is _UNKNOWN:
                known = self._look_up(pair)
            if known is None:
                continue
            if known[1] is OURS:
                one = one and known[0] not in ours
                ours[known[0]] = value.strip(b" \t")
            else:
                found += (known,)
        # What a NamedTuple makes of its arguments first takes longer than the tuple.
        return _new(Line, (found, ours, one))

    def _look_up(self, pair: bytes) -> _Known:
        """Return the name and standing of one pair of a ``Cookie`` header if anything depends on it."""
        names = names_in(pair)
        if not names:
            return None
        name, sent = names[0], pair.partition(b"=")[0]
        standing = self._rules.standing(name)
        if standing is OURS:
            # With other blanks around it, it is not the cookie whose name browsers guard.
            matters = sent.strip(b" \t") == name
        else:
            matters = bool(standing.owners) or (self._strict and not standing.declared)
        known = (name, standing) if matters else None
        # Without a name of its own, the next such cookie may go by another one.
        if name and name == without_blanks(sent) and len(sent) <= MAX_SPELLING:
            if len(self._names) >= MAX_SPELLINGS:
                self._names = {}
            self._names[sent] = known
        return known

    def leaving(
        self, headers: Iterable[tuple[bytes, bytes]], consent: Callable[[], Consent]
    ) -> list[tuple[bytes, bytes]]:
        """Return the headers of a response without the cookies that may not be set (R-20).

        Args:
            headers: of the response; each ``Set-Cookie`` stands by itself.
            consent: asked only when an optional cookie is set.
        """
        kept: list[tuple[bytes, bytes]] = []
        closed: frozenset[str] | None = None
        for pair in headers:
            if len(pair[0]) == 10 and pair[0].lower() == b"set-cookie":
                name = cookie_name(pair[1])
                standing = self._rules.standing(name)
                if standing.owners and closed is None:
                    closed = consent().closed
                if not self._may_leave(name, standing, pair[1], closed or _NOTHING):
                    continue
            kept.append(pair)
        return kept

    def expired(self, names: Iterable[bytes], *, host: str | None, secure: bool) -> list[bytes]:
        """Return ``Set-Cookie`` values that delete ``names``, as far as they are declared optional."""
        standings = ((name, self._rules.standing(name)) for name in names)
        found = [(name, standing.paths) for name, standing in standings if standing.owners]
        return deletions(found, host=host, secure=secure)

    def denied(self, headers: Headers, consent: Consent) -> list[bytes]:
        """Return the cookies of a request that ``consent`` denies."""
        names = dict.fromkeys(cookie_names(headers))
        return [name for name in names if not consent.closed.isdisjoint(self._rules.standing(name).owners)]

    def _may_leave(self, name: bytes, standing: Standing, header: bytes, closed: frozenset[str]) -> bool:
        if standing.declared and closed.isdisjoint(standing.owners):
            if standing.lifetime is not None and name not in self._measured:
                self._measure(name, header, standing.lifetime)
            return True
        if is_deletion(header, time()):
            return True
        shut = closed.intersection(standing.owners)
        if shut:
            self._reports.held_back(name, standing, min(shut))
        elif self._strict:
            self._reports.strict(name)
        else:
            self._reports.undeclared(name)
            return True
        return False

    def _measure(self, name: bytes, header: bytes, declared: int) -> None:
        """Compare how long a cookie is set for with what visitors are told (R-77); once for each name."""
        if len(self._measured) < MAX_NAMES:
            self._measured.add(name)
            seconds = lifetime(header, time())
            if seconds is not None and seconds > declared + TOLERANCE:
                self._reports.longer(name, seconds, declared)
