"""Every shipped language says everything, and says it in its own words."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.policy.texts.rules import RULES

from consentkit.policy.duration import SECONDS
from consentkit.policy.exemption import Exemption
from consentkit.policy.model import Kind
from consentkit.policy.texts import LABELS, Texts, available_languages, load_texts, placeholders
from consentkit.policy.texts.plurals import plural_categories, plural_category
from consentkit.policy.texts.tags import current

if TYPE_CHECKING:
    from collections.abc import Iterator

TRANSLATIONS: Final = tuple(language for language in available_languages() if language != "en")


def read(language: str) -> dict[str, Any]:
    return tomllib.loads((files("consentkit.policy.texts") / f"{language}.toml").read_text(encoding="utf-8"))


def strings(table: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every string with its dotted path."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from strings(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def everything(language: str) -> dict[str, str]:
    return dict(strings(read(language)))


def without_number_forms(keys: dict[str, str]) -> set[str]:
    return {re.sub(r"^(durations\.[a-z]+)\..*", r"\1", key) for key in keys}


def test_these_languages_are_shipped() -> None:
    assert available_languages() == tuple(RULES)


# R-72
@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_has_exactly_the_keys_of_the_english_file(language: str) -> None:
    assert without_number_forms(everything(language)) == without_number_forms(everything("en"))


# R-72
@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_has_the_placeholders_of_the_english_strings(language: str) -> None:
    english = everything("en")
    own = everything(language)
    spelled = {f"durations.{unit}.{form}" for unit in SECONDS for form in RULES[language].spelled}

    differing = {
        key
        for key in (own.keys() & english.keys()) - spelled
        if placeholders(own[key]) != placeholders(english[key])
    }
    assert differing == set()


# R-72
@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translation_reads_as_english_only_where_the_word_is_the_same(language: str) -> None:
    english = everything("en")

    same = {key for key, text in everything(language).items() if english.get(key) == text}
    assert same - {"direction"} == set(RULES[language].same_as_english)


@pytest.mark.parametrize("language", available_languages())
def test_no_string_is_empty_or_has_space_around_it(language: str) -> None:
    faulty = [key for key, text in everything(language).items() if not text or text != text.strip()]
    assert faulty == []


@pytest.mark.parametrize("language", available_languages())
def test_every_brace_belongs_to_a_placeholder(language: str) -> None:
    faulty = [
        key
        for key, text in everything(language).items()
        if re.search(r"[{}]", re.sub(r"\{[a-z_]+\}", "", text)) is not None
    ]
    assert faulty == []


@pytest.mark.parametrize("language", available_languages())
def test_every_unit_has_a_form_for_any_number_and_every_form_shows_the_number(language: str) -> None:
    durations = load_texts(language).durations

    assert durations.keys() == SECONDS.keys()
    for forms in durations.values():
        assert tuple(form for form in forms if not form.isdecimal()) == plural_categories(language)
        for form, text in forms.items():
            assert placeholders(text) == (set() if form in RULES[language].spelled else {"n"}), text


@pytest.mark.parametrize("language", available_languages())
def test_an_exact_number_is_named_only_where_its_word_is_another_one(language: str) -> None:
    for forms in load_texts(language).durations.values():
        for form in filter(str.isdecimal, forms):
            assert forms[form] != forms[plural_category(language, int(form))], form


@pytest.mark.parametrize("language", available_languages())
def test_every_kind_of_storage_and_both_endless_lifetimes_have_a_name(language: str) -> None:
    texts = load_texts(language)

    assert texts.kinds.keys() == set(Kind)
    assert texts.lifetimes.keys() == {"session", "until-deleted"}


@pytest.mark.parametrize("language", available_languages())
def test_every_standard_category_has_a_name_and_a_purpose(language: str) -> None:
    categories = load_texts(language).categories

    assert categories.keys() == {"essential", "functional", "analytics", "marketing", "third-party"}
    assert all(category.keys() == {"name", "purpose"} for category in categories.values())
    assert len({category["name"] for category in categories.values()}) == len(categories)


# R-15 R-82
@pytest.mark.parametrize("language", available_languages())
@pytest.mark.parametrize("exemption", Exemption)
def test_every_exemption_is_explained_to_the_visitor(language: str, exemption: Exemption) -> None:
    assert f"exemption_{exemption.replace('-', '_')}" in load_texts(language).ui


@pytest.mark.parametrize("language", available_languages())
def test_every_label_that_a_sentence_may_quote_exists(language: str) -> None:
    assert load_texts(language).ui.keys() >= LABELS


# R-72
@pytest.mark.parametrize("language", available_languages())
def test_a_language_says_its_tag_its_own_name_and_its_direction(language: str) -> None:
    texts = load_texts(language)

    assert texts.language == language
    assert texts.name == RULES[language].name
    assert texts.direction == RULES[language].direction


@pytest.mark.parametrize("language", available_languages())
def test_quotation_marks_are_those_of_the_language(language: str) -> None:
    for key, text in everything(language).items():
        marks = re.sub("[^\"'\u2018\u201a\u201b“”„‟«»\u2039\u203a「」『』《》]", "", text)
        assert marks == RULES[language].quotes * (len(marks) // 2), key


def test_french_marks_are_set_off_by_spaces_that_do_not_break() -> None:
    for key, text in everything("fr").items():
        assert re.search(r"«(?!\u00a0)|(?<!\u00a0)[»:]|(?<!\u202f)[;?]", text) is None, key


def test_no_korean_particle_that_changes_with_the_letter_before_it_follows_a_value() -> None:
    particle = re.compile(r"\}[”)]?(은|는|이(?!나)|가|을|를|와|과|으?로)(?![가-힣])")

    assert [key for key, text in everything("ko").items() if particle.search(text)] == []


def test_serbian_is_the_same_in_both_scripts_letter_by_letter() -> None:
    two = {"љ": "lj", "њ": "nj", "џ": "dž"}
    one = dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš", strict=True))
    letters = {**one, **two}
    letters |= {letter.upper(): latin.capitalize() for letter, latin in letters.items()}
    latin = {key: "".join(letters.get(char, char) for char in text) for key, text in everything("sr").items()}

    assert latin == everything("sr-Latn")


@pytest.mark.parametrize("language", [language for language, rules in RULES.items() if rules.sensitive])
def test_no_value_follows_a_word_that_depends_on_its_first_letter(language: str) -> None:
    before_a_value = re.compile(rf"\b({RULES[language].sensitive}) \{{", re.IGNORECASE)

    assert [key for key, text in everything(language).items() if before_a_value.search(text)] == []


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("EN", "en"),
        ("fr-CA", "fr"),
        ("de-Latn-CH-1996", "de"),
        ("pt-PT", "pt"),
        ("PT-br-x-lgpd", "pt-BR"),
        ("zh-TW", "zh-Hant"),
        ("zh-hk", "zh-Hant"),
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("no", "nb"),
        ("no-NO", "nb"),
        ("nn-NO", "nn"),
        ("es-MX", "es-419"),
        ("es-ES", "es"),
        ("sh", "sr-Latn"),
        ("mo", "ro"),
    ],
)
def test_a_variant_gets_the_texts_of_its_language(asked: str, given: str) -> None:
    assert load_texts(asked) is load_texts(given)
    assert load_texts(asked).language == given


@pytest.mark.parametrize("asked", ["xx", "", "e", "eng", "en_GB", "../en", "en/", "en.toml", "*", "\x00"])
def test_a_language_that_is_not_shipped_is_a_lookup_error_that_lists_those_that_are(asked: str) -> None:
    with pytest.raises(LookupError, match=f"Shipped: {re.escape(', '.join(RULES))}"):
        load_texts(asked)


@given(asked=st.text() | st.from_regex(r"\A[a-z]{2}(-[A-Z]{2})?\Z"))
def test_any_text_is_a_shipped_language_or_a_lookup_error(asked: str) -> None:
    try:
        texts = load_texts(asked)
    except LookupError:
        return
    assert isinstance(texts, Texts)
    asked_language = current(asked).partition("-")[0]
    assert texts.language.partition("-")[0] == {"no": "nb"}.get(asked_language, asked_language)
