"""Durations as operators write them: ``"180 days"``, ``"13 months"``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

# Months and years have no fixed length. RFC 6265 cookies are dated in seconds, so
# the usual civil values are taken: 30 days and 365 days.
SECONDS: Final = {
    "second": 1,
    "minute": 60,
    "hour": 3_600,
    "day": 86_400,
    "week": 604_800,
    "month": 2_592_000,
    "year": 31_536_000,
}

_FORM: Final = re.compile(r"([0-9]{1,9}) +(second|minute|hour|day|week|month|year)s?")


@dataclass(frozen=True, slots=True)
class Duration:
    """An amount of time that keeps the unit it was declared in.

    A table that says "13 months" must not turn into "390 days", so the unit is
    part of the value; compare lengths through ``seconds``.

    Attributes:
        amount: how many units, at least 1.
        unit: ``second``, ``minute``, ``hour``, ``day``, ``week``, ``month`` or ``year``.
    """

    amount: int
    unit: str

    @property
    def seconds(self) -> int:
        """The length in seconds, with months of 30 and years of 365 days."""
        return self.amount * SECONDS[self.unit]

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read a duration such as ``"180 days"`` or ``"1 year"``.

        Raises:
            ValueError: the text is not a positive whole number followed by a unit.
        """
        match = _FORM.fullmatch(text.strip().lower())
        if match is None or int(match[1]) == 0:
            raise ValueError(f"{text!r} is not a duration")
        return cls(int(match[1]), match[2])

    def __str__(self) -> str:
        """Render as it would be written in ``consent.toml``."""
        return f"{self.amount} {self.unit}{'' if self.amount == 1 else 's'}"
