"""Points that the user wants to have tried first: from configurations to what searchers see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pegbox._run.component import Component
from pegbox.errors import ConfigError
from pegbox.searcher import Point
from pegbox.space import Space
from pegbox.text import shown

__all__ = ["starting_points"]


def starting_points(component: Component, space: Space) -> list[Point]:
    """The ``points_to_evaluate`` of a searcher, as its setup is given them.

    Raises:
        ConfigError: One is no configuration of the space; it is named by its place.
    """
    given = getattr(component.core.plugin, "points_to_evaluate", None)
    if given is None:
        return []
    if isinstance(given, Mapping) or not isinstance(given, list | tuple):
        raise ConfigError(
            f"points_to_evaluate must be a list of configurations, got {shown(given)}",
            hint='Write points_to_evaluate=[{"lr": 0.1}].',
        )
    return [_point(index, config, space) for index, config in enumerate(given)]


def _point(index: int, config: Any, space: Space) -> Point:
    try:
        return space.point(config)
    except ConfigError as error:
        raise ConfigError(
            f"points_to_evaluate[{index}]: {error.message}", hint=error.hint
        ) from None
