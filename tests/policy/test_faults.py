"""Every fault that the package can report is explained in docs/faults.md, with examples that are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from consentkit.errors import Fault, PolicyError
from consentkit.policy.advice import advise
from consentkit.policy.file import parse_policy

ROOT = Path(__file__).parents[2]
SITE = """\
[site]
name = "Tide Tables"
controller = { name = "Harbour Office", contact = "privacy@harbour.example" }
"""

RAISED = sorted(
    {
        fault_id
        for module in (ROOT / "src/consentkit/policy").glob("*.py")
        for fault_id in re.findall(r"CK0\d\d", module.read_text(encoding="utf-8"))
    }
)
# About the file as a whole, or too long to print.
WITHOUT_EXAMPLE = {"CK001", "CK023"}


def sections() -> dict[str, str]:
    text = (ROOT / "docs/faults.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^## (CK0\d\d)\n(.*?)(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL))


def example(fault_id: str, index: int) -> str:
    blocks: list[str] = re.findall(r"^```toml\n(.*?)^```$", sections()[fault_id], re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2, "one example of what is wrong, one of what is right"
    return blocks[index] if "[site]" in blocks[index] else SITE + blocks[index]


def faults_in(text: str) -> tuple[Fault, ...]:
    try:
        return tuple(advise(parse_policy(text)))
    except PolicyError as error:
        return error.faults


def test_every_fault_that_can_be_reported_has_a_section_and_no_other_has() -> None:
    assert list(sections()) == RAISED


@pytest.mark.parametrize("fault_id", sorted(set(RAISED) - WITHOUT_EXAMPLE))
def test_the_wrong_example_has_just_the_fault_that_it_explains(fault_id: str) -> None:
    assert [fault.id for fault in faults_in(example(fault_id, 0))] == [fault_id]


@pytest.mark.parametrize("fault_id", sorted(set(RAISED) - WITHOUT_EXAMPLE))
def test_the_right_example_has_no_fault(fault_id: str) -> None:
    assert faults_in(example(fault_id, 1)) == ()


@pytest.mark.parametrize("fault_id", RAISED)
def test_a_section_begins_with_what_is_wrong_in_bold(fault_id: str) -> None:
    assert re.match(r"\n\*\*[^*]+\.\*\*\n\S", sections()[fault_id])
