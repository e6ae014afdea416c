"""Wishes that the visitor's browser sends by itself: Global Privacy Control."""

from __future__ import annotations

from collections.abc import Iterable


def gpc_is_on(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Return whether the request carries Global Privacy Control.

    A request is positive when at least one ``Sec-GPC`` value is exactly ``1``
    (https://www.w3.org/TR/gpc/); every other value means nothing, and absence is never a
    yes. A proxy may have joined two headers into ``0, 1``, which is read as a list: the
    doubt goes to the visitor's refusal.
    """
    for name, value in headers:
        if name.lower() == b"sec-gpc" and b"1" in (part.strip(b" \t") for part in value.split(b",")):
            return True
    return False
