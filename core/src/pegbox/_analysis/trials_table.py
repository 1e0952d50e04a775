"""The table of trials that people read: in a notebook, and on the command line. Plain text cells.

Knows no width and no output; which columns are left out where there is no room is for whoever
shows them, by their ranks.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pegbox._analysis.experiment import StoredExperiment
from pegbox._analysis.feasible import is_feasible, pareto_numbers
from pegbox._store.reader import TrialRow
from pegbox.text import clip, duration, metric, one_line, parameter

__all__ = ["Column", "as_html", "trials_table"]

#: Characters of one parameter or metric at most.
MAX_CELL: Final = 24
#: Metrics that are shown where the experiment has no objective.
_MAX_METRICS: Final = 4


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        head: What stands above it.
        cells: The texts.
        rank: Where not all columns fit, those of the lowest rank stay.
        right: Whether it stands to the right, as numbers do.
        cut: Whether texts may lose their beginnings rather than that the column is left out.
    """

    head: str
    cells: Sequence[str]
    rank: int
    right: bool = True
    cut: bool = False


def trials_table(experiment: StoredExperiment, numbers: Iterable[int]) -> list[Column]:
    """A row for each of some trials: where it stands, its last result, what it was tried with."""
    rows = [experiment.rows[number] for number in numbers]
    ids = [experiment.trial_id(row.number) for row in rows]
    return [
        Column("trial", ids, rank=0, right=False),
        Column("status", [row.state.status.value for row in rows], rank=0, right=False),
        Column("iter", [_filled(row, "training_iteration", str) for row in rows], rank=1),
        Column("time", [_filled(row, "time_total_s", duration) for row in rows], rank=2),
        *_standing_columns(experiment, rows),
        *_metric_columns(experiment, rows),
        *_parameter_columns(experiment, rows),
    ]


def as_html(columns: Sequence[Column]) -> str:
    """The table for a notebook."""

    def line(tag: str, texts: Iterable[str]) -> str:
        cells = zip(columns, texts, strict=True)
        return "".join(
            f'<{tag} style="text-align:{"right" if column.right else "left"}">'
            f"{html.escape(text)}</{tag}>"
            for column, text in cells
        )

    head = line("th", (column.head for column in columns))
    body = zip(*(column.cells for column in columns), strict=True)
    rows = "".join(f"<tr>{line('td', texts)}</tr>" for texts in body)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _filled(row: TrialRow, name: str, text: Any) -> str:
    return "" if row.result is None else str(text(row.result[name]))


def _standing_columns(experiment: StoredExperiment, rows: Sequence[TrialRow]) -> list[Column]:
    """Which trials are in the Pareto set, where there are several objectives; which feasible."""
    columns = []
    if len(experiment.objectives) > 1:
        best = set(pareto_numbers(experiment, experiment.objectives))
        marks = ["*" if row.number in best else "" for row in rows]
        columns.append(Column("pareto", marks, rank=1, right=False))
    if experiment.outcome_constraints:
        words = [
            ("yes" if is_feasible(experiment, row.number) else "no") if row.result else ""
            for row in rows
        ]
        columns.append(Column("feasible", words, rank=1, right=False))
    return columns


def _metric_columns(experiment: StoredExperiment, rows: Sequence[TrialRow]) -> list[Column]:
    names = [objective.metric for objective in experiment.objectives]
    return [
        Column(one_line(name), [_metric(row, name) for row in rows], rank=0)
        for name in names or experiment.own_metrics[:_MAX_METRICS]
    ]


def _metric(row: TrialRow, name: str) -> str:
    found = (row.result or {}).get(name)
    return "" if found is None else clip(metric(found), MAX_CELL)


def _parameter_columns(experiment: StoredExperiment, rows: Sequence[TrialRow]) -> list[Column]:
    space = experiment.space
    found = [space.varied(space.decode_config(row.config), row.point) for row in rows]
    return [
        Column(
            one_line(name),
            [clip(parameter(values[name]), MAX_CELL) if name in values else "" for values in found],
            rank=3,
        )
        for name in dict.fromkeys(name for values in found for name in values)
    ]
