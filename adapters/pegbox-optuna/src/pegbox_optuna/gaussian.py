"""Optuna's Gaussian process, told of failed trials and of numbers that it can compute with.

Optuna leaves failed trials out, and then proposes points beside them again and again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from optuna.distributions import BaseDistribution
from optuna.logging import ERROR
from optuna.samplers import GPSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState, create_trial

from pegbox_optuna.verbosity import quiet

__all__ = ["WaryGaussianProcess"]

#: Larger numbers count as this one: the squares of Optuna's sums are still finite.
_LARGEST: Final = 1e100


class WaryGaussianProcess(GPSampler):
    """A failed trial counts as the worst that is known, in each objective and constraint."""

    def _sample_relative_impl(
        self,
        study: Study,
        completed_trials: list[FrozenTrial],
        running_trials: list[FrozenTrial],
        search_space: dict[str, BaseDistribution],
    ) -> dict[str, Any]:
        if not completed_trials:
            return {}
        known = [_stand_in(each, each.values, each.constraints) for each in completed_trials]
        values = [max(column) for column in zip(*(each.values for each in known), strict=True)]
        names = known[0].constraints
        excesses = {name: max(each.constraints[name] for each in known) for name in names}
        failed = study.get_trials(deepcopy=False, states=(TrialState.FAIL,))
        known += [
            _stand_in(each, values, excesses)
            for each in failed
            if search_space.keys() <= each.params.keys()
        ]
        with quiet(ERROR):  # it warns where the package greenlet, which it can do without, is not
            drawn: dict[str, Any] = super()._sample_relative_impl(
                study, known, running_trials, search_space
            )
        return drawn


def _stand_in(
    trial: FrozenTrial, values: Sequence[float], constraints: Mapping[str, float]
) -> FrozenTrial:
    """A complete trial with the parameters of another."""
    return create_trial(
        values=[_borne(value) for value in values],
        params=trial.params,
        distributions=trial.distributions,
        constraints={name: _borne(excess) for name, excess in constraints.items()},
    )


def _borne(number: float) -> float:
    return min(max(number, -_LARGEST), _LARGEST)
