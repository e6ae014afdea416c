"""What the entries of the catalogue promise together: none is in another's way, and they fit one policy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from itertools import permutations
from typing import Any
from urllib.parse import urlsplit

import pytest

from consentkit.policy.catalogue import catalogue_entry, catalogue_ids, known_optional
from consentkit.policy.model import CONSENT_COOKIE_NAMES, Policy

ENTRIES = {service: catalogue_entry(service) for service in catalogue_ids()}

# Several tools of one provider come from one host, and two of Google even from one address, gtag.js: the
# narrower glob decides whose it is, and where two match, both have to be allowed.
DELIBERATE = {
    ("facebook-embeds", "meta-pixel"),
    ("google-ads", "google-tag-manager"),
    ("google-ads", "youtube"),
    ("google-analytics", "google-tag-manager"),
    ("google-publisher-ads", "google-ads"),
    ("google-publisher-ads", "youtube"),
    ("x-pixel", "x"),
}
SAME_ADDRESS = {frozenset({"google-ads", "google-analytics"})}

# Piwik PRO grew out of Matomo; its cookies differ in a dash.
SAME_NAMES = {frozenset({"InnoCraft Limited", "Piwik PRO SA"})}

# What many sites or tools share; an entry may name single hosts there, but not everything below.
RENTED = ["amazonaws.com", "azureedge.net", "cloudfront.net", "fastly.net", "github.io", "herokuapp.com"]
RENTED += ["akamaihd.net", "b-cdn.net", "jsdelivr.net", "netlify.app", "vercel.app", "windows.net", "co.uk"]
VENDORS_WHOLE = ["adobe.com", "bing.com", "cloudflare.com", "doubleclick.net", "facebook.com", "google.com"]
VENDORS_WHOLE += [
    "googleapis.com",
    "gstatic.com",
    "linkedin.com",
    "microsoft.com",
    "reddit.com",
    "tiktok.com",
]

# A record of an answer is a choice and not a measurement; a site may need it.
REMEMBERS_AN_ANSWER = {
    "__hs_do_not_track",
    "__hs_opt_out",
    "ac_enable_tracking",
    "mtm_consent",
    "mtm_consent_removed",
    "mtm_cookie_consent",
    "pi_opt_in*",
}

# A tool stores them under the site, but a site could name its own cookie so.
SITES_MAY_USE = {"amp_??????"}

WELL_KNOWN = [
    "_ga",
    "_ga_ABC123",
    "_gid",
    "_gat_gtag_UA_1",
    "__utma",
    "_gcl_au",
    "IDE",
    "_fbp",
    "_fbc",
    "fr",
    "_clck",
    "_clsk",
    "MUID",
    "_uetsid",
    "_ttp",
    "ttcsid_C9SJ5SBC77",
    "li_fat_id",
    "_hjid",
    "_hjSession_1",
    "_pk_id.1.ab",
    "__qca",
    "visitor_id12345",
    "visitor_id12345-hash",
    "t_pt_gid",
    "_rdt_uuid",
    "messagesUtk",
    "AMP_0123456789",
    "optimizelyEndUserId",
    "ajs_anonymous_id",
    "kndctr_1_AdobeOrg_identity",
]
THE_SITES_OWN = [
    "session",
    "sessionid",
    "_session",
    "csrftoken",
    "__Host-session",
    "PHPSESSID",
    "JSESSIONID",
    "lang",
    "locale",
    "theme",
    "cart",
    "basket",
    "player",
    "flags",
    "PREF",
    "NID",
    "from",
    "free",
    "FR",
    "ide",
    "uid",
    "_gallery",
    "_gate",
    "ga",
    "li",
    "list_view",
    "link_order",
    "hj",
    "pk_id",
    "visitor_id",
    "visitor_idea",
    "__cf_bm",
    "amp_view",
    "amp_volume",
    "stg_env",
    "fs_root",
]


def items(service: str, *tables: str) -> list[Mapping[str, Any]]:
    return [item for table in tables or ("cookies", "storage") for item in ENTRIES[service].get(table, [])]


def example(name: str) -> str:
    """Return a name that a glob means: the first of each set of characters, something for each ``*``."""
    return re.sub(r"\[(.)[^]]*]", r"\1", name).replace("*", "1.a")


def covers(host: str, name: str) -> bool:
    """Whether ``host`` of an entry, perhaps with a leading ``*.``, covers a host name or pattern."""
    return host == name or (host.startswith("*.") and name.endswith(host[1:]))


def known(name: str) -> bool:
    return any(fnmatchcase(example(name), glob) for glob in known_optional())


def globs(service: str) -> list[str]:
    return [*ENTRIES[service]["scripts"], *ENTRIES[service]["embeds"]]


#
def test_what_analytics_and_marketing_store_under_the_site_is_never_essential() -> None:
    stored = {
        cookie["name"]
        for service in catalogue_ids()
        if ENTRIES[service]["category"] in ("analytics", "marketing")
        for cookie in items(service, "cookies")
        if "domain" not in cookie
    }
    assert {name for name in stored if not known(name)} == REMEMBERS_AN_ANSWER | SITES_MAY_USE


#
def test_what_embedded_content_stores_lies_under_its_own_domain() -> None:
    embedded = [service for service in catalogue_ids() if ENTRIES[service]["category"] == "third-party"]
    assert {item["name"] for service in embedded for item in items(service) if "domain" not in item} == set()
    assert {item["name"] for service in embedded for item in items(service)} >= {"YSC", "vuid", "NID"}


#
@pytest.mark.parametrize("name", WELL_KNOWN)
def test_well_known_names_are_never_essential(name: str) -> None:
    assert known(name)


#
@pytest.mark.parametrize("name", [*THE_SITES_OWN, *sorted(REMEMBERS_AN_ANSWER), *CONSENT_COOKIE_NAMES])
def test_names_that_a_site_may_choose_itself_are_left_to_it(name: str) -> None:
    assert not known(name)


def test_the_names_that_are_never_essential_are_distinct_and_none_matches_everything() -> None:
    assert len(known_optional()) == len(set(known_optional()))
    for glob in known_optional():
        assert not re.search(r"[\s;=,]", glob)
        assert len(re.match(r"[^*?[]*", glob)[0]) >= 2  # type: ignore[index]  # always matches


def test_no_two_entries_claim_the_same_host() -> None:
    for one, other in permutations(ENTRIES, 2):
        for host in ENTRIES[one]["hosts"]:
            for name in ENTRIES[other]["hosts"]:
                assert not covers(host, name), f"{one} and {other} claim {name}"


@pytest.mark.parametrize("service", ENTRIES)
def test_no_entry_claims_what_others_share(service: str) -> None:
    for host in ENTRIES[service]["hosts"]:
        tail = host.removeprefix("*.")
        assert tail not in RENTED + VENDORS_WHOLE, host
        assert not (host != tail and tail.endswith(tuple("." + name for name in RENTED))), host


def test_a_url_glob_lies_under_another_entrys_host_only_on_purpose() -> None:
    found = set()
    for one, other in permutations(ENTRIES, 2):
        for glob in globs(one):
            if any(covers(host, urlsplit(glob).netloc) for host in ENTRIES[other]["hosts"]):
                found.add((one, other))
    assert found == DELIBERATE


def test_a_url_matches_the_globs_of_two_entries_only_on_purpose() -> None:
    found = set()
    for one, other in permutations(ENTRIES, 2):
        for glob in globs(one):
            url = glob.replace("*", "a")
            if any(fnmatchcase(url, theirs) for theirs in globs(other)):
                found.add(frozenset({one, other}))
    assert found == SAME_ADDRESS


def test_no_marker_gives_away_two_entries() -> None:
    for one, other in permutations(ENTRIES, 2):
        for marker in ENTRIES[one]["markers"]:
            assert not any(theirs in marker for theirs in ENTRIES[other]["markers"]), (one, other, marker)


def test_a_stored_item_belongs_to_two_entries_only_if_they_have_one_provider() -> None:
    owners: dict[tuple[str, str, str], list[str]] = {}
    for service in ENTRIES:
        for item in items(service):
            key = (item["name"], item.get("kind", "cookie"), item.get("domain", ""))
            owners.setdefault(key, []).append(service)
    for key, services in owners.items():
        assert len({ENTRIES[service]["provider"] for service in services}) == 1, (key, services)
    for one, other in permutations(owners, 2):
        if one[1:] == other[1:] and fnmatchcase(example(other[0]), one[0]):
            providers = {ENTRIES[service]["provider"] for service in owners[one] + owners[other]}
            assert len(providers) == 1 or frozenset(providers) in SAME_NAMES, (one, other)


def test_entries_that_share_an_item_say_the_same_of_it() -> None:
    said: dict[tuple[str, str, str], Mapping[str, Any]] = {}
    for service in ENTRIES:
        for item in items(service):
            key = (item["name"], item.get("kind", "cookie"), item.get("domain", ""))
            assert said.setdefault(key, item)["expires_after"] == item["expires_after"], (service, key)


#
def test_a_service_that_stores_nothing_is_still_told() -> None:
    assert items("google-fonts") == []
    assert ENTRIES["google-fonts"]["hosts"] == ["fonts.googleapis.com", "fonts.gstatic.com"]


#
def test_all_services_fit_into_one_policy(parse: Callable[[str], Policy]) -> None:
    text = ""
    for category in sorted({entry["category"] for entry in ENTRIES.values()}):
        members = [service for service, entry in ENTRIES.items() if entry["category"] == category]
        text += f"[categories.{category}]\nuse = {members}\n"
    policy = parse(text)
    found = {service.id: service for category in policy.categories for service in category.services}
    assert set(found) == set(ENTRIES)
    for service, entry in ENTRIES.items():
        assert {key: list(sources) for key, sources in found[service].csp.items()} == entry["csp"]
        assert found[service].markers == tuple(entry["markers"])
        assert len(found[service].items) == len(items(service))
