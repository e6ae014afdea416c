"""``live``: what a browser would contact a gated host for, found in the tree that a real parser builds.

Written from what browsers do (HTML, URL, CSS and SVG standards) and from R-17 and R-18, with no use of
the gate. A browser builds two trees, one with scripts on and one with scripts off; both are looked at.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64decode
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

from turbohtml import Document, Element, Node, parse

OWN: Final = "https://own.example/page"

_TOLD_BY_TEXT: Final = re.compile(
    r"(?<![a-z0-9-])gated\.example(?![a-z0-9-]|\.[a-z0-9])|(?<![a-z0-9.-])shared\.example\\?/maps",
    re.IGNORECASE,
)
_MARKER: Final = "startTracking("

_SOURCES: Final = {
    "src": {"audio", "bgsound", "embed", "frame", "iframe", "img", "input", "script", "source", "track", "video"},
    "srcset": {"img", "source"},
    "imagesrcset": {"link"},
    "poster": {"video"},
    "data": {"object"},
    "codebase": {"applet", "object"},
    "archive": {"applet", "object"},
    "value": {"param"},
    "lowsrc": {"img"},
    "background": {"body", "table", "tbody", "td", "tfoot", "th", "thead", "tr"},
    "ping": {"a", "area"},
}  # fmt: skip
_SVG_HREF: Final = frozenset(
    {
        "animate", "cursor", "feimage", "filter", "image", "lineargradient", "mpath", "pattern",
        "radialgradient", "script", "set", "textpath", "use",
    }
)  # fmt: skip
_SVG_PAINT: Final = frozenset(
    {
        "clip-path", "cursor", "fill", "filter", "marker", "marker-end", "marker-mid", "marker-start", "mask",
        "stroke",
    }
)  # fmt: skip
_FETCHED_RELATIONS: Final = frozenset(
    {
        "apple-touch-icon", "apple-touch-icon-precomposed", "dns-prefetch", "icon", "manifest", "mask-icon",
        "modulepreload", "next", "preconnect", "prefetch", "preload", "prerender", "stylesheet",
    }
)  # fmt: skip
_ON_PURPOSE: Final = frozenset({"onchange", "onclick", "oninput", "onkeydown", "onmousedown", "onsubmit"})
_JAVASCRIPT: Final = re.compile(
    r"(?:application|text)/(?:x-)?(?:java|ecma)script|text/(?:javascript1\.[0-5]|jscript|livescript)",
    re.IGNORECASE,
)
_CSS: Final = re.compile(
    r"""/\*.*?\*/|\[\s*[\w-]+\s*[~|^$*]?=\s*(?:"[^"\n]*"|'[^'\n]*')\s*i?\s*\]|"((?:\\.|[^"\\\n])*)"|'((?:\\.|[^'\\\n])*)'|\(\s*((?:\\.|[^"'()\\\s])+)\s*\)""",
    re.DOTALL,
)
_CSS_ESCAPE: Final = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(\n)|(.))", re.DOTALL)
_REFRESH: Final = re.compile(r"\s*[0-9.]+[;,\s]*(?:url\s*=\s*)?[\"']?([^\"']*)", re.IGNORECASE | re.DOTALL)


def live(page: bytes, charset: str | None = None) -> list[str]:
    """Return what in a page makes a browser contact a gated host before anybody clicks."""
    return sorted(
        {one for scripting in (False, True) for one in _Reader(_tree(page, charset, scripting)).all()}
    )


def _tree(page: bytes | str, charset: str | None, scripting: bool) -> Document:
    if isinstance(page, bytes) and charset:
        try:
            return parse(page, encoding=charset, scripting=scripting)
        except LookupError:
            pass
    return parse(page, scripting=scripting)


def mentions(code: str) -> bool:
    """Whether a script says where it will go, or what it is."""
    return _MARKER in code or _TOLD_BY_TEXT.search(code) is not None


class _Reader:
    """Reads one document."""

    def __init__(self, document: Document, base: str = OWN) -> None:
        self._elements = list(_elements(document))
        href = next(
            (one.attr("href") for one in self._elements if one.tag == "base" and one.attr("href")), None
        )
        self._base = base if href is None or _split(href) is None else "https://elsewhere.example/"

    def all(self) -> Iterator[str]:
        for element in self._elements:
            for what in self._of(element):
                yield f"{element.tag} {what}"

    def _of(self, element: Element) -> Iterator[str]:
        tag = element.tag.lower()
        if tag == "script" and _runs(element):
            if mentions(element.text) and element.attr("src") is None:
                yield "text"
        elif tag == "script":
            return
        if tag == "style" and _is_css(element) and any(map(self._is_gated, _css_addresses(element.text))):
            yield "text"
        for name, value in _attributes(element):
            if (
                any(map(self._is_gated, self._addresses(element, tag, name, value)))
                or (name.startswith("on") and name not in _ON_PURPOSE and mentions(value))
                or (name == "srcdoc" and tag == "iframe" and _live_within(value))
            ):
                yield name

    def _addresses(self, element: Element, tag: str, name: str, value: str) -> Iterator[str]:
        if name in ("srcset", "imagesrcset", "ping", "archive", "data-srcset") and (
            tag in _SOURCES.get(name, ()) or name == "data-srcset"
        ):
            yield from re.split(r"[\s,]+", value)
        elif tag in _SOURCES.get(name, ()) or (
            name.startswith("data-") and name.endswith("src") and tag in _SOURCES["src"]
        ):
            if "consent" not in name:
                yield value
        elif name in ("href", "xlink:href"):
            relations = (element.attr("rel") or "").lower().split()
            if tag == "base" or tag in _SVG_HREF or (tag == "link" and _FETCHED_RELATIONS & {*relations}):
                yield value
        elif name == "style" or name in _SVG_PAINT:
            yield from _css_addresses(value)
        elif (
            tag == "meta"
            and name == "content"
            and (element.attr("http-equiv") or "").strip().lower() == "refresh"
        ):
            yield from _REFRESH.findall(value)[:1]
        elif tag in ("set", "animate") and name in ("to", "from", "by", "values"):
            animated = element.attr("attributename") or element.attr("attributeName") or ""
            yield from value.split(";") if "href" in animated.lower() else ()

    def _is_gated(self, address: str) -> bool:
        plain = re.sub(r"[\t\n\r]", "", address.strip("".join(map(chr, range(33)))))
        scheme = plain.partition(":")[0].lower()
        if scheme == "javascript":
            return mentions(unquote(plain))
        if scheme == "data":
            return _live_in_data(plain)
        return _is_gated_url(plain)


def _is_gated_url(address: str) -> bool:
    where = _split(address)
    if where is None:
        return False
    host, path = where
    if host == "gated.example" or host.endswith(".gated.example"):
        return True
    return host == "shared.example" and re.match(r"/maps/(?:embed|.*\.js\Z)", path, re.DOTALL) is not None


def _split(address: str) -> tuple[str, str] | None:
    """Return host and path of an address with a host (URL standard, basic URL parser); https is its base."""
    address = re.sub(r"[\t\n\r]", "", address).strip("".join(map(chr, range(33)))).replace("\\", "/")
    match = re.match(r"(https?|wss?|ftp):(/*)(.*)", address, re.IGNORECASE | re.DOTALL)
    if match is not None:
        # With the scheme of the page and without two slashes it would be a relative one.
        rest = match[3]
    elif address.startswith("//"):
        rest = address.lstrip("/")
    else:
        return None
    authority, path = re.match(r"([^/?#]*)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    host = authority.rpartition("@")[2]
    host, _, port = host.partition(":") if not host.startswith("[") else (host, "", "")
    if port and not port.isdigit():
        return None
    host = unquote_to_bytes(host).decode("utf-8", "replace")
    # UTS 46: ignored characters, compatibility forms, capitals.
    host = re.sub("[\u00ad\u200b\u2060\ufeff\ufe00-\ufe0f]", "", host)
    host = unicodedata.normalize("NFKC", host).casefold().replace("\u3002", ".")
    if re.search(r"[\x00-\x20#/:<>?@\[\\\]^|%\x7f]", host):
        return None
    return host.rstrip("."), path


def _live_within(markup: str) -> bool:
    return any(any(_Reader(_tree(markup, None, scripting)).all()) for scripting in (False, True))


def _live_in_data(address: str) -> bool:
    kind, _, body = address[5:].partition(",")
    if kind.lower().endswith(";base64"):
        body = b64decode(unquote(body) + "==").decode("latin-1")
    else:
        body = unquote(body)
    if kind.lower().startswith(("image/", "font/")):
        return False
    if "css" in kind.lower():
        return any(map(_is_gated_url, _css_addresses(body)))
    return mentions(body) if "script" in kind.lower() else _live_within(body)


def _css_addresses(css: str) -> Iterator[str]:
    for match in _CSS.finditer(css):
        written = next((one for one in match.groups() if one is not None), None)
        if written is not None:
            yield _CSS_ESCAPE.sub(lambda one: chr(int(one[1], 16)) if one[1] else one[3] or "", written)


def _runs(element: Element) -> bool:
    kind = element.attr("type")
    if kind is None:
        language = element.attr("language")
        kind = f"text/{language}" if language else ""
    kind = kind.strip()
    return (
        not kind or kind.lower() in ("module", "speculationrules") or _JAVASCRIPT.fullmatch(kind) is not None
    )


def _is_css(element: Element) -> bool:
    return (element.attr("type") or "text/css").strip().lower() == "text/css"


def _attributes(element: Element) -> Iterator[tuple[str, str]]:
    for name in element.attrs:
        yield name.lower(), element.attr(name) or ""


def _elements(node: Node) -> Iterator[Element]:
    """Yield every element, those in templates and shadow trees too."""
    for child in node.children:
        if isinstance(child, Element):
            yield child
            if child.shadow_root is not None:
                yield from _elements(child.shadow_root)
        yield from _elements(child)
