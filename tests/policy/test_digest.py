"""Fingerprints: what a visitor said yes to changes them, how it is worded does not."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from consentkit.policy.digest import (
    LENGTH,
    material_digests,
    notice,
    objection_digests,
    service_digest,
)
from consentkit.policy.model import Policy

Parse = Callable[[str], Policy]

SITE = """\
[site]
name = "Tide Tables"
controller = { name = "Harbour Office", contact = "privacy@harbour.example" }
"""
CONSENT = '[consent]\nexpires_after = "180 days"\n'
ANALYTICS = """
[categories.analytics]
use = ["survey"]
cookies = [{ name = "_own", expires_after = "13 months", path = "/" }]
[services.survey]
provider = "Survey Makers Ltd"
country = "IE"
hosts = ["survey.example.net", "cdn.example.net"]
scripts = ["https://cdn.example.net/a.js"]
embeds = ["https://survey.example.net/frame"]
cookies = [{ name = "_sv", expires_after = "1 year" }, { name = "_sv_*", expires_after = "session" }]
storage = [{ name = "sv", kind = "local-storage", expires_after = "until-deleted" }]
"""
MARKETING = """
[categories.marketing]
[services.counter]
category = "marketing"
provider = "Counting Ltd"
hosts = ["counter.example"]
"""
ESSENTIAL = """
[categories.essential]
cookies = [{ name = "session", purpose = "Keeps you signed in.", expires_after = "session" }]
"""
WHOLE = SITE + CONSENT + ANALYTICS + MARKETING


def changed(parse: Parse, before: str, after: str) -> set[str]:
    """Return the names whose digests differ; both texts must be policies and must differ."""
    assert before != after
    old, new = material_digests(parse(before)), material_digests(parse(after))
    return {name for name in {*old, *new} if old.get(name) != new.get(name)}


#
@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ('provider = "Survey Makers Ltd"', 'provider = "Survey Breakers Ltd"', {"analytics", "survey"}),
        ('country = "IE"', 'country = "US"', {"analytics", "survey"}),
        ('"cdn.example.net"]', '"cdn.example.net", "x.example.net"]', {"analytics", "survey"}),
        ('"https://cdn.example.net/a.js"', '"https://cdn.example.net/b.js"', {"analytics", "survey"}),
        ('"https://survey.example.net/frame"', '"https://survey.example.net/*"', {"analytics", "survey"}),
        ('"_sv", expires_after = "1 year"', '"_sv", expires_after = "2 years"', {"analytics", "survey"}),
        ('"_sv_*", expires_after = "session"', '"_sv_*", expires_after = "1 day"', {"analytics", "survey"}),
        ('{ name = "_sv",', '{ name = "_sw",', {"analytics", "survey"}),
        ('"1 year" }', '"1 year", domain = "survey.example.net" }', {"analytics", "survey"}),
        ('kind = "local-storage"', 'kind = "indexed-db"', {"analytics", "survey"}),
        ('"13 months", path', '"14 months", path', {"analytics"}),
        ('{ name = "_own",', '{ name = "_other",', {"analytics"}),
        ('use = ["survey"]', 'use = ["survey", "matomo"]', {"analytics", "matomo"}),
        ("[services.counter]", 'use = ["meta-pixel"]\n[services.counter]', {"marketing", "meta-pixel"}),
        ("[categories.marketing]", "[categories.functional]\n[categories.marketing]", {"functional"}),
        ('category = "marketing"', 'category = "analytics"', {"analytics", "marketing", "counter"}),
    ],
)  # fmt: skip
def test_a_material_change_touches_what_it_is_under_and_nothing_else(
    parse: Parse, old: str, new: str, names: set[str]
) -> None:
    assert WHOLE.count(old) == 1

    assert changed(parse, WHOLE, WHOLE.replace(old, new)) == names


#
@pytest.mark.parametrize(
    ("old", "new"),
    [
        (SITE, SITE.replace("Tide Tables", "Tides") + 'privacy_notice = "/cookies-and-you"\n'),
        (SITE, SITE + 'languages = ["en", "cy"]\n'),
        ('"180 days"', '"90 days"'),
        (CONSENT, CONSENT + 'gpc = ["marketing"]\n'),
        ("[categories.analytics]", '[categories.analytics]\nname = "Counting"\npurpose = "Count visits."'),
        ('"13 months", path', '"13 months", purpose = "Counts.", path'),
        ('path = "/"', 'path = "/pages"'),
        ('country = "IE"', 'country = "IE"\nname = "The survey"\npurpose = "Asks."\nmarkers = ["sv.ask("]'),
        ('country = "IE"', 'country = "IE"\nprivacy_url = "https://survey.example.net/privacy"'),
        ('"survey.example.net", "cdn.example.net"', '"cdn.example.net", "survey.example.net"'),
        ('"cdn.example.net"]', '"cdn.example.net", "cdn.example.net"]'),
        (
            '{ name = "_sv", expires_after = "1 year" }, { name = "_sv_*", expires_after = "session" }',
            '{ name = "_sv_*", expires_after = "session" }, { name = "_sv", expires_after = "365 days" }',
        ),
        (ANALYTICS + MARKETING, MARKETING + ANALYTICS),
        (MARKETING, MARKETING + '[texts.en.ui]\naccept_all = "Yes to all"\n'),
        (MARKETING, MARKETING + '[texts.en.categories.marketing]\nname = "Adverts"\n'),
        (MARKETING, ESSENTIAL + MARKETING),
    ],
)  # fmt: skip
def test_an_editorial_change_touches_nothing(parse: Parse, old: str, new: str) -> None:
    assert WHOLE.count(old) == 1

    assert changed(parse, WHOLE, WHOLE.replace(old, new)) == set()
    assert notice(parse(WHOLE.replace(old, new))) == notice(parse(WHOLE))


def test_services_have_digests_of_their_own(parse: Parse) -> None:
    policy = parse(WHOLE)
    digests = material_digests(policy)

    assert set(digests) == {"analytics", "survey", "marketing", "counter"}
    assert len(set(digests.values())) == 4
    assert digests["survey"] == service_digest(policy.services["survey"])


def test_what_is_essential_has_no_digest(parse: Parse) -> None:
    policy = parse('[services.login]\ncategory = "essential"\nprovider = "P"\nreason = "R"')

    assert material_digests(policy) == {}


def test_a_digest_fits_into_the_cookie_as_it_is(parse: Parse) -> None:
    for digest in material_digests(parse(WHOLE)).values():
        assert re.fullmatch(rf"[A-Za-z0-9_-]{{{LENGTH}}}", digest)


def test_the_notice_changes_with_any_digest(parse: Parse) -> None:
    assert notice(parse(WHOLE)) != notice(parse(WHOLE.replace('country = "IE"', 'country = "US"')))


# Were one of these to change with a release, every visitor of every site would be asked again.
GOLDEN = {"analytics": "5awHBE", "marketing": "ybVmJv", "survey": "m-j_Lp", "counter": "1kC-MJ"}


def test_digests_stay_the_same_from_release_to_release(parse: Parse) -> None:
    assert material_digests(parse(WHOLE)) == GOLDEN
    assert notice(parse(WHOLE)) == "uwrdZ5"


@pytest.mark.parametrize("seed", ["0", "1"])
def test_digests_are_the_same_in_every_process(parse: Parse, seed: str) -> None:
    program = (
        "import sys; from consentkit.policy.file import parse_policy; from consentkit.policy.digest import *;"
        "print(notice(parse_policy(sys.argv[1])))"
    )
    run = subprocess.run(  # noqa: S603 - this interpreter and the text above
        [sys.executable, "-c", program, WHOLE],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": seed},
    )

    assert run.stdout.strip() == notice(parse(WHOLE))


EXEMPT = """
[categories.analytics]
essential = true
exemption = "uk-statistics"
[services.survey]
category = "analytics"
provider = "Survey Makers Ltd"
reason = "Counts visits."
"""


#
def test_an_objection_stands_for_the_name_whatever_is_declared(parse: Parse) -> None:
    before = parse(SITE + EXEMPT)
    after = parse(SITE + EXEMPT.replace("Survey Makers Ltd", "Other Ltd") + "hosts = ['new.example']")

    assert material_digests(before) != material_digests(after)
    assert objection_digests(before) == objection_digests(after)
    assert objection_digests(before).keys() == {"analytics", "survey"}
    assert not {*objection_digests(before).values()} & {*material_digests(before).values()}
    assert objection_digests(parse(WHOLE)) == {}


#
def test_what_can_be_objected_to_is_part_of_what_a_form_shows(parse: Parse) -> None:
    other = parse(SITE + EXEMPT.replace("Survey Makers Ltd", "Other Ltd"))

    assert notice(parse(SITE + EXEMPT)) != notice(other)
