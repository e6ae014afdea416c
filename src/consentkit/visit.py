"""``Visit``: one request's view of the visitor, made by the middleware and kept in the scope."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from starlette.types import Message, Scope

from .consent.cookie import ConsentCookie
from .consent.model import Consent
from .consent.signals import gpc_is_on
from .errors import ResponseStartedError
from .gate.cookies import DeclaredCookies, cookie_names
from .gate.headers import for_one_visitor, with_no_store, with_vary
from .policy.model import Policy
from .policy.texts import negotiate
from .ui.decision import is_local_path
from .ui.endpoints import SAVED
from .ui.render import Pages
from .ui.view import Place, View

logger = logging.getLogger("consentkit")

#: Where the middleware keeps the ``Visit`` in the ASGI scope.
SCOPE_KEY = "consentkit"


@dataclass(frozen=True, slots=True)
class Setup:
    """What the constructor of the middleware has compiled; the same for every request.

    Attributes:
        policy: what the site declares.
        cookie: the codec of the consent cookie.
        declared: the optional cookies, ready to be expired.
        pages: what visitors see.
        prefix: path of the cookies page below the application's root.
        varies_by: the request headers that choices are read from.
        language: chooses the language for a scope; ``None`` from it, or no callable, leaves the
            choice to ``Accept-Language``.
        nonce: returns the CSP nonce of the response to a scope.
        said: warnings that have been given, so that each is given once.
    """

    policy: Policy
    cookie: ConsentCookie
    declared: DeclaredCookies
    pages: Pages
    prefix: str
    varies_by: tuple[str, ...]
    language: Callable[[Scope], str | None] | None = None
    nonce: Callable[[Scope], str | None] | None = None
    said: set[str] = field(default_factory=set)


class Visit:
    """The visitor of one request: choices are read when first asked for, saved when told to."""

    __slots__ = ("_consent", "_negotiated", "_place", "_scope", "_setup", "_started", "_to_save")

    def __init__(self, setup: Setup, scope: Scope) -> None:
        """Note the request; nothing is read or verified yet."""
        self._setup = setup
        self._scope = scope
        self._consent: Consent | None = None
        self._to_save: Consent | None = None
        self._place: Place | None = None
        self._started = False
        self._negotiated = False

    @property
    def consent(self) -> Consent:
        """The visitor's choices now; asking makes the response private to this visitor."""
        if self._consent is None:
            if self._started:
                # Nothing can be mended now: a cache may already be keeping the response.
                logger.warning(
                    "Consent was first read after the response had started, so caches were not told "
                    "that it differs between visitors. Read it before the response begins."
                )
            headers = self._scope["headers"]
            gpc = self._setup.policy.heeds_gpc and gpc_is_on(headers)
            self._consent = self._setup.cookie.read(headers, secure=self._secure, gpc=gpc)
        return self._consent

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
        place = self.place()
        return View(
            language=place.language,
            prefix=place.prefix,
            path=place.path,
            secure=place.secure,
            nonce=place.nonce,
            consent=self.consent,
            saved=SAVED in self._query,
        )

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
        self._consent = self._to_save = self._setup.cookie.seal(replace(consent, gpc=self.consent.gpc))
        allowed = sorted(name for name in self._consent.answers if self._consent.allows(name))
        logger.info("Choices saved (%s); allowed: %s.", method, ", ".join(allowed) or "nothing optional")

    def start(self, message: Message) -> Message:
        """Return the message that a response starts with, as it is to leave.

        It is the same object when nothing depends on this visitor. Called once; afterwards nothing
        can be saved.
        """
        self._started = True
        headers = message.get("headers") or ()
        names = self._vary() if message["type"] == "http.response.start" else ()
        if self._to_save is not None:
            saved = [(b"set-cookie", value) for value in self._cookies(self._to_save)]
            headers = [*(with_no_store(with_vary(headers, names)) if names else headers), *saved]
        elif not names:
            return message
        elif self._consent is None:
            headers = with_vary(headers, names)
        else:
            headers, corrected = for_one_visitor(headers, names)
            if corrected:
                self._warn_of_shared_caches()
        # A new message: the application may send this one, or its list of headers, again.
        return {**message, "headers": headers}

    def _warn_of_shared_caches(self) -> None:
        if "shared caches" in self._setup.said:
            return
        self._setup.said.add("shared caches")
        logger.warning(
            "A response that depends on consent was marked for shared caches. It and all others like it "
            "are made private; take the marking away where consent is read. First seen on %r.",
            self._scope.get("path", ""),
        )

    @property
    def _prefix(self) -> str:
        return quote(self._scope.get("root_path", "")) + self._setup.prefix

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
        path = raw.decode("latin-1").partition("?")[0] if raw else quote(self._scope["path"])
        whole = "?".join([path, "&".join(query)] if query else [path])
        return next((candidate for candidate in (whole, path) if is_local_path(candidate)), prefix)

    def _vary(self) -> tuple[str, ...]:
        """Return the request headers that this response was chosen by."""
        names = self._setup.varies_by if self._consent is not None else ()
        return (*names, "Accept-Language") if self._negotiated else names

    def _cookies(self, consent: Consent) -> list[bytes]:
        headers = self._scope["headers"]
        host = next((value.decode("latin-1") for key, value in headers if key.lower() == b"host"), None)
        deletions = self._setup.declared.deletions(
            consent, cookie_names(headers), host=host, secure=self._secure
        )
        return [self._setup.cookie.set_cookie(consent, secure=self._secure), *deletions]
