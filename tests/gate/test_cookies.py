"""What is known of a cookie by its name, and what is told of it."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit import Consent, parse_policy
from consentkit.gate.cookie_filter import MAX_SPELLING, MAX_SPELLINGS, CookieFilter
from consentkit.gate.cookie_reports import MAX_REPORTS, CookieReports, shown
from consentkit.gate.cookies import (
    MAX_REMEMBERED,
    CookieRules,
    Standing,
    cookie_names,
    names_in,
    without_cookies,
)

POLICY = parse_policy(
    """
    [site]
    name = "Tide Tables"
    controller = { name = "Harbour Office", contact = "privacy@harbour.example" }

    [categories.essential]
    cookies = [
        { name = "login", expires_after = "session", purpose = "Keeps you signed in." },
    ]

    [categories.functional]
    cookies = [{ name = "messages", expires_after = "1 day", purpose = "Shows messages." }]

    [categories.analytics]

    [categories.marketing]

    [services.counter]
    category = "analytics"
    provider = "Counters Ltd"
    cookies = [{ name = "_ct*", expires_after = "30 days" }, { name = "both", expires_after = "1 day", path = "/a" }]

    [services.panel]
    category = "marketing"
    provider = "Panels Ltd"
    cookies = [{ name = "both", expires_after = "60 days" }, { name = "far", expires_after = "1 day", domain = "panel.example" }]
    """  # noqa: E501
)
RULES = CookieRules(POLICY)


def owners(name: str) -> tuple[str, ...]:
    return RULES.standing(name.encode()).owners


#
def test_a_name_has_every_owner_that_declares_it() -> None:
    assert owners("_ct_1") == ("counter",)
    assert owners("both") == ("counter", "panel")
    assert RULES.standing(b"both").paths == ("/a", "/")


def test_what_is_essential_has_no_owner_to_ask() -> None:
    assert RULES.standing(b"login") == Standing(lifetime=0)


def test_a_declaration_of_the_site_wins_over_what_frameworks_use() -> None:
    assert owners("messages") == ("functional",)
    assert RULES.standing(b"csrftoken").declared


@pytest.mark.parametrize("name", ["far", "unheard-of", "Login", "", "login2"])
def test_what_nobody_declares_for_the_site_itself_is_undeclared(name: str) -> None:
    assert RULES.standing(name.encode()) == Standing(declared=False)


@pytest.mark.parametrize("name", ["consent", "__Host-consent", "consent-once", "__Host-consent-once"])
def test_our_own_cookies_are_always_known(name: str) -> None:
    assert RULES.standing(name.encode()) == Standing()


def test_a_visitor_who_makes_up_names_fills_no_memory() -> None:
    rules = CookieRules(POLICY)
    for number in range(3 * MAX_REMEMBERED):
        rules.standing(b"made-up-%d" % number)

    assert rules.standing(b"_ct_1").owners == ("counter",)
    assert rules.standing(b"consent") == Standing()
    assert len(rules._known) <= MAX_REMEMBERED + 4


#
@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ([b"a=1; x=2; b=3"], [b"a=1; b=3"]),
        ([b"x=1; a=2"], [b"a=2"]),
        ([b"a=1;  x=2"], [b"a=1"]),
        ([b"x=1"], []),
        ([b"x=1", b"a=2"], [b"a=2"]),
        ([b"x=1; ; x=2"], []),
        ([b" odd ; a==;;b"], [b" odd ; a==;;b"]),
        ([b"a=x=1; xx=1; X=1"], [b"a=x=1; xx=1; X=1"]),
        ([b"x =1; a=1"], [b"a=1"]),
    ],
)
def test_a_cookie_is_taken_out_and_its_neighbours_stay_byte_for_byte(
    lines: list[bytes], left: list[bytes]
) -> None:
    headers = [(b"host", b"x"), *((b"cookie", line) for line in lines)]
    expected = [(b"host", b"x"), *((b"cookie", line) for line in left)]

    assert without_cookies(headers, frozenset([b"x"])) == expected


@given(st.lists(st.binary(max_size=30), max_size=4))
def test_taking_nothing_out_changes_nothing(lines: list[bytes]) -> None:
    headers = [(b"cookie", line) for line in lines]

    assert without_cookies(headers, frozenset([b"not-there"])) == headers


BLANKS = [
    b"\x0b",
    b"\x0c",
    b"\x1c",
    b"\x1f",
    b"\x85",
    b"\xa0",
    b" \xa0\t",
    "\u2003".encode(),
    "\u00a0".encode(),
]


def names_refused(line: bytes, consent: Consent, *, strict: bool = False) -> frozenset[bytes]:
    cookies = CookieFilter(RULES, strict=strict)
    first, again = (cookies.refused(cookies.read(line).in_question, lambda: consent) for _ in range(2))
    assert first == again
    return first


def leaving(header: bytes, consent: Consent, *, strict: bool = False) -> bool:
    cookies = CookieFilter(RULES, strict=strict)
    left = [cookies.leaving([(b"set-cookie", header)], lambda: consent) for _ in range(2)]
    assert left[0] == left[1]
    return bool(left[0])


#
@pytest.mark.parametrize("blank", BLANKS)
def test_blanks_that_applications_take_away_hide_no_name(blank: bytes) -> None:
    for line in (b"a=1; " + blank + b"_ct=1", b"_ct" + blank + b"=1; a=1", blank + b"_ct" + blank + b"=1"):
        assert names_refused(line, Consent(POLICY)) == {b"_ct"}
        assert names_refused(line, Consent(POLICY).grant_all()) == frozenset()
        left = without_cookies([(b"cookie", line)], frozenset([b"_ct"]))
        assert b"_ct" not in cookie_names(left)


@pytest.mark.parametrize("blank", BLANKS)
def test_blanks_around_an_essential_name_cost_the_visitor_nothing(blank: bytes) -> None:
    assert names_refused(blank + b"login=1", Consent(POLICY), strict=True) == frozenset()


#
@pytest.mark.parametrize("blank", BLANKS)
def test_a_cookie_is_held_back_under_the_name_that_applications_will_read(blank: bytes) -> None:
    for header in (blank + b"_ct=1; Path=/", b"_ct" + blank + b"=1"):
        assert not leaving(header, Consent(POLICY))
        assert leaving(header, Consent(POLICY).grant_all())
        assert leaving(header.partition(b"=")[0] + b"=; Max-Age=0", Consent(POLICY))


def test_a_name_with_blanks_is_judged_as_it_is_written_as_well() -> None:
    header = b"\xa0login=1"

    assert leaving(header, Consent(POLICY))
    assert not leaving(header, Consent(POLICY), strict=True)
    assert leaving(b" login =1", Consent(POLICY), strict=True)


# A cookie without a name comes back as its value alone: RFC 6265bis, section 5.8.3.
@pytest.mark.parametrize("header", [b"=_ct=1", b" = _ct=1", b"==_ct=1", b"=\t_ct =1; Path=/", b"=\xa0_ct=1"])
def test_a_cookie_without_a_name_is_held_back_under_the_one_that_comes_back(header: bytes) -> None:
    assert not leaving(header, Consent(POLICY))
    assert leaving(header, Consent(POLICY).grant_all())


def test_a_cookie_without_a_name_is_no_way_around_strictness_and_none_to_block_what_is_essential() -> None:
    assert leaving(b"=login=1", Consent(POLICY), strict=True)
    assert not leaving(b"=1", Consent(POLICY), strict=True)
    assert not leaving(b"_ct", Consent(POLICY), strict=True)
    assert leaving(b"=1", Consent(POLICY))
    assert leaving(b"=_ct=1; Max-Age=0", Consent(POLICY))


#
@pytest.mark.parametrize(
    "line", [b"=_ct=1", b"a=1; =_ct=1", b" = _ct=1", b"=1;=_ct=1", b"==_ct=1", b"=\x0b_ct=1"]
)
def test_a_cookie_that_comes_without_a_name_is_judged_by_what_looks_like_one(line: bytes) -> None:
    assert names_refused(line, Consent(POLICY)) == {b"_ct"}
    assert names_refused(line, Consent(POLICY).grant_all()) == frozenset()


def test_a_value_is_no_name() -> None:
    assert names_in(b"a==_ct=1; b=_ct=1; _ct") == [b"a", b"b", b""]
    assert names_refused(b"a==_ct=1; b=_ct=1; _ct", Consent(POLICY)) == frozenset()


@given(st.lists(st.binary(max_size=20) | st.sampled_from([b"=_ct=1", b"\xa0_ct=2", b"_ct =", b"login=1"])))
def test_what_is_refused_does_not_depend_on_what_came_before(pairs: list[bytes]) -> None:
    line = b";".join(pairs)
    cookies = CookieFilter(RULES, strict=True)
    for pair in pairs:
        cookies.read(pair)
    undecided = Consent(POLICY)

    assert cookies.refused(cookies.read(line).in_question, lambda: undecided) == frozenset(
        name for name in names_in(line) if RULES.standing(name).owners or not RULES.standing(name).declared
    )


def test_a_visitor_who_makes_up_spellings_fills_no_memory() -> None:
    cookies = CookieFilter(RULES, strict=True)
    for number in range(MAX_SPELLINGS + 100):
        cookies.read(b"made-up-%d=1" % number)
    cookies.read(b"x" * (MAX_SPELLING + 1) + b"=1")

    assert len(cookies._names) <= MAX_SPELLINGS
    assert max(map(len, cookies._names)) <= MAX_SPELLING
    assert cookies.read(b"_ct_1=1").in_question


# Ours is the cookie whose name browsers guard, and no other that looks like it.
@pytest.mark.parametrize(
    ("line", "ours", "one"),
    [
        (b"a=1; __Host-consent=v", {b"__Host-consent": b"v"}, True),
        (b" __Host-consent\t= v ;a=1", {b"__Host-consent": b"v"}, True),
        (b"consent=p; __Host-consent=v", {b"consent": b"p", b"__Host-consent": b"v"}, True),
        (b"__Host-consent=v; __Host-consent=v", {b"__Host-consent": b"v"}, False),
        (b"\xa0__Host-consent=w; __Host-consent=v", {b"__Host-consent": b"v"}, True),
        (b"\x0b__Host-consent=w", {}, True),
        (b"=__Host-consent=w", {}, True),
        (b"__Host-consent", {}, True),
        (b"__host-consent=w; xconsent=w", {}, True),
        (b"__Host-consent=v; a=" + b"x" * 2_048, {b"__Host-consent": b"v"}, False),
    ],
)
def test_our_own_cookie_is_found_among_all_others(
    line: bytes, ours: dict[bytes, bytes], *, one: bool
) -> None:
    found = CookieFilter(RULES, strict=False).read(line)

    assert (found.ours, found.one) == (ours, one)


#
@pytest.mark.parametrize(
    ("header", "told"),
    [
        (b"_ct_1=1; Max-Age=2592000", None),
        (b"_ct_1=1; Max-Age=63072000", "is set for 730 days, but consent.toml tells visitors 30 days"),
        (b"login=1; Max-Age=31536000", "is set for 365 days, but consent.toml tells visitors the session"),
        (b"login=1", None),
        (b"csrftoken=1; Max-Age=31449600", None),
    ],
)
def test_a_cookie_that_lives_longer_than_visitors_are_told_is_named_once(
    header: bytes, told: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    cookies = CookieFilter(RULES, strict=False)
    granted = Consent(POLICY).grant_all()
    for _ in range(3):
        assert cookies.leaving([(b"Set-Cookie", header)], lambda: granted) == [(b"Set-Cookie", header)]

    assert (
        [told in record.getMessage() for record in caplog.records] == [True] if told else not caplog.records
    )


def test_warnings_end_somewhere(caplog: pytest.LogCaptureFixture) -> None:
    reports = CookieReports()
    with caplog.at_level(logging.WARNING, "consentkit"):
        for number in range(2 * MAX_REPORTS):
            reports.undeclared(b"name-%d" % number)

    assert len(caplog.records) == MAX_REPORTS


@given(st.binary(max_size=200))
def test_a_name_in_the_log_is_short_and_one_line(name: bytes) -> None:
    text = shown(name)

    assert text
    assert len(text) <= 65
    assert text.isprintable()
