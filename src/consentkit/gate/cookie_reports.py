"""Telling the operator, once, what became of a cookie and which line of ``consent.toml`` changes it."""

from __future__ import annotations

import logging
import re
from typing import Final

from .cookies import Standing

logger = logging.getLogger("consentkit")

#: Warnings of one kind; applications may make up names without end.
MAX_REPORTS: Final = 200
#: Characters of a name that are logged.
MAX_SHOWN: Final = 64

_UNPRINTABLE: Final = re.compile(r"[^\x21-\x7e]")


_KINDS: Final = ("held back", "undeclared", "strict", "longer")


class CookieReports:
    """Gives each warning once."""

    def __init__(self) -> None:
        self._said: dict[str, set[str]] = {kind: set() for kind in _KINDS}

    def held_back(self, name: bytes, standing: Standing, owner: str) -> None:
        """A declared cookie was held back in a response."""
        if self._first("held back", standing.glob):
            logger.warning(
                "The cookie %s was held back: the visitor does not allow %s, which declares %s in "
                "consent.toml. It is set once they do. If a visitor cannot do without it, declare it under "
                "[categories.essential] instead. Said once.",
                shown(name), owner, standing.glob,
            )  # fmt: skip

    def undeclared(self, name: bytes) -> None:
        """A cookie that nobody declared passed."""
        if self._first("undeclared", shown(name)):
            logger.warning(
                "The cookie %s is set, but consent.toml does not declare it. It passes, because undeclared "
                'is "report". Declare it: cookies = [{ name = "%s", expires_after = "…", purpose = "…" }] '
                "under [categories.essential] if visitors cannot do without it, else under the category it "
                "belongs to. Said once.",
                shown(name), shown(name),
            )  # fmt: skip

    def strict(self, name: bytes) -> None:
        """A cookie that nobody declared was held back."""
        if self._first("strict", shown(name)):
            logger.warning(
                "The cookie %s was held back: consent.toml does not declare it, and undeclared is "
                '"strict". Declare it: cookies = [{ name = "%s", expires_after = "…", purpose = "…" }] '
                "under the category it belongs to. Said once.",
                shown(name), shown(name),
            )  # fmt: skip

    def longer(self, name: bytes, seconds: float, declared: int) -> None:
        """A cookie is set for longer than visitors are told."""
        if self._first("longer", shown(name)):
            told = f"{declared / 86_400:.0f} days" if declared else "the session"
            logger.warning(
                "The cookie %s is set for %.0f days, but consent.toml tells visitors %s. Correct "
                "expires_after, or the code that sets it; browsers keep no cookie for more than 400 days. "
                "Said once.",
                shown(name), seconds / 86_400, told,
            )  # fmt: skip

    def _first(self, kind: str, what: str) -> bool:
        said = self._said[kind]
        if what in said or len(said) >= MAX_REPORTS:
            return False
        said.add(what)
        return True


def shown(name: bytes) -> str:
    """Return a cookie's name as it may stand in a log: short, and without control characters."""
    text = _UNPRINTABLE.sub("?", name[: MAX_SHOWN + 1].decode("latin-1"))
    return (text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…") or "(without a name)"
