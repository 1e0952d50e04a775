"""One number for each trial from all that it reported: what "best" compares."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final

from pegbox.averages import mean
from pegbox.errors import ConfigError
from pegbox.jsonvalue import loads
from pegbox.nearest import did_you_mean
from pegbox.objective import Mode

__all__ = ["SCOPES", "best_trial", "scores"]

#: Scope -> how many of the last reports are averaged; the others are named apart.
_AVERAGES: Final = {"last": 1, "last-5-avg": 5, "last-10-avg": 10}

#: What a ``scope`` may be.
SCOPES: Final = ("last", "all", "avg", "last-5-avg", "last-10-avg")

#: Autofilled metrics that are numbers, and the columns that hold them.
_FILLED: Final = {
    "training_iteration": "iteration",
    "time_this_iter_s": "time_this_iter_s",
    "time_total_s": "time_total_s",
    "timestamp": "timestamp",
}

_LAST: Final = "(SELECT e.* FROM trials AS t JOIN events AS e ON e.seq = t.last_report_seq)"
_ALL: Final = "(SELECT *, metrics AS payload FROM results)"


def scores(db: sqlite3.Connection, metric: str, mode: Mode, scope: str) -> dict[int, float]:
    """Number of each trial that reported the metric -> its score, which may be NaN or infinite.

    Raises:
        ConfigError: The scope is not known.
    """
    reduce = _reduction(mode, scope)
    # The last report of every trial has a key; the others are found by following each history.
    source = _LAST if scope == "last" else _ALL
    found = groupby(_values(db, source, metric), key=lambda pair: pair[0])
    return {trial: reduce([value for _, value in pairs]) for trial, pairs in found}


def best_trial(found: Mapping[int, float], mode: Mode, *, finite_only: bool) -> int | None:
    """The trial with the best score, the earliest of several.

    Args:
        found: Trial -> score.
        mode: ``"min"`` or ``"max"``.
        finite_only: Leave out NaN and infinity. Otherwise infinity counts as any number, and NaN
            wins only where there is nothing else.
    """
    sign = 1.0 if mode == "min" else -1.0
    chosen = {t: sign * v for t, v in found.items() if not finite_only or math.isfinite(v)}
    if not chosen:
        return None
    return min(chosen, key=lambda trial: (math.isnan(chosen[trial]), chosen[trial], trial))


def _values(db: sqlite3.Connection, source: str, metric: str) -> Iterable[tuple[int, float]]:
    if metric in _FILLED:
        select = f"SELECT trial, {_FILLED[metric]} FROM {source} ORDER BY trial, seq"
        yield from db.execute(select)
        return
    select = (
        f"SELECT r.trial, m.type, m.value FROM {source} AS r, json_each(r.payload) AS m"
        " WHERE m.key = ? AND m.type IN ('integer', 'real', 'object') ORDER BY r.trial, r.seq"
    )
    for trial, kind, value in db.execute(select, (metric,)):
        number = loads(value) if kind == "object" else value
        if isinstance(number, int | float):
            yield trial, float(number)


def _reduction(mode: Mode, scope: str) -> Callable[[Sequence[float]], float]:
    if scope == "avg":
        return mean
    if scope == "all":
        return lambda values: _best(values, mode)
    if scope in _AVERAGES:
        return lambda values: mean(values[-_AVERAGES[scope] :])
    raise ConfigError(
        f"scope must be one of {', '.join(map(repr, SCOPES))}, got {scope!r}",
        hint=did_you_mean(scope, SCOPES),
    )


def _best(values: Sequence[float], mode: Mode) -> float:
    """The best of one trial's values; infinity and NaN only where there is nothing else."""
    finite = [value for value in values if math.isfinite(value)]
    return (min if mode == "min" else max)(finite or values)
