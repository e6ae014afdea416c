"""One Set-Cookie as a browser reads it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.gate.set_cookie import cookie_date, cookie_name, is_deletion, lifetime

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b"a=b", b"a"),
        (b" a = b ; Path=/", b"a"),
        (b"a=b=c", b"a"),
        (b"=b", b""),
        (b"b", b""),
        (b"", b""),
        (b";a=b", b""),
        (b"\xff=1", b"\xff"),
        (b"a\x00b=1", b"a\x00b"),
        (b"\xa0a=1", b"\xa0a"),
        # Sent back as "a=b".
        (b"=a=b", b"a"),
        (b" = a = b; c=d", b"a"),
        (b"==a=b", b"a"),
        (b"=;a=b", b""),
    ],
)
def test_the_name_is_that_by_which_the_cookie_comes_back(header: bytes, name: bytes) -> None:
    assert cookie_name(header) == name


@pytest.mark.parametrize(
    "attributes",
    [
        b"Max-Age=0",
        b"max-age=-1",
        b"MAX-AGE = 000 ",
        b"Max-Age=-0",
        b"Max-Age=-" + b"9" * 1_000,
        b"Max-Age=60; Max-Age=0",
        b"Expires=Fri, 01 Jan 2100 00:00:00 GMT; Max-Age=0",
        b"Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        b"expires=Thu, 01-Jan-1970 00:00:00 GMT",
        b"expires=Thursday, 01-Jan-70 00:00:00 GMT",
        b"Expires=Thu Jan  1 00:00:00 1970",
        b"Expires=Fri, 01 Jan 2100 00:00:00 GMT; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        b"Expires=Mon, 23 Nov 2026 12:00:01 GMT",
        b"Max-Age=x; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    ],
)
def test_every_form_of_a_deletion_is_one(attributes: bytes) -> None:
    assert is_deletion(b"a=; Path=/; " + attributes, NOW)


@pytest.mark.parametrize(
    "attributes",
    [
        b"",
        b"Max-Age",
        b"Max-Age=",
        b"Max-Age=1",
        b"Max-Age=0.0",
        b"Max-Age=-",
        b"Max-Age=--0",
        b"Max-Age=0x0",
        b"Max-Age=" + b"0" * 1_025,
        b"Max-Age=0; Max-Age=60",
        b"Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60",
        b"Expires=never",
        b"Expires=Thu, 32 Jan 1970 00:00:00 GMT",
        b"Expires=Thu, 01 Jan 1970 25:00:00 GMT",
        b"Expires=Thu, 01 Jan 1600 00:00:00 GMT",
        b"Expires=Mon, 23 Nov 2026 12:00:10 GMT",
        b"X=Max-Age=0",
    ],
)
def test_what_only_looks_like_a_deletion_is_none(attributes: bytes) -> None:
    assert not is_deletion(b"a=; Path=/; " + attributes, NOW)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (b"Wed, 09 Jun 2021 10:18:14 GMT", (2021, 6, 9, 10, 18, 14)),
        (b"Wednesday, 09-Jun-21 10:18:14 GMT", (2021, 6, 9, 10, 18, 14)),
        (b"Wed Jun  9 10:18:14 2021", (2021, 6, 9, 10, 18, 14)),
        (b"09 june 2021 1:2:3", (2021, 6, 9, 1, 2, 3)),
        (b"10:18:14 9 JUN 69", (2069, 6, 9, 10, 18, 14)),
        (b"10:18:14 9 JUN 70", (1970, 6, 9, 10, 18, 14)),
    ],
)
def test_a_date_is_read_as_browsers_read_it(text: bytes, moment: tuple[int, ...]) -> None:
    year, month, day, hour, minute, second = moment
    assert cookie_date(text) == datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()


#
@pytest.mark.parametrize(
    ("attributes", "seconds"),
    [
        (b"Max-Age=60", 60.0),
        (b"Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", 60.0),
        (b"Expires=Mon, 23 Nov 2026 12:01:00 GMT", 60.0),
        (b"Max-Age=" + b"9" * 100, float("inf")),
        (b"", None),
    ],
)
def test_a_cookie_s_lifetime_is_what_a_browser_makes_of_it(attributes: bytes, seconds: float | None) -> None:
    assert lifetime(b"a=b; " + attributes, NOW) == seconds


@given(st.binary(max_size=120), st.binary(max_size=60))
def test_no_header_makes_it_raise(header: bytes, date: bytes) -> None:
    for value in (header, b"a=b; Max-Age=" + header, b"a=b; Expires=" + date):
        assert isinstance(cookie_name(value), bytes)
        assert is_deletion(value, NOW) in (True, False)
        lifetime(value, NOW)
    cookie_date(date)


@given(st.datetimes(min_value=datetime(1601, 1, 2), max_value=datetime(9999, 1, 1)))  # noqa: DTZ001
def test_every_date_that_is_written_as_the_standard_wants_is_read(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)
    assert cookie_date(moment.strftime("%a, %d %b %Y %H:%M:%S GMT").encode()) == moment.timestamp()


# What is remembered of the attributes is when, and not whether that is over.
def test_a_moment_that_passes_makes_a_deletion_of_the_same_header() -> None:
    header = b"a=1; Expires=Mon, 23 Nov 2026 13:00:00 GMT"

    for _ in range(2):
        assert [is_deletion(header, NOW + seconds) for seconds in (0, 3_500, 3_600, 7_200, 0)] == [
            False, False, True, True, False,
        ]  # fmt: skip
        assert lifetime(header, NOW) == 3_600


@given(
    st.binary(max_size=20), st.lists(st.sampled_from([b"Max-Age=0", b"Max-Age=9", b"Path=/", b"", b"a=b"]))
)
def test_a_name_and_value_say_nothing_of_time(pair: bytes, attributes: list[bytes]) -> None:
    pair = pair.replace(b";", b"")
    header = b";".join([pair, *attributes])
    ages = [attribute for attribute in attributes if attribute.startswith(b"Max-Age")]

    assert is_deletion(header, NOW) is (ages[-1:] == [b"Max-Age=0"])
    assert is_deletion(header + b"; x=" + b"x" * 600, NOW) is is_deletion(header, NOW)
