"""A Content-Security-Policy that allows what this visitor has granted, and no other declared service.

It is the second lock: what a script of the site's own puts together at run time is not in any markup,
but the browser asks the policy before it connects. (Not always: a ``preconnect`` ignores it.)

A site's own policy is changed as little as possible. Directives are text separated by ``;``, of which
the first of a name counts (CSP Level 3, section 2.2.1); those that stay, stay byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from ..policy.model import Service
from .claims import hosts_of

Headers = list[tuple[bytes, bytes]]
Mode = Literal["report", "enforce"]

MODES: Final = ("off", "report", "enforce")

#: The name under which reports are asked for, in ``Reporting-Endpoints`` and in policies.
ENDPOINT: Final = "consentkit"

_ENFORCED: Final = b"content-security-policy"
_REPORTED: Final = b"content-security-policy-report-only"
_ENDPOINTS: Final = b"reporting-endpoints"

# What a site without a policy of its own can go on doing: everything but talking to strangers.
_OWN: Final = "'self' 'unsafe-inline' 'unsafe-eval' data: blob:"
# Which directives speak for another one that is not there (CSP Level 3, section 6.8.3).
_GOVERNED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "script-src": ("script-src-elem", "script-src", "default-src"),
    "style-src": ("style-src-elem", "style-src", "default-src"),
    "frame-src": ("frame-src", "child-src", "default-src"),
    "worker-src": ("worker-src", "child-src", "script-src", "default-src"),
}
_FOR_HOSTS: Final = (
    "script-src",
    "connect-src",
    "img-src",
    "frame-src",
    "style-src",
    "font-src",
    "media-src",
)
_NONCE: Final = re.compile(r"'nonce-([A-Za-z0-9+/_-]{8,}={0,2})'", re.IGNORECASE)


class ContentPolicy:
    """Compiles what each service needs; changes or adds the policies of a response.

    Args:
        services: every service, also the essential ones.
        mode: ``"enforce"`` changes the site's policies, or sends one of our own; ``"report"`` leaves them
            alone and sends the same beside them, for reports only.
    """

    def __init__(self, services: Iterable[Service], *, mode: Mode) -> None:
        self._mode = mode
        self._sources = {service.id: _sources(service) for service in services}

    def headers(self, headers: Headers, closed: frozenset[str], reports: str) -> Headers:
        """Return the headers of a page with the policies for one visitor.

        Args:
            headers: of the response.
            closed: the services that are not allowed now.
            reports: path to which browsers send reports.
        """
        allowed = _joined(one for service, one in self._sources.items() if service not in closed)
        gone = _hosts(one for service, one in self._sources.items() if service in closed) - _hosts([allowed])
        own = [value for key, value in headers if key.lower() == _ENFORCED]
        if self._mode == "enforce":
            kept = [
                (key, _changed(value, allowed, gone) if key.lower() in (_ENFORCED, _REPORTED) else value)
                for key, value in headers
            ]
            added = [] if own else [(_ENFORCED, _policy_of_our_own(allowed))]
        else:
            kept = list(headers)
            policies = [_changed(value, allowed, gone) for value in own] or [_policy_of_our_own(allowed)]
            added = [(_REPORTED, policy) for policy in policies]
        reported = [(key, _with_reports(value, reports)) for key, value in added]
        return [*_with_endpoint(kept, reports), *reported] if added else kept


def nonce_of(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """Return the nonce that a page's own policy lets its style sheets carry, if it has one."""
    for key, value in headers:
        if key.lower() != _ENFORCED:
            continue
        for policy in value.decode("latin-1").split(","):
            directives = dict(reversed([_parted(text) for text in policy.split(";")]))
            governing = next((name for name in _GOVERNED_BY["style-src"] if name in directives), "")
            match = _NONCE.search(directives.get(governing, ""))
            if match is not None:
                return match[1]
    return None


def _sources(service: Service) -> Mapping[str, tuple[str, ...]]:
    """Return what a service needs by directive; where nobody has said, its hosts for everything."""
    return service.csp or dict.fromkeys(_FOR_HOSTS, hosts_of(service))


