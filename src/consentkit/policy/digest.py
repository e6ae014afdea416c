"""Short fingerprints of what was declared, so that a choice covers just what was shown.

Two kinds of change are told apart. A *material* one (a new service, another provider, a
new host or stored item, a longer lifetime) makes an earlier choice for that category
void; an *editorial* one (texts, the order of the file) asks nobody again.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from .model import Category, Lifetime, Policy, Service, StoredItem

#: Characters in a material digest: 36 bits. Two names that meet by chance would cost one
#: visitor a question too few; ``file.py`` refuses a policy in which two of them meet.
LENGTH: Final = 6


def _short(material: object) -> str:
    canonical = json.dumps(material, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return urlsafe_b64encode(sha256(canonical.encode()).digest()).decode()[:LENGTH]


def _lifetime(lifetime: Lifetime) -> int | str:
    return lifetime if isinstance(lifetime, str) else lifetime.seconds


def _items(items: tuple[StoredItem, ...]) -> list[list[object]]:
    return sorted(
        [[item.kind, item.name, item.domain or "", _lifetime(item.lifetime)] for item in items], key=str
    )


def _service(service: Service) -> dict[str, object]:
    material: dict[str, object] = {
        "id": service.id,
        "provider": service.provider,
        "country": service.country,
        "hosts": sorted({*service.hosts, *service.scripts, *service.embeds}),
        "items": _items(service.items),
    }
    # Only where it is so, or else the digest of every service there is would be another one.
    return {**material, "ungated": True} if service.ungated else material


def service_digest(service: Service) -> str:
    """Return the material digest of one service."""
    return _short(["service", service.category, _service(service)])


def category_digest(category: Category) -> str:
    """Return the material digest of one category with everything under it."""
    services = sorted((_service(service) for service in category.services), key=lambda one: str(one["id"]))
    return _short(["category", category.id, _items(category.items), services])


def material_digests(policy: Policy) -> Mapping[str, str]:
    """Return the material digest of every category that can be refused and of its services, by name."""
    digests = {category.id: category_digest(category) for category in policy.refusable}
    for category in policy.refusable:
        digests |= {service.id: service_digest(service) for service in category.services}
    return digests


def objection_digests(policy: Policy) -> Mapping[str, str]:
    """Return what stands for an objection, by name.

    It stays the same whatever is declared: nobody is asked again about what needs no consent, so an
    objection that ended with a new cookie would end without a word.
    """
    services = (service.id for category in policy.objectable for service in category.services)
    names = (*(category.id for category in policy.objectable), *services)
    return {name: _short(["objection", name]) for name in names}


def names_in(digests: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return what digests that were written one after another stand for, as far as ``names`` has them."""
    cut = (digests[start : start + LENGTH] for start in range(0, len(digests), LENGTH))
    return tuple(names[digest] for digest in cut if digest in names)


def notice(policy: Policy) -> str:
    """Return the digest of everything a visitor can answer about.

    A form carries it, so that a grant sent from a page loaded before a change cannot cover
    what that page did not show.
    """
    return _short(sorted(material_digests(policy).items()))
