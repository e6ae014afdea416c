"""The element that brings the client script into a page, with what the script has to know."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

from ..consent.model import Consent
from .assets import load_script
from .state import state_of
from .view import Place
from .wording import Wording

CLIENT: Final = "client.js"
#: Keeps the banner of a page for everybody from being drawn for those who have chosen.
EARLY: Final = "early.js"

_NO_CODE: Final = Markup()


class ClientScript:
    """The client script of a site.

    Args:
        reloads: whether a page has to be loaded again after every change, because its
            Content-Security-Policy was made for what the visitor allowed before.

    Attributes:
        assets: the files.
    """

    def __init__(self, *, reloads: bool = False) -> None:
        self._client = load_script(CLIENT)
        self._early = load_script(EARLY)
        self.assets = (self._client, self._early)
        self._reloads = reloads

    def tag(self, place: Place, words: Wording, consent: Consent | None) -> Markup:
        """Return the element for the end of ``<head>``.

        Args:
            place: the page.
            words: the language of what the script may have to say.
            consent: the visitor's choices; ``None`` in a page for everybody, where the script asks for them.
        """
        texts = words.texts
        attributes = {
            "type": "module",
            "src": f"{place.prefix}/assets/{self._client.path}",
            "nonce": place.script_nonce or place.nonce,
            "data-saving": texts.text("saving"),
            "data-failed": f"{texts.text('error_heading')}. {texts.text('error_unreachable')}",
            "data-state": None if consent is None else _json(consent),
            "data-reload": "always" if self._reloads else None,
        }
        return element(attributes)

    def early(self, place: Place, notice: str) -> Markup:
        """Return the element that a page for everybody has to have before its stylesheet."""
        return element(
            {
                "src": f"{place.prefix}/assets/{self._early.path}",
                "nonce": place.script_nonce or place.nonce,
                "data-notice": notice,
            }
        )


def element(attributes: Mapping[str, str | None], code: Markup = _NO_CODE) -> Markup:
    """Return a script with those attributes that have a value."""
    given = {key: value for key, value in attributes.items() if value is not None}
    written = Markup().join(Markup(' {}="{}"').format(*pair) for pair in given.items())
    return Markup("<script{}>{}</script>").format(written, code)


def _json(consent: Consent) -> str:
    return json.dumps(state_of(consent), ensure_ascii=False, separators=(",", ":"))
