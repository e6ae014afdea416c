"""The form of each table: what departs from it is a fault with its place and a cure; the rest is not."""

# ruff: noqa: E501 - one case a line reads as the table that it is

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest

from consentkit.errors import Fault
from consentkit.policy.model import Policy
from consentkit.policy.schema import json_schema
from consentkit.policy.values import is_id, is_language

Parse = Callable[[str], Policy]
FaultsOf = Callable[[str], list[tuple[str, str]]]
OnlyFault = Callable[[str], Fault]


def site(**keys: str) -> str:
    entries = {"name": '"Tides"', "controller": '{ name = "Harbour", contact = "a@b.example" }'} | keys
    return "[site]\n" + "\n".join(f"{key} = {value}" for key, value in entries.items()) + "\n"


def cookie(name: str = '"a"', lifetime: str = '"1 day"', more: str = "") -> str:
    return f"[categories.functional]\ncookies = [{{ name = {name}, expires_after = {lifetime}{more} }}]"


def stored(more: str, lifetime: str = '"1 day"') -> str:
    return f'[categories.functional]\nstorage = [{{ name = "a", expires_after = {lifetime}{more} }}]'


def survey(more: str) -> str:
    return f'[categories.analytics]\n[services.survey]\ncategory = "analytics"\nprovider = "P"\n{more}'


