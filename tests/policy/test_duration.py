"""Durations: what an operator writes is what visitors read, and every length can be compared."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from consentkit.policy.duration import SECONDS, Duration

durations = st.builds(Duration, st.integers(1, 999_999_999), st.sampled_from(sorted(SECONDS)))


@given(durations)
def test_a_duration_is_read_back_as_it_was_written(duration: Duration) -> None:
    assert Duration.parse(str(duration)) == duration


def test_months_stay_months() -> None:
    thirteen_months = Duration.parse("13 months")

    assert (thirteen_months.amount, thirteen_months.unit) == (13, "month")
    assert str(thirteen_months) == "13 months"
    assert thirteen_months != Duration.parse("390 days")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1 second", 1),
        ("30 minutes", 1_800),
        ("24 hours", 86_400),
        ("180 days", 15_552_000),
        ("2 weeks", 1_209_600),
        ("13 months", 33_696_000),
        ("1 year", 31_536_000),
    ],
)
def test_lengths_are_compared_in_seconds(text: str, seconds: int) -> None:
    assert Duration.parse(text).seconds == seconds


@pytest.mark.parametrize("text", ["1 day", "1 days", " 1 Day ", "1  DAY", "01 day"])
def test_spaces_capitals_and_the_plural_do_not_matter(text: str) -> None:
    assert Duration.parse(text) == Duration(1, "day")


@pytest.mark.parametrize("text", ["1 day", "1 month"])
def test_one_of_a_unit_is_written_without_an_s(text: str) -> None:
    assert str(Duration.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "days", "180", "180days", "0 days", "00 days", "-1 days", "+1 days", "1.5 days", "1e3 days",
        "1 day 2 hours", "1 fortnight", "1 dayss", "1\nday", "१ day", "9999999999 years", "1 day\x00",
    ],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        Duration.parse(text)


@given(st.text() | st.from_regex(r"\A[0-9]{0,3} ?[a-z]{0,7}\Z"))
@example("1 \u017fecond")
@example("1 WEEK\u017f")
def test_no_text_raises_anything_but_value_error(text: str) -> None:
    try:
        duration = Duration.parse(text)
    except ValueError:
        return
    assert Duration.parse(str(duration)) == duration
    assert duration.seconds > 0
