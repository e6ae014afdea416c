"""A start tag made inert where it stands: attributes get other names, and every other byte stays.

The bytes of a value may be of an encoding that is not known for sure, so values are never
decoded and written anew.
"""

from __future__ import annotations

import re
from html import escape
from typing import Final

from .attributes import INERT_TYPE, PREFIX, StartTag, holds_code, is_live

# HTML, section 13.2.5.32 and those that follow: how a tokenizer takes a start tag apart.
_NAME: Final = re.compile(r"<[^\t\n\f\r />]*+")
_ATTRIBUTE: Final = re.compile(
    r"""[\t\n\f\r /]*+(?P<name>=?[^\t\n\f\r />=]*+)"""
    r"""(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:"[^"]*+"|'[^']*+'|[^\t\n\f\r >]*+))?+"""
)


def inert_in_place(source: str, tag: StartTag, name: str, attributes: frozenset[str] | None) -> str:
    """Return the source of a start tag without anything live.

    Args:
        source: the tag as it was written, from ``<`` to ``>``.
        tag: the same tag as a browser reads it.
        name: the category or service that holds the gate.
        attributes: names of the attributes that go, or ``None`` for all that are live.

    Returns:
        The new source; ``source`` itself where nothing is live.
    """
    code = holds_code(tag) and attributes is None
    going = attributes if attributes is not None else live_attributes(tag)
    if not going and not code:
        return source
    head = _NAME.match(source)
    start = head.end() if head else 0
    marks = "" if tag.get(PREFIX) is not None else f' {PREFIX}="{escape(name)}"'
    if code:
        marks += f' type="{INERT_TYPE}"'
        going |= {"type"}
    return source[:start] + marks + _renamed(source, start, going)


def live_attributes(tag: StartTag) -> frozenset[str]:
    """Return the names of the attributes that make a browser fetch, run or navigate without a click."""
    return frozenset(key for key, value in tag.attributes if is_live(tag, key, value))


def _renamed(source: str, start: int, names: frozenset[str]) -> str:
    """Return the rest of the tag with ``names`` moved to ``data-consent-<name>``.

    All of them, however often one is repeated: browsers take the first of a name.
    """
    parts: list[str] = []
    done = at = start
    while (match := _ATTRIBUTE.match(source, at)) and match.end() > at:
        if match["name"].lower().replace("\x00", "\ufffd") in names:
            parts += [source[done : match.start("name")], PREFIX, "-"]
            done = match.start("name")
        at = match.end()
    return "".join([*parts, source[done:]])
