from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consentkit import Consent, Policy
from consentkit.gate.cookie_filter import CookieFilter
from consentkit.gate.cookies import CookieRules, cookie_names
from consentkit.gate.expiry import MAX_DELETIONS, _variants
from consentkit.gate.expiry import deletions as all_variants

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
    return denied_by(Consent(policy).deny_all().grant(*granted), *names, host=host, secure=secure)


def denied_by(consent: Consent, *names: str, host: str | None = None, secure: bool = False) -> list[bytes]:
    cookies = CookieFilter(CookieRules(consent.policy), strict=False)
    sent = [(b"cookie", b"; ".join(name.encode("latin-1") + b"=1" for name in names))]
    return cookies.expired(cookies.denied(sent, consent), host=host, secure=secure)


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
    assert denied_by(denied, "_ct", "_visits_1") == [b"_ct=; Path=/; " + GONE]


#
@pytest.mark.parametrize("owner", ["counter", "panel"])
def test_a_shared_cookie_goes_unless_all_of_its_owners_are_allowed(policy: Policy, owner: str) -> None:
    assert deletions(policy, "_shared", granted=(owner,)) != []
    assert deletions(policy, "_shared", granted=("counter", "panel")) == []


def test_a_cookie_of_another_organisation_s_domain_is_out_of_reach(policy: Policy) -> None:
    assert deletions(policy, "_elsewhere") == []


def test_a_glob_covers_every_name_that_fits_and_names_come_once(policy: Policy) -> None:
    found = deletions(policy, "_visits_2", "_visits_1", "_visits_2", "_visits", host=None)

    assert [header.partition(b"=")[0] for header in found] == [b"_visits_2", b"_visits_1"]


#
def test_more_deletions_than_fit_are_spread_over_responses(policy: Policy) -> None:
    names = [f"_visits_{number}" for number in range(30)]
    everything = 30 * 2 * 2
    found: set[bytes] = set()
    for _ in range(everything):
        some = deletions(policy, *names, host="water.example", secure=True)
        assert len(some) == MAX_DELETIONS
        found |= set(some)

    assert len(found) == everything


def test_a_deletion_is_never_longer_than_a_header_may_be() -> None:
    assert all_variants([(b"x" * 257, ())], host=None, secure=False) == []
    assert len(all_variants([(b"x" * 256, ())], host=None, secure=False)) == 1


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
    rules = CookieFilter(CookieRules(policy), strict=False)

    assert rules.expired([name.encode("latin-1")], host=None, secure=False) == []


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
    headers = [(b"cookie", line), (b"cookie", b"_visits_" + suffix + b"=1; _ct=2")]
    cookies = CookieFilter(CookieRules(policy), strict=False)
    names = cookies.denied(headers, Consent(policy))

    assert b"_ct" in names
    for header in cookies.expired(names, host=host, secure=secure):
        assert SHAPE.fullmatch(header)


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        ([], []),
        ([b"a=1; b=2"], [b"a", b"b"]),
        ([b"a=1", b"b=2;a=3"], [b"a", b"b", b"a"]),
        ([b" a =1;\tb\t= 2"], [b"a", b"b"]),
        ([b"a; =1; ;;b=; c==="], [b"", b"", b"b", b"c"]),
        ([b'a="x; b=y"'], [b"a", b"b"]),
        ([b"\xff=1"], [b"\xff"]),
    ],
)
def test_every_cookie_header_is_read_as_browsers_write_it(lines: list[bytes], names: list[bytes]) -> None:
    headers = [(b"cookie", line) for line in lines]

    assert cookie_names([(b"host", b"h=1"), *headers]) == names


def test_what_is_remembered_for_one_host_is_not_sent_to_another(policy: Policy) -> None:
    def once() -> list[list[bytes]]:
        return [
            deletions(policy, "_ct", host="a.example"),
            deletions(policy, "_ct", host="b.example"),
            deletions(policy, "_ct", host="b.example", secure=True),
            deletions(policy, "_shared", host="b.example", secure=True),
            deletions(policy, "_ct", host=None),
        ]

    first = once()

    assert len({tuple(one) for one in first}) == 5
    assert once() == first
    assert all(b"b.example" not in header for header in first[0])


def test_no_host_is_too_long_to_be_without_deletions(policy: Policy) -> None:
    for host in ("x" * 100_000, "a." * 50_000, "a" * 254 + ":8000"):
        assert deletions(policy, "_ct", host=host) == deletions(policy, "_ct", host=None)
    # Nor are they kept.
    kept = _variants.cache_info().currsize
    deletions(policy, "_ct", host="y" * 100_000)
    assert _variants.cache_info().currsize == kept
