"""The list of pitfalls is whole, and each test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = ROOT / "docs" / "pitfalls.md"
LINK: Final = re.compile(r"\[(test_\w+)\]\(\.\./([\w/]+\.py)\)")
CASES_OF_ASPNET: Final = 20


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading, without its head."""
    part = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def names_in(file: str) -> set[str]:
    text = (ROOT / file).read_text(encoding="utf-8")
    return set(re.findall(r"^(?:async )?def (test_\w+)", text, re.MULTILINE))


@pytest.mark.parametrize(("heading", "last"), [("Traps", 52), ("Acceptance", 15)])
def test_no_number_is_missing_or_there_twice(heading: str, last: int) -> None:
    assert [int(row[0]) for row in rows(heading)] == list(range(1, last + 1))


def test_every_case_of_asp_net_is_answered_once() -> None:
    names = [row[0] for row in rows("ASP.NET")]
    assert len(names) == len(set(names)) == CASES_OF_ASPNET


@pytest.mark.parametrize("heading", ["Traps", "Acceptance"])
def test_every_line_says_what_holds_it(heading: str) -> None:
    for row in rows(heading):
        assert all(row), row
        assert LINK.search(row[-1]), row[0]


def test_a_case_without_a_test_says_why() -> None:
    for name, ours in rows("ASP.NET"):
        assert LINK.search(ours) or "no counterpart" in ours, name


def test_every_test_that_is_named_exists() -> None:
    links = LINK.findall(PAGE.read_text(encoding="utf-8"))
    assert len(links) > 100
    assert [(test, file) for test, file in links if test not in names_in(file)] == []


def test_a_test_that_does_not_exist_would_be_found() -> None:
    assert "test_no_number_is_missing_or_there_twice" in names_in("tests/docs/test_pitfalls.py")
    assert "test_of_nothing" not in names_in("tests/docs/test_pitfalls.py")
    assert LINK.findall("see [test_of_nothing](../tests/docs/test_pitfalls.py), or test_of_something") == [
        ("test_of_nothing", "tests/docs/test_pitfalls.py")
    ]


def test_every_test_of_the_two_files_of_pitfalls_is_named() -> None:
    named = {test for test, _ in LINK.findall(PAGE.read_text(encoding="utf-8"))}
    ours = names_in("tests/test_pitfalls.py") | names_in("tests/test_pitfalls_bodies.py")
    assert ours - named == set()
