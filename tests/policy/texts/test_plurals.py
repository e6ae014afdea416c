"""Whole numbers are in the plural categories of Unicode CLDR, language by language, and nouns follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.policy.duration import Duration
from consentkit.policy.texts import Texts, available_languages, load_texts
from consentkit.policy.texts.plurals import CATEGORIES, plural_categories, plural_category

# Written by hand from the plural rules of CLDR (see plurals.py) and their samples of whole numbers, with
# those added that rules tell apart: what ends in 1 to 4, 11 to 14 and 19. A hyphen is a range.
ENGLISH = {"one": "1", "other": "0 2-19 20-22 31 71 100-102 111 121 1000 1001 10000"}
FROM_NOUGHT = {"one": "0 1", "other": "2-19 20-22 31 71 100-102 111 121 1000 1001 10000"}
NO_PLURAL = {"other": "0-22 100-102 1000 10000"}
LAST_DIGIT = {
    "one": "1 21 31 41 51 61 71 81 101 121 191 1001 1021",
    "other": "0 2-20 22-30 100 102-120 211 1000 1011 10000",
}
CZECH = {"one": "1", "few": "2-4", "other": "0 5-24 32-34 100-104 122 1000-1004 10000"}
SOUTH_SLAVIC = {
    "one": "1 21 31 41 51 61 71 81 101 121 131 1001",
    "few": "2-4 22-24 32-34 42-44 52-54 62 102 122 133 1002",
    "other": "0 5-20 25-30 100 105-120 111-114 211-214 1000 1011-1014 10000",
}
UKRAINIAN = {
    "one": "1 21 31 41 51 61 71 81 101 121 131 1001",
    "few": "2-4 22-24 32-34 42-44 52-54 62 102 122 133 1002",
    "many": "0 5-20 25-30 100 105-120 111-114 211-214 1000 1011-1014 10000",
}

AS_IN_ENGLISH = (
    "bg", "ca", "da", "de", "el", "en", "es", "es-419", "et", "eu", "fi",
    "gl", "hu", "it", "nb", "nl", "nn", "pt", "sq", "sv", "tr",
)  # fmt: skip

NUMBERS: Final[Mapping[str, Mapping[str, str]]] = {
    **dict.fromkeys(AS_IN_ENGLISH, ENGLISH),
    **dict.fromkeys(("fa", "fr", "hi", "pt-BR"), FROM_NOUGHT),
    **dict.fromkeys(("ja", "ko", "zh-Hans", "zh-Hant"), NO_PLURAL),
    **dict.fromkeys(("is", "mk"), LAST_DIGIT),
    **dict.fromkeys(("cs", "sk"), CZECH),
    **dict.fromkeys(("hr", "sr", "sr-Latn"), SOUTH_SLAVIC),
    "ar": {
        "zero": "0",
        "one": "1",
        "two": "2",
        "few": "3-10 103-110 203-210 1003",
        "many": "11-99 111-199 211 1011",
        "other": "100-102 200-202 300-302 600 1000-1002 10000",
    },
    "cy": {
        "zero": "0",
        "one": "1",
        "two": "2",
        "few": "3",
        "many": "6",
        "other": "4 5 7-22 26 100-103 106 1000 10000",
    },
    "ga": {
        "one": "1",
        "two": "2",
        "few": "3-6",
        "many": "7-10",
        "other": "0 11-25 100-107 1000 10000",
    },
    "gd": {
        "one": "1 11",
        "two": "2 12",
        "few": "3-10 13-19",
        "other": "0 20-34 100-119 1000 10000",
    },
    "he": {"one": "1", "two": "2", "other": "0 3-22 30 100-102 1000 10000"},
    "lt": {
        "one": "1 21 31 41 51 61 71 81 101 121 1001",
        "few": "2-9 22-29 32 102-109 122 1002",
        "other": "0 10-20 30 40 50 60 100 110-120 211-219 1000 10000",
    },
    "lv": {
        "zero": "0 10-20 30 40 50 60 100 110-120 211-219 1000 10000",
        "one": "1 21 31 41 51 61 71 81 101 121 1001",
        "other": "2-9 22-29 32 102-109 122 1002",
    },
    "mt": {
        "one": "1",
        "two": "2",
        "few": "0 3-10 103-110 203 1003",
        "many": "11-19 111-119 211 1011",
        "other": "20-35 99-102 120 200-202 1000-1002 10000",
    },
    "pl": {
        "one": "1",
        "few": "2-4 22-24 32-34 42-44 52-54 62 102-104 122 133 1002",
        "many": "0 5-21 25-31 41 100 101 105-121 111-114 131 212-214 1000 1001 1012 10000",
    },
    "ro": {
        "one": "1",
        "few": "0 2-19 101-119 201 1001-1019",
        "other": "20-35 100 120 121 200 220 1000 10000",
    },
    "sl": {
        "one": "1 101 201 301 401 501 601 701 1001",
        "two": "2 102 202 302 402 502 602 702 1002",
        "few": "3 4 103 104 203 204 303 304 403 404 503 504 1003",
        "other": "0 5-24 99 100 105-124 131 200 1000 1005 1011 10000",
    },
    "uk": UKRAINIAN,
}

# Languages without texts of ours that count like one of the above; CLDR says so of each.
ALIKE = {"be": "uk", "bs": "hr", "id": "ja", "ms": "ja", "ru": "uk", "th": "ja", "vi": "ja"}


def numbers(written: str) -> Iterator[int]:
    for part in written.split():
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def test_the_table_has_every_shipped_language() -> None:
    assert NUMBERS.keys() == set(available_languages())


#
@pytest.mark.parametrize("language", available_languages())
def test_a_number_is_in_the_category_that_cldr_puts_it_in(language: str) -> None:
    for category, written in NUMBERS[language].items():
        assert [(n, plural_category(language, n)) for n in numbers(written)] == [
            (n, category) for n in numbers(written)
        ]


#
@pytest.mark.parametrize("language", available_languages())
def test_a_language_declares_the_categories_that_its_numbers_have_and_no_other(language: str) -> None:
    found = {plural_category(language, number) for number in range(10_001)}

    assert plural_categories(language) == tuple(category for category in CATEGORIES if category in found)
    assert found == NUMBERS[language].keys()


@pytest.mark.parametrize(("language", "like"), sorted(ALIKE.items()))
def test_a_language_without_texts_counts_as_its_neighbour_does(language: str, like: str) -> None:
    assert plural_categories(language) == plural_categories(like)
    assert all(plural_category(language, n) == plural_category(like, n) for n in range(300))


@pytest.mark.parametrize(
    ("tag", "like"),
    [
        ("pl-PL", "pl"),
        ("PL", "pl"),
        ("sr-Latn-RS", "sr"),
        ("sh", "sr"),
        ("mo", "ro"),
        ("iw", "he"),
        ("fr-CA", "fr"),
        ("zh-TW", "zh-Hans"),
        ("es-MX", "es"),
        ("pt-PT", "pt"),
        ("pt-br-x-lgpd", "pt-BR"),
        ("no", "nb"),
        ("eo", "en"),
        ("", "en"),
    ],
)
def test_a_tag_counts_as_the_language_it_is_of_and_an_unknown_one_as_english(tag: str, like: str) -> None:
    assert plural_categories(tag) == plural_categories(like)
    assert all(plural_category(tag, n) == plural_category(like, n) for n in range(300))


def test_european_portuguese_counts_nought_as_many_and_brazilian_as_one() -> None:
    assert (plural_category("pt", 0), plural_category("pt-BR", 0)) == ("other", "one")


@given(language=st.sampled_from(available_languages()) | st.text(), number=st.integers(min_value=0))
def test_every_number_is_in_a_category_of_its_language(language: str, number: int) -> None:
    assert plural_category(language, number) in plural_categories(language)


# Each number where a speaker would hear a slip: about 11, 21, 101 and 111, and those that had the wrong form.
DURATIONS: Final[Mapping[tuple[str, str], str]] = {
    ("pl", "day"): "1 dzień, 2 dni, 21 dni, 133 dni, 365 dni",
    (
        "pl",
        "month",
    ): "1 miesiąc, 22 miesiące, 112 miesięcy, 122 miesiące, 13 miesięcy, 21 miesięcy, 101 miesięcy",
    ("pl", "year"): "1 rok, 2 lata, 5 lat, 12 lat, 42 lata",
    ("uk", "day"): "1 день, 2 дні, 5 днів, 11 днів, 12 днів, 111 днів, 131 день, 133 дні, 365 днів",
    ("uk", "month"): "13 місяців, 22 місяці, 61 місяць, 112 місяців",
    ("sr", "day"): "1 дан, 2 дана, 11 дана, 131 дан, 133 дана",
    ("sr", "month"): "1 месец, 13 месеци, 22 месеца, 71 месец, 112 месеци",
    ("sr-Latn", "hour"): "1 sat, 4 sata, 11 sati, 101 sat, 122 sata, 112 sati",
    ("hr", "week"): "1 tjedan, 3 tjedna, 11 tjedana, 32 tjedna, 41 tjedan, 52 tjedna",
    ("cs", "day"): "1 den, 4 dny, 5 dní, 22 dní, 101 dní, 180 dní",
    ("sk", "year"): "1 rok, 2 roky, 5 rokov, 22 rokov",
    ("sl", "day"): "1 dan, 2 dneva, 3 dnevi, 5 dni, 22 dni, 101 dan, 402 dneva, 403 dnevi, 411 dni",
    ("sl", "hour"): "101 ura, 102 uri, 104 ure, 105 ur",
    ("lt", "day"): "1 diena, 9 dienos, 10 dienų, 11 dienų, 90 dienų, 131 diena, 132 dienos, 111 dienų",
    ("lt", "year"): "1 metai, 2 metai, 10 metų, 21 metai",
    ("lv", "day"): "1 diena, 10 dienas, 11 dienas, 41 diena, 111 dienas, 131 diena, 180 dienas",
    ("ga", "year"): "1 bhliain, 2 bhliain, 3 bliana, 7 mbliana, 12 bhliain, 13 bliana, 18 mbliana, 20 bliain",
    ("ga", "month"): "6 mhí, 7 mí, 12 mhí, 13 mhí, 18 mí, 24 mí",
    ("ga", "hour"): "1 uair an chloig, 6 huaire an chloig, 10 n-uaire an chloig, 24 uair an chloig",
    ("cy", "day"): "1 diwrnod, 2 ddiwrnod, 3 diwrnod, 6 diwrnod, 180 diwrnod",
    ("cy", "year"): "1 flwyddyn, 2 flynedd, 3 blynedd, 4 blynedd, 5 mlynedd, 6 blynedd, 7 mlynedd",
    ("mt", "day"): "1 jum, 2 ijiem, 10 ijiem, 11-il jum, 20 jum, 102 jum, 103 ijiem, 111-il jum",
    ("gd", "month"): "1 mhìos, 2 mhìos, 3 mìosan, 11 mhìos, 12 mhìos, 13 mìosan, 20 mìos, 111 mìos",
    ("gd", "week"): "1 seachdain, 2 sheachdain, 12 sheachdain, 19 seachdainean, 52 seachdain",
    ("ar", "day"): "3 أيام, 11 يومًا, 99 يومًا, 100 يوم, 102 يوم, 205 أيام, 365 يومًا, 1000 يوم",
    ("ar", "month"): "10 أشهر, 13 شهرًا, 200 شهر, 203 أشهر",
    ("he", "day"): "3 ימים, 30 ימים, 102 ימים",
    ("ro", "day"): "1 zi, 2 zile, 19 zile, 20 de zile, 101 zile, 113 zile, 120 de zile, 365 de zile",
    ("mk", "day"): "1 ден, 2 дена, 11 дена, 21 ден, 111 дена, 131 ден",
    ("is", "day"): "1 dagur, 11 dagar, 21 dagur, 111 dagar, 131 dagur",
    ("bg", "day"): "1 ден, 21 дни",
    ("fr", "day"): "1 jour, 2 jours, 21 jours",
}


#
@pytest.mark.parametrize(("language", "unit"), sorted(DURATIONS))
def test_a_length_of_time_is_said_as_its_language_counts(language: str, unit: str) -> None:
    texts = load_texts(language)
    expected = DURATIONS[language, unit].split(", ")
    amounts = [int(words.replace("-", " ").split()[0]) for words in expected]

    assert [texts.duration(Duration(amount, unit)) for amount in amounts] == expected


@pytest.mark.parametrize(
    ("language", "amount", "words"),
    [("ar", 1, "يوم واحد"), ("ar", 2, "يومان"), ("he", 1, "יום אחד"), ("he", 2, "יומיים")],
)
def test_one_and_two_are_words_where_the_noun_has_a_form_for_them(
    language: str, amount: int, words: str
) -> None:
    assert load_texts(language).duration(Duration(amount, "day")) == words


@pytest.mark.parametrize(
    ("amount", "words"),
    [(1, "1 miesiąc"), (12, "rok"), (13, "13 miesięcy"), (22, "22 miesiące"), (112, "112 miesięcy")],
)
def test_an_exact_number_comes_before_its_category(amount: int, words: str) -> None:
    own = load_texts("pl").with_overrides({"durations": {"month": {"12": "rok"}}})

    assert own.duration(Duration(amount, "month")) == words


@pytest.mark.parametrize(("amount", "words"), [(1, "1 a"), (2, "2 c"), (5, "5 c")])
def test_other_stands_for_a_category_without_a_form(amount: int, words: str) -> None:
    texts = Texts("ru", "Русский", durations={"day": {"one": "{n} a", "other": "{n} c"}})

    assert texts.duration(Duration(amount, "day")) == words
