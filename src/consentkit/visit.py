"""``Visit``: one request's view of the visitor, made by the middleware and kept in the scope."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final
from urllib.parse import quote

from starlette.types import Message, Scope

from .consent.cookie import ConsentCookie
from .consent.model import Choice, Consent
from .consent.once import OnceCookie, embed_id
from .consent.signals import gpc_is_on
from .errors import ResponseStartedError
from .gate.claims import Claims
from .gate.cookie_filter import CookieFilter
from .gate.cookies import without_cookies
from .gate.headers import for_one_visitor, with_no_store, with_private, with_vary
from .gate.insertion import Inserts
from .gate.links import LINKING, hints_without_closed, without_closed_links
from .gate.validators import state_tag
from .policy.model import Policy
from .policy.texts import negotiate
from .ui.decision import is_local_path
from .ui.endpoints import SAVED
from .ui.render import Pages
from .ui.view import Place, View

logger = logging.getLogger("consentkit")

Headers = Sequence[tuple[bytes, bytes]]

# Told apart by their length first: looking at every name in lower case costs more.
_JUDGED_LENGTHS: Final = frozenset(map(len, (b"set-cookie", *LINKING)))

#: Where the middleware keeps the ``Visit`` in the ASGI scope.
SCOPE_KEY = "consentkit"


@dataclass(frozen=True)
class Setup:
    """What the constructor of the middleware has compiled; the same for every request.

    Attributes:
        policy: what the site declares.
        cookie: the codec of the consent cookie.
        once: the codec of the cookie for one embed.
        cookies: judges the site's own cookies.
        pages: what visitors see.
        prefix: path of the cookies page below the application's root.
        varies_by: the request headers that choices are read from.
        language: chooses the language for a scope; ``None`` from it, or no callable, leaves the
            choice to ``Accept-Language``.
        nonce: returns the CSP nonce of the response to a scope.
        claims: which service claims which address.
        optional: every optional category and service.
        gate_html: whether what is closed in a page is made inert.
        inject_banner: whether the banner is put into pages whose template has not placed it.
        shared: whether pages are the same for everybody, so that shared caches may keep them.
        said: warnings that have been given, so that each is given once.
    """

    policy: Policy
    cookie: ConsentCookie
    once: OnceCookie
    cookies: CookieFilter
    pages: Pages
    prefix: str
    varies_by: tuple[str, ...]
    claims: Claims
    optional: frozenset[str]
    gate_html: bool = True
    language: Callable[[Scope], str | None] | None = None
    nonce: Callable[[Scope], str | None] | None = None
    inject_banner: bool = False
    shared: bool = False
    said: set[str] = field(default_factory=set)

    @cached_property
    def page_tag(self) -> bytes:
        """Stands for what every page is made with: the whole declaration, its texts and the stylesheet."""
        return state_tag(self.policy, sorted(self.pages.assets))

    @cached_property
    def nobodys(self) -> Consent:
        """The consent of nobody in particular: undecided."""
        return Consent(self.policy)


class Visit:
    """The visitor of one request: choices are read when first asked for, saved when told to."""

    # Most requests change none of these; so they cost nothing until one does.
    _consent: Consent | None = None
    _asked = False  # whether the response depends on the choices
    _refused: frozenset[bytes] = frozenset()  # cookies that came and may not be read
    _to_save: Consent | None = None
    _place: Place | None = None
    _started = False
    _negotiated = False
    _loading: str | None = None  # the embed that the next page may load
    _once: str | None = None  # the embed that this page may load
    #: What the site's own template has put into the page: "head", "banner", "link".
    placed: frozenset[str] = frozenset()
    #: What a gate in a template may load this time, although its service is closed.
    opened: frozenset[str] = frozenset()

    def __init__(self, setup: Setup, scope: Scope) -> None:
        """Note the request; nothing is read or verified yet."""
        self._setup = setup
        self._scope = scope

    @property
    def consent(self) -> Consent:
        """The visitor's choices now; asking makes the response private to this visitor."""
        if self._started and not self._asked:
            # Nothing can be mended now: a cache may already be keeping the response.
            logger.warning(
                "Consent was first read after the response had started, so caches were not told "
                "that it differs between visitors. Read it before the response begins."
            )
        self._asked = True
        return self._choices()

    def _choices(self) -> Consent:
        """Return the visitor's choices for what does not show in the response."""
        if self._consent is None:
            headers = self._scope["headers"]
            gpc = self._setup.policy.heeds_gpc and gpc_is_on(headers)
            self._consent = self._setup.cookie.read(headers, secure=self._secure, gpc=gpc)
        return self._consent

    def arriving(self) -> list[tuple[bytes, bytes]]:
        """Return the headers of the request without the cookies that the application may not read."""
        headers: list[tuple[bytes, bytes]] = self._scope["headers"]
        self._refused = self._setup.cookies.arriving(headers, self._choices)
        return without_cookies(headers, self._refused) if self._refused else headers

    @property
    def value(self) -> str:
        """The visitor's choices, signed for code outside this request; empty before the first.

        What the signal denies here counts as denied there, where nobody can see the signal.
        """
        consent = self.consent
        answers = {
            name: answer if consent.allows(name) else answer._replace(choice=Choice.DENIED)
            for name, answer in consent.answers.items()
        }
        return self._setup.cookie.value(replace(consent, answers=answers)) if answers else ""

    @property
    def pages(self) -> Pages:
        """What visitors see."""
        return self._setup.pages

    @property
    def language(self) -> str:
        """The language for this visitor, one of the site's."""
        languages = self._setup.policy.site.languages
        if self._setup.language is not None:
            chosen = self._setup.language(self._scope)
            if chosen is not None:
                return negotiate(chosen, languages)
        if len(languages) > 1:
            self._negotiated = True
        accepted = b", ".join(
            value for key, value in self._scope["headers"] if key.lower() == b"accept-language"
        )
        return negotiate(accepted.decode("latin-1"), languages)

    def place(self) -> Place:
        """Return the page and its language; the visitor's choices are not read.

        Found out once: a page asks for it with its head, its banner, its link and every closed gate.
        """
        if self._place is None:
            prefix = self._prefix
            query = [part for part in self._query if part and part != SAVED]
            self._place = Place(
                language=self.language,
                prefix=prefix,
                path=self._path(prefix, query),
                secure=self._secure,
                nonce=self._setup.nonce(self._scope) if self._setup.nonce else None,
            )
        return self._place

    def view(self) -> View:
        """Return the place together with the visitor's choices, which makes the response private."""
        return self._view(self.consent)

    def _view(self, consent: Consent) -> View:
        place = self.place()
        return View(
            language=place.language,
            prefix=place.prefix,
            path=place.path,
            secure=place.secure,
            nonce=place.nonce,
            consent=consent,
            saved=SAVED in self._query,
        )

    # ---- for pages that are gated on their way out

    @property
    def page_consent(self) -> Consent:
        """The choices that a page is rendered for: in a page for everybody, nobody's."""
        return self._setup.nobodys if self._setup.shared else self.consent

    @property
    def claims(self) -> Claims:
        """Which service claims what in a page."""
        return self._setup.claims

    @property
    def closed(self) -> frozenset[str]:
        """What the page may not load."""
        return self.page_consent.closed if self._setup.gate_html else frozenset()

    def allows(self, name: str) -> bool:
        """Whether the page may load what it says is of ``name``; an unknown name is no permission."""
        if not self._setup.gate_html:
            return True
        if name in self._setup.policy.names:
            return self.page_consent.allows(name)
        self._warn_once(
            "data-consent",
            "A data-consent names nothing that consent.toml declares; it stays closed. First seen on %r.",
        )
        return False

    @property
    def state_tag(self) -> bytes:
        """Stands for everything that a gated page differs by."""
        consent = self.page_consent
        self.open_once()
        return state_tag(
            consent.closed, consent.needs_prompt, consent.gpc, self.language, self._once, self._setup.page_tag
        )

    def load_once(self, embed: str) -> None:
        """Let one embed load with the next page; nothing is granted for later.

        Raises:
            ResponseStartedError: the headers have been sent.
        """
        if self._started:
            raise ResponseStartedError("The response has started and its headers are gone.")
        self._loading = embed
        logger.info("One embed is loaded once.")

    def open_once(self) -> None:
        """Find out which embed this page may load; the permission is used up with its response."""
        if self._once is None and not self._setup.shared:
            self._once = self._setup.once.read(self._scope["headers"], secure=self._secure)

    def loads_once(self, name: str, source: str) -> bool:
        """Whether the visitor has asked to load this one embed, on this page and now."""
        self.open_once()
        if source in self.opened:
            return True
        return self._once is not None and self._once == embed_id(name, source, self.place().path)

    def placeholder(self, name: str, source: str) -> str:
        """Return the notice that takes the place of an embed of a service or category."""
        if name not in self._setup.policy.names:
            return ""
        # On a page for everybody nobody can be given something of their own.
        embed = None if self._setup.shared else embed_id(name, source, self.place().path)
        return str(self._setup.pages.placeholder(self._page_view(), name, embed))

    def inserts(self) -> Inserts:
        """Return what is put into a page whose template has not placed it itself."""
        if not self._setup.inject_banner:
            return Inserts()
        pages, place = self._setup.pages, self.place()
        return Inserts(
            head="" if "head" in self.placed else str(pages.head(place)),
            banner="" if "banner" in self.placed else str(pages.banner(self._page_view())),
            end="" if "link" in self.placed else str(pages.foot(place)),
        )

    def _page_view(self) -> View:
        return self._view(self.page_consent)

    def save(self, consent: Consent, method: str) -> None:
        """Keep ``consent`` with the response to this request.

        Raises:
            ResponseStartedError: the headers have been sent.
            ValueError: ``consent`` was made under another policy.
        """
        if self._started:
            raise ResponseStartedError(
                "The choice cannot be saved: the response has started and its headers are gone. "
                "Save before the first byte of the body, not in a background task."
            )
        if consent.policy is not self._setup.policy:
            raise ValueError("this consent was made under another policy than the middleware's")
        self._consent = self._to_save = self._setup.cookie.seal(replace(consent, gpc=self._choices().gpc))
        self._asked = True
        allowed = sorted(name for name in self._consent.answers if self._consent.allows(name))
        logger.info("Choices saved (%s); allowed: %s.", method, ", ".join(allowed) or "nothing optional")

    def start(self, message: Message) -> Message:
        """Return the message that a response starts with, as it is to leave.

        It is the same object when nothing depends on this visitor. Called once; afterwards nothing
        can be saved.
        """
        self._started = True
        headers = message.get("headers") or ()
        if not isinstance(headers, (list, tuple)):
            # ASGI allows any iterable, and looking at one that is used up would empty it.
            headers = list(headers)
            message = {**message, "headers": headers}
        judged: Headers = headers
        for key, _ in headers:
            if len(key) in _JUDGED_LENGTHS:
                judged = self._judged(headers)
                break
        if judged is headers and not (self._asked or self._negotiated or self._adds):
            return message
        added = self._added(message) if self._adds else []
        names = self._vary() if message["type"] == "http.response.start" else ()
        if not (names or added or judged is not headers):
            return message
        cached = self._cached(judged, names, private=bool(added))
        # A new message: the application may send this one, or its list of headers, again.
        return {**message, "headers": _with_cookies(cached, added) if added else cached}

    @property
    def _adds(self) -> bool:
        """Whether there may be a ``Set-Cookie`` of our own."""
        return bool(self._refused or self._to_save or self._loading or self._once)

    def hint(self, message: Message) -> Message | None:
        """Return Early Hints without those to a closed service; ``None`` where none are left."""
        links = message.get("links") or []
        if not isinstance(links, list):
            links = list(links)
            message = {**message, "links": links}
        claims, optional = self._setup.claims, self._setup.optional
        if hints_without_closed(links, claims, optional) == links:
            return message
        self._asked = self._asked or not self._setup.shared
        left = hints_without_closed(links, claims, self._for_links().closed)
        return {**message, "links": left} if left else None

    def _judged(self, headers: Headers) -> Headers:
        """Return the headers of a response without what is closed; the same object if all may leave."""
        found = {key.lower() for key, _ in headers if len(key) in _JUDGED_LENGTHS}
        if b"set-cookie" in found:
            left = self._setup.cookies.leaving(headers, self._for_set_cookie)
            headers = headers if len(left) == len(headers) else left
        if found.isdisjoint(LINKING):
            return headers
        links, claims = list(headers), self._setup.claims
        if without_closed_links(links, claims, self._setup.optional) is links:
            return headers
        self._asked = self._asked or not self._setup.shared
        return without_closed_links(links, claims, self._for_links().closed)

    def _for_links(self) -> Consent:
        return self._setup.nobodys if self._setup.shared else self._choices()

    def _for_set_cookie(self) -> Consent:
        # Held back or not, the response is this visitor's.
        self._asked = True
        return self._choices()

    def _added(self, message: Message) -> list[bytes]:
        """Return the ``Set-Cookie`` values of our own that leave with a response."""
        if self._loading is not None:
            return [self._setup.once.set_cookie(self._loading, secure=self._secure)]
        if self._once is not None and message["type"] == "http.response.start":
            return [self._setup.once.deletion(secure=self._secure), *self._expired_now(message)]
        return self._expired_now(message) if self._to_save is None else self._saved(self._to_save)

    def _saved(self, consent: Consent) -> list[bytes]:
        denied = self._setup.cookies.denied(self._scope["headers"], consent)
        return [self._setup.cookie.set_cookie(consent, secure=self._secure), *self._expired(denied)]

    def _expired_now(self, message: Message) -> list[bytes]:
        # What confirms a stored copy must not change what is stored with it.
        return self._expired(self._refused) if self._refused and message.get("status") != 304 else []

    def _expired(self, names: Iterable[bytes]) -> list[bytes]:
        headers = self._scope["headers"]
        host = next((value.decode("latin-1") for key, value in headers if key.lower() == b"host"), None)
        return self._setup.cookies.expired(names, host=host, secure=self._secure)

    def _cached(
        self, headers: Iterable[tuple[bytes, bytes]], names: tuple[str, ...], *, private: bool
    ) -> Iterable[tuple[bytes, bytes]]:
        """Return ``headers`` with what caches must know."""
        if self._to_save is not None or self._once is not None:
            return with_no_store(with_vary(headers, names)) if names else headers
        if not self._asked and not private:
            return with_vary(headers, names) if names else headers
        headers, corrected = for_one_visitor(headers, names) if names else with_private(headers)
        if corrected:
            self._warn_of_shared_caches()
        return headers

    def _warn_of_shared_caches(self) -> None:
        self._warn_once(
            "shared caches",
            "A response that depends on consent was marked for shared caches. It and all others like it "
            "are made private; take the marking away where consent is read. First seen on %r.",
        )

    def warn_of_encoding(self) -> None:
        """Say, once, that a page could not be read because it was compressed inside."""
        self._warn_once(
            "encoding",
            "A page was compressed inside ConsentMiddleware and left as it came: nothing in it could be "
            "gated. Put what compresses outside, so that it is added after ConsentMiddleware: "
            "app.add_middleware(ConsentMiddleware, …), then app.add_middleware(GZipMiddleware). First seen "
            "on %r.",
        )

    def _warn_once(self, what: str, text: str) -> None:
        if what not in self._setup.said:
            self._setup.said.add(what)
            logger.warning(text, self._scope.get("path", ""))

    @property
    def _prefix(self) -> str:
        return quote(self._scope.get("root_path", ""), errors="replace") + self._setup.prefix

    @property
    def _query(self) -> list[str]:
        query: str = self._scope.get("query_string", b"").decode("latin-1")
        return query.split("&")

    @property
    def _secure(self) -> bool:
        return self._scope.get("scheme") in ("https", "wss")

    def _path(self, prefix: str, query: list[str]) -> str:
        """Return path and query of this page, or the cookies page where that cannot be gone back to."""
        if self._scope.get("method", "GET") not in ("GET", "HEAD"):
            return prefix
        raw = self._scope.get("raw_path")
        path = (
            raw.decode("latin-1").partition("?")[0] if raw else quote(self._scope["path"], errors="replace")
        )
        whole = "?".join([path, "&".join(query)] if query else [path])
        return next((candidate for candidate in (whole, path) if is_local_path(candidate)), prefix)

    def _vary(self) -> tuple[str, ...]:
        """Return the request headers that this response was chosen by."""
        names = self._setup.varies_by if self._asked else ()
        return (*names, "Accept-Language") if self._negotiated else names


def _with_cookies(headers: Iterable[tuple[bytes, bytes]], values: list[bytes]) -> list[tuple[bytes, bytes]]:
    return [*headers, *((b"set-cookie", value) for value in values)]
