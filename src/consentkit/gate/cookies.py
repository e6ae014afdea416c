"""Expiring the site's optional cookies when their permission is gone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import Final

from ..consent.model import Consent
from ..policy.model import Kind, Policy, StoredItem, glob_matcher

#: Set-Cookie headers spent on deletions in one response: proxies cap headers at 8 KiB or more.
MAX_DELETIONS: Final = 40

#: Characters of a host name (RFC 1035, section 2.3.4); a longer one has no parents worth counting.
MAX_HOST: Final = 253

# A name comes from the visitor; only an RFC 6265 token goes back into a header.
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

_GONE: Final = "Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"


class DeclaredCookies:
    """The optional cookies of a policy, ready to be looked up by name."""

    def __init__(self, policy: Policy) -> None:
        """Compile the names."""
        declared: list[tuple[str, StoredItem]] = []
        for category in policy.optional:
            declared += [(category.id, item) for item in category.items]
            for service in category.services:
                declared += [(service.id, item) for item in service.items]
        self._declared = [
            (glob_matcher([item.name]), owner, item)
            for owner, item in declared
            if item.kind is Kind.COOKIE and item.domain is None
        ]

    def deletions(
        self, consent: Consent, names: Iterable[str], *, host: str | None, secure: bool
    ) -> list[bytes]:
        """Return ``Set-Cookie`` values that delete those of ``names`` that ``consent`` denies.

        A cookie that several services share stays while one of them is allowed. The browser
        deletes a cookie only when domain, path and partition are those it was set with, which
        no request tells; so every variant that the site can have used is named.

        Args:
            consent: what the visitor allows now.
            names: the cookies that came with the request.
            host: the request's ``Host``, with or without port.
            secure: whether the request came over https.
        """
        found: list[bytes] = []
        for name in filter(_TOKEN.fullmatch, dict.fromkeys(names)):
            owners = [(owner, item) for matcher, owner, item in self._declared if matcher.match(name)]
            if owners and not any(consent.allows(owner) for owner, _ in owners):
                paths = dict.fromkeys(["/", *(item.path for _, item in owners)])
                found += _variants(name, list(paths), host, secure=secure)
        # Few cookies are partitioned: those variants come last, where the limit may cut.
        return sorted(found, key=lambda header: header.endswith(b"Partitioned"))[:MAX_DELETIONS]


def cookie_names(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[str]:
    """Yield the name of every cookie in a request, in order; values are not looked at."""
    for key, line in headers:
        if key.lower() == b"cookie":
            for pair in line.split(b";"):
                name, equals, _ = pair.partition(b"=")
                if equals and name.strip(b" \t"):
                    yield name.strip(b" \t").decode("latin-1")


def _variants(name: str, paths: list[str], host: str | None, *, secure: bool) -> Iterator[bytes]:
    """Yield the deletions of one cookie: each domain, path and, over https, partition."""
    domains = [""] if name.lower().startswith("__host-") else ["", *_domains(host)]
    for path in paths:
        for domain in domains:
            attributes = f"; Domain={domain}" if domain else ""
            header = f"{name}=; Path={path}{attributes}; {_GONE}"
            if not secure:
                yield header.encode()
                continue
            # Prefixed cookies are deleted only with Secure; plain ones do not mind it.
            yield f"{header}; Secure".encode()
            yield f"{header}; Secure; SameSite=None; Partitioned".encode()


def _domains(host: str | None) -> Iterator[str]:
    """Yield ``host`` without its port and each parent domain that has at least two labels."""
    name = (host or "").rsplit(":", 1)[0] if not (host or "").startswith("[") else ""
    if len(name) > MAX_HOST:
        return
    labels = name.rstrip(".").lower().split(".")
    try:
        ip_address(name)
    except ValueError:
        for start in range(len(labels) - 1):
            domain = ".".join(labels[start:])
            if all(part and part.replace("-", "").isalnum() and part.isascii() for part in labels[start:]):
                yield domain
