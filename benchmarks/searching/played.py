"""One run, from its cell to its losses: with pegbox in virtual time, or without it."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from statistics import fmean
from typing import Any, Final

from pegbox import TuneConfig
from pegbox.events import Reported
from pegbox.executors.simulated import SimulatedCluster, SimulatedRun, simulate
from pegbox.seeds import derive_seed

from searching.bare import BARE, SHIPPED, minimize
from searching.cells import SUBJECTS, Cell
from searching.measured import Measured
from searching.problems import PROBLEMS

__all__ = ["durations", "play"]

#: Of the logarithm of a trial's duration: one in six takes more than 1.6 times the median.
_SPREAD: Final = 0.5

#: Losses are kept to so many digits.
_DIGITS: Final = 8

#: The asks that are timed: those with most trials told, and nothing left to import.
_LAST: Final = 10


def play(cell: Cell) -> dict[str, Any]:
    """What is kept of a run.

    Returns:
        ``values``: the losses in the order in which the trials ended; ``search_s``: processor
        seconds of the search in all; ``ask_s``: of one ask, with the tell before it, the mean of
        the last ten trials.

    Raises:
        Exception: Whatever the optimizer raises.
    """
    loss = Measured(PROBLEMS[cell.problem], cell.trials)
    if cell.how == "pegbox":
        values = _losses(_simulated(cell, loss))
    else:
        minimize((BARE if cell.how == "bare" else SHIPPED)[cell.subject], loss, cell.seed)
        values = loss.values
    if len(values) != cell.trials:
        raise RuntimeError(f"{len(values)} trials ended, {cell.trials} were asked for")
    return {
        "values": [float(f"{value:.{_DIGITS}g}") for value in values],
        "search_s": round(sum(loss.search_s), 3),
        "ask_s": float(f"{fmean(loss.search_s[-_LAST:]):.2g}"),
    }


def durations(seed: int) -> Iterator[float]:
    """Seconds that the trials of a run take, in the order in which they begin.

    They are the same for all optimizers.
    """
    rng = random.Random(derive_seed(seed, "durations"))
    while True:
        yield rng.lognormvariate(0.0, _SPREAD)


def _simulated(cell: Cell, loss: Measured) -> SimulatedRun:
    subject, lasting = SUBJECTS[cell.subject], durations(cell.seed)

    def curve(config: Mapping[str, Any], iteration: int) -> tuple[float, dict[str, float]] | None:
        return (next(lasting), {"loss": loss(config)}) if iteration == 1 else None

    with _without_warnings():
        run = simulate(
            curve,
            param_space=PROBLEMS[cell.problem].space,
            tune_config=TuneConfig(
                metric="loss",
                mode="min",
                num_samples=cell.trials,
                search_alg=(subject.searcher, dict(subject.options)),
                seed=cell.seed,
                # One at a time is asked with all results known, as it is without pegbox.
                lookahead=0 if cell.concurrency == 1 else None,
            ),
            cluster=SimulatedCluster(workers=cell.concurrency),
        )
    if run.error is not None:
        raise run.error
    return run


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Not that asks are slow: in virtual time each is made where the driver would go on."""
    logger = logging.getLogger("pegbox")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _losses(run: SimulatedRun) -> list[float]:
    return [float(fact.metrics["loss"]) for fact in run.journal if isinstance(fact, Reported)]
