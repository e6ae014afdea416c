"""The addresses in a style sheet or a ``style`` attribute, as a browser finds them.

Only strings and ``url()`` can hold one (CSS Syntax Level 3, section 4.3). A name in a selector or a
comment is no address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_S: Final = r"[ \t\n\r\f]*+"
_ESCAPE: Final = r"\\(?:[0-9A-Fa-f]{1,6}(?:\r\n|[ \t\n\r\f])?+|[^\n\r\f0-9A-Fa-f])"
# Possessive throughout: each character is looked at once. A string in a whole attribute selector selects.
_TOKEN: Final = re.compile(
    rf"""/\*(?:.*?\*/|.*)
    |\[[^]["'(){{}};=\\/]*+={_S}(?:"[^"\\\n\r\f]*+"|'[^'\\\n\r\f]*+'){_S}[a-zA-Z]?{_S}\]
    |"(?P<double>(?:[^"\\\n\r\f]|\\(?:\r\n|.|\Z))*+)"?
    |'(?P<single>(?:[^'\\\n\r\f]|\\(?:\r\n|.|\Z))*+)'?
    |(?P<name>(?:[-A-Za-z0-9_\x80-\U0010ffff]|{_ESCAPE})++)(?P<function>\()?""",
    re.DOTALL | re.VERBOSE,
)
_UNQUOTED: Final = re.compile(rf"""{_S}(?!["'])(?P<address>(?:[^)\\]|\\(?:\r\n|.|\Z))*+)""", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(?:([0-9A-Fa-f]{1,6})(?:\r\n|[ \t\n\r\f])?|(\r\n|.))", re.DOTALL)
# In Shift_JIS, GBK and Big5 the second byte of a character may be that of a backslash.
_PERHAPS_ONE: Final = re.compile(r"[\x80-\xff]\\")


class Address(NamedTuple):
    """What may be an address.

    Attributes:
        start: offset of its first character.
        text: what it says, escapes resolved.
    """

    start: int
    text: str


def addresses_in(css: str) -> list[Address]:
    """Return whatever a browser could take for an address, in order; never raises.

    Args:
        css: its text; bytes of an encoding that is not known for sure may stand in it one by one.
    """
    found = set(_addresses(css))
    other = _PERHAPS_ONE.sub("xx", css)
    if other != css:
        found.update(_addresses(other))
    return sorted(found)


def plain(text: str) -> str:
    """Return text of a style sheet with its escapes resolved (CSS Syntax Level 3, section 4.3.7)."""
    return _ESCAPED.sub(_resolved, text) if "\\" in text else text


def _addresses(css: str) -> Iterator[Address]:
    at = 0
    while (token := _TOKEN.search(css, at)) is not None:
        at = token.end()
        quoted = "double" if token["double"] is not None else "single"
        if token[quoted] is not None:
            yield Address(token.start(quoted), plain(token[quoted]))
        elif token["function"] is not None and plain(token["name"]).lower() == "url":
            unquoted = _UNQUOTED.match(css, at)
            if unquoted is not None:
                at = unquoted.end()
                yield Address(unquoted.start("address"), plain(unquoted["address"]))


def _resolved(match: re.Match[str]) -> str:
    if match[1] is None:
        return "" if match[2] in ("\n", "\r\n", "\f", "\r") else match[2]
    code = int(match[1], 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
