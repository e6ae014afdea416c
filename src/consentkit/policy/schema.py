"""The form of ``consent.toml``, and the faults in what departs from it. The only importer of pydantic.

Each table of the file is checked by itself, so that a fault in one hides none in another.
What has to do with several tables at once is judged in ``checks``.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails, PydanticCustomError

from ..errors import Fault, suggest
from .duration import SECONDS, Duration

MAX_CHOICE_DAYS: Final = 365

_ID: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_HOST: Final = re.compile(
    r"(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)*(?::[0-9]{1,5})?"
)
# RFC 6265, section 4.1.1: a cookie name is an RFC 7230 token. "[" and "]" are no token
# characters; they are allowed here because globs need them.
_ITEM_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z?\[\]-]+")
_URL_GLOB: Final = re.compile(r"https?://[^\s\"'<>\\]+")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
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


def _lifetime(value: str) -> str:
    return value if value in ("session", "until-deleted") else _duration(value)


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


def _notice_url(value: str) -> str:
    is_path = value.startswith("/") and not value.startswith(("//", "/\\"))
    if not (is_path or value.startswith(("https://", "http://"))) or re.search(r"[\s\"<>\\]", value):
        cure = 'Write a path of the site such as "/privacy", or an address that begins with https://.'
        raise _fault("CK009", f"{value!r} is not an address.", cure)
    return value


_WANTED: Final = {
    "string_type": 'a text in quotation marks, such as "analytics"',
    "bool_type": "true or false, without quotation marks",
    "list_type": 'a list in square brackets, such as ["en", "cy"]',
    "dict_type": "a table",
    "model_type": "a table",
}

Line = Annotated[str, Field(min_length=1, max_length=2_000)]
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
    _matching(_HOST, "CK010", "a domain", 'Write the domain in lower case, such as "example.net".'),
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
ItemName = Annotated[
    Line,
    _matching(
        _ITEM_NAME,
        "CK011",
        "a name that can be stored",
        "Leave out spaces, commas, semicolons and equals signs; * stands for any characters.",
    ),
]
LifetimeText = Annotated[str, AfterValidator(_lifetime)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ControllerTable(_Table):
    """Who answers for the site."""

    name: Line = Field(description="The organisation that is responsible for the site.")
    contact: Line = Field(description="How to reach it: an e-mail address, a telephone number or a URL.")


class SiteTable(_Table):
    """The site itself."""

    name: Line = Field(description="What visitors call the site.")
    controller: ControllerTable
    languages: list[LanguageTag] = Field(
        default=["en"],
        min_length=1,
        description="Languages that the site is read in; the first is the default.",
    )
    privacy_notice: Annotated[str, AfterValidator(_notice_url)] | None = Field(
        default=None, description="Path or URL of the privacy notice."
    )


class ConsentTable(_Table):
    """How choices are kept."""

    expires_after: Annotated[str, AfterValidator(_choice_duration)] = Field(
        default="180 days", description="How long a choice holds, grants and refusals alike: 1 to 365 days."
    )
    gpc: list[str] = Field(default=[], description="Categories that Sec-GPC: 1 says no to.")


class CookieTable(_Table):
    """One cookie."""

    name: ItemName = Field(description="The name, or a glob such as _ga_*.")
    expires_after: LifetimeText = Field(description='A duration such as "13 months", or "session".')
    purpose: Words | None = Field(default=None, description="Why it is set; every essential cookie needs it.")
    path: Annotated[Line, AfterValidator(_notice_url)] = Field(
        default="/", description="The path it is set on."
    )
    domain: Domain | None = Field(
        default=None, description="The other organisation's domain, if it is set there."
    )


class StorageTable(_Table):
    """One entry that is kept in the browser outside cookies."""

    name: Line = Field(description="The key, or a glob.")
    kind: Literal["local-storage", "session-storage", "indexed-db", "cache-storage"]
    expires_after: LifetimeText = Field(description='A duration, "session" or "until-deleted".')
    purpose: Words | None = Field(default=None, description="Why it is stored.")
    domain: Domain | None = Field(
        default=None, description="The other organisation's domain, if it is stored there."
    )


class CategoryTable(_Table):
    """What a visitor says yes or no to."""

    essential: bool = Field(default=False, description="Whether it needs no consent.")
    exemption: (
        Literal[
            "communication",
            "requested-service",
            "uk-statistics",
            "uk-appearance",
            "uk-emergency",
            "fr-audience-measurement",
        ]
        | None
    ) = Field(default=None, description="Why an essential category needs no consent.")
    name: Words | None = Field(default=None, description="The heading; standard categories have one.")
    purpose: Words | None = Field(default=None, description="Why; standard categories have one.")
    use: list[str] = Field(default=[], description="Services from the catalogue or from [services].")
    cookies: list[CookieTable] = Field(default=[], description="Cookies of the site itself.")
    storage: list[StorageTable] = Field(default=[], description="Other entries of the site itself.")


class ServiceTable(_Table):
    """A service of the site's own, or what differs from the catalogue's entry of the same id."""

    category: str | None = Field(default=None, description="The category it belongs to.")
    name: Line | None = Field(default=None, description="What visitors know it as.")
    provider: Line | None = Field(default=None, description="The organisation that runs it.")
    purpose: Words | None = Field(default=None, description="Why it is used.")
    reason: Words | None = Field(default=None, description="Why it is essential, if its category is.")
    hosts: list[Host] | None = Field(default=None, description="Hosts that it is loaded from or talks to.")
    scripts: list[UrlGlob] | None = Field(default=None, description="URL globs of its scripts.")
    embeds: list[UrlGlob] | None = Field(default=None, description="URL globs of its frames and images.")
    markers: list[Annotated[str, Field(min_length=4)]] | None = Field(
        default=None, description="Texts that give its inline scripts away, such as fbq(."
    )
    cookies: list[CookieTable] | None = Field(default=None, description="Cookies that it sets.")
    storage: list[StorageTable] | None = Field(default=None, description="What else it stores.")
    privacy_url: Annotated[str, AfterValidator(_notice_url)] | None = Field(
        default=None, description="The provider's privacy notice."
    )
    country: (
        Annotated[
            str,
            _matching(
                _COUNTRY, "CK006", "a country code", 'Use two capital letters (ISO 3166), such as "IE".'
            ),
        ]
        | None
    ) = Field(default=None, description="Country of the provider.")


class ConsentFile(_Table):
    """consent.toml: which cookies and third parties a site uses, and why."""

    site: SiteTable
    consent: ConsentTable = ConsentTable()
    categories: dict[Id, CategoryTable] = {}
    services: dict[Id, ServiceTable] = {}
    texts: dict[LanguageTag, dict[str, Any]] = Field(
        default={}, description="Wording of your own, laid over the shipped texts language by language."
    )


TableT = TypeVar("TableT", bound=_Table)


def read_table(model: type[TableT], table: object, path: str) -> tuple[TableT | None, list[Fault]]:
    """Check one table; return it, or ``None`` with every fault in it."""
    try:
        return model.model_validate(table), []
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        return None, [_to_fault(model, detail, path) for detail in details]


def _to_fault(model: type[BaseModel], detail: ErrorDetails, path: str) -> Fault:
    """Put one of pydantic's findings into the words of this package."""
    location = detail["loc"]
    place = path + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in location)
    place = place.removeprefix(".")
    context = detail.get("ctx", {})
    kind = detail["type"]
    if kind.startswith("CK"):
        return Fault(kind, place, context["message"], context["cure"])
    if kind == "extra_forbidden":
        key, known = str(location[-1]), _keys_at(model, location[:-1])
        close = suggest(key, known)
        hint = f'Did you mean "{close}"? ' if close else ""
        return Fault("CK003", place, "Unknown key.", f"{hint}Known here: {', '.join(sorted(known))}.")
    if kind == "missing":
        return Fault("CK004", place, "This key is missing.", f"Add {location[-1]} = … there.")
    if kind == "literal_error":
        return Fault(
            "CK006", place, "This value is not one of those allowed.", f"Allowed: {context['expected']}."
        )
    if kind.endswith(("too_short", "too_long")):
        return Fault("CK006", place, f"{detail['msg']}.", "Change the length.")
    wanted = _WANTED.get(kind, detail["msg"])
    return Fault("CK005", place, "This value is of the wrong type.", f"Write {wanted}.")


def _keys_at(model: type[BaseModel], location: tuple[int | str, ...]) -> frozenset[str]:
    """Return the keys that the table at ``location`` below ``model`` may have."""
    for key in location:
        if isinstance(key, str) and key in model.model_fields:
            model = _table_in(model.model_fields[key].annotation) or model
    return frozenset(model.model_fields)


def _table_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _table_in(part))), None)


def is_id(name: str) -> bool:
    """Return whether ``name`` can be the id of a category or service."""
    return _ID.fullmatch(name) is not None and len(name) <= 40


def is_language(tag: str) -> bool:
    """Return whether ``tag`` has the form of a language tag."""
    return _LANGUAGE.fullmatch(tag) is not None


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``consent.toml``, for editors that complete and check while typing."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **ConsentFile.model_json_schema()}
