"""``Visit``: one request's view of the visitor, made by the middleware and kept in the scope."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from starlette.types import Scope

from .consent.cookie import NAMES
from .consent.model import Choice, Consent
from .consent.once import name_part
from .consent.signals import gpc_is_on, with_opt_out
from .embeds import Embeds
from .errors import ResponseStartedError
from .gate.cookie_filter import Line
from .gate.cookies import without_cookies
from .gate.csp_terms import Here
from .policy.texts import negotiate
from .setup import Setup
from .ui.decision import is_local_path
from .ui.endpoints import ASSETS, REPORTS, SAVED
from .ui.render import Pages
from .ui.view import Place, View

logger = logging.getLogger("consentkit")

#: Where the middleware keeps the ``Visit`` in the ASGI scope.
SCOPE_KEY = "consentkit"

_TLS: Final = ("https", "wss")
_NO_NAMES: Final[frozenset[bytes]] = frozenset()
_NOTHING: Final[frozenset[str]] = frozenset()


class Visit:
    """The visitor of one request: choices are read when first asked for, saved when told to."""

    __slots__ = (
        "_consent", "_found", "_place", "_signals", "asked", "before", "brought", "in_question", "listened",
        "loading", "made_embeds", "negotiated", "opted_out", "pending", "placed", "plain", "reflecting",
        "refused", "scope", "setup", "started", "to_save",
    )  # fmt: skip

    def __init__(self, setup: Setup, scope: Scope) -> None:
        """Note the request and what its headers hold; nothing is verified yet."""
        self.setup = setup
        self.scope = scope
        self._consent: Consent | None = None
        self._place: Place | None = None
        self._found: Line | None = None  # what is in the Cookie headers
        self._signals: tuple[tuple[bytes, bytes], ...] = ()  # the headers of Global Privacy Control
        self.in_question = False  # whether cookies came that may have to be taken out
        self.refused: frozenset[bytes] = _NO_NAMES  # those that may not be read
        self.asked = False  # whether the response depends on the choices
        self.negotiated = False  # and whether on the language that the browser asks for
        self.listened = False  # and whether on the signal, which this request does not carry
        self.plain = True  # whether its headers depend on nothing else here
        self.started = False
        self.to_save: Consent | None = None
        self.before: Consent | None = None  # the choices before those that are to be saved
        self.brought = False  # whether the choices come from the cookie of another tool
        self.pending: str | None = None  # how choices have come that a page is to keep
        self.opted_out: bool | None = None  # what is known of the account; None where nobody was asked
        self.reflecting = False  # whether scripts are to be told that there was a choice
        self.loading: str | None = None  # the embed that the next page may load
        self.made_embeds: Embeds | None = None  # once anything has asked which may load
        self.placed: frozenset[str] = (
            _NOTHING  # what the site's template has put in: "head", "banner", "link", "url"
        )
        # ASGI has servers write the names in lower case.
        for key, value in scope["headers"]:
            if key == b"cookie":
                found = setup.cookies.read(value)
                self._found = found = found if self._found is None else self._found.and_more(found)
                if found.in_question:
                    self.in_question = True
            elif key == b"sec-gpc":
                self._signals += ((key, value),)

    @property
    def consent(self) -> Consent:
        """The visitor's choices now; asking makes the response private to this visitor."""
        if not self.asked:
            if self.started:
                # Nothing can be mended now: a cache may already be keeping the response.
                logger.warning(
                    "Consent was first read after the response had started, so caches were not told "
                    "that it differs between visitors. Read it before the response begins."
                )
            self.asked = True
        return self.choices() if self._consent is None else self._consent

    def choices(self) -> Consent:
        """Return the visitor's choices for what does not show in the response."""
        if self._consent is None:
            setup, found = self.setup, self._found
            signalled = bool(self._signals) and self.signalled
            gpc = signalled or bool(self.opted_out)
            if found is not None and found.one:
                name = NAMES[self.scope.get("scheme") in _TLS]
                self._consent = setup.cookie.read_one(found.ours.get(name), gpc=gpc)
            else:
                self._consent = setup.cookie.read(self.scope["headers"], secure=self.secure, gpc=gpc)
            if setup.bring_over is not None and not self._consent.answers:
                brought = setup.bring_over.read(self.scope["headers"])
                if brought is not None:
                    self._consent, self.brought = replace(brought, gpc=gpc), True
                    self.pending = "import"
            if signalled and setup.policy.sells_or_shares:
                self._keep_opt_out(self._consent)
        return self._consent

    def _keep_opt_out(self, consent: Consent) -> None:
        """Take the signal for an opt-out, to be kept with the next page, where it is one."""
        after = with_opt_out(consent)
        if after is not consent:
            self._consent, self.before = self.setup.cookie.seal(after), consent
            self.pending = self.pending or "signal"

    @property
    def signalled(self) -> bool:
        """Whether the request carries ``Sec-GPC: 1`` and the site heeds it."""
        return bool(self._signals) and self.setup.heeds_gpc and gpc_is_on(self._signals)

    def arriving(self) -> list[tuple[bytes, bytes]]:
        """Return the headers of the request without the cookies that the application may not read."""
        headers: list[tuple[bytes, bytes]] = self.scope["headers"]
        if self._found is not None and self.in_question:
            self.refused = self.setup.cookies.refused(self._found.in_question, self.choices)
        if not self.refused:
            return headers
        self.plain = False
        return without_cookies(headers, self.refused)

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
        return self.setup.cookie.value(replace(consent, answers=answers)) if answers else ""

    @property
    def pages(self) -> Pages:
        """What visitors see."""
        return self.setup.pages

    @property
    def language(self) -> str:
        """The language for this visitor, one of the site's."""
        languages = self.setup.policy.site.languages
        if self.setup.language is not None:
            chosen = self.setup.language(self.scope)
            if chosen is not None:
                return negotiate(chosen, languages)
        if len(languages) > 1:
            self.negotiated = True
            self.plain = False
        accepted = b", ".join(
            value for key, value in self.scope["headers"] if key.lower() == b"accept-language"
        )
        return negotiate(accepted.decode("latin-1"), languages)

    def place(self) -> Place:
        """Return the page and its language; the visitor's choices are not read.

        Found out once: a page asks for it with its head, its banner, its link and every closed gate.
        """
        if self._place is None:
            self._place = Place(
                language=self.language,
                prefix=self.prefix,
                path=self._path(),
                secure=self.secure,
                nonce=self.setup.nonce(self.scope) if self.setup.nonce else None,
            )
        return self._place

    def view(self, consent: Consent | None = None) -> View:
        """Return the place together with choices: those of the visitor, which makes the response private."""
        place = self.place()
        return View(
            language=place.language,
            prefix=place.prefix,
            path=place.path,
            secure=place.secure,
            nonce=place.nonce,
            consent=self.consent if consent is None else consent,
            saved=SAVED in self._query,
        )

    @property
    def page_consent(self) -> Consent:
        """The choices that a page is rendered for: in a page for everybody, nobody's."""
        return self.setup.nobodys if self.setup.shared else self.consent

    def load_once(self, embed: str) -> None:
        """Let one embed load with the next page; nothing is granted for later.

        Nothing comes of an embed of what the site does not declare, or no longer.

        Raises:
            ResponseStartedError: the headers have been sent.
        """
        if self.started:
            raise ResponseStartedError("The response has started and its headers are gone.")
        name = self.setup.embed_names.get(name_part(embed))
        if name is not None:
            self.loading = embed
            self.plain = False
            logger.info("One embed of %s is loaded once.", name)

    @property
    def embeds(self) -> Embeds:
        """Which embed this page may load once; the permission is used up with its response."""
        if self.made_embeds is None:
            self.plain = False
            once = None if self.setup.shared else self.setup.once
            embed = once.read(self.scope["headers"], secure=self.secure) if once is not None else None
            # Not place(): the application may not have made its nonce yet.
            self.made_embeds = Embeds(self.setup, embed, self._path() if embed is not None else "")
        return self.made_embeds

    def reflect(self) -> None:
        """Make the mirror cookie true with the response to this request, where pages look at it."""
        if self.setup.pages.mirrors:
            self.reflecting = True
            self.plain = False

    def keep(self) -> None:
        """Keep choices that have come from another tool's cookie or by the signal with this response."""
        if self.pending is not None and self.to_save is None:
            self.save(self.choices(), self.pending)

    def save(self, consent: Consent, method: str) -> None:
        """Keep ``consent`` with the response to this request.

        Raises:
            ResponseStartedError: the headers have been sent.
            ValueError: ``consent`` was made under another policy.
        """
        if self.started:
            raise ResponseStartedError(
                "The choice cannot be saved: the response has started and its headers are gone. "
                "Save before the first byte of the body, not in a background task."
            )
        if consent.policy is not self.setup.policy:
            raise ValueError("this consent was made under another policy than the middleware's")
        self.before = self.choices() if self.before is None else self.before
        self._consent = self.to_save = self.setup.cookie.seal(replace(consent, gpc=self.choices().gpc))
        self.asked = True
        self.plain = False
        self.reflect()
        allowed = sorted(name for name in self._consent.answers if self._consent.allows(name))
        logger.info("Choices saved (%s); allowed: %s.", method, ", ".join(allowed) or "nothing optional")

    @property
    def prefix(self) -> str:
        """The path of the cookies page, below the root of the application."""
        return quote(self.scope.get("root_path", ""), errors="replace") + self.setup.prefix

    @property
    def host(self) -> str | None:
        """The host that the request names; anybody can say anything there."""
        return next((v.decode("latin-1") for k, v in self.scope["headers"] if k.lower() == b"host"), None)

    @property
    def here(self) -> Here:
        """Where the page is, for its Content-Security-Policy."""
        return Here(self.host or "", f"{self.prefix}/{REPORTS}", f"{self.prefix}/{ASSETS}")

    @property
    def _query(self) -> list[str]:
        query: str = self.scope.get("query_string", b"").decode("latin-1")
        return query.split("&")

    @property
    def secure(self) -> bool:
        """Whether the request came over TLS, as far as the server knows."""
        return self.scope.get("scheme") in _TLS

    def _path(self) -> str:
        """Return path and query of this page, or the cookies page where that cannot be gone back to."""
        prefix = self.prefix
        query = [part for part in self._query if part and part != SAVED]
        if self.scope.get("method", "GET") not in ("GET", "HEAD"):
            return prefix
        raw = self.scope.get("raw_path")
        path = raw.decode("latin-1").partition("?")[0] if raw else quote(self.scope["path"], errors="replace")
        whole = "?".join([path, "&".join(query)] if query else [path])
        return next((candidate for candidate in (whole, path) if is_local_path(candidate)), prefix)
