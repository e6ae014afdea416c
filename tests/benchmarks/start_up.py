"""How long ``import consentkit`` takes in a fresh interpreter, beyond the frameworks it builds on."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

_FRAMEWORKS: Final = ("jinja2", "pydantic", "pydantic_core", "starlette")

_LIST: Final = f"""
import sys, consentkit
print(*[name for name in sys.modules if name.partition(".")[0] in {_FRAMEWORKS!r}])
"""
# The frameworks load much on first use only, so what consentkit uses of them is loaded by name.
# Processor time: on a busy machine the clock counts the others' work too.
_TIME: Final = """
import importlib, sys, time
for name in sys.argv[1:]:
    importlib.import_module(name)
importlib.import_module("pydantic").create_model("First")  # the first model of all looks for plug-ins
start = time.process_time()
import consentkit
print((time.process_time() - start) * 1_000)
"""


def import_time(repeats: int = 15) -> float:
    """Return the shortest time of ``import consentkit`` in ms, with its parts of the frameworks there."""
    frameworks = _python(_LIST).split()
    return min(float(_python(_TIME, *frameworks)) for _ in range(repeats))


def _python(code: str, *arguments: str) -> str:
    # An installed package has its bytecode; without it every start would compile the source again.
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout  # noqa: S603 - our own code
