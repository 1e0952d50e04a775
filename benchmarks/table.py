"""Markdown from a file of kept runs: goals reached or missed, then every row.

python benchmarks/table.py benchmarks/results/<date>.jsonl
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from goals import GOALS, Goal
from machine import head
from plan import ROWS

__all__ = ["Runs", "kept_runs", "markdown"]

_STAGES = "driver_cpu messages step engine searcher store launch answer callbacks"
_STAGE_FIGURES = [f"{stage}_us" for stage in _STAGES.split()]
#: First in rows whose trials take a known time.
_PACED = ["ratio", "active_ratio", "slowest_ratio"]
#: Workload -> figures that its table shows, the one that is compared first.
_SHOWN = {
    "trials": [
        *_PACED,
        "steady_trials_per_s",
        "driver_cpu_us",
        "early_ms",
        "late_ms",
        "growth",
        "cpu_growth",
        "bytes_per_trial",
        "files",
    ],
    "reports": [
        *_PACED,
        "together_results_per_s",
        "active_results_per_s",
        "driver_cpu_us",
        "p50_ms",
        "p99_ms",
    ],
    "checkpoints": [*_PACED, "p50_ms", "p99_ms", "driver_cpu_us"],
    "broadcast": ["wall_s", "total_pss_mb", "driver_rss_mb"],
    "answers": ["p50_ms", "p99_ms", "answers", "computing_s", "wall_s"],
    "memory": ["peak_mb", "growth_mb"],
    "sizes": ["cpu_us_tenth", "cpu_us_third", "cpu_us_full", "growth", "wall_s_full"],
    "guide": [
        "event_us",
        "way_us",
        "many_trials_ratio",
        "many_at_once_ratio",
        "many_results_ratio",
        "many_nodes_ratio",
    ],
    "resume": ["table_s", "first_new_trial_s", "bytes"],
    "state": ["ratio_of_2", "ratio_of_20", "ratio_to_own_of_2", "ratio_to_own_of_20"],
    "first_result": ["wall_s", "import_s"],
    "imports": ["pegbox_s", "pegbox_names_s", "distributed_s"],
    "engine": ["events_per_s", "replayed_facts_per_s"],
    "inline": ["results_per_s"],
    "stages_of_trials": _STAGE_FIGURES,
    "stages_of_reports": _STAGE_FIGURES,
}

Figures = dict[str, Any]
#: (row, subject, variant) -> repetition -> figures; runs that failed have none.
Runs = dict[tuple[str, str, str], dict[int, Figures]]


def markdown(lines: Iterable[str]) -> str:
    """The page's tables.

    Args:
        lines: Of JSON, as `run.py` keeps them.
    """
    lines = list(lines)
    runs, errors = kept_runs(lines)
    heads = [head(record["run"]) for record in map(json.loads, lines) if "run" in record]
    parts = [*heads, _goals(runs)]
    parts += [_row(row, runs, errors) for row in ROWS if any(key[0] == row for key in runs)]
    return "\n\n".join(parts)


def kept_runs(lines: Iterable[str]) -> tuple[Runs, dict[tuple[str, str, str], str]]:
    """The figures of all runs, under the names of ours; and what those said that failed.

    Args:
        lines: Of JSON, as `run.py` keeps them.
    """
    runs: Runs = {}
    errors = {}
    for record in filter(lambda record: "row" in record, map(json.loads, lines)):
        key = (record["row"], record["subject"], record["variant"])
        found = runs.setdefault(key, {})
        if "error" in record["figures"]:
            errors[key] = record["figures"]["error"]
        else:
            found[record["repetition"]] = _same_names(record["row"], record["figures"])
    return runs, errors


def _same_names(row: str, figures: dict[str, Any]) -> Figures:
    """The peers' figures under the names of ours."""
    workload = ROWS[row].workload
    if workload == "trials" and "trials_per_s" in figures:
        figures.setdefault("steady_trials_per_s", figures["trials_per_s"])
        figures.setdefault("bytes_per_trial", figures["bytes_written"] / figures["params"]["n"])
    if workload == "reports" and "params" in figures:
        figures.setdefault("together_results_per_s", figures["active_results_per_s"])
    if "ratio" in figures and "active_s" in figures and "params" in figures:
        # The peers give the time in which trials work only by itself.
        least = figures["wall_s"] / figures["ratio"]
        figures.setdefault("active_ratio", figures["active_s"] / least)
    if workload == "resume" and "state_bytes" in figures:
        figures |= {"table_s": figures["wall_s"], "bytes": figures["bytes_written"]}
    return figures


