"""``Visit``: one request's view of the visitor, made by the middleware and kept in the scope."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from starlette.types import Scope

from .consent.cookie import NAMES
from .consent.model import Choice, Consent
from .consent.once import embed_id, name_part
from .consent.signals import gpc_is_on
from .embeds import Embeds
from .errors import ResponseStartedError
from .gate.claims import Claims
from .gate.cookie_filter import Line
from .gate.cookies import without_cookies
from .gate.csp_terms import Here
from .gate.inserts import Inserts
from .gate.validators import state_tag
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
        "_consent", "_found", "_place", "_signals", "asked", "brought", "free_styles", "in_question",
        "loading", "made_embeds", "negotiated", "page_nonce", "placed", "plain", "reflecting", "refused",
        "scope", "script_nonce", "setup", "started", "to_save",
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
        self.plain = True  # whether its headers depend on nothing else here
        self.started = False
        self.to_save: Consent | None = None
        self.brought = False  # whether the choices come from the cookie of another tool
        self.reflecting = False  # whether scripts are to be told that there was a choice
        self.loading: str | None = None  # the embed that the next page may load
        self.made_embeds: Embeds | None = None  # once anything has asked which may load
        self.placed: frozenset[str] = (
            _NOTHING  # what the site's template has put in: "head", "banner", "link"
        )
        self.script_nonce: str | None = None  # that of its scripts
        self.free_styles = False  # whether it may have a <style> without one
        self.page_nonce: str | None = None  # the one that the page's own Content-Security-Policy names
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
            gpc = bool(self._signals) and setup.heeds_gpc and gpc_is_on(self._signals)
            if found is not None and found.one:
                name = NAMES[self.scope.get("scheme") in _TLS]
                self._consent = setup.cookie.read_one(found.ours.get(name), gpc=gpc)
            else:
                self._consent = setup.cookie.read(self.scope["headers"], secure=self.secure, gpc=gpc)
            if setup.bring_over is not None and not self._consent.answers:
                brought = setup.bring_over.read(self.scope["headers"])
                if brought is not None:
                    self._consent, self.brought = replace(brought, gpc=gpc), True
        return self._consent

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
        return self.setup.nobodys if self.setup.shared else self.consent

    @property
    def claims(self) -> Claims:
        """Which service claims what in a page."""
        return self.setup.claims

    @property
    def closed(self) -> frozenset[str]:
        """What the page may not load."""
        return self.page_consent.closed if self.setup.gate_html else frozenset()

    def allows(self, name: str) -> bool:
        """Whether the page may load what it says is of ``name``; an unknown name is no permission."""
        if not self.setup.gate_html:
            return True
        if name in self.setup.policy.names:
            return self.page_consent.allows(name)
        self.setup.warn_once(
            "data-consent",
            "A data-consent names nothing that consent.toml declares; it stays closed. First seen on %r.",
            self.scope.get("path", ""),
        )
        return False

    @property
    def state_tag(self) -> bytes:
        """Stands for everything that a gated page differs by."""
        consent = self.page_consent
        return state_tag(
            consent.closed,
            sorted((name, answer.choice) for name, answer in consent.answers.items()),
            consent.needs_prompt,
            consent.gpc,
            self.language,
            self.embeds.open,
            self.setup.page_tag,
        )

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

    def placeholder(self, name: str, source: str, size: tuple[int, int] | None = None) -> str:
        """Return the notice that takes the place of an embed.

        Args:
            name: the service or category that it belongs to. With several, separated by spaces, there is
                a notice for each, and the embed cannot be loaded once: it takes all of them.
            source: what the embed loads.
            size: its width and height, if it gives both.
        """
        names = [one for one in name.split() if one in self.setup.policy.names]
        # On a page for everybody nobody can be given something of their own, and to the answer to a
        # form nobody can be sent back.
        place = self.place()
        once = not self.setup.shared and place.path != place.prefix and len(names) == 1
        view = self._page_view()
        ids = [embed_id(one, source, place.path) if once else None for one in names]
        pages = self.setup.pages
        return "".join(str(pages.placeholder(view, *pair, size)) for pair in zip(names, ids, strict=True))

    def inserts(self) -> Inserts:
        """Return what is put into a page whose template has not placed it itself."""
        if not self.setup.inject_banner:
            return Inserts()
        pages, place = self.setup.pages, self.place()
        if place.nonce is None:
            place = replace(place, nonce=self.page_nonce, script_nonce=self.script_nonce)
        # Who is asked has not been here, and the rules in the page spare them a request before they see it.
        inline = self.free_styles and not self.setup.shared and self.page_consent.needs_prompt
        return Inserts(
            head="" if "head" in self.placed else str(pages.head(place, self.stated, inline=inline)),
            banner="" if "banner" in self.placed else str(pages.banner(self._page_view())),
            end="" if "link" in self.placed else str(pages.foot(place)),
        )

    @property
    def stated(self) -> Consent | None:
        """The choices that a page tells its scripts, where it depends on them already; else they ask."""
        return self.consent if self.setup.gates_pages and not self.setup.shared else None

    def _page_view(self) -> View:
        return self._view(self.page_consent)

    def reflect(self) -> None:
        """Make the mirror cookie true with the response to this request, where pages are for everybody."""
        if self.setup.shared:
            self.reflecting = True
            self.plain = False

    def keep_brought(self) -> None:
        """Keep choices that come from another tool's cookie, whose turn ends with this response."""
        if self.setup.bring_over is not None:
            consent = self.choices()
            if self.brought and self.to_save is None:
                self.save(consent, "import")

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
