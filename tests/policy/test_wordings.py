"""The site's own texts: slips are faults, and no language goes out with a text missing."""

# ruff: noqa: E501 - one case a line reads as the table that it is

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from consentkit.errors import Fault
from consentkit.policy.duration import Duration
from consentkit.policy.model import Policy
from consentkit.policy.texts import available_languages, load_texts

Parse = Callable[[str], Policy]
FaultsOf = Callable[[str], list[tuple[str, str]]]
OnlyFault = Callable[[str], Fault]

# A language that is not shipped.
ESPERANTO = '[site]\nname = "T"\ncontroller = { name = "H", contact = "c" }\nlanguages = ["en", "eo"]\n'
SECTIONS = ("ui", "kinds", "lifetimes", "errors")


def tables(language: str, without: str = "") -> str:
    """Return the English texts as ``[texts.<language>]`` tables, leaving out one key."""
    english = load_texts("en")
    lines = []
    for section in SECTIONS:
        lines.append(f"[texts.{language}.{section}]")
        lines += [
            f"{key} = {json.dumps(text)}"
            for key, text in getattr(english, section).items()
            if f"{section}.{key}" != without
        ]
    for section in ("durations", "categories"):
        for name, texts in getattr(english, section).items():
            if f"{section}.{name}" != without:
                lines.append(f"[texts.{language}.{section}.{name}]")
                lines += [
                    f"{key} = {json.dumps(text)}"
                    for key, text in texts.items()
                    if f"{section}.{name}.{key}" != without
                ]
    return "\n".join(lines)


def test_a_language_that_is_not_shipped_needs_all_texts(only_fault: OnlyFault) -> None:
    fault = only_fault(ESPERANTO)

    assert (fault.id, fault.path) == ("CK020", "site.languages[1]")
    assert fault.message.startswith("'eo' lacks texts: categories.analytics.name, ")
    assert f"Shipped: {', '.join(available_languages())}." in fault.cure
    assert "[texts.eo]" in fault.cure


def test_a_language_with_all_its_texts_is_as_good_as_a_shipped_one(parse: Parse) -> None:
    policy = parse(f'{ESPERANTO}[texts.eo]\nname = "Esperanto"\n{tables("eo")}')

    assert (policy.texts["eo"].language, policy.texts["eo"].name) == ("eo", "Esperanto")
    assert policy.texts["eo"].direction == "ltr"
    assert policy.texts["eo"].ui == policy.texts["en"].ui
    assert policy.by_id["essential"].name.phrase("eo").language == "eo"


def test_a_language_written_from_right_to_left_says_so(parse: Parse) -> None:
    policy = parse(ESPERANTO.replace('"eo"', '"yi"') + '[texts.yi]\ndirection = "rtl"\n' + tables("yi"))

    assert (policy.texts["yi"].name, policy.texts["yi"].direction) == ("yi", "rtl")


@pytest.mark.parametrize(
    "missing",
    [
        "ui.accept_all", "kinds.cookie", "lifetimes.session", "errors.cross-site", "durations.month",
        "categories.functional", "categories.essential.purpose",
    ],
)  # fmt: skip
def test_one_missing_text_is_named(only_fault: OnlyFault, missing: str) -> None:
    fault = only_fault(ESPERANTO + tables("eo", without=missing))

    assert (fault.id, fault.path) == ("CK020", "site.languages[1]")
    assert fault.message.startswith(f"'eo' lacks texts: {missing}")


def test_the_names_of_countries_may_be_missing(faults_of: FaultsOf) -> None:
    assert "[texts.eo.countries]" not in tables("eo")
    assert faults_of(ESPERANTO + tables("eo")) == []


def test_texts_for_a_language_that_the_site_does_not_list_are_a_fault(only_fault: OnlyFault) -> None:
    fault = only_fault("[texts.fr.ui]\naccept_all = 'Oui'")

    assert (fault.id, fault.path) == ("CK020", "texts.fr")
    assert "Add it to site.languages" in fault.cure


