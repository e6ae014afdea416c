"""What a single value of ``consent.toml`` may be, as types that say what is wrong with one that is not.

Beside the schemas the only importer of pydantic.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from .contrast import COLOUR
from .duration import SECONDS, Duration

MAX_CHOICE_DAYS: Final = 365

# RFC 6265, section 4.1.1, within printable ASCII: what may follow "Path=" in a header.
_COOKIE_PATH: Final = re.compile(r"/[\x21-\x3a\x3c-\x7e]*")
_DOMAIN: Final = re.compile(
    r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)*"
)
_ID: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_HOST: Final = re.compile(
    r"(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)*(?::[0-9]{1,5})?"
)
# RFC 6265, section 4.1.1: a cookie name is an RFC 7230 token. "[" and "]" are no token
# characters; they are allowed here because globs need them.
_ITEM_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z?\[\]-]+")
_URL_GLOB: Final = re.compile(r"https?://[^\s\"'<>\\]+")
# A source expression of CSP Level 3, section 2.3.1, that names one host, or all of its subdomains, and
# where it listens. Keywords such as 'unsafe-inline' and schemes alone would open a policy to strangers.
_CSP_SOURCE: Final = re.compile(
    r"(?:(?:https|wss)://)?(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?)+"
    r"(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/-]*)?"
)
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_REGION: Final = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?")
_MAX_WAIT: Final = 10_000
# Lengths and names of fonts are written into a stylesheet: nothing in them can end a value there.
_LENGTH: Final = re.compile(r"(?P<number>[0-9]{1,2}|[0-9]{0,2}\.[0-9]{1,3})(?P<unit>px|em|rem)")
_FONT: Final = re.compile(r"(?=.{1,60}\Z)[A-Za-z][A-Za-z0-9]*(?:[ _-][A-Za-z0-9]+)*")
_EM: Final = 16  # pixels, where nobody has chosen another size of text
_UNITS: Final = ", ".join(f"{unit}s" for unit in SECONDS)


def _fault(fault_id: str, message: str, cure: str) -> PydanticCustomError:
    # pydantic fills {placeholders} of a message from the context; an operator's text must not.
    return PydanticCustomError(fault_id, "{message}", {"message": message, "cure": cure})


def _matching(pattern: re.Pattern[str], fault_id: str, what: str, cure: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise _fault(fault_id, f"{value!r} is not {what}.", cure)
        return value

    return AfterValidator(check)


def _duration(value: str) -> str:
    try:
        Duration.parse(value)
    except ValueError:
        cure = f'Write a number and a unit, such as "13 months"; units: {_UNITS}.'
        raise _fault("CK007", f"{value!r} is not a duration.", cure) from None
    return value


def _choice_duration(value: str) -> str:
    if Duration.parse(_duration(value)).seconds not in range(
        SECONDS["day"], MAX_CHOICE_DAYS * SECONDS["day"] + 1
    ):
        cure = f'Choose from "1 day" to "{MAX_CHOICE_DAYS} days"; the default is "180 days".'
        raise _fault("CK007", f"A choice cannot be kept for {value!r}.", cure)
    return value


def _cookie_lifetime(value: str) -> str:
    return value if value == "session" else _duration(value)


def _storage_lifetime(value: str) -> str:
    return value if value == "until-deleted" else _cookie_lifetime(value)


def _not_blank(value: str) -> str:
    if not value.strip():
        raise _fault("CK006", "This is blank.", "Write a text.")
    return value


def _no_duplicates(tags: list[str]) -> list[str]:
    if len({tag.lower() for tag in tags}) < len(tags):
        raise _fault("CK020", "A language is listed twice.", "Leave each in once; the first is the default.")
    return tags


def _words(value: object) -> object:
    # Not a union type: pydantic would report each of its branches as a fault of its own.
    texts = value if isinstance(value, dict) else {"en": value}
    if not texts or not all(isinstance(text, str) and text.strip() for text in texts.values()):
        cure = 'Write a text, or one for each language: { en = "…", cy = "…" }.'
        raise _fault("CK005", "This is neither a text nor a table of texts.", cure)
    for tag in texts:
        if not _LANGUAGE.fullmatch(tag):
            raise _fault(
                "CK020", f"{tag!r} is not a language tag.", 'Use a BCP 47 tag such as "en" or "pt-BR".'
            )
    return value


def _milliseconds(value: int) -> int:
    if not 0 <= value <= _MAX_WAIT:
        cure = f"Write milliseconds from 0 to {_MAX_WAIT}, such as 500."
        raise _fault("CK006", f"{value} is not a time that a tag can wait.", cure)
    return value


def _length(least: int, most: int) -> AfterValidator:
    def check(value: str) -> str:
        match = _LENGTH.fullmatch(value)
        pixels = float(match["number"]) * (1 if match["unit"] == "px" else _EM) if match else -1
        if not (least <= pixels <= most or (value == "0" and not least)):
            cure = (
                f'Write a number with px, em or rem, from "{least}px" to "{most}px" or '
                f'from "{least / _EM:g}em" to "{most / _EM:g}em".'
            )
            raise _fault("CK031", f"{value!r} is not a length that fits here.", cure)
        return value

    return AfterValidator(check)


def _address(value: str) -> str:
    is_path = value.startswith("/") and not value.startswith(("//", "/\\"))
    if not (is_path or value.startswith(("https://", "http://"))) or re.search(r"[\s\"<>\\]", value):
        cure = 'Write a path of the site such as "/privacy", or an address that begins with https://.'
        raise _fault("CK009", f"{value!r} is not an address.", cure)
    return value


Line = Annotated[str, Field(min_length=1, max_length=2_000), AfterValidator(_not_blank)]
Id = Annotated[
    str,
    _matching(
        _ID,
        "CK008",
        "a usable id",
        'Use lower-case letters, digits and single hyphens, such as "google-analytics".',
    ),
]
LanguageTag = Annotated[
    str, _matching(_LANGUAGE, "CK020", "a language tag", 'Use a BCP 47 tag such as "en" or "pt-BR".')
]
Words = Annotated[
    Any,
    AfterValidator(_words),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}]}
    ),
]
Host = Annotated[
    str,
    _matching(
        _HOST,
        "CK010",
        "a host name",
        'Write only the host, in lower case, such as "cdn.example.net" or "*.example.net".',
    ),
]
Domain = Annotated[
    str,
    AfterValidator(lambda value: value.removeprefix(".")),
    _matching(_DOMAIN, "CK010", "a domain", 'Write the domain in lower case, such as "example.net".'),
]
UrlGlob = Annotated[
    str,
    _matching(
        _URL_GLOB,
        "CK009",
        "a URL",
        'Begin with https:// and use * where the URL varies, such as "https://cdn.example.net/tag/*".',
    ),
]
CspSource = Annotated[
    str,
    _matching(
        _CSP_SOURCE,
        "CK010",
        "a host that a Content-Security-Policy can name",
        'Write the host, such as "cdn.example.net", "*.example.net" or "wss://live.example.net".',
    ),
]
ItemName = Annotated[
    Line,
    _matching(
        _ITEM_NAME,
        "CK011",
        "a name that can be stored",
        "Leave out spaces, commas, semicolons and equals signs; * stands for any characters.",
    ),
]
CookiePath = Annotated[
    str,
    _matching(
        _COOKIE_PATH,
        "CK009",
        "the path of a cookie",
        'Begin with / and leave out spaces and semicolons: "/shop".',
    ),
]
Address = Annotated[str, AfterValidator(_address)]
ChoiceDuration = Annotated[str, AfterValidator(_choice_duration)]
CookieLifetime = Annotated[str, AfterValidator(_cookie_lifetime)]
StorageLifetime = Annotated[str, AfterValidator(_storage_lifetime)]
Languages = Annotated[list[LanguageTag], AfterValidator(_no_duplicates)]
Country = Annotated[
    str,
    _matching(_COUNTRY, "CK006", "a country code", 'Use two capital letters (ISO 3166), such as "IE".'),
]
RegionCode = Annotated[
    str,
    _matching(
        _REGION,
        "CK054",
        "a country or a part of one",
        'Use codes of ISO 3166, such as "GB" or "US-CA".',
    ),
]
Milliseconds = Annotated[int, AfterValidator(_milliseconds)]

Colour = Annotated[
    str,
    AfterValidator(str.lower),
    _matching(
        COLOUR,
        "CK030",
        "a colour whose contrast is known",
        'Write it in full, such as "#16527f" or "#fff": no names, no transparency.',
    ),
    WithJsonSchema({"type": "string", "pattern": "^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$"}),
]
Radius = Annotated[str, _length(0, 32)]
Space = Annotated[str, _length(8, 32)]
FontName = Annotated[
    str,
    _matching(
        _FONT,
        "CK032",
        "the name of a font",
        'Write one name of letters, digits, single spaces and hyphens, such as "Source Sans 3" or "serif".',
    ),
]


def is_id(name: str) -> bool:
    """Return whether ``name`` can be the id of a category or service."""
    return _ID.fullmatch(name) is not None and len(name) <= 40


def is_language(tag: str) -> bool:
    """Return whether ``tag`` has the form of a language tag."""
    return _LANGUAGE.fullmatch(tag) is not None
