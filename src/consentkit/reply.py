"""The headers of a response on their way to one visitor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from starlette.types import Message

from .consent.model import Consent
from .gate.headers import for_one_visitor, with_no_store, with_private, with_vary
from .gate.links import LINKING, hints_without_closed, without_closed_links
from .ui.endpoints import REPORTS
from .visit import Visit

Headers = Sequence[tuple[bytes, bytes]]

# Told apart by their length first: looking at every name in lower case costs more.
_JUDGED_LENGTHS: Final = frozenset(map(len, (b"set-cookie", *LINKING)))


def start(visit: Visit, message: Message) -> Message:
    """Return the message that a response starts with, as it is to leave.

    It is the same object when nothing depends on this visitor. Called once; afterwards nothing
    can be saved.
    """
    visit.started = True
    headers = message.get("headers") or ()
    if not isinstance(headers, (list, tuple)):
        # ASGI allows any iterable, and looking at one that is used up would empty it.
        headers = list(headers)
        message = {**message, "headers": headers}
    judged: Headers = headers
    for key, _ in headers:
        if len(key) in _JUDGED_LENGTHS:
            judged = _judged(visit, headers)
            break
    if visit.setup.csp is not None and is_document(message):
        judged = _with_policies(visit, list(judged))
    if judged is headers and not (visit.asked or visit.negotiated or _adds(visit)):
        return message
    added = _added(visit, message) if _adds(visit) else []
    names = _vary(visit) if message["type"] == "http.response.start" else ()
    if not (names or added or judged is not headers):
        return message
    cached = _cached(visit, judged, names, private=bool(added))
    # A new message: the application may send this one, or its list of headers, again.
    return {**message, "headers": _with_cookies(cached, added) if added else cached}


def _adds(visit: Visit) -> bool:
    """Whether there may be a ``Set-Cookie`` of our own."""
    return bool(visit.refused or visit.to_save or visit.loading or visit.open_embed)


def _with_policies(visit: Visit, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    assert visit.setup.csp is not None  # noqa: S101 # asked before
    visit.asked = visit.asked or not visit.setup.shared
    closed = visit.page_consent.closed - visit.embeds.names
    return visit.setup.csp.headers(headers, closed, f"{visit.prefix}/{REPORTS}")


def is_document(message: Message) -> bool:
    """Return whether a browser would show a response as a page."""
    return any(
        key.lower() == b"content-type" and value.lstrip()[:9].lower() == b"text/html"
        for key, value in message.get("headers") or ()
    )


def hint(visit: Visit, message: Message) -> Message | None:
    """Return Early Hints without those to a closed service; ``None`` where none are left."""
    links = message.get("links") or []
    if not isinstance(links, list):
        links = list(links)
        message = {**message, "links": links}
    claims, optional = visit.setup.claims, visit.setup.optional
    if hints_without_closed(links, claims, optional) == links:
        return message
    visit.asked = visit.asked or not visit.setup.shared
    left = hints_without_closed(links, claims, _for_links(visit).closed)
    return {**message, "links": left} if left else None


def _judged(visit: Visit, headers: Headers) -> Headers:
    """Return the headers of a response without what is closed; the same object if all may leave."""
    found = {key.lower() for key, _ in headers if len(key) in _JUDGED_LENGTHS}
    if b"set-cookie" in found:
        left = visit.setup.cookies.leaving(headers, lambda: _for_set_cookie(visit))
        headers = headers if len(left) == len(headers) else left
    if found.isdisjoint(LINKING):
        return headers
    links, claims = list(headers), visit.setup.claims
    if without_closed_links(links, claims, visit.setup.optional) is links:
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
    if visit.loading is not None:
        return [visit.setup.once.set_cookie(visit.loading, secure=visit.secure), *kept]
    if visit.open_embed is not None and message["type"] == "http.response.start":
        return [visit.setup.once.deletion(secure=visit.secure), *kept]
    return kept


def _saved(visit: Visit, consent: Consent) -> list[bytes]:
    denied = visit.setup.cookies.denied(visit.scope["headers"], consent)
    return [visit.setup.cookie.set_cookie(consent, secure=visit.secure), *_expired(visit, denied)]


def _expired_now(visit: Visit, message: Message) -> list[bytes]:
    # What confirms a stored copy must not change what is stored with it.
    return _expired(visit, visit.refused) if visit.refused and message.get("status") != 304 else []


def _expired(visit: Visit, names: Iterable[bytes]) -> list[bytes]:
    headers = visit.scope["headers"]
    host = next((value.decode("latin-1") for key, value in headers if key.lower() == b"host"), None)
    return visit.setup.cookies.expired(names, host=host, secure=visit.secure)


def _cached(
    visit: Visit, headers: Iterable[tuple[bytes, bytes]], names: tuple[str, ...], *, private: bool
) -> Iterable[tuple[bytes, bytes]]:
    """Return ``headers`` with what caches must know."""
    if visit.to_save is not None or visit.open_embed is not None:
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
    names = visit.setup.varies_by if visit.asked else ()
    return (*names, "Accept-Language") if visit.negotiated else names


def _with_cookies(headers: Iterable[tuple[bytes, bytes]], values: list[bytes]) -> list[tuple[bytes, bytes]]:
    return [*headers, *((b"set-cookie", value) for value in values)]
