"""What is known of a run, as hyperopt's records, and one question to one of its algorithms.

Owns the order: hyperopt sorts trials by their number, and newer ones weigh more. A searcher that
is made at a restore is told in another order than the first one was, so a trial's number here
follows from its public id. Points of no trial of the experiment come before all of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import hyperopt
import numpy as np
from hyperopt import anneal, rand, tpe
from pegbox.searcher import Point
from pegbox.space import Condition, Domain, is_active
from pegbox.trial import trial_number

from pegbox_hyperopt.expressions import Expressions, to_value
from pegbox_hyperopt.options import Algorithm

__all__ = ["Study"]

#: The number of trial 0.
_FIRST: Final = 2**32

_Record = Mapping[str, Any]


class Study:
    """The trials of one run.

    Args:
        algorithm: Which of hyperopt's, with its options.
        space: Flat path to domain, a parent before what depends on it.
        conditions: Path to condition, for parameters that have one.

    Raises:
        UnsupportedSpace: A domain that hyperopt cannot compute with.
    """

    def __init__(
        self,
        algorithm: Algorithm,
        space: Mapping[str, Domain],
        conditions: Mapping[str, Condition],
    ) -> None:
        self._algorithm = algorithm
        self._space = dict(space)
        self._conditions = dict(conditions)
        self._expressions = Expressions(space, conditions)
        self._problem = self._expressions.problem({})
        #: Trials that ended, by hyperopt's number.
        self._good: dict[int, _Record] = {}
        self._failed: dict[int, _Record] = {}
        self._foreign = 0

    def ask(
        self, trial_id: str, pending: Mapping[str, Point], seed: int, given: Point
    ) -> dict[str, float | int]:
        """A point for a trial.

        Args:
            trial_id: Public id of the trial.
            pending: Points of the other trials under way.
            seed: All randomness follows from it.
            given: Values that are not hyperopt's to choose.
        """
        problem = self._expressions.problem(given) if given else self._problem
        point = dict(given)
        if problem is not None:
            # Densities of 0 are nothing unusual in hyperopt's logarithms.
            with np.errstate(all="ignore"):
                records = self._suggest(_number(trial_id), problem, pending, seed)
            drawn = records[0]["misc"]["vals"]
            point |= {
                path: to_value(self._space[path], values[0])
                for path, values in drawn.items()
                if len(values)
            }
        return {path: point[path] for path in self._space if self._exists(path, point)}

    def add(self, trial_id: str | None, point: Point, loss: float | None) -> None:
        """Take in a trial that ended; without a loss it has failed, without an id it is no trial
        of the experiment."""
        if trial_id is None:
            number = self._foreign
            self._foreign += 1
        else:
            number = _number(trial_id)
        where = self._failed if loss is None else self._good
        where[number] = self._record(number, point, loss)

    def _exists(self, path: str, point: Point) -> bool:
        return path in point and is_active(path, point, self._conditions)

    def _suggest(self, number: int, problem: Any, pending: Mapping[str, Point], seed: int) -> Any:
        algorithm = self._algorithm
        if algorithm.name == "anneal":
            # It would draw near trials without a loss as well, as long as there are few.
            return anneal.suggest([number], problem, _trials(self._good), seed, **algorithm.options)
        if algorithm.name == "random" or len(self._good) < algorithm.initial_points:
            return rand.suggest([number], problem, _trials({}), seed)
        under_way = {_number(key): point for key, point in pending.items()}
        bad = {key: self._record(key, point, None) for key, point in under_way.items()}
        known = {**self._failed, **bad, **self._good}
        return tpe.suggest(
            [number],
            problem,
            _trials(known),
            seed,
            n_startup_jobs=0,
            gamma=_at_most(algorithm.gamma, len(self._good), len(known)),
            verbose=False,
            **algorithm.options,
        )

    def _record(self, number: int, point: Point, loss: float | None) -> _Record:
        """A document of hyperopt's; without a loss it counts as bad."""
        return {
            "tid": number,
            "state": hyperopt.JOB_STATE_DONE,
            "spec": None,
            "exp_key": None,
            "result": {"status": "fail"} if loss is None else {"status": "ok", "loss": loss},
            "misc": {
                "tid": number,
                "idxs": {path: [number] if path in point else [] for path in self._space},
                "vals": {path: [point[path]] if path in point else [] for path in self._space},
            },
        }


def _trials(records: Mapping[int, _Record]) -> hyperopt.Trials:
    in_order = [records[number] for number in sorted(records)]
    return hyperopt.trials_from_docs(in_order, validate=False)


def _at_most(gamma: float, good: int, known: int) -> float:
    """``gamma``, but so small that TPE takes no trial without a loss for one of the best."""
    return min(gamma, (good - 0.5) / math.sqrt(known))


def _number(trial_id: str) -> int:
    return _FIRST + trial_number(trial_id)
