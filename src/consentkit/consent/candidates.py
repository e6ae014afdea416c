"""Finding the values of the consent cookie in what a browser, or anybody else, sends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

#: Bytes that all Cookie headers of a request may hold together; what browsers send is far below.
MAX_HEADER: Final = 16_384
#: A browser can hold one consent cookie for a path and partition; more than this many were planted.
MAX_CANDIDATES: Final = 4


class UnusableCookieError(Exception):
    """A cookie says nothing; the argument is the reason, fit for the log."""


def candidates(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    """Return every value that the Cookie headers give for ``name``, however odd its neighbours are.

    Raises:
        UnusableCookieError: there is more than any browser sends.
    """
    # ASGI has servers lower-case the names of request headers.
    lines = [value for key, value in headers if key == b"cookie"]
    line = lines[0] if len(lines) == 1 else b";".join(lines)
    if len(line) > MAX_HEADER:
        raise UnusableCookieError("the Cookie headers are longer than 16 KiB")
    before, found, after = line.partition(name + b"=")
    if not found and name not in line:
        return []
    values = []
    # What browsers send: the name once, at the start of a pair. All else takes the long way.
    if found and name not in after and (not before or before.endswith(b"; ")):
        values.append(after.partition(b";")[0].strip(b" \t"))
    else:
        for pair in line.split(b";"):
            if name in pair:
                key, equals, value = pair.partition(b"=")
                if equals and key.strip(b" \t") == name:
                    values.append(value.strip(b" \t"))
    if len(values) > MAX_CANDIDATES:
        raise UnusableCookieError(f"there are more than {MAX_CANDIDATES}")
    return values
