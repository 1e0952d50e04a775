"""An Optuna study in memory whose trials stand in the order of pegbox's trials.

Owns which trial of the experiment is which trial of the study. Optuna's samplers look at the
order: newer trials weigh more in TPE, and ties fall by number. A searcher that is made at a
restore is told in another order than the first one was, so trials that are added wait until the
next ask, and then go in sorted.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import optuna
from optuna.pruners import NopPruner
from optuna.samplers import BaseSampler, BruteForceSampler
from optuna.study._constrained_optimization import _CONSTRAINTS_KEY
from optuna.trial import FrozenTrial, TrialState
from pegbox.decisions import FINISHED, WAIT, Signal
from pegbox.errors import ConfigError
from pegbox.known_points import is_refused
from pegbox.searcher import Point
from pegbox.space import Condition, Domain, is_active
from pegbox.trial import trial_number

from pegbox_optuna.define_by_run import DefineByRun, Suggested
from pegbox_optuna.distributions import suggest, to_distribution, to_value
from pegbox_optuna.storage import EditableStorage
from pegbox_optuna.told import FAILED, RUNNING, Told
from pegbox_optuna.verbosity import quiet

__all__ = ["OrderedStudy"]

_logger = logging.getLogger("pegbox")

#: In a running trial's notes, what TPE and the Gaussian process share while it is not whole.
_SHARED_NOTE: Final = "relative_params"


#: What the function of a space without one has suggested.
_NOTHING: Final = Suggested({}, {}, {})


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A trial that is put into the study before the next ask.

    Attributes:
        beside: What the function of the space suggested to it.
    """

    trial_id: str | None
    point: Point
    beside: Suggested
    told: Told


