"""``Setup``: what the constructor of the middleware has compiled."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from starlette.types import Scope

from .consent.bring_over import BringOver
from .consent.cookie import ConsentCookie
from .consent.model import Consent
from .consent.once import OnceCookie, part
from .gate.claims import Claims
from .gate.cookie_filter import CookieFilter
from .gate.headers import for_one_visitor
from .gate.validators import state_tag
from .policy.model import Policy
from .ui.render import Pages

if TYPE_CHECKING:
    from .gate.csp import ContentPolicy

logger = logging.getLogger("consentkit")


@dataclass(frozen=True)
class Setup:
    """The same for every request.

    Attributes:
        policy: what the site declares.
        cookie: the codec of the consent cookie.
        once: the codec of the cookie for one embed.
        bring_over: reads choices in the cookies of other tools; ``None`` where there is nothing to read.
        cookies: judges the site's own cookies.
        pages: what visitors see.
        prefix: path of the cookies page below the application's root.
        varies_by: the request headers that choices are read from.
        language: chooses the language for a scope; ``None`` from it, or no callable, leaves the
            choice to ``Accept-Language``.
        nonce: returns the CSP nonce of the response to a scope.
        claims: which service claims which address.
        gate_html: whether what is closed in a page is made inert.
        csp: the Content-Security-Policy for each visitor; ``None`` to send none.
        inject_banner: whether the banner is put into pages whose template has not placed it.
        shared: whether pages are the same for everybody, so that shared caches may keep them.
        said: warnings that have been given, so that each is given once.
    """

    policy: Policy
    cookie: ConsentCookie
    once: OnceCookie
    bring_over: BringOver | None
    cookies: CookieFilter
    pages: Pages
    prefix: str
    varies_by: tuple[str, ...]
    claims: Claims
    gate_html: bool = True
    language: Callable[[Scope], str | None] | None = None
    nonce: Callable[[Scope], str | None] | None = None
    csp: ContentPolicy | None = None
    inject_banner: bool = False
    shared: bool = False
    said: set[str] = field(default_factory=set)

    @cached_property
    def heeds_gpc(self) -> bool:
        """Whether ``Sec-GPC`` says anything."""
        return self.policy.heeds_gpc

    @cached_property
    def gates_pages(self) -> bool:
        """Whether anything in a page depends on its visitor.

        A page with a policy of its visitor's needs a tag of its own, whatever else is done to it.
        """
        refusable = bool(self.policy.refusable)
        return refusable and (self.gate_html or self.inject_banner or self.csp is not None)

    @cached_property
    def for_one_visitor(self) -> tuple[tuple[bytes, bytes], ...]:
        """The headers that keep a response from other visitors where it says nothing of caches."""
        return tuple(for_one_visitor([], self.varies_by)[0])

    @cached_property
    def page_tag(self) -> bytes:
        """Stands for what every page is made with: the declaration, its texts, templates, the stylesheet."""
        return state_tag(self.policy, self.pages.sources, sorted(self.pages.assets))

    @cached_property
    def embed_names(self) -> dict[str, str]:
        """Each category and service by its part of an embed id."""
        return {part(name): name for name in self.policy.names}

    def covered_by(self, name: str) -> frozenset[str]:
        """Return a service by itself, or a category with its services."""
        category = self.policy.by_id.get(name)
        services = category.services if category is not None else ()
        return frozenset((name, *(service.id for service in services)))

    @cached_property
    def nobodys(self) -> Consent:
        """The consent of nobody in particular: undecided, and closed to what somebody has objected to."""
        return Consent(self.policy).deny(*(category.id for category in self.policy.objectable))

    @cached_property
    def closed_to_strangers(self) -> frozenset[str]:
        """What may not act for a visitor who has not chosen."""
        return Consent(self.policy).closed

    def warn_once(self, what: str, text: str, *args: object) -> None:
        """Give a warning unless it has been given."""
        if what not in self.said:
            self.said.add(what)
            logger.warning(text, *args)
