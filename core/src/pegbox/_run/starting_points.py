"""Points that the user wants to have tried first: from configurations to what searchers see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pegbox._run.component import Component
from pegbox.constraints.allowed import Allowed
from pegbox.errors import ConfigError
from pegbox.searcher import Point
from pegbox.space import Space
from pegbox.text import shown

__all__ = ["check_starting_points", "starting_points"]


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


def check_starting_points(points: Sequence[Point], space: Space, allowed: Allowed) -> None:
    """Refuse points that break a parameter constraint, whatever a searcher fills in.

    Raises:
        ConfigError: One does; it is named by its place.
    """
    for index, point in enumerate(points):
        whole = allowed and space.is_whole(point)
        broken = allowed.broken_by(space.config(point)) if whole else allowed.broken_by_part(point)
        if broken is not None:
            raise ConfigError(
                f"points_to_evaluate[{index}] breaks the parameter constraint {str(broken)!r}",
                hint="Change the point, or loosen the constraint.",
            )
