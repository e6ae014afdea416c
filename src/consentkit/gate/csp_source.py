"""One source of a Content-Security-Policy that names hosts, such as ``https://*.example.net:8443/js/``.

Written as CSP Level 3, section 2.3.1, has it, and compared as section 6.7.2 does, but for ``http`` and
``https``: a page that allows one of them allows the host.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_SOURCE: Final = re.compile(
    r"(?:([a-z][a-z0-9+.-]*)://)?(\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)(?::([0-9]+|\*))?(/.*)?",
    re.IGNORECASE | re.ASCII,
)
# A scheme alone stands for every host that speaks it.
_EVERYBODY: Final = re.compile(r"(https?|wss?):", re.IGNORECASE)
_DEFAULT_PORTS: Final = frozenset({"80", "443"})
_LIVE: Final = frozenset({"ws", "wss"})


class Source(NamedTuple):
    """What a source names.

    Attributes:
        scheme: without its colon; empty where that of the page counts.
        host: ``"*"`` for every host; ``"*.example.net"`` for those below one.
        port: ``"*"`` for any; empty for the one that belongs to the scheme.
        path: empty for every path.
    """

    scheme: str
    host: str
    port: str = ""
    path: str = ""

    @property
    def is_everybody(self) -> bool:
        """Whether it names no host in particular."""
        return self.host == "*"

    @property
    def is_live(self) -> bool:
        """Whether it is for WebSockets alone."""
        return self.scheme in _LIVE

    def covers(self, other: Source) -> bool:
        """Return whether whatever ``other`` allows is allowed by this; schemes are not looked at."""
        return (
            _covers(self.host, other.host)
            and self.port in ("*", other.port)
            and _is_below(other.path, self.path)
        )

    def meets(self, other: Source) -> bool:
        """Return whether there may be something that both allow; schemes are not looked at."""
        return (
            (_covers(self.host, other.host) or _covers(other.host, self.host))
            and (self.port == other.port or "*" in (self.port, other.port))
            and (_is_below(other.path, self.path) or _is_below(self.path, other.path))
        )


def parse_source(text: str) -> Source | None:
    """Return what a source names, or ``None``: a keyword, a nonce or a hash, ``data:``, or nonsense."""
    match = _SOURCE.fullmatch(text)
    if match is None:
        everybody = _EVERYBODY.fullmatch(text)
        return Source(everybody[1].lower(), "*", "*") if everybody is not None else None
    if text == "*":
        return Source("", "*", "*")
    scheme, host, port, path = (part or "" for part in match.groups())
    shown = "" if port in _DEFAULT_PORTS else port
    return Source(scheme.lower(), host.lower().rstrip("."), shown, "" if path == "/" else path)


def _covers(wide: str, narrow: str) -> bool:
    if wide in ("*", narrow):
        return True
    return wide.startswith("*.") and narrow.removeprefix("*.").endswith(wide[1:])


def _is_below(path: str, other: str) -> bool:
    """Return whether one path lies within another, which names one file or, with a slash, all below it."""
    return other in ("", path) or (other[-1] == "/" and path.startswith(other))
