"""Faults that only show when the tables of a ``consent.toml`` are looked at together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Final

from ..errors import Fault, did_you_mean
from .catalogue import catalogue_ids, known_optional
from .consent_modes import ESSENTIAL
from .consent_modes_checks import check_consent_modes
from .model import BRING_OVER_COOKIES, CONSENT_COOKIE_NAMES
from .sales import check_sales
from .schema import CategoryTable, CookieTable, ServiceTable, StorageTable
from .tables import Tables
from .texts import load_texts
from .theme_checks import check_theme
from .values import is_id

#: Each name may need 17 bytes of the cookie; with these many it stays below 1,500 bytes, and
#: so far below the 4,096 that browsers keep of one cookie.
MAX_NAMES: Final = 80

# These exemptions cover measuring the audience, so a statistics cookie may be essential there.
_STATISTICS: Final = frozenset({"uk-statistics", "fr-audience-measurement"})

Item = CookieTable | StorageTable


def check(tables: Tables) -> Iterator[Fault]:
    """Yield every fault in how the tables fit together."""
    yield from _references(tables)
    yield from _listed(tables)
    yield from _memberships(tables)
    yield from _names(tables)
    yield from _category_texts(tables)
    yield from _essentials(tables)
    yield from _globs(tables)
    yield from _contradictions(tables)
    yield from _brought_over(tables)
    yield from check_consent_modes(tables)
    yield from check_sales(tables)
    yield from check_theme(tables.theme)


def _no_category(path: str, category: str, tables: Tables) -> Fault:
    known = sorted(tables.category_names)
    cure = f"{did_you_mean(category, known)}Declared: {', '.join(known)}."
    return Fault("CK014", path, f"There is no category {category!r}.", cure)


def _references(tables: Tables) -> Iterator[Fault]:
    known = sorted({*tables.services, *catalogue_ids()})
    for category, table in tables.categories.items():
        for index, service in enumerate(table.use):
            if service not in catalogue_ids() and service not in tables.service_names:
                path = f"categories.{category}.use[{index}]"
                own = f"Declare it as [services.{service}], or use" if is_id(service) else "Use"
                cure = f"{did_you_mean(service, known, 3)}{own} one of those in docs/catalogue.md."
                yield Fault("CK013", path, f"There is no service {service!r}.", cure)
    for service, claimed in tables.members.items():
        for category in claimed:
            if category not in tables.category_names:
                yield _no_category(f"services.{service}.category", category, tables)


def _listed(tables: Tables) -> Iterator[Fault]:
    for key in ("gpc", "sells_or_shares"):
        for index, category in enumerate(getattr(tables.consent, key)):
            path = f"consent.{key}[{index}]"
            if category not in tables.category_names:
                yield _no_category(path, category, tables)
            elif tables.is_essential(category):
                message = f"{category!r} is essential; only optional categories can stand here."
                yield Fault("CK024", path, message, f"Take it out of {key}.")


def _brought_over(tables: Tables) -> Iterator[Fault]:
    known = sorted(tables.category_names | tables.services.keys())
    for tool, meant in tables.bring_over.items():
        if tool not in BRING_OVER_COOKIES:
            cure = f"{did_you_mean(tool, BRING_OVER_COOKIES)}Known: {', '.join(BRING_OVER_COOKIES)}."
            yield Fault("CK025", f"bring_over.{tool}", f"The cookie of {tool!r} cannot be read.", cure)
        for name, targets in meant.items():
            path = f"bring_over.{tool}.{name}"
            for target in targets:
                if target not in known:
                    cure = f"{did_you_mean(target, known)}Declared: {', '.join(known)}."
                    yield Fault("CK025", path, f"There is no category or service {target!r}.", cure)
                elif not tables.is_refusable(tables.category_of(target) or target):
                    cure = "Leave it out: what is essential is never asked about."
                    yield Fault("CK024", path, f"{target!r} is essential and has no choice.", cure)


def _memberships(tables: Tables) -> Iterator[Fault]:
    for service, claimed in tables.members.items():
        if len(claimed) > 1:
            message = f"{service!r} belongs to several categories: {', '.join(map(repr, claimed))}."
            yield Fault("CK018", f"services.{service}", message, "Leave it in one of them.")
        elif not claimed:
            cure = 'Add category = "…" to it, or list it under use of a category.'
            yield Fault("CK018", f"services.{service}", f"{service!r} belongs to no category.", cure)
    for service, table in tables.services.items():
        if table.provider is None:
            cure = "Name the organisation that runs it; visitors have a right to know."
            yield Fault("CK004", f"services.{service}.provider", "This key is missing.", cure)


def _names(tables: Tables) -> Iterator[Fault]:
    for name in sorted(set(tables.categories) & set(tables.services)):
        message = f"{name!r} is both a category and a service."
        yield Fault("CK022", f"services.{name}", message, "Rename one: code asks about both in the same way.")
    refusable = [name for name in tables.categories if tables.is_refusable(name)]
    count = len(refusable) + len(tables.services)
    if count > MAX_NAMES:
        message = f"There are {count} categories and services; a cookie can hold the choices for {MAX_NAMES}."
        yield Fault("CK023", "categories", message, "Join services that a visitor would not tell apart.")


def _category_texts(tables: Tables) -> Iterator[Fault]:
    standard = load_texts("en").categories
    for category, table in tables.categories.items():
        for key in ("name", "purpose"):
            own = any(texts.get(category, {}).get(key) for _, texts in _texts_of_categories(tables))
            if category not in standard and getattr(table, key) is None and not own:
                cure = f'Add {key} = "…". Only {", ".join(standard)} come with texts.'
                yield Fault("CK015", f"categories.{category}.{key}", f"{category!r} has no {key}.", cure)

    for language, texts in _texts_of_categories(tables):
        for category in texts:
            if category not in standard and category not in tables.category_names:
                yield _no_category(f"texts.{language}.categories.{category}", category, tables)


def _texts_of_categories(tables: Tables) -> Iterator[tuple[str, Mapping[str, Mapping[str, str]]]]:
    """Yield each language with what it calls the categories; what is no table is left out."""
    for language, table in tables.texts.items():
        categories = table.get("categories", {})
        if isinstance(categories, dict):
            yield language, {key: entry for key, entry in categories.items() if isinstance(entry, dict)}


def _essentials(tables: Tables) -> Iterator[Fault]:
    for path, category, item in _items(tables):
        if not tables.is_essential(category):
            continue
        if item.purpose is None:
            cure = "Add purpose: say what would not work without it."
            yield Fault("CK016", f"{path}.purpose", f"{item.name!r} is essential without a reason.", cure)
        exemption = tables.categories[category].exemption
        if exemption not in _STATISTICS and any(_meet(item.name, known) for known in known_optional()):
            cure = "Declare it in an optional category such as analytics or marketing."
            yield Fault("CK017", f"{path}.name", f"{item.name!r} is known to need consent.", cure)
    for service, table in tables.services.items():
        if tables.is_essential(tables.category_of(service) or "") and table.reason is None:
            cure = f'Add reason = "…" under [services.{service}]: say why the site cannot work without it.'
            yield Fault(
                "CK016", f"services.{service}.reason", f"{service!r} is essential without a reason.", cure
            )
    own = tables.categories[ESSENTIAL]
    if "essential" in own.model_fields_set and not own.essential:
        message = f"{ESSENTIAL!r} is always essential: the consent cookie belongs to it."
        cure = "Remove the key, or give the category another name."
        yield Fault("CK024", f"categories.{ESSENTIAL}.essential", message, cure)
    for category, entry in tables.categories.items():
        if entry.exemption is not None and not tables.is_essential(category):
            message = f"{category!r} is optional and needs no exemption."
            yield Fault(
                "CK016", f"categories.{category}.exemption", message, "Remove it or add essential = true."
            )


def _meet(one: str, other: str) -> bool:
    """Return whether two globs can mean the same cookie, as far as one covers the other."""
    return fnmatchcase(one, other) or fnmatchcase(other, one)


def _globs(tables: Tables) -> Iterator[Fault]:
    for path, _category, item in _items(tables):
        # A cookie of another organisation's domain never meets ours.
        if isinstance(item, CookieTable) and item.domain is None:
            for name in CONSENT_COOKIE_NAMES:
                if fnmatchcase(name, item.name):
                    message = f"{item.name!r} also means the consent cookie {name!r}."
                    yield Fault("CK012", f"{path}.name", message, "Choose a narrower name.")
                    break


def _contradictions(tables: Tables) -> Iterator[Fault]:
    """Yield items that must stay and may be refused at once: a refusal would delete what it must not."""
    essential: dict[tuple[str, str | None], list[tuple[str, str]]] = {}
    found = list(_items(tables))
    for path, category, item in found:
        if not tables.is_refusable(category):
            essential.setdefault(_place(item), []).append((path, item.name))
    for path, category, item in found:
        if not tables.is_refusable(category):
            continue
        for where, name in essential.get(_place(item), ()):
            if _meet(item.name, name):
                open_to = "open to objection" if tables.is_essential(category) else "optional"
                message = f"{item.name!r} is {open_to} here and {name!r} is essential in {where}."
                yield Fault("CK019", path, message, "Declare it once, or choose names that do not overlap.")
                break


def _place(item: Item) -> tuple[str, str | None]:
    """Return where an item is kept: names that are kept apart cannot be mistaken for each other."""
    return ("cookie" if isinstance(item, CookieTable) else item.kind), item.domain


def _items(tables: Tables) -> Iterator[tuple[str, str, Item]]:
    """Yield the key path, the category and the table of every stored item."""

    def of(table: CategoryTable | ServiceTable, path: str, category: str) -> Iterator[tuple[str, str, Item]]:
        for index, cookie in enumerate(table.cookies or ()):
            yield f"{path}.cookies[{index}]", category, cookie
        for index, stored in enumerate(table.storage or ()):
            yield f"{path}.storage[{index}]", category, stored

    for category, table in tables.categories.items():
        yield from of(table, f"categories.{category}", category)
    for service, entry in tables.services.items():
        yield from of(entry, f"services.{service}", tables.category_of(service) or "")
