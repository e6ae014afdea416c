"""A first look at a piece of HTML: whether anything in it may have to be gated.

Most of a page mentions no gated host. To know that takes a fraction of the time that reading
its tags takes, so this looks at bytes, knows nothing of HTML, and says yes too often rather
than not often enough: to every mention of a host, and to every way of writing one differently.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from ..policy.model import Service
from .claims import hosts_of
from .html import FOREIGN_ROOTS

# Lower case, and without what URL parsers drop wherever it stands (WHATWG URL, section 4.4).
_LOWER: Final = bytes(range(256)).lower()
_DROPPED: Final = b"\t\r\n"

# Character references that could spell a host, a slash or a colon. The numeric ones of everyday use, which
# are quotation marks, "&", "<", ">", spaces and dashes, cannot.
_SPELT: Final = re.compile(
    rb"&(?:#(?!(?:3[489]|6[02]|160|x2[267]|x3[ce]|xa0|82[0-9]{2}|x20[0-9a-f]{2});)"
    rb"|tab;|newline;|period;|colon;|sol;|bsol;|percnt;|commat;|fjlig;|shy[;\xad]?)"
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
_CSS_ESCAPE: Final = re.compile(rb"\\[^\"'/\\]")


_FOREIGN: Final = re.compile(rf"</?(?:{'|'.join(sorted(FOREIGN_ROOTS))})")


# In the value of an attribute, where references are resolved: what a host could still be hidden by. The
# class stands outside of "ignore case", under which U+212A, a letter of other scripts, is a "k".
_HIDING: Final = re.compile(r"[%\\\t\r\n\x80-\U0010ffff]|(?i:data:|https?:(?!//))")


# Attributes that hold scripts, which may be written with references.
_OUTSIDE_OF_SCRIPTS: Final = (b"srcdoc", b"onload", b"onerror")

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
        self._tails = re.compile(b"|".join(map(re.escape, sorted(tails))) or rb"(?!)")
        self._longest = max(map(len, self._hosts), default=0)
        self._markers = tuple(marker.lower().encode() for one in services for marker in one.markers)

    def look(self, html: bytes) -> Places | None:
        """Return where in a piece of HTML something may have to be gated; ``None`` for anywhere."""
        low = html.translate(_LOWER, _DROPPED)
        if _is_disguised(low):
            return None
        hosts = self._hosts_in(low)
        markers = self._markers_in(low)
        if markers is None:
            return None
        if not hosts and not markers:
            return ()
        # The same again with what URL parsers drop, which may stand in a host.
        whole = html.lower()
        found = self._hosts_in(whole)
        markers = self._markers_in(whole)
        return None if len(found) < len(hosts) or markers is None else (*found, *markers)

    def stirs_in(self, values: str) -> bool:
        """Return whether something in the values of attributes, joined, may have to be gated."""
        return _HIDING.search(values) is not None or (
            "." in values and bool(self._hosts_in(values.lower().encode()))
        )

    def _hosts_in(self, low: bytes) -> list[int]:
        """Return where a host ends; looked for by the few endings that hosts have, then compared."""
        hosts, longest = self._hosts, self._longest
        ends = (tail.end() for tail in self._tails.finditer(low))
        return [end - 1 for end in ends if low.endswith(hosts, max(0, end - longest), end)]

    def _markers_in(self, low: bytes) -> list[int] | None:
        """Return where scripts begin that hold a marker; ``None`` where they may end elsewhere."""
        found = []
        elsewhere = any(word in low for word in _OUTSIDE_OF_SCRIPTS)
        if elsewhere and any(marker in low for marker in self._markers):
            return None
        start = low.find(b"<script") if self._markers else -1
        while start >= 0:
            end = low.find(b"</script", start)
            script = low[start:end] if end >= 0 else low[start:]
            if b"<!--" in script:
                return None
            if any(marker in script for marker in self._markers):
                found.append(start)
            start = low.find(b"<script", end) if end >= 0 else -1
        return found


def mentions_foreign(html: str) -> bool:
    """Return whether SVG, MathML or the like may begin or end in a piece of HTML."""
    return _FOREIGN.search(html.lower()) is not None


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
    return (b"<style" in low or b"style=" in low or b"style =" in low) and _CSS_ESCAPE.search(low) is not None
