"""``Outgoing``: what an application sends, on its way to one visitor."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Final

from starlette.types import Message, Send

from .gate.validators import for_changed_page, has_marked_tags
from .reply import hint, is_document, start
from .sight import tag_of
from .visit import Visit

if TYPE_CHECKING:
    from .page import Page

logger = logging.getLogger("consentkit")

#: The messages that carry response headers: HTTP, WebSocket and the refusal of a WebSocket.
STARTS: Final = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})
#: After one of these there is nothing left to refuse.
_ANSWERS: Final = STARTS | {"websocket.close"}


class Outgoing:
    """The ``send`` of one connection. Messages that are none of our business leave as they are.

    Attributes:
        started: whether the application has begun to answer.
    """

    __slots__ = ("_page", "_send", "_visit", "started")

    def __init__(self, visit: Visit, send: Send) -> None:
        self._visit = visit
        self._send = send
        self._page: Page | None = None
        self.started = False

    def send(self, message: Message) -> Awaitable[None]:
        """Send one message.

        What needs no more than to be passed on is awaited where it goes: a coroutine of our own in
        between would cost every message more than looking at it.
        """
        kind = message["type"]
        if kind == "http.response.body":
            return self._send(message) if self._page is None else self._send_piece(self._page, message)
        if kind == "http.response.start":
            self.started = True
            if self._visit.setup.gates_pages:
                return self._start(message)
            return self._send(start(self._visit, message))
        if kind == "http.response.early_hint":
            return self._send_hint(message)
        if kind in _ANSWERS:
            self.started = True
            if kind in STARTS:
                message = start(self._visit, message)
        return self._send(message)

    async def _send_piece(self, page: Page, message: Message) -> None:
        for outgoing in page.body(message):
            await self._send(outgoing)

    async def _send_hint(self, message: Message) -> None:
        left = hint(self._visit, message)
        if left is not None:
            await self._send(left)

    async def _start(self, message: Message) -> None:
        """Send the start of a response that may be a page."""
        headers = message.get("headers")
        if headers is not None and not isinstance(headers, (list, tuple)):
            # ASGI allows any iterable, and looking at one that is used up would empty it.
            message = {**message, "headers": list(headers)}
        if headers and is_document(message):
            from .page import Page, is_encoded, is_page  # noqa: PLC0415 # loads the tokenizer

            if is_page(message):
                if not is_encoded(message):
                    self._page = Page(self._visit, self._visit.scope, message)
                    for outgoing in self._page.begin():
                        await self._send(outgoing)
                    return
                _warn_of_encoding(self._visit)
        if headers and message.get("status") == 304 and has_marked_tags(self._visit.scope["headers"]):
            # It confirms the visitor's copy, which has the tag that this visitor was given.
            message = {**message, "headers": for_changed_page(message["headers"], tag_of(self._visit))}
        await self._send(start(self._visit, message))


def _warn_of_encoding(visit: Visit) -> None:
    visit.setup.warn_once(
        "encoding",
        "A page was compressed inside ConsentMiddleware and left as it came: nothing in it could be "
        "gated. Put what compresses outside, so that it is added after ConsentMiddleware: "
        "app.add_middleware(ConsentMiddleware, …), then app.add_middleware(GZipMiddleware). First seen "
        "on %r.",
        visit.scope.get("path", ""),
    )
