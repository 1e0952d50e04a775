"""What is run: problems and optimizers, with and without pegbox, by seed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from searching.bare import BARE, SHIPPED
from searching.problems import PROBLEMS

__all__ = ["CONCURRENCIES", "QUICK", "SUBJECTS", "Cell", "How", "Size", "Subject", "cells"]

#: With pegbox; without, but with the adapter's settings; without, and with its own defaults.
How = Literal["pegbox", "bare", "shipped"]

#: Trials at once. Without pegbox it is always one.
CONCURRENCIES: Final = (1, 8)


@dataclass(frozen=True)
class Subject:
    """An optimizer.

    Attributes:
        searcher: Its name in pegbox.
        options: Of the searcher.
        seeds: So many runs of each kind, from seed 0; fewer where an ask takes seconds.
        fresh: So many more, which are compared apart: whether what the first ones showed is so.
    """

    searcher: str
    options: Mapping[str, Any] = field(default_factory=dict)
    seeds: int = 10
    fresh: int = 0


#: For those whose asks take milliseconds.
_FRESH: Final = 40

SUBJECTS: Final = {
    "random": Subject("random", fresh=_FRESH),
    "optuna-tpe": Subject("optuna", fresh=_FRESH),
    "optuna-gp": Subject("optuna", {"sampler": "gp"}),
    "optuna-cmaes": Subject("optuna", {"sampler": "cmaes"}, fresh=_FRESH),
    "hyperopt": Subject("hyperopt", fresh=_FRESH),
    "skopt": Subject("skopt"),
    "bayesopt": Subject("bayesopt"),
    "ax": Subject("ax", seeds=5),
}

#: Subjects of ``--quick``: their asks take milliseconds.
QUICK: Final = ("random", "optuna-tpe", "hyperopt")


@dataclass(frozen=True)
class Size:
    """How much of it is run.

    Attributes:
        trials: Of each run.
        seeds: So many of each subject, from 0; None for as many as it has, fresh ones too.
    """

    trials: int = 40
    seeds: int | None = None

    def seeds_of(self, subject: str) -> int:
        """How many seeds of a subject."""
        own = SUBJECTS[subject]
        return own.seeds + own.fresh if self.seeds is None else self.seeds


@dataclass(frozen=True)
class Cell:
    """One run.

    Attributes:
        problem: A key of `PROBLEMS`.
        subject: A key of `SUBJECTS`.
        concurrency: Trials at once.
    """

    problem: str
    subject: str
    how: How
    concurrency: int
    seed: int
    trials: int


def cells(
    size: Size,
    subjects: Collection[str] = tuple(SUBJECTS),
    problems: Collection[str] = tuple(PROBLEMS),
) -> Iterator[Cell]:
    """All runs of these, by seed: what is compared by seed is there as early as can be."""
    for seed in range(max(map(size.seeds_of, subjects), default=0)):
        for problem in problems:
            for name in subjects:
                if seed < size.seeds_of(name):
                    for how, concurrency in _ways(name):
                        yield Cell(problem, name, how, concurrency, seed, size.trials)


def _ways(subject: str) -> Iterator[tuple[How, int]]:
    for concurrency in CONCURRENCIES:
        yield "pegbox", concurrency
    if subject in BARE:
        yield "bare", 1
    if subject in SHIPPED:
        yield "shipped", 1
