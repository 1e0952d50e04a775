"""What a searcher knows of a run: points with their losses, in the order of their trials.

A searcher that is made again at a restore is told in another order than the one before. What it
computes from these follows from what is known alone. It is here for who writes a searcher; core
keeps nothing in it, and takes from it how a point is named that a constraint refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pegbox.objective import finite_value
from pegbox.searcher import Point
from pegbox.trial import Outcome, trial_id, trial_number

__all__ = ["KnownPoint", "KnownPoints", "is_refused", "losses", "parted", "refused_id"]

#: Larger losses count as this one: their squares are still finite.
_LARGEST: Final = 1e100

#: Points that were refused are numbered from here: no trial is.
_REFUSED: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class KnownPoint:
    """A point of a trial that has ended.

    Attributes:
        point: Flat path to value.
        loss: Less is better; None where it failed.
    """

    point: Point
    loss: float | None


class KnownPoints:
    """All that a searcher for one objective was told.

    Args:
        metric: Name of the value that counts.
    """

    def __init__(self, metric: str) -> None:
        self._metric = metric
        self._elsewhere: list[KnownPoint] = []
        self._trials: dict[int, KnownPoint] = {}

    def tell(
        self,
        point: Point,
        result: Mapping[str, Any] | None,
        outcome: Outcome,
        trial_id: str | None,
    ) -> None:
        """Take in how a trial ended; what it was known for before counts no more.

        Args:
            point: As `pegbox.searcher.Searcher.observe` is told it, like all of these.
            result: With its objective minimized.
            outcome: A trial without a finite objective has failed, whatever is said here.
            trial_id: None for a point that is no trial of the experiment.
        """
        loss = None if outcome == "failed" else finite_value(result, self._metric)
        known = KnownPoint(dict(point), loss)
        if trial_id is None:
            self._elsewhere.append(known)
        else:
            self._trials[trial_number(trial_id)] = known

    def in_order(self) -> list[KnownPoint]:
        """Points from elsewhere as they were told, then trials by their numbers."""
        return self._elsewhere + [self._trials[number] for number in sorted(self._trials)]


def losses(known: Sequence[KnownPoint]) -> list[float]:
    """The losses for a model: a failed trial counts as the worst, so that its place is left alone.

    Args:
        known: As `KnownPoints.in_order` gives them.

    Returns:
        One for each, at most 1e100 from 0; empty where no trial has a loss.
    """
    finite = [each.loss for each in known if each.loss is not None]
    if not finite:
        return []
    worst = max(finite)
    found = [worst if each.loss is None else each.loss for each in known]
    return [min(max(loss, -_LARGEST), _LARGEST) for loss in found]


def parted(pending: Mapping[str, Point]) -> tuple[list[Point], list[Point]]:
    """What an ask is shown as pending: trials under way, and what was refused.

    No result can come of what was refused, so whoever learns from failures does best to count it
    as one.

    Args:
        pending: As `pegbox.searcher.Searcher.suggest` is given it.

    Returns:
        Points of trials, by their numbers; and what the searcher has proposed for the trial that
        it is asked for, and a constraint has refused.
    """
    in_order = sorted(pending, key=trial_number)
    return (
        [pending[name] for name in in_order if not is_refused(name)],
        [pending[name] for name in in_order if is_refused(name)],
    )


def is_refused(trial_id: str) -> bool:
    """Whether ``trial_id``, one of the pending, is that of a refused point, and of no trial."""
    return trial_number(trial_id) >= _REFUSED


def refused_id(of_a_trial: str, count: int) -> str:
    """The id under which a searcher is shown a refused point; it comes after those of all trials.

    Args:
        of_a_trial: Public id of a trial of the run.
        count: Which of the refused points it is, from 0.
    """
    return trial_id(of_a_trial.rpartition("_")[0], _REFUSED + count)
