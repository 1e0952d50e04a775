"""What the packages of the workspace declare; pip in processes of its own; wheels made quickly."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from imports import ROOT, packages

__all__ = ["PACKAGES", "Wheels", "pip", "project"]


def project(folder: Path) -> dict[str, Any]:
    """The table ``project`` of a package's ``pyproject.toml``."""
    return tomllib.loads((folder / "pyproject.toml").read_text())["project"]


#: Name to folder.
PACKAGES = {project(folder)["name"]: folder for folder in packages()}


def pip(python: Path | str, *words: str | Path, tools: Path | None = None) -> None:
    """Run pip by an environment's Python; ``tools`` is a folder of packages that it may import."""
    command = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", *words]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment = kept if tools is None else {**kept, "PYTHONPATH": str(tools)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


class Wheels:
    """Makes wheels; pip by itself would fetch the build tools anew for each of them.

    Args:
        tools: An empty folder for them.
    """

    def __init__(self, tools: Path) -> None:
        self._tools = tools

    def __call__(self, target: Path, *folders: Path) -> dict[str, Path]:
        """Name to wheel.

        Args:
            target: Where the wheels come to lie.
            folders: Of the packages.
        """
        if not any(self._tools.iterdir()):
            pip(sys.executable, "install", "--target", self._tools, "hatchling")
        words = ("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", target)
        pip(sys.executable, *words, *folders, tools=self._tools)
        return {wheel.name.split("-")[0].replace("_", "-"): wheel for wheel in target.glob("*.whl")}
