"""What the rest says about Content-Security-Policies; who wants none loads no more of them than this."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Mode = Literal["report", "enforce"]

MODES: Final = ("off", "report", "enforce")

#: The header of a policy that browsers enforce.
ENFORCED: Final = b"content-security-policy"


class Here(NamedTuple):
    """Where a page is and what belongs to us there.

    Attributes:
        host: of the page, as the request has it; nothing in it is trusted.
        reports: path to which browsers send reports.
        assets: path below which our stylesheet is.
    """

    host: str
    reports: str
    assets: str
