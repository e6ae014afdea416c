"""What the client script is told of a visitor, with a page and under ``{prefix}/state``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import translate
from typing import Any, Final

from ..consent.model import Consent
from ..policy.model import Policy, StoredItem

_PIECE: Final = re.compile(r"\[!?\]?[^\]]*\]|.", re.DOTALL)


def state_of(consent: Consent) -> dict[str, Any]:
    """Return the visitor's choices and what they come to, as JSON takes it."""
    policy = consent.policy
    return {
        "needs_prompt": consent.needs_prompt,
        "choices": {name: consent.choice(name) for name in _answerable(policy)},
        "allowed": sorted(name for name in policy.names if consent.allows(name)),
        "gpc": consent.gpc,
    }


def stored_by_denied(consent: Consent) -> list[tuple[str, str]]:
    """Return kind and pattern of the name of what denied names may have stored outside cookies.

    What another organisation keeps under its own domain is out of reach; cookies are expired by header.
    """
    return [
        (item.kind, script_pattern(item.name))
        for name, items in _stored(consent.policy)
        if not consent.allows(name)
        for item in items
        if item.kind != "cookie" and item.domain is None
    ]


def script_pattern(glob: str) -> str:
    """Return the regular expression, as JavaScript writes it, of the names that a glob stands for."""
    return f"^{_PIECE.sub(_pattern_of, glob)}$"


def _pattern_of(piece: re.Match[str]) -> str:
    text = piece[0]
    if text == "*":
        return "[^]*"
    if text == "?":
        return "[^]"
    if len(text) == 1:
        return re.escape(text)
    # A set, out of Python's "(?s:[…])\Z". JavaScript reads it in the same way, but that "[]" is empty there.
    found = re.sub(r"^\[(\^?)\]", r"[\1\\]", translate(text)[4:-3])
    return "[^]" if found == "." else found


def _answerable(policy: Policy) -> list[str]:
    services = [service.id for category in policy.refusable for service in category.services]
    return [category.id for category in policy.refusable] + services


def _stored(policy: Policy) -> Iterator[tuple[str, tuple[StoredItem, ...]]]:
    for category in policy.refusable:
        yield category.id, category.items
        for service in category.services:
            yield service.id, service.items
