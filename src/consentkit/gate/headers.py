"""Response headers that keep one visitor's page from another: ``Vary`` and ``Cache-Control``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Final

from .links import LINKING as LINKS

Headers = list[tuple[bytes, bytes]]

# Directives that let a shared cache keep a response (RFC 9111, section 5.2.2).
_SHARED: Final = re.compile(rb"(?i)(?:^|,)\s*(?:public|s-maxage\s*=\s*\"?\d+\"?)\s*(?=,|$)")
_PRIVATE: Final = re.compile(rb"(?i)(?:^|,)\s*(?:private|no-store)\s*(?=,|$)")

# What speaks to proxies and content delivery networks alone and outranks Cache-Control there: RFC 9213,
# the Edge Architecture specification, nginx, and what large networks call their own.
_FOR_NETWORKS: Final = (
    b"cdn-cache-control",
    b"surrogate-control",
    b"x-accel-expires",
    b"cloudflare-cdn-cache-control",
    b"edge-control",
    b"netlify-cdn-cache-control",
    b"vercel-cdn-cache-control",
    b"x-litespeed-cache-control",
)
# What of it keeps a response out of the cache already: no-store in any of them, 0 in X-Accel-Expires.
_FORBIDDEN: Final = re.compile(rb"(?i)\s*0\s*\Z|(?:.*,)?\s*(?:private|no-store)\s*(?:,|\Z)", re.DOTALL)
_LENGTHS: Final = frozenset(map(len, (b"vary", b"cache-control", *_FOR_NETWORKS)))
_JUST_PRIVATE: Final = (b"cache-control", b"private")

#: What ``kinds`` tells of the headers of a response: it sets cookies, it makes browsers connect
#: somewhere, it speaks to caches.
SETTING, LINKING, CACHING = 1, 2, 4
_KINDS: Final = {
    b"set-cookie": SETTING,
    **dict.fromkeys(LINKS, LINKING),
    **dict.fromkeys((b"vary", b"cache-control", *_FOR_NETWORKS), CACHING),
}
#: Spellings of names that are remembered; an application may make them up.
MAX_SPELLINGS: Final = 512
_spellings: Final[dict[bytes, int]] = dict(_KINDS)


def kinds(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """Return which kinds of headers are among ``headers``, of those that are ever touched."""
    found = 0
    for pair in headers:
        try:
            found |= _spellings[pair[0]]
        except (KeyError, TypeError):
            found |= _kind(pair[0])
    return found


def _kind(name: bytes) -> int:
    lower = name.lower()
    # Compared and not looked up: an application may send a bytearray, which has no hash and is not kept.
    kind = next((kind for known, kind in _KINDS.items() if known == lower), 0)
    if len(_spellings) < MAX_SPELLINGS and len(name) <= MAX_SPELLINGS:
        with suppress(TypeError):
            _spellings[name] = kind
    return kind


def for_one_visitor(headers: Iterable[tuple[bytes, bytes]], names: tuple[str, ...]) -> tuple[Headers, bool]:
    """Return ``headers`` with ``names`` in ``Vary`` and ``private``, and whether a cache would have kept it.

    What most applications send says nothing of caches, and then two headers are simply added.
    """
    headers = list(headers)
    if kinds(headers) & CACHING:
        return with_private(with_vary(headers, names))
    headers.append((b"vary", _merged(b"", names)))
    headers.append(_JUST_PRIVATE)
    return headers, False


def with_vary(headers: Iterable[tuple[bytes, bytes]], names: Sequence[str]) -> Headers:
    """Return ``headers`` with ``names`` in one ``Vary``, without repeating what is there.

    ``Vary: *`` stays as it is: it already says more.
    """
    others, values = _taken_out(headers, b"vary")
    others.append((b"vary", _merged(b",".join(values), tuple(names))))
    return others


@lru_cache(256)
def _merged(value: bytes, names: tuple[str, ...]) -> bytes:
    present = [token.strip() for token in value.decode("latin-1").split(",") if token.strip()]
    if "*" in present:
        return b"*"
    merged: dict[str, str] = {}
    for token in (*present, *names):
        merged.setdefault(token.lower(), token)
    return ", ".join(merged.values()).encode("latin-1")


def with_private(headers: Iterable[tuple[bytes, bytes]]) -> tuple[Headers, bool]:
    """Return ``headers`` such that no shared cache keeps the response, and whether one would have.

    ``private`` and not ``no-store``: the visitor's own back button must keep working.
    """
    others, values = _taken_out(headers, b"cache-control")
    directives, corrected = _private(b", ".join(values))
    others, targeted = _without_networks(others)
    others.append((b"cache-control", directives))
    return others, corrected or targeted


@lru_cache(256)
def _private(directives: bytes) -> tuple[bytes, bool]:
    own = _SHARED.sub(b"", directives).strip(b" ,")
    corrected = own != directives.strip(b" ,")
    if not _PRIVATE.search(own):
        own = b"private, " + own if own else b"private"
    return own, corrected


def with_no_store(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return ``headers`` with ``Cache-Control: no-store`` in place of whatever they said to caches."""
    others, _ = _without_networks(_taken_out(headers, b"cache-control")[0])
    return [*others, (b"cache-control", b"no-store")]


def _without_networks(headers: Headers) -> tuple[Headers, bool]:
    """Return ``headers`` without what speaks to networks alone, and whether one would have kept it."""
    kept: Headers = []
    spoken = False
    for key, value in headers:
        if len(key) in _LENGTHS and key.lower() in _FOR_NETWORKS:
            spoken = spoken or not _FORBIDDEN.match(value)
        else:
            kept.append((key, value))
    return kept, spoken


def _taken_out(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> tuple[Headers, list[bytes]]:
    """Return a list of the headers without those called ``name``, and the values of those, in order.

    Raw ASGI applications send names in any case; most are told apart by their length alone.
    """
    headers = list(headers)
    size = len(name)
    values = [value for key, value in headers if len(key) == size and key.lower() == name]
    if values:
        headers = [pair for pair in headers if pair[0].lower() != name]
    return headers, values
