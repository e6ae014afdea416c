"""A ``consent.toml`` that has the right form, joined with the catalogue, before it becomes a policy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..errors import Fault, did_you_mean
from .catalogue import catalogue_entry, catalogue_ids
from .consent_modes import ESSENTIAL
from .consent_modes_schema import ConsentModesTable
from .exemption import OBJECTABLE
from .schema import (
    CategoryTable,
    ConsentTable,
    ServiceTable,
    SiteTable,
    TableT,
    read_table,
)
from .theme_checks import read_theme
from .theme_schema import ThemeTable
from .values import is_id, is_language

_SECTIONS: Final = (
    "site", "consent", "categories", "services", "bring_over", "consent_modes", "texts", "theme",
)  # fmt: skip
# Where the facts of a catalogue entry come from is no declaration of the site's.
_CATALOGUE_ONLY: Final = frozenset({"sources", "checked", "category"})


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one file; a table with faults in it is left out but its name is known.

    Attributes:
        site: ``[site]``, or ``None`` when it has faults.
        consent: ``[consent]``, or its defaults.
        categories: ``[categories.<id>]`` by id; always holds ``essential``.
        services: every service in use by id, catalogue and ``[services.<id>]`` joined.
        members: service id to the categories that claim it.
        category_names: every id under ``[categories]``, also of tables that have faults.
        service_names: every id under ``[services]``, likewise.
        texts: ``[texts.<language>]`` as written.
        bring_over: ``[bring_over.<tool>]``, each name with what it stands for.
        consent_modes: ``[consent_modes]``, or its defaults.
        theme: ``[theme]``, or what has the right form of it.
    """

    site: SiteTable | None
    consent: ConsentTable
    categories: Mapping[str, CategoryTable]
    services: Mapping[str, ServiceTable]
    members: Mapping[str, tuple[str, ...]]
    category_names: frozenset[str]
    service_names: frozenset[str]
    texts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    bring_over: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    consent_modes: ConsentModesTable = field(default_factory=ConsentModesTable)
    theme: ThemeTable = field(default_factory=ThemeTable)

    def is_essential(self, category: str) -> bool:
        """Return whether ``category`` is declared essential; unknown ones are not."""
        table = self.categories.get(category)
        return category == ESSENTIAL or bool(table and table.essential)

    def is_refusable(self, category: str) -> bool:
        """Return whether visitors can say no to ``category``: it is optional, or one can object to it."""
        table = self.categories.get(category)
        return not self.is_essential(category) or bool(table and table.exemption in OBJECTABLE)

    def category_of(self, service: str) -> str | None:
        """Return the category that ``service`` belongs to, or ``None`` when none claims it."""
        return next(iter(self.members.get(service, ())), None)


def read_tables(document: Mapping[str, object]) -> tuple[Tables, list[Fault]]:
    """Read every table of a parsed file; return what is usable and all faults of form."""
    faults = [
        Fault(
            "CK003", key, "Unknown section.", f"{did_you_mean(key, _SECTIONS)}Known: {', '.join(_SECTIONS)}."
        )
        for key in document
        if key not in _SECTIONS
    ]
    if "site" not in document:
        faults.append(Fault("CK004", "site", "This section is missing.", 'Begin with [site] and name = "…".'))
        site = None
    else:
        site, found = read_table(SiteTable, document["site"], "site")
        faults += found
    consent, found = read_table(ConsentTable, document.get("consent", {}), "consent")
    faults += found
    modes, found = read_table(ConsentModesTable, document.get("consent_modes", {}), "consent_modes")
    faults += found
    categories = _read_section(CategoryTable, "categories", document, faults)
    own = _read_section(ServiceTable, "services", document, faults)
    categories.setdefault(ESSENTIAL, CategoryTable(essential=True))
    # Kept apart: a service in the place of a category would be declared and yet belong nowhere.
    category_names = frozenset({ESSENTIAL, *_keys(document, "categories")})
    service_names = frozenset(_keys(document, "services"))
    members = _members(categories, own)
    services = {service: joined for service in members if (joined := _joined(service, own.get(service)))}
    texts = dict(_texts(document, faults))
    theme, found = read_theme(document.get("theme", {}))
    faults += found
    tables = Tables(
        site=site,
        consent=consent or ConsentTable(),
        categories=categories,
        services=services,
        members=members,
        category_names=category_names,
        service_names=service_names,
        texts=texts,
        bring_over=dict(_bring_over(document.get("bring_over", {}), faults)),
        consent_modes=modes or ConsentModesTable(),
        theme=theme,
    )
    return tables, faults


