"""Several objectives as one number, for searchers that take one: `TuneConfig(scalarization=...)`.

A scalarization is told losses (less is better), and knows nothing of other trials: what a result
counts depends on that result alone, so that neither the order in which trials end nor a restore
plays a part. That is why there is none that normalizes by what has been seen, and none that draws
new weights for each ask, as ParEGO does: a searcher is told of a trial once.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pegbox.errors import ConfigError
from pegbox.nearest import did_you_mean
from pegbox.objective import Objective
from pegbox.text import shown

__all__ = ["SCALARIZATIONS", "AugmentedChebyshev", "Scalarization", "Scalarize", "WeightedSum"]

#: The losses of one result, by metric, to one number of which less is better.
Scalarize = Callable[[Mapping[str, float]], float]


class Scalarization(ABC):
    """Makes one number of several.

    Attributes:
        options: What it was made with, as JSON data.
    """

    options: Mapping[str, Any]

    @abstractmethod
    def of(self, objectives: Sequence[Objective]) -> Scalarize:
        """The function for the objectives of a run.

        Args:
            objectives: At least two.

        Raises:
            ConfigError: A weight or another number does not belong to one of them, or is missing.
        """


class WeightedSum(Scalarization):
    """The weighted sum of the losses.

    It finds only points on the convex part of the Pareto front.

    Args:
        weights: Metric to its weight: at least 0, and one above it. Units are the user's affair:
            a metric in thousands needs a weight in thousandths.

    Raises:
        ConfigError: The weights are no numbers.
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights = _weights("WeightedSum", weights)
        self.options = {"weights": self._weights}

    def of(self, objectives: Sequence[Objective]) -> Scalarize:
        """See `Scalarization.of`."""
        weights = _for_each("WeightedSum(weights=...)", self._weights, objectives)
        return lambda losses: math.fsum(
            weight * losses[metric] for metric, weight in weights.items()
        )


class AugmentedChebyshev(Scalarization):
    """The largest weighted distance from an ideal, and a little of the sum of all distances.

    ``max(w * d) + rho * sum(w * d)``, where ``d`` is how far a loss lies above the ideal's. With
    the weights it can come to any point of the Pareto front, also where that is not convex
    (Steuer, "Multiple Criteria Optimization", 1986; the form and ``rho`` of Knowles' ParEGO,
    "IEEE Transactions on Evolutionary Computation" 10(1), 2006).

    Args:
        weights: As for `WeightedSum`.
        ideal: Metric to the best value that one may hope for, as the trainable would report it.
        rho: How much the sum counts; above 0.

    Raises:
        ConfigError: A number is none, or out of its range.
    """

    def __init__(
        self, weights: Mapping[str, float], ideal: Mapping[str, float], rho: float = 0.05
    ) -> None:
        self._weights = _weights("AugmentedChebyshev", weights)
        self._ideal = _numbers("AugmentedChebyshev(ideal=...)", ideal)
        if not _is_finite(rho) or rho <= 0:
            raise ConfigError(
                f"AugmentedChebyshev(rho=...) must be a number above 0, got {shown(rho)}",
                hint="0.05 is usual.",
            )
        self._rho = float(rho)
        self.options = {"weights": self._weights, "ideal": self._ideal, "rho": self._rho}

    def of(self, objectives: Sequence[Objective]) -> Scalarize:
        """See `Scalarization.of`."""
        weights = _for_each("AugmentedChebyshev(weights=...)", self._weights, objectives)
        ideal = _for_each("AugmentedChebyshev(ideal=...)", self._ideal, objectives)
        signs = {each.metric: 1.0 if each.mode == "min" else -1.0 for each in objectives}
        rho = self._rho

        def scalarize(losses: Mapping[str, float]) -> float:
            far = [w * (losses[name] - signs[name] * ideal[name]) for name, w in weights.items()]
            return max(far) + rho * math.fsum(far)

        return scalarize


#: Name to class, for `TuneConfig(scalarization=("chebyshev", {...}))`.
SCALARIZATIONS: Final[Mapping[str, type[Scalarization]]] = {
    "chebyshev": AugmentedChebyshev,
    "weighted_sum": WeightedSum,
}


def _weights(owner: str, given: object) -> dict[str, float]:
    plain = _numbers(f"{owner}(weights=...)", given)
    if min(plain.values()) < 0 or not any(plain.values()):
        raise ConfigError(
            f"{owner}(weights=...) must be at least 0, and one of them above it, got "
            f"{shown(given)}",
            hint="What is to be maximized has a positive weight, too: its sign is turned before.",
        )
    return plain


def _numbers(argument: str, given: object) -> dict[str, float]:
    if not isinstance(given, Mapping) or not given:
        raise ConfigError(
            f"{argument} must be a dict of metrics and numbers, got {shown(given)}",
            hint='Write e.g. {"loss": 1, "size": 0.001}.',
        )
    for name, value in given.items():
        if not isinstance(name, str) or not _is_finite(value):
            raise ConfigError(
                f"{argument} must have a number beside each metric, got {shown(name)}: "
                f"{shown(value)}",
                hint='Write e.g. {"loss": 1, "size": 0.001}.',
            )
    return {name: float(value) for name, value in given.items()}


def _for_each(
    argument: str, given: Mapping[str, float], objectives: Sequence[Objective]
) -> dict[str, float]:
    """The numbers in the order of the objectives."""
    names = [objective.metric for objective in objectives]
    for name in given:
        if name not in names:
            raise ConfigError(
                f"{argument} has {name!r}, which is no metric of the run",
                hint=did_you_mean(name, names, f"The run has {', '.join(names)}."),
            )
    if lacking := [name for name in names if name not in given]:
        raise ConfigError(
            f"{argument} has nothing for {', '.join(map(repr, lacking))}",
            hint="Give a number for each metric of the run.",
        )
    return {name: given[name] for name in names}


def _is_finite(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)  # type: ignore[arg-type]
