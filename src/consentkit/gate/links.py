"""``Link`` headers, Early Hints and other headers by which a browser connects before it has read the page.

A link-value goes when one of its addresses is claimed by a closed service, unless its relation is known
to wait for a click. A value that cannot be parsed goes when it mentions such an address at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from .claims import Claims

Headers = Sequence[tuple[bytes, bytes]]

#: Relations that tell something about a page and make no browser connect; any other one counts as a hint.
#: ``next`` is missing: Firefox fetches it ahead.
INERT: Final = frozenset(
    {
        "about", "alternate", "author", "bookmark", "canonical", "cite-as", "collection", "contents",
        "copyright", "describedby", "describes", "edit", "first", "help", "index", "item", "last",
        "license", "me", "nofollow", "prev", "previous", "privacy-policy", "profile", "related",
        "search", "self", "shortlink", "start", "tag", "terms-of-service", "type", "up", "via",
    }
)  # fmt: skip

#: Values up to this length are remembered: most applications send the same few again and again.
MAX_REMEMBERED: Final = 2_048

# Headers other than Link that point a browser somewhere without a click. It does without them.
_POINTERS: Final = frozenset({b"refresh", b"report-to", b"reporting-endpoints", b"speculation-rules"})
#: The response headers that can make a browser connect somewhere.
LINKING: Final = _POINTERS | {b"link"}
_LENGTHS: Final = frozenset(map(len, LINKING))

# RFC 8288, as leniently as its appendix B reads it. Possessive, so that the time stays linear.
_NAME: Final = rb'[^\s=;,"<>]*+'
_HELD: Final = rb'"(?:[^"\\]|\\.)*+"|[^\s;,"<>]*+'
_PARAMETER: Final = re.compile(
    rb";[ \t]*+(" + _NAME + rb")[ \t]*+(?:=[ \t]*+(" + _HELD + rb"))?+[ \t]*+", re.DOTALL
)
_VALUE: Final = re.compile(
    rb"[ \t]*+<([^<>]*+)>[ \t]*+"
    rb"((?:;[ \t]*+" + _NAME + rb"[ \t]*+(?:=[ \t]*+(?:" + _HELD + rb"))?+[ \t]*+)*+)(?=,|\Z)",
    re.DOTALL,
)
_BETWEEN: Final = re.compile(rb"[\s,]*+")
# Where a value that cannot be parsed ends at the latest, if there is a comma in it.
_BEFORE_NEXT: Final = re.compile(rb"(?<![\s,])[\s,]++(?=<)")
_PAIR: Final = re.compile(rb"\\(.)", re.DOTALL)
_PIECES: Final = re.compile(r"[<>\"'\s,;=]+")
_WITH_ADDRESSES: Final = frozenset({b"anchor", b"imagesrcset"})


class _Link(NamedTuple):
    """One link-value.

    Attributes:
        raw: its bytes, without the comma and the white space around it.
        addresses: whatever in it may be the address of something that is fetched.
        text: the whole of a value that could not be parsed, else nothing.
    """

    raw: bytes
    addresses: tuple[str, ...]
    text: str = ""


def without_closed_links(headers: Headers, claims: Claims, closed: frozenset[str]) -> Headers:
    """Return ``headers`` without what would make a browser connect to a closed service.

    It is the same list when nothing has to go. A header of which nothing is left goes as a whole.

    Args:
        headers: of a response.
        claims: which service claims which address.
        closed: the services that are not allowed now.
    """
    kept: list[tuple[bytes, bytes]] = []
    changed = False
    for key, value in headers:
        left: bytes | None = value
        if len(key) in _LENGTHS:
            name = key.lower()
            if name == b"link":
                left = _left(value, claims, closed)
            elif name in _POINTERS and _is_closed(_unparsed(value), claims, closed):
                left = None
        changed = changed or left is not value
        if left is not None:
            kept.append((key, left))
    return kept if changed else headers


def hints_without_closed(links: Iterable[bytes], claims: Claims, closed: frozenset[str]) -> list[bytes]:
    """Return the ``links`` of an Early Hints message without those to a closed service."""
    left = (_left(value, claims, closed) for value in links)
    return [value for value in left if value is not None]


def _left(value: bytes, claims: Claims, closed: frozenset[str]) -> bytes | None:
    """Return what stays of a field value: the same object if all of it does, ``None`` if nothing."""
    links = _remembered(value) if len(value) <= MAX_REMEMBERED else _parsed(value)
    kept = [link.raw for link in links if not _is_closed(link, claims, closed)]
    if len(kept) == len(links):
        return value
    return b", ".join(kept) or None


def _is_closed(link: _Link, claims: Claims, closed: frozenset[str]) -> bool:
    if any(not closed.isdisjoint(claims.owners_of_url(address)) for address in link.addresses):
        return True
    return bool(link.text) and not closed.isdisjoint(claims.owners_of_text(link.text))


def _parsed(value: bytes) -> tuple[_Link, ...]:
    return tuple(_links(value))


_remembered = lru_cache(256)(_parsed)


def _links(value: bytes) -> Iterator[_Link]:
    position = 0
    while (position := _start(value, position)) < len(value):
        match = _VALUE.match(value, position)
        if match is not None:
            yield _Link(match[0].strip(), _addresses(match[1], match[2]))
            position = match.end()
        else:
            gaps = (gap for gap in _BEFORE_NEXT.finditer(value, position) if b"," in gap[0])
            end = next((gap.start() for gap in gaps), len(value))
            yield _unparsed(value[position:end].strip(b" \t,"))
            position = end


def _start(value: bytes, position: int) -> int:
    gap = _BETWEEN.match(value, position)
    return gap.end() if gap else position


def _addresses(target: bytes, parameters: bytes) -> tuple[str, ...]:
    """Return the addresses of a well-formed value: none if its relations are all inert."""
    found = [target]
    relations: list[str] = []
    for key, held in _PARAMETER.findall(parameters):
        value = _PAIR.sub(rb"\1", held[1:-1]) if held[:1] == b'"' else held
        name = key.lower()
        if name == b"rel":
            # Parsers disagree which of several counts, so all of them do.
            relations += value.decode("latin-1").lower().split()
        elif name in _WITH_ADDRESSES:
            found += [value, *value.replace(b",", b" ").split()]
    if relations and INERT.issuperset(relations):
        return ()
    return tuple(text for one in found for text in _readings(one))


def _unparsed(raw: bytes) -> _Link:
    """Return a value of which only the text is known: whatever in it looks like an address is one."""
    # Browsers drop tabs from addresses, and strings drop the backslash of an escaped character.
    readings = [text for one in (raw, _PAIR.sub(rb"\1", raw)) for text in _readings(one.replace(b"\t", b""))]
    text = "\n".join(dict.fromkeys(readings))
    return _Link(raw, tuple(dict.fromkeys(filter(None, _PIECES.split(text)))), text)


def _readings(raw: bytes) -> tuple[str, ...]:
    """Return the texts that header bytes may stand for: browsers disagree about those beyond ASCII."""
    text = raw.decode("latin-1")
    return (text,) if raw.isascii() else (text, raw.decode("utf-8", "replace"))
