"""Whom pages talk to without having declared it, as browsers report it."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from .claims import Claims

logger = logging.getLogger("consentkit")

#: Hosts that are remembered, so that each is told once.
MAX_STRANGERS: Final = 500

_HOST: Final = re.compile(r"[a-z0-9_](?:[a-z0-9._-]{0,251}[a-z0-9])?")


class Strangers:
    """Tells of each host once; of what was reported, only directive and host are kept.

    Attributes:
        seen: directive and host of every stranger so far.
    """

    def __init__(self, claims: Claims) -> None:
        self._claims = claims
        self.seen: set[tuple[str, str]] = set()

    def note(self, reports: Iterable[tuple[str, str]]) -> None:
        """Note reports, each a directive and what was blocked: an address, or a word such as ``inline``."""
        for directive, blocked in reports:
            host = _host(blocked)
            if host is None or (directive, host) in self.seen or len(self.seen) >= MAX_STRANGERS:
                continue
            self.seen.add((directive, host))
            if len(self.seen) == MAX_STRANGERS:
                logger.warning("Browsers have reported %d hosts; further ones are not told.", MAX_STRANGERS)
            owners = self._claims.owners_of_url(blocked)
            if owners:
                logger.info("A browser refused %s of %s (%s).", directive, host, ", ".join(owners))
                continue
            logger.warning(
                "A page wanted %s from %s, which consent.toml does not declare. Declare it: "
                '[services.…] with hosts = ["%s"] and a category. Said once.',
                directive, host, host,
            )  # fmt: skip


def _host(address: str) -> str | None:
    """Return the host of an address on the network, or ``None``."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    return host if parts.scheme in ("http", "https", "ws", "wss") and _HOST.fullmatch(host) else None
