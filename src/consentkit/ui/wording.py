"""``Wording``: the texts of one language as markup, with foreign phrases marked as such."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup, escape

from ..policy.exemption import Exemption
from ..policy.local_text import LocalText
from ..policy.texts import Texts
from ..policy.texts.wording import LABELS, substitute


@dataclass(frozen=True)
class Wording:
    """Interface texts and the site's own texts for one language of the site.

    Everything returned is escaped markup. Interface texts may hold other markup as values,
    because the name of a category may be in another language than the sentence it stands in.

    Attributes:
        language: the site's tag for the language, such as ``en-GB``.
        texts: the interface texts.
    """

    language: str
    texts: Texts

    @property
    def direction(self) -> str:
        """``ltr`` or ``rtl``."""
        return self.texts.direction

    def text(self, key: str, **values: object) -> Markup:
        """Return an interface text with its placeholders filled; ``KeyError`` for an unknown key."""
        escaped: dict[str, str] = {name: escape(value) for name, value in values.items()}
        # Escaping leaves braces alone, so the placeholders survive it.
        return Markup(substitute(self._ui[key], self._labels | escaped))  # noqa: S704 - all of it is escaped

    @cached_property
    def _ui(self) -> dict[str, str]:
        return {key: str(escape(text)) for key, text in self.texts.ui.items()}

    @cached_property
    def _labels(self) -> dict[str, str]:
        return {label: self._ui[label] for label in LABELS & self._ui.keys()}

    def error(self, code: str) -> Markup:
        """Return the sentence for a ``DecisionError`` code; ``KeyError`` for an unknown code."""
        return escape(self.texts.error(code))

    def say(self, local: LocalText) -> Markup:
        """Return a text of the site, with its own ``lang`` when it is not in this language (WCAG 3.1.2)."""
        phrase = local.phrase(self.language)
        if phrase.language == self.language:
            return escape(phrase.text)
        # The script of the other language may run the other way, hence dir="auto".
        return Markup('<span lang="{}" dir="auto">{}</span>').format(phrase.language, phrase.text)

    def join(self, parts: Iterable[LocalText]) -> Markup:
        """Return several texts of the site as one list, with the commas of the language."""
        return escape(self.texts.separator).join(self.say(local) for local in parts)

    def exemption(self, exemption: Exemption) -> Markup:
        """Return the sentence that says why an essential category needs no consent."""
        return self.text(f"exemption_{exemption.replace('-', '_')}")
