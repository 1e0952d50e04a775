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
    first,
    fresh,
    seconds,
    sides,
)
from searching.intervals import Interval, Side, final
from searching.kept import Kept, Runs
from searching.panels import PLOTS
from searching.problems import PROBLEMS

__all__ = ["NOTHING", "SECTIONS"]

#: Optimizer to its intervals on each problem, and over all of them.
Found = Mapping[str, Sequence[Interval | None]]

_GOALS: Final = [each for each in COMPARISONS if each.goal]

#: Where no run is kept.
NOTHING: Final = "No run is kept yet: `make bench-search` makes one."


def measured(kept: Kept, file: str) -> str:
    """The section of docs/benchmarks.md.

    Args:
        kept: The runs.
        file: Where they are, from the repository's root.
    """
    runs, problems = first(kept.runs), _problems(kept.runs)
    tables = [(each, _intervals(_found(runs, problems, each), problems)) for each in COMPARISONS]
    parts = [_origin(kept, file), *(head(dict(start)) for start in kept.starts), _amount(kept)]
    parts += [_verdict(_found(runs, problems, each), problems, each.asks) for each in _GOALS]
    parts += [f"![{title}](images/{name})" for name, (_, title) in PLOTS.items()]
    parts += [f"### {each.asks}\n\n{table}" for each, table in tables if table]
    parts += _looked_at_again(kept.runs, problems)
    parts.append(f"### Regrets at the end, geometric means\n\n{_regrets(runs, problems)}")
    return "\n\n".join(parts)


def _looked_at_again(runs: Runs, problems: Sequence[str]) -> list[str]:
    """The goals with other seeds: what was chance is not there a second time."""
    parts = []
    for asked in _GOALS:
        found = {
            name: compare(fresh(runs, name), problems, pair) for name, pair in asked.pairs.items()
        }
        if table := _intervals(found, problems):
            parts += [_verdict(found, problems, asked.asks), table]
    return ["### Looked at again, with other seeds", *parts] if parts else []


def advice(kept: Kept, file: str) -> str:
    """The section of docs/choosing.md; arguments as of `measured`."""
    runs, problems = first(kept.runs), _problems(kept.runs)
    return "\n\n".join(
        [
            _origin(kept, file),
            "### What did best, by kind of space\n\nThe best mean first, then those of which no "
            "interval of 95 % says that they are worse.",
            _best(runs, problems),
            "### By budget: decades of regret gained on random search\n\nOver all five problems, "
            "one trial at a time; -1 is a tenth of random search's regret.",
            _gains(runs, problems),
            "### Seconds for an ask\n\nProcessor seconds, with pegbox, in the last ten of "
            f"{_trials(runs)} trials.",
            _seconds(runs, problems),
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
    said = ", ".join(filter(None, (_seeds(kept.runs, name) for name in SUBJECTS)))
    failed = f" {len(kept.errors)} runs failed and are left out." if kept.errors else ""
    return (
        f"{len(kept.runs):,} runs of {_trials(kept.runs)} trials. Seeds of each optimizer: "
        f"{said}.{failed}"
    )


def _seeds(runs: Runs, name: str) -> str:
    seeds = {cell.seed for cell in runs if cell.subject == name}
    others = sum(seed >= SUBJECTS[name].seeds for seed in seeds)
    more = f" and {others} others" if others else ""
    return f"{name} {len(seeds) - others}{more}" if seeds else ""


# ---------------------------------------------------------------------- comparisons


def _found(runs: Runs, problems: Sequence[str], asked: Comparison) -> Found:
    return {name: compare(runs, problems, pair) for name, pair in asked.pairs.items()}


def _intervals(found: Found, problems: Sequence[str]) -> str:
    rows = [
        [name, *map(_interval, each), str(min(one.seeds for one in each if one))]
        for name, each in found.items()
        if any(each)
    ]
    return _table(["", *problems, "all", "seeds"], rows) if rows else ""


def _interval(found: Interval | None) -> str:
    if found is None:
        return ""
    text = f"{found.mean:+.2f} ({found.low:+.2f} to {found.high:+.2f})"
    return f"**{text}**" if found.is_above else text


def _verdict(found: Found, problems: Sequence[str], asks: str) -> str:
    """Whether a goal was reached; what missed it is named."""
    over_all = {name: each[-1] for name, each in found.items() if each[-1]}
    single = [
        (f"{name} on {problem}", interval)
        for name, each in found.items()
        for problem, interval in zip(problems, each, strict=False)
        if interval
    ]
    return (
        f"**{asks}.** Over all problems {_above(over_all.items())}. On single problems "
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
