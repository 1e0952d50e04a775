"""What a plan has to know of a searcher: read in its process, and shown in the driver."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from pegbox import jsonvalue
from pegbox.errors import ConfigError
from pegbox.objective import Objective
from pegbox.searcher import EvaluatedPoint, Searcher, Traits

__all__ = ["SearcherElsewhere", "describe"]


def describe(plugin: Any) -> dict[str, Any] | None:
    """What `SearcherElsewhere` is made from.

    Returns:
        None where not all of it is JSON data; such a searcher has to be made where it is checked.
    """
    traits: Traits = getattr(plugin, "traits", Searcher.traits)
    own = plugin if isinstance(plugin, Searcher) else Searcher()
    known = {
        "traits": traits.to_json(),
        "own_space": own.own_space,
        "own_seed": getattr(plugin, "own_seed", None),
        "added_names": list(own.added_names),
        "own_objectives": [dataclasses.asdict(each) for each in own.own_objectives],
        "evaluated_points": [dataclasses.asdict(each) for each in own.evaluated_points],
        "points_to_evaluate": getattr(plugin, "points_to_evaluate", None),
    }
    try:
        return jsonvalue.plain(known)  # type: ignore[no-any-return]
    except ConfigError:
        return None


class SearcherElsewhere(Searcher):
    """Stands in the plan for a searcher that lives in a process of its own.

    Args:
        known: As `describe` gave it.
    """

    def __init__(self, known: Mapping[str, Any]) -> None:
        self.traits = Traits.from_json(known["traits"])  # type: ignore[misc]
        self.own_space = known["own_space"]
        self.own_seed = known["own_seed"]
        self.added_names = known["added_names"]
        self.own_objectives = tuple(Objective(**each) for each in known["own_objectives"])
        self.evaluated_points = [EvaluatedPoint(**each) for each in known["evaluated_points"]]
        self.points_to_evaluate = known["points_to_evaluate"]
