"""Trials of elsewhere: from configurations and values in the user's terms to what searchers see."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pegbox.autofill import AUTOFILLED
from pegbox.errors import ConfigError
from pegbox.objective import Objective
from pegbox.searcher import Point
from pegbox.space import Space
from pegbox.space.numbers import number
from pegbox.trial import Outcome

__all__ = ["ITERATION", "EarlierPoint", "EarlierTrial", "Told", "point_of", "told"]

#: Point, result in the user's terms, and how it ended.
Told = tuple[Point, dict[str, Any] | None, Outcome]

#: What searchers know a trial's progress by.
ITERATION: Final = "training_iteration"


@dataclass(frozen=True, slots=True)
class EarlierTrial:
    """A trial of elsewhere, as the user hands it over.

    Attributes:
        label: What it is called in messages.
        config: A whole configuration of the space.
        metrics: What it gave, by name; or where nobody says a name, the value of the objective,
            or one for each of several.
        outcome: How it ended; None where it has not.
    """

    label: str
    config: Mapping[str, Any]
    metrics: Any
    outcome: Outcome | None = "finished"


@dataclass(frozen=True, slots=True)
class EarlierPoint:
    """The same in terms of the space.

    Attributes:
        result: Every number that it reported.
    """

    point: Point
    result: Mapping[str, Any]
    outcome: Outcome

    def lacks(self, metrics: Iterable[str]) -> bool:
        """Whether it ended well, without a value of one of these."""
        return self.outcome != "failed" and any(name not in self.result for name in metrics)


def point_of(trial: EarlierTrial, space: Space, objectives: Sequence[Objective]) -> EarlierPoint:
    """A trial that has ended, in terms of the space.

    Raises:
        ConfigError: It has no whole configuration of the space, or no values that could be told.
    """
    try:
        point = space.conform(space.point(trial.config))
    except ConfigError as error:
        raise ConfigError(f"{trial.label}: {error.message}", hint=error.hint) from None
    assert trial.outcome is not None
    failed = trial.outcome == "failed"
    return EarlierPoint(point, {} if failed else _numbers(trial, objectives), trial.outcome)


def told(given: EarlierPoint, objectives: Sequence[Objective]) -> Told:
    """What a searcher is told of it; what has a NaN or an infinite objective has failed."""
    values = [given.result.get(each.metric) for each in objectives]
    # Not true of NaN.
    finite = all(value is not None and abs(value) <= sys.float_info.max for value in values)
    if given.outcome == "failed" or not finite:
        return given.point, None, "failed"
    return given.point, dict(given.result), given.outcome


def _numbers(trial: EarlierTrial, objectives: Sequence[Objective]) -> dict[str, Any]:
    """Every number by its name; what else was reported means nothing to a searcher."""
    what = f"the value of {trial.label}"
    names = [objective.metric for objective in objectives]
    if not isinstance(trial.metrics, Mapping):
        values = trial.metrics if isinstance(trial.metrics, list | tuple) else [trial.metrics]
        if len(values) != len(names):
            raise ConfigError(
                f"{trial.label} has {len(values)} values, the run has the metrics {names}",
                hint="Give one value for each metric of TuneConfig(metric=...).",
            )
        # Integers are told as what they are compared with.
        return {name: float(number(value, what)) for name, value in zip(names, values, strict=True)}
    found: dict[str, Any] = {}
    for name, value in trial.metrics.items():
        try:
            plain = number(value, what)
        except ConfigError:
            if name in names:
                raise
            continue
        if name == ITERATION or name not in AUTOFILLED:
            found[name] = plain
    return found
