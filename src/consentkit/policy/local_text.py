"""``LocalText``: a text of the site or of the catalogue in several languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .texts.tags import by_name, current, serving


@dataclass(frozen=True, slots=True)
class Phrase:
    """A text together with the language it is really in, for the ``lang`` attribute."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class LocalText:
    """A text of the site or the catalogue in the languages it was given in.

    Attributes:
        by_language: language tag to text; never empty.
        default: the site's first language, taken when the asked one is missing.
    """

    by_language: Mapping[str, str]
    default: str

    def phrase(self, language: str) -> Phrase:
        """Return the text in ``language``, else in the site's default, else in English, else in any.

        Each of them is also looked for under the tags that serve it: ``de-AT`` is served by ``de``,
        ``zh-TW`` by ``zh-Hant``.
        """
        names = by_name(tuple(self.by_language))
        for wanted in (language, self.default, "en"):
            found = serving(current(wanted), names)
            if found is not None:
                return Phrase(self.by_language[found], found)
        found, text = next(iter(self.by_language.items()))
        return Phrase(text, found)
