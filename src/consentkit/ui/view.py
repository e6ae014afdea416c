"""What a page needs to know about the request it is rendered for."""

from __future__ import annotations

from dataclasses import dataclass

from ..consent.model import Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A page and its language: the same for every visitor who reads that language.

    Attributes:
        language: one of the site's languages; any other means the site's first.
        prefix: where the cookies page is, with the root path in front: ``/app/cookies``.
        path: path and query of the page the visitor is on, without consentkit's own parameter.
        secure: whether the request came over https, which decides the consent cookie's name.
        nonce: the response's CSP nonce; with one, the stylesheet is written into the page.
        script_nonce: the same for scripts, where it is another.
    """

    language: str
    prefix: str
    path: str
    secure: bool = True
    nonce: str | None = None
    script_nonce: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View(Place):
    """One visitor at a place: what is rendered from it is for this visitor alone.

    Attributes:
        consent: the visitor's choices.
        saved: whether the visitor was sent here by a decision that has just been saved.
    """

    consent: Consent
    saved: bool = False
