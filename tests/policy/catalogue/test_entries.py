"""What every entry of the catalogue promises: complete, well-formed, and not in each other's way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

import pytest

from consentkit.policy.catalogue import catalogue_entry, catalogue_ids
from consentkit.policy.duration import Duration
from consentkit.policy.model import CONSENT_COOKIE_NAMES, Kind
from consentkit.policy.texts import load_texts

LANGUAGES = {"en", "cy", "de", "fr"}
REQUIRED = {
    "name",
    "provider",
    "country",
    "privacy_url",
    "category",
    "hosts",
    "scripts",
    "embeds",
    "markers",
    "sources",
    "checked",
    "purpose",
}
OPTIONAL = {"csp", "cookies", "storage", "consent_api", "signals"}
HOST = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")

every_entry = pytest.mark.parametrize("service", catalogue_ids())


def items(service: str, *tables: str) -> list[Mapping[str, Any]]:
    entry = catalogue_entry(service)
    return [item for table in tables or ("cookies", "storage") for item in entry.get(table, [])]


def purposes(service: str) -> Iterator[Mapping[str, str]]:
    yield catalogue_entry(service)["purpose"]
    for item in items(service):
        yield item["purpose"]


#
@every_entry
def test_an_entry_has_every_key_and_no_other(service: str) -> None:
    keys = set(catalogue_entry(service))
    assert keys >= REQUIRED
    assert keys <= REQUIRED | OPTIONAL


#
@every_entry
def test_a_stored_item_has_name_lifetime_purpose_and_kind(service: str) -> None:
    for cookie in items(service, "cookies"):
        assert {"name", "expires_after", "purpose"} <= set(cookie)
        assert set(cookie) <= {"name", "expires_after", "purpose", "path", "domain"}
    for entry in items(service, "storage"):
        assert {"name", "kind", "expires_after", "purpose"} <= set(entry)
        assert set(entry) <= {"name", "kind", "expires_after", "purpose", "domain"}
        assert Kind(entry["kind"]) is not Kind.COOKIE


#
@every_entry
def test_every_purpose_is_a_sentence_in_all_four_languages(service: str) -> None:
    for purpose in purposes(service):
        assert set(purpose) == LANGUAGES
        assert len(set(purpose.values())) == len(LANGUAGES), "a language repeats another"
        for text in purpose.values():
            assert re.fullmatch(r"\S.*\.", text), text
            assert not set("<>{}\n'\"") & set(text), text


#
@every_entry
def test_every_lifetime_is_a_duration_or_has_no_length(service: str) -> None:
    for item in items(service):
        if item["expires_after"] not in ("session", "until-deleted"):
            assert str(Duration.parse(item["expires_after"])) == item["expires_after"]


@every_entry
def test_a_lifetime_fits_its_kind(service: str) -> None:
    for cookie in items(service, "cookies"):
        assert cookie["expires_after"] != "until-deleted", cookie["name"]
    for entry in items(service, "storage"):
        lifetime = "session" if entry["kind"] == "session-storage" else "until-deleted"
        assert entry["expires_after"] == lifetime, entry["name"]


#
@every_entry
def test_provider_country_and_privacy_notice_are_given(service: str) -> None:
    entry = catalogue_entry(service)
    assert entry["name"].strip()
    assert entry["provider"].strip()
    assert re.fullmatch(r"[A-Z]{2}", entry["country"])
    assert urlsplit(entry["privacy_url"]).scheme == "https"
    assert urlsplit(entry["privacy_url"]).netloc


#
@every_entry
def test_a_service_normally_belongs_to_a_standard_category_that_is_asked_about(service: str) -> None:
    assert catalogue_entry(service)["category"] in set(load_texts("en").categories) - {"essential"}


@every_entry
def test_facts_name_their_sources_and_the_day_they_were_checked(service: str) -> None:
    entry = catalogue_entry(service)
    assert type(entry["checked"]) is date
    assert entry["sources"]
    for source in entry["sources"]:
        assert source == "Open Cookie Database" or source.startswith("https://")
    assert any(source.startswith("https://") for source in entry["sources"])


@every_entry
def test_hosts_are_lower_case_names_with_at_most_a_leading_wildcard(service: str) -> None:
    hosts = catalogue_entry(service)["hosts"]
    assert hosts
    assert len(hosts) == len(set(hosts))
    for host in hosts:
        assert HOST.fullmatch(host), host
        assert host.removeprefix("*.").count(".") >= 1, host


@every_entry
def test_url_globs_are_https_with_a_literal_host_and_a_path(service: str) -> None:
    entry = catalogue_entry(service)
    for glob in entry["scripts"] + entry["embeds"]:
        assert glob.startswith("https://"), glob
        host, _, path = glob.removeprefix("https://").partition("/")
        assert HOST.fullmatch(host), glob
        assert "*" not in host, glob
        assert re.match(r"[a-z]|\*/[a-z]", path), glob
        assert "[" not in glob, glob


@every_entry
def test_markers_are_long_enough_to_tell_something(service: str) -> None:
    markers = catalogue_entry(service)["markers"]
    assert markers
    for marker in markers:
        assert len(marker) >= 4
        assert marker == marker.strip()


# What sites write into their own pages: none of it may be taken for somebody else's script.
OWN_SCRIPTS = [
    "const track = (name) => fetch('/track', { method: 'POST', body: name });",
    "window.analytics = { page() {}, track() {}, identify(user) {} }; analytics.page();",
    "var chat = document.querySelector('#chat'); chat.open(); drift(); crisp(); segment(list);",
    "heap.push(3); queue.push([1]); const hub = new Hub(); hub.start(); intercom.ring();",
    "window.dataLayer = window.dataLayer || []; import('/js/widget.js').then((w) => w.load());",
    "document.cookie = 'lang=cy; path=/'; localStorage.setItem('theme', 'dark'); init('map');",
    "class Outbrain {} // a name is not a call\nlet tawk, quora, reddit, snap, criteo, taboola, klaviyo;",
    "console.log('AW-23', \"AW-24\", 'autumn and winter'); sentry.on = true; posthog = hotjar = vwo = null;",
]


@every_entry
@pytest.mark.parametrize("script", OWN_SCRIPTS)
def test_no_marker_hits_a_script_of_the_site(service: str, script: str) -> None:
    assert [marker for marker in catalogue_entry(service)["markers"] if marker in script] == []


@every_entry
def test_names_and_domains_of_stored_items_are_well_formed(service: str) -> None:
    for item in items(service):
        assert item["name"] == item["name"].strip()
        assert "kind" in item or not re.search(r"[\s;=,/]", item["name"]), item["name"]
        assert len(re.sub(r"[*?]", "", item["name"])) >= 2, item["name"]
        if "domain" in item:
            assert HOST.fullmatch(item["domain"].removeprefix(".")), item["domain"]


#
@every_entry
@pytest.mark.parametrize("consent_cookie", CONSENT_COOKIE_NAMES)
def test_no_entry_takes_the_consent_cookie_for_its_own(service: str, consent_cookie: str) -> None:
    for item in items(service):
        assert not fnmatchcase(consent_cookie, item["name"])


@every_entry
def test_an_item_is_listed_once(service: str) -> None:
    keys = [(item["name"], item.get("kind", "cookie"), item.get("domain")) for item in items(service)]
    assert len(keys) == len(set(keys))


#
def test_a_service_that_stores_nothing_is_still_told() -> None:
    assert items("google-fonts") == []
    assert catalogue_entry("google-fonts")["hosts"] == ["fonts.googleapis.com", "fonts.gstatic.com"]
