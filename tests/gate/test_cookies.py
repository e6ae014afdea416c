from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consentkit import Consent, Policy
from consentkit.gate.cookies import MAX_DELETIONS, DeclaredCookies, cookie_names

GONE = b"Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
SHAPE = re.compile(
    rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+=; Path=/[a-z]*(?:; Domain=[a-z0-9.-]+)?; "
    + re.escape(GONE)
    + rb"(?:; Secure(?:; SameSite=None; Partitioned)?)?"
)


def deletions(
    policy: Policy,
    *names: str,
    granted: tuple[str, ...] = (),
    host: str | None = "www.water.example",
    secure: bool = False,
) -> list[bytes]:
    consent = Consent(policy).deny_all().grant(*granted)
    return DeclaredCookies(policy).deletions(consent, names, host=host, secure=secure)


def domains(headers: list[bytes]) -> list[str]:
    found = [re.search(rb"; Domain=([^;]*)", header) for header in headers]
    return [match[1].decode() if match else "" for match in found]


#
def test_on_plain_http_each_domain_is_named_once(policy: Policy) -> None:
    assert deletions(policy, "_ct") == [
        b"_ct=; Path=/; " + GONE,
        b"_ct=; Path=/; Domain=www.water.example; " + GONE,
        b"_ct=; Path=/; Domain=water.example; " + GONE,
    ]


#
def test_on_https_each_variant_is_named_with_and_without_its_partition(policy: Policy) -> None:
    assert deletions(policy, "_ct", host="water.example", secure=True) == [
        b"_ct=; Path=/; " + GONE + b"; Secure",
        b"_ct=; Path=/; Domain=water.example; " + GONE + b"; Secure",
        b"_ct=; Path=/; " + GONE + b"; Secure; SameSite=None; Partitioned",
        b"_ct=; Path=/; Domain=water.example; " + GONE + b"; Secure; SameSite=None; Partitioned",
    ]


def test_a_declared_path_is_tried_beside_the_root(policy: Policy) -> None:
    assert deletions(policy, "_v", host=None) == [
        b"_v=; Path=/; " + GONE,
        b"_v=; Path=/videos; " + GONE,
    ]


@pytest.mark.parametrize("name", ["__Host-ct", "__host-ct"])
def test_a_name_bound_to_its_host_is_deleted_without_a_domain(policy: Policy, name: str) -> None:
    found = deletions(policy, name, secure=True)

    assert (name == "__Host-ct") is bool(found)
    assert not any(domains(found))
    assert all(b"; Path=/; " in header and b"; Secure" in header for header in found)


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("water.example:8000", ["", "water.example"]),
        ("a.b.water.example", ["", "a.b.water.example", "b.water.example", "water.example"]),
        ("WWW.Water.Example", ["", "www.water.example", "water.example"]),
        ("water.example.", ["", "water.example"]),
        ("localhost", [""]),
        ("localhost:8000", [""]),
        ("127.0.0.1", [""]),
        ("127.0.0.1:8000", [""]),
        ("[::1]", [""]),
        ("[2001:db8::1]:443", [""]),
        ("", [""]),
        (None, [""]),
        (".", [""]),
        ("..example", [""]),
        ("a b.example", [""]),
        ("x;Secure.water.example", ["", "water.example"]),
        ("x\r\nSet-Cookie.water.example", ["", "water.example"]),
        ("x\r\nSet-Cookie: a=b.water.example", [""]),
        ("bücher.example", [""]),
        ("a." * 130 + "example", [""]),
    ],
)
def test_only_a_sound_host_and_its_parents_become_a_domain(
    policy: Policy, host: str | None, named: list[str]
) -> None:
    assert domains(deletions(policy, "_ct", host=host)) == named


def test_what_is_allowed_essential_or_not_declared_stays(policy: Policy) -> None:
    assert deletions(policy, "_ct", "_visits_1", granted=("analytics",)) == []
    assert deletions(policy, "session", "consent", "__Host-consent", "_CT", "_ct2", "other") == []


def test_a_service_keeps_its_own_while_its_category_is_denied_and_the_other_way_round(policy: Policy) -> None:
    assert deletions(policy, "_ct", granted=("counter",)) == []
    assert deletions(policy, "_visits_1", granted=("counter",)) != []

    denied = Consent(policy).deny_all().grant("analytics").deny("counter")
    found = DeclaredCookies(policy).deletions(denied, ["_ct", "_visits_1"], host=None, secure=False)
    assert found == [b"_ct=; Path=/; " + GONE]


@pytest.mark.parametrize("owner", ["counter", "panel"])
def test_a_shared_cookie_stays_while_one_of_its_owners_is_allowed(policy: Policy, owner: str) -> None:
    assert deletions(policy, "_shared", granted=(owner,)) == []
    assert deletions(policy, "_shared", granted=("video",)) != []


def test_a_cookie_of_another_organisation_s_domain_is_out_of_reach(policy: Policy) -> None:
    assert deletions(policy, "_elsewhere") == []


def test_a_glob_covers_every_name_that_fits_and_names_come_once(policy: Policy) -> None:
    found = deletions(policy, "_visits_2", "_visits_1", "_visits_2", "_visits", host=None)

    assert [header.partition(b"=")[0] for header in found] == [b"_visits_2", b"_visits_1"]


def test_a_flood_of_names_is_cut_and_the_partitioned_variants_go_first(policy: Policy) -> None:
    names = [f"_visits_{number}" for number in range(1_000)]
    found = deletions(policy, *names, host="water.example", secure=True)
    some = deletions(policy, *names[:20], host="water.example", secure=True)

    assert len(found) == len(some) == MAX_DELETIONS
    assert not any(header.endswith(b"Partitioned") for header in some)
    assert {header.partition(b"=")[0].decode() for header in some} == set(names[:20])


#
@pytest.mark.parametrize(
    "name",
    [
        "_visits_;x",
        "_visits_\r\nX: y",
        "_visits_\n",
        "_visits_ x",
        "_visits_é",
        '_visits_"',
        "_visits_,",
        "_visits_\0",
    ],
)
def test_a_hostile_name_never_reaches_a_header(policy: Policy, name: str) -> None:
    assert deletions(policy, name) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    line=st.binary(max_size=40),
    suffix=st.binary(max_size=12),
    host=st.none() | st.text(max_size=40) | st.from_regex(r"[a-z.:\[\]-]{0,20}", fullmatch=True),
    secure=st.booleans(),
)
def test_no_cookie_header_and_no_host_makes_a_malformed_header(
    policy: Policy, line: bytes, suffix: bytes, host: str | None, secure: bool
) -> None:
    headers = [(b"Cookie", line), (b"cookie", b"_visits_" + suffix + b"=1; _ct=2")]
    names = list(cookie_names(headers))

    assert "_ct" in names
    for header in deletions(policy, *names, host=host, secure=secure):
        assert SHAPE.fullmatch(header)


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ([], []),
        ([b"a=1; b=2"], ["a", "b"]),
        ([b"a=1", b"b=2;a=3"], ["a", "b", "a"]),
        ([b" a =1;\tb\t= 2"], ["a", "b"]),
        ([b"a; =1; ;;b=;=; c==="], ["b", "c"]),
        ([b'a="x; b=y"'], ["a", "b"]),
        ([b"\xff=1"], ["ÿ"]),
    ],
)
def test_every_cookie_header_is_read_as_browsers_write_it(lines: list[bytes], names: list[str]) -> None:
    headers = [(b"Cookie" if number % 2 else b"cookie", line) for number, line in enumerate(lines)]

    assert list(cookie_names([(b"host", b"h=1"), *headers])) == names
