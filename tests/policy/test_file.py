"""``consent.toml`` → ``Policy``: what an operator writes is what code gets, and bad files are answered."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consentkit.errors import Fault, PolicyError
from consentkit.policy.catalogue import catalogue_entry
from consentkit.policy.digest import material_digests
from consentkit.policy.duration import Duration
from consentkit.policy.exemption import Exemption
from consentkit.policy.file import MAX_SIZE, load_policy, parse_policy
from consentkit.policy.local_text import LocalText
from consentkit.policy.model import Category, Kind, Policy, Service, StoredItem
from consentkit.policy.texts import load_texts

Parse = Callable[[str], Policy]
OnlyFault = Callable[[str], Fault]

SITE = """\
[site]
name = "Tide Tables"
controller = { name = "Harbour Office", contact = "privacy@harbour.example" }
"""

# The file that the design of this project shows, with its gaps filled in.
WHOLE = """\
#:schema https://example.org/consent.schema.json
[site]
name = "Justice Inspectorates"
controller = { name = "The inspectorates together", contact = "privacy@example.org" }
languages = ["en", "cy"]                    # first is the default
privacy_notice = "/privacy"

[consent]
expires_after = "180 days"                  # 1 to 365; grants and refusals alike; never rolling
gpc = ["third-party"]                       # Sec-GPC: 1 means no to these

[categories.essential]
essential = true
cookies = [{ name = "session", purpose = "Keeps you signed in.", expires_after = "session" }]

[categories.analytics]
use = ["google-analytics", "matomo"]        # from the catalogue: hosts, cookies, durations, provider

[categories.third-party]
use = ["youtube"]

