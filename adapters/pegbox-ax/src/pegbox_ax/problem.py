"""What counts in a run, as Ax's optimization config, and what a trial's result says of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import mul
from typing import Any, Final

from ax.api.utils.instantiation.from_string import optimization_config_from_string
from ax.core.optimization_config import OptimizationConfig
from pegbox.constraints import OutcomeConstraint
from pegbox.objective import Objective, finite_value

__all__ = ["Measured", "Problem"]

#: Ax squares what it is told.
_LARGEST: Final = 1e100


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric of a trial: its value, and its standard error; NaN where that is not known."""

    mean: float
    standard_error: float


class Problem:
    """The objectives and constraints of one run.

    Metrics have names of Ax's own here: users' may have signs in them that its expressions read
    as arithmetic. A constraint is a metric of its own, for Ax takes none on what it optimizes,
    and goes astray where one is on a sum of several.

    Args:
        objectives: Less is better for each.
        constraints: On what trials report.
        standard_errors: Name of a metric to the name of the value that has its standard error.
        weights: Metric to weight, where the objectives are to be one weighted sum.

    Attributes:
        metrics: Ax's names of them, in a fixed order.
        config: Ax's.
    """

    def __init__(
        self,
        objectives: Sequence[Objective],
        constraints: Sequence[OutcomeConstraint],
        standard_errors: Mapping[str, str],
        weights: Mapping[str, float],
    ) -> None:
        self._standard_errors = dict(standard_errors)
        #: Ax's name of each metric to the reported values that it is a sum of.
        self._sums: dict[str, Mapping[str, float]] = {
            f"m{index}": {each.metric: 1.0} for index, each in enumerate(objectives)
        }
        if len(objectives) > 1 and not weights:
            objective = ", ".join(f"-{name}" for name in self._sums)
            bounds, constraints = _thresholds(objectives, constraints)
        else:
            factors = [weights.get(each.metric, 1.0) for each in objectives]
            objective = " ".join(f"- {f!r}*{m}" for f, m in zip(factors, self._sums, strict=True))
            bounds = []
        for index, each in enumerate(constraints):
            self._sums[f"c{index}"] = each.coefficients
            bounds.append(f"c{index} <= {each.bound!r}")
        self.config: OptimizationConfig = optimization_config_from_string(objective, bounds)
        self.metrics = tuple(self._sums)

    def measured(self, result: Mapping[str, Any] | None) -> dict[str, Measured] | None:
        """What a result says of each metric, by Ax's names; None unless it has all of them."""
        found: dict[str, Measured] = {}
        for name, coefficients in self._sums.items():
            values = [finite_value(result, metric) for metric in coefficients]
            known = [value for value in values if value is not None]
            if len(known) < len(values):
                return None
            mean = math.fsum(map(mul, known, coefficients.values()))
            found[name] = Measured(_bounded(mean), self._error(result, coefficients))
        return found

    def _error(self, result: Mapping[str, Any] | None, coefficients: Mapping[str, float]) -> float:
        """The standard error of a sum of independent values."""
        names = [self._standard_errors.get(metric, "") for metric in coefficients]
        errors = [finite_value(result, name) for name in names]
        terms = [
            factor * error
            for factor, error in zip(coefficients.values(), errors, strict=True)
            if error is not None and error >= 0
        ]
        return _bounded(math.hypot(*terms)) if len(terms) == len(errors) else math.nan


def _thresholds(
    objectives: Sequence[Objective], constraints: Sequence[OutcomeConstraint]
) -> tuple[list[str], Sequence[OutcomeConstraint]]:
    """Where each objective has one bound from above, these are what Ax calls thresholds.

    Returns:
        The thresholds for Ax, and the constraints that are left.
    """
    bounds = {
        metric: each
        for each in constraints
        if len(each.coefficients) == 1
        for metric, coefficient in each.coefficients.items()
        if coefficient > 0
    }
    if not all(each.metric in bounds for each in objectives):
        return [], constraints
    limits = [bounds[each.metric] for each in objectives]
    texts = [
        f"m{index} <= {limit.bound / limit.coefficients[each.metric]!r}"
        for index, (each, limit) in enumerate(zip(objectives, limits, strict=True))
    ]
    return texts, [each for each in constraints if each not in limits]


def _bounded(value: float) -> float:
    return min(max(value, -_LARGEST), _LARGEST)
