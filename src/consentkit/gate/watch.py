"""A first look at a piece of HTML: whether anything in it may have to be gated.

Most of a page mentions no gated host. To know that takes a fraction of the time that reading
its tags takes, so this looks at bytes, knows nothing of HTML, and says yes too often rather
than not often enough: to every mention of a host, and to every way of writing one differently.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from ..policy.model import Service
from .claims import hosts_of
from .verdict import ON_PURPOSE

# Lower case, and without what URL parsers drop wherever it stands (WHATWG URL, section 4.4).
_LOWER: Final = bytes(range(256)).lower()
_DROPPED: Final = b"\t\r\n"

# Character references that could spell a host, a marker, a slash or a colon; those of an "&" before them
# are resolved first where markup stands within an attribute. The numeric ones of everyday use, which are
# quotation marks, "&", "<", ">", spaces and dashes, cannot, but for markers; see _piece.
_SPELT: Final = re.compile(
    rb"&(?:(?:amp|#0?38|#x26);?)*"
    rb"(?:#(?!(?:0?3[489]|0?6[02]|160|x2[267]|x3[ce]|xa0|82[0-9]{2}|x20[0-9a-f]{2});(?!script))"
    rb"|(?:tab|newline|period|colon|sol|bsol|percnt|commat|fjlig|lpar|lowbar|underbar|dollar|equals|lsqb|lbrack);"
    rb"|lt;?script|shy[;\xad]?)"
)
# What an address may not hold between its slashes and the end of its host without being read differently
# from how it is written: references, percent signs, letters of other scripts.
_OTHERWISE: Final = rb"[^/\\?#\"'<>\s&%\x80-\xff]{0,80}[&%\x80-\xff]"
_DISGUISED: Final = re.compile(rb"//" + _OTHERWISE)
# Credentials may hold nearly anything; what follows them is the host.
_AFTER_CREDENTIALS: Final = re.compile(rb"@[^/\\?#\"'<>\s&%\x80-\xff]{0,253}[&%\x80-\xff]")
_BACKSLASHED: Final = re.compile(rb"(?:\\[/\\]|/\\)" + _OTHERWISE)
_WITHOUT_SLASHES: Final = re.compile(rb"https?:(?!//)")
# What says itself what it is for, and a document within an address.
_DATA: Final = re.compile(rb"data(?:-consent|:(?:text|application|image/svg))")
# A program in an address, in which percent signs count.
_PROGRAM: Final = re.compile(rb"javascript:(?!(?:;|void\(0\);?)?[\"'>]).{0,2048}%", re.DOTALL)
# CSS in an attribute with a backslash in it: in a style, in any address, and in the name of a function.
_CSS_ESCAPES: Final = (
    re.compile(rb"style[ \f]*=[ \f]*(?:\"[^\"\\]*+\\|'[^'\\]*+\\|(?:[^\"' \f>\\][^ \f>\\]*+)?\\(?![\"']))"),
    re.compile(rb"url\((?:[^()\\]|\\[\"'])*+\\[^\"'/\\]"),
    re.compile(rb"image-set\((?:[^()\\]|\\[\"'])*+\\[^\"'/\\]"),
    re.compile(rb"\\[-0-9a-z\\ ]{0,60}(?:[lt]|[67][c4] ?)\("),
)

# In the value of an attribute, where references are resolved: what a host could still be hidden by. The
# class stands outside of "ignore case", under which U+212A, a letter of other scripts, is a "k".
_HIDING: Final = re.compile(r"[%\\\t\r\n\x80-\U0010ffff]|(?i:data:|javascript:|https?:(?!//))")

# What runs a script that stands in an attribute before anybody has asked for it.
_DELIBERATE: Final = "|".join(sorted(name.removeprefix("on") for name in ON_PURPOSE))
_HANDLER: Final = re.compile(rf"on(?<![a-z0-9_-]on)(?!(?:{_DELIBERATE})\s*=)[a-z]{{3,}}\s*=".encode())
# What may be written as one of the everyday references.
_EVERYDAY: Final = re.compile(r"[\"'&<>]")

#: So many places in one piece, and there is no use in telling them apart.
MAX_PLACES: Final = 1_000

#: Offsets at which something may have to be gated.
Places = tuple[int, ...]


class Watch:
    """Looks for a given set of services, those that are closed to one visitor."""

    def __init__(self, services: Iterable[Service]) -> None:
        """Compile what to look for."""
        services = list(services)
        names = {host.removeprefix("*.").partition(":")[0] for one in services for host in hosts_of(one)}
        # A host that ends like another one is found together with it. What a glob leaves open is not a host.
        names = {name.rpartition("*")[2].lstrip(".") for name in names}
        self._hosts = tuple(
            name.encode()
            for name in sorted(names)
            if not any(name != other and name.endswith(other) for other in names)
        )
        tails = {name[name.rfind(b".") :] for name in self._hosts}
        # The longest first: a pattern takes the first that fits, and ".com" begins with ".co".
        longest_first = sorted(tails, key=lambda tail: (-len(tail), tail))
        self._tails = re.compile(b"|".join(map(re.escape, longest_first)) or rb"(?!)")
        self._longest = max(map(len, self._hosts), default=0)
        markers = [marker.lower() for one in services for marker in one.markers]
        self._markers = tuple(marker.encode() for marker in markers)
        self._pieces = tuple({max(_EVERYDAY.split(marker), key=len).encode() for marker in markers})

    def look(self, html: bytes) -> Places | None:
        """Return where in a piece of HTML something may have to be gated; ``None`` for anywhere."""
        low = html.translate(_LOWER, _DROPPED)
        programs = b"javascript:" in low
        if _is_disguised(low) or (programs and _PROGRAM.search(low) is not None):
            return None
        markers = self._markers_in(low, html, programs=programs)
        if markers is None:
            return None
        places = sorted({*islice(self._hosts_in(low), MAX_PLACES), *markers})
        if len(places) >= MAX_PLACES:
            return None
        return tuple(_where(html, places)) if places else ()

    def stirs_in(self, values: str) -> bool:
        """Return whether something in the values of attributes, joined, may have to be gated."""
        return _HIDING.search(values) is not None or (
            "." in values and any(True for _ in self._hosts_in(values.lower().encode()))
        )

    def _hosts_in(self, low: bytes) -> Iterator[int]:
        """Yield where a host ends; looked for by the few endings that hosts have, then compared."""
        hosts, longest = self._hosts, self._longest
        ends = (tail.end() for tail in self._tails.finditer(low))
        return (end - 1 for end in ends if low.endswith(hosts, max(0, end - longest), end))

    def _markers_in(self, low: bytes, html: bytes, *, programs: bool) -> list[int] | None:
        """Return where scripts begin that hold a marker, and where one may stand in an attribute.

        ``None`` where a script may end elsewhere.
        """
        if not self._markers:
            return []
        # Where one name ends and the next begins is to be seen only with the line ends.
        found = self._pieces_in(low) if programs or _HANDLER.search(html.lower()) is not None else []
        start = low.find(b"<script")
        while start >= 0:
            end = low.find(b"</script", start)
            script = low[start:end] if end >= 0 else low[start:]
            if b"<!--" in script:
                return None
            if any(marker in script for marker in self._markers):
                found.append(start)
            start = low.find(b"<script", end) if end >= 0 else -1
        return found

    def _pieces_in(self, low: bytes) -> list[int]:
        found: list[int] = []
        for piece in self._pieces:
            at = low.find(piece)
            while at >= 0 and len(found) < MAX_PLACES:
                found.append(at)
                at = low.find(piece, at + 1)
        return found


def _where(html: bytes, places: Iterable[int]) -> Iterator[int]:
    """Yield the offsets in ``html`` of ascending ones in the same without what is dropped."""
    at = passed = 0
    for place in places:
        missing = place - passed
        while missing:
            piece = html[at : at + missing]
            at += missing
            missing = len(piece) - len(piece.translate(None, _DROPPED))
        passed = place
        yield at


def _is_disguised(low: bytes) -> bool:
    """Whether an address may be written such that its host is not found in it as it stands."""
    return (
        _DATA.search(low) is not None
        or _SPELT.search(low) is not None
        or _DISGUISED.search(low) is not None
        or _AFTER_CREDENTIALS.search(low) is not None
        or _WITHOUT_SLASHES.search(low) is not None
        or (b"\\" in low and (_BACKSLASHED.search(low) is not None or _has_css_escape(low)))
    )


def _has_css_escape(low: bytes) -> bool:
    start = low.find(b"<style")
    while start >= 0:
        end = low.find(b"</style", start)
        if b"\\" in (low[start:end] if end >= 0 else low[start:]):
            return True
        start = low.find(b"<style", end) if end >= 0 else -1
    return any(pattern.search(low) is not None for pattern in _CSS_ESCAPES)
