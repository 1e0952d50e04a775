"""What is known of a run's points, in an order that does not depend on when it was heard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pegbox.searcher import Point
from pegbox.trial import trial_number

__all__ = ["Observation", "Observations", "targets"]

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
        self._trials: dict[int, Observation] = {}

    def add(self, trial_id: str | None, observation: Observation) -> None:
        """Take in a point; what a trial was known for before counts no more."""
        if trial_id is None:
            self._foreign.append(observation)
        else:
            self._trials[trial_number(trial_id)] = observation

    def in_order(self) -> list[Observation]:
        """All of them."""
        return self._foreign + [self._trials[number] for number in sorted(self._trials)]


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
