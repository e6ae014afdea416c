"""The tables that follow from the code say what the code says now."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parents[2]
REQUIREMENTS: Final = ROOT / "docs" / "requirements.md"
ROW: Final = re.compile(r"^\| (R-\d+) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "scripts" / "doc_tables.py"))


def requirements() -> dict[str, tuple[str, str, str]]:
    rows = ROW.findall(REQUIREMENTS.read_text(encoding="utf-8"))
    return {
        name: (statement.strip(), tests.strip(), remark.strip()) for name, statement, tests, remark in rows
    }


def test_no_table_is_stale(tables: dict[str, Any]) -> None:
    stale = [page.name for page in tables["stale"]()]
    assert stale == [], "run: .venv/bin/python scripts/doc_tables.py"


def test_every_generated_table_has_its_place(tables: dict[str, Any]) -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))
    assert sorted(re.findall(r"<!-- table: (\S+) -->", text)) == sorted(tables["TABLES"])
    assert text.count("<!-- end of table -->") == len(tables["TABLES"])


def test_a_table_that_differs_is_found(tables: dict[str, Any], tmp_path: Path) -> None:
    page = tmp_path / "texts.md"
    page.write_text(
        "Before\n<!-- table: texts -->\n| old |\n<!-- end of table -->\nAfter\n", encoding="utf-8"
    )
    fresh = tables["fresh"](page)
    assert fresh.startswith("Before\n<!-- table: texts -->\n| Table | Key | English |\n")
    assert fresh.endswith("|\n<!-- end of table -->\nAfter\n")
    assert "| old |" not in fresh


def test_every_requirement_is_held_by_a_test_or_has_a_remark_that_says_why_not() -> None:
    rows = requirements()
    assert rows
    unheld = [name for name, (_, tests, _) in rows.items() if not tests]
    assert [name for name in unheld if not rows[name][2].startswith("Not tested:")] == []


def test_every_requirement_that_a_test_cites_is_in_the_table(tables: dict[str, Any]) -> None:
    assert set(tables["citations"]()) - requirements().keys() == set()


def test_the_requirements_are_in_order_and_each_there_once() -> None:
    numbers = [int(name[2:]) for name, *_ in ROW.findall(REQUIREMENTS.read_text(encoding="utf-8"))]
    assert numbers == sorted(set(numbers))
    assert {*range(1, 16), 23, 26, 27, 40, 41, 43, 45, 50, *range(65, 77), *range(79, 83), 84, 85, 86} <= set(
        numbers
    )
