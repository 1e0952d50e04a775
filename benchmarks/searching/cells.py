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
        seeds: At most so many runs of each kind: where an ask takes seconds, fewer.
    """

    searcher: str
    options: Mapping[str, Any] = field(default_factory=dict)
    seeds: int = 10


SUBJECTS: Final = {
    "random": Subject("random"),
    "optuna-tpe": Subject("optuna"),
    "optuna-gp": Subject("optuna", {"sampler": "gp"}),
    "optuna-cmaes": Subject("optuna", {"sampler": "cmaes"}),
    "hyperopt": Subject("hyperopt"),
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
        seeds: From 0; at most as many as the subject has.
    """

    trials: int = 40
    seeds: int = 10


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
    for seed in range(size.seeds):
        for problem in problems:
            for name in subjects:
                if seed < SUBJECTS[name].seeds:
                    for how, concurrency in _ways(name):
                        yield Cell(problem, name, how, concurrency, seed, size.trials)


def _ways(subject: str) -> Iterator[tuple[How, int]]:
    for concurrency in CONCURRENCIES:
        yield "pegbox", concurrency
    if subject in BARE:
        yield "bare", 1
    if subject in SHIPPED:
        yield "shipped", 1
