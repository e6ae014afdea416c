"""What the site answers under the prefix: the cookies page, decisions, state, assets, gpc.json."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, Protocol
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from ..consent.model import Consent
from ..errors import DecisionError
from ..policy.digest import notice
from ..policy.model import Policy
from .csrf import require_same_origin
from .decision import JSON, decide, is_local_path, parse_decision
from .hrefs import cookies_page_url
from .problem import problem
from .render import Pages
from .reports import parse_reports
from .state import state_of, stored_by_denied
from .view import View

#: Bytes of a request body. A decision for the largest policy has about 5 kB.
MAX_BODY: Final = 16_384
#: Where browsers look whether a site honours Global Privacy Control
#: (https://www.w3.org/TR/gpc/#gpc-support-resource).
GPC_PATH: Final = "/.well-known/gpc.json"
#: The reading of the GPC specification that this package implements is as of this day.
GPC_READING: Final = "2026-11-23"
#: Below the prefix, where browsers send reports of a Content-Security-Policy.
REPORTS: Final = "reports"
#: Below the prefix, where the stylesheet is.
ASSETS: Final = "assets"
#: The parameter with which the client script asks for the cookies page without a document around it.
DIALOG: Final = b"dialog"
#: The parameter and the fragment that lead to the confirmation.
SAVED: Final = "choices=saved"
SAVED_FRAGMENT: Final = "#choices-saved"
#: The id of the place of an embed that is loaded once.
LOADED: Final = "choices-loaded"

_ECHO: Final = re.compile(rb"(?:\A|&)echo=([0-9.e-]{1,64})(?:&|\Z)")

_PRIVATE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_FOR_EVER: Final = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}


class Visitor(Protocol):
    """The request as the endpoints need it; ``consentkit.visit.Visit`` is one."""

    @property
    def consent(self) -> Consent:
        """The visitor's choices now."""

    def view(self) -> View:
        """What a page rendered for this request needs to know."""

    def save(self, consent: Consent, method: str) -> None:
        """Keep ``consent`` with the response to this request."""

    def keep(self) -> None:
        """Keep choices that have come without a decision made here."""

    def reflect(self) -> None:
        """Let pages for everybody know that there was a choice."""

    def load_once(self, embed: str) -> None:
        """Let one embed load with the next page."""


Reports = list[tuple[str, str]]
Handler = Callable[[Request, Visitor], Awaitable[Response]]


