"""What is known of a cookie by its name, and what is told of it."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit import Consent, parse_policy
from consentkit.gate.cookie_filter import CookieFilter
from consentkit.gate.cookie_reports import MAX_REPORTS, CookieReports, shown
from consentkit.gate.cookies import MAX_REMEMBERED, CookieRules, Standing, without_cookies

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
