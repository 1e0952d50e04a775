"""The table of running trials: which columns fit into a width, and how they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pegbox.builtin.progress.board import Row, Snapshot
from pegbox.builtin.progress.text import clip, clip_left, duration, metric, parameter

__all__ = ["running_table"]

_GAP: Final = "  "
_MAX_CELL: Final = 16
_MAX_OTHER_METRICS: Final = 6


@dataclass(frozen=True, slots=True)
class _Column:
    """One column; where not all fit, those of the lowest ``rank`` stay."""

    head: str
    cells: tuple[str, ...]
    rank: int
    right: bool = True

    @property
    def width(self) -> int:
        return max(len(text) for text in (self.head, *self.cells))

    @property
    def lines(self) -> list[str]:
        """Head and cells, all of one width."""
        texts = (self.head, *self.cells)
        pad = str.rjust if self.right else str.ljust
        return [pad(text, self.width) for text in texts]


def running_table(snapshot: Snapshot, width: int, max_rows: int, mark: str) -> list[str]:
    """Head and rows, each at most ``width`` characters; columns that do not fit are left out.

    Args:
        mark: What stands where a cell was cut short.
    """
    rows = snapshot.running[:max_rows]
    if not rows:
        return []
    columns = [
        *_identity(rows),
        *_metrics(snapshot, rows, mark),
        *_parameters(snapshot, rows, mark),
    ]
    lines = zip(*(column.lines for column in _fitting(columns, width)), strict=True)
    return [_GAP.join(cells).rstrip() for cells in lines]


def _identity(rows: Sequence[Row]) -> list[_Column]:
    times = tuple("" if row.time_s is None else duration(row.time_s) for row in rows)
    return [
        _Column("running", tuple(row.trial_id for row in rows), rank=0, right=False),
        _Column("iter", tuple(str(row.iteration) for row in rows), rank=0),
        _Column("time", times, rank=1),
    ]


def _metrics(snapshot: Snapshot, rows: Sequence[Row], mark: str) -> list[_Column]:
    objectives = [objective.metric for objective in snapshot.experiment.objectives]
    numbers = {
        name: None
        for row in rows
        for name, value in row.metrics.items()
        if isinstance(value, int | float) and name not in objectives
    }
    names = [*objectives, *list(numbers)[:_MAX_OTHER_METRICS]]
    return [
        _Column(
            clip_left(name, _MAX_CELL, mark),
            tuple(clip(_metric(row, name), _MAX_CELL, mark) for row in rows),
            rank=1 if name in objectives else 3,
        )
        for name in names
    ]


def _metric(row: Row, name: str) -> str:
    return metric(row.metrics[name]) if name in row.metrics else ""


def _parameters(snapshot: Snapshot, rows: Sequence[Row], mark: str) -> list[_Column]:
    return [
        _Column(
            clip_left(path, _MAX_CELL, mark),
            tuple(clip(parameter(row.parameters.get(path, "")), _MAX_CELL, mark) for row in rows),
            rank=2,
        )
        for path in snapshot.experiment.parameters
    ]


def _fitting(columns: Sequence[_Column], width: int) -> list[_Column]:
    kept: set[int] = set()
    used = -len(_GAP)
    for index in sorted(range(len(columns)), key=lambda i: columns[i].rank):
        needed = columns[index].width + len(_GAP)
        if used + needed <= width or not kept:
            kept.add(index)
            used += needed
    return [column for index, column in enumerate(columns) if index in kept]
