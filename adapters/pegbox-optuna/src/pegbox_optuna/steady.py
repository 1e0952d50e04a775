"""Optuna's samplers as functions of what is known, where they keep notes of how it came to be.

A genetic sampler notes in each trial the generation that it belongs to, CMA-ES its distribution,
a quasi-random sequence how far it has come. A restore has none of these notes, and trials of
another optimizer never had any. Here they follow from the known trials alone, in the order of
their numbers; with one trial at a time that is what Optuna would have noted itself.
"""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from optuna._transform import _SearchSpaceTransform
from optuna.samplers import BaseSampler, CmaEsSampler, QMCSampler
from optuna.samplers._ga import BaseGASampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState
from pegbox.seeds import derive_seed

from pegbox_optuna.gaussian import WaryGaussianProcess
from pegbox_optuna.samplers import generators, seed_for_ask

__all__ = ["steadied"]

#: How many distributions of CMA-ES are kept; trials that end late change the latest ones alone.
_KEPT: Final = 16

#: Numbers and losses of trials.
_Seen = list[tuple[int, tuple[float, ...]]]


def steadied(sampler: BaseSampler, seed: int) -> BaseSampler:
    """A copy of a sampler for one study, without state that only earlier asks could have left.

    Args:
        sampler: The user's, or one of a name. It stays as it is: it may be given to two runs.
        seed: Of the run, for what is drawn once for many asks.
    """
    own = copy.deepcopy(sampler)
    _steady(own, seed)
    return own


def _steady(sampler: BaseSampler, seed: int) -> None:
    for inside in [value for value in vars(sampler).values() if isinstance(value, BaseSampler)]:
        _steady(inside, seed)
    for cls in (_Generations, _Evolution, _Sequence, WaryGaussianProcess):
        if isinstance(sampler, cls.__bases__):
            sampler.__class__ = type(type(sampler).__name__, (cls, type(sampler)), {})
            sampler._seed_of_run = seed


class _Generations(BaseGASampler):
    """Generations of a genetic sampler: as many complete trials as make a population, by number.

    So trials of others make up generations as well, and one that ends late belongs to its own.
    """

    _seed_of_run: int
    _parents: dict[int, tuple[_Seen, list[FrozenTrial]]]

    def get_trial_generation(self, study: Study, trial: FrozenTrial) -> int:
        """The first generation that is not whole."""
        return len(_complete(study)) // self._size

    def get_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        """The trials of a whole generation."""
        size = self._size
        return _complete(study)[generation * size : (generation + 1) * size]

    def get_parent_population(self, study: Study, generation: int) -> list[FrozenTrial]:
        """Who is left after a generation's selection, which is made of all before it."""
        if generation == 0:
            return []
        known = self.__dict__.setdefault("_parents", {})
        seen = _seen(_complete(study)[: generation * self._size])
        # One after the other: a selection looks at the one before, and recursion has a limit.
        first = generation
        while first > 1 and not _holds(known.get(first - 1), seen):
            first -= 1
        for each in range(first, generation + 1):
            if not _holds(known.get(each), seen[: each * self._size]):
                known[each] = seen[: each * self._size], self._selected(study, each)
        return list(known[generation][1])

    def _selected(self, study: Study, generation: int) -> list[FrozenTrial]:
        """A selection that draws the same in whichever ask it is made."""
        states = [generator.get_state() for generator in generators(self)]
        seed_for_ask(self, derive_seed(self._seed_of_run, "generation", generation))
        try:
            selected: list[FrozenTrial] = self.select_parent(study, generation)
        finally:
            for generator, state in zip(generators(self), states, strict=True):
                generator.set_state(state)
        return selected

    @property
    def _size(self) -> int:
        size: int = self.population_size
        return size


def _holds(known: tuple[_Seen, Any] | None, seen: _Seen) -> bool:
    """Whether what was found for some trials holds for those that are there now."""
    return known is not None and known[0] == seen[: len(known[0])] and len(known[0]) <= len(seen)


