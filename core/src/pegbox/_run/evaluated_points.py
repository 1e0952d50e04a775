"""Results from elsewhere that a searcher was given: from configurations to what searchers see."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from pegbox._run.component import Component
from pegbox.errors import ConfigError
from pegbox.objective import Objective
from pegbox.searcher import EvaluatedPoint, Point, Searcher
from pegbox.space import Space
from pegbox.space.numbers import number
from pegbox.trial import Outcome

__all__ = ["Told", "evaluated_points"]

#: Point, result in the user's terms, and how it ended.
Told = tuple[Point, dict[str, float] | None, Outcome]


def evaluated_points(
    component: Component, space: Space, objectives: Sequence[Objective]
) -> list[Told]:
    """What a searcher is to be told before it is asked.

    Raises:
        ConfigError: One is no whole configuration of the space, or no result; it is named by its
            place.
    """
    plugin = component.core.plugin
    given = plugin.evaluated_points if isinstance(plugin, Searcher) else ()
    return [_told(index, each, space, objectives) for index, each in enumerate(given)]


def _told(index: int, given: EvaluatedPoint, space: Space, objectives: Sequence[Objective]) -> Told:
    try:
        point = space.conform(space.point(given.parameters))
    except ConfigError as error:
        raise ConfigError(f"evaluated point {index}: {error.message}", hint=error.hint) from None
    if given.outcome == "failed":
        return point, None, "failed"
    several = isinstance(given.value, list | tuple)
    values: list[Any] = list(given.value) if several else [given.value]  # type: ignore[arg-type]
    names = [objective.metric for objective in objectives]
    if len(values) != len(names):
        raise ConfigError(
            f"evaluated point {index} has {len(values)} values, the run has the metrics {names}",
            hint="Give one value for each metric of TuneConfig(metric=...).",
        )
    plain = [number(value, f"the value of evaluated point {index}") for value in values]
    if not all(abs(value) <= sys.float_info.max for value in plain):  # false for NaN
        return point, None, "failed"
    return point, dict(zip(names, map(float, plain), strict=True)), given.outcome
