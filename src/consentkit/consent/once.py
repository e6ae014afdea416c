"""One embed, loaded once: what a visitor asked for without granting anything for later (R-19).

The answer to the button is a redirect, and the page after it has to know. So the server writes a
second cookie that lives for a minute, names one embed on one page, and is deleted with the
response that it was good for. It is signed, since whoever could write it could make a page load
what its visitor did not ask for.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from time import time
from typing import Final

from ..policy.model import ONCE_COOKIE_NAMES
from .candidates import UnusableCookieError, candidates
from .keys import check_keys
from .own_cookie import own_cookie
from .signer import CookieSigner

SALT: Final = b"consentkit.once.v1"
#: Seconds in which the page has to be asked for.
LIFETIME: Final = 60

# Characters of an embed id that stand for the name, and as many for the page; the rest for all of it.
_PART: Final = 6
_EMBED: Final = re.compile(r"[A-Za-z0-9_-]{28}")
_VALUE: Final = re.compile(rb"1\.([0-9a-f]{8})\.([A-Za-z0-9_-]{28})\.[A-Za-z0-9_-]{43}")


def embed_id(name: str, source: str, path: str) -> str:
    """Return what stands for one embed on one page.

    Args:
        name: the service or category that closes it.
        source: what it loads.
        path: path and query of the page.
    """
    return part(name) + part(path) + _digest(f"{name}\0{source}\0{path}")[:16]


def part(text: str) -> str:
    """Return what stands for a name, or for a page, in an embed id."""
    return _digest(text)[:_PART]


def name_part(embed: str) -> str:
    """Return the part of an embed id that stands for the service or category."""
    return embed[:_PART]


def is_on_page(embed: str, path: str) -> bool:
    """Return whether an embed id was made for the page at ``path``."""
    return embed[_PART : 2 * _PART] == part(path)


def is_embed_id(text: str) -> bool:
    """Return whether ``text`` has the form of an embed id."""
    return _EMBED.fullmatch(text) is not None


class OnceCookie:
    """Reads and writes the cookie for one embed; holds no state about any visitor."""

    def __init__(
        self, secret_key: str | bytes | Sequence[str | bytes], *, clock: Callable[[], float] = time
    ) -> None:
        """Compile the codec.

        Args:
            secret_key: as for the consent cookie.
            clock: returns the time in UTC seconds.
        """
        self._signer = CookieSigner(check_keys(secret_key), SALT)
        self._clock = clock

    def set_cookie(self, embed: str, *, secure: bool) -> bytes:
        """Return the ``Set-Cookie`` value that lets ``embed`` load with the next page."""
        value = self._signer.sign(f"1.{int(self._clock()):08x}.{embed}").decode()
        return own_cookie(ONCE_COOKIE_NAMES, value, LIFETIME, secure=secure)

    def deletion(self, *, secure: bool) -> bytes:
        """Return the ``Set-Cookie`` value that takes the permission away again."""
        return own_cookie(ONCE_COOKIE_NAMES, "", 0, secure=secure)

    def read(self, headers: Iterable[tuple[bytes, bytes]], *, secure: bool) -> str | None:
        """Return the embed that may load now. Never raises; whatever is not genuine and current is none."""
        try:
            values = candidates(headers, ONCE_COOKIE_NAMES[0 if secure else 1].encode())
        except UnusableCookieError:
            return None
        match = _VALUE.fullmatch(values[0]) if len(values) == 1 else None
        if match is None:
            return None
        payload, _, signature = values[0].rpartition(b".")
        age = self._clock() - int(match[1], 16)
        if not 0 <= age + 1 <= LIFETIME + 1 or not self._signer.is_genuine(payload, signature):
            return None
        return match[2].decode()


def _digest(text: str) -> str:
    return urlsafe_b64encode(sha256(text.encode("utf-8", "surrogatepass")).digest()).decode()
