"""What a page's own Content-Security-Policy says of the things that consentkit puts into it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from .csp_source import Source, parse_source
from .csp_terms import ENFORCED
from .csp_text import PolicyText, policies_in

_NONCE: Final = re.compile(r"'nonce-([A-Za-z0-9+/_-]{8,}={0,2})'", re.IGNORECASE)


def policies_of(headers: Iterable[tuple[bytes, bytes]]) -> tuple[PolicyText, ...]:
    """Return the policies that a page is held to."""
    values = (value for key, value in headers if key.lower() == ENFORCED)
    return tuple(PolicyText(text) for value in values for text in policies_in(value))


def nonce_of(policies: Iterable[PolicyText], kind: str) -> str | None:
    """Return the nonce that policies trust in style sheets or in scripts, if they name one."""
    return next(filter(None, (_nonce(policy, kind) for policy in policies)), None)


def says_nothing_of(policies: Iterable[PolicyText], kind: str) -> bool:
    """Return whether no policy governs a kind of thing."""
    return all(policy.governing(kind) is None for policy in policies)


def refusals(policies: Iterable[PolicyText], host: str, assets: str, *, scripted: bool = False) -> set[str]:
    """Return the directives of a page's own policies that refuse what is put into it.

    Args:
        policies: of the page.
        host: of the page, as the request has it.
        assets: path below which our stylesheet and our script are.
        scripted: whether a script of ours is put into pages.
    """
    refusing = set()
    for policy in policies:
        if "form-action" in policy and not _allows(policy.sources("form-action"), host, ""):
            refusing.add("form-action")
        refusing.update(
            kind for kind in ours(scripted=scripted) if not allows_ours(policy, kind, host, assets)
        )
    return refusing


def ours(*, scripted: bool) -> tuple[str, ...]:
    """Return the kinds of things that are put into a page."""
    return ("style-src", "script-src") if scripted else ("style-src",)


def allows_ours(policy: PolicyText, kind: str, host: str, assets: str) -> bool:
    """Return whether a policy lets our stylesheet or our script in, as a file or with a nonce."""
    name = policy.governing(kind)
    if name is None or _nonce(policy, kind) is not None:
        return True
    return _allows(policy.sources(name), host, f"{assets}/")


def page_source(host: str) -> Source | None:
    """Return what the ``Host`` of a request names; ``None`` for what no policy could name, or nonsense."""
    source = parse_source(host)
    return source if source is not None and not source.is_everybody and not set("*/") & set(host) else None


def _allows(sources: Iterable[str], host: str, path: str) -> bool:
    """Return whether one of the sources covers a path of the page's own host."""
    page = page_source(host)
    for text in sources:
        source = parse_source(text)
        if text.lower() == "'self'":
            return True
        if source is not None and (page is None or source.covers(page._replace(path=path))):
            return True
    return False


def _nonce(policy: PolicyText, kind: str) -> str | None:
    for source in policy.sources(policy.governing(kind)):
        match = _NONCE.fullmatch(source)
        if match is not None:
            return match[1]
    return None
