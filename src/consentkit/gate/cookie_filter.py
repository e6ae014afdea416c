"""The site's own cookies on their way to the application and back, for one visitor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from time import time
from typing import Final

from ..consent.model import Consent
from .cookie_reports import CookieReports
from .cookies import CookieRules, Standing, cookie_names
from .expiry import deletions
from .set_cookie import cookie_name, is_deletion, lifetime

Headers = Sequence[tuple[bytes, bytes]]

#: Bytes of a ``Cookie`` header that is remembered with what is in question in it.
MAX_REMEMBERED: Final = 2_048

#: Names whose lifetime is compared with the declared one.
MAX_NAMES: Final = 1_000
#: Seconds by which a cookie may be set for longer than declared: months and years are counted differently.
TOLERANCE: Final = 3 * 86_400

MODES: Final = ("report", "strict")


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
        self._remembered = lru_cache(1_024)(self._in_question)

    def arriving(self, headers: Headers, consent: Callable[[], Consent]) -> frozenset[bytes]:
        """Return the cookies of a request that the application may not read (R-21).

        Args:
            headers: of the request.
            consent: asked only when an optional cookie is there.
        """
        refused: frozenset[bytes] = frozenset()
        for key, line in headers:
            if key == b"cookie":  # ASGI has servers lower-case the names of request headers
                found = self._remembered(line) if len(line) <= MAX_REMEMBERED else self._in_question(line)
                if found:
                    refused |= self._refused(found, consent)
        return refused

    def _refused(
        self, found: Iterable[tuple[bytes, Standing]], consent: Callable[[], Consent]
    ) -> frozenset[bytes]:
        return frozenset(
            name
            for name, standing in found
            if not standing.declared or not consent().closed.isdisjoint(standing.owners)
        )

    def _in_question(self, line: bytes) -> tuple[tuple[bytes, Standing], ...]:
        """Return the cookies of one ``Cookie`` header that may have to be taken out."""
        standings = ((name, self._rules.standing(name)) for name in cookie_names(((b"cookie", line),)))
        return tuple(
            (name, standing)
            for name, standing in standings
            if standing.owners or (self._strict and not standing.declared)
        )

    def leaving(
        self, headers: Iterable[tuple[bytes, bytes]], consent: Callable[[], Consent]
    ) -> list[tuple[bytes, bytes]]:
        """Return the headers of a response without the cookies that may not be set (R-20).

        Args:
            headers: of the response; each ``Set-Cookie`` stands by itself.
            consent: asked only when an optional cookie is set.
        """
        now = time()
        return [
            pair
            for pair in headers
            if pair[0].lower() != b"set-cookie" or self._may_leave(pair[1], consent, now)
        ]

    def expired(self, names: Iterable[bytes], *, host: str | None, secure: bool) -> list[bytes]:
        """Return ``Set-Cookie`` values that delete ``names``, as far as they are declared optional."""
        standings = ((name, self._rules.standing(name)) for name in names)
        found = [(name, standing.paths) for name, standing in standings if standing.owners]
        return deletions(found, host=host, secure=secure)

    def denied(self, headers: Headers, consent: Consent) -> list[bytes]:
        """Return the cookies of a request that ``consent`` denies."""
        names = dict.fromkeys(cookie_names(headers))
        return [name for name in names if not consent.closed.isdisjoint(self._rules.standing(name).owners)]

    def _measure(self, name: bytes, header: bytes, declared: int, now: float) -> None:
        """Compare how long a cookie is set for with what visitors are told (R-77); once for each name."""
        if len(self._measured) < MAX_NAMES:
            self._measured.add(name)
            seconds = lifetime(header, now)
            if seconds is not None and seconds > declared + TOLERANCE:
                self._reports.longer(name, seconds, declared)

    def _may_leave(self, header: bytes, consent: Callable[[], Consent], now: float) -> bool:
        name = cookie_name(header)
        standing = self._rules.standing(name)
        closed = consent().closed.intersection(standing.owners) if standing.owners else frozenset()
        if standing.declared and not closed:
            if standing.lifetime is not None and name not in self._measured:
                self._measure(name, header, standing.lifetime, now)
            return True
        if is_deletion(header, now):
            return True
        if closed:
            self._reports.held_back(name, standing, min(closed))
        elif self._strict:
            self._reports.strict(name)
        else:
            self._reports.undeclared(name)
            return True
        return False
