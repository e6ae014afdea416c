"""Addresses that go into ``href`` attributes.

Escaping keeps a value inside its attribute but does not stop ``javascript:`` from running
when it is followed, so what comes from configuration is held against an allow-list here.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

# Browsers drop tabs and line breaks anywhere in a URL and read "\" as "/", so neither
# white space nor a second slash may hide a host or a scheme.
_WEB: Final = re.compile(r"https?://[^\s\\/?#][^\s\\]*", re.IGNORECASE)
_PATH: Final = re.compile(r"/(?!/)[^\s\\]*")
_EMAIL: Final = re.compile(r"[^\s@:/?#&%\\<>\"]+@[^\s@:/?#&%\\<>\"]+")


def href(address: str | None) -> str | None:
    """Return ``address`` when it is an http(s) URL or a path of this site, else ``None``."""
    if address is not None and (_WEB.fullmatch(address) or _PATH.fullmatch(address)):
        return address
    return None


def contact_href(contact: str) -> str | None:
    """Return where a controller's contact leads: ``mailto:`` for an e-mail address, a URL as it is.

    Anything else, such as a telephone number or a postal address, is text only.
    """
    return f"mailto:{contact}" if _EMAIL.fullmatch(contact) else href(contact)


def cookies_page_url(prefix: str, back: str | None) -> str:
    """Return the address of the cookies page that knows the way ``back`` to a path of the site."""
    return prefix if back is None else f"{prefix}?next={quote(back, safe='/', errors='replace')}"
