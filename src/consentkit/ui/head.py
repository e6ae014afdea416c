"""What consentkit puts into the ``<head>`` of a page: the stylesheet and the scripts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from markupsafe import Markup

from ..consent.model import Consent
from ..policy.theme import PLAIN, Theme
from .assets import Asset, load_stylesheet
from .modes import ModesScript
from .script import ClientScript
from .view import Place
from .wording import Wording


class Head:
    """The head of every page; the constructor reads the files.

    Args:
        theme: what visitors see the pages in.
        client: the client script; ``None`` for pages without any script.
        shared: whether pages are the same for everybody, with the question in them.
        modes: what tells third parties of the choices; ``None`` where there is nobody to tell.

    Attributes:
        scripted: whether a script is put into pages.
        mirrors: whether pages look at the mirror cookie.
        assets: static files by their ``path``, to be served under ``{prefix}/assets/``.
    """

    def __init__(
        self,
        theme: Theme = PLAIN,
        *,
        client: ClientScript | None = None,
        shared: bool = False,
        modes: ModesScript | None = None,
    ) -> None:
        self._client = client
        self._modes = modes
        self.scripted = client is not None or modes is not None
        self.mirrors = shared and client is not None
        self._stylesheet = load_stylesheet(theme)
        # Nothing in a stylesheet is escaped for HTML; load_stylesheet has made sure it may stand there.
        self._css = Markup(self._stylesheet.text)  # noqa: S704 - our own file, checked for "</style"
        files = [self._stylesheet, *(client.assets if client is not None else [])]
        files += [modes.asset] if modes is not None else []
        self.assets: Mapping[str, Asset] = MappingProxyType({file.path: file for file in files})

    def style(self, place: Place) -> Markup:
        """Return a link to the stylesheet; with a nonce the same rules in a ``<style>``."""
        if place.nonce:
            return Markup('<style nonce="{}">{}</style>').format(place.nonce, self._css)
        return self.link(place)

    def rules(self) -> Markup:
        """Return the rules in a ``<style>`` without a nonce."""
        return Markup("<style>{}</style>").format(self._css)

    def link(self, place: Place) -> Markup:
        """Return a link to the stylesheet, which browsers keep for ever."""
        address = f"{place.prefix}/assets/{self._stylesheet.path}"
        return Markup('<link rel="stylesheet" href="{}">').format(address)

    def first(self, place: Place, notice: str, consent: Consent | None, *, inline: bool) -> Markup:
        """Return what has to come before any other script and before anything is drawn.

        Args:
            place: the page.
            notice: the digest of what visitors are asked about.
            consent: the visitor's choices, where the page is for this visitor alone.
            inline: whether code may stand in the page, without a nonce.
        """
        modes = self._modes.tag(place, consent, inline=inline) if self._modes is not None else Markup()
        early = self._client.early(place, notice) if self._client is not None and self.mirrors else Markup()
        return modes + early

    def script(self, place: Place, words: Wording, consent: Consent | None) -> Markup:
        """Return the client script, which waits for the page.

        Args:
            place: the page.
            words: its language.
            consent: the visitor's choices, where the page is for this visitor alone.
        """
        return self._client.tag(place, words, consent) if self._client is not None else Markup()
