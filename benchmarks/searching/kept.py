"""The file of runs: a line of JSON for each, so that a run that was cut off can go on.

A line ``{"run": ...}`` stands for each start, then come the cells in the order in which they
ended. Of several lines for one cell the last counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from searching.cells import Cell

__all__ = ["Kept", "Runs", "append", "different", "read"]

#: Cell to what `searching.played.play` gave.
Runs = Mapping[Cell, Mapping[str, Any]]


@dataclass
class Kept:
    """What a file holds.

    Attributes:
        starts: What each start of the runner was, and where.
        runs: What has ended.
        errors: Cell to what was raised, for those that were tried and have no run.
    """

    starts: list[Mapping[str, Any]] = field(default_factory=list)
    runs: dict[Cell, Mapping[str, Any]] = field(default_factory=dict)
    errors: dict[Cell, str] = field(default_factory=dict)


def read(lines: Iterable[str]) -> Kept:
    """What lines hold; one that was cut off in the middle counts for nothing."""
    kept = Kept()
    for line in lines:
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue
        if "run" in record:
            kept.starts.append(record["run"])
            continue
        cell = Cell(**record.pop("cell"))
        if "error" in record:
            kept.errors[cell] = record["error"]
        else:
            kept.runs[cell] = record
    kept.errors = {cell: said for cell, said in kept.errors.items() if cell not in kept.runs}
    return kept


def append(path: Path, record: Mapping[str, Any], cell: Cell | None = None) -> None:
    """Add a line.

    Args:
        path: The file, which may not exist yet.
        record: A start, or with ``cell`` what came of it.
        cell: Whose record it is.
    """
    whole = dict(record) if cell is None else {"cell": asdict(cell), **record}
    with path.open("a+b") as file:
        size = file.seek(0, 2)
        if size:
            file.seek(size - 1)
            # The end of a line that was cut off.
            before = b"" if file.read(1) == b"\n" else b"\n"
        else:
            before = b""
        file.write(before + json.dumps(whole, separators=(",", ":")).encode() + b"\n")


def different(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """In which releases two starts differ, as text; their runs must not be compared."""
    mine, theirs = _releases(one), _releases(other)
    return [
        f"{name} {mine.get(name)} and {theirs.get(name)}"
        for name in sorted(mine.keys() | theirs.keys())
        if mine.get(name) != theirs.get(name)
    ]


def _releases(start: Mapping[str, Any]) -> dict[str, str]:
    return {"Python": start["python"], **start["versions"]}
