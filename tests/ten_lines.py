"""The lines that a newcomer copies: the first Python block of README.md, as it stands."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]

#: What the lines print last.
ANSWER = re.compile(r"^best configuration: (\{.*\})\s*$", re.MULTILINE)


def ten_lines() -> str:
    block = re.search(r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), re.S | re.M)
    assert block, "README.md has no Python block"
    return block[1]


def answers(output: str) -> list[dict[str, float]]:
    """The best configurations that were printed, in order."""
    return [ast.literal_eval(found) for found in ANSWER.findall(output)]


def good(configuration: dict[str, float]) -> bool:
    """Whether it is one that a search of this many trials should find, and luck seldom does."""
    return abs(configuration["lr"] - 0.5) < 0.25 and configuration["momentum"] < 0.5


def at_home(home: Path) -> dict[str, str]:
    """The environment of a newcomer: a home folder of their own, nothing else set for Python."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "HOME": str(home)}
