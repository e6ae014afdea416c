"""Faults of ``[consent_modes]`` that only show beside the rest of a ``consent.toml``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..errors import Fault, did_you_mean
from .consent_modes import ESSENTIAL, SIGNALS
from .duration import Duration
from .schema import CategoryTable, CookieTable, ServiceTable
from .tables import Tables

# The CNIL's limit for cookies that measure an audience without consent (délibération 2020-091, article 5).
_THIRTEEN_MONTHS: Final = Duration(13, "month")


def check_consent_modes(tables: Tables) -> Iterator[Fault]:
    """Yield every fault in how consent interfaces and the rest fit together."""
    yield from _signals(tables)
    yield from _services(tables)
    yield from _audience_measurement(tables)


def _signals(tables: Tables) -> Iterator[Fault]:
    known = sorted(tables.category_names | tables.services.keys())
    for signal, name in tables.consent_modes.signals.items():
        path = f"consent_modes.signals.{signal}"
        if name not in known:
            cure = f"{did_you_mean(name, known)}Declared: {', '.join(known)}."
            yield Fault("CK050", path, f"There is no category or service {name!r}.", cure)
        elif SIGNALS[signal] != ESSENTIAL and tables.is_essential(tables.category_of(name) or name):
            cure = "Name the optional category or service whose yes it stands for."
            message = f"{name!r} is essential, so {signal} would be granted without a choice."
            yield Fault("CK051", path, message, cure)


def _services(tables: Tables) -> Iterator[Fault]:
    has_container = any(table.consent_api == "google-tag-manager" for table in tables.services.values())
    for service, table in tables.services.items():
        if table.signals and table.consent_api != "google":
            cure = 'Add consent_api = "google", or leave signals out.'
            message = f"{service!r} names signals of Google's and does not have Google's interface."
            yield Fault("CK052", f"services.{service}.signals", message, cure)
        if table.tag_types and not has_container:
            cure = 'List "google-tag-manager" under use of a category, or leave tag_types out.'
            message = f"{service!r} names types of tags, and no service is a container."
            yield Fault("CK053", f"services.{service}.tag_types", message, cure)


def _audience_measurement(tables: Tables) -> Iterator[Fault]:
    """Yield cookies that live longer than the exemption of their category allows."""
    for path, cookie in _cookies_of_audience_measurement(tables):
        lifetime = cookie.expires_after
        if lifetime != "session" and Duration.parse(lifetime).seconds > _THIRTEEN_MONTHS.seconds:
            message = f"{cookie.name!r} lives for {lifetime}; audience measurement is exempt up to 13 months."
            cure = "Have the service set it for less and declare that, or leave it out if it is never set."
            yield Fault("CK057", f"{path}.expires_after", message, cure)


def _cookies_of_audience_measurement(tables: Tables) -> Iterator[tuple[str, CookieTable]]:
    for category, table in tables.categories.items():
        if table.exemption != "fr-audience-measurement":
            continue
        members = {name: one for name, one in tables.services.items() if tables.category_of(name) == category}
        places: dict[str, CategoryTable | ServiceTable] = {
            f"categories.{category}": table,
            **{f"services.{name}": one for name, one in members.items()},
        }
        for path, place in places.items():
            for index, cookie in enumerate(place.cookies or ()):
                yield f"{path}.cookies[{index}]", cookie
