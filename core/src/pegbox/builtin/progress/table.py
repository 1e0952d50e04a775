"""The table of trials: which columns there are, which fit into a width, and how they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pegbox.autofill import AUTOFILLED
from pegbox.builtin.progress.options import ViewOptions
from pegbox.builtin.progress.snapshot import Row, Snapshot
from pegbox.text import clip, clip_left, duration, metric, parameter

__all__ = ["trial_table"]

_GAP: Final = "  "
_ITERATION, _TIME = "training_iteration", "time_total_s"


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


def trial_table(snapshot: Snapshot, width: int, max_rows: int, mark: str) -> list[str]:
    """Head and rows, each at most ``width`` characters; columns that do not fit are left out.

    Args:
        mark: What stands where a cell was cut short.
    """
    rows = (*snapshot.running, *snapshot.others)[:max_rows]
    if not rows:
        return []
    lines = zip(
        *(column.lines for column in _fitting(_columns(snapshot, rows, mark), width)), strict=True
    )
    return [_GAP.join(cells).rstrip() for cells in lines]


def _columns(snapshot: Snapshot, rows: Sequence[Row], mark: str) -> list[_Column]:
    options = snapshot.options
    names = [row.name if options.chosen else row.trial_id for row in rows]
    longest = options.max_column_length

    def column(head: str, cells: Iterable[str], rank: int) -> _Column:
        texts = tuple(clip(text, longest, mark) for text in cells)
        return _Column(clip_left(head, longest, mark), texts, rank)

    parameters = [
        column(head, (parameter(row.parameters.get(path, "")) for row in rows), rank)
        for path, head, rank in _parameter_columns(snapshot)
    ]
    metrics = [
        column(head, (_value(row, name) for row in rows), rank)
        for name, head, rank in _metric_columns(snapshot, rows)
    ]
    return [
        _Column("trial", tuple(names), rank=0, right=False),
        _Column("status", tuple(row.status for row in rows), rank=2, right=False),
        _Column("loc", tuple(row.place for row in rows), rank=5, right=False),
        *_feasible(snapshot, rows),
        *parameters,
        *metrics,
    ]


def _feasible(snapshot: Snapshot, rows: Sequence[Row]) -> list[_Column]:
    """Which trials are feasible, where that can be otherwise."""
    if not snapshot.experiment.outcome_constraints:
        return []
    words = [("yes" if row.feasible else "no") if row.result else "" for row in rows]
    return [_Column("feasible", tuple(words), rank=2, right=False)]


def _parameter_columns(snapshot: Snapshot) -> list[tuple[str, str, int]]:
    """Path, head and rank."""
    chosen = snapshot.options.parameter_columns
    if chosen is None:
        return [(path, path, 3) for path in snapshot.experiment.parameters]
    return [(path, head, 1) for path, head in chosen.items()]


def _metric_columns(snapshot: Snapshot, rows: Sequence[Row]) -> list[tuple[str, str, int]]:
    """Name, head and rank."""
    chosen = snapshot.options.metric_columns
    if chosen is not None:
        return [(name, head, 1) for name, head in chosen.items()]
    objectives = [objective.metric for objective in snapshot.experiment.objectives]
    return [
        (_ITERATION, "iter", 0),
        (_TIME, "time", 1),
        *((name, name, 1) for name in objectives),
        *((name, name, 4) for name in _inferred(rows, objectives, snapshot.options)),
    ]


def _inferred(rows: Sequence[Row], known: Sequence[str], options: ViewOptions) -> list[str]:
    """Other numbers that trials report, in the order of their reports."""
    numbers: Mapping[str, None] = {
        name: None
        for row in rows
        for name, value in row.result.items()
        if isinstance(value, int | float) and name not in known and name not in AUTOFILLED
    }
    return list(numbers)[: options.infer_limit]


def _value(row: Row, name: str) -> str:
    if name == _ITERATION:
        return str(row.iteration)
    if name == _TIME:
        return "" if row.time_s is None else duration(row.time_s)
    return metric(row.result[name]) if name in row.result else ""


def _fitting(columns: Sequence[_Column], width: int) -> list[_Column]:
    kept: set[int] = set()
    used = -len(_GAP)
    for index in sorted(range(len(columns)), key=lambda i: columns[i].rank):
        needed = columns[index].width + len(_GAP)
        if used + needed <= width or not kept:
            kept.add(index)
            used += needed
    return [column for index, column in enumerate(columns) if index in kept]
