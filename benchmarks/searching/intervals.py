"""Comparisons by seed: how far apart two optimizers' regrets are, and how sure that is.

A difference is one of decimal logarithms: -1 is a tenth of the other's regret.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import fmean
from typing import Any, Final

import numpy as np

from searching.cells import How
from searching.kept import Runs
from searching.problems import PROBLEMS

__all__ = ["Interval", "Side", "bootstrap", "curve", "differences", "final"]

_RESAMPLES: Final = 10_000
_LEVEL: Final = 0.95


@dataclass(frozen=True)
class Side:
    """One of the two that are compared.

    Attributes:
        subject: A key of `searching.cells.SUBJECTS`.
        how: With pegbox, or without.
        concurrency: Trials at once.
    """

    subject: str
    how: How
    concurrency: int


@dataclass(frozen=True)
class Interval:
    """A mean difference with its bootstrap interval of 95 %.

    Attributes:
        mean: Below 0 where the first of the two is better.
        seeds: How many pairs there are on the problem that has fewest.
    """

    mean: float
    low: float
    high: float
    seeds: int

    @property
    def is_above(self) -> bool:
        """Whether the first is worse, as far as the interval tells."""
        return self.low > 0


def curve(problem: str, values: Sequence[float]) -> list[float]:
    """The logarithm of the least regret so far, after each trial."""
    return [PROBLEMS[problem].log_regret(least) for least in accumulate(values, min)]


def final(runs: Runs, problem: str, side: Side, after: int | None = None) -> dict[int, float]:
    """Seed to the logarithm of the regret after so many trials; None for all of them."""
    return {
        cell.seed: curve(problem, run["values"][:after])[-1]
        for cell, run in runs.items()
        if cell.problem == problem and Side(cell.subject, cell.how, cell.concurrency) == side
    }


def differences(
    runs: Runs, problem: str, side: Side, other: Side, after: int | None = None
) -> list[float]:
    """What ``side`` has above ``other``, for each seed that both have."""
    mine, theirs = (final(runs, problem, each, after) for each in (side, other))
    return [mine[seed] - theirs[seed] for seed in sorted(mine.keys() & theirs.keys())]


def bootstrap(groups: Collection[Sequence[float]]) -> Interval | None:
    """The mean of the groups' means, and what it is when seeds are drawn again from each group.

    Args:
        groups: Differences by problem.

    Returns:
        None where a group has not even two, or there is no group.
    """
    if not groups or min(map(len, groups)) < 2:
        return None
    rng = np.random.default_rng(0)
    means = [_resampled(np.asarray(group), rng) for group in groups]
    low, high = np.quantile(np.mean(means, axis=0), [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    mean = fmean(fmean(group) for group in groups)
    return Interval(mean, float(low), float(high), min(map(len, groups)))


def _resampled(group: Any, rng: np.random.Generator) -> Any:
    drawn = rng.integers(0, len(group), (_RESAMPLES, len(group)))
    return group[drawn].mean(axis=1)
