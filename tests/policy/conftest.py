"""How these tests read a ``consent.toml``: faults as (id, key path), or the one fault there is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from consentkit.errors import Fault, PolicyError
from consentkit.policy.file import parse_policy
from consentkit.policy.model import Policy

SITE = """\
[site]
name = "Tide Tables"
controller = { name = "Harbour Office", contact = "privacy@harbour.example" }
"""

Parse = Callable[[str], Policy]
FaultsOf = Callable[[str], list[tuple[str, str]]]
OnlyFault = Callable[[str], Fault]


def _whole(text: str) -> str:
    return text if "[site]" in text else SITE + text


@pytest.fixture(scope="session")
def parse() -> Parse:
    """Read the text of a file; ``[site]`` is put before it where it has none."""
    return lambda text: parse_policy(_whole(text))


@pytest.fixture(scope="session")
def faults_of() -> FaultsOf:
    """Return the id and the key path of every fault in a text; none when it is a policy."""

    def faults_of(text: str) -> list[tuple[str, str]]:
        try:
            parse_policy(_whole(text))
        except PolicyError as error:
            return [(fault.id, fault.path) for fault in error.faults]
        return []

    return faults_of


@pytest.fixture(scope="session")
def only_fault() -> OnlyFault:
    """Return the fault of a text that must have exactly one."""

    def only_fault(text: str) -> Fault:
        with pytest.raises(PolicyError) as caught:
            parse_policy(_whole(text))
        (fault,) = caught.value.faults
        return fault

    return only_fault
