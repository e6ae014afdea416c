"""``ConsentMiddleware``: joins policy, consent, gate and ui to ASGI."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, cast

from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from .consent.bring_over import BringOver
from .consent.cookie import ConsentCookie
from .consent.once import OnceCookie
from .errors import ConsentRequiredError
from .gate.claims import Claims
from .gate.cookie_filter import MODES, CookieFilter
from .gate.cookies import CookieRules
from .gate.csp_terms import MODES as CSP_MODES
from .gate.csp_terms import Mode
from .gate.strangers import Strangers
from .gate.validators import asks_for_a_page, has_marked_tags, without_conditions
from .opt_outs import KnownVisitors, OptOuts
from .order import misplaced
from .outgoing import STARTS, Outgoing
from .policy.advice import advise
from .policy.model import Policy
from .reply import start
from .setup import Setup
from .sight import tag_of
from .ui.endpoints import Endpoints
from .ui.head import Head
from .ui.modes import ModesScript, needs_modes
from .ui.problem import problem
from .ui.render import Pages
from .ui.script import ClientScript
from .visit import SCOPE_KEY, Visit
from .withdrawal import OnWithdrawal, Withdrawals, withdrawn

if TYPE_CHECKING:
    from .gate.csp import ContentPolicy

logger = logging.getLogger("consentkit")

_BY_THE_SERVER: Final = frozenset({"http.response.pathsend", "http.response.zerocopysend"})
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
        undeclared: str = "report",
        gate_html: bool = True,
        inject_banner: bool = True,
        csp: str = "off",
        cache: str = "personal",
        prefix: str = "/cookies",
        language: Callable[[Scope], str | None] | None = None,
        nonce: Callable[[Scope], str | None] | None = None,
        client: bool = True,
        templates: str | os.PathLike[str] | None = None,
        opt_outs: OptOuts | None = None,
        on_withdrawal: OnWithdrawal | None = None,
    ) -> None:
        """Compile everything that is the same for every request.

        Args:
            app: the application.
            policy: what the site declares; see ``load_policy``.
            secret_key: signs the consent cookie. Several keys for rotation: oldest first, the last
                signs. Taking a key away makes every visitor whose choice it signed undecided.
            undeclared: what becomes of a cookie that ``consent.toml`` does not declare. ``"report"`` lets
                it pass and warns once; ``"strict"`` holds it back, in both directions.
            gate_html: make whatever a page loads from a declared service inert until the visitor
                grants it. Pages then depend on the visitor. ``False`` leaves pages alone; what is not
                drawn into a ``{% gate %}`` is then loaded without a yes.
            inject_banner: put the banner, its stylesheet and the link to the cookies page into pages
                whose template has not placed them.
            csp: a Content-Security-Policy for each visitor. ``"enforce"`` merges the hosts of what the
                visitor allows into the application's own and takes those of everything else declared
                out; a page without a policy gets one that refuses every stranger. ``"report"`` sends
                the same for reports alone. ``"off"`` sends nothing.
            cache: ``"personal"`` renders a page for its visitor and keeps shared caches from it.
                ``"shared"`` renders one page for everybody, closed and with the banner, which shared
                caches may keep; the client script opens what this visitor allows.
            prefix: where the cookies page and its endpoints live, below the application's root.
                Other paths under it stay the application's.
            language: chooses a visitor's language from the scope. Without it, or when it returns
                ``None``, ``Accept-Language`` decides, and then the response varies by it.
            nonce: returns the CSP nonce of the response to a scope. With it the stylesheet, and what
                consent modes are told, stand in the page and carry it; without it they may be files.
            client: put the client script into pages with the banner's stylesheet. It saves a choice
                without loading the page again, opens what was granted where it stands, and shows the
                cookies page as a dialog. ``False`` leaves all of that to forms and links, not consent modes.
            templates: a directory whose files take the place of the shipped templates, one by one.
            opt_outs: the site's memory of accounts that have opted out by ``Sec-GPC``. Their requests
                count as if they carried it. It is asked once for each that may depend on consent.
            on_withdrawal: called with the id of each service that a saved choice no longer allows, and
                the scope of the request, after the response; three times more when it raises.

        Raises:
            SecretKeyError: a key is missing, under 32 bytes, or well known.
            ValueError: the prefix is not a plain path, or ``undeclared``, ``csp`` or ``cache`` is none of
                its values.
        """
        if not _PREFIX.fullmatch(prefix):
            raise ValueError(
                f'prefix must be a path such as "/cookies", without a slash at its end, not {prefix!r}'
            )
        _check("undeclared", undeclared, MODES)
        _check("csp", csp, CSP_MODES)
        _check("cache", cache, ("personal", "shared"))
        for finding in advise(policy):
            logger.warning("consent.toml: %s", finding)
        self.app = app
        if isinstance(app, Starlette):
            # Wrapped around a whole application, this is outside of what answers its errors.
            app.exception_handlers.setdefault(ConsentRequiredError, _handle)
        script = ClientScript(reloads=csp == "enforce") if client else None
        modes = ModesScript(policy, shared=cache == "shared") if needs_modes(policy) else None
        shared = cache == "shared" and bool(policy.optional)
        head = Head(policy.theme, client=script, shared=shared, modes=modes)
        pages = Pages(policy, head=head, templates=templates)
        claims = Claims(policy.services.values(), unclaimed=[modes.asset.text] if modes is not None else ())
        on_reports = None if csp == "off" else Strangers(claims).note
        self._endpoints = Endpoints(policy, pages, prefix, on_reports=on_reports)
        self._setup = Setup(
            policy=policy,
            cookie=ConsentCookie(policy, secret_key),
            once=OnceCookie(secret_key),
            bring_over=BringOver(policy) if policy.bring_over else None,
            cookies=CookieFilter(CookieRules(policy), strict=undeclared == "strict"),
            pages=pages,
            prefix=prefix,
            varies_by=("Cookie", "Sec-GPC") if policy.heeds_gpc else ("Cookie",),
            language=language,
            nonce=nonce,
            claims=claims,
            csp=None if csp == "off" else _content_policy(policy, cast("Mode", csp), scripted=head.scripted),
            gate_html=gate_html,
            inject_banner=inject_banner,
            shared=cache == "shared",
        )
        self._gates_pages = self._setup.gates_pages
        if self._gates_pages:
            # The tokenizer takes 80 ms to load: now, and not while a visitor waits.
            from . import page  # noqa: F401, PLC0415
        self._known = KnownVisitors(opt_outs) if opt_outs is not None and policy.heeds_gpc else None
        if opt_outs is not None and self._known is None:
            logger.warning("opt_outs is never asked: gpc in consent.toml names no category.")
        self._withdrawals = None if on_withdrawal is None else Withdrawals(on_withdrawal)
        self._warned = False
        self._looked = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if not self._looked:
            self._look(scope)
        kind = scope["type"]
        if kind not in ("http", "websocket") or SCOPE_KEY in scope:
            await self._pass(scope, receive, send)
            return
        visit = Visit(self._setup, scope)
        if kind == "http":
            path = _route_path(scope) if scope.get("root_path") else scope["path"]
            if self._endpoints.handles(path):
                await self._respond(path, receive, send, visit)
                return
        if self._known is not None:
            visit.opted_out = await self._known.opted_out(scope, signalled=visit.signalled)
        if self._gates_pages or visit.in_question:
            inner = self._inner(scope, visit)
        else:
            inner = {**scope, SCOPE_KEY: visit}
        out = Outgoing(visit, send)
        try:
            await self.app(inner, receive, out.send)
        except ConsentRequiredError as error:
            if out.started:
                raise
            await _refuse(error, visit, receive, send)
        finally:
            if self._withdrawals is not None:
                self._tell(visit)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is neither a request nor a WebSocket, or has passed through another one of us."""
        if SCOPE_KEY in scope:
            self._warn_about_the_second()
        elif self._withdrawals is not None and scope["type"] == "lifespan":
            receive = self._withdrawals.before_shutdown(receive)
        await self.app(scope, receive, send)

    async def _respond(self, path: str, receive: Receive, send: Send, visit: Visit) -> None:
        """Answer one of the paths that are ours."""
        if self._known is not None and self._endpoints.asks(path):
            visit.opted_out = await self._known.opted_out(visit.scope, signalled=visit.signalled)
        scope = {**visit.scope, SCOPE_KEY: visit}
        try:
            await self._endpoints.respond(path, scope, receive, _with_headers_of(visit, send), visit)
        finally:
            if self._withdrawals is not None:
                self._tell(visit)

    def _tell(self, visit: Visit) -> None:
        """Tell the site of what a choice has withdrawn, if the choice has left with a response."""
        assert self._withdrawals is not None  # noqa: S101 # asked before
        if visit.started and visit.before is not None and visit.to_save is not None:
            self._withdrawals.tell(withdrawn(visit.before, visit.to_save), visit.scope)

    def _inner(self, scope: Scope, visit: Visit) -> Scope:
        """Return the scope as the application is to see it."""
        headers = visit.arriving()
        inner = {**scope, SCOPE_KEY: visit, "headers": headers}
        if self._gates_pages and scope["type"] == "http" and asks_for_a_page(headers):
            tag = tag_of(visit) if has_marked_tags(headers) else None
            inner["headers"] = without_conditions(headers, tag, method=scope["method"])
            extensions = scope.get("extensions") or {}
            # With these, the server reads a file by itself and nobody sees the page.
            inner["extensions"] = {
                key: value for key, value in extensions.items() if key not in _BY_THE_SERVER
            }
        return inner

    def _look(self, scope: Scope) -> None:
        self._looked = True
        for sentence in misplaced(scope.get("app"), type(self)):
            logger.warning(sentence)

    def _warn_about_the_second(self) -> None:
        if not self._warned:
            self._warned = True
            logger.warning(
                "ConsentMiddleware is installed twice; the outer one works, the inner one does nothing."
            )


