"""``undone``: a page that has been through the gate, with what the gate does to markup taken back.

The gate may mark a tag or a style sheet, rename attributes, guard a style sheet and lead an address nowhere. It may do
nothing else, so with these taken back a page is what it was, byte for byte.
"""

from __future__ import annotations

import re
from typing import Final

_MARKS: Final = [
    f' data-consent="{name}"' for name in ("tracker", "maps", "marketing", "tracker maps", "maps tracker")
]
_CSS_MARKS: Final = [mark.replace("data-consent", "data-consent-css") for mark in _MARKS]
_EDITS: Final = [
    *(f'{mark} type="text/plain"' for mark in _MARKS),
    *_MARKS,
    *_CSS_MARKS,
    "data-consent-",
    "data-consent{}",
    "about:invalid#",
]
# In UTF-16 the same letters have other bytes.
_IN_BYTES: Final = [
    re.compile(b"|".join(re.escape(edit.encode(codec)) for edit in _EDITS))
    for codec in ("ascii", "utf-16-le", "utf-16-be")
]


def without_css_marks(page: bytes) -> bytes:
    """Return ``page`` without the marks of style sheets in which an address was led nowhere."""
    for mark in _CSS_MARKS:
        for codec in ("ascii", "utf-16-le", "utf-16-be"):
            page = page.replace(mark.encode(codec), b"")
    return page


def undone(page: bytes) -> bytes:
    """Return ``page`` without the edits of a gate."""
    for edits in _IN_BYTES:
        page = edits.sub(b"", page)
    return page
