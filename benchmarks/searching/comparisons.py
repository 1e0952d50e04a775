"""Which optimizers are compared with which, and what that gave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final

from searching.bare import BARE, SHIPPED
from searching.cells import SUBJECTS
from searching.intervals import Interval, Side, bootstrap, differences, final
from searching.kept import Runs

__all__ = [
    "COMPARISONS",
    "Comparison",
    "best_first",
    "by_budget",
    "compare",
    "first",
    "fresh",
    "seconds",
    "sides",
]

_RANDOM: Final = "random"


@dataclass(frozen=True)
class Comparison:
    """Pairs of sides with one question.

    Attributes:
        asks: The question, as a heading.
        goal: Whether no interval may lie above 0.
        pairs: Optimizer to the side that is asked about, and the one beside it.
    """

    asks: str
    goal: bool
    pairs: Mapping[str, tuple[Side, Side]]


def _pairs(
    subjects: Iterable[str], how: Any, concurrency: int, beside: str | None = None
) -> dict[str, tuple[Side, Side]]:
    """With pegbox, so many at once, beside one at a time or as many of another's."""
    return {
        name: (
            Side(name, "pegbox", concurrency),
            Side(beside or name, how, concurrency if beside else 1),
        )
        for name in subjects
    }


_LEARNING: Final = [name for name in SUBJECTS if name != _RANDOM]

COMPARISONS: Final = (
    Comparison(
        "One trial at a time: with pegbox, beside the same optimizer without it",
        True,
        _pairs(BARE, "bare", 1),
    ),
    Comparison(
        "Eight at once: with pegbox, beside random search",
        True,
        _pairs(_LEARNING, "pegbox", 8, _RANDOM),
    ),
    Comparison(
        "One trial at a time: with pegbox, beside the optimizer with defaults of its own",
        False,
        _pairs(SHIPPED, "shipped", 1),
    ),
    Comparison(
        "One trial at a time: with pegbox, beside random search",
        False,
        _pairs(_LEARNING, "pegbox", 1, _RANDOM),
    ),
    Comparison(
        "What it costs to have eight at once instead of one",
        False,
        _pairs(_LEARNING, "pegbox", 8),
    ),
)


def first(runs: Runs) -> Runs:
    """Those of the seeds that every optimizer's goals are about."""
    return {cell: run for cell, run in runs.items() if cell.seed < SUBJECTS[cell.subject].seeds}


def fresh(runs: Runs, name: str) -> Runs:
    """Those of seeds that are not among an optimizer's first ones."""
    return {cell: run for cell, run in runs.items() if cell.seed >= SUBJECTS[name].seeds}


def compare(runs: Runs, problems: Sequence[str], pair: tuple[Side, Side]) -> list[Interval | None]:
    """The intervals on each problem, and over all of them."""
    groups = [differences(runs, problem, *pair) for problem in problems]
    return [*(bootstrap([group]) for group in groups), bootstrap(groups)]


def by_budget(runs: Runs, problems: Sequence[str], name: str, after: int) -> Interval | None:
    """What an optimizer has beside random search after so many trials, over all problems."""
    pair = Side(name, "pegbox", 1), Side(_RANDOM, "pegbox", 1)
    return bootstrap([differences(runs, problem, *pair, after=after) for problem in problems])


def best_first(runs: Runs, problem: str, concurrency: int, after: int | None) -> list[str]:
    """The optimizer with the least mean, and those of which no interval says that they are worse.

    Args:
        problem: A key of `PROBLEMS`.
        concurrency: Trials at once.
        after: How many trials; None for all.
    """
    found = {}
    for name in SUBJECTS:
        if reached := final(runs, problem, Side(name, "pegbox", concurrency), after):
            found[name] = fmean(reached.values())
    ranked = sorted(found, key=lambda name: found[name])
    best = Side(ranked[0], "pegbox", concurrency)

    def is_worse(name: str) -> bool:
        side = Side(name, "pegbox", concurrency)
        interval = bootstrap([differences(runs, problem, side, best, after=after)])
        return interval is not None and interval.is_above

    return ranked[:1] + [name for name in ranked[1:] if not is_worse(name)]


def seconds(runs: Runs, problem: str, side: Side) -> float | None:
    """Processor seconds of an ask, and of what goes with it, in the last trials of runs."""
    asks = [
        run["ask_s"]
        for cell, run in runs.items()
        if cell.problem == problem and Side(cell.subject, cell.how, cell.concurrency) == side
    ]
    return fmean(asks) if asks else None


def sides(runs: Runs) -> Iterator[Side]:
    """All that ran, an optimizer with pegbox before the same without."""
    there = {Side(cell.subject, cell.how, cell.concurrency) for cell in runs}
    for name in SUBJECTS:
        for how, concurrency in (("pegbox", 1), ("bare", 1), ("shipped", 1), ("pegbox", 8)):
            side = Side(name, how, concurrency)  # type: ignore[arg-type]
            if side in there:
                yield side
