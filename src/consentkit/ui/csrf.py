"""Whether a request that changes choices comes from the site itself.

No token and no extra cookie: setting one before consent would be absurd. Browsers say where a
request comes from in ``Sec-Fetch-Site`` and ``Origin``, headers that no script can forge.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.types import Scope

from ..errors import DecisionError

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


def require_same_origin(scope: Scope, headers: Mapping[str, str]) -> None:
    """Let pass only what a page of this very origin, or the visitor's own hand, has sent.

    ``same-site`` is not enough: a subdomain may belong to somebody else. Browsers leave
    ``Sec-Fetch-Site`` out on plain http, and there ``Origin`` decides. A request with neither
    is refused; a program that posts decisions states its ``Origin``.

    Raises:
        DecisionError: ``cross-site``, 403.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        genuine = site in ("same-origin", "none")
    else:
        genuine = _is_own_origin(headers.get("origin"), headers.get("host"), scope.get("scheme", "http"))
    if not genuine:
        raise DecisionError("cross-site", 403, "The request does not come from this origin.")


def _is_own_origin(origin: str | None, host: str | None, scheme: str) -> bool:
    if not origin or not host:
        return False
    try:
        theirs, ours = urlsplit(origin), urlsplit(f"{scheme}://{host}")
        same_host = theirs.hostname is not None and theirs.hostname == ours.hostname
        if theirs.scheme == scheme:
            return same_host and _port(theirs.port, scheme) == _port(ours.port, scheme)
        # A proxy that ends TLS may not tell the server so: then the browser says https where
        # the server says http. The other way round would be a downgrade.
        return same_host and (theirs.scheme, scheme) == ("https", "http")
    except ValueError:
        return False


def _port(port: int | None, scheme: str) -> int | None:
    return port if port is not None else _DEFAULT_PORTS.get(scheme)
