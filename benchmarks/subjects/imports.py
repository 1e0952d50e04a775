"""Seconds of an import in a fresh interpreter: the least of several, one module after the other."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import common
from common import Figures

_TIMES = 7
_CLOCK = "import time; begin = time.perf_counter(); {}; print(time.perf_counter() - begin)"
_STATEMENTS = {
    "pegbox_s": "import pegbox",
    "pegbox_names_s": "import pegbox; [getattr(pegbox, name) for name in pegbox.__all__]",
    "distributed_s": "import distributed",
}


def imports(arguments: argparse.Namespace, folder: Path) -> Figures:
    """All statements in turn, so that a slow moment meets all of them."""
    least = dict.fromkeys(_STATEMENTS, float("inf"))
    for _ in range(_TIMES):
        for figure, statement in _STATEMENTS.items():
            least[figure] = min(least[figure], _seconds(statement))
    return dict(least)


def _seconds(statement: str) -> float:
    command = [sys.executable, "-c", _CLOCK.format(statement)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    common.main({"imports": imports})
