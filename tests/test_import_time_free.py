from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("fastapi", "sqlalchemy", "typer", "playwright", "turbohtml")
LOADED = "import sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"


def loaded_by(statement: str) -> set[str]:
    command = [sys.executable, "-I", "-c", f"{statement}; {LOADED}"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - this interpreter
    return set(result.stdout.split())


def test_importing_the_package_loads_nothing_that_a_site_may_not_use() -> None:
    loaded = loaded_by("import consentkit, consentkit.starlette, consentkit.testing")

    assert "consentkit" in loaded
    assert loaded.isdisjoint(HEAVY)


@pytest.mark.parametrize(
    ("statement", "name"),
    [("import consentkit.fastapi", "fastapi"), ("import consentkit.gate.html", "turbohtml")],
)
def test_what_is_loaded_is_seen(statement: str, name: str) -> None:
    assert name in loaded_by(statement)
