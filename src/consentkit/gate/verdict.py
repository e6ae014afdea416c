"""Whether a start tag, a script or a style sheet is closed to a visitor, and by which service.

Unlike the gate that a template draws around a fragment, nobody has said here what belongs to
whom: only what a browser would fetch by itself counts, and only where a closed service claims it.
A link that waits for a click stays a link.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple
from unicodedata import normalize

from .attributes import EMBEDS, LINKS, PREFIX, StartTag, is_live
from .claims import Claims
from .css import addresses_in

# Without a type, or with one of these, a script runs (HTML, "prepare the script element"). Speculation
# rules do not run but fetch. An import map fetches nothing by itself.
_RUNNING: Final = re.compile(
    r"(?:text|application)/(?:x-)?(?:java|ecma|j|live)script(?:1\.[0-5])?\s*(?:;.*)?|module|speculationrules|",
    re.IGNORECASE | re.DOTALL,
)

# Relations that tell something about a page and make nobody fetch it.
_TOLD: Final = frozenset(
    {
        "alternate", "amphtml", "archives", "author", "bookmark", "canonical", "edituri", "external",
        "first", "help", "index", "last", "license", "me", "nofollow", "noopener", "noreferrer",
        "payment", "pingback", "prev", "privacy-policy", "profile", "publisher", "related", "search",
        "self", "shortlink", "shorturl", "start", "tag", "terms-of-service", "up", "webmention",
        "wlwmanifest",
    }
)  # fmt: skip

#: Handlers of what a visitor does on purpose. All others may run as soon as a page is there.
ON_PURPOSE: Final = frozenset(
    {
        "onauxclick", "onbeforeinput", "onchange", "onclick", "oncontextmenu", "ondblclick", "oninput",
        "onkeydown", "onkeypress", "onkeyup", "onmousedown", "onmouseup", "onpointerdown", "onpointerup",
        "onreset", "onselect", "onsubmit", "ontouchend", "ontouchstart",
    }
)  # fmt: skip
# data-src, data-lazy-srcset, data-bg: what a lazy loader, running outside the gate, makes live.
_LAZY: Final = re.compile(r"data-.*(?:src|srcset|poster|bg|background|image)", re.DOTALL)
_LISTS: Final = ("srcset", "archive", "ping", "attributionsrc")
_SEPARATORS: Final = re.compile(r"[\s,]+")
_REFRESH: Final = re.compile(
    r"""\s*[0-9]*[0-9.]*\s*[;,]?\s*(?:url\s*=\s*)?["']?(.*)""", re.IGNORECASE | re.DOTALL
)

# What is written in front of an address in CSS: no browser asks anybody for about:invalid.
NOWHERE: Final = "about:invalid#"
_CSS_FETCHES: Final = re.compile(r"(?:url|src|image-set|image|cross-fade)\(|@import|\\", re.IGNORECASE)

#: Reads the markup of an ``srcdoc`` and returns the first closed service in it.
Within = Callable[[str], str | None]


class Verdict(NamedTuple):
    """What closes a start tag.

    Attributes:
        name: the service or category, or several with spaces between them, all of which it takes
            (R-25); stands in ``data-consent``.
        attributes: the attributes that go; ``None`` for all that are live.
        declared: whether the markup says so itself, with ``data-consent``; then it holds for everything
            up to the end tag.
    """

    name: str
    attributes: frozenset[str] | None
    declared: bool = False


