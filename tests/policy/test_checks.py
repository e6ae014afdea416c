"""What only shows when tables are looked at together: each contradiction is a fault, its like is none."""

# ruff: noqa: E501 - one case a line reads as the table that it is

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from consentkit.errors import Fault
from consentkit.policy.catalogue import catalogue_ids
from consentkit.policy.checks import MAX_NAMES
from consentkit.policy.model import Policy

Parse = Callable[[str], Policy]
FaultsOf = Callable[[str], list[tuple[str, str]]]
OnlyFault = Callable[[str], Fault]

ANALYTICS = "[categories.analytics]\n"


def survey(more: str = "") -> str:
    return f'[services.survey]\nprovider = "P"\n{more}\n'


def essential(name: str, more: str = ', purpose = "Why."') -> str:
    return f'[categories.essential]\ncookies = [{{ name = "{name}", expires_after = "1 day"{more} }}]\n'


def optional(name: str, more: str = "") -> str:
    return f'[categories.functional]\ncookies = [{{ name = "{name}", expires_after = "1 day"{more} }}]\n'


def extra(more: str) -> str:
    return f'[categories.extra]\nname = "N"\npurpose = "P"\n{more}\n'


IN_ANALYTICS = survey("category = 'analytics'")
IN_ANALYTIC = survey("category = 'analytic'")
IN_MATOMO = survey("category = 'matomo'")
IN_MARKETING = survey("category = 'marketing'")
SWALLOWS = IN_ANALYTICS + "cookies = [{ name = '*consent', expires_after = '1 day' }]"