# Each line: what is wrong, its id, its key path, a part of the cure; and beside it what is right.
CASES = [
    # CK003
    (site(nmae='"x"'), "CK003", "site.nmae", 'Did you mean "name"?', site()),
    (
        site(controller='{ name = "H", contact = "c", phone = "1" }'),
        "CK003", "site.controller.phone", "Known here: contact, name.", site(),
    ),
    ("[consent]\nexpires = '1 day'", "CK003", "consent.expires", '"expires_after"', "[consent]\nexpires_after = '1 day'"),
    (cookie(more=", purposes = 'x'"), "CK003", "categories.functional.cookies[0].purposes", '"purpose"', cookie(more=", purpose = 'x'")),
    (survey("host = []"), "CK003", "services.survey.host", 'Did you mean "hosts"?', survey("hosts = []")),
    (survey("zzz = []"), "CK003", "services.survey.zzz", "Known here: category, consent_api, cookies", survey("")),
    # CK004
    (site().replace('name = "Tides"\n', ""), "CK004", "site.name", "Add name = …", site()),
    (site(controller='{ name = "H" }'), "CK004", "site.controller.contact", "Add contact = …", site()),
    (
        "[categories.functional]\ncookies = [{ name = 'a' }]",
        "CK004", "categories.functional.cookies[0].expires_after", "Add expires_after", cookie(),
    ),
    (stored(""), "CK004", "categories.functional.storage[0].kind", "Add kind", stored(", kind = 'indexed-db'")),
    # CK005
    (site(name="5"), "CK005", "site.name", "text in quotation marks", site()),
    (site(name="2026-01-01"), "CK005", "site.name", "text in quotation marks", site()),
    (site(controller='"Harbour"'), "CK005", "site.controller", "Write a table", site()),
    (site(languages='"en"'), "CK005", "site.languages", '["en", "cy"]', site(languages='["en"]')),
    (site(languages='["en", 5]'), "CK005", "site.languages[1]", "text in quotation marks", site(languages='["en", "de"]')),
    (
        "[categories.essential]\nessential = 'true'",
        "CK005", "categories.essential.essential", "true or false, without", "[categories.essential]\nessential = true",
    ),
    (
        "[categories.essential]\nessential = 1",
        "CK005", "categories.essential.essential", "true or false, without", "[categories.essential]",
    ),
    ("[categories.functional]\nname = 5", "CK005", "categories.functional.name", '{ en = "…"', "[categories.functional]\nname = 'x'"),
    ("[categories.functional]\nname = ' '", "CK005", "categories.functional.name", '{ en = "…"', "[categories.functional]\nname = 'x'"),
    ("[categories.functional]\nname = {}", "CK005", "categories.functional.name", '{ en = "…"', "[categories.functional]\nname = { cy = 'x' }"),
    (
        "[categories.functional]\nname = { en = 5 }",
        "CK005", "categories.functional.name", '{ en = "…"', "[categories.functional]\nname = { en = 'x' }",
    ),
    ("[categories.functional]\ncookies = ['a']", "CK005", "categories.functional.cookies[0]", "Write a table", cookie()),
    # CK006
    (site(name='""'), "CK006", "site.name", "Change the length", site()),
    (site(name='"  "'), "CK006", "site.name", "Write a text", site()),
    (site(name=f'"{"x" * 2001}"'), "CK006", "site.name", "Change the length", site(name=f'"{"x" * 2000}"')),
    (site(languages="[]"), "CK006", "site.languages", "Change the length", site(languages='["cy"]')),
    (
        stored(", kind = 'localStorage'"),
        "CK006", "categories.functional.storage[0].kind", "'local-storage'", stored(", kind = 'local-storage'"),
    ),
    (
        "[categories.essential]\nexemption = 'legitimate-interest'",
        "CK006", "categories.essential.exemption", "'requested-service'",
        "[categories.essential]\nexemption = 'requested-service'",
    ),
    (survey("country = 'Ireland'"), "CK006", "services.survey.country", '"IE"', survey("country = 'IE'")),
    (survey("markers = ['_q(']"), "CK006", "services.survey.markers[0]", "Change the length", survey("markers = ['_qq(']")),
    (survey("").replace('"P"', '" "'), "CK006", "services.survey.provider", "Write a text", survey("")),
    # CK007
    (cookie(lifetime='"1 moon"'), "CK007", "categories.functional.cookies[0].expires_after", "13 months", cookie(lifetime='"1 month"')),
    (cookie(lifetime='"until-deleted"'), "CK007", "categories.functional.cookies[0].expires_after", "units:", cookie(lifetime='"session"')),
    (
        stored(", kind = 'indexed-db'", '"for ever"'),
        "CK007", "categories.functional.storage[0].expires_after", "units:",
        stored(", kind = 'indexed-db'", '"until-deleted"'),
    ),
    ("[consent]\nexpires_after = 'session'", "CK007", "consent.expires_after", "units:", "[consent]\nexpires_after = '6 months'"),
    ("[consent]\nexpires_after = '366 days'", "CK007", "consent.expires_after", '"365 days"', "[consent]\nexpires_after = '365 days'"),
    ("[consent]\nexpires_after = '23 hours'", "CK007", "consent.expires_after", '"1 day"', "[consent]\nexpires_after = '24 hours'"),
    # CK009
    (site(privacy_notice='"privacy"'), "CK009", "site.privacy_notice", '"/privacy"', site(privacy_notice='"/privacy"')),
    (site(privacy_notice='"//evil.example"'), "CK009", "site.privacy_notice", "https://", site(privacy_notice='"https://a.example"')),
    (site(privacy_notice='"/\\\\evil.example"'), "CK009", "site.privacy_notice", "https://", site(privacy_notice='"/a?b=c#d"')),
    (site(privacy_notice='"javascript:alert(1)"'), "CK009", "site.privacy_notice", "https://", site(privacy_notice='"http://a.example"')),
    (site(privacy_notice="""'/"onclick="x'"""), "CK009", "site.privacy_notice", "https://", site(privacy_notice="'/x'")),
    (survey("privacy_url = 'a.example'"), "CK009", "services.survey.privacy_url", "https://", survey("privacy_url = 'https://a.example'")),
    (survey("scripts = ['a.example/*']"), "CK009", "services.survey.scripts[0]", "https://cdn", survey("scripts = ['https://a.example/*']")),
    (survey("embeds = ['//a.example/']"), "CK009", "services.survey.embeds[0]", "https://cdn", survey("embeds = ['https://a.example/']")),
    (cookie(more=", path = 'shop'"), "CK009", "categories.functional.cookies[0].path", "Begin with /", cookie(more=", path = '/shop'")),
    (cookie(more=", path = 'https://a.example/'"), "CK009", "categories.functional.cookies[0].path", "Begin with /", cookie(more=", path = '/'")),
    (cookie(more=", path = '/;Secure'"), "CK009", "categories.functional.cookies[0].path", "semicolons", cookie(more=", path = '/%3B'")),
    (cookie(more=", path = '/é'"), "CK009", "categories.functional.cookies[0].path", "Begin with /", cookie(more=", path = '/%C3%A9'")),
    # CK010
    (survey("hosts = ['https://a.example']"), "CK010", "services.survey.hosts[0]", "only the host", survey("hosts = ['a.example']")),
    (survey("hosts = ['A.example']"), "CK010", "services.survey.hosts[0]", "lower case", survey("hosts = ['localhost:8000']")),
    (survey("hosts = ['a.*.example']"), "CK010", "services.survey.hosts[0]", "only the host", survey("hosts = ['*.a.example']")),
    (survey("hosts = ['*']"), "CK010", "services.survey.hosts[0]", "only the host", survey("hosts = []")),
    (survey("hosts = ['-a.example']"), "CK010", "services.survey.hosts[0]", "only the host", survey("hosts = ['a-b.example']")),
    (cookie(more=", domain = 'a.example:80'"), "CK010", "categories.functional.cookies[0].domain", "example.net", cookie(more=", domain = 'a.example'")),
    (cookie(more=", domain = '*.a.example'"), "CK010", "categories.functional.cookies[0].domain", "example.net", cookie(more=", domain = '.a.example'")),
    # CK011
    (cookie("'a b'"), "CK011", "categories.functional.cookies[0].name", "Leave out spaces", cookie("'a_b'")),
    (cookie("'a;b'"), "CK011", "categories.functional.cookies[0].name", "semicolons", cookie("'a.b'")),
    (cookie("'a=b'"), "CK011", "categories.functional.cookies[0].name", "equals", cookie("'a[b]*?'")),
    (cookie("'größe'"), "CK011", "categories.functional.cookies[0].name", "Leave out", cookie("'__Secure-x'")),
    # CK020
    (site(languages='["english"]'), "CK020", "site.languages[0]", "BCP 47", site(languages='["en"]')),
    (site(languages='["en", "EN"]'), "CK020", "site.languages", "Leave each in once", site(languages='["en", "en-GB"]')),
    (
        "[categories.functional]\nname = { english = 'x' }",
        "CK020", "categories.functional.name", "BCP 47", "[categories.functional]\nname = { en = 'x' }",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "fault_id", "path", "cure"), [case[:4] for case in CASES])
