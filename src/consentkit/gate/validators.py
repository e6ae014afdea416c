"""Validators of pages that differ between visitors, so that no 304 confirms another state.

An application computes its ``ETag`` on the page it rendered. What leaves depends on the visitor's
choices as well, so the tag gets a suffix that stands for them, and comes back without it while they hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Final

Headers = Sequence[tuple[bytes, bytes]]

_MARK: Final = b";ck-"
# RFC 9110, section 8.8.3.
_ETAG: Final = re.compile(rb'(W/)?"([\x21\x23-\x7e\x80-\xff]*+)"')
_MARKED: Final = re.compile(_MARK + rb"[0-9a-f]")
# What describes bytes that are no longer the same, or parts of them.
_OF_THE_BYTES: Final = frozenset(
    {b"last-modified", b"content-md5", b"digest", b"content-digest", b"repr-digest", b"accept-ranges"}
)
# What asks for a page only if it has changed, or for a part of it. If-Unmodified-Since and If-Match are
# none of these: they guard a change against another one, and their answer is never "not modified".
_CONDITIONS: Final = frozenset({b"if-modified-since", b"if-range", b"range"})
_TAGS: Final = frozenset({b"if-none-match", b"if-match"})
_LOOKED_AT: Final = _CONDITIONS | _TAGS | {b"accept-encoding"}
_DOCUMENTS: Final = frozenset({b"document", b"iframe", b"frame", b"fencedframe", b"embed", b"object"})
# Methods whose condition asks for a copy to be confirmed (RFC 9110, section 13.1.2).
_SAFE: Final = frozenset({"GET", "HEAD", "QUERY"})


def state_tag(*state: object) -> bytes:
    """Return a short digest of everything that a page differs by, the same in every process."""
    parts = [sorted(part) if isinstance(part, (set, frozenset)) else part for part in state]
    return sha256(repr(parts).encode()).hexdigest()[:12].encode()


def asks_for_a_page(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether a request wants a document, and not an image or a script.

    One that scripts make counts when it accepts HTML, is made ahead of a visit, or names a page of which
    a copy was kept.
    """
    destination, accepted = b"", b""
    for key, value in headers:
        if key == b"sec-fetch-dest":
            destination = value
        elif key == b"accept":
            accepted += value
        elif (key in (b"sec-purpose", b"purpose") and b"prefetch" in value) or (
            key in _TAGS and _MARKED.search(value)
        ):
            return True
    if destination and destination != b"empty":
        return destination in _DOCUMENTS
    return b"text/html" in accepted


def has_marked_tags(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether a request names a page that was made for some visitor's state."""
    return any(key in _TAGS and _MARKED.search(value) for key, value in headers)


def without_conditions(headers: Headers, tag: bytes | None, *, method: str = "GET") -> Headers:
    """Return the headers of a request for a page as the application is to see them.

    A condition on a copy that another state made, or that was made before there was a gate, would be
    answered "not modified". The page must come unencoded: what compresses it inside would hide it.

    A condition that guards a change, such as ``If-Match`` with a ``PUT``, keeps what the application
    knows of it, in any state: without it one change would overwrite another.

    Args:
        headers: of the request.
        tag: the present ``state_tag``, or ``None`` where it is not known.
        method: of the request.

    Returns:
        The same list when there is nothing to change.
    """
    if not any(key.lower() in _LOOKED_AT for key, _ in headers):
        return headers
    asks = method in _SAFE
    kept: list[tuple[bytes, bytes]] = []
    for key, value in headers:
        name = key.lower()
        if name in _TAGS:
            confirms = asks and name == b"if-none-match"
            own = b", ".join(_given_back(value, tag)) if confirms else _ETAG.sub(_unmarked, value)
            if own:
                kept.append((key, own))
        elif name != b"accept-encoding" and not (asks and name in _CONDITIONS):
            kept.append((key, value))
    return headers if kept == headers else kept


def _given_back(value: bytes, tag: bytes | None) -> Iterator[bytes]:
    """Yield the tags of the present state as the application wrote them."""
    for weak, opaque in _ETAG.findall(value):
        own, mark, state = opaque.rpartition(_MARK)
        if mark and state == tag:
            yield weak + b'"' + own + b'"'


def _unmarked(match: re.Match[bytes]) -> bytes:
    own, mark, _ = match[2].rpartition(_MARK)
    return (match[1] or b"") + b'"' + own + b'"' if mark else match[0]


def for_changed_page(headers: Headers, tag: bytes) -> Headers:
    """Return the headers of a page whose bytes differ from those the application described.

    Also for the 304 that an application answers to a tag that was given back to it.

    Args:
        headers: of the response.
        tag: stands for what the page differs by.

    Returns:
        The same list when there is nothing to change.
    """
    kept: list[tuple[bytes, bytes]] = []
    for key, value in headers:
        name = key.lower()
        if name == b"etag":
            match = _ETAG.fullmatch(value.strip())
            if match is not None:
                marked = match[2] + _MARK + tag
                kept.append((key, (match[1] or b"") + b'"' + marked + b'"'))
        elif name not in _OF_THE_BYTES:
            kept.append((key, value))
    return headers if kept == headers else kept
