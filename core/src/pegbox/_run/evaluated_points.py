"""Results from elsewhere that a searcher was given: from configurations to what searchers see."""

from __future__ import annotations

from collections.abc import Sequence

from pegbox._run.component import Component
from pegbox._run.earlier_trials import EarlierTrial, Told, point_of, told
from pegbox.objective import Objective
from pegbox.searcher import Searcher
from pegbox.space import Space

__all__ = ["evaluated_points"]


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
    trials = [
        EarlierTrial(f"evaluated point {index}", each.parameters, each.value, each.outcome)
        for index, each in enumerate(given)
    ]
    return [told(point_of(trial, space, objectives), objectives) for trial in trials]