# ------------------------------------------------------------------------- goals


def _goals(runs: Runs) -> str:
    lines = ["| goal | wanted | median | least - most | runs | |", "|---|--:|--:|--:|--:|---|"]
    found = [(goal, _values(goal, runs)) for goal in GOALS]
    lines += [_goal_line(goal, values) for goal, values in found if values]
    return "\n".join(lines)


def _goal_line(goal: Goal, values: list[float]) -> str:
    middle = statistics.median(values)
    reached = middle >= goal.bound if goal.sign == "≥" else middle <= goal.bound
    return (
        f"| {goal.what} | {goal.sign} {_number(goal.bound)} | {_number(middle)} | "
        f"{_number(min(values))} - {_number(max(values))} | {len(values)} | "
        f"{'reached' if reached else '**missed**'} |"
    )


def _values(goal: Goal, runs: Runs) -> list[float]:
    mine = runs.get((goal.row, goal.subject, ""), {})
    if goal.against is None:
        return [figures[goal.figure] for figures in mine.values() if goal.figure in figures]
    theirs = runs.get((goal.row, *goal.against), {})
    return _ratios(mine, theirs, goal.figure, goal.other_figure or goal.figure)


def _ratios(
    mine: dict[int, Figures], theirs: dict[int, Figures], figure: str, other: str
) -> list[float]:
    """Mine / theirs, within each repetition that both have."""
    both = [(mine[n], theirs[n]) for n in mine if n in theirs]
    return [a[figure] / b[other] for a, b in both if figure in a and other in b]


# -------------------------------------------------------------------------- rows


def _row(row: str, runs: Runs, errors: dict[tuple[str, str, str], str]) -> str:
    keys = [key for key in runs if key[0] == row]
    shown = [
        figure
        for figure in _SHOWN[ROWS[row].workload]
        if any(figure in figures for key in keys for figures in runs[key].values())
    ]
    columns = ["subject", "runs", "others' load", *shown, "cpu_s"]
    compared = len(keys) > 1 and any(subject == "pegbox" for _, subject, _ in keys)
    if compared:
        columns.append(f"pegbox / it: {shown[0]}")
    lines = [f"### {row}", "", "| " + " | ".join(columns) + " |"]
    lines.append("|---|" + "--:|" * (len(columns) - 1))
    lines += [_subject_line(key, runs, errors, shown, compared) for key in keys]
    return "\n".join(lines)


def _subject_line(
    key: tuple[str, str, str],
    runs: Runs,
    errors: dict[tuple[str, str, str], str],
    shown: list[str],
    compared: bool,
) -> str:
    row, subject, variant = key
    found = runs[key]
    name = f"{subject} {variant}".strip()
    if not found:
        return f"| {name} | 0 | {errors[key]} |"
    load = statistics.median(figures["other_load"] for figures in found.values())
    cells = [name, str(len(found)), f"{load:.0%}"]
    cells += [_spread(_all(found, figure)) for figure in [*shown, "cpu_s"]]
    if compared:
        mine = runs.get((row, "pegbox", ""), {})
        ratios = _ratios(mine, found, shown[0], shown[0]) if subject != "pegbox" else []
        cells.append(_spread(ratios))
    return "| " + " | ".join(cells) + " |"


def _all(found: dict[int, Figures], figure: str) -> list[float]:
    return [figures[figure] for figures in found.values() if figure in figures]


def _spread(values: list[float]) -> str:
    """Median, with the least and the most where there are several."""
    if not values:
        return ""
    least, middle, most = (_number(f(values)) for f in (min, statistics.median, max))
    return middle if least == most else f"{middle} ({least} - {most})"


def _number(value: float) -> str:
    if 0.95 < value < 1.05:
        # Many a ratio must be near 1.
        return f"{value:.4g}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


# -------------------------------------------------------------------------- page


def main() -> None:
    """Print the tables, or put them where a page has those of an older file."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("file", type=Path, help="of kept runs")
    parser.add_argument("--page", type=Path, help="put the tables into this page")
    arguments = parser.parse_args()
    tables = markdown(arguments.file.read_text().splitlines())
    if arguments.page is None:
        print(tables)
        return
    before, _, rest = arguments.page.read_text().partition("<!-- made by:")
    after = rest.partition("<!-- end -->")[2]
    made = f"<!-- made by: python benchmarks/table.py {arguments.file.as_posix()} -->"
    arguments.page.write_text(f"{before}{made}\n\n{tables}\n\n<!-- end -->{after}")


if __name__ == "__main__":
    main()
