"""The contents of the cookies page: everything the policy declares, ready to be laid out.

It is made from the policy alone, so the page cannot drift from what is enforced (R-79).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from ..policy.duration import Duration
from ..policy.local_text import LocalText
from ..policy.model import (
    CONSENT_COOKIE_NAMES,
    MIRROR_COOKIE_NAMES,
    ONCE_COOKIE_NAMES,
    Category,
    Kind,
    Policy,
    Service,
    StoredItem,
)
from .hrefs import href
from .wording import Wording


@dataclass(frozen=True, slots=True)
class Row:
    """One stored item as a table row.

    Attributes:
        name: the name or glob.
        purpose: its own purpose, else the service's, else the category's.
        provider: the organisation that reads it.
        place: the third-party domain it is stored under, or the words for "this site".
        kind: cookie, local storage, …
        lifetime: how long it stays.
    """

    name: str
    purpose: Markup
    provider: str
    place: Markup
    kind: str
    lifetime: str


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """One service on the cookies page.

    Attributes:
        service: the declaration.
        purpose: its own purpose; ``None`` when the category says it.
        reason: why it needs no consent; given for a service of an essential category.
        privacy_href: where the provider's privacy notice is, when that can be followed.
        rows: what it stores.
    """

    service: Service
    purpose: Markup | None
    reason: Markup | None
    privacy_href: str | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class CategoryEntry:
    """One category on the cookies page.

    Attributes:
        category: the declaration.
        name: its heading.
        purpose: its purpose.
        exemption: why it needs no consent, when it is essential.
        rows: what the site itself stores under it.
        services: its services.
    """

    category: Category
    name: Markup
    purpose: Markup
    exemption: Markup | None
    rows: tuple[Row, ...]
    services: tuple[ServiceEntry, ...]


def other_providers(policy: Policy) -> tuple[str, ...]:
    """Return the organisations besides the controller that a grant would bring in, each once."""
    providers = (service.provider for category in policy.optional for service in category.services)
    return tuple(dict.fromkeys(p for p in providers if p != policy.site.controller.name))


def list_categories(
    policy: Policy, words: Wording, *, secure: bool, mirrors: bool = False
) -> tuple[CategoryEntry, ...]:
    """Return all categories in the order of the policy, our own cookies under the first essential one."""
    essential = next((c for c in policy.categories if c.essential and not c.objectable), None)
    own_cookies = _own_cookies(policy, words, secure=secure, mirrors=mirrors)
    return tuple(
        _entry(policy, words, category, own_cookies if category is essential else [])
        for category in policy.categories
    )


def _entry(policy: Policy, words: Wording, category: Category, first: list[Row]) -> CategoryEntry:
    own = _rows(words, category.items, policy.site.controller.name, category.purpose)
    return CategoryEntry(
        category=category,
        name=words.say(category.name),
        purpose=words.say(category.purpose),
        exemption=None if category.exemption is None else words.exemption(category.exemption),
        rows=(*first, *own),
        services=tuple(_service(words, service, category) for service in category.services),
    )


def _service(words: Wording, service: Service, category: Category) -> ServiceEntry:
    return ServiceEntry(
        service=service,
        purpose=None if service.purpose is None else words.say(service.purpose),
        reason=None if service.reason is None else words.say(service.reason),
        privacy_href=href(service.privacy_url),
        rows=tuple(_rows(words, service.items, service.provider, service.purpose or category.purpose)),
    )


def _rows(words: Wording, items: Iterable[StoredItem], provider: str, purpose: LocalText) -> Iterable[Row]:
    for item in items:
        yield Row(
            name=item.name,
            purpose=words.say(item.purpose or purpose),
            provider=provider,
            place=words.text("first_party") if item.domain is None else escape(item.domain),
            kind=words.texts.kind(item.kind),
            lifetime=words.texts.lifetime(item.lifetime),
        )


# As long as ``consent.once.LIFETIME``.
_A_MINUTE: Final = Duration(1, "minute")


def _own_cookies(policy: Policy, words: Wording, *, secure: bool, mirrors: bool) -> list[Row]:
    number = 0 if secure else 1
    lifetimes = [
        (CONSENT_COOKIE_NAMES[number], "consent_cookie", policy.expires_after),
        (ONCE_COOKIE_NAMES[number], "once_cookie", _A_MINUTE),
    ]
    if mirrors:
        lifetimes.append((MIRROR_COOKIE_NAMES[number], "mirror_cookie", policy.expires_after))
    return [
        Row(
            name=name,
            purpose=words.text(text),
            provider=policy.site.controller.name,
            place=words.text("first_party"),
            kind=words.texts.kind(Kind.COOKIE),
            lifetime=words.texts.duration(lifetime),
        )
        for name, text, lifetime in lifetimes
    ]