# Each line: what is wrong, its id, its key path, a part of the cure; and beside it what is right.
CASES = [
    # CK004
    (
        f'{ANALYTICS}use = ["survey"]\n[services.survey]',
        "CK004", "services.survey.provider", "visitors have a right to know", f'{ANALYTICS}use = ["survey"]\n{survey()}',
    ),
    # CK012
    (optional("consent"), "CK012", "categories.functional.cookies[0].name", "narrower", optional("consented")),
    (optional("*"), "CK012", "categories.functional.cookies[0].name", "narrower", optional("a*")),
    (optional("__Host-*"), "CK012", "categories.functional.cookies[0].name", "narrower", optional("__Host-a*")),
    (optional("[a-d]onsent"), "CK012", "categories.functional.cookies[0].name", "narrower", optional("Consent")),
    (essential("conse??"), "CK012", "categories.essential.cookies[0].name", "narrower", essential("conse?")),
    (
        f'{ANALYTICS}{SWALLOWS}',
        "CK012", "services.survey.cookies[0].name", "narrower", optional("consent", ', domain = "other.example"'),
    ),
    # CK013
    (f'{ANALYTICS}use = ["matamo"]', "CK013", "categories.analytics.use[0]", 'Did you mean "matomo" or "marketo"?', f'{ANALYTICS}use = ["matomo"]'),
    (
        f'{ANALYTICS}use = ["matomo", "zzzzzz"]',
        "CK013", "categories.analytics.use[1]", "Declare it as [services.zzzzzz]",
        f'{ANALYTICS}use = ["matomo", "survey"]\n{survey()}',
    ),
    (f'{ANALYTICS}use = ["serveys"]\n{IN_ANALYTICS}', "CK013", "categories.analytics.use[0]", '"survey"', ANALYTICS),
    (f'{ANALYTICS}use = ["third-party"]\n[categories.third-party]', "CK013", "categories.analytics.use[0]", "Declare it", ANALYTICS),
    # CK014
    (f"{ANALYTICS}{IN_ANALYTIC}", "CK014", "services.survey.category", 'Did you mean "analytics"?', f"{ANALYTICS}{IN_ANALYTICS}"),
    (
        f'{ANALYTICS}use = ["matomo"]\n{IN_MATOMO}',
        "CK014", "services.survey.category", "Declared: analytics, essential", ANALYTICS,
    ),
    (f"[consent]\ngpc = ['analytics', 'marketing']\n{ANALYTICS}", "CK014", "consent.gpc[1]", "Declared: analytics", f"[consent]\ngpc = ['analytics']\n{ANALYTICS}"),
    (
        f"{ANALYTICS}{IN_ANALYTICS}[services.other]\nprovider = 'P'\ncategory = 'survey'",
        "CK014", "services.other.category", "Declared: analytics, essential",
        f"{ANALYTICS}{IN_ANALYTICS}[services.other]\nprovider = 'P'\ncategory = 'analytics'",
    ),
    (
        f"[consent]\ngpc = ['survey']\n{ANALYTICS}{IN_ANALYTICS}",
        "CK014", "consent.gpc[0]", "Declared: analytics, essential", ANALYTICS,
    ),
    (
        f"{ANALYTICS}[texts.en.categories.analitics]\nname = 'Counting'",
        "CK014", "texts.en.categories.analitics", 'Did you mean "analytics"?',
        f"{ANALYTICS}[texts.en.categories.marketing]\nname = 'Adverts'",
    ),
    # CK015
    ("[categories.extra]\nname = 'N'", "CK015", "categories.extra.purpose", 'Add purpose = "…"', extra("")),
    ("[categories.extra]\npurpose = 'P'", "CK015", "categories.extra.name", "Only essential, functional", extra("")),
    (
        "[categories.extra]\nname = 'N'\n[texts.en.categories.extra]\nname = 'N'",
        "CK015", "categories.extra.purpose", "Add purpose", "[categories.extra]\nname = 'N'\n[texts.en.categories.extra]\npurpose = 'P'",
    ),
    # CK016
    (essential("basket", ""), "CK016", "categories.essential.cookies[0].purpose", "what would not work", essential("basket")),
    (
        "[categories.essential]\nstorage = [{ name = 'a', kind = 'indexed-db', expires_after = 'session' }]",
        "CK016", "categories.essential.storage[0].purpose", "what would not work",
        "[categories.essential]\nstorage = [{ name = 'a', kind = 'indexed-db', expires_after = 'session', purpose = 'Why.' }]",
    ),
    (extra("essential = true\ncookies = [{ name = 'a', expires_after = '1 day' }]"), "CK016", "categories.extra.cookies[0].purpose", "Add purpose", extra("essential = true")),
    (survey("category = 'essential'"), "CK016", "services.survey.reason", 'Add reason = "…"', survey("category = 'essential'\nreason = 'R'")),
    (f"{ANALYTICS}exemption = 'uk-statistics'", "CK016", "categories.analytics.exemption", "essential = true", f"{ANALYTICS}exemption = 'uk-statistics'\nessential = true"),
    # CK017
    (essential("_ga"), "CK017", "categories.essential.cookies[0].name", "optional category", optional("_ga")),
    (essential("_ga_ABC123"), "CK017", "categories.essential.cookies[0].name", "optional category", optional("_ga_ABC123")),
    (essential("_g*"), "CK017", "categories.essential.cookies[0].name", "optional category", essential("portal_*")),
    (
        extra("essential = true\nexemption = 'communication'\ncookies = [{ name = '_ga', expires_after = '1 day', purpose = 'W' }]"),
        "CK017", "categories.extra.cookies[0].name", "optional category",
        extra("essential = true\nexemption = 'fr-audience-measurement'\ncookies = [{ name = '_ga', expires_after = '1 day', purpose = 'W' }]"),
    ),
    # CK018
    (f"{ANALYTICS}{survey()}", "CK018", "services.survey", 'Add category = "…"', f'{ANALYTICS}use = ["survey"]\n{survey()}'),
    (
        f"{ANALYTICS}use = ['matomo']\n[categories.marketing]\nuse = ['matomo']",
        "CK018", "services.matomo", "Leave it in one", f"{ANALYTICS}use = ['matomo']\n[categories.marketing]",
    ),
    (
        f"{ANALYTICS}use = ['survey']\n[categories.marketing]\n{IN_MARKETING}",
        "CK018", "services.survey", "Leave it in one", f"{ANALYTICS}use = ['survey']\n{IN_ANALYTICS}",
    ),
    # CK019
    (essential("theme") + optional("theme"), "CK019", "categories.functional.cookies[0]", "Declare it once", essential("theme") + optional("themes")),
    (essential("app_session") + optional("app_*"), "CK019", "categories.functional.cookies[0]", "overlap", essential("app_session") + optional("app-*")),
    (essential("app_*") + optional("app_theme"), "CK019", "categories.functional.cookies[0]", "overlap", essential("app_*") + optional("App_theme")),
    (
        essential("theme", ", purpose = 'W', domain = 'a.example'") + optional("theme", ", domain = 'a.example'"),
        "CK019", "categories.functional.cookies[0]", "overlap",
        essential("theme", ", purpose = 'W', domain = 'a.example'") + optional("theme"),
    ),
    (
        essential("theme") + optional("a") + survey("category = 'functional'\ncookies = [{ name = 'theme', expires_after = 'session' }]"),
        "CK019", "services.survey.cookies[0]", "Declare it once",
        essential("theme") + optional("a") + "storage = [{ name = 'theme', kind = 'local-storage', expires_after = '1 day' }]",
    ),
    # CK022
    (extra("") + "[services.extra]\nprovider = 'P'\ncategory = 'extra'", "CK022", "services.extra", "Rename one", extra("") + "[services.extra-a]\nprovider = 'P'\ncategory = 'extra'"),
    (f"[services.essential]\nprovider = 'P'\ncategory = 'analytics'\n{ANALYTICS}", "CK022", "services.essential", "Rename one", ANALYTICS),
    # CK024
    ("[consent]\ngpc = ['essential']", "CK024", "consent.gpc[0]", "Take it out of gpc", "[consent]\ngpc = []"),
    (f"[consent]\ngpc = ['extra']\n{extra('essential = true')}", "CK024", "consent.gpc[0]", "Take it out", f"[consent]\ngpc = ['extra']\n{extra('')}"),
    ("[categories.essential]\nessential = false", "CK024", "categories.essential.essential", "another name", "[categories.essential]\nessential = true"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "fault_id", "path", "cure"), [case[:4] for case in CASES])