[services.survey]                           # the site's own, or an override of a catalogue entry
category = "analytics"
provider = "Survey Makers Ltd"
hosts = ["survey.example.net"]
cookies = [{ name = "_sv_*", expires_after = "13 months" }]
"""


# --- what is read


def test_the_whole_example_is_read(parse: Parse) -> None:
    policy = parse(WHOLE)

    assert policy.site.name == "Justice Inspectorates"
    assert policy.site.controller.contact == "privacy@example.org"
    assert policy.site.languages == ("en", "cy")
    assert policy.site.privacy_notice == "/privacy"
    assert policy.expires_after == Duration(180, "day")
    assert [category.id for category in policy.categories] == ["essential", "analytics", "third-party"]
    assert [category.gpc for category in policy.categories] == [False, False, True]
    assert list(policy.services) == ["google-analytics", "matomo", "survey", "youtube"]
    assert set(policy.texts) == {"en", "cy"}


def test_a_service_of_the_sites_own_is_read_key_by_key(parse: Parse) -> None:
    policy = parse("""
        [categories.research]
        name = { en = "Research", cy = "Ymchwil" }
        purpose = "Let universities study how the site is used."

        [services.survey-tool]
        category = "research"
        provider = "Survey Makers Ltd"
        purpose = { en = "Asks you three questions.", de = "Stellt drei Fragen." }
        hosts = ["survey.example.net", "*.survey.example.net:8443"]
        scripts = ["https://cdn.example.net/survey/*.js"]
        embeds = ["https://survey.example.net/frame?*"]
        markers = ["survey("]
        privacy_url = "https://survey.example.net/privacy"
        country = "IE"
        cookies = [
            { name = "_sv_*", expires_after = "13 months", path = "/ask", domain = ".survey.example.net" },
        ]
        storage = [
            { name = "sv:*", kind = "local-storage", expires_after = "until-deleted", purpose = "A draft." },
        ]
    """)

    assert policy.services["survey-tool"] == Service(
        id="survey-tool",
        category="research",
        name="Survey tool",
        provider="Survey Makers Ltd",
        purpose=LocalText({"en": "Asks you three questions.", "de": "Stellt drei Fragen."}, "en"),
        hosts=("survey.example.net", "*.survey.example.net:8443"),
        scripts=("https://cdn.example.net/survey/*.js",),
        embeds=("https://survey.example.net/frame?*",),
        markers=("survey(",),
        items=(
            StoredItem("_sv_*", Kind.COOKIE, Duration(13, "month"), None, "/ask", "survey.example.net"),
            StoredItem("sv:*", Kind.LOCAL_STORAGE, "until-deleted", LocalText({"en": "A draft."}, "en")),
        ),
        privacy_url="https://survey.example.net/privacy",
        country="IE",
    )
    assert policy.by_id["research"].name.phrase("cy").text == "Ymchwil"


def test_what_is_left_out_has_a_default(parse: Parse) -> None:
    policy = parse("[categories.functional]")

    assert policy.site.languages == ("en",)
    assert policy.site.privacy_notice is None
    assert policy.expires_after == Duration(180, "day")
    assert policy.by_id["functional"].purpose.phrase("en").text.startswith("Remember settings")


def test_the_essential_category_is_always_there(parse: Parse) -> None:
    (essential,) = parse("").categories

    assert (essential.id, essential.essential) == ("essential", True)
    assert essential.exemption is Exemption.REQUESTED_SERVICE
    assert parse("").optional == ()


def test_essential_categories_come_first_and_the_others_in_the_order_of_the_file(parse: Parse) -> None:
    policy = parse("""
        [categories.third-party]
        [categories.analytics]
        [categories.security]
        essential = true
        exemption = "communication"
        name = "Security"
        purpose = "Keep the site safe."
        [categories.functional]
    """)

    assert [category.id for category in policy.categories] == [
        "security", "essential", "third-party", "analytics", "functional",
    ]  # fmt: skip
    assert policy.by_id["security"].exemption is Exemption.COMMUNICATION
    assert policy.by_id["analytics"].exemption is None


# --- the catalogue


def test_use_brings_in_what_the_catalogue_knows(parse: Parse) -> None:
    entry = catalogue_entry("matomo")
    matomo = parse('[categories.analytics]\nuse = ["matomo"]').services["matomo"]

    assert (matomo.name, matomo.provider, matomo.country) == ("Matomo", entry["provider"], "NZ")
    assert matomo.hosts == tuple(entry["hosts"])
    assert [item.name for item in matomo.items] == [cookie["name"] for cookie in entry["cookies"]]
    assert matomo.items[0].lifetime == Duration(13, "month")


def test_an_override_replaces_just_the_keys_that_it_gives(parse: Parse) -> None:
    shipped = parse('[categories.analytics]\nuse = ["matomo"]').services["matomo"]
    policy = parse("""
        [categories.analytics]
        use = ["matomo"]
        [services.matomo]
        provider = "Harbour Office"
        hosts = ["stats.harbour.example"]
        cookies = [{ name = "_pk_id.*", expires_after = "1 day" }]
    """)
    own = policy.services["matomo"]

    assert own.provider == "Harbour Office"
    assert own.hosts == ("stats.harbour.example",)
    assert [(item.name, item.lifetime) for item in own.items] == [("_pk_id.*", Duration(1, "day"))]
    assert (own.name, own.markers, own.purpose) == (shipped.name, shipped.markers, shipped.purpose)


def test_an_override_can_name_the_category_instead_of_use(parse: Parse) -> None:
    policy = parse('[categories.third-party]\n[services.matomo]\ncategory = "third-party"')

    assert policy.services["matomo"].category == "third-party"
    assert policy.services["matomo"].provider == catalogue_entry("matomo")["provider"]


def test_a_service_that_is_listed_twice_in_one_category_is_there_once(parse: Parse) -> None:
    policy = parse('[categories.analytics]\nuse = ["matomo", "matomo"]')

    assert [service.id for service in policy.by_id["analytics"].services] == ["matomo"]


def test_reading_one_policy_changes_no_other(parse: Parse) -> None:
    before = parse(WHOLE)
    parse(WHOLE + '[services.matomo]\nprovider = "Somebody Else"\n[texts.en.ui]\naccept_all = "Yes"')

    assert parse(WHOLE) == before


# --- texts


def test_the_sites_own_words_are_laid_over_the_shipped_ones(parse: Parse) -> None:
    policy = parse("""
        [categories.analytics]
        [texts.en.ui]
        cookie_settings = "Cookies and you"
        [texts.en.categories.analytics]
        name = "Counting"
    """)
    texts = policy.texts["en"]

    assert texts.text("cookie_settings") == "Cookies and you"
    assert texts.text("accept_all") == "Accept all"
    assert "“Cookies and you”" in texts.text("banner_withdraw")
    assert policy.by_id["analytics"].name.phrase("en").text == "Counting"
    assert policy.by_id["analytics"].purpose.phrase("en").text.startswith("Measure how")


def test_the_words_of_a_category_itself_outrank_the_texts(parse: Parse) -> None:
    policy = parse("""
        [categories.analytics]
        name = "Numbers"
        [texts.en.categories.analytics]
        name = "Counting"
    """)

    assert policy.by_id["analytics"].name.phrase("en").text == "Numbers"


def test_a_regional_language_reads_the_words_of_its_language(parse: Parse) -> None:
    policy = parse(
        SITE
        + 'languages = ["de-AT", "en"]\n[categories.analytics]\nuse = ["matomo"]\n'
        + '[texts.de-AT]\nname = "Deutsch (AT)"'
    )
    purpose = policy.services["matomo"].purpose

    assert policy.texts["de-AT"].text("accept_all") == "Alle akzeptieren"
    assert policy.texts["de-AT"].name == "Deutsch (AT)"
    assert policy.by_id["analytics"].name.phrase("de-AT").language == "de-AT"
    assert purpose is not None
    assert purpose.phrase("de-AT").language == "de"


#
def test_the_words_of_a_category_serve_the_regions_of_their_language(parse: Parse) -> None:
    site = parse(
        """
        [site]
        name = "Gezeiten"
        controller = { name = "Hafenamt", contact = "hafen@example.org" }
        languages = ["de-AT", "zh-TW", "fr"]

        [categories.analytics]
        purpose = { de = "Zählt.", zh-Hant = "\u8a08\u6578\u3002" }
        """
    ).by_id["analytics"]

    assert site.purpose.phrase("de-AT").text == "Zählt."
    assert site.purpose.phrase("zh-TW").text == "\u8a08\u6578\u3002"
    assert site.purpose.phrase("fr").language == "fr"


#
@pytest.mark.parametrize(
    ("listed", "shipped"), [("zh-TW", "zh-Hant"), ("zh", "zh-Hans"), ("no", "nb"), ("es-MX", "es-419")]
)
def test_a_language_that_goes_by_another_tag_reads_the_words_of_that(
    parse: Parse, listed: str, shipped: str
) -> None:
    policy = parse(f'{SITE}languages = ["{listed}", "en"]\n[categories.analytics]')

    assert policy.texts[listed].ui == load_texts(shipped).ui
    assert policy.by_id["analytics"].purpose.phrase(listed).language == listed


def test_a_text_under_another_tag_for_the_same_language_is_found(parse: Parse) -> None:
    policy = parse(
        SITE
        + 'languages = ["en", "zh-TW"]\n[services.own]\ncategory = "analytics"\nprovider = "P"\n'
        + 'hosts = ["own.example"]\npurpose = { en = "Counts.", zh-Hant = "計數。" }\n[categories.analytics]'
    )
    purpose = policy.services["own"].purpose

    assert purpose is not None
    assert purpose.phrase("zh-TW").text == "計數。"


# --- files that cannot be read


def load_fault(path: Path) -> Fault:
    with pytest.raises(PolicyError) as caught:
        load_policy(path)
    assert caught.value.source == str(path)
    (fault,) = caught.value.faults
    assert fault.cure
    return fault


def test_a_file_is_loaded(tmp_path: Path) -> None:
    file = tmp_path / "consent.toml"
    file.write_text(WHOLE, encoding="utf-8")

    assert load_policy(file) == load_policy(str(file)) == parse_policy(WHOLE)


def test_a_missing_file_is_a_fault_that_names_it(tmp_path: Path) -> None:
    fault = load_fault(tmp_path / "consent.toml")

    assert (fault.id, fault.path) == ("CK001", "")
    assert "No such file" in fault.message


def test_a_directory_is_a_fault(tmp_path: Path) -> None:
    fault = load_fault(tmp_path)

    assert fault.id == "CK001"
    assert "directory" in fault.message


def test_a_path_that_no_file_can_have_is_a_fault() -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy("consent\0.toml")

    assert [fault.id for fault in caught.value.faults] == ["CK001"]


@pytest.mark.parametrize("raw", [b"\xff\xfe[\x00", b'[site]\nname = "\xe9"', b"\x80"])
def test_a_file_that_is_not_utf_8_is_a_fault(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "consent.toml"
    file.write_bytes(raw)
    fault = load_fault(file)

    assert fault.id == "CK001"
    assert "UTF-8" in fault.message


def test_a_byte_order_mark_and_line_ends_of_windows_do_not_matter(tmp_path: Path) -> None:
    file = tmp_path / "consent.toml"
    file.write_bytes(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())

    assert load_policy(file) == parse_policy(WHOLE)


@pytest.mark.parametrize("filler", ["#", "é"])
def test_a_file_of_more_than_one_mebibyte_is_a_fault(tmp_path: Path, filler: str) -> None:
    file = tmp_path / "consent.toml"
    file.write_text(f"{SITE}# " + filler * MAX_SIZE, encoding="utf-8")
    fault = load_fault(file)

    assert (fault.id, fault.message) == ("CK001", "The file is larger than 1 MiB.")


def test_a_file_of_exactly_one_mebibyte_is_read(tmp_path: Path) -> None:
    file = tmp_path / "consent.toml"
    file.write_text(SITE.ljust(MAX_SIZE, "#"), encoding="utf-8")

    assert file.stat().st_size == MAX_SIZE
    assert load_policy(file).site.name == "Tide Tables"


@pytest.mark.parametrize("text", ["", " \n\t\r\n", "\ufeff"])
def test_an_empty_file_is_a_fault_that_says_how_to_begin(tmp_path: Path, text: str) -> None:
    file = tmp_path / "consent.toml"
    file.write_text(text, encoding="utf-8")
    fault = load_fault(file)

    assert (fault.id, fault.message) == ("CK002", "The file is empty.")
    assert "[site]" in fault.cure


def test_a_file_of_comments_alone_lacks_its_site() -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy("# later")

    assert [(fault.id, fault.path) for fault in caught.value.faults] == [("CK004", "site")]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('[site]\nname = "x', "line 2, column 10"),
        ("[site]\nname = Tide\n", "line 2, column 8"),
        ("[site\n", "line 1, column 6"),
        ("[site]\nname\n", "line 2, column 5"),
        ("[site]\n\n[site]\n", "line 3, column 6"),
        ("a = [1,", "line 1, column 8"),
        ("a = [1,\n", "line 2, column 1"),
    ],
)
def test_a_syntax_error_is_a_fault_with_line_and_column(text: str, place: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, "my.toml")
    (fault,) = caught.value.faults

    assert fault.id == "CK002"
    assert fault.path == place
    assert str(caught.value).startswith("my.toml has 1 fault:\n  CK002 ")


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "a = " + "{a=" * 100_000,
        "a = " + "9" * 10_000,
        'a = "\ud800"',
        "\ud800",
    ],
    ids=["nested lists", "nested tables", "a long number", "a lone surrogate in a text", "a lone surrogate"],
)
def test_absurd_nesting_numbers_and_characters_are_faults(text: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(text)

    assert [fault.id for fault in caught.value.faults] == ["CK002"]


def test_a_deep_table_in_a_known_place_is_a_fault() -> None:
    deep = ".".join(["a"] * 5_000)
    with pytest.raises(PolicyError) as caught:
        parse_policy(
            f"{SITE}[categories.analytics.name.{deep}]\n[texts.en.ui.{deep}]\n[services.s.hosts.{deep}]"
        )

    assert {fault.id for fault in caught.value.faults} == {"CK005", "CK003"}


# --- all faults at once

EVERYWHERE = """
[site]
nmae = "Tide Tables"
controller = { name = "Harbour Office" }
languages = ["en", "it"]

