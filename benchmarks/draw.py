"""Draws the plots; needs matplotlib. `plots.py` runs it in an environment that has it.

Reads JSON on standard input: the points, the files to write, and what to write into them.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

#: The same subject has the same colour everywhere.
_COLOURS = {
    "pegbox": "#b5451b",
    "bare-mailbox": "#8a8a8a",
    "dask-floor slots": "#e0a33a",
    "dask-floor mailbox": "#e0a33a",
    "ray-tune reuse": "#2b6cb0",
    "optuna journal": "#4f9d69",
    "random-search": "#8a8a8a",
    "python-loop": "#b5451b",
    "scikit-optimize": "#b5451b",
    "random": "#8a8a8a",
    "optuna-tpe": "#2b6cb0",
    "optuna-gp": "#17a2b8",
    "optuna-cmaes": "#e377c2",
    "hyperopt": "#e0a33a",
    "skopt": "#b5451b",
    "bayesopt": "#6b4c9a",
    "ax": "#4f9d69",
}


def _style(name: str) -> dict[str, Any]:
    return {
        "label": name,
        "color": _COLOURS.get(name, "#6b4c9a"),
        "linewidth": 2.2 if name == "pegbox" else 1.4,
        "marker": "o",
        "markersize": 4,
    }


def trials(data: dict[str, list[list[float]]]) -> Any:
    """Time per trial against the number of trials, with least and most."""
    figure, axes = plt.subplots(figsize=(7, 4))
    for name, points in data.items():
        count, middle, least, most = zip(*points, strict=True)
        axes.plot(count, middle, **_style(name))
        axes.fill_between(count, least, most, color=_COLOURS.get(name, "#6b4c9a"), alpha=0.15)
    axes.set(xscale="log", yscale="log", xlabel="number of trials", ylabel="ms per trial")
    axes.set_title("No-op trials, two at a time")
    _finish(axes)
    return figure


def answers(panels: list[dict[str, Any]]) -> Any:
    """For each row, the share of answers that took longer than so many milliseconds."""
    figure, grid = _grid(len(panels))
    for axes, panel in zip(grid, panels, strict=False):
        for name, points in panel["lines"].items():
            times, shares = zip(*points, strict=True)
            whole = len(points) > 2
            shape = {"marker": ""} if whole else {"linestyle": ":"}
            axes.plot(times, shares, **(_style(name) | shape))
        axes.set(xscale="log", yscale="log", ylim=(0.01, 1), xlabel="ms")
        axes.set_yticks([1, 0.5, 0.1, 0.01], ["all", "50 %", "10 %", "1 %"])
        axes.set_ylabel("answers that took longer")
        axes.set_title(panel["title"], fontsize=10)
        _finish(axes)
    return figure


def regrets(panels: list[dict[str, Any]]) -> Any:
    """For each problem, the regret after so many trials; without pegbox in dashes."""
    figure, grid = _grid(len(panels))
    for axes, panel in zip(grid, panels, strict=False):
        for name, points in panel["lines"].items():
            trials, values = zip(*points, strict=True)
            subject, _, bare = name.partition(" ")
            shape = {"linestyle": "--", "label": None} if bare else {"label": subject}
            colour = _COLOURS.get(subject, "#000000")
            axes.plot(trials, values, color=colour, linewidth=1.2, **shape)
        axes.set(yscale="log", xlabel="trials")
        axes.set_ylabel("regret")
        axes.set_title(panel["title"], fontsize=10)
        _finish(axes)
    return figure


def _grid(count: int) -> tuple[Any, list[Any]]:
    """A figure with room for so many panels, two in a row."""
    rows = -(-count // 2) or 1
    figure, grid = plt.subplots(rows, 2, figsize=(9, 3.4 * rows), squeeze=False)
    for axes in list(grid.flat)[count:]:
        axes.set_visible(False)
    return figure, list(grid.flat)


def _finish(axes: Any) -> None:
    axes.grid(True, which="major", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    if axes.lines:
        axes.legend(frameon=False, fontsize=8)


_PLOTS = {"trials": trials, "answers": answers, "regrets": regrets}


def main() -> None:
    """Draw what standard input asks for."""
    asked = json.load(sys.stdin)
    # Text stays text, and two drawings of the same numbers are the same bytes.
    plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "pegbox", "font.size": 9})
    for plot in asked:
        figure = _PLOTS[plot["plot"]](plot["data"])
        figure.tight_layout()
        metadata = {"Date": None, "Creator": None, "Description": plot["made_from"]}
        figure.savefig(plot["file"], metadata=metadata)


if __name__ == "__main__":
    main()
