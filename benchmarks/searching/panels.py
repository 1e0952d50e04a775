"""What the plots of regrets show, as plain numbers. Draws nothing."""

from __future__ import annotations

from statistics import fmean
from typing import Any, Final

from searching.comparisons import first, sides
from searching.intervals import Side, curve
from searching.kept import Runs
from searching.problems import PROBLEMS

__all__ = ["PLOTS", "panels"]

#: File in docs/images -> trials at once, title.
PLOTS: Final = {
    "search-one.svg": (1, "Regret, one trial at a time; dashed: without pegbox"),
    "search-eight.svg": (8, "Regret, eight trials at once"),
}


def panels(runs: Runs, concurrency: int) -> list[dict[str, Any]]:
    """For each problem its title, and optimizer to points (trial, geometric mean of regrets)."""
    found, runs = [], first(runs)
    for problem, described in PROBLEMS.items():
        lines = {
            _name(side): line
            for side in sides(runs)
            if side.concurrency == concurrency and side.how != "shipped"
            if (line := _line(runs, problem, side))
        }
        if lines:
            found.append({"title": f"{problem}: {described.kind}", "lines": lines})
    return found


def _name(side: Side) -> str:
    return side.subject if side.how == "pegbox" else f"{side.subject} bare"


def _line(runs: Runs, problem: str, side: Side) -> list[list[float]]:
    curves = [
        curve(problem, run["values"])
        for cell, run in runs.items()
        if cell.problem == problem and Side(cell.subject, cell.how, cell.concurrency) == side
    ]
    means = [fmean(column) for column in zip(*curves, strict=True)]
    return [[trial, float(f"{10**mean:.3g}")] for trial, mean in enumerate(means, 1)]
