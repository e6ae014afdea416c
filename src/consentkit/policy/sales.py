"""Faults in ``consent.sells_or_shares``: what the law of some states of the USA asks where data are sold.

There, personal information is also *shared* when it is given to others for advertisements across sites.
Who has opted out, by a click or by Global Privacy Control, may not be asked again for twelve months.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..errors import Fault
from .duration import SECONDS, Duration
from .tables import Tables

#: Seconds for which an opt-out holds, at least; the longest that a choice is kept at all.
TWELVE_MONTHS: Final = SECONDS["year"]


def check_sales(tables: Tables) -> Iterator[Fault]:
    """Yield what is missing where a category sells or shares personal information."""
    consent = tables.consent
    for index, category in enumerate(consent.sells_or_shares):
        if (
            category in tables.categories
            and not tables.is_essential(category)
            and category not in consent.gpc
        ):
            message = f"{category!r} sells or shares personal information, and no signal refuses it."
            listed = ", ".join(f'"{one}"' for one in dict.fromkeys([*consent.gpc, category]))
            cure = f"Browsers may opt out of that by Sec-GPC: 1. Write gpc = [{listed}]."
            yield Fault("CK040", f"consent.sells_or_shares[{index}]", message, cure)
    if consent.sells_or_shares and Duration.parse(consent.expires_after).seconds < TWELVE_MONTHS:
        message = f"A choice is kept for {consent.expires_after}, but an opt-out has to hold for 12 months."
        cure = (
            'Write expires_after = "365 days": until then nobody is asked again who has opted out of '
            "what sells_or_shares names."
        )
        yield Fault("CK041", "consent.expires_after", message, cure)
