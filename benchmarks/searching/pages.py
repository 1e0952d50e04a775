"""What pages show of the kept runs, as Markdown. `search_report.py` puts it into them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Final

from machine import head

from searching.cells import SUBJECTS
from searching.comparisons import (
    COMPARISONS,
    Comparison,
    best_first,
    by_budget,
    compare,
    seconds,
    sides,
)
from searching.intervals import Interval, Side, final
from searching.kept import Kept, Runs
from searching.panels import PLOTS
from searching.problems import PROBLEMS

__all__ = ["NOTHING", "SECTIONS"]

#: Where no run is kept.
NOTHING: Final = "No run is kept yet: `make bench-search` makes one."


def measured(kept: Kept, file: str) -> str:
    """The section of docs/benchmarks.md.

    Args:
        kept: The runs.
        file: Where they are, from the repository's root.
    """
    problems = _problems(kept.runs)
    tables = [(each, _intervals(kept.runs, problems, each)) for each in COMPARISONS]
    parts = [_origin(kept, file), *(head(dict(start)) for start in kept.starts), _amount(kept)]
    parts += [_verdict(kept.runs, problems, each) for each in COMPARISONS if each.goal]
    parts += [f"![{title}](images/{name})" for name, (_, title) in PLOTS.items()]
    parts += [f"### {each.asks}\n\n{table}" for each, table in tables if table]
    parts.append(f"### Regrets at the end, geometric means\n\n{_regrets(kept.runs, problems)}")
    return "\n\n".join(parts)


def advice(kept: Kept, file: str) -> str:
    """The section of docs/choosing.md; arguments as of `measured`."""
    problems = _problems(kept.runs)
    return "\n\n".join(
        [
            _origin(kept, file),
            "### What did best, by kind of space\n\nThe best mean first, then those of which no "
            "interval of 95 % says that they are worse.",
            _best(kept.runs, problems),
            "### By budget: decades of regret gained on random search\n\nOver all five problems, "
            "one trial at a time; -1 is a tenth of random search's regret.",
            _gains(kept.runs, problems),
            "### Seconds for an ask\n\nProcessor seconds, with pegbox, in the last ten of "
            f"{_trials(kept.runs)} trials.",
            _seconds(kept.runs, problems),
        ]
    )


#: Page -> what stands in it.
SECTIONS: Final[Mapping[str, Callable[[Kept, str], str]]] = {
    "docs/benchmarks.md": measured,
    "docs/choosing.md": advice,
}


def _problems(runs: Runs) -> list[str]:
    return [name for name in PROBLEMS if any(cell.problem == name for cell in runs)]


def _trials(runs: Runs) -> int:
    return max(cell.trials for cell in runs)


def _origin(kept: Kept, file: str) -> str:
    dates = sorted({start["date"] for start in kept.starts})
    return f"All figures here come from the run of {' and '.join(dates)}, kept in `{file}`."


def _amount(kept: Kept) -> str:
    seeds = {name: len({c.seed for c in kept.runs if c.subject == name}) for name in SUBJECTS}
    said = ", ".join(f"{name} {count}" for name, count in seeds.items() if count)
    failed = f" {len(kept.errors)} runs failed and are left out." if kept.errors else ""
    return (
        f"{len(kept.runs):,} runs of {_trials(kept.runs)} trials. Seeds of each optimizer: "
        f"{said}.{failed}"
    )


# ---------------------------------------------------------------------- comparisons


def _intervals(runs: Runs, problems: Sequence[str], asked: Comparison) -> str:
    rows = []
    for name, pair in asked.pairs.items():
        found = compare(runs, problems, pair)
        if any(found):
            counted = min(each.seeds for each in found if each)
            rows.append([name, *map(_interval, found), str(counted)])
    return _table(["", *problems, "all", "seeds"], rows) if rows else ""


def _interval(found: Interval | None) -> str:
    if found is None:
        return ""
    text = f"{found.mean:+.2f} ({found.low:+.2f} to {found.high:+.2f})"
    return f"**{text}**" if found.is_above else text


def _verdict(runs: Runs, problems: Sequence[str], asked: Comparison) -> str:
    """Whether a goal was reached; what missed it is named."""
    found = {name: compare(runs, problems, pair) for name, pair in asked.pairs.items()}
    over_all = {name: each[-1] for name, each in found.items() if each[-1]}
    single = [
        (f"{name} on {problem}", interval)
        for name, each in found.items()
        for problem, interval in zip(problems, each, strict=False)
        if interval
    ]
    return (
        f"**{asked.asks}.** Over all problems {_above(over_all.items())}. On single problems "
        f"{_above(single)}; where nothing differs, {0.025 * len(single):.1f} would by chance."
    )


def _above(intervals: Iterable[tuple[str, Interval]]) -> str:
    every = list(intervals)
    missed = [name for name, interval in every if interval.is_above]
    said = f"{len(missed) or 'none'} of {len(every)} intervals {_lies(len(missed))} above 0"
    return f"{said} (**missed**: {', '.join(missed)})" if missed else said


def _lies(count: int) -> str:
    return "lie" if count > 1 else "lies"


# --------------------------------------------------------------------------- figures


def _regrets(runs: Runs, problems: Sequence[str]) -> str:
    rows = []
    for side in sides(runs):
        ends = [final(runs, problem, side).values() for problem in problems]
        rows.append([_named(side), *(_number(10 ** fmean(end)) if end else "" for end in ends)])
    return _table(["", *problems], rows)


def _best(runs: Runs, problems: Sequence[str]) -> str:
    columns = [(f"after {n}", 1, n) for n in _budgets(_trials(runs))]
    columns.append(("eight at once", 8, _trials(runs)))
    rows = [
        [
            PROBLEMS[problem].kind,
            *(", ".join(best_first(runs, problem, at_once, n)) for _, at_once, n in columns),
        ]
        for problem in problems
    ]
    return _table(["space", *(title for title, _, _ in columns)], rows)


def _gains(runs: Runs, problems: Sequence[str]) -> str:
    budgets = _budgets(_trials(runs))
    rows = []
    for name in SUBJECTS:
        if name != "random":
            cells = [_interval(by_budget(runs, problems, name, after)) for after in budgets]
            if any(cells):
                rows.append([name, *cells])
    return _table(["", *(f"after {after}" for after in budgets)], rows)


def _seconds(runs: Runs, problems: Sequence[str]) -> str:
    rows = []
    for name in SUBJECTS:
        found = [seconds(runs, problem, Side(name, "pegbox", 1)) for problem in problems]
        if any(each is not None for each in found):
            rows.append([name, *("" if each is None else _number(each) for each in found)])
    return _table(["", *problems], rows)


def _budgets(trials: int) -> list[int]:
    """After how many trials one looks; the last is the end."""
    return [n for n in (10, 20) if n < trials] + [trials]


def _named(side: Side) -> str:
    how = {"pegbox": "", "bare": ", bare", "shipped": ", bare, own defaults"}[side.how]
    at_once = f", {side.concurrency} at once" if side.concurrency > 1 else ""
    return f"{side.subject}{how}{at_once}"


def _number(value: float) -> str:
    return f"{value:.2g}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---", *["--:"] * (len(columns) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
