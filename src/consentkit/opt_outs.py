"""``OptOuts``: accounts that have opted out by Global Privacy Control, as the site remembers them.

A signal is that of one browser; whoever signs in elsewhere has opted out there too. consentkit knows no
accounts and stands outside of what signs people in, so the site looks for itself, in the request as it came.
"""

from __future__ import annotations

import logging
from typing import Protocol

from starlette.types import Scope

logger = logging.getLogger("consentkit")


class OptOuts(Protocol):
    """What ``ConsentMiddleware(opt_outs=…)`` takes; of each request it calls one of the two."""

    async def has_opted_out(self, scope: Scope) -> bool:
        """Return whether the account behind a request without the signal has opted out.

        Args:
            scope: of the request. Without an account in it the answer is no.
        """
        ...

    async def opt_out(self, scope: Scope) -> None:
        """Remember that the account behind a request has sent the signal, if there is an account.

        It is called with every such request.

        Args:
            scope: of the request.
        """
        ...


class KnownVisitors:
    """Asks the site, and takes whatever goes wrong for an opt-out.

    Args:
        store: the site's.
    """

    def __init__(self, store: OptOuts) -> None:
        self._store = store
        self._failing = False

    async def opted_out(self, scope: Scope, *, signalled: bool) -> bool:
        """Return whether a request counts as one with the signal.

        Args:
            scope: of the request.
            signalled: whether it carries the signal.
        """
        try:
            if signalled:
                await self._store.opt_out(scope)
            opted_out = signalled or bool(await self._store.has_opted_out(scope))
        except Exception as error:  # noqa: BLE001 - what a database may raise is endless, and all of it means no
            self._warn(error)
            return True
        self._failing = False
        return opted_out

    def _warn(self, error: Exception) -> None:
        """Say it once, and again when it fails after it has worked."""
        if not self._failing:
            self._failing = True
            logger.warning(
                "opt_outs failed (%s). Until it works again every visitor counts as opted out, and "
                "accounts that opt out are not remembered.",
                type(error).__name__,
            )