# Each line: an entry under [texts.en], its id, its place, a part of the cure; and what is right.
CASES = [
    ("ui.accept_al = 'x'", "CK003", "ui.accept_al", 'Did you mean "accept_all"?', "ui.accept_all = 'x'"),
    ("uii.accept_all = 'x'", "CK003", "uii", 'Did you mean "ui"?', "kinds.cookie = 'x'"),
    ("errors.nothing = 'x'", "CK003", "errors.nothing", "Known here: ", "errors.cross-site = 'x'"),
    ("categories.essential.title = 'x'", "CK003", "categories.essential.title", "name, purpose", "categories.essential.name = 'x'"),
    ("durations.days.other = 'x'", "CK003", "durations.days", 'Did you mean "day"?', "durations.day.other = 'x'"),
    ("durations.day = { one = 'x', few = 'x' }", "CK003", "durations.day.few", "Forms of 'en': one, other; or", "durations.day = { one = 'x', other = 'x' }"),
    ("durations.day.zero = 'x'", "CK003", "durations.day.zero", "Forms of 'en': one, other; or", "durations.day.other = 'x'"),
    ("durations.month.ones = 'x'", "CK003", "durations.month.ones", 'Did you mean "one"?', "durations.month.one = 'x'"),
    ("durations.month.-12 = 'x'", "CK003", "durations.month.-12", "an exact number, such as 12", "durations.month.12 = 'a year'"),
    ("ui = 'x'", "CK005", "ui", "Write [texts.en.ui]", "ui = {}"),
    ("ui.accept_all = 5", "CK005", "ui.accept_all", "quotation marks", "ui.accept_all = '5'"),
    ("ui.accept_all = ' '", "CK005", "ui.accept_all", "quotation marks", "ui.accept_all = '-'"),
    ("countries = 5", "CK005", "countries", "Write [", "countries = {}"),
    ("countries.IS = 5", "CK005", "countries.IS", "quotation marks", "countries.IS = 'Iceland'"),
    ("countries.IE = '{name}'", "CK021", "countries.IE", "none", "countries.IE = 'Eire'"),
    ("categories = 5", "CK005", "categories", "Write [texts.en.categories]", "categories = {}"),
    ("categories.essential = 5", "CK005", "categories.essential", "Write [", "categories.essential = {}"),
    ("durations.day = 5", "CK005", "durations.day", "other =", "durations = {}"),
    ("durations.day = []", "CK005", "durations.day", 'Write { one = "…", other = "…" }.', "durations.day = { 1 = 'x' }"),
    ("durations.day = { other = 5 }", "CK005", "durations.day.other", "quotation marks", "durations.day = { other = '5' }"),
    ("name = 5", "CK005", "name", "quotation marks", "name = 'x'"),
    ("name = ''", "CK005", "name", "quotation marks", "name = 'x'"),
    ("direction = 'up'", "CK006", "direction", "'ltr' or 'rtl'", "direction = 'rtl'"),
    ("direction = []", "CK006", "direction", "'ltr' or 'rtl'", "direction = 'ltr'"),
    ("ui.page_title = '{domain}'", "CK021", "ui.page_title", "{site}", "ui.page_title = '{site}'"),
    ("ui.hide = '{a} {b}'", "CK021", "ui.hide", "none", "ui.hide = '{A} {0} {a.b}'"),
    ("durations.day.other = '{count} days'", "CK021", "durations.day.other", "{n}", "durations.day.other = '{n} days'"),
    ("categories.essential.name = '{site}'", "CK021", "categories.essential.name", "none", "categories.essential.name = 'x'"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "fault_id", "place", "cure"), [case[:4] for case in CASES])
def test_a_slip_in_a_text_is_one_fault_with_place_and_cure(
    only_fault: OnlyFault, wrong: str, fault_id: str, place: str, cure: str
) -> None:
    fault = only_fault(f"[texts.en]\n{wrong}")

    assert (fault.id, fault.path) == (fault_id, f"texts.en.{place}")
    assert cure in fault.cure


@pytest.mark.parametrize("right", sorted({case[4] for case in CASES}))
def test_a_text_of_the_right_form_is_no_fault(faults_of: FaultsOf, right: str) -> None:
    assert faults_of(f"[texts.en]\n{right}") == []


def site(language: str) -> str:
    return ESPERANTO.replace('["en", "eo"]', json.dumps([language]))


