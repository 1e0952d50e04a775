"""What figures depend on: the machine, the releases and the command. Names no place of it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = ["described", "head"]


def described(script: str, packages: Iterable[str], folders: Sequence[str]) -> dict[str, Any]:
    """A start of a runner.

    Args:
        script: As it is called from the repository's root.
        packages: Whose releases count, where they are installed.
        folders: Options of the command line that name folders or files, which are not the
            reader's.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "date": time.strftime("%Y-%m-%d"),
        "command": " ".join([f"python {script}", *_without(sys.argv[1:], folders)]),
        "commit": _commit(),
        "cpus": os.cpu_count(),
        "memory_gb": round(memory / 2**30),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: release for name in packages if (release := _release(name))},
    }


def head(run: dict[str, Any]) -> str:
    """A start as a line of a page."""
    versions = ", ".join(f"{name} {number}" for name, number in run["versions"].items())
    return (
        f"`{run['command']}`, {run['date']}, commit {run['commit']}: {run['cpus']} CPUs, "
        f"{run['memory_gb']} GB, {run['system']}, Python {run['python']}, {versions}"
    )


def _release(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _without(words: list[str], folders: Sequence[str]) -> list[str]:
    kept: list[str] = []
    skip = False
    for word in words:
        if not skip and word not in folders:
            kept.append(word)
        skip = word in folders
    return kept


def _commit() -> str:
    here = str(Path(__file__).resolve().parent)
    command = ["git", "-C", here, "describe", "--always", "--dirty", "--abbrev=10"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"
