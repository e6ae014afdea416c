"""Response headers that keep one visitor's page from another: ``Vary`` and ``Cache-Control``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

Headers = list[tuple[bytes, bytes]]

# Directives that let a shared cache keep a response (RFC 9111, section 5.2.2).
_SHARED: Final = re.compile(rb"(?i)(?:^|,)\s*(?:public|s-maxage\s*=\s*\"?\d+\"?)\s*(?=,|$)")
_PRIVATE: Final = re.compile(rb"(?i)(?:^|,)\s*(?:private|no-store)\s*(?=,|$)")


def with_vary(headers: Iterable[tuple[bytes, bytes]], names: Sequence[str]) -> Headers:
    """Return ``headers`` with ``names`` in one ``Vary``, without repeating what is there.

    ``Vary: *`` stays as it is: it already says more.
    """
    result, present = [], list[str]()
    for key, value in headers:
        if key.lower() == b"vary":
            present += [token.strip() for token in value.decode("latin-1").split(",") if token.strip()]
        else:
            result.append((key, value))
    if "*" in present:
        return [*result, (b"vary", b"*")]
    tokens = {token.lower(): token for token in reversed([*present, *names])}
    merged = ", ".join(tokens[key] for key in dict.fromkeys(token.lower() for token in [*present, *names]))
    return [*result, (b"vary", merged.encode("latin-1"))]


def with_private(headers: Iterable[tuple[bytes, bytes]]) -> tuple[Headers, bool]:
    """Return ``headers`` such that no shared cache keeps the response, and whether one would have.

    ``private`` and not ``no-store``: the visitor's own back button must keep working.
    """
    result: Headers = []
    directives: list[bytes] = []
    for key, value in headers:
        if key.lower() == b"cache-control":
            directives.append(value)
        else:
            result.append((key, value))
    joined = b", ".join(directives)
    own = _SHARED.sub(b"", joined).strip(b" ,")
    corrected = own != joined.strip(b" ,")
    if not _PRIVATE.search(own):
        own = b"private, " + own if own else b"private"
    return [*result, (b"cache-control", own)], corrected


def with_no_store(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Return ``headers`` with ``Cache-Control: no-store`` in place of any other."""
    return [
        *(pair for pair in headers if pair[0].lower() != b"cache-control"),
        (b"cache-control", b"no-store"),
    ]
