"""``assemble``: the tables of a ``consent.toml`` → ``Policy``, or everything that is wrong with them.

Loaded with the first file and not with the package: the forms of the tables, and pydantic's part in them,
take a third of the time that all of it takes to load.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, cast

from ..errors import Fault
from .checks import check
from .consent_modes import ConsentModes
from .consent_modes_schema import build_consent_modes
from .digest import material_digests, objection_digests
from .duration import Duration
from .exemption import Exemption
from .local_text import LocalText
from .model import (
    Category,
    Controller,
    Kind,
    Lifetime,
    Policy,
    Service,
    Site,
    StoredItem,
)
from .schema import CategoryTable, CookieTable, ServiceTable, SiteTable, StorageTable
from .tables import Tables, read_tables
from .texts import Texts
from .texts.tags import by_name, current, serving
from .theme_checks import build_theme
from .wordings import build_texts, check_texts


def assemble(document: Mapping[str, object]) -> tuple[Policy | None, list[Fault]]:
    """Return the policy that a parsed file declares, or ``None`` and all its faults."""
    tables, faults = read_tables(document)
    faults += check(tables)
    languages = tuple(tables.site.languages) if tables.site else ()
    faults += check_texts(languages, tables.texts)
    if faults or tables.site is None:
        return None, faults
    policy = _build(tables, tables.site)
    digests = [*material_digests(policy).values(), *objection_digests(policy).values()]
    if len(set(digests)) < len(digests):
        fault = Fault("CK022", "categories", "Two names have the same fingerprint by chance.", "Rename one.")
        return None, [fault]
    return policy, []


def _build(tables: Tables, site: SiteTable) -> Policy:
    languages = tuple(site.languages)
    texts = build_texts(languages, tables.texts)
    modes = build_consent_modes(tables.consent_modes)
    categories = [_category(name, tables, languages, texts, modes) for name in tables.categories]
    return Policy(
        site=Site(
            name=site.name,
            controller=Controller(site.controller.name, site.controller.contact),
            languages=languages,
            privacy_notice=site.privacy_notice,
        ),
        expires_after=Duration.parse(tables.consent.expires_after),
        categories=tuple(sorted(categories, key=lambda category: not category.essential)),
        texts=MappingProxyType(dict(texts)),
        bring_over=MappingProxyType(
            {tool: MappingProxyType(meant) for tool, meant in tables.bring_over.items()}
        ),
        consent_modes=modes,
        theme=build_theme(tables.theme),
    )


def _category(
    name: str,
    tables: Tables,
    languages: tuple[str, ...],
    texts: Mapping[str, Texts],
    modes: ConsentModes,
) -> Category:
    table = tables.categories[name]
    essential = tables.is_essential(name)
    default = languages[0]
    exemption = table.exemption or (Exemption.REQUESTED_SERVICE if essential else None)
    return Category(
        id=name,
        essential=essential,
        name=_standard(name, "name", table, default, texts),
        purpose=_standard(name, "purpose", table, default, texts),
        items=_items(table, default),
        services=tuple(
            _service(
                service, name, entry, default, ungated=not essential and modes.ungates(entry.consent_api)
            )
            for service, entry in tables.services.items()
            if tables.category_of(service) == name
        ),
        gpc=name in tables.consent.gpc,
        sells_or_shares=name in tables.consent.sells_or_shares,
        exemption=Exemption(exemption) if exemption else None,
    )


def _standard(
    category: str, key: str, table: CategoryTable, default: str, texts: Mapping[str, Texts]
) -> LocalText:
    """Return the shipped text of a standard category with the site's own laid over it.

    An own text in ``de`` is also that for ``de-AT``, where the site has no narrower one.
    """
    own = _local(getattr(table, key), default)
    given = own.by_language if own else {}
    names = by_name(tuple(given))
    shipped = {
        language: entry[key]
        for language, one in texts.items()
        if key in (entry := one.categories.get(category, {})) and serving(current(language), names) is None
    }
    return LocalText(MappingProxyType({**shipped, **given}), default)


def _local(words: str | Mapping[str, str] | None, default: str) -> LocalText | None:
    if words is None:
        return None
    by_language = {default: words} if isinstance(words, str) else dict(words)
    return LocalText(MappingProxyType(by_language), default)


def _service(service: str, category: str, table: ServiceTable, default: str, *, ungated: bool) -> Service:
    return Service(
        id=service,
        category=category,
        name=table.name or service.replace("-", " ").capitalize(),
        provider=table.provider or "",
        purpose=_local(table.purpose, default),
        hosts=tuple(table.hosts or ()),
        scripts=tuple(table.scripts or ()),
        embeds=tuple(table.embeds or ()),
        markers=tuple(table.markers or ()),
        csp=MappingProxyType({key: tuple(sources) for key, sources in (table.csp or {}).items()}),
        items=_items(table, default),
        privacy_url=table.privacy_url,
        country=table.country,
        reason=_local(table.reason, default),
        consent_api=table.consent_api,
        signals=tuple(table.signals or ()),
        tag_types=tuple(table.tag_types or ()),
        ungated=ungated,
    )


def _items(table: CategoryTable | ServiceTable, default: str) -> tuple[StoredItem, ...]:
    return tuple(_item(entry, default) for entry in (*(table.cookies or ()), *(table.storage or ())))


def _item(table: CookieTable | StorageTable, default: str) -> StoredItem:
    return StoredItem(
        name=table.name,
        kind=Kind(table.kind) if isinstance(table, StorageTable) else Kind.COOKIE,
        lifetime=_lifetime(table.expires_after),
        purpose=_local(table.purpose, default),
        path=table.path if isinstance(table, CookieTable) else "/",
        domain=table.domain,
    )


def _lifetime(text: str) -> Lifetime:
    if text in ("session", "until-deleted"):
        return cast('Literal["session", "until-deleted"]', text)
    return Duration.parse(text)
