"""The headers of a response on their way to one visitor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from starlette.types import Message

from .consent.mirror import mirror_cookie
from .consent.model import Consent
from .gate.csp_terms import ENFORCED
from .gate.expiry import deletions
from .gate.headers import (
    LINKING,
    SETTING,
    for_one_visitor,
    kinds,
    with_no_store,
    with_private,
    with_vary,
)
from .gate.links import hints_without_closed, without_closed_links
from .policy.model import BRING_OVER_COOKIES
from .visit import Visit

Headers = Sequence[tuple[bytes, bytes]]

_JUDGED: Final = SETTING | LINKING


def start(visit: Visit, message: Message) -> Message:
    """Return the message that a response starts with, as it is to leave.

    It is the same object when nothing depends on this visitor. Called once; afterwards nothing
    can be saved.
    """
    if visit.pending is not None and not visit.setup.shared and is_document(message):
        visit.keep()
    visit.started = True
    headers = message.get("headers") or ()
    if not isinstance(headers, (list, tuple)):
        # ASGI allows any iterable, and looking at one that is used up would empty it.
        headers = list(headers)
        message = {**message, "headers": headers}
    found = kinds(headers)
    if found or not visit.plain or visit.setup.csp is not None:
        return _with_all(visit, message, headers, found)
    # So are most responses: they set no cookie, and say nothing to caches.
    if not visit.asked or message["type"] != "http.response.start":
        return message
    # A new message: the application may send this one, or its list of headers, again.
    return {**message, "headers": [*headers, *visit.setup.for_one_visitor]}


def _with_all(visit: Visit, message: Message, headers: Headers, found: int) -> Message:
    """Return the message with whatever has to be told to caches and browsers."""
    judged = _judged(visit, headers, found) if found & _JUDGED else headers
    if visit.setup.csp is not None and (is_document(message) or _confirms_policies(message)):
        judged = _with_policies(visit, list(judged))
    added = [] if visit.plain else _added(visit, message)
    names = _vary(visit) if message["type"] == "http.response.start" else ()
    if not (names or added or judged is not headers):
        return message
    cached = _cached(visit, judged, names, private=bool(added))
    return {**message, "headers": _with_cookies(cached, added) if added else cached}


def _with_policies(visit: Visit, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    assert visit.setup.csp is not None  # noqa: S101 # asked before
    if visit.setup.shared:
        # For everybody, it lets through what most may load; their visitor's gate is the script.
        closed = visit.setup.closed_to_strangers
    else:
        visit.asked = True
        closed = visit.choices().closed - visit.embeds.names
    closed -= visit.setup.policy.ungated
    return visit.setup.csp.headers(headers, closed, visit.here)


def is_document(message: Message) -> bool:
    """Return whether a browser would show a response as a page."""
    return any(
        key.lower() == b"content-type" and value.lstrip()[:9].lower() == b"text/html"
        for key, value in message.get("headers") or ()
    )


def _confirms_policies(message: Message) -> bool:
    """Return whether a 304 carries policies: a browser puts them in the place of those it has stored."""
    return message.get("status") == 304 and any(
        key.lower() == ENFORCED for key, _ in message.get("headers") or ()
    )


def hint(visit: Visit, message: Message) -> Message | None:
    """Return Early Hints without those to a closed service; ``None`` where none are left."""
    links = message.get("links") or []
    if not isinstance(links, list):
        links = list(links)
        message = {**message, "links": links}
    claims, refusable = visit.setup.claims, visit.setup.policy.refusable_names
    if hints_without_closed(links, claims, refusable) == links:
        return message
    visit.asked = visit.asked or not visit.setup.shared
    left = hints_without_closed(links, claims, _for_links(visit).closed)
    return {**message, "links": left} if left else None


def _judged(visit: Visit, headers: Headers, found: int) -> Headers:
    """Return the headers of a response without what is closed; the same object if all may leave."""
    if found & SETTING:
        left = visit.setup.cookies.leaving(headers, lambda: _for_set_cookie(visit))
        headers = headers if len(left) == len(headers) else left
    if not found & LINKING:
        return headers
    links, claims = list(headers), visit.setup.claims
    if without_closed_links(links, claims, visit.setup.policy.refusable_names) is links:
        return headers
    visit.asked = visit.asked or not visit.setup.shared
    return without_closed_links(links, claims, _for_links(visit).closed)


def _for_links(visit: Visit) -> Consent:
    return visit.setup.nobodys if visit.setup.shared else visit.choices()


def _for_set_cookie(visit: Visit) -> Consent:
    # Held back or not, the response is this visitor's.
    visit.asked = True
    return visit.choices()


def _added(visit: Visit, message: Message) -> list[bytes]:
    """Return the ``Set-Cookie`` values of our own that leave with a response."""
    kept = _expired_now(visit, message) if visit.to_save is None else _saved(visit, visit.to_save)
    kept = [*kept, *_mirrored(visit)] if visit.reflecting else kept
    if visit.loading is not None:
        return [visit.setup.once.set_cookie(visit.loading, secure=visit.secure), *kept]
    if _opened(visit) and message["type"] == "http.response.start":
        return [visit.setup.once.deletion(secure=visit.secure), *kept]
    return kept


def _mirrored(visit: Visit) -> list[bytes]:
    setup, consent = visit.setup, visit.consent
    cookie = mirror_cookie(
        visit.scope["headers"],
        consent,
        setup.pages.notice,
        age=setup.cookie.left(consent),
        secure=visit.secure,
    )
    return [] if cookie is None else [cookie]


def _opened(visit: Visit) -> bool:
    """Return whether this page may load an embed, as far as anything has asked."""
    return visit.made_embeds is not None and visit.made_embeds.open is not None


def _saved(visit: Visit, consent: Consent) -> list[bytes]:
    denied = visit.setup.cookies.denied(visit.scope["headers"], consent)
    kept = [visit.setup.cookie.set_cookie(consent, secure=visit.secure), *_expired(visit, denied)]
    if visit.brought:
        tools = [(BRING_OVER_COOKIES[tool].encode(), ("/",)) for tool in visit.setup.policy.bring_over]
        kept += deletions(tools, host=visit.host, secure=visit.secure)
    return kept


def _expired_now(visit: Visit, message: Message) -> list[bytes]:
    # What confirms a stored copy must not change what is stored with it.
    return _expired(visit, visit.refused) if visit.refused and message.get("status") != 304 else []


def _expired(visit: Visit, names: Iterable[bytes]) -> list[bytes]:
    return visit.setup.cookies.expired(names, host=visit.host, secure=visit.secure)


def _cached(
    visit: Visit, headers: Iterable[tuple[bytes, bytes]], names: tuple[str, ...], *, private: bool
) -> Iterable[tuple[bytes, bytes]]:
    """Return ``headers`` with what caches must know."""
    if visit.to_save is not None or _opened(visit):
        return with_no_store(with_vary(headers, names)) if names else headers
    if not visit.asked and not private:
        return with_vary(headers, names) if names else headers
    headers, corrected = for_one_visitor(headers, names) if names else with_private(headers)
    if corrected:
        _warn_of_shared_caches(visit)
    return headers


def _warn_of_shared_caches(visit: Visit) -> None:
    visit.setup.warn_once(
        "shared caches",
        "A response that depends on consent was marked for shared caches. It and all others like it "
        "are made private; take the marking away where consent is read. First seen on %r.",
        visit.scope.get("path", ""),
    )


def _vary(visit: Visit) -> tuple[str, ...]:
    """Return the request headers that this response was chosen by."""
    names: tuple[str, ...] = ("Sec-GPC",) if visit.listened else ()
    names = visit.setup.varies_by if visit.asked else names
    return (*names, "Accept-Language") if visit.negotiated else names


def _with_cookies(headers: Iterable[tuple[bytes, bytes]], values: list[bytes]) -> list[tuple[bytes, bytes]]:
    return [*headers, *((b"set-cookie", value) for value in values)]