[consent]
expires_after = "2 years"
gpc = ["third-party", "essential", "adverts"]

[cookies]

[categories.essential]
cookies = [
    { name = "basket", expires_after = "session" },
    { name = "_ga", purpose = "Counts.", expires_after = "2 years" },
]

[categories.Bad_Id]
name = "Bad"
purpose = "Bad."

[categories.research]

[categories.functional]
cookies = [
    { name = "*", expires_after = "1 year", path = "shop" },
    { name = "a b", expires_after = "1 lunation" },
]

[categories.analytics]
use = ["matomo", "google-analitycs"]
cookies = [{ name = "conse??", expires_after = "1 day" }]

[services.matomo]
hosts = ["https://stats.harbour.example"]

[services.survey]
category = "analytic"

[services.research]
category = "analytics"
provider = "University"

[texts.en.ui]
accept_al = "Yes"
hide = "Hide {everything}"
"""


def test_one_report_lists_the_faults_of_every_section() -> None:
    with pytest.raises(PolicyError) as caught:
        parse_policy(EVERYWHERE)

    assert {(fault.id, fault.path) for fault in caught.value.faults} == {
        ("CK003", "cookies"),
        ("CK003", "site.nmae"),
        ("CK004", "site.name"),
        ("CK004", "site.controller.contact"),
        ("CK007", "consent.expires_after"),
        ("CK016", "categories.essential.cookies[0].purpose"),
        ("CK017", "categories.essential.cookies[1].name"),
        ("CK008", "categories.Bad_Id"),
        ("CK015", "categories.research.name"),
        ("CK015", "categories.research.purpose"),
        ("CK009", "categories.functional.cookies[0].path"),
        ("CK011", "categories.functional.cookies[1].name"),
        ("CK007", "categories.functional.cookies[1].expires_after"),
        ("CK013", "categories.analytics.use[1]"),
        ("CK012", "categories.analytics.cookies[0].name"),
        ("CK010", "services.matomo.hosts[0]"),
        ("CK014", "services.survey.category"),
        ("CK004", "services.survey.provider"),
        ("CK022", "services.research"),
        ("CK003", "texts.en.ui.accept_al"),
        ("CK021", "texts.en.ui.hide"),
    }
    assert str(caught.value).startswith("consent.toml has 21 faults:\n  CK003 cookies: Unknown section.")
    assert len(str(caught.value).splitlines()) == 22


def test_a_fault_stays_on_one_line_whatever_the_file_calls_things(only_fault: OnlyFault) -> None:
    fault = only_fault('[consent]\n"a\\nb\\u001b[31m" = 1')

    assert fault.path == r"consent.a\nb\x1b[31m"
    assert str(fault).isprintable()


def test_a_fault_stays_short_whatever_the_file_holds(only_fault: OnlyFault) -> None:
    assert len(str(only_fault(f'[consent]\nexpires_after = "{"9" * 100_000}"'))) < 3_000


def test_two_names_whose_fingerprints_meet_by_chance_are_a_fault(only_fault: OnlyFault) -> None:
    # Found by trying half a million names.
    services = '[services.{}]\ncategory = "analytics"\nprovider = "P"\n'
    fault = only_fault("[categories.analytics]\n" + services.format("s200633") + services.format("s476260"))

    assert (fault.id, fault.path, fault.cure) == ("CK022", "categories", "Rename one.")


# --- hypothesis: nothing but PolicyError


def dumped(value: object) -> str:
    """Write ``value`` as TOML, tables inline."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case list():
            return f"[{', '.join(map(dumped, value))}]"
        case dict():
            return "{" + ", ".join(f"{dumped(key)} = {dumped(entry)}" for key, entry in value.items()) + "}"
        case date():
            return value.isoformat()
        case _:
            return repr(value)


