"""An Optuna study in memory whose trials stand in the order of pegbox's trials.

Owns which trial of the experiment is which trial of the study. Optuna's samplers look at the
order: newer trials weigh more in TPE, and ties fall by number. A searcher that is made at a
restore is told in another order than the first one was, so trials that are added wait until the
next ask, and then go in sorted.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import optuna
from optuna.pruners import NopPruner
from optuna.samplers import BaseSampler
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState
from pegbox.searcher import Point
from pegbox.space import Condition, Domain, is_active
from pegbox.trial import Outcome

from pegbox_optuna.distributions import suggest, to_distribution, to_value

__all__ = ["OrderedStudy", "Told", "make_told"]


@dataclass(frozen=True, slots=True)
class Told:
    """How a trial stands, in Optuna's terms.

    Attributes:
        value: The loss; None unless complete or pruned.
        step: The iteration of ``value``, for a pruned trial.
    """

    state: TrialState
    value: float | None = None
    step: int = 0


_RUNNING: Final = Told(TrialState.RUNNING)
_FAILED: Final = Told(TrialState.FAIL)


def make_told(metric: str, result: Mapping[str, Any] | None, outcome: Outcome) -> Told:
    """What Optuna is told of a trial that ended; without a finite loss it has failed."""
    value = (result or {}).get(metric)
    if outcome == "failed" or not isinstance(value, int | float) or not math.isfinite(value):
        return _FAILED
    if outcome == "finished":
        return Told(TrialState.COMPLETE, float(value))
    step = int((result or {}).get("training_iteration", 0))
    return Told(TrialState.PRUNED, float(value), step)


class OrderedStudy:
    """The study of one run.

    Args:
        sampler: Not used by another study.
        space: Flat path to domain, a parent before what depends on it.
        conditions: Path to condition, for parameters that have one.

    Raises:
        UnsupportedSpace: A domain that Optuna has no distribution for.
    """

    def __init__(
        self,
        sampler: BaseSampler,
        space: Mapping[str, Domain],
        conditions: Mapping[str, Condition],
    ) -> None:
        self._space = dict(space)
        self._conditions = dict(conditions)
        self._distributions = {path: to_distribution(path, space[path]) for path in space}
        self._storage = InMemoryStorage()
        with _quiet():
            self._study = optuna.create_study(
                storage=self._storage, sampler=sampler, pruner=NopPruner(), direction="minimize"
            )
        #: Trials that run, by public id: their numbers in the study.
        self._running: dict[str, int] = {}
        #: Trials to be added at the next ask.
        self._waiting: list[tuple[str | None, Point, Told]] = []

    def runs(self, trial_id: str) -> bool:
        """Whether the trial is known here as running."""
        return trial_id in self._running

    def ask(
        self, trial_id: str, pending: Mapping[str, Point], given: Point
    ) -> dict[str, float | int]:
        """Begin a trial; what is pending and nothing else counts as running beside it.

        Args:
            trial_id: Public id of the trial.
            pending: Points of the other trials under way.
            given: Values that the sampler is not asked for.
        """
        self._take_in(pending)
        if given:
            self._study.enqueue_trial(dict(given))
        trial = self._study.ask()
        self._running[trial_id] = trial.number
        point: dict[str, float | int] = {}
        for path in self._space:
            if is_active(path, point, self._conditions):
                suggest(trial, path, self._distributions[path])
                point[path] = self._settle(trial, path)
        return point

    def tell(self, trial_id: str, point: Point, told: Told) -> None:
        """End a trial that runs, with the ``point`` that core made of its own."""
        number = self._running.pop(trial_id)
        self._correct(number, point)
        if told.state == TrialState.PRUNED:
            assert told.value is not None
            self._storage.set_trial_intermediate_value(self._id(number), told.step, told.value)
        value = told.value if told.state == TrialState.COMPLETE else None
        self._study.tell(number, value, state=told.state)

    def add(self, trial_id: str | None, point: Point, told: Told) -> None:
        """Add a trial that was not begun here, in its place by ``trial_id``; None goes first."""
        self._waiting.append((trial_id, point, told))

    def _settle(self, trial: optuna.Trial, path: str) -> float | int:
        """The parameter's plain value, which then also stands in the study.

        Optuna's stepped floats are off by rounding (0.30000000000000004), and it knows no step in
        a logarithmic range; were its values left in the study, a restore, which brings the plain
        values, would go on differently.
        """
        value = to_value(self._space[path], trial.params[path])
        self._correct(trial.number, {path: value})
        return value

    def _correct(self, number: int, point: Point) -> None:
        """Let a trial that runs have the values of a point, where core mapped what it had."""
        params = self._study.get_trials(deepcopy=False)[number].params
        for path, value in point.items():
            if params.get(path) != value:
                distribution = self._distributions[path]
                coded = distribution.to_internal_repr(value)
                self._storage.set_trial_param(self._id(number), path, coded, distribution)

    def _take_in(self, pending: Mapping[str, Point]) -> None:
        # A point that was discarded on its way to a trial must not repel others for ever.
        for trial_id in [known for known in self._running if known not in pending]:
            self.tell(trial_id, {}, _FAILED)
        for trial_id, point in pending.items():
            if trial_id in self._running:
                self._correct(self._running[trial_id], point)
            else:
                self.add(trial_id, point, _RUNNING)
        begun = len(self._study.get_trials(deepcopy=False))
        in_order = sorted(self._waiting, key=lambda trial: _order(trial[0]))
        for number, (added_id, point, told) in enumerate(in_order, start=begun):
            self._study.add_trial(self._frozen(point, told))
            if told is _RUNNING and added_id is not None:
                self._running[added_id] = number
        self._waiting.clear()

    def _frozen(self, point: Point, told: Told) -> FrozenTrial:
        return optuna.trial.create_trial(
            state=told.state,
            value=told.value,
            params=dict(point),
            distributions={path: self._distributions[path] for path in point},
            intermediate_values={told.step: told.value} if told.state == TrialState.PRUNED else {},
        )

    def _id(self, number: int) -> int:
        study_id = self._storage.get_study_id_from_name(self._study.study_name)
        trial_id: int = self._storage.get_trial_id_from_study_id_trial_number(study_id, number)
        return trial_id


def _order(trial_id: str | None) -> int:
    digits = re.search(r"\d+$", trial_id or "")
    return int(digits.group()) if digits else -1


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Optuna's line about a new study; the user's verbosity stays as it was."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(verbosity, optuna.logging.WARNING))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(verbosity)
