"""Deleting a cookie without knowing how it was set.

A browser deletes a cookie only when domain, path and partition are those it was set with, which no
request tells. So every variant that the site can have used is named: the host alone, the host as a
domain and each of its parents that has at least two labels. Among these are public suffixes such as
``co.uk``; a browser ignores a cookie for one, and so it ignores the deletion. That is cheaper than
a list of suffixes that is out of date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import ip_address
from itertools import count
from typing import Final

#: Set-Cookie headers spent on deletions in one response: proxies cap headers at 8 KiB or more.
MAX_DELETIONS: Final = 40

#: Characters of a host name (RFC 1035, section 2.3.4); a longer one has no parents worth counting.
MAX_HOST: Final = 253

#: Characters of a name that is sent back; browsers keep 4,096 for name and value together.
MAX_NAME: Final = 256

# A name comes from the visitor; only an RFC 6265 token goes back into a header.
_TOKEN: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")

_GONE: Final = b"Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
# Where one response cannot hold all variants, the next begins this many further on: each gets its turn.
_STEP: Final = 37
_turn = count()


def _is_partitioned(header: bytes) -> bool:
    return header.endswith(b"Partitioned")


def deletions(
    cookies: Iterable[tuple[bytes, Iterable[str]]], *, host: str | None, secure: bool
) -> list[bytes]:
    """Return ``Set-Cookie`` values that delete cookies in every variant, at most ``MAX_DELETIONS``.

    Args:
        cookies: the names, each with the paths that are declared for it.
        host: the request's ``Host``, with or without port.
        secure: whether the request came over https.
    """
    found: list[bytes] = []
    # With a port of five digits; visitors choose what they send, and it is remembered.
    host = host if host is not None and len(host) <= MAX_HOST + 6 else ""
    for name, paths in cookies:
        if len(name) <= MAX_NAME:
            found += _variants(name, tuple(paths), host, secure)
    # Few cookies are partitioned: those variants come last.
    found.sort(key=_is_partitioned)
    if len(found) <= MAX_DELETIONS:
        return found
    start = next(_turn) * _STEP % len(found)
    return (found[start:] + found[:start])[:MAX_DELETIONS]


@lru_cache(256)
def _variants(name: bytes, paths: tuple[str, ...], host: str, secure: bool) -> tuple[bytes, ...]:  # noqa: FBT001
    """Return the deletions of one cookie: each domain, path and, over https, partition."""
    if not _TOKEN.fullmatch(name):
        return ()
    domains = [""] if name.lower().startswith(b"__host-") else ["", *_domains(host)]
    found: list[bytes] = []
    for path in dict.fromkeys(["/", *paths]):
        for domain in domains:
            attributes = f"; Domain={domain}" if domain else ""
            header = b"%b=; Path=%b%b; %b" % (name, path.encode(), attributes.encode(), _GONE)
            # Prefixed cookies are deleted only with Secure; plain ones do not mind it.
            secured = (header + b"; Secure", header + b"; Secure; SameSite=None; Partitioned")
            found += secured if secure else (header,)
    return tuple(found)


def _domains(host: str) -> Iterator[str]:
    """Yield ``host`` without its port and each parent domain that has at least two labels."""
    name = host.rsplit(":", 1)[0] if not host.startswith("[") else ""
    if len(name) > MAX_HOST:
        return
    labels = name.rstrip(".").lower().split(".")
    try:
        ip_address(name)
    except ValueError:
        for start in range(len(labels) - 1):
            if all(_LABEL.fullmatch(label) for label in labels[start:]):
                yield ".".join(labels[start:])
