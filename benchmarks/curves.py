"""What the plots show, as plain numbers from kept runs. Draws nothing."""

from __future__ import annotations

import hashlib
import json
import statistics
from collections.abc import Iterable, Sequence
from typing import Any, Final

from table import Runs, kept_runs

__all__ = ["PLOTS", "curves", "digest"]

#: Rows of the plot of trials; a row's number of trials is in its name.
_TRIALS: Final = ("trials-200", "trials-1000", "trials-5000", "trials-10000")

#: Rows of the plot of answers, with their titles.
_ANSWERS: Final = {
    "reports-2x500": "2 trials, as fast as they can",
    "reports-16x100": "16 trials, as fast as they can",
    "cadence": "16 trials, 10 reports/s each",
    "answers-loop": "searcher in a loop of 2 s",
    "answers-skopt": "searcher with a Gaussian process",
}

#: File in docs/images -> plot.
PLOTS: Final = {"time-per-trial.svg": "trials", "answer-times.svg": "answers"}

#: Name of a line -> its points.
Line = list[list[float]]


def curves(lines: Iterable[str]) -> dict[str, Any]:
    """The points of all plots.

    Args:
        lines: Of JSON, as `run.py` keeps them.

    Returns:
        ``"trials"``: subject -> points (trials, then ms a trial: median, least, most).
        ``"answers"``: for each panel its title, and subject -> points (ms, share of the answers
        that took longer); a peer gives only two of them.
    """
    runs, _ = kept_runs(lines)
    return {"trials": _time_per_trial(runs), "answers": _answer_times(runs)}


def digest(data: object) -> str:
    """A short name of the numbers, by which a drawing says what it was made from."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:16]


def _time_per_trial(runs: Runs) -> dict[str, Line]:
    found: dict[str, Line] = {}
    for row in _TRIALS:
        for name, all_figures in _subjects(runs, row):
            times = [1e3 / figures["steady_trials_per_s"] for figures in all_figures]
            point = [statistics.median(times), min(times), max(times)]
            found.setdefault(name, []).append([int(row.split("-")[1]), *map(_rounded, point)])
    return found


def _answer_times(runs: Runs) -> list[dict[str, Any]]:
    panels = []
    for row, title in _ANSWERS.items():
        lines = {name: _survival(figures) for name, figures in _subjects(runs, row)}
        lines = {name: line for name, line in lines.items() if line}
        if lines:
            panels.append({"title": title, "lines": lines})
    return panels


def _survival(repetitions: Sequence[dict[str, Any]]) -> Line:
    """Share of the answers that took longer than so many ms; the median of the repetitions."""
    whole = [figures["answer_ms"] for figures in repetitions if "answer_ms" in figures]
    if whole:
        # The slowest of all has no share that can be drawn.
        columns = list(zip(*whole, strict=True))[:-1]
        return [
            [_rounded(statistics.median(column)), (100 - percent) / 100]
            for percent, column in enumerate(columns)
        ]
    return [
        [_rounded(statistics.median(figures[name] for figures in repetitions)), share]
        for name, share in (("p50_ms", 0.5), ("p99_ms", 0.01))
        if all(name in figures for figures in repetitions)
    ]


def _subjects(runs: Runs, row: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """Those of a row that gave figures."""
    return [
        (f"{subject} {variant}".strip(), list(found.values()))
        for (of, subject, variant), found in runs.items()
        if of == row and found
    ]


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
