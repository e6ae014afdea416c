"""``Withdrawals``: tells the site of each service that a visitor no longer allows, once the response is out.

What a service has received stays with it until somebody tells it, and only the site knows how. The calls
run beside the requests: none of them can delay or break the response that makes the withdrawal count.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from starlette.types import Message, Receive, Scope

from .consent.model import Consent

logger = logging.getLogger("consentkit")

#: Gets the id of a service and the scope of the request in which it was withdrawn.
OnWithdrawal = Callable[[str, Scope], Awaitable[None]]

#: Seconds between one attempt and the next.
PAUSES: Final = (1.0, 5.0, 25.0)
#: Seconds that a stopping server waits for calls.
GRACE: Final = 10.0


def withdrawn(before: Consent, after: Consent) -> list[str]:
    """Return the services that one consent allows and a later one does not.

    The signal is left out of it: what it denies for one request has been withdrawn from nobody.
    """
    was, now = replace(before, gpc=False), replace(after, gpc=False)
    return [service for service in was.policy.services if was.allows(service) and not now.allows(service)]


class Withdrawals:
    """The calls that are under way.

    Args:
        hook: called once for each service, and again when it raises.

    Attributes:
        pauses: seconds between one attempt and the next; there is one attempt more than pauses.
        grace: seconds that a stopping server waits.
    """

    pauses: Sequence[float] = PAUSES
    grace: float = GRACE

    def __init__(self, hook: OnWithdrawal) -> None:
        self._hook = hook
        # The event loop itself keeps no task alive.
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, services: Iterable[str], scope: Scope) -> None:
        """Begin to call the hook for each of ``services``; never raises.

        Args:
            services: what was withdrawn.
            scope: of the request.
        """
        for service in services:
            call = self._tell(service, scope)
            try:
                task = asyncio.get_running_loop().create_task(call)
            except RuntimeError:
                call.close()
                logger.error("on_withdrawal was not called for %s: it needs asyncio.", service)
                continue
            self._tasks.add(task)
            task.add_done_callback(partial(self._done, service))

    async def finish(self) -> None:
        """Wait for the calls that are under way, as long as the grace lasts; then cancel them."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=self.grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def before_shutdown(self, receive: Receive) -> Receive:
        """Return the ``receive`` of a lifespan in which the application hears of its end after the calls.

        Afterwards what they need, such as a client or a pool, may be closed.
        """

        async def receive_later() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self.finish()
            return message

        return receive_later

    async def _tell(self, service: str, scope: Scope) -> None:
        for pause in (*self.pauses, None):
            try:
                await self._hook(service, scope)
            except Exception as error:  # noqa: BLE001 - it is the site's, and may raise anything
                if pause is None:
                    # Without a traceback: that may show what is known of the visitor.
                    sentence = "on_withdrawal failed %d times for %s (%s), and is not called again."
                    logger.error(sentence, len(self.pauses) + 1, service, type(error).__name__)
                    return
                await asyncio.sleep(pause)
            else:
                return

    def _done(self, service: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            logger.error("on_withdrawal was not finished for %s: the server stopped.", service)