def _joined(needs: Iterable[Mapping[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    joined: dict[str, dict[str, None]] = {}
    for need in needs:
        for directive, sources in need.items():
            joined.setdefault(directive, {}).update(dict.fromkeys(sources))
    return {directive: tuple(sources) for directive, sources in joined.items()}


def _hosts(needs: Iterable[Mapping[str, tuple[str, ...]]]) -> frozenset[str]:
    return frozenset(_bare(source) for need in needs for sources in need.values() for source in sources)


def _bare(source: str) -> str:
    """Return a source without its scheme and a slash at its end."""
    return source.lower().partition("://")[2].rstrip("/") if "://" in source else source.lower().rstrip("/")


def _policy_of_our_own(allowed: Mapping[str, tuple[str, ...]]) -> bytes:
    directives = [f"default-src {_OWN}"]
    directives += [
        f"{name} {_OWN} {' '.join(sources)}" for name, sources in sorted(allowed.items()) if sources
    ]
    return "; ".join(directives).encode("latin-1", "ignore")


def _changed(value: bytes, allowed: Mapping[str, tuple[str, ...]], gone: frozenset[str]) -> bytes:
    """Return one header, which may hold several policies, for one visitor."""
    policies = value.decode("latin-1").split(",")
    return ",".join(_merged(policy, allowed, gone) for policy in policies).encode("latin-1")


def _merged(policy: str, allowed: Mapping[str, tuple[str, ...]], gone: frozenset[str]) -> str:
    texts = policy.split(";")
    places: dict[str, int] = {}
    for number, text in enumerate(texts):
        places.setdefault(_parted(text)[0], number)
    places.pop("", None)
    needs: dict[str, list[str]] = {}
    for directive, sources in allowed.items():
        chain = _GOVERNED_BY.get(directive, (directive, "default-src"))
        governing = next((name for name in chain if name in places), None)
        if governing == "default-src":
            # Only this kind of thing is to be allowed more than the rest.
            texts.append(f" {directive} {_parted(texts[places[governing]])[1]}")
            places[directive] = len(texts) - 1
            governing = directive
        if governing is not None:
            needs.setdefault(governing, []).extend(sources)
    for name, number in places.items():
        if name.endswith(("-src", "-src-elem")):
            texts[number] = _directive(texts[number], needs.get(name, ()), gone)
    return ";".join(texts)


def _directive(text: str, needed: Iterable[str], gone: frozenset[str]) -> str:
    """Return one directive with what is needed and without what is gone; ``text`` if nothing changes."""
    name, value = _parted(text)
    present = value.split()
    kept = [source for source in present if _bare(source) not in gone]
    known = {_bare(source) for source in kept}
    # With 'strict-dynamic' hosts are ignored, and trust comes from a nonce alone.
    trusting = "'strict-dynamic'" in known
    added = [] if trusting else [one for one in dict.fromkeys(needed) if _bare(one) not in known]
    if kept == present and not added:
        return text
    left = [source for source in kept if source.lower() != "'none'"] + added
    return f"{text[: len(text) - len(text.lstrip())]}{name} {' '.join(left) if left else NONE}"


NONE: Final = "'none'"


def _parted(text: str) -> tuple[str, str]:
    """Return a directive's name in lower case, and its value."""
    name, _, value = text.strip(" \t\n\f\r").partition(" ")
    return name.lower(), value.strip()


def _with_reports(policy: bytes, reports: str) -> bytes:
    if re.search(rb"(?:^|;)\s*report-(?:uri|to)\s", policy, re.IGNORECASE):
        return policy
    return policy + f"; report-uri {reports}; report-to {ENDPOINT}".encode("latin-1", "ignore")


def _with_endpoint(headers: Headers, reports: str) -> Headers:
    """Return the headers with the address for reports, beside those that the site has."""
    own = f'{ENDPOINT}="{reports}"'.encode("latin-1", "ignore")
    present = [value for key, value in headers if key.lower() == _ENDPOINTS]
    others = [pair for pair in headers if pair[0].lower() != _ENDPOINTS]
    return [*others, (_ENDPOINTS, b", ".join([*present, own]))]
