"""Whether a start tag, a script or a style sheet is closed to a visitor, and by which service.

Unlike the gate that a template draws around a fragment, nobody has said here what belongs to
whom: only what a browser would fetch by itself counts, and only where a closed service claims it.
A link that waits for a click stays a link.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from .attributes import EMBEDS, LINKS, PREFIX, StartTag, is_live
from .claims import Claims, Span

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

# Handlers of what a visitor does on purpose.
_ON_PURPOSE: Final = frozenset(
    {
        "onauxclick", "onbeforeinput", "onchange", "onclick", "oncontextmenu", "ondblclick", "oninput",
        "onkeydown", "onkeypress", "onkeyup", "onmousedown", "onmouseup", "onpointerdown", "onpointerup",
        "onreset", "onselect", "onsubmit", "ontouchend", "ontouchstart",
    }
)  # fmt: skip
#: Handlers that run as soon as a page is there.
UNASKED: Final = ("onload", "onerror")
# data-src, data-lazy-srcset, data-bg: what a lazy loader, running outside the gate, makes live.
_LAZY: Final = re.compile(r"data-.*(?:src|srcset|poster|bg|background|image)", re.DOTALL)
_LISTS: Final = ("srcset", "archive", "ping", "attributionsrc")
_SEPARATORS: Final = re.compile(r"[\s,]+")
_REFRESH: Final = re.compile(
    r"""\s*[0-9]*[0-9.]*\s*[;,]?\s*(?:url\s*=\s*)?["']?(.*)""", re.IGNORECASE | re.DOTALL
)

# What is written in front of an address in CSS: no browser asks anybody for about:invalid.
NOWHERE: Final = "about:invalid#"
_CSS_ADDRESS: Final = re.compile(r"""[^\s"'(),;{}<>]*\Z""")
_CSS_ESCAPED: Final = re.compile(
    r"\\(?:([0-9a-f]{1,6})(?:\r\n|[ \t\n\r\f])?|(\r\n|.))", re.IGNORECASE | re.DOTALL
)
# Whatever may be an address in CSS: what a function holds, and every string.
_CSS_FUNCTION: Final = re.compile(
    r"""(?:url|src|image-set|image|cross-fade)\(\s*([^"')\s][^)]*)""", re.IGNORECASE
)
_CSS_STRING: Final = re.compile(r""""([^"]*)"|'([^']*)'""")
_CSS_FETCHES: Final = re.compile(r"(?:url|src|image-set|image|cross-fade)\(|@import", re.IGNORECASE)

#: Reads the markup of an ``srcdoc`` and returns the first closed service in it.
Within = Callable[[str], str | None]


class Verdict(NamedTuple):
    """What closes a start tag.

    Attributes:
        name: the service or category; stands in ``data-consent``.
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
            owner = self._owner(tag, key, value, within) if value else None
            if owner is not None:
                found[key] = owner
        if not found:
            return None
        whole = tag.tag in ("script", "link", "meta") or (tag.tag in EMBEDS and "src" in found)
        return Verdict(next(iter(found.values())), None if whole else frozenset(found))

    def script(self, text: str) -> str | None:
        """Return the closed service whose marker or host occurs in an inline script."""
        return self._first(self._claims.owners_of_text(text))

    def addresses(self, text: str) -> str | None:
        """Return the closed service of which an address or host occurs in a text."""
        return self._first(span.owner for span in self._claims.spans(text))

    def style(self, css: str) -> tuple[str, str | None, bool]:
        """Return CSS whose closed addresses lead nowhere, their service, and whether all must go.

        All of it must where an address is disguised and cannot be found in its place.
        """
        spans = [span for span in self._claims.spans(css) if span.owner in self._closed]
        led = _leading_nowhere(css, spans)
        hidden = self._in_css(led)
        if hidden is not None:
            return css, hidden, True
        return led, spans[0].owner if spans else None, False

    def _in_css(self, css: str) -> str | None:
        """Return the first closed service in CSS, read as a browser does; what leads nowhere is none."""
        plain = _CSS_ESCAPED.sub(_unescaped, css)
        found = [match[1] for match in _CSS_FUNCTION.finditer(plain)]
        found += [match[1] or match[2] or "" for match in _CSS_STRING.finditer(plain)]
        addresses = [one for one in found if not one.startswith(NOWHERE)]
        return self._first(
            owner
            for address in addresses
            for reading in self._readings(address)
            for owner in self._claims.owners_of_url(reading)
        )

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
        """Return the first of the names in a ``data-consent`` that is not allowed; all must be (R-25)."""
        listed = names.split() or [""]
        return next((name for name in listed if not self._allows(name)), None)

    def _first(self, owners: Iterable[str]) -> str | None:
        return next((owner for owner in owners if owner in self._closed), None)

    def _owner(self, tag: StartTag, key: str, value: str, within: Within) -> str | None:
        if key.startswith("on"):
            if key in _ON_PURPOSE:
                return None
            return self.script(value) if key in UNASKED else self.addresses(value)
        if key == "srcdoc" and tag.tag == "iframe":
            return within(value)
        if key == "style" or (_CSS_FETCHES.search(value) and is_live(tag, key, value)):
            return self._in_css(value)
        return self._first(self._owners(tag, key, value))

    def _owners(self, tag: StartTag, key: str, value: str) -> Iterator[str]:
        for reading in self._readings(value):
            for address in _addresses(tag, key, reading):
                yield from self._claims.owners_of_url(address)


def runs(tag: StartTag) -> bool:
    """Whether a browser runs or fetches for a ``<script>``, by its type."""
    return _RUNNING.fullmatch((tag.get("type") or "").strip()) is not None


def _only_tells(tag: StartTag) -> bool:
    relations = (tag.get("rel") or "").lower().split()
    return bool(relations) and _TOLD.issuperset(relations)


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


def _leading_nowhere(css: str, spans: list[Span]) -> str:
    parts: list[str] = []
    done = 0
    for span in spans:
        address = _CSS_ADDRESS.search(css, done, span.start)
        start = address.start() if address else span.start
        if start < done or css.startswith(NOWHERE, start):
            continue  # a second mention in the same address
        parts += [css[done:start], NOWHERE]
        done = start
    return "".join([*parts, css[done:]]) if parts else css


def _unescaped(match: re.Match[str]) -> str:
    """Return what a CSS escape stands for (CSS Syntax Level 3, section 4.3.7)."""
    if match[1] is None:
        return match[2] if match[2] != "\n" else ""
    code = int(match[1], 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
