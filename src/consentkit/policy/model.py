"""What the site declares, as frozen values. Knows no visitor and no HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import translate
from functools import cached_property
from types import MappingProxyType
from typing import Final, Literal

from ..errors import UnknownNameError
from .consent_modes import ConsentApi, ConsentModes, Signal
from .duration import Duration
from .exemption import OBJECTABLE, Exemption
from .local_text import LocalText
from .texts import Texts
from .theme import PLAIN, Theme

#: How long an item stays: a duration, or one of the two lifetimes that have no length.
Lifetime = Duration | Literal["session", "until-deleted"]

#: The name of the consent cookie on https and on plain http; see ``consent.cookie``.
CONSENT_COOKIE_NAMES: Final = ("__Host-consent", "consent")
#: The name of the cookie for one embed, likewise; see ``consent.once``.
ONCE_COOKIE_NAMES: Final = ("__Host-consent-once", "consent-once")
#: The name of the cookie that pages for everybody look at, likewise; see ``consent.mirror``.
MIRROR_COOKIE_NAMES: Final = ("__Host-consent-shown", "consent-shown")
#: The tools whose choices can be brought over, and the names of their cookies; see ``consent.bring_over``.
BRING_OVER_COOKIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cookiebot": "CookieConsent",
        "cookieyes": "cookieyes-consent",
        "klaro": "klaro",
        "onetrust": "OptanonConsent",
        "tarteaucitron": "tarteaucitron",
        "vanilla-cookieconsent": "cc_cookie",
    }
)


class Kind(StrEnum):
    """How an item is kept on the visitor's device."""

    COOKIE = "cookie"
    LOCAL_STORAGE = "local-storage"
    SESSION_STORAGE = "session-storage"
    INDEXED_DB = "indexed-db"
    CACHE_STORAGE = "cache-storage"


@dataclass(frozen=True, slots=True)
class StoredItem:
    """One cookie or other entry that is kept on the visitor's device.

    Attributes:
        name: the name, or a glob such as ``_ga_*``.
        kind: where it is kept.
        lifetime: how long.
        purpose: why, or ``None`` when the purpose of the service says it.
        path: the cookie's path, needed to delete it.
        domain: the other organisation's domain, or ``None`` for the site's own.
    """

    name: str
    kind: Kind
    lifetime: Lifetime
    purpose: LocalText | None = None
    path: str = "/"
    domain: str | None = None


_NO_SOURCES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({})


def _no_sources() -> Mapping[str, tuple[str, ...]]:
    return _NO_SOURCES


@dataclass(frozen=True, slots=True)
class Service:
    """A concrete tool on the site, such as an analytics tag or a video embed.

    Attributes:
        id: its name in code and in ``consent.toml``.
        category: id of the category it belongs to.
        name: what visitors know it as.
        provider: the organisation that runs it.
        purpose: why it is used, or ``None`` when the category's purpose says it.
        hosts: host names it is loaded from or talks to; ``*.example.net`` covers every subdomain.
        scripts: URL globs of its scripts, where the host alone would be too wide.
        embeds: URL globs of its frames and images, likewise.
        markers: texts that give its inline scripts away, such as ``fbq(``.
        csp: the hosts it needs, by directive of a Content-Security-Policy; empty where nobody has said.
        items: what it stores.
        privacy_url: the provider's privacy notice.
        country: ISO 3166 code of the provider's country.
        reason: why it needs no consent; given exactly when its category is essential.
        consent_api: the interface by which it is told what the visitor chose, if it has one.
        signals: the signals of Google's consent mode that its yes stands for.
        tag_types: types of its tags in a container of Google Tag Manager.
        ungated: whether it is loaded before and without a yes, and told no. Its cookies are held back.
    """

    id: str
    category: str
    name: str
    provider: str
    purpose: LocalText | None = None
    hosts: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    embeds: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    csp: Mapping[str, tuple[str, ...]] = field(default_factory=_no_sources)
    items: tuple[StoredItem, ...] = ()
    privacy_url: str | None = None
    country: str | None = None
    reason: LocalText | None = None
    consent_api: ConsentApi | None = None
    signals: tuple[Signal, ...] = ()
    tag_types: tuple[str, ...] = ()
    ungated: bool = False


@dataclass(frozen=True, slots=True)
class Category:
    """What a visitor says yes or no to.

    Attributes:
        id: its name in code and in ``consent.toml``.
        essential: whether it needs no consent.
        name: the heading visitors read.
        purpose: the sentence that says why.
        items: what the site itself stores under this category.
        services: the tools under this category, in the order of ``consent.toml``.
        gpc: whether ``Sec-GPC: 1`` means no to this category.
        exemption: why an essential category needs no consent; ``None`` otherwise.
        sells_or_shares: whether personal information is sold or shared through it.
    """

    id: str
    essential: bool
    name: LocalText
    purpose: LocalText
    items: tuple[StoredItem, ...] = ()
    services: tuple[Service, ...] = ()
    gpc: bool = False
    exemption: Exemption | None = None
    sells_or_shares: bool = False

    @property
    def objectable(self) -> bool:
        """Whether it needs no consent and a visitor can still object to it."""
        return self.essential and self.exemption in OBJECTABLE


