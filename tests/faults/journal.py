"""What trials say of themselves, outside pegbox: a file for each, a line for what happened.

A line is one write to a file opened for appending, so a kill leaves it whole or out.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["Entry", "read_journals", "write_entry"]


@dataclass(frozen=True)
class Entry:
    """One line.

    Attributes:
        kind: ``"start"`` of a try, ``"returned"`` from a report, ``"end"`` of the function.
        round: Which driver ran it, from the environment variable ``FAULTS_ROUND``.
        iteration: Of the report; for a start, of the checkpoint that it goes on from.
        kept: Whether a checkpoint came with the report.
    """

    kind: str
    trial: int
    attempt: int
    round: int
    pid: int
    iteration: int = 0
    value: float = 0.0
    kept: bool = False


def write_entry(folder: str, entry: Entry) -> None:
    """Append a line to the trial's file."""
    path = os.path.join(folder, f"{entry.trial:05d}.jsonl")
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, json.dumps(asdict(entry)).encode() + b"\n")
    finally:
        os.close(file)


def read_journals(folder: Path) -> dict[int, list[Entry]]:
    """All lines by trial, each trial's in their order."""
    journals = {}
    for path in sorted(folder.glob("*.jsonl")):
        journals[int(path.stem)] = [
            Entry(**json.loads(line)) for line in path.read_text().splitlines()
        ]
    return journals