class OrderedStudy:
    """The study of one run.

    Args:
        sampler: Not used by another study.
        space: Flat path to domain, a parent before what depends on it.
        conditions: Path to condition, for parameters that have one.
        objectives: How many losses there are.
        defined: A part of the space that a function says while it runs.
        expects: Whether a refused point has to stand as the worst that is known, and not as one
            under way.

    Raises:
        UnsupportedSpace: A domain that Optuna has no distribution for.
    """

    def __init__(
        self,
        sampler: BaseSampler,
        space: Mapping[str, Domain],
        conditions: Mapping[str, Condition],
        objectives: int = 1,
        defined: DefineByRun | None = None,
        expects: bool = False,
    ) -> None:
        self._sampler = sampler
        self._space = dict(space)
        self._conditions = dict(conditions)
        self._distributions = {path: to_distribution(path, space[path]) for path in space}
        self._defined = defined
        self._expects = expects
        #: What the function suggested to trials that have not ended, by their ids.
        self._beside: dict[str, Suggested] = {}
        #: Trials that have no place here, and why the first has none.
        self._lost: dict[str, str] = {}
        self._said = False
        #: Trials that run and points that were refused, by id: their numbers in the study.
        self._running: dict[str, int] = {}
        #: Trials to be added at the next ask.
        self._waiting: list[_Waiting] = []
        #: Whether the sampler has said that nothing is left.
        self._stopped = False
        self._storage = EditableStorage()
        with quiet():
            self._study = optuna.create_study(
                storage=self._storage,
                sampler=sampler,
                pruner=NopPruner(),
                directions=["minimize"] * objectives,
            )
        self._study_id = self._storage.get_study_id_from_name(self._study.study_name)
        # Outside of `optimize` it would raise.
        self._study.stop = self._stop

    @property
    def trials(self) -> list[FrozenTrial]:
        """What the study holds, by number."""
        trials: list[FrozenTrial] = self._study.get_trials(deepcopy=False)
        return trials

    def runs(self, trial_id: str) -> bool:
        """Whether the trial is known here as running."""
        return trial_id in self._running

    def ask(
        self, trial_id: str, pending: Mapping[str, Point], given: Mapping[str, Any]
    ) -> Point | Signal:
        """Begin a trial; what is pending and nothing else counts as running beside it.

        Args:
            trial_id: Public id of the trial.
            pending: Points of the other trials under way, and what was refused.
            given: Values that the sampler is not asked for.
        """
        self._reject(trial_id)
        self._take_in({name: pending[name] for name in pending if self._counts(name, trial_id)})
        if self._stopped:
            return FINISHED
        if given:
            self._study.enqueue_trial(dict(given))
        trial = self._study.ask()
        self._running[trial_id] = trial.number
        point = self._suggested(trial)
        if self._defined is not None:
            self._beside[trial_id] = self._defined.suggest(trial)
        self._forget_notes(trial)
        if self._is_repeated(trial):
            self._drop([trial_id])
            return WAIT if self._running else FINISHED
        return point

    def tell(self, trial_id: str, point: Point, told: Told) -> None:
        """End a trial that runs, with the ``point`` that core made of its own."""
        self._correct(trial_id, point)
        number = self._running.pop(trial_id)
        self._beside.pop(trial_id, None)
        own = self._id(number)
        for step, value in told.intermediate.items():
            self._storage.set_trial_intermediate_value(own, step, value)
        for name, excess in told.constraints.items():
            self._storage.set_trial_system_attr(own, f"{_CONSTRAINTS_KEY}:{name}", excess)
        values = told.values if told.state == TrialState.COMPLETE else None
        self._study.tell(number, values, state=told.state)

    def beside(self, trial_id: str) -> Mapping[str, Any] | None:
        """What the function of the space gives to a trial's configuration; None if unknown."""
        found = self._beside.get(trial_id)
        return None if found is None else found.config

    def recall(self, trial_id: str, added: Mapping[str, Any]) -> None:
        """Take in what the function of the space had suggested to a trial before a restore."""
        if self._defined is not None:
            try:
                self._beside[trial_id] = self._defined.recall(added, trial_number(trial_id))
            except ConfigError as error:
                self._lost[trial_id] = error.message

    def add(self, trial_id: str | None, point: Point, told: Told) -> None:
        """Add a trial that was not begun here, in its place by ``trial_id``; None goes first."""
        beside = _NOTHING
        if self._defined is not None and trial_id is not None:
            if trial_id not in self._beside and trial_id not in self._lost:
                self.recall(trial_id, {})
            if trial_id in self._lost:
                return
            ended = told is not RUNNING
            beside = self._beside.pop(trial_id) if ended else self._beside[trial_id]
        self._waiting.append(_Waiting(trial_id, point, beside, told))

    def add_defined(self, config: Mapping[str, Any], told: Told) -> None:
        """Add a result from elsewhere, for a space that is all a function's."""
        assert self._defined is not None
        self._waiting.append(_Waiting(None, {}, self._defined.recall(config, -1), told))

    def _counts(self, name: str, trial_id: str) -> bool:
        """Whether something pending counts in an ask for a trial.

        What a function suggested beside a refused point is not known any more.
        """
        return name != trial_id and not (self._defined is not None and is_refused(name))

    def _stop(self) -> None:
        self._stopped = True

    def _suggested(self, trial: optuna.Trial) -> dict[str, float | int]:
        point: dict[str, float | int] = {}
        for path in self._space:
            if is_active(path, point, self._conditions):
                suggest(trial, path, self._distributions[path])
                point[path] = self._settle(trial, path)
        return point

    def _forget_notes(self, trial: optuna.Trial) -> None:
        own = self._id(trial.number)
        for note in [n for n in self._storage.get_trial_system_attrs(own) if _SHARED_NOTE in n]:
            # It may speak of parameters that the trial does not have, and a restore lacks it.
            self._storage.set_trial_system_attr(own, note, "")

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

    def _is_repeated(self, trial: optuna.Trial) -> bool:
        """Whether a sampler that tries each point once has come to its end."""
        if not isinstance(self._sampler, BruteForceSampler):
            return False
        params, number = trial.params, trial.number
        return any(other.params == params for other in self.trials if other.number != number)

    # ------------------------------------------------------ what is known of trials

    def _take_in(self, pending: Mapping[str, Point]) -> None:
        # A point that was discarded on its way to a trial must not repel others for ever.
        if gone := [known for known in self._running if known not in pending]:
            self._drop(gone)
        for trial_id, point in pending.items():
            if trial_id in self._running:
                self._correct(trial_id, point)
            else:
                self.add(trial_id, point, self._worst() if is_refused(trial_id) else RUNNING)
        for number, new in enumerate(sorted(self._waiting, key=_order), start=len(self.trials)):
            self._storage.put(self._study_id, self._frozen(new.point, new.beside, new.told))
            name = new.trial_id
            if name is not None and (new.told is RUNNING or is_refused(name)):
                self._running[name] = number
        self._waiting.clear()
        self._say_what_is_lost()

    def _worst(self) -> Told:
        """How a refused point stands: as bad as anything known, where it has to."""
        complete = [t for t in self.trials if t.state == TrialState.COMPLETE]
        if not self._expects or not complete:
            return RUNNING
        values = [max(each) for each in zip(*(trial.values for trial in complete), strict=True)]
        excesses: dict[str, float] = {}
        for trial in complete:
            for key, excess in trial.system_attrs.items():
                if key.startswith(prefix := f"{_CONSTRAINTS_KEY}:"):
                    name = key.removeprefix(prefix)
                    excesses[name] = max(excess, excesses.get(name, excess))
        return Told(TrialState.COMPLETE, values, excesses)

    def _say_what_is_lost(self) -> None:
        if self._lost and not self._said:
            self._said = True
            _logger.warning(
                "%d trials (%s) are not learnt from, since the function of the space does not "
                "suggest what they have: %s",
                len(self._lost),
                ", ".join([*self._lost][:5]) + (", …" if len(self._lost) > 5 else ""),
                next(iter(self._lost.values())),
            )

    def _correct(self, trial_id: str, point: Point) -> None:
        """Let the study hold what the trial has, which need not be what was proposed."""
        number = self._running[trial_id]
        found = self._storage.get_trial(self._id(number)).params
        params = {path: value for path, value in found.items() if path in self._space}
        if params.keys() != point.keys():
            trial = self._frozen(point, self._beside.get(trial_id, _NOTHING), RUNNING)
            self._storage.replace(self._study_id, number, trial)
        else:
            for path in [path for path in point if point[path] != params[path]]:
                self._set_param(number, path, point[path])

    def _reject(self, trial_id: str) -> None:
        """Asked again for a trial, the core has refused what was proposed for it."""
        if trial_id in self._running:
            if isinstance(self._sampler, BruteForceSampler):
                # It would be proposed again, until nothing else is left.
                self._beside.pop(trial_id, None)
                self._study.tell(self._running.pop(trial_id), state=FAILED.state)
            else:
                self._drop([trial_id])

    def _drop(self, trial_ids: list[str]) -> None:
        """Let the study be as if these had never been."""
        dropped = [self._running.pop(trial_id) for trial_id in trial_ids]
        for trial_id in trial_ids:
            self._beside.pop(trial_id, None)
        for known, number in self._running.items():
            self._running[known] = number - sum(gone < number for gone in dropped)
        self._storage.remove(self._study_id, dropped)

    def _frozen(self, point: Point, beside: Suggested, told: Told) -> FrozenTrial:
        return optuna.trial.create_trial(
            state=told.state,
            values=told.values,
            params={**point, **beside.params},
            distributions={
                **{path: self._distributions[path] for path in point},
                **beside.distributions,
            },
            intermediate_values=told.intermediate,
            constraints=dict(told.constraints),
        )

    def _set_param(self, number: int, path: str, value: float | int) -> None:
        distribution = self._distributions[path]
        coded = distribution.to_internal_repr(value)
        self._storage.set_trial_param(self._id(number), path, coded, distribution)

    def _id(self, number: int) -> int:
        trial_id: int = self._storage.get_trial_id_from_study_id_trial_number(
            self._study_id, number
        )
        return trial_id


def _order(trial: _Waiting) -> int:
    return -1 if trial.trial_id is None else trial_number(trial.trial_id)
