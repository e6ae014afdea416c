"""Which services claim an address or a piece of text.

A service claims the hosts it declares, and the URLs that its globs (``scripts``, ``embeds``)
match. A glob is narrower than a host and wins over it: Google's ``gtag.js`` belongs to
Analytics although its host belongs to Tag Manager.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterable, Iterator
from encodings.idna import nameprep
from fnmatch import translate
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from ..policy.model import Service

#: Characters of an address that are looked at; no browser's host goes on longer.
MAX_ADDRESS: Final = 8_192

#: Characters of an address that is remembered together with its owners.
MAX_REMEMBERED: Final = 512

# WHATWG URL, section 4.4: surrounded by controls and spaces, tabs and line ends anywhere, and a backslash
# counts as a slash. A special scheme may be followed by any number of slashes, even none.
_EDGES: Final = "".join(map(chr, range(0x21)))
_NOISE: Final = str.maketrans("\\", "/", "\t\r\n")
_SPECIAL: Final = re.compile(r"(?:(?:https?|wss?|ftp):/*|//+)([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
# What carries a document or a program in itself.
_CARRIER: Final = re.compile(r"(?:data|javascript):", re.IGNORECASE)
_DOTS: Final = re.compile("[\u3002\uff0e\uff61]")  # full stops of other scripts, which IDNA reads as "."
_PORT: Final = re.compile(r":[0-9]*\Z")

_NOT_BASE64: Final = re.compile(r"[^A-Za-z0-9+/]")
# What may not stand before and after a host in running text, where it would be a part of another one.
_AFTER: Final = r"(?![a-z0-9-]|\.[a-z0-9])"


class Span(NamedTuple):
    """A place in a text that a service claims.

    Attributes:
        start: offset of its first character.
        end: offset behind its last one.
        owner: the service.
    """

    start: int
    end: int
    owner: str


class _InText(NamedTuple):
    literal: str  # occurs wherever the pattern does; looking for it is much faster
    pattern: re.Pattern[str]
    owner: str
    is_glob: bool


class Claims:
    """The hosts, URL globs and markers of a set of services, compiled.

    Args:
        services: who claims something.
        unclaimed: scripts, to the letter, that are nobody's whatever they mention: our own.
    """

    def __init__(self, services: Iterable[Service], *, unclaimed: Iterable[str] = ()) -> None:
        """Compile the claims of ``services``."""
        self._unclaimed = frozenset(unclaimed)
        self.services = tuple(services)
        self._exact: dict[str, list[str]] = {}
        self._below: dict[str, list[str]] = {}
        self._globs: list[tuple[re.Pattern[str], str]] = []
        self._markers: list[tuple[str, str]] = []
        self._in_text: list[_InText] = []
        for service in self.services:
            self._add(service)
        self._remembered = lru_cache(2_048)(self._owners_of_url)

    def _add(self, service: Service) -> None:
        for host in service.hosts:
            name = host.removeprefix("*.")
            table = self._below if host.startswith("*.") else self._exact
            table.setdefault(name, []).append(service.id)
            before = r"(?<=[a-z0-9-])\." if host.startswith("*.") else r"(?<![a-z0-9.-])"
            pattern = re.compile(before + re.escape(name) + _AFTER)
            self._in_text.append(_InText(name, pattern, service.id, is_glob=False))
        for glob in (*service.scripts, *service.embeds):
            parts = urlsplit(glob)
            address = f"//{parts.netloc.lower()}{glob.partition(parts.netloc)[2]}"
            self._globs.append((re.compile(translate(address)), service.id))
            self._in_text.append(_in_text(address[2:].lower(), service.id))
        self._markers += [(marker, service.id) for marker in service.markers]

    def owners_of_url(self, url: str) -> tuple[str, ...]:
        """Return the services that claim ``url``: none for a relative one and for a stranger's.

        Takes what an attribute holds, and reads it as a browser would: with white space, capitals,
        backslashes, credentials, a port, percent signs or letters of other scripts in it.
        """
        return self._remembered(url) if len(url) <= MAX_REMEMBERED else self._owners_of_url(url)

    def _owners_of_url(self, url: str) -> tuple[str, ...]:
        address = url.strip(_EDGES)[:MAX_ADDRESS].translate(_NOISE)
        if _CARRIER.match(address):
            return self.owners_of_text(_carried(url.translate(_NOISE)))
        match = _SPECIAL.match(address)
        if match is None:
            return ()
        authority = match[1].rpartition("@")[2]
        host = _host(authority)
        found = [owner for pattern, owner in self._globs if pattern.match(f"//{host}{match[2]}")]
        if not found:
            found = [*self._owners_of_host(host), *self._owners_of_host(_with_port(host, authority))]
        return tuple(dict.fromkeys(found))

    def _owners_of_host(self, host: str) -> Iterator[str]:
        yield from self._exact.get(host, ())
        parent = host
        while "." in parent:
            parent = parent.partition(".")[2]
            yield from self._below.get(parent, ())

    def spans(self, text: str) -> list[Span]:
        """Return where ``text`` mentions a claimed host or URL, in order.

        Markers are not looked for.
        """
        lowered = text.lower()
        if len(lowered) != len(text):  # some capitals have no lower case of one character
            lowered = "".join(char.lower() if char.isascii() else char for char in text)
        hosts: list[Span] = []
        globs: list[Span] = []
        for one in self._in_text:
            if one.literal in lowered:
                found = one.pattern.finditer(lowered)
                (globs if one.is_glob else hosts).extend(Span(*match.span(), one.owner) for match in found)
        if globs:
            hosts = [one for one in hosts if not any(glob.start <= one.start < glob.end for glob in globs)]
        return sorted(hosts + globs)

    def owners_of_text(self, text: str) -> tuple[str, ...]:
        """Return the services whose marker, host or URL occurs in ``text``, such as an inline script."""
        marked = [owner for marker, owner in self._markers if marker in text]
        if marked and text in self._unclaimed:
            return ()
        return tuple(dict.fromkeys([*marked, *(span.owner for span in self.spans(text))]))


def hosts_of(service: Service) -> tuple[str, ...]:
    """Return every host pattern of a service, those of its URL globs included."""
    globs = (urlsplit(glob).netloc.lower() for glob in (*service.scripts, *service.embeds))
    return tuple(dict.fromkeys([*service.hosts, *globs]))


def _in_text(address: str, owner: str) -> _InText:
    """Compile a URL glob, without its scheme, for running text; JSON puts backslashes before slashes."""
    pieces = [re.escape(piece).replace("/", r"\\?/") for piece in address.rstrip("*").split("*")]
    pattern = re.compile(r"(?<![a-z0-9-])" + r"""[^\s"'`<>]*""".join(pieces))
    literal = max(address.partition("/")[0].split("*"), key=len)
    return _InText(literal, pattern, owner, is_glob=True)


def _carried(address: str) -> str:
    """Return the document or program that an address carries."""
    kind, _, data = unquote(address).partition(",")
    if not kind.rstrip().lower().endswith(";base64"):
        return f"{kind},{data}"
    letters = _NOT_BASE64.sub("", data)
    whole = letters[:-1] if len(letters) % 4 == 1 else letters  # one letter alone is no byte
    return b64decode(whole + "=" * (-len(whole) % 4)).decode("latin-1")


def _host(authority: str) -> str:
    """Return the host of an authority without credentials, as a browser would look it up."""
    host = unquote(_PORT.sub("", authority))
    if not host.isascii():
        try:
            host = _DOTS.sub(".", nameprep(_DOTS.sub(".", host)))
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            pass  # no browser connects to that either
    return host.lower().rstrip(".")


def _with_port(host: str, authority: str) -> str:
    port = _PORT.search(authority)
    return host + port[0] if port else ""
