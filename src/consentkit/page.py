"""``Page``: a document on its way to one visitor, from the messages of an application to those that leave."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from functools import partial
from typing import Final

from starlette.types import Message, Scope

from . import reply, sight
from .gate.csp_page import page_source, policies_of, refusals
from .gate.csp_text import PolicyText
from .gate.inserts import Inserts
from .gate.stream import HtmlGate
from .gate.validators import for_changed_page
from .visit import Visit

logger = logging.getLogger("consentkit")

_HTML: Final = re.compile(rb"\s*text/html\s*(?:;(.*))?", re.IGNORECASE | re.DOTALL)
_CHARSET: Final = re.compile(rb"(?:^|;)\s*charset\s*=\s*[\"']?([^\s\"';]+)", re.IGNORECASE)
# Responses without a body, and parts of one.
_UNTOUCHED: Final = frozenset({204, 205, 206, 304})
# A frame is part of a page that asks already.
_FRAMES: Final = frozenset({b"iframe", b"frame", b"embed", b"object"})


def is_page(message: Message) -> bool:
    """Return whether a response is a document that a browser would show."""
    status = message.get("status", 200)
    return status >= 200 and status not in _UNTOUCHED and _content_type(message) is not None


def is_encoded(message: Message) -> bool:
    """Return whether the body of a response is compressed, so that nobody can read it here."""
    return any(
        key.lower() == b"content-encoding" and value.strip().lower() not in (b"", b"identity")
        for key, value in message["headers"]
    )


class Page:
    """One HTML response. The start is kept until the first byte of the body, where a length was promised.

    Args:
        visit: the visitor.
        scope: of the request.
        message: the start of the response, as the application sent it, with its headers as a list.
    """

    def __init__(self, visit: Visit, scope: Scope, message: Message) -> None:
        self._visit = visit
        self._scope = scope
        self._start: Message | None = message
        self._gate = HtmlGate(
            visit.setup.claims,
            closed=sight.closed(visit),
            charset=_charset(message),
            allows=partial(sight.allows, visit),
            inserts=self._inserts,
            placeholder=partial(sight.placeholder, visit),
            once=visit.embeds.mark,
        )
        self._policies = policies_of(message["headers"])
        if visit.setup.inject_banner:
            _warn_of_refusals(visit, self._policies)
        # Read now: whatever the page differs by must be known when its headers leave.
        visit.place()
        self._waits = any(key.lower() == b"content-length" for key, _ in message["headers"])

    def begin(self) -> list[Message]:
        """Return what can be sent before any of the body has come."""
        if self._waits and self._scope["method"] != "HEAD":
            return []
        return self._started(None)

    def body(self, message: Message) -> list[Message]:
        """Return what to send for a piece of the body."""
        more = bool(message.get("more_body", False))
        body = self._gate.feed(message.get("body", b""), more=more)
        started = self._started(None if more else len(body))
        return [*started, {**message, "body": body}]

    def _started(self, length: int | None) -> list[Message]:
        """Return the start, once, with the length that the body has after all."""
        start, self._start = self._start, None
        if start is None:
            return []
        headers = for_changed_page(start["headers"], sight.tag_of(self._visit))
        promised = [pair for pair in headers if pair[0].lower() == b"content-length"]
        if promised:
            headers = [pair for pair in headers if pair[0].lower() != b"content-length"]
            if length is not None and self._scope["method"] != "HEAD":
                headers.append((b"content-length", str(length).encode()))
        return [reply.start(self._visit, {**start, "headers": headers})]

    def _inserts(self) -> Inserts:
        destination = next((v for k, v in self._scope["headers"] if k == b"sec-fetch-dest"), b"")
        return Inserts() if destination in _FRAMES else sight.inserts(self._visit, self._policies)


def _warn_of_refusals(visit: Visit, policies: Sequence[PolicyText]) -> None:
    csp, here = visit.setup.csp, visit.here
    refusing = refusals(policies, here.host, here.assets, scripted=visit.setup.pages.scripted)
    if "form-action" in refusing:
        visit.setup.warn_once(
            "form-action",
            "The Content-Security-Policy of a page refuses its forms, so visitors cannot choose in the "
            "banner. Add 'self' to form-action. First seen on %r.",
            visit.scope.get("path", ""),
        )
    # Enforcing adds the stylesheet, where a policy can name the host.
    added = csp is not None and csp.enforces and page_source(here.host) is not None
    if "style-src" in refusing and not added:
        visit.setup.warn_once(
            "style-src",
            "The Content-Security-Policy of a page refuses the stylesheet of the banner. Add 'self' or a "
            "nonce to style-src. First seen on %r.",
            visit.scope.get("path", ""),
        )
    if "script-src" in refusing and not added:
        visit.setup.warn_once(
            "script-src",
            "The Content-Security-Policy of a page refuses the client script, so every choice loads the "
            "page again and consent modes are told nothing. Add 'self' or a nonce to script-src, or set "
            "client=False. First seen on %r.",
            visit.scope.get("path", ""),
        )


def _content_type(message: Message) -> bytes | None:
    """Return the parameters of ``text/html``, or ``None`` for another type."""
    for key, value in message["headers"]:
        if key.lower() == b"content-type":
            match = _HTML.fullmatch(value)
            return (match[1] or b"") if match else None
    return None


def _charset(message: Message) -> str | None:
    match = _CHARSET.search(_content_type(message) or b"")
    return match[1].decode("latin-1") if match else None
