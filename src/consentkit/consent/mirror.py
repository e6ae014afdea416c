"""The mirror cookie: tells a page for everybody, before it is drawn, that this visitor has chosen already.

Such a page comes out of a shared cache with the banner in it, and what the script learns from the
server comes too late to keep the banner from being drawn. The cookie says nothing but that
there was a choice about what is declared today. Scripts can read it, anybody can forge it, and
nothing follows from it but that the banner waits for the answer of the server.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..policy.model import MIRROR_COOKIE_NAMES
from .model import Consent


def mirror_cookie(
    headers: Iterable[tuple[bytes, bytes]], consent: Consent, notice: str, *, age: int, secure: bool
) -> bytes | None:
    """Return the ``Set-Cookie`` value that makes the mirror true, or ``None`` where it is.

    Args:
        headers: of the request.
        consent: the visitor's choices as of now.
        notice: the digest of what visitors are asked about.
        age: seconds that the choice still holds.
        secure: whether the request came over TLS.
    """
    name = MIRROR_COOKIE_NAMES[0 if secure else 1]
    present = _present(headers, name.encode())
    if consent.needs_prompt:
        return None if present is None else _header(name, "", 0, secure=secure)
    return None if present == notice.encode() else _header(name, notice, age, secure=secure)


def _present(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    for key, line in headers:
        if key.lower() == b"cookie":
            for pair in line.split(b";"):
                found, _, value = pair.strip(b" \t").partition(b"=")
                if found == name:
                    return value
    return None


def _header(name: str, value: str, age: int, *, secure: bool) -> bytes:
    header = f"{name}={value}; Path=/; Max-Age={age}; SameSite=Lax"
    return (header + "; Secure" if secure else header).encode("ascii")
