"""Minifies the scripts of the wheel; without the npm packages of the checks they go in as they are."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = Path("src/consentkit/ui/static")
TERSER = Path("node_modules/.bin/terser")


class MinifyHook(BuildHookInterface[Any]):
    """Puts ``*.js`` without comments into the wheel; the source tree keeps serving the readable files."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the minified files to the build."""
        root = Path(self.root)
        if version == "editable" or self.target_name != "wheel" or not (root / TERSER).exists():
            return
        folder = Path(self.directory) / "minified"
        folder.mkdir(parents=True, exist_ok=True)
        for script in sorted((root / STATIC).glob("*.js")):
            made = folder / script.name
            subprocess.run([root / "scripts" / "minify", script, made], check=True)  # noqa: S603 - our own
            build_data["force_include"][str(made)] = f"consentkit/ui/static/{script.name}"
