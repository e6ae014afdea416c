"""``Sec-GPC``: exactly ``1`` is a signal, anything else is none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.consent.model import Choice, Consent
from consentkit.consent.signals import gpc_is_on, with_opt_out
from consentkit.policy.file import parse_policy
from consentkit.policy.model import Policy


#
@pytest.mark.parametrize("value", [b"1", b" 1", b"1\t", b"0, 1", b"1, 0", b"0,1", b"x,1,y"])
def test_a_value_of_exactly_1_is_the_signal(value: bytes) -> None:
    assert gpc_is_on([(b"host", b"a.example"), (b"sec-gpc", value)])


#
@pytest.mark.parametrize(
    "value",
    [
        b"", b"0", b"11", b"true", b'"1"', b"?1", b"1;a", b"01", b"1.0", b"+1", b"-1", b"1 1", b"on",
        b"\xb9", b"\x001", b"1\x00",
    ],
)  # fmt: skip
def test_any_other_value_is_none(value: bytes) -> None:
    assert not gpc_is_on([(b"sec-gpc", value)])


#
def test_absence_is_no_signal() -> None:
    assert not gpc_is_on([])
    assert not gpc_is_on([(b"dnt", b"1"), (b"x-sec-gpc", b"1"), (b"sec-gpc-x", b"1")])


#
@pytest.mark.parametrize("values", [(b"0", b"1"), (b"1", b"0"), (b"", b"1")])
def test_of_two_header_lines_one_1_is_enough(values: tuple[bytes, bytes]) -> None:
    assert gpc_is_on([(b"sec-gpc", value) for value in values])


#
@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"sec-gpc", b"cookie"]), st.binary(max_size=8) | st.sampled_from([b"1", b"0, 1"])
        )
    )
)
def test_no_header_raises_and_only_a_1_is_the_signal(headers: list[tuple[bytes, bytes]]) -> None:
    values = [
        part.strip(b" \t") for name, value in headers if name == b"sec-gpc" for part in value.split(b",")
    ]

    assert gpc_is_on(headers) is (b"1" in values)


# --- the opt-out that the signal is


SELLING = """
[site]
name = "Tide Tables"
controller = { name = "Harbour Office", contact = "privacy@harbour.example" }
[consent]
expires_after = "365 days"
gpc = ["marketing", "functional"]
sells_or_shares = ["marketing"]
[categories.analytics]
[categories.functional]
[categories.marketing]
[services.pixel]
category = "marketing"
provider = "Pixel Ltd"
"""


@pytest.fixture(scope="module")
def selling() -> Policy:
    return parse_policy(SELLING)


#
@pytest.mark.parametrize("granted", [(), ("marketing",), ("pixel",)])
def test_the_signal_is_an_opt_out_of_what_is_sold_and_of_nothing_else(
    selling: Policy, granted: tuple[str, ...]
) -> None:
    before = Consent(selling).grant("functional", *granted)
    after = with_opt_out(replace(before, gpc=True))

    assert after.choice("marketing") is Choice.DENIED
    assert not replace(after, gpc=False).allows("pixel")
    assert after.choice("functional") is Choice.GRANTED
    assert after.choice("analytics") is None


#
def test_an_exception_from_the_signal_is_no_opt_out(selling: Policy) -> None:
    excepted = Consent(selling, gpc=True).grant("marketing")

    assert with_opt_out(excepted) == excepted
    of_one_service = Consent(selling, gpc=True).deny("marketing").grant("pixel")
    assert with_opt_out(of_one_service) == of_one_service
    assert with_opt_out(Consent(selling, gpc=True).grant("pixel")).allows("pixel")


#
def test_an_opt_out_is_noted_once(selling: Policy) -> None:
    refused = Consent(selling, gpc=True).deny("marketing")

    assert with_opt_out(refused) == refused
    granted_since = replace(replace(refused, gpc=False).grant("pixel"), gpc=True)
    assert not replace(with_opt_out(granted_since), gpc=False).allows("pixel")


def test_without_the_signal_there_is_none(selling: Policy) -> None:
    assert with_opt_out(Consent(selling)) == Consent(selling)