def test_a_contradiction_is_one_fault_with_place_and_cure(
    only_fault: OnlyFault, wrong: str, fault_id: str, path: str, cure: str
) -> None:
    fault = only_fault(wrong)

    assert (fault.id, fault.path) == (fault_id, path)
    assert cure in fault.cure


@pytest.mark.parametrize("right", sorted({case[4] for case in CASES}))
def test_what_only_resembles_it_is_no_fault(faults_of: FaultsOf, right: str) -> None:
    assert faults_of(right) == []


@pytest.mark.parametrize("consent_cookie", ["consent", "__Host-consent"])
def test_a_glob_that_swallows_the_consent_cookie_is_named_with_it(
    only_fault: OnlyFault, consent_cookie: str
) -> None:
    fault = only_fault(optional(consent_cookie[:-1] + "?"))

    assert f"the consent cookie '{consent_cookie}'" in fault.message


@pytest.mark.parametrize(
    ("named", "cure"),
    [
        # A near miss: the one that is meant, or the nearest three, with the nearest first.
        ("you-tube", 'Did you mean "youtube"? Declare it as [services.you-tube], or use one of those in docs/catalogue.md.'),
        (
            "google",
            'Did you mean "google-ads" or "google-maps" or "google-fonts"? Declare it as [services.google], or use one of those in docs/catalogue.md.',
        ),
        # Nothing near.
        ("zzzzzz", "Declare it as [services.zzzzzz], or use one of those in docs/catalogue.md."),
        # What cannot be the name of a table is not proposed as one.
        ("zz*", "Use one of those in docs/catalogue.md."),
        ("zz\nzz", "Use one of those in docs/catalogue.md."),
    ],
)  # fmt: skip
def test_a_service_that_does_not_exist_is_told_with_the_nearest_three_and_where_all_are(
    only_fault: OnlyFault, named: str, cure: str
) -> None:
    fault = only_fault(f"{ANALYTICS}use = [{json.dumps(named)}]")

    assert (fault.id, fault.cure) == ("CK013", cure)
    assert len(str(fault).splitlines()) == 1


def test_where_a_cure_sends_for_the_catalogue_every_service_is_listed() -> None:
    page = (Path(__file__).parents[2] / "docs/catalogue.md").read_text(encoding="utf-8")

    assert [name for name in catalogue_ids() if f"| `{name}` |" not in page] == []