class Judge:
    """Judges for one visitor.

    Args:
        claims: what belongs to whom.
        closed: ids of the services this visitor has not granted.
        allows: answers for the names in ``data-consent``, known or not.
        codec: in which bytes that were read as Latin-1 are really written.
    """

    def __init__(
        self,
        claims: Claims,
        closed: frozenset[str],
        allows: Callable[[str], bool],
        codec: str = "utf-8",
    ) -> None:
        self._codecs = tuple(dict.fromkeys([codec, "utf-8"]))
        self._claims = claims
        self._closed = closed
        self._allows = allows

    def tag(self, tag: StartTag, within: Within) -> Verdict | None:
        """Return what closes a start tag, or ``None`` where it may leave as it came."""
        declared = tag.get(PREFIX)
        # With an attribute of ours beside it, it says that the tag was closed already.
        if declared is not None and not any(key.startswith(f"{PREFIX}-") for key, _ in tag.attributes):
            name = self._refused(declared)
            if name is not None:
                return Verdict(name, None, declared=True)
        if tag.tag == "script" and not runs(tag):
            return None
        if tag.tag == "link" and _only_tells(tag):
            return None
        found: dict[str, str] = {}
        for key, value in tag.attributes:
            owners = self._owners_within(tag, key, value, within) if value else None
            if owners is not None:
                found[key] = owners
        if not found:
            return None
        whole = tag.tag in ("script", "link", "meta") or (tag.tag in EMBEDS and "src" in found)
        names = dict.fromkeys(name for owners in found.values() for name in owners.split())
        return Verdict(" ".join(names), None if whole else frozenset(found))

    def script(self, text: str) -> str | None:
        """Return the closed services whose marker or host occurs in an inline script."""
        # What a browser looks up for letters of other widths are the plain ones (UTS #46).
        readings = [text] if text.isascii() else [normalize("NFKC", one) for one in self._readings(text)]
        return self._closed_of([owner for one in readings for owner in self._claims.owners_of_text(one)])

    def style(self, css: str) -> tuple[str, str | None]:
        """Return CSS whose closed addresses lead nowhere, and their services."""
        parts: list[str] = []
        owners: list[str] = []
        done = 0
        for start, owner in self._closed_in_css(css):
            owners += owner.split()
            parts += [css[done:start], NOWHERE]
            done = start
        return "".join([*parts, css[done:]]), " ".join(dict.fromkeys(owners)) or None

    def _closed_in_css(self, css: str) -> Iterator[tuple[int, str]]:
        """Yield where the closed addresses in CSS begin, and whose they are; what leads nowhere is none."""
        for start, address in addresses_in(css):
            owners = [
                one for reading in self._readings(address) for one in self._claims.owners_of_url(reading)
            ]
            closed = self._closed_of(owners)
            if closed is not None and not address.startswith(NOWHERE):
                yield start, closed

    def _readings(self, value: str) -> Iterator[str]:
        """Yield a value as it is, and with its bytes read as they are written where they were not."""
        yield value
        if value.isascii():
            return
        for codec in self._codecs:
            try:
                yield value.encode("latin-1").decode(codec)
            except (LookupError, ValueError):
                continue

    def _refused(self, names: str) -> str | None:
        """Return the names in a ``data-consent`` that are not allowed; all must be (R-25)."""
        listed = names.split() or [""]
        refused = [name for name in listed if not self._allows(name)]
        return " ".join(refused) if refused else None

    def _closed_of(self, owners: Iterable[str]) -> str | None:
        return " ".join(dict.fromkeys(owner for owner in owners if owner in self._closed)) or None

    def _owners_within(self, tag: StartTag, key: str, value: str, within: Within) -> str | None:
        if key.startswith("on"):
            if key in ON_PURPOSE:
                return None
            return self.script(value)
        if key == "srcdoc" and tag.tag == "iframe":
            return within(value)
        owners = self._closed_of(self._owners(tag, key, value))
        if owners is None and (key == "style" or (_CSS_FETCHES.search(value) and is_live(tag, key, value))):
            return self.style(value)[1]
        return owners

    def _owners(self, tag: StartTag, key: str, value: str) -> Iterator[str]:
        for reading in self._readings(value):
            for address in _addresses(tag, key, reading):
                yield from self._claims.owners_of_url(address)


def runs(tag: StartTag) -> bool:
    """Whether a browser runs or fetches for a ``<script>``, by its type."""
    return _RUNNING.fullmatch((tag.get("type") or "").strip()) is not None


def _only_tells(tag: StartTag) -> bool:
    """Whether a ``<link>`` makes nobody fetch; one without a relation is read by machines alone."""
    return _TOLD.issuperset((tag.get("rel") or "").lower().split())


def _addresses(tag: StartTag, key: str, value: str) -> Iterable[str]:
    """Return the addresses that an attribute makes a browser, or a lazy loader, fetch."""
    if tag.tag == "meta":
        refreshes = (tag.get("http-equiv") or "").strip().lower() == "refresh"
        return _REFRESH.findall(value)[:1] if refreshes and key == "content" else ()
    if key.startswith("data-"):
        lazy = tag.tag in EMBEDS or _LAZY.fullmatch(key)
        return (value, *_SEPARATORS.split(value)) if lazy and not key.startswith(f"{PREFIX}-") else ()
    if tag.tag in LINKS and key not in ("ping", "attributionsrc"):
        return ()
    if key.endswith(_LISTS):
        return _SEPARATORS.split(value)
    # An address alone makes an unknown attribute live for a fragment, but nobody has drawn a gate here.
    return (value,) if tag.tag == "param" or is_live(tag, key, "") else ()
