"""The mirror cookie: tells a page for everybody, before it is drawn, that this visitor has chosen already.

Such a page comes out of a shared cache with the banner in it, and what the script learns from the
server comes too late to keep the banner from being drawn. The cookie says nothing but that
there was a choice about what is declared today. Scripts can read it, anybody can forge it, and
nothing follows from it but that the banner waits for the answer of the server.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..policy.model import MIRROR_COOKIE_NAMES
from .candidates import UnusableCookieError, candidates
from .model import Consent
from .own_cookie import own_cookie


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
    try:
        present = candidates(headers, name.encode())
    except UnusableCookieError:
        present = [b""]
    if consent.needs_prompt:
        return own_cookie(MIRROR_COOKIE_NAMES, "", 0, secure=secure, readable=True) if present else None
    if present == [notice.encode()]:
        return None
    return own_cookie(MIRROR_COOKIE_NAMES, notice, age, secure=secure, readable=True)
