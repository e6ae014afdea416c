"""The form of ``consent.toml``, and the faults in what departs from it.

Each table of the file is checked by itself, so that a fault in one hides none in another.
What has to do with several tables at once is judged in ``checks``.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeVar, get_args

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from ..errors import Fault, did_you_mean
from .consent_modes import ConsentApi, Signal
from .consent_modes_schema import ConsentModesTable, TagType
from .table import Table
from .theme_schema import ThemeTable
from .values import (
    Address,
    ChoiceDuration,
    CookieLifetime,
    CookiePath,
    Country,
    CspSource,
    Domain,
    Host,
    Id,
    ItemName,
    Languages,
    LanguageTag,
    Line,
    StorageLifetime,
    UrlGlob,
    Words,
)

_WANTED: Final = {
    "string_type": 'a text in quotation marks, such as "analytics"',
    "bool_type": "true or false, without quotation marks",
    "list_type": 'a list in square brackets, such as ["en", "cy"]',
    "dict_type": "a table",
    "model_type": "a table",
}


CspDirective = Literal[
    "connect-src",
    "font-src",
    "frame-src",
    "img-src",
    "media-src",
    "script-src",
    "style-src",
    "worker-src",
]


class ControllerTable(Table):
    """Who answers for the site."""

    name: Line = Field(description="The organisation that is responsible for the site.")
    contact: Line = Field(description="How to reach it: an e-mail address, a telephone number or a URL.")


class SiteTable(Table):
    """The site itself."""

    name: Line = Field(description="What visitors call the site.")
    controller: ControllerTable
    languages: Languages = Field(
        default=["en"],
        min_length=1,
        description="Languages that the site is read in; the first is the default.",
    )
    privacy_notice: Address | None = Field(default=None, description="Path or URL of the privacy notice.")


class ConsentTable(Table):
    """How choices are kept."""

    expires_after: ChoiceDuration = Field(
        default="180 days", description="How long a choice holds, grants and refusals alike: 1 to 365 days."
    )
    gpc: list[str] = Field(default=[], description="Categories that Sec-GPC: 1 says no to.")
    sells_or_shares: list[str] = Field(
        default=[],
        description="Categories through which personal information is sold or shared, "
        "as the law of some states of the USA calls it.",
    )


class CookieTable(Table):
    """One cookie."""

    name: ItemName = Field(description="The name, or a glob such as _ga_*.")
    expires_after: CookieLifetime = Field(description='A duration such as "13 months", or "session".')
    purpose: Words | None = Field(default=None, description="Why it is set; every essential cookie needs it.")
    path: CookiePath = Field(default="/", description="The path it is set on.")
    domain: Domain | None = Field(
        default=None, description="The other organisation's domain, if it is set there."
    )


class StorageTable(Table):
    """One entry that is kept in the browser outside cookies."""

    name: Line = Field(description="The key, or a glob.")
    kind: Literal["local-storage", "session-storage", "indexed-db", "cache-storage"] = Field(
        description="Where the browser keeps it."
    )
    expires_after: StorageLifetime = Field(description='A duration, "session" or "until-deleted".')
    purpose: Words | None = Field(default=None, description="Why it is stored.")
    domain: Domain | None = Field(
        default=None, description="The other organisation's domain, if it is stored there."
    )


class CategoryTable(Table):
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


class ServiceTable(Table):
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
    csp: dict[CspDirective, list[CspSource]] | None = Field(
        default=None,
        description="Hosts it needs, by directive of a Content-Security-Policy.",
    )
    cookies: list[CookieTable] | None = Field(default=None, description="Cookies that it sets.")
    storage: list[StorageTable] | None = Field(default=None, description="What else it stores.")
    consent_api: ConsentApi | None = Field(
        default=None, description="The interface by which it is told what the visitor chose."
    )
    signals: list[Signal] | None = Field(
        default=None, description="Signals of Google's consent mode that its yes stands for."
    )
    tag_types: list[TagType] | None = Field(
        default=None, description="Types of its tags in a Tag Manager container, for the allow list."
    )
    privacy_url: Address | None = Field(default=None, description="The provider's privacy notice.")
    country: Country | None = Field(default=None, description="Country of the provider.")


class ConsentFile(Table):
    """consent.toml: which cookies and third parties a site uses, and why."""

    site: SiteTable
    consent: ConsentTable = Field(default_factory=ConsentTable)
    theme: ThemeTable = Field(default_factory=ThemeTable)
    categories: dict[Id, CategoryTable] = Field(default={})
    services: dict[Id, ServiceTable] = Field(default={})
    bring_over: dict[str, dict[str, str | list[str]]] = Field(
        default={},
        description="Choices in the cookies of another tool, read once: its names, and what they mean here.",
    )
    consent_modes: ConsentModesTable = Field(default_factory=ConsentModesTable)
    texts: dict[LanguageTag, dict[str, Any]] = Field(
        default={}, description="Wording of your own, laid over the shipped texts language by language."
    )


TableT = TypeVar("TableT", bound=Table)


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
        hint = did_you_mean(key, known)
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


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``consent.toml``, for editors that complete and check while typing."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **ConsentFile.model_json_schema()}
