"""What each language may say on a button, and what it may not say at all: ``languages/<tag>.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "languages"


@dataclass(frozen=True)
class Rules:
    """What one language allows; every pattern is matched without regard to case.

    Attributes:
        name: what the language calls itself.
        quotes: its pair of quotation marks; an apostrophe is always U+2019.
        accept: verbs that a button that grants may use, in the form it takes on a button.
        reject: the same for a button that denies.
        vague: buttons and sentences may not say this; it persuades, apologises, threatens or promises.
        needed: words for what cannot be refused.
        withdraw: how "withdraw" is said.
        any_time: how "at any time" is said.
        direction: which way it is written.
        spaces: whether words are set apart by spaces; otherwise each character counts as a word.
        verb_words: how many words of a sentence change with the verb.
        compound: a verb of several words that counts as one, because its opposite is a single word.
        spelled: plural categories that a duration says in words alone, as with a dual.
        same_as_english: strings that may read as in English, because the word is the same.
        sensitive: words that change with the first letter of what follows, which for a value nobody knows.
    """

    name: str
    quotes: str
    accept: str
    reject: str
    vague: str
    needed: str
    withdraw: str
    any_time: str
    direction: str = "ltr"
    spaces: bool = True
    verb_words: int = 1
    compound: str = ""
    spelled: tuple[str, ...] = ()
    same_as_english: tuple[str, ...] = ()
    sensitive: str = ""

    def words(self, text: str) -> list[str]:
        """Return the words of ``text``, or its characters where a language sets no spaces."""
        if self.compound:
            text = re.sub(self.compound, lambda verb: verb[0].replace(" ", "_"), text)
        return text.split() if self.spaces else list(text)

    def framed(self, text: str, verbs: str) -> str:
        """Return ``text`` with the verb taken out, to be compared with another button."""
        edge = r"\b" if self.spaces else ""
        return re.sub(rf"{edge}({verbs}){edge}", "VERB", text)


def _read(path: Path) -> Rules:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    lists = {key: tuple(table.get(key, ())) for key in ("same_as_english", "spelled")}
    return Rules(**{**table, **lists})


# Sorted by tag, not by file name: "es" stands before "es-419", but "es.toml" after "es-419.toml".
RULES: Final = {path.stem: _read(path) for path in sorted(FOLDER.glob("*.toml"), key=lambda path: path.stem)}