def _check(option: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ValueError(f"{option} must be {' or '.join(map(repr, known))}, not {value!r}")


def _with_headers_of(visit: Visit, send: Send) -> Send:
    """Return ``send`` for what we answer ourselves."""

    async def send_with_headers(message: Message) -> None:
        await send(start(visit, message) if message["type"] in STARTS else message)

    return send_with_headers


async def _refuse(error: ConsentRequiredError, visit: Visit, receive: Receive, send: Send) -> None:
    """Answer in the place of an application that has not begun to."""
    if visit.scope["type"] == "websocket":
        # Before the handshake is answered, servers make a 403 of it.
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": str(error)})
        return
    await _refusal(error)(visit.scope, receive, _with_headers_of(visit, send))


def _content_policy(policy: Policy, mode: Mode, *, scripted: bool) -> ContentPolicy:
    from .gate.csp import ContentPolicy  # noqa: PLC0415 # few sites have one

    return ContentPolicy(policy.services.values(), mode=mode, scripted=scripted)


def _route_path(scope: Scope) -> str:
    """Return the path below the application's root: ASGI puts ``root_path`` in front of it."""
    path: str = scope["path"]
    root: str = scope["root_path"]
    return path[len(root) :] if path.startswith(root + "/") else path


def _refusal(error: ConsentRequiredError) -> Response:
    """Return the answer of a route that needs a consent this visitor has not given."""
    return problem("consent-required", 403, str(error), name=error.name)


async def _handle(connection: HTTPConnection, error: Exception) -> Response | None:
    """Refuse inside Starlette, whose own answer to an error, a 500, would come before ours."""
    if isinstance(connection, WebSocket):
        await connection.close(_POLICY_VIOLATION, str(error))
        return None
    return _refusal(cast("ConsentRequiredError", error))
