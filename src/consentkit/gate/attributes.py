"""One start tag, made inert: which attributes are live, and what becomes of them.

Knows nothing of documents and tokenizers. Every rule fails closed: what could
make a browser fetch, run or navigate without a click loses its name, and keeps
its value under ``data-consent-<name>``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PREFIX = "data-consent"

# An attribute with one of these names is live on some element, and harmless to rename on the others.
LIVE_NAMES = frozenset(
    {
        "archive", "attributionsrc", "background", "classid", "code", "codebase", "manifest", "ping",
        "srcdoc",
    }
)  # fmt: skip
# src, srcset, imagesrcset, poster, but also data-src and the like: a lazy loader, running outside the
# gate, turns them into src.
LIVE_ENDINGS = ("src", "srcset", "poster")

# On a link that waits for a click, href is not live.
LINKS = frozenset({"a", "area"})
HREFS = frozenset({"href", "xlink:href"})

# What <set> and <animate> write into another attribute, as soon as they are parsed.
ANIMATIONS = frozenset({"set", "animate", "animatecolor", "animatemotion", "animatetransform"})
ANIMATED_VALUES = frozenset({"by", "from", "to", "values"})

# http-equiv that neither navigates nor asks for anything. Taking a Content-Security-Policy away would
# allow more than the page allows now.
INERT_EQUIVS = frozenset(
    {"content-language", "content-security-policy", "content-type", "default-style", "x-ua-compatible"}
)

# Words for people, addresses that wait for a click, names that only look like addresses, and base64
# (integrity, nonce), in which "//" is as likely as any other pair.
PASSIVE_NAMES = frozenset(
    {
        "action", "alt", "cite", "content", "formaction", "integrity", "itemid", "itemtype", "label", "nonce",
        "pattern", "placeholder", "summary", "title", "value", "xmlns",
    }
)  # fmt: skip
PASSIVE_BEGINNINGS = ("aria-", "xmlns:")

# Data for scripts; a browser never runs them. Every other script type is set aside, the known
# (module, importmap, speculationrules) and those that a browser may learn.
DATA_TYPES = frozenset({"application/json", "application/ld+json"})
INERT_TYPE = "text/plain"

EMBEDS = frozenset(
    {"applet", "audio", "embed", "frame", "iframe", "image", "img", "input", "object", "source", "video"}
)

# The tokenizer lets quotes, "<" and a leading "=" into names. No such name means anything to a browser,
# and written anew beside other attributes it could be read differently.
_PLAIN_NAME = re.compile(r"""[^\s"'<>/=\x00]+""")
_CSS_FETCH = re.compile(r"(?:url|image|image-set|src|cross-fade)\(|@import|\\|/\*", re.IGNORECASE)
_CSS_LOCAL_URL = re.compile(r"""url\(\s*["']?#[^()"'\\]*["']?\s*\)""", re.IGNORECASE)
_URL_NOISE = re.compile(r"[\t\n\r]")
_ABSOLUTE = re.compile(r"[\x00-\x20]*(?:https?|wss?|ftp|data|blob|javascript):", re.IGNORECASE)
_INVISIBLE_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?<![a-z-])(?:width|height)\s*:\s*[01](?:px)?\s*(?:[;!]|\Z)",
    re.IGNORECASE,
)
_PIXELS = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)
_INVISIBLE_SIZE = re.compile(r"\s*0*[01](?:\.0*)?\s*(?:px)?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StartTag:
    """A start tag as a browser reads it.

    Attributes:
        tag: the element's name in lower case.
        attributes: names in lower case and decoded values, in order, each name once. A value that was
            left out is an empty string.
        self_closing: whether the tag ended with ``/>``.
    """

    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    self_closing: bool = False

    def get(self, name: str) -> str | None:
        """Return the value of an attribute, or ``None`` where there is none."""
        return next((value for key, value in self.attributes if key == name), None)


def inert_tag(tag: StartTag, name: str) -> str | None:
    """Return the markup of ``tag`` without anything live, for a gate that is closed.

    Args:
        tag: the start tag.
        name: the category or service that holds the gate; becomes ``data-consent="<name>"``.

    Returns:
        The new start tag, or ``None`` where the tag has nothing live and can leave as it came. Gating
        the answer again gives ``None``.
    """
    if tag.tag == "plaintext":
        # Everything after it would be swallowed, the rest of the page included, and nothing ends it.
        return f"<pre{_written(PREFIX, name)}>"
    attributes = _inert_attributes(tag)
    if attributes == dict(tag.attributes):
        return None
    attributes.setdefault(PREFIX, name)
    markup = "".join(_written(key, value) for key, value in attributes.items() if _PLAIN_NAME.fullmatch(key))
    return f"<{tag.tag}{markup}{' /' if tag.self_closing else ''}>"


def is_live(tag: StartTag, name: str, value: str) -> bool:
    """Whether an attribute of ``tag`` makes a browser fetch, run or navigate without a click.

    Beyond the names that HTML and SVG give such a meaning, any attribute is live that carries an
    absolute address or a CSS function that fetches, unless its name says that it is text.
    """
    if name == PREFIX or name.startswith(f"{PREFIX}-"):
        return False
    if name.startswith("on") or name in LIVE_NAMES or name.endswith(LIVE_ENDINGS):
        return True
    if name in HREFS:
        return tag.tag not in LINKS
    if _is_live_on(tag, name):
        return True
    if _is_passive(tag, name):
        return False
    return _is_absolute(value) or (not name.startswith("data-") and _css_fetches(value))


def is_embed(tag: StartTag) -> bool:
    """Whether a visitor would see what ``tag`` loads: no hidden element and no pixel."""
    if tag.tag not in EMBEDS or (tag.tag == "input" and (tag.get("type") or "").lower() != "image"):
        return False
    if tag.get("hidden") is not None or _INVISIBLE_STYLE.search(tag.get("style") or ""):
        return False
    return not any(_INVISIBLE_SIZE.fullmatch(tag.get(side) or "") for side in ("width", "height"))


def size_of(tag: StartTag) -> tuple[int, int] | None:
    """Return the CSS pixels that ``tag`` takes up, wide and high, if it says both."""
    width, height = (tag.get(side) or "" for side in ("width", "height"))
    if not (_PIXELS.fullmatch(width) and _PIXELS.fullmatch(height)):
        return None
    # Browsers draw a frame around a frame, unless they are told not to (HTML, "Rendering", embedded content).
    framed = tag.tag == "iframe" and (tag.get("frameborder") or "1").lower() not in ("0", "no")
    return int(width) + 4 * framed, int(height) + 4 * framed


def _is_live_on(tag: StartTag, name: str) -> bool:
    """Whether the element alone gives this attribute a live meaning."""
    if tag.tag == "meta" and name in ("http-equiv", "content"):
        equiv = tag.get("http-equiv")
        return equiv is not None and equiv.strip().lower() not in INERT_EQUIVS
    if tag.tag in ANIMATIONS and name in ANIMATED_VALUES:
        return "href" in (tag.get("attributename") or "").lower()
    return tag.tag == "object" and name == "data"


def _is_passive(tag: StartTag, name: str) -> bool:
    """Whether this attribute may hold an address without anybody fetching it."""
    if tag.tag == "param":  # the address of a plug-in's film is the value of a <param>
        return False
    return name in PASSIVE_NAMES or name.startswith(PASSIVE_BEGINNINGS)


def _is_absolute(value: str) -> bool:
    """Whether a URL parser, or a script that looks for one, would find a host in ``value``.

    URL parsers drop tabs and line ends and take a backslash for a slash (WHATWG URL §4.4).
    """
    address = _URL_NOISE.sub("", value).replace("\\", "/")
    return "//" in address or _ABSOLUTE.match(address) is not None


def _css_fetches(value: str) -> bool:
    """Whether CSS text could load something; escapes and comments count, as they can hide it."""
    return _CSS_FETCH.search(_CSS_LOCAL_URL.sub(" ", value)) is not None


def _inert_attributes(tag: StartTag) -> dict[str, str]:
    """Return the attributes of ``tag`` in their order, the live ones under their new names."""
    inert: dict[str, str] = {}
    code = holds_code(tag)
    if code and tag.get("type") is None:
        inert["type"] = INERT_TYPE
    for key, value in tag.attributes:
        if code and key == "type":
            inert |= {"type": INERT_TYPE, f"{PREFIX}-type": value}
        elif is_live(tag, key, value):
            inert[f"{PREFIX}-{key}"] = value
        else:
            # An author's own data-consent-src does not replace the src that was live.
            inert.setdefault(key, value)
    return inert


def holds_code(tag: StartTag) -> bool:
    """Whether the element's content would run or be applied under the type that it has now."""
    given = (tag.get("type") or "").strip().lower()
    if given == INERT_TYPE:
        return False
    return tag.tag == "style" or (tag.tag == "script" and given not in DATA_TYPES)


def _written(name: str, value: str) -> str:
    """Return one attribute as markup, with a leading space."""
    if not value:
        return f" {name}"
    value = value.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
    return f' {name}="{value}"'
