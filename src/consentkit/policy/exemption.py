"""On which grounds something needs no consent, and which of them give visitors a right to object."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Exemption(StrEnum):
    """Why an essential category needs no consent.

    ``communication`` and ``requested-service`` are the two exemptions of Article 5(3)
    of Directive 2002/58/EC. The ``uk-…`` ones are those of Schedule A1 to the Privacy and
    Electronic Communications Regulations 2003; ``fr-audience-measurement`` is the CNIL's.
    """

    COMMUNICATION = "communication"
    REQUESTED_SERVICE = "requested-service"
    UK_STATISTICS = "uk-statistics"
    UK_APPEARANCE = "uk-appearance"
    UK_EMERGENCY = "uk-emergency"
    FR_AUDIENCE_MEASUREMENT = "fr-audience-measurement"


#: Those that hold only as long as nobody objects.
OBJECTABLE: Final = frozenset(
    {Exemption.UK_STATISTICS, Exemption.UK_APPEARANCE, Exemption.FR_AUDIENCE_MEASUREMENT}
)