def test_the_parts_of_a_contradiction_name_each_other(only_fault: OnlyFault) -> None:
    fault = only_fault(essential("app_session") + optional("app_*"))

    assert fault.message == (
        "'app_*' is optional here and 'app_session' is essential in categories.essential.cookies[0]."
    )


def test_the_same_item_in_two_optional_places_is_no_contradiction(faults_of: FaultsOf) -> None:
    shared = "cookies = [{ name = '_ct', expires_after = '1 day' }]"

    assert faults_of(f"{ANALYTICS}{shared}\n[categories.marketing]\n{shared}") == []


def test_an_essential_service_of_the_catalogue_needs_a_reason_too(only_fault: OnlyFault) -> None:
    fault = only_fault("[categories.essential]\nuse = ['google-fonts']")

    assert (fault.id, fault.path) == ("CK016", "services.google-fonts.reason")


def test_an_essential_service_with_a_reason_keeps_it(parse: Parse) -> None:
    policy = parse(survey("category = 'essential'\nreason = 'You asked for the map.'"))
    reason = policy.services["survey"].reason

    assert reason is not None
    assert reason.phrase("en").text == "You asked for the map."


def many(count: int) -> str:
    services = "".join(
        f'[services.s{number}]\nprovider = "P"\ncategory = "analytics"\n' for number in range(count)
    )
    return ANALYTICS + services


def test_a_policy_holds_as_many_names_as_its_cookie(faults_of: FaultsOf, only_fault: OnlyFault) -> None:
    assert faults_of(many(MAX_NAMES - 1)) == []

    fault = only_fault(many(MAX_NAMES))
    assert (fault.id, fault.path) == ("CK023", "categories")
    assert "There are 81 categories and services" in fault.message


STATISTICS = extra("essential = true\nexemption = 'uk-statistics'")


#
def test_what_can_be_objected_to_may_not_be_what_must_stay(only_fault: OnlyFault) -> None:
    counted = "cookies = [{ name = 'app_seen', expires_after = '1 day', purpose = 'Counts.' }]"
    fault = only_fault(essential("app_*") + STATISTICS + counted)

    assert (fault.id, fault.path) == ("CK019", "categories.extra.cookies[0]")
    assert "'app_seen' is open to objection here and 'app_*' is essential" in fault.message


#
def test_what_can_be_objected_to_may_be_optional_as_well(faults_of: FaultsOf) -> None:
    counted = "cookies = [{ name = '_ga', expires_after = '1 day', purpose = 'Counts.' }]"

    assert faults_of(STATISTICS + counted + "\n" + optional("_ga")) == []


def test_a_choice_about_it_can_be_brought_over_and_needs_room_in_the_cookie(
    faults_of: FaultsOf, only_fault: OnlyFault
) -> None:
    assert faults_of(f"{STATISTICS}[bring_over.klaro]\nx = 'extra'") == []
    assert "There are 81" in only_fault(many(MAX_NAMES - 1) + STATISTICS).message


def test_no_signal_speaks_for_it(faults_of: FaultsOf) -> None:
    assert faults_of(f"[consent]\ngpc = ['extra']\n{STATISTICS}") == [("CK024", "consent.gpc[0]")]


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ("[bring_over.klara]\nx = 'analytics'", [("CK025", "bring_over.klara")]),
        ("[bring_over.klaro]\nx = ['analytics', 'nothing']", [("CK025", "bring_over.klaro.x")]),
        ("[bring_over.klaro]\nx = 'essential'", [("CK024", "bring_over.klaro.x")]),
        ("[bring_over.klaro]\nx = 7", [("CK005", "bring_over.klaro.x")]),
        ("[bring_over.klaro]\nx = ['analytics', 7]", [("CK005", "bring_over.klaro.x")]),
        ("[bring_over]\nklaro = 'analytics'", [("CK005", "bring_over.klaro")]),
        ("[bring_over.klaro]\nx = 'analytics'\ny = ['matomo']", []),
    ],
)
def test_what_is_brought_over_must_be_there(
    table: str, found: list[tuple[str, str]], faults_of: FaultsOf
) -> None:
    policy = f"[categories.analytics]\nuse = ['matomo']\n{table}"

    assert faults_of(policy) == found