class _Evolution(CmaEsSampler):
    """CMA-ES whose distribution follows from the complete trials, a population at a time.

    Optuna lets go of results that come when their generation is over, which with many trials at
    once is most of them. All of them count here, and those of others too.
    """

    _distributions: _Distributions
    _current: Any

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, Any]
    ) -> dict[str, Any]:
        """Take the distribution of what is known, and draw from it."""
        if len(study.directions) == 1 and search_space:
            known = self.__dict__.setdefault("_distributions", _Distributions())
            transform = _SearchSpaceTransform(
                search_space, transform_step=not self._with_margin, transform_0_1=True
            )
            state = self._cma_rng.rng.get_state()
            begun = self._init_optimizer(transform, study.direction)
            trials = self._get_trials(study)[max(self._n_startup_trials, 1) :]
            self._current = known.after(search_space, trials, begun, transform.transform)
            if len(trials) > begun.population_size:  # Optuna would have no need to begin
                self._cma_rng.rng.set_state(state)
        drawn: dict[str, Any] = super().sample_relative(study, trial, search_space)
        return drawn

    def _restore_optimizer(self, completed_trials: list[FrozenTrial]) -> Any:
        return self._current

    def _get_solution_trials(self, trials: list[FrozenTrial], generation: int) -> list[FrozenTrial]:
        return []  # all have been told


class _Distributions:
    """The distributions after some whole generations; the latest are kept."""

    def __init__(self) -> None:
        self._space: dict[str, Any] = {}
        self._seen: _Seen = []
        self._kept: deque[tuple[int, Any]] = deque(maxlen=_KEPT)

    def after(
        self,
        space: dict[str, Any],
        trials: Sequence[FrozenTrial],
        begun: Any,
        transform: Callable[[dict[str, Any]], np.ndarray],
    ) -> Any:
        """The distribution after all whole generations of ``trials``, to be drawn from.

        Args:
            space: What it is over.
            trials: Those that count, by number.
            begun: The first distribution.
            transform: From parameters to a point.
        """
        seen = _seen(trials)
        same = _shared(seen, self._seen) if space == self._space else 0
        while self._kept and self._kept[-1][0] > same:
            self._kept.pop()
        told, latest = self._kept[-1] if self._kept else (0, begun)
        for begin in range(told, len(trials) - begun.population_size + 1, begun.population_size):
            generation = trials[begin : begin + begun.population_size]
            latest = copy.deepcopy(latest)
            latest.tell([(transform(trial.params), trial.value) for trial in generation])
            self._kept.append((begin + begun.population_size, latest))
        self._space, self._seen = dict(space), seen
        return copy.deepcopy(latest)


class _Sequence(QMCSampler):
    """A quasi-random sequence in which a trial's place is its number."""

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, Any]:
        """That of the first trial that ended; before that, of all others under way.

        Optuna counts the trial itself among these, which by then has what it was given, and
        parameters of one value: it would warn of a space with conditions, ask after ask.
        """
        ended = (TrialState.COMPLETE, TrialState.PRUNED)
        if study.get_trials(deepcopy=False, states=ended):
            space: dict[str, Any] = super().infer_relative_search_space(study, trial)
            return space
        running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        others = [each.distributions for each in running if each.number != trial.number]
        return {name: each for distributions in others for name, each in distributions.items()}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, Any]
    ) -> dict[str, Any]:
        """The point of the trial's place; the first trial is no part of the sequence."""
        self._place: int = max(trial.number - 1, 0)
        drawn: dict[str, Any] = super().sample_relative(study, trial, search_space)
        return drawn

    def _find_sample_id(self, study: Study, search_space: dict[str, Any]) -> int:
        return self._place


def _complete(study: Study) -> list[FrozenTrial]:
    """By number."""
    trials: list[FrozenTrial] = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return trials


def _seen(trials: Sequence[FrozenTrial]) -> _Seen:
    return [(trial.number, tuple(trial.values)) for trial in trials]


def _shared(one: _Seen, other: _Seen) -> int:
    """How many both begin with."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
