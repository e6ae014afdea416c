"""What the entries give a Content-Security-Policy: enough for the service, and no more than it needs."""

from __future__ import annotations

from typing import get_args
from urllib.parse import urlsplit

import pytest

from consentkit.policy.catalogue import catalogue_entry, catalogue_ids
from consentkit.policy.schema import CspDirective

every_entry = pytest.mark.parametrize("service", catalogue_ids())

# Hosts that serve several tools of one provider and are claimed by URL globs, yet named as a whole: the
# addresses there begin with a language or a version, or have no directory of their own.
SHARED = {
    "connect.facebook.net",
    "googleads.g.doubleclick.net",
    "www.facebook.com",
    "www.googletagmanager.com",
}

DIRECTIVES = get_args(CspDirective)


def host_of(source: str) -> str:
    return source.removeprefix("wss://").removeprefix("https://").partition("/")[0]


def covers(host: str, name: str) -> bool:
    return host == name or (host.startswith("*.") and name.endswith(host[1:]))


def sources(service: str) -> list[str]:
    return [source for listed in catalogue_entry(service)["csp"].values() for source in listed]


def glob_hosts(service: str) -> set[str]:
    entry = catalogue_entry(service)
    return {urlsplit(glob).netloc for glob in entry["scripts"] + entry["embeds"]}


@every_entry
def test_every_service_says_what_a_policy_has_to_name(service: str) -> None:
    csp = catalogue_entry(service)["csp"]
    assert csp
    assert set(csp) <= set(DIRECTIVES)
    for directive, listed in csp.items():
        assert listed, directive
        assert len(listed) == len(set(listed)), directive


@every_entry
def test_a_source_lies_under_a_host_of_the_service(service: str) -> None:
    hosts = {*catalogue_entry(service)["hosts"], *glob_hosts(service)}
    strangers = [name for name in sources(service) if not any(covers(host, host_of(name)) for host in hosts)]
    assert strangers == []


@every_entry
def test_a_source_is_no_wider_than_what_the_service_claims(service: str) -> None:
    entry = catalogue_entry(service)
    for source in sources(service):
        claimed = any(covers(host, host_of(source)) for host in entry["hosts"])
        path = source.removeprefix("wss://").partition("/")[2]
        assert claimed or path or host_of(source) in SHARED, source


@every_entry
def test_scripts_of_a_service_may_run_where_it_is_allowed(service: str) -> None:
    entry = catalogue_entry(service)
    allowed = [host_of(source) for source in entry["csp"].get("script-src", [])]
    for glob in entry["scripts"]:
        assert any(covers(host, urlsplit(glob).netloc) for host in allowed), glob


@every_entry
def test_only_live_connections_have_a_scheme(service: str) -> None:
    for directive, listed in catalogue_entry(service)["csp"].items():
        for source in listed:
            assert "://" not in source or (directive == "connect-src" and source.startswith("wss://")), source


def test_a_frame_service_has_frames_and_a_font_service_fonts() -> None:
    assert catalogue_entry("youtube")["csp"]["frame-src"]
    assert "script-src" not in catalogue_entry("google-fonts")["csp"]
    assert catalogue_entry("google-fonts")["csp"]["font-src"] == ["fonts.gstatic.com"]
