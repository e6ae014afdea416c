"""A browser test that waits for ever fails, in the line that waits, and does not stop the others."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PLUMBING = Path(__file__).parents[1] / "conftest.py"
WAITING = """
import conftest
conftest.BROWSER_TEST_SECONDS = 3

def test_that_waits(chromium):
    chromium.new_page().evaluate("new Promise(() => {})")

def test_that_needs_no_browser(): ...
"""


def test_an_answer_that_never_comes_fails_the_test_that_waits_for_it(tmp_path: Path) -> None:
    if shutil.which("chromium") is None:
        pytest.skip("Chromium is not installed")  # no tool; under CI=true a failure
    shutil.copy(PLUMBING, tmp_path)
    (tmp_path / "test_sample.py").write_text(WAITING, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)  # noqa: S603 - this interpreter, a file of our own

    assert result.returncode == pytest.ExitCode.TESTS_FAILED, result.stdout
    assert "1 failed, 1 passed" in result.stdout
    assert 'evaluate("new Promise(() => {})")' in result.stdout
    assert "has been closed" in result.stdout
