"""The scheduler: a gate that only the better part of the trials passes.

It is asynchronous successive halving with a single rung: nobody waits for anybody.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from typing import Any

from pegbox.decisions import CONTINUE, STOP, Decision
from pegbox.errors import ConfigError
from pegbox.objective import Objective
from pegbox.scheduler import Scheduler
from pegbox.trial import TrialView

__all__ = ["LuthierScheduler"]


class LuthierScheduler(Scheduler):
    """Stops a trial at the gate unless it is among the best that have come there.

    Args:
        gate: The iteration at which trials are compared, at least 1.
        keep: The share that passes, above 0 and at most 1.

    Raises:
        ConfigError: A number is out of range, or the run names no metric.
    """

    def __init__(self, gate: int = 3, keep: float = 0.5) -> None:
        if not isinstance(gate, int) or gate < 1:
            raise ConfigError(
                f"gate must be a whole number from 1, got {gate!r}", hint="Write e.g. gate=3."
            )
        if not isinstance(keep, int | float) or not 0 < keep <= 1:
            raise ConfigError(
                f"keep must be a number above 0 and at most 1, got {keep!r}",
                hint="Write e.g. keep=0.5.",
            )
        self._gate, self._keep = gate, keep

    def setup(self, objectives: Sequence[Objective], rng: random.Random) -> None:
        """Take what counts; all random numbers would come from ``rng``."""
        if not objectives:
            raise ConfigError(
                "the gate needs a metric", hint='Add metric="loss" and mode="min" to TuneConfig.'
            )
        self._objective = objectives[0]
        #: Trial to what it came to the gate with; None where that was no number.
        self._losses: dict[str, float | None] = {}
        #: The same without the trials, ascending; what was no number is behind all others.
        self._ranked: list[float] = []

    def on_trial_result(self, trial: TrialView, result: Mapping[str, Any]) -> Decision:
        """Compare a trial that has come to the gate with those before it."""
        if trial.iteration != self._gate:
            return CONTINUE
        if trial.trial_id in self._losses:  # it has gone back to a checkpoint, and counts once
            self._ranked.remove(_rank(self._losses[trial.trial_id]))
        loss = self._objective.loss(result)
        self._losses[trial.trial_id] = loss
        insort(self._ranked, _rank(loss))
        better = bisect_left(self._ranked, _rank(loss))
        return CONTINUE if better < max(1, self._keep * len(self._ranked)) else STOP

    def get_state(self) -> dict[str, Any]:
        """What a restore gives back."""
        return {"losses": dict(self._losses)}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on with the ``state`` of `get_state`."""
        self._losses = dict(state["losses"])
        self._ranked = sorted(map(_rank, self._losses.values()))


def _rank(loss: float | None) -> float:
    return math.inf if loss is None else loss
