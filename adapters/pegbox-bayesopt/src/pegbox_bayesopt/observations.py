"""What is known of a run's points, in an order that does not depend on when it was heard."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pegbox.searcher import Point
from pegbox.trial import Outcome

__all__ = ["Observation", "Observations", "loss_of", "targets"]

#: Larger losses count as this one: their squares are still finite.
_LARGEST: Final = 1e100


@dataclass(frozen=True, slots=True)
class Observation:
    """What became of a point.

    Attributes:
        loss: None where it failed.
    """

    point: Point
    loss: float | None


class Observations:
    """All that was told: results from elsewhere first, then trials by their ids."""

    def __init__(self) -> None:
        self._foreign: list[Observation] = []
        self._trials: dict[str, Observation] = {}

    def add(self, trial_id: str | None, observation: Observation) -> None:
        """Take in a point; what a trial was known for before counts no more."""
        if trial_id is None:
            self._foreign.append(observation)
        else:
            self._trials[trial_id] = observation

    def in_order(self) -> list[Observation]:
        """All of them."""
        return self._foreign + [self._trials[trial] for trial in sorted(self._trials)]


def loss_of(metric: str, result: Mapping[str, Any] | None, outcome: Outcome) -> float | None:
    """The loss that a result counts with; None where it counts as failed."""
    value = (result or {}).get(metric)
    if outcome == "failed" or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def targets(known: list[Observation]) -> list[tuple[Point, float]]:
    """Points with what the library maximizes; failed ones with the worst of the others.

    Without any result there is nothing that a failed one could be worse than: the list is empty.
    """
    losses = [each.loss for each in known if each.loss is not None]
    if not losses:
        return []
    worst = max(losses)
    return [(each.point, _target(worst if each.loss is None else each.loss)) for each in known]


def _target(loss: float) -> float:
    return min(max(-loss, -_LARGEST), _LARGEST)
