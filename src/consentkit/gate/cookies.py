"""Which of the site's own cookies may pass, in a request and in a response.

A cookie is *declared* by a category or service of ``consent.toml``. It passes when all that declare
it are allowed (R-25). Nothing that must stay is declared as what can be refused: the policy forbids that.
A cookie that a service keeps under its own domain is not one of the site's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from ..policy.duration import Duration
from ..policy.model import (
    BRING_OVER_COOKIES,
    CONSENT_COOKIE_NAMES,
    MIRROR_COOKIE_NAMES,
    ONCE_COOKIE_NAMES,
    Kind,
    Policy,
    StoredItem,
    glob_matcher,
)
from .framework_cookies import FRAMEWORK_COOKIES

#: Names whose standing is remembered; visitors choose names, so it must end somewhere.
MAX_REMEMBERED: Final = 4_096

# Browsers put blanks there; parsers of applications take everything away that Python calls white space.
_BLANKS: Final = bytes(code for code in range(256) if chr(code).isspace())
# A cookie without a name is sent back as its value alone, and that may look like a name and a value.
_BEFORE_NAMES: Final = _BLANKS + b"="


class Standing(NamedTuple):
    """What is known of a cookie's name.

    Attributes:
        owners: the categories and services that can be refused and declare it; all must be allowed.
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


#: Of our own cookies.
OURS: Final = Standing()


class CookieRules:
    """The cookies of one policy, ready to be looked up by name."""

    def __init__(self, policy: Policy) -> None:
        """Compile the names."""
        own = [(glob_matcher([item.name]), owner, item) for owner, item in _own_cookies(policy)]
        self._optional = [one for one in own if one[1]]
        self._essential = [one for one in own if not one[1]]
        self._frameworks = glob_matcher(FRAMEWORK_COOKIES)
        self._ours = {
            name.encode(): OURS for name in (*CONSENT_COOKIE_NAMES, *ONCE_COOKIE_NAMES, *MIRROR_COOKIE_NAMES)
        }
        # Those that are read once are ours as well, declared or not.
        self._ours |= {BRING_OVER_COOKIES[tool].encode(): OURS for tool in policy.bring_over}
        self._known: dict[bytes, Standing] = dict(self._ours)

    def standing(self, name: bytes) -> Standing:
        """Return what is known of the cookie ``name``, by itself and as applications read it."""
        known = self._known.get(name)
        if known is None:
            known = self._find(name.decode("latin-1"))
            read = without_blanks(name)
            if read != name:
                known = _both(known, self._find(read.decode("latin-1")))
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


def _both(one: Standing, other: Standing) -> Standing:
    """Return what is known of a cookie that goes by two names: it may pass if it may under each."""
    return Standing(
        owners=tuple(dict.fromkeys(one.owners + other.owners)),
        declared=one.declared and other.declared,
        glob=one.glob or other.glob,
        paths=tuple(dict.fromkeys(one.paths + other.paths)),
        lifetime=None,
    )


def _longest(items: Iterable[StoredItem]) -> int:
    """Return the longest lifetime of cookies in seconds; a session has none."""
    return max(item.lifetime.seconds if isinstance(item.lifetime, Duration) else 0 for item in items)


def _own_cookies(policy: Policy) -> list[tuple[str, StoredItem]]:
    """Return the cookies under the site's own domain, each with its owner if that can be refused."""
    found: list[tuple[str, StoredItem]] = []
    for category in policy.categories:
        refusable = category.id in policy.refusable_names
        found += [(category.id if refusable else "", item) for item in category.items]
        for service in category.services:
            found += [(service.id if refusable else "", item) for item in service.items]
    return [(owner, item) for owner, item in found if item.kind is Kind.COOKIE and item.domain is None]


def cookie_names(headers: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """Return the name of every cookie in a request, in order; one without a name is empty."""
    return [name for line in cookie_lines(headers) for name in names_in(line)]


def cookie_lines(headers: Iterable[tuple[bytes, bytes]]) -> list[bytes]:
    """Return the values of the ``Cookie`` headers; ASGI has servers write their names in lower case."""
    return [line for key, line in headers if key == b"cookie"]


def names_in(line: bytes) -> list[bytes]:
    """Return the name of every cookie in one ``Cookie`` header as applications read it, in order."""
    names = []
    for pair in line.split(b";"):
        name, equals, _ = pair.partition(b"=")
        name = without_blanks(name)
        if name and equals:
            names.append(name)
        elif name or equals:
            names.append(name_sent_back(pair) if equals else b"")
    return names


def without_blanks(name: bytes) -> bytes:
    """Return a cookie's name as it is after an application has taken away the white space around it."""
    if not name.isascii():
        # Some read headers as Latin-1, others as UTF-8, and each has blanks that are none to the other.
        try:
            return name.decode().strip().encode()
        except UnicodeDecodeError:
            pass
    return name.strip(_BLANKS)


def name_sent_back(pair: bytes) -> bytes:
    """Return the name by which a cookie that was set without one comes back; empty if by none.

    A browser that was told ``=a=b`` keeps the value ``a=b`` and sends that (RFC 6265bis, section 5.8.3).
    """
    name, equals, _ = pair.lstrip(_BEFORE_NAMES).partition(b"=")
    return without_blanks(name) if equals else b""


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
    names = names_in(pair)
    return names[0] if names else None