def test_what_departs_from_the_form_is_one_fault_with_place_and_cure(
    only_fault: OnlyFault, wrong: str, fault_id: str, path: str, cure: str
) -> None:
    fault = only_fault(wrong)

    assert (fault.id, fault.path) == (fault_id, path)
    assert cure in fault.cure


@pytest.mark.parametrize("right", sorted({case[4] for case in CASES}))
def test_what_has_the_right_form_is_no_fault(faults_of: FaultsOf, right: str) -> None:
    assert faults_of(right) == []


def test_an_operators_braces_stay_as_they_are(only_fault: OnlyFault) -> None:
    fault = only_fault(survey("hosts = ['{message}{cure}{0.__class__}']"))

    assert "'{message}{cure}{0.__class__}'" in fault.message


def test_a_cookies_domain_is_kept_without_its_dot(parse: Parse) -> None:
    (item,) = parse(cookie(more=", domain = '.a.example'")).by_id["functional"].items

    assert item.domain == "a.example"


@pytest.mark.parametrize("name", ["a", "third-party", "a1-2b", "x" * 40])
def test_an_id_is_lower_case_with_single_hyphens(name: str) -> None:
    assert is_id(name)


@pytest.mark.parametrize(
    "name", ["", "A", "1a", "-a", "a-", "a--b", "a_b", "a.b", "a b", "é", "a\n", "x" * 41]
)
def test_nothing_else_is_an_id(name: str) -> None:
    assert not is_id(name)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("en", True), ("pt-BR", True), ("zh-Hant-TW", True), ("gsw", True), ("english", False), ("e", False),
     ("en_GB", False), ("en-", False), ("", False), ("en\n", False)],
)  # fmt: skip
def test_a_language_tag_has_the_form_of_bcp_47(tag: str, *, expected: bool) -> None:
    assert is_language(tag) is expected


# --- the JSON Schema for editors


def shipped() -> str:
    return files("consentkit.policy").joinpath("consent.schema.json").read_text(encoding="utf-8")


def test_the_shipped_schema_is_the_generated_one() -> None:
    # When this fails: .venv/bin/python scripts/write-schema
    assert json.loads(shipped()) == json_schema()
    assert shipped() == json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def tables_of(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {"ConsentFile": schema, **schema["$defs"]}


def test_an_editor_is_told_every_key_and_that_there_are_no_others() -> None:
    tables = tables_of(json_schema())

    sections = {"site", "consent", "categories", "services", "bring_over", "consent_modes", "texts", "theme"}
    assert set(tables["ConsentFile"]["properties"]) == sections
    assert tables["ConsentFile"]["required"] == ["site"]
    assert {name for name, table in tables.items() if table["additionalProperties"] is not False} == set()
    assert {"use", "cookies", "essential", "purpose"} <= set(tables["CategoryTable"]["properties"])


def test_an_editor_can_explain_every_key_of_a_table() -> None:
    unexplained = [
        f"{name}.{key}"
        for name, table in json_schema()["$defs"].items()
        for key, entry in table["properties"].items()
        if "description" not in entry and "$ref" not in entry
    ]

    assert unexplained == []
