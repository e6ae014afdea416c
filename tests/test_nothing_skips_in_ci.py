from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PLUMBING = Path(__file__).parents[1] / "conftest.py"

SKIPPED_IN_THE_TEST = "import pytest\ndef test_it():\n    pytest.skip('no tool')\n"
SKIPPED_BY_MARKER = "import pytest\n@pytest.mark.skip(reason='no tool')\ndef test_it(): ...\n"
SKIPPED_AS_MODULE = "import pytest\npytest.skip('no tool', allow_module_level=True)\n"
EXPECTED_TO_FAIL = "import pytest\n@pytest.mark.xfail(reason='known')\ndef test_it():\n    assert False\n"


def run(folder: Path, test: str, *, ci: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(PLUMBING, folder)
    (folder / "test_sample.py").write_text(test, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", "--rootdir", str(folder)]
    env = {**os.environ, "CI": ci}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)  # noqa: S603 - this interpreter, a file of our own


@pytest.mark.parametrize("test", [SKIPPED_IN_THE_TEST, SKIPPED_BY_MARKER, SKIPPED_AS_MODULE])
def test_a_skip_is_a_failure_in_ci_and_says_why(tmp_path: Path, test: str) -> None:
    result = run(tmp_path, test, ci="true")
    assert result.returncode in {pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED}
    assert "skipped under CI=true: Skipped: no tool" in result.stdout


def test_a_skip_outside_ci_is_only_reported(tmp_path: Path) -> None:
    result = run(tmp_path, SKIPPED_IN_THE_TEST, ci="")
    assert result.returncode == pytest.ExitCode.OK
    assert "no tool" in result.stdout


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    assert run(tmp_path, EXPECTED_TO_FAIL, ci="true").returncode == pytest.ExitCode.OK