def document(tables: dict[str, Any]) -> str:
    return "\n".join(f"{dumped(key)} = {dumped(value)}" for key, value in tables.items())


WORDS = [
    "site", "consent", "categories", "services", "texts",
    "name", "controller", "languages", "gpc", "essential",
    "analytics", "third-party", "use", "cookies", "storage", "kind",
    "purpose", "en", "cy", "eo", "de-AT", "ui",
    "durations", "direction", "countries", "matomo", "youtube", "survey", "category", "provider", "hosts",
    "domain", "path", "expires_after", "180 days", "session", "until-deleted", "*", "consent", "_ga",
    "accept_all", "{site}", "day", "other", "",
]  # fmt: skip
TEXT = st.sampled_from(WORDS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = (
    st.booleans()
    | st.integers()
    | st.floats()
    | TEXT
    | st.dates(date(1, 1, 1))
    | st.sampled_from([10**400, -1])
)
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
VALID = tomllib.loads(
    WHOLE
    + """
    [texts.en.ui]
    accept_all = "Yes to all"
    [texts.en.durations]
    day = { 1 = "{n} day", other = "{n} days" }
    [texts.cy.categories.analytics]
    name = "Cyfrif"
    [services.matomo]
    reason = "x"
    storage = [{ name = "a", kind = "local-storage", expires_after = "1 day" }]
    """
)


@st.composite
def spoiled(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the valid file with some of its parts replaced, removed or added."""
    tables = deepcopy(VALID)
    for _ in range(draw(st.integers(1, 3))):
        node: Any = tables
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            key = draw(st.sampled_from(keys)) if keys else None
            if key is not None and isinstance(node[key], dict | list) and draw(st.integers(0, 3)):
                node = node[key]
                continue
            act = draw(st.sampled_from(["replace", "remove", "add"]))
            if act == "add" and isinstance(node, dict):
                node[draw(TEXT)] = draw(JUNK)
            elif act == "add":
                node.append(draw(JUNK))
            elif key is not None and act == "remove":
                del node[key]
            elif key is not None:
                node[key] = draw(JUNK)
            break
    return tables


def use_everything(policy: Policy) -> None:
    """Look at all that a page, a cookie or a table of a policy takes from it."""
    for language in (*policy.site.languages, "ja"):
        for category in policy.categories:
            words = [category.name, category.purpose, *(item.purpose for item in policy.items_of(category))]
            words += [word for service in category.services for word in (service.purpose, service.reason)]
            for word in words:
                assert word is None or word.phrase(language).text.strip()
    for texts in policy.texts.values():
        for category in policy.categories:
            for item in policy.items_of(category):
                assert texts.lifetime(item.lifetime)
                assert texts.kind(item.kind)
        assert texts.text("accept_all")
        assert texts.duration(policy.expires_after)
    assert len(material_digests(policy)) == len(policy.optional) + sum(
        len(category.services) for category in policy.optional
    )


def answer(read: Callable[[], Policy]) -> Policy | tuple[Fault, ...]:
    """Return the policy, or what is wrong with it; any other exception is a failure."""
    try:
        return read()
    except PolicyError as error:
        return error.faults


def read_or_refuse(text: str) -> None:
    policy = answer(lambda: parse_policy(text))
    if not isinstance(policy, Policy):
        assert policy
        for fault in policy:
            assert re.fullmatch(r"CK0\d\d", fault.id)
            assert fault.message
            assert fault.cure
            assert str(fault).isprintable()
        return
    use_everything(policy)
    tables = tomllib.loads(text)
    named = [name for table in tables.get("categories", {}).values() for name in table.get("use", [])]
    assert set(policy.services) == {*named, *tables.get("services", {})}, "a service got lost"
    assert {category.id for category in policy.categories} == {"essential", *tables.get("categories", {})}
    assert {category.id for category in policy.categories if category.gpc} == set(
        tables.get("consent", {}).get("gpc", [])
    )


#
@given(st.text())
@example('site = "\x7f"')
@example("[[site]]")
@example("[[categories]]\n[[services]]\n[[texts]]\n[[consent]]")
def test_no_text_raises_anything_but_policy_error(text: str) -> None:
    read_or_refuse(text)


@given(st.dictionaries(TEXT, JUNK, max_size=6))
def test_no_document_raises_anything_but_policy_error(tables: dict[str, Any]) -> None:
    text = document(tables)
    assert tomllib.loads(text) is not None
    read_or_refuse(text)


@given(spoiled())
def test_a_valid_file_with_parts_spoiled_is_read_or_refused(tables: dict[str, Any]) -> None:
    read_or_refuse(document(tables))


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_policy_error(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "random.toml"
    file.write_bytes(raw)

    assert answer(lambda: load_policy(file))


def test_a_category_and_what_is_under_it_are_one_namespace(parse: Parse) -> None:
    policy = parse(WHOLE)
    analytics: Category = policy.by_id["analytics"]

    assert policy.category_of("survey") is policy.category_of("analytics") is analytics
    assert policy.names == {"essential", "analytics", "third-party", *policy.services}
