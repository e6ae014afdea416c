"""Which of the site's own cookies may pass, in a request and in a response.

A cookie is *declared* by a category or service of ``consent.toml``. It passes when all that declare
it are allowed (R-25). Nothing is declared both essential and optional: the policy refuses that.
A cookie that a service keeps under its own domain is not one of the site's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from ..policy.duration import Duration
from ..policy.model import CONSENT_COOKIE_NAMES, ONCE_COOKIE_NAMES, Kind, Policy, StoredItem, glob_matcher
from .framework_cookies import FRAMEWORK_COOKIES

#: Names whose standing is remembered; visitors choose names, so it must end somewhere.
MAX_REMEMBERED: Final = 4_096


class Standing(NamedTuple):
    """What is known of a cookie's name.

    Attributes:
        owners: the optional categories and services that declare it; all must be allowed.
        declared: whether it is declared at all, or known to be essential.
        glob: the name as it is declared, for the log.
        paths: the paths it is declared for.
        lifetime: the longest that is declared, in seconds, 0 for the session; ``None`` where nothing is.
    """

    owners: tuple[str, ...] = ()
    declared: bool = True
    glob: str = ""
    paths: tuple[str, ...] = ()
    lifetime: int | None = None


class CookieRules:
    """The cookies of one policy, ready to be looked up by name."""

    def __init__(self, policy: Policy) -> None:
        """Compile the names."""
        own = [(glob_matcher([item.name]), owner, item) for owner, item in _own_cookies(policy)]
        self._optional = [one for one in own if one[1]]
        self._essential = [one for one in own if not one[1]]
        self._frameworks = glob_matcher(FRAMEWORK_COOKIES)
        self._ours = {name.encode(): Standing() for name in (*CONSENT_COOKIE_NAMES, *ONCE_COOKIE_NAMES)}
        self._known: dict[bytes, Standing] = dict(self._ours)

    def standing(self, name: bytes) -> Standing:
        """Return what is known of the cookie ``name``."""
        known = self._known.get(name)
        if known is None:
            known = self._find(name.decode("latin-1"))
            if len(self._known) >= MAX_REMEMBERED:
                self._known = dict(self._ours)
            self._known[name] = known
        return known

    def _find(self, name: str) -> Standing:
        essential = [item for matcher, _, item in self._essential if matcher.match(name)]
        optional = [(owner, item) for matcher, owner, item in self._optional if matcher.match(name)]
        if optional:
            items = [item for _, item in optional]
            owners = tuple(dict.fromkeys(owner for owner, _ in optional))
            paths = tuple(dict.fromkeys(item.path for item in items))
            return Standing(owners, glob=items[0].name, paths=paths, lifetime=_longest(items))
        if essential:
            return Standing(lifetime=_longest(essential))
        return Standing(declared=self._frameworks.match(name) is not None)


def _longest(items: Iterable[StoredItem]) -> int:
    """Return the longest lifetime of cookies in seconds; a session has none."""
    return max(item.lifetime.seconds if isinstance(item.lifetime, Duration) else 0 for item in items)


def _own_cookies(policy: Policy) -> list[tuple[str, StoredItem]]:
    """Return the cookies under the site's own domain, each with its optional owner or an empty text."""
    found: list[tuple[str, StoredItem]] = []
    for category in policy.categories:
        found += [("" if category.essential else category.id, item) for item in category.items]
        for service in category.services:
            found += [("" if category.essential else service.id, item) for item in service.items]
    return [(owner, item) for owner, item in found if item.kind is Kind.COOKIE and item.domain is None]


def cookie_names(headers: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """Return the name of every cookie in a request, in order; one without a name is empty."""
    return [
        name.strip(b" \t") if equals else b""
        for key, line in headers
        if key == b"cookie"
        for name, equals, rest in (pair.partition(b"=") for pair in line.split(b";"))
        if equals or name.strip(b" \t")
    ]


def without_cookies(
    headers: Iterable[tuple[bytes, bytes]], names: frozenset[bytes]
) -> list[tuple[bytes, bytes]]:
    """Return the headers of a request without the cookies called ``names``.

    The others stay byte for byte, and so does whatever is no cookie. A header that has nothing left goes.
    """
    kept: list[tuple[bytes, bytes]] = []
    for key, line in headers:
        if key != b"cookie":
            kept.append((key, line))
            continue
        pairs = line.split(b";")
        left = [pair for pair in pairs if _name(pair) not in names]
        if len(left) == len(pairs):
            kept.append((key, line))
        elif any(pair.strip(b" \t") for pair in left):
            kept.append((key, b";".join(left).lstrip(b" \t")))
    return kept


def _name(pair: bytes) -> bytes | None:
    """Return the name of one pair of a Cookie header; ``None`` for an empty one."""
    name, equals, _ = pair.partition(b"=")
    if not equals:
        return b"" if name.strip(b" \t") else None
    return name.strip(b" \t")