#
@pytest.mark.parametrize(
    ("language", "form", "forms"),
    [
        ("pl", "other", "one, few, many"),
        ("pl", "two", "one, few, many"),
        ("cs", "many", "one, few, other"),
        ("sr-Latn", "many", "one, few, other"),
        ("ja", "one", "other"),
        ("he", "few", "one, two, other"),
        ("fr", "many", "one, other"),
    ],
)
def test_a_plural_category_that_a_language_never_uses_is_a_fault_that_lists_those_it_does(
    only_fault: OnlyFault, language: str, form: str, forms: str
) -> None:
    fault = only_fault(f"{site(language)}[texts.{language}.durations.day]\n{form} = '{{n}}'")

    assert (fault.id, fault.path) == ("CK003", f"texts.{language}.durations.day.{form}")
    assert fault.message == f"No number picks this form for '{language}'."
    assert fault.cure == f"Forms of '{language}': {forms}; or an exact number, such as 12."


#
@pytest.mark.parametrize("language", available_languages())
def test_every_category_that_a_language_uses_may_be_given(faults_of: FaultsOf, language: str) -> None:
    forms = "".join(f"{form} = '{{n}} x'\n" for form in load_texts(language).durations["day"])

    assert faults_of(f"{site(language)}[texts.{language}.durations.day]\n{forms}") == []


def test_a_form_of_ones_own_is_laid_over_the_shipped_ones(parse: Parse) -> None:
    texts = parse(f"{site('pl')}[texts.pl.durations.month]\nfew = '{{n}} mies.'\n12 = 'rok'").texts["pl"]

    said = [texts.duration(Duration(amount, "month")) for amount in (1, 12, 22, 112)]
    assert said == ["1 miesiąc", "rok", "22 mies.", "112 miesięcy"]


def days(language: str, forms: str) -> str:
    """Return a site in ``language`` with all texts, of whose forms for days there are only these."""
    given = "".join(f"{form} = '{{n}} x'\n" for form in forms.split())
    others = tables(language, without="durations.day")
    return f"{site(language)}{others}\n[texts.{language}.durations.day]\n{given}"


#
@pytest.mark.parametrize(
    ("language", "forms", "missing"),
    [
        ("ru", "one few", ["many"]),
        ("ru", "1 few", ["many", "one"]),
        ("eo", "one", ["other"]),
        ("eo", "12", ["one", "other"]),
        ("eo", "", ["one", "other"]),
    ],
)
def test_a_language_that_is_not_shipped_needs_a_form_for_each_of_its_categories(
    only_fault: OnlyFault, language: str, forms: str, missing: list[str]
) -> None:
    fault = only_fault(days(language, forms))

    assert (fault.id, fault.path) == ("CK020", "site.languages[0]")
    named = ", ".join(f"durations.day.{form}" for form in missing)
    assert fault.message == f"'{language}' lacks texts: {named}."


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("ru", "one few many"),
        ("ru", "one few many other"),
        ("ru", "one other"),
        ("eo", "one other"),
        ("eo", "1 other"),
        ("eo", "other"),
    ],
)
def test_all_categories_are_enough_and_so_is_other_for_those_that_are_not_given(
    faults_of: FaultsOf, language: str, forms: str
) -> None:
    assert faults_of(days(language, forms)) == []


def test_every_text_may_quote_the_labels(parse: Parse) -> None:
    policy = parse("[texts.en.ui]\nhide = 'Hide ({reject_all})'\nreject_all = 'No to all'")

    assert policy.texts["en"].text("hide") == "Hide (No to all)"


@pytest.mark.parametrize("section", [*SECTIONS, "durations", "categories"])
@pytest.mark.parametrize("value", ["5", "'x'", "[]", "true"])
def test_a_section_of_a_new_language_that_is_no_table_is_a_fault(
    faults_of: FaultsOf, section: str, value: str
) -> None:
    found = faults_of(f"{ESPERANTO}[texts.eo]\n{section} = {value}")

    assert found == [("CK005", f"texts.eo.{section}"), ("CK020", "site.languages[1]")]


@pytest.mark.parametrize("category", ["essential", "marketing"])
def test_a_category_of_a_new_language_that_is_no_table_is_a_fault(faults_of: FaultsOf, category: str) -> None:
    text = (
        ESPERANTO
        + tables("eo", without=f"categories.{category}")
        + f"\n[texts.eo.categories]\n{category} = 5"
    )

    assert faults_of(text) == [("CK005", f"texts.eo.categories.{category}"), ("CK020", "site.languages[1]")]
