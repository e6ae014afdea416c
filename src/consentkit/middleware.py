"""``ConsentMiddleware``: joins policy, consent, gate and ui to ASGI."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Sequence
from typing import Final, cast

from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from .consent.cookie import ConsentCookie
from .errors import ConsentRequiredError
from .gate.cookies import DeclaredCookies
from .policy.model import Policy
from .ui.endpoints import Endpoints
from .ui.problem import problem
from .ui.render import Pages
from .visit import SCOPE_KEY, Setup, Visit

logger = logging.getLogger("consentkit")

#: The messages that carry response headers: HTTP, WebSocket and the refusal of a WebSocket.
_STARTS: Final = frozenset({"http.response.start", "websocket.accept", "websocket.http.response.start"})
#: After one of these there is nothing left to refuse.
_ANSWERS: Final = _STARTS | {"websocket.close"}
#: The close code of RFC 6455, section 7.4.1, for what the server's rules forbid.
_POLICY_VIOLATION: Final = 1008
_PREFIX: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")


class ConsentMiddleware:
    """Pure ASGI middleware that asks, remembers and answers for consent.

    Put it outside whatever sets cookies and inside whatever compresses.
    """

    def __init__(  # noqa: PLR0913 # keyword-only options, each with its own line of documentation
        self,
        app: ASGIApp,
        *,
        policy: Policy,
        secret_key: str | bytes | Sequence[str | bytes],
        prefix: str = "/cookies",
        language: Callable[[Scope], str | None] | None = None,
        nonce: Callable[[Scope], str | None] | None = None,
        templates: str | os.PathLike[str] | None = None,
    ) -> None:
        """Compile everything that is the same for every request.

        Args:
            app: the application.
            policy: what the site declares; see ``load_policy``.
            secret_key: signs the consent cookie. Several keys for rotation: oldest first, the last
                signs. Taking a key away makes every visitor whose choice it signed undecided.
            prefix: where the cookies page and its endpoints live, below the application's root.
                Other paths under it stay the application's.
            language: chooses a visitor's language from the scope. Without it, or when it returns
                ``None``, ``Accept-Language`` decides, and then the response varies by it.
            nonce: returns the CSP nonce of the response to a scope. With it the stylesheet is
                written into the page and carries the nonce; without it the page links to it.
            templates: a directory whose files take the place of the shipped templates, one by one.

        Raises:
            SecretKeyError: a key is missing, under 32 bytes, or well known.
            ValueError: the prefix is not a plain path.
        """
        if not _PREFIX.fullmatch(prefix):
            raise ValueError(
                f'prefix must be a path such as "/cookies", without a slash at its end, not {prefix!r}'
            )
        self.app = app
        if isinstance(app, Starlette):
            # Wrapped around a whole application, this is outside of what answers its errors.
            app.exception_handlers.setdefault(ConsentRequiredError, _handle)
        pages = Pages(policy, templates=templates)
        self._endpoints = Endpoints(policy, pages, prefix)
        self._setup = Setup(
            policy=policy,
            cookie=ConsentCookie(policy, secret_key),
            declared=DeclaredCookies(policy),
            pages=pages,
            prefix=prefix,
            varies_by=("Cookie", "Sec-GPC") if policy.heeds_gpc else ("Cookie",),
            language=language,
            nonce=nonce,
        )
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        if SCOPE_KEY in scope:
            self._warn_about_the_second()
            await self.app(scope, receive, send)
            return
        visit = Visit(self._setup, scope)
        scope = {**scope, SCOPE_KEY: visit}
        started = False

        async def send_with_consent(message: Message) -> None:
            nonlocal started
            started = started or message["type"] in _ANSWERS
            if message["type"] in _STARTS:
                message = visit.start(message)
            await send(message)

        path = _route_path(scope)
        if scope["type"] == "http" and self._endpoints.handles(path):
            await self._endpoints.respond(path, scope, receive, send_with_consent, visit)
            return
        try:
            await self.app(scope, receive, send_with_consent)
        except ConsentRequiredError as error:
            if started:
                raise
            if scope["type"] == "websocket":
                # Before the handshake is answered, servers make a 403 of it.
                await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": str(error)})
                return
            await _refusal(error)(scope, receive, send_with_consent)

    def _warn_about_the_second(self) -> None:
        if not self._warned:
            self._warned = True
            logger.warning(
                "ConsentMiddleware is installed twice; the outer one works, the inner one does nothing."
            )


def _route_path(scope: Scope) -> str:
    """Return the path below the application's root: ASGI puts ``root_path`` in front of it."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(root + "/") else path


def _refusal(error: ConsentRequiredError) -> Response:
    """Return the answer of a route that needs a consent this visitor has not given."""
    return problem("consent-required", 403, str(error), name=error.name)


async def _handle(connection: HTTPConnection, error: Exception) -> Response | None:
    """Refuse inside Starlette, whose own answer to an error, a 500, would come before ours."""
    if isinstance(connection, WebSocket):
        await connection.close(_POLICY_VIOLATION, str(error))
        return None
    return _refusal(cast("ConsentRequiredError", error))