class Endpoints:
    """The small app behind the prefix."""

    def __init__(
        self,
        policy: Policy,
        pages: Pages,
        prefix: str,
        *,
        on_reports: Callable[[Reports], None] | None = None,
    ) -> None:
        """Compile the routes.

        Args:
            policy: what is asked about.
            pages: what is shown.
            prefix: path below the application's root, such as ``/cookies``.
            on_reports: gets what browsers report of a Content-Security-Policy; without it there is no
                place to send it to.
        """
        self._pages = pages
        self._on_reports = on_reports
        self._notice = notice(policy)
        self._prefix = prefix
        self._routes: dict[str, dict[str, Handler]] = {
            prefix: {"GET": self._page, "POST": self._decision},
            f"{prefix}/state": {"GET": self._state},
        }
        self._personal = frozenset(self._routes)
        self._routes |= {f"{prefix}/{ASSETS}/{path}": {"GET": self._asset} for path in pages.assets}
        if on_reports is not None:
            self._routes[f"{prefix}/{REPORTS}"] = {"POST": self._reports}
        if policy.heeds_gpc:
            # Off, the path stays the site's own.
            self._routes[GPC_PATH] = {"GET": self._gpc}

    def handles(self, path: str) -> bool:
        """Return whether ``path``, below the application's root, is answered here."""
        return path in self._routes

    def asks(self, path: str) -> bool:
        """Return whether what is answered here depends on the visitor."""
        return path in self._personal

    async def respond(self, path: str, scope: Scope, receive: Receive, send: Send, visitor: Visitor) -> None:
        """Answer one request whose path ``handles`` has claimed."""
        request = Request(scope, receive)
        methods = self._routes[path]
        allowed = ", ".join(sorted({*methods, "OPTIONS", *(["HEAD"] if "GET" in methods else [])}))
        handler = methods.get("GET" if request.method == "HEAD" else request.method)
        if request.method == "OPTIONS":
            response = Response(status_code=204, headers={"Allow": allowed})
        elif handler is None:
            response = problem(
                "method-not-allowed", 405, f"Allowed here: {allowed}.", headers={**_PRIVATE, "Allow": allowed}
            )
        else:
            try:
                response = await handler(request, visitor)
            except ClientDisconnect:
                return
        if request.method == "HEAD":
            # The server would cut the body anyway; the length stays that of the GET.
            response.body = b""
        await response(scope, receive, send)

    async def _page(self, request: Request, visitor: Visitor) -> Response:
        view = visitor.view()
        visitor.keep()
        part = DIALOG in request.scope.get("query_string", b"").split(b"&")
        page = self._pages.cookies_page(view, back=_back(request, view.prefix), part=part)
        return HTMLResponse(page, headers=_PRIVATE)

    async def _state(self, request: Request, visitor: Visitor) -> Response:
        state = self._state_of(request, visitor.consent)
        visitor.keep()
        visitor.reflect()
        return JSONResponse(state, headers=_PRIVATE)

    async def _asset(self, request: Request, _visitor: Visitor) -> Response:
        # Not request.url: it also reads Host and the query, and raises for what some clients send there.
        asset = self._pages.assets[request.scope["path"].rsplit(f"/{ASSETS}/", 1)[1]]
        return Response(asset.body, media_type=asset.media_type, headers=_FOR_EVER)

    async def _gpc(self, _request: Request, _visitor: Visitor) -> Response:
        return JSONResponse(
            {"gpc": True, "lastUpdate": GPC_READING}, headers={"Cache-Control": "max-age=3600"}
        )

    async def _reports(self, request: Request, _visitor: Visitor) -> Response:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            reports = parse_reports(await _body(request), media_type)
        except DecisionError as error:
            return problem(error.code, error.status, str(error), headers=_PRIVATE)
        if self._on_reports is not None:
            self._on_reports(reports)
        return Response(status_code=204, headers=_PRIVATE)

    async def _decision(self, request: Request, visitor: Visitor) -> Response:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        wants_json = media_type == JSON or request.headers.get("accept", "").startswith(JSON)
        try:
            require_same_origin(request.scope, request.headers)
            decision = parse_decision(await _body(request), media_type)
            consent = decide(visitor.consent, decision)
        except DecisionError as error:
            if wants_json:
                return problem(error.code, error.status, str(error), headers=_PRIVATE)
            page = self._pages.error_page(visitor.view(), error.code)
            return HTMLResponse(page, error.status, headers=_PRIVATE)
        if decision.embed is not None and decision.action == "load-once":
            visitor.load_once(decision.embed)
        else:
            visitor.save(consent, f"{'json' if media_type == JSON else 'form'}:{decision.action}")
        if wants_json:
            return JSONResponse(self._answer(request, visitor, decision.next), headers=_PRIVATE)
        target = decision.next or visitor.view().prefix
        if decision.action == "load-once":
            there = f"{target.partition('#')[0]}#{LOADED}"
            return RedirectResponse(there, HTTPStatus.SEE_OTHER, headers=_PRIVATE)
        return RedirectResponse(confirmation_of(target), HTTPStatus.SEE_OTHER, headers=_PRIVATE)

    def _answer(self, request: Request, visitor: Visitor, path: str | None) -> Mapping[str, Any]:
        """Return the state after a decision, and for the client script what it shows next."""
        state = self._state_of(request, visitor.consent)
        if "echo" in state:
            here = path or visitor.view().prefix
            there = confirmation_of(here)
            state["confirmation"] = self._pages.confirmation(visitor.view(), here=here)
            # To an address that differs by its fragment alone, a browser goes without loading anything.
            state["location"] = "" if there == here + SAVED_FRAGMENT else there
        return state

    def _state_of(self, request: Request, consent: Consent) -> dict[str, Any]:
        state = {**state_of(consent), "notice": self._notice}
        echo = _echo(request)
        return {**state, "echo": echo, "clear": stored_by_denied(consent)} if echo else state


def confirmation_of(path: str) -> str:
    """Return the address of the page at ``path`` with the confirmation on it, focused."""
    path = path.partition("#")[0]
    if SAVED not in path.partition("?")[2].split("&"):
        path += ("&" if "?" in path else "?") + SAVED
    return path + SAVED_FRAGMENT


def _echo(request: Request) -> str | None:
    """Return the number that the client script wants to hear again, so that no cache answers in our place."""
    match = _ECHO.search(request.scope.get("query_string", b""))
    return match[1].decode() if match else None


def _back(request: Request, prefix: str) -> str | None:
    """Return where the visitor came from, or ``None``: a link may say anything."""
    query = request.scope.get("query_string", b"").decode("latin-1")
    try:
        given = parse_qs(query, max_num_fields=32).get("next", [""])[-1]
    except ValueError:
        return None
    # Quoting makes it longer, and what the form sends back as ``next`` must be a path as well.
    fits = is_local_path(given) and is_local_path(cookies_page_url(prefix, given))
    return given if fits else None


async def _body(request: Request) -> bytes:
    """Read the body without ever holding more of it than the limit.

    Raises:
        DecisionError: ``body-too-large``, 413.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise DecisionError("body-too-large", 413, f"At most {MAX_BODY} bytes are read.")
    return body
