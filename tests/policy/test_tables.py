"""Sections and ids of a file, and how its services join with the catalogue."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from consentkit.errors import Fault
from consentkit.policy.model import Policy

Parse = Callable[[str], Policy]
FaultsOf = Callable[[str], list[tuple[str, str]]]
OnlyFault = Callable[[str], Fault]


def test_an_unknown_section_is_a_fault_with_the_closest_name(only_fault: OnlyFault) -> None:
    fault = only_fault("[catagories.analytics]\nuse = ['matomo']")

    assert (fault.id, fault.path) == ("CK003", "catagories")
    known = "site, consent, categories, services, bring_over, consent_modes, texts, theme"
    assert fault.cure == f'Did you mean "categories"? Known: {known}.'


def test_an_unknown_section_that_is_close_to_none_lists_those_there_are(only_fault: OnlyFault) -> None:
    assert (
        only_fault("[zzz]").cure
        == "Known: site, consent, categories, services, bring_over, consent_modes, texts, theme."
    )


def test_a_file_without_a_site_is_a_fault(faults_of: FaultsOf) -> None:
    # "[site]" in the comment keeps the fixture from adding one.
    assert faults_of("# [site]\n[categories.analytics]") == [("CK004", "site")]


@pytest.mark.parametrize("section", ["site", "consent", "categories", "services", "texts", "theme"])
@pytest.mark.parametrize("value", ["5", "[]", "'x'", "true"])
def test_a_section_that_is_no_table_is_a_fault(faults_of: FaultsOf, section: str, value: str) -> None:
    site = "" if section == "site" else '\n[site]\nname = "T"\ncontroller = { name = "H", contact = "c" }'

    assert faults_of(f"# [site]\n{section} = {value}{site}") == [("CK005", section)]


@pytest.mark.parametrize(
    ("section", "empty"), [("categories", "analytics"), ("services", "matomo"), ("texts", "en")]
)
def test_an_entry_that_is_no_table_is_a_fault(faults_of: FaultsOf, section: str, empty: str) -> None:
    found = faults_of(f"[{section}]\n{empty} = 5")

    assert ("CK005", f"{section}.{empty}") in found
    assert {fault_id for fault_id, _ in found} == {"CK005"}


def test_empty_sections_are_no_faults(faults_of: FaultsOf) -> None:
    assert faults_of("[consent]\n[categories]\n[services]\n[texts]") == []


@pytest.mark.parametrize(
    ("section", "rest"), [("categories", 'name = "N"\npurpose = "P"'), ("services", 'provider = "P"')]
)
def test_an_id_of_the_wrong_form_is_a_fault(only_fault: OnlyFault, section: str, rest: str) -> None:
    use = '\n[categories.analytics]\nuse = ["Bad_Id"]' if section == "services" else ""
    fault = only_fault(f"[{section}.Bad_Id]\n{rest}{use}")

    assert (fault.id, fault.path) == ("CK008", f"{section}.Bad_Id")
    assert "third-party" in fault.cure


@pytest.mark.parametrize("section", ["categories", "services"])
def test_an_id_has_at_most_40_characters(faults_of: FaultsOf, section: str) -> None:
    def named(name: str) -> str:
        if section == "categories":
            return f'[categories.{name}]\nname = "N"\npurpose = "P"'
        return f'[services.{name}]\nprovider = "P"\ncategory = "analytics"\n[categories.analytics]'

    assert faults_of(named("x" * 41)) == [("CK008", f"{section}.{'x' * 41}")]
    assert faults_of(named("x" * 40)) == []


def test_texts_under_something_that_is_no_language_are_a_fault(only_fault: OnlyFault) -> None:
    fault = only_fault("[texts.english.ui]\naccept_all = 'Yes'")

    assert (fault.id, fault.path) == ("CK020", "texts.english")


def test_a_fault_in_one_table_hides_none_in_another(faults_of: FaultsOf) -> None:
    assert faults_of("[categories.analytics]\nuse = 5\n[categories.functional]\nname = 5") == [
        ("CK005", "categories.analytics.use"),
        ("CK005", "categories.functional.name"),
    ]


def test_a_table_with_faults_is_still_known_to_the_others(faults_of: FaultsOf) -> None:
    text = """
        [consent]
        gpc = ["analytics"]
        [categories.analytics]
        name = 5
        [categories.third-party]
        use = ["survey"]
        [services.survey]
        hosts = 5
        [services.counter]
        category = "analytics"
        provider = "P"
    """

    assert faults_of(text) == [("CK005", "categories.analytics.name"), ("CK005", "services.survey.hosts")]


def test_an_override_with_a_fault_is_reported_once(faults_of: FaultsOf) -> None:
    text = "[categories.analytics]\nuse = ['matomo']\n[services.matomo]\nhosts = ['A B']"

    assert faults_of(text) == [("CK010", "services.matomo.hosts[0]")]


def test_an_empty_override_changes_nothing(parse: Parse) -> None:
    text = "[categories.analytics]\nuse = ['matomo']"

    assert parse(text) == parse(f"{text}\n[services.matomo]")
