"""An Optuna study in memory whose trials stand in the order of pegbox's trials.

Owns which trial of the experiment is which trial of the study. Optuna's samplers look at the
order: newer trials weigh more in TPE, and ties fall by number. A searcher that is made at a
restore is told in another order than the first one was, so trials that are added wait until the
next ask, and then go in sorted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import optuna
from optuna.pruners import NopPruner
from optuna.samplers import BaseSampler, BruteForceSampler
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState
from pegbox.decisions import FINISHED, WAIT, Signal
from pegbox.searcher import Point
from pegbox.space import Condition, Domain, is_active

from pegbox_optuna.distributions import suggest, to_distribution, to_value
from pegbox_optuna.told import RUNNING, Told

__all__ = ["OrderedStudy"]

#: In a running trial's notes, what TPE and the Gaussian process share while it is not whole.
_SHARED_NOTE: Final = "relative_params"


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A trial that is put into the study before the next ask."""

    trial_id: str | None
    point: Point
    told: Told


class OrderedStudy:
    """The study of one run.

    Args:
        sampler: Not used by another study.
        space: Flat path to domain, a parent before what depends on it.
        conditions: Path to condition, for parameters that have one.
        objectives: How many losses there are.

    Raises:
        UnsupportedSpace: A domain that Optuna has no distribution for.
    """

    def __init__(
        self,
        sampler: BaseSampler,
        space: Mapping[str, Domain],
        conditions: Mapping[str, Condition],
        objectives: int = 1,
    ) -> None:
        self._sampler = sampler
        self._space = dict(space)
        self._conditions = dict(conditions)
        self._distributions = {path: to_distribution(path, space[path]) for path in space}
        self._directions = ["minimize"] * objectives
        #: Trials that run, by public id: their numbers in the study.
        self._running: dict[str, int] = {}
        #: Trials to be added at the next ask.
        self._waiting: list[_Waiting] = []
        #: Whether the sampler has said that nothing is left.
        self._stopped = False
        self._open()

    @property
    def trials(self) -> list[FrozenTrial]:
        """What the study holds, by number."""
        trials: list[FrozenTrial] = self._study.get_trials(deepcopy=False)
        return trials

    def runs(self, trial_id: str) -> bool:
        """Whether the trial is known here as running."""
        return trial_id in self._running

    def ask(self, trial_id: str, pending: Mapping[str, Point], given: Point) -> Point | Signal:
        """Begin a trial; what is pending and nothing else counts as running beside it.

        Args:
            trial_id: Public id of the trial.
            pending: Points of the other trials under way.
            given: Values that the sampler is not asked for.
        """
        self._take_in({name: pending[name] for name in pending if name != trial_id})
        if self._stopped:
            return FINISHED
        if given:
            self._study.enqueue_trial(dict(given))
        trial = self._study.ask()
        self._running[trial_id] = trial.number
        point = self._suggested(trial)
        if self._is_repeated(trial.number, point):
            self._drop([trial_id])
            return WAIT if self._running else FINISHED
        return point

    def tell(self, trial_id: str, point: Point, told: Told) -> None:
        """End a trial that runs, with the ``point`` that core made of its own."""
        self._correct(trial_id, point)
        number = self._running.pop(trial_id)
        for step, value in told.intermediate.items():
            self._storage.set_trial_intermediate_value(self._id(number), step, value)
        values = told.values if told.state == TrialState.COMPLETE else None
        self._study.tell(number, values, state=told.state)

    def add(self, trial_id: str | None, point: Point, told: Told) -> None:
        """Add a trial that was not begun here, in its place by ``trial_id``; None goes first."""
        self._waiting.append(_Waiting(trial_id, point, told))

    def _open(self, trials: Iterator[FrozenTrial] | tuple[FrozenTrial, ...] = ()) -> None:
        self._storage = InMemoryStorage()
        with _quiet():
            self._study = optuna.create_study(
                storage=self._storage,
                sampler=self._sampler,
                pruner=NopPruner(),
                directions=self._directions,
            )
        # Outside of `optimize` it would raise.
        self._study.stop = self._stop
        for trial in trials:
            self._study.add_trial(trial)

    def _stop(self) -> None:
        self._stopped = True

    def _suggested(self, trial: optuna.Trial) -> dict[str, float | int]:
        point: dict[str, float | int] = {}
        for path in self._space:
            if is_active(path, point, self._conditions):
                suggest(trial, path, self._distributions[path])
                point[path] = self._settle(trial, path)
        own = self._id(trial.number)
        for note in [n for n in self._storage.get_trial_system_attrs(own) if _SHARED_NOTE in n]:
            # It may speak of parameters that the trial does not have, and a restore lacks it.
            self._storage.set_trial_system_attr(own, note, "")
        return point

    def _settle(self, trial: optuna.Trial, path: str) -> float | int:
        """The parameter's plain value, which then also stands in the study.

        Optuna's stepped floats are off by rounding (0.30000000000000004); were its values left in
        the study, a restore, which brings the plain values, would go on differently.
        """
        drawn = trial.params[path]
        value = to_value(self._space[path], drawn)
        if value != drawn:
            self._set_param(trial.number, path, value)
        return value

    def _is_repeated(self, number: int, point: Point) -> bool:
        """Whether a sampler that tries each point once has come to its end."""
        if not isinstance(self._sampler, BruteForceSampler):
            return False
        return any(other.params == point for other in self.trials if other.number != number)

    # ------------------------------------------------------ what is known of trials

    def _take_in(self, pending: Mapping[str, Point]) -> None:
        # A point that was discarded on its way to a trial must not repel others for ever.
        if gone := [known for known in self._running if known not in pending]:
            self._drop(gone)
        for trial_id, point in pending.items():
            if trial_id in self._running:
                self._correct(trial_id, point)
            else:
                self.add(trial_id, point, RUNNING)
        for number, new in enumerate(sorted(self._waiting, key=_order), start=len(self.trials)):
            self._study.add_trial(self._frozen(new.point, new.told))
            if new.told is RUNNING and new.trial_id is not None:
                self._running[new.trial_id] = number
        self._waiting.clear()

    def _correct(self, trial_id: str, point: Point) -> None:
        """Let the study hold what the trial has, which need not be what was proposed."""
        number = self._running[trial_id]
        params = self._storage.get_trial(self._id(number)).params
        if params.keys() != point.keys():
            trials = self.trials
            trials[number] = self._frozen(point, RUNNING)
            self._open(tuple(trials))
        else:
            for path in [path for path in point if point[path] != params[path]]:
                self._set_param(number, path, point[path])

    def _drop(self, trial_ids: list[str]) -> None:
        """Let the study be as if these had never been."""
        dropped = [self._running.pop(trial_id) for trial_id in trial_ids]
        for known, number in self._running.items():
            self._running[known] = number - sum(gone < number for gone in dropped)
        self._open(trial for trial in self.trials if trial.number not in dropped)

    def _frozen(self, point: Point, told: Told) -> FrozenTrial:
        return optuna.trial.create_trial(
            state=told.state,
            values=told.values,
            params=dict(point),
            distributions={path: self._distributions[path] for path in point},
            intermediate_values=told.intermediate,
        )

    def _set_param(self, number: int, path: str, value: float | int) -> None:
        distribution = self._distributions[path]
        coded = distribution.to_internal_repr(value)
        self._storage.set_trial_param(self._id(number), path, coded, distribution)

    def _id(self, number: int) -> int:
        study_id = self._storage.get_study_id_from_name(self._study.study_name)
        trial_id: int = self._storage.get_trial_id_from_study_id_trial_number(study_id, number)
        return trial_id


def _order(trial: _Waiting) -> int:
    digits = re.search(r"\d+$", trial.trial_id or "")
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
