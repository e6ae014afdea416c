"""``sells_or_shares``: whoever sells or shares must hear the signal and leave people alone for a year."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from consentkit.errors import Fault
from consentkit.policy.model import Policy

Parse = Callable[[str], Policy]
FaultsOf = Callable[[str], list[tuple[str, str]]]
OnlyFault = Callable[[str], Fault]


def selling(gpc: str = '"marketing"', sold: str = '"marketing"', expires_after: str = "365 days") -> str:
    return (
        f'[consent]\ngpc = [{gpc}]\nsells_or_shares = [{sold}]\nexpires_after = "{expires_after}"\n'
        "[categories.analytics]\n[categories.marketing]\n"
    )


#
def test_a_category_says_whether_it_sells_or_shares(parse: Parse) -> None:
    policy = parse(selling(gpc='"analytics", "marketing"'))

    assert [category.id for category in policy.sells_or_shares] == ["marketing"]
    assert parse("[categories.marketing]").sells_or_shares == ()


#
def test_what_is_sold_must_heed_the_signal(only_fault: OnlyFault) -> None:
    fault = only_fault(selling(gpc='"analytics"', sold='"marketing"'))

    assert (fault.id, fault.path) == ("CK040", "consent.sells_or_shares[0]")
    assert 'Write gpc = ["analytics", "marketing"].' in fault.cure


#
@pytest.mark.parametrize("kept", ["180 days", "364 days", "12 months", "52 weeks"])
def test_where_something_is_sold_a_choice_holds_for_a_year(only_fault: OnlyFault, kept: str) -> None:
    fault = only_fault(selling(expires_after=kept))

    assert (fault.id, fault.path) == ("CK041", "consent.expires_after")
    assert kept in fault.message
    assert 'Write expires_after = "365 days"' in fault.cure


#
@pytest.mark.parametrize("kept", ["365 days", "1 year", "8760 hours"])
def test_a_year_may_be_written_in_any_unit(parse: Parse, kept: str) -> None:
    assert parse(selling(expires_after=kept)).expires_after.seconds == 365 * 86_400


def test_the_default_is_too_short_as_well(faults_of: FaultsOf) -> None:
    text = '[consent]\ngpc = ["marketing"]\nsells_or_shares = ["marketing"]\n[categories.marketing]'

    assert faults_of(text) == [("CK041", "consent.expires_after")]


def test_without_a_sale_a_shorter_time_is_right(faults_of: FaultsOf) -> None:
    assert faults_of(selling(sold="", expires_after="30 days")) == []


def test_what_is_sold_must_be_there_and_be_optional(faults_of: FaultsOf) -> None:
    assert faults_of(selling(sold='"marketting", "essential", "marketing"')) == [
        ("CK014", "consent.sells_or_shares[0]"),
        ("CK024", "consent.sells_or_shares[1]"),
    ]