def _read_section(
    model: type[TableT], section: str, document: Mapping[str, object], faults: list[Fault]
) -> dict[str, TableT]:
    """Return the usable tables of ``[section.<id>]`` and add the faults of the others."""
    tables: dict[str, TableT] = {}
    for key, entry in _entries(document, section, faults):
        table, found = read_table(model, entry, f"{section}.{key}")
        faults += found
        if table is not None:
            tables[key] = table
    return tables


def _keys(document: Mapping[str, object], section: str) -> list[str]:
    table = document.get(section, {})
    return list(table) if isinstance(table, dict) else []


def _entries(
    document: Mapping[str, object], section: str, faults: list[Fault]
) -> Iterator[tuple[str, object]]:
    table = document.get(section, {})
    if not isinstance(table, dict):
        faults.append(Fault("CK005", section, "This is not a table.", f"Write [{section}.name-of-it]."))
        return
    for key, entry in table.items():
        if not is_id(key):
            cure = "Use lower-case letters, digits and single hyphens, at most 40, such as third-party."
            faults.append(Fault("CK008", f"{section}.{key}", f"{key!r} is not a usable name.", cure))
        yield key, entry


def _texts(document: Mapping[str, object], faults: list[Fault]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for tag, table in _entries_of_any_name(document.get("texts", {}), faults):
        if not is_language(tag):
            faults.append(
                Fault("CK020", f"texts.{tag}", f"{tag!r} is not a language tag.", "Use one such as en.")
            )
        elif not isinstance(table, dict):
            faults.append(Fault("CK005", f"texts.{tag}", "This is not a table.", f"Write [texts.{tag}.ui]."))
        else:
            yield tag, table


def _entries_of_any_name(table: object, faults: list[Fault]) -> Iterator[tuple[str, object]]:
    if isinstance(table, dict):
        yield from table.items()
    else:
        faults.append(Fault("CK005", "texts", "This is not a table.", "Write [texts.en.ui]."))


def _bring_over(section: object, faults: list[Fault]) -> Iterator[tuple[str, Mapping[str, tuple[str, ...]]]]:
    for tool, table in section.items() if isinstance(section, dict) else [("", section)]:
        path = f"bring_over.{tool}".rstrip(".")
        if not isinstance(table, dict):
            faults.append(Fault("CK005", path, "This is not a table.", "Write [bring_over.klaro]."))
            continue
        meant: dict[str, tuple[str, ...]] = {}
        for name, targets in table.items():
            listed = [targets] if isinstance(targets, str) else targets
            if isinstance(listed, list) and all(isinstance(target, str) for target in listed):
                meant[name] = tuple(listed)
            else:
                cure = 'Write a name or a list of names, such as "analytics".'
                faults.append(Fault("CK005", f"{path}.{name}", "This value is of the wrong type.", cure))
        yield tool, meant


def _members(
    categories: Mapping[str, CategoryTable], own: Mapping[str, ServiceTable]
) -> dict[str, tuple[str, ...]]:
    members: dict[str, list[str]] = {}
    for category, table in categories.items():
        for service in dict.fromkeys(table.use):
            members.setdefault(service, []).append(category)
    for service, entry in own.items():
        claimed = members.setdefault(service, [])
        if entry.category is not None and entry.category not in claimed:
            claimed.append(entry.category)
    return {service: tuple(claimed) for service, claimed in members.items()}


def _joined(service: str, own: ServiceTable | None) -> ServiceTable | None:
    """Return the catalogue's entry for ``service`` with the site's own values laid over it."""
    if service not in catalogue_ids():
        return own
    entry = {key: value for key, value in catalogue_entry(service).items() if key not in _CATALOGUE_ONLY}
    base = ServiceTable.model_validate(entry)
    if own is None:
        return base
    return base.model_copy(update={key: getattr(own, key) for key in own.model_fields_set})