@dataclass(frozen=True, slots=True)
class Controller:
    """Who answers for the site.

    Attributes:
        name: the organisation.
        contact: an e-mail address, telephone number or URL.
    """

    name: str
    contact: str


@dataclass(frozen=True, slots=True)
class Site:
    """The site itself.

    Attributes:
        name: what visitors call it.
        controller: who answers for it.
        languages: language tags; the first is the default.
        privacy_notice: path or URL of the privacy notice, or ``None``.
    """

    name: str
    controller: Controller
    languages: tuple[str, ...]
    privacy_notice: str | None = None


@dataclass(frozen=True)
class Policy:
    """Everything a ``consent.toml`` declares.

    Attributes:
        site: the site and its controller.
        expires_after: how long a choice holds; grants and refusals alike, never rolling.
        categories: essential ones first, otherwise in the order of the file.
        texts: the interface texts for every language of the site.
        bring_over: which names of another tool mean which categories and services here, by tool.
        consent_modes: how the consent interfaces of services are told.
        theme: what visitors see it in.
    """

    site: Site
    expires_after: Duration
    categories: tuple[Category, ...]
    texts: Mapping[str, Texts] = field(repr=False)
    bring_over: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict, repr=False)
    consent_modes: ConsentModes = field(default_factory=ConsentModes, repr=False)
    theme: Theme = field(default_factory=lambda: PLAIN, repr=False)  # a signature would show all its colours

    @cached_property
    def ungated(self) -> frozenset[str]:
        """The services that are loaded before and without a yes, because the site says so."""
        return frozenset(name for name, service in self.services.items() if service.ungated)

    @cached_property
    def services(self) -> Mapping[str, Service]:
        """Every service by its id."""
        return {service.id: service for category in self.categories for service in category.services}

    @cached_property
    def by_id(self) -> Mapping[str, Category]:
        """Every category by its id."""
        return {category.id: category for category in self.categories}

    @cached_property
    def optional(self) -> tuple[Category, ...]:
        """The categories a visitor is asked about."""
        return tuple(category for category in self.categories if not category.essential)

    @cached_property
    def objectable(self) -> tuple[Category, ...]:
        """The categories that need no consent and that a visitor can object to."""
        return tuple(category for category in self.categories if category.objectable)

    @cached_property
    def refusable(self) -> tuple[Category, ...]:
        """The categories a visitor can say no to: those that are asked about or can be objected to."""
        return self.objectable + self.optional

    @cached_property
    def refusable_names(self) -> frozenset[str]:
        """The ids of these categories and of their services."""
        services = (service.id for category in self.refusable for service in category.services)
        return frozenset((*(category.id for category in self.refusable), *services))

    @cached_property
    def heeding_gpc(self) -> tuple[Category, ...]:
        """The categories that ``Sec-GPC: 1`` means no to."""
        return tuple(category for category in self.optional if category.gpc)

    @cached_property
    def heeds_gpc(self) -> bool:
        """Whether ``Sec-GPC: 1`` means no to some category."""
        return bool(self.heeding_gpc)

    @cached_property
    def sells_or_shares(self) -> tuple[Category, ...]:
        """The categories through which personal information is sold or shared."""
        return tuple(category for category in self.optional if category.sells_or_shares)

    @cached_property
    def names(self) -> frozenset[str]:
        """Every id that code may ask about: categories and services share one namespace."""
        return frozenset(self.by_id) | frozenset(self.services)

    @cached_property
    def _owners(self) -> Mapping[str, Category]:
        owners = {service.id: category for category in self.categories for service in category.services}
        return {**owners, **self.by_id}

    def category_of(self, name: str) -> Category:
        """Return the category that ``name``, a category or a service, belongs to.

        Raises:
            UnknownNameError: the policy declares no such name.
        """
        try:
            return self._owners[name]
        except (KeyError, TypeError):  # a template may ask about anything, hashable or not
            raise UnknownNameError(name, self.names) from None

    def items_of(self, category: Category) -> tuple[StoredItem, ...]:
        """Return everything stored under ``category``, its own items first."""
        return category.items + tuple(item for service in category.services for item in service.items)


def glob_matcher(globs: Iterable[str]) -> re.Pattern[str]:
    """Compile name globs (``*``, ``?``, ``[…]``) into one case-sensitive pattern for ``match``."""
    return re.compile("|".join(translate(glob) for glob in globs) or r"(?!)")
