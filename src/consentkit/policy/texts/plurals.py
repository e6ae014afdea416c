"""Which form of a noun a whole number takes: the plural categories of Unicode CLDR.

What the categories are: https://cldr.unicode.org/index/cldr-spec/plural-rules

Which numbers of a language are in which:
https://www.unicode.org/cldr/charts/latest/supplemental/language_plural_rules.html (compared in version 48)

The names are mere labels, and each language has its own: "few" is 2 to 4 in Czech, 3 to 10 in Arabic, 3 alone
in Welsh. Durations are whole numbers, so that what CLDR keeps for fractions is not here: "other" of Polish
and Ukrainian, "many" of Czech, Slovak and Lithuanian. Nor is "many" of Catalan, French, Italian, Portuguese
and Spanish, which is for whole millions alone ("1 000 000 de jours"); a million takes "other" here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final

from .tags import current, parents

#: All categories of CLDR, in its order; each language uses some of them.
CATEGORIES: Final = ("zero", "one", "two", "few", "many", "other")

# The categories of one language, each with the numbers that are in it and in none before it.
_Rule = Mapping[str, Callable[[int], bool]]


def _rest(_: int) -> bool:
    return True


def _one(n: int) -> bool:
    return n == 1


def _ends_in_1(n: int) -> bool:
    return n % 10 == 1 and n % 100 != 11


def _ends_in_2_to_4(n: int) -> bool:
    return n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14)


# The rule of every language that is not named below, shipped or not.
_MOST: Final[_Rule] = {"one": _one, "other": _rest}

_NO_PLURAL: Final[_Rule] = {"other": _rest}
_FROM_NOUGHT: Final[_Rule] = {"one": lambda n: n <= 1, "other": _rest}
_LAST_DIGIT: Final[_Rule] = {"one": _ends_in_1, "other": _rest}
_EAST_SLAVIC: Final[_Rule] = {"one": _ends_in_1, "few": _ends_in_2_to_4, "many": _rest}
_SOUTH_SLAVIC: Final[_Rule] = {"one": _ends_in_1, "few": _ends_in_2_to_4, "other": _rest}
_CZECH_AND_SLOVAK: Final[_Rule] = {"one": _one, "few": lambda n: n in (2, 3, 4), "other": _rest}

_RULES: Final[Mapping[str, _Rule]] = {
    "ar": {
        "zero": lambda n: n == 0,
        "one": _one,
        "two": lambda n: n == 2,
        "few": lambda n: 3 <= n % 100 <= 10,
        "many": lambda n: n % 100 >= 11,
        "other": _rest,
    },
    "be": _EAST_SLAVIC,
    "bs": _SOUTH_SLAVIC,
    "cs": _CZECH_AND_SLOVAK,
    "cy": {
        "zero": lambda n: n == 0,
        "one": _one,
        "two": lambda n: n == 2,
        "few": lambda n: n == 3,
        "many": lambda n: n == 6,
        "other": _rest,
    },
    "fa": _FROM_NOUGHT,
    "fr": _FROM_NOUGHT,
    "ga": {
        "one": _one,
        "two": lambda n: n == 2,
        "few": lambda n: 3 <= n <= 6,
        "many": lambda n: 7 <= n <= 10,
        "other": _rest,
    },
    "gd": {
        "one": lambda n: n in (1, 11),
        "two": lambda n: n in (2, 12),
        "few": lambda n: 3 <= n <= 19,
        "other": _rest,
    },
    "he": {"one": _one, "two": lambda n: n == 2, "other": _rest},
    "hi": _FROM_NOUGHT,
    "hr": _SOUTH_SLAVIC,
    "id": _NO_PLURAL,
    "is": _LAST_DIGIT,
    "ja": _NO_PLURAL,
    "ko": _NO_PLURAL,
    "lt": {"one": _ends_in_1, "few": lambda n: n % 10 > 1 and not 11 <= n % 100 <= 19, "other": _rest},
    "lv": {"zero": lambda n: n % 10 == 0 or 11 <= n % 100 <= 19, "one": _ends_in_1, "other": _rest},
    "mk": _LAST_DIGIT,
    "ms": _NO_PLURAL,
    "mt": {
        "one": _one,
        "two": lambda n: n == 2,
        "few": lambda n: n == 0 or 3 <= n % 100 <= 10,
        "many": lambda n: 11 <= n % 100 <= 19,
        "other": _rest,
    },
    "pl": {"one": _one, "few": _ends_in_2_to_4, "many": _rest},
    # "pt" of CLDR is Brazilian. Here it is European, which is "pt-PT" there and counts as most languages do.
    "pt-br": _FROM_NOUGHT,
    "ro": {"one": _one, "few": lambda n: n == 0 or 1 <= n % 100 <= 19, "other": _rest},
    "ru": _EAST_SLAVIC,
    "sk": _CZECH_AND_SLOVAK,
    "sl": {
        "one": lambda n: n % 100 == 1,
        "two": lambda n: n % 100 == 2,
        "few": lambda n: n % 100 in (3, 4),
        "other": _rest,
    },
    "sr": _SOUTH_SLAVIC,
    "th": _NO_PLURAL,
    "uk": _EAST_SLAVIC,
    "vi": _NO_PLURAL,
    "zh": _NO_PLURAL,
}


@lru_cache(maxsize=256)
def _rule(language: str) -> _Rule:
    return next((_RULES[tag] for tag in parents(current(language)) if tag in _RULES), _MOST)


def plural_categories(language: str) -> tuple[str, ...]:
    """Return the categories that whole numbers have in ``language``, in the order of ``CATEGORIES``."""
    return tuple(_rule(language))


def plural_category(language: str, number: int) -> str:
    """Return the category of a whole number, which is not negative: ``few`` for 22 in Polish.

    Args:
        language: a language tag; ``sr-Latn`` counts as ``sr``, and one that nothing is known of as English.
        number: 0 or more.
    """
    return next(name for name, has in _rule(language).items() if has(number))
