"""``Sec-GPC``: exactly ``1`` is a signal, anything else is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.consent.signals import gpc_is_on


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
