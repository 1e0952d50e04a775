"""Points that the user wants to have tried first: from configurations to what searchers see.

A searcher finds them by the number of its ask. Those that come new at a restore are placed after
the asks that there have been; what stands in the place of these is never asked for again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pegbox._run.component import Component
from pegbox.constraints.allowed import Allowed
from pegbox.errors import ConfigError
from pegbox.searcher import Point
from pegbox.space import Space
from pegbox.text import shown

__all__ = ["StartingPoints", "check_starting_points", "continued", "starting_points"]


@dataclass(frozen=True, slots=True)
class StartingPoints:
    """Points to try first.

    Attributes:
        given: As the user gave them.
        placed: By the searcher's asks; without a value where all is its own choice.
    """

    given: tuple[Point, ...] = ()
    placed: tuple[Point, ...] = ()

    def at(self, ask: int) -> Point:
        """What is to be tried at an ask of what proposes; empty where all is its own choice."""
        return self.placed[ask] if 0 <= ask < len(self.placed) else {}

    def to_json(self) -> dict[str, Any]:
        """As the store keeps them."""
        return {"given": list(self.given), "placed": list(self.placed)}


def continued(
    component: Component,
    space: Space,
    given: Sequence[Point],
    before: Mapping[str, Any] | None,
    trials: Callable[[], Sequence[Point]],
) -> StartingPoints:
    """The points of a restore: of another list than before, what is new comes next.

    Args:
        component: The searcher with all that stands around it.
        space: What is searched.
        given: What it was given now.
        before: What the last start had, by `StartingPoints.to_json`; None of an older release.
        trials: Gives the points of all trials that there are.

    Raises:
        ConfigError: There are new ones, and the searcher numbers combinations from the end of the
            list on.
    """
    if before is None or not given:
        return StartingPoints(tuple(given), tuple(given))
    if list(given) == before["given"]:
        return StartingPoints(tuple(given), tuple(before["placed"]))
    there = trials()
    new = [point for point in given if not any(_is_in(point, tried) for tried in there)]
    traits = component.traits
    if traits.exhaustive or ("grid" in traits.domains and space.grid_size > 1):
        if new:
            raise _counted(component, len(new))
        return StartingPoints(tuple(given), tuple(given))
    asked = component.asks_inside(len(there))
    placed: list[Point] = [*before["placed"], *({} for _ in range(asked))]
    return StartingPoints(tuple(given), (*placed[:asked], *new))


def _is_in(part: Point, whole: Point) -> bool:
    return all(path in whole and _is_as(whole[path], part[path]) for path in part)


def _is_as(tried: float | int, wanted: float | int) -> bool:
    # A searcher may give back a real number but for rounding.
    return math.isclose(tried, wanted) if isinstance(wanted, float) else tried == wanted


def _counted(component: Component, new: int) -> ConfigError:
    return ConfigError(
        f"search_alg={component.core.name!r} was given {new} points_to_evaluate at a restore that "
        "have not been tried, and numbers the combinations after them: it would leave some out",
        hint="Try these in an experiment of their own, which warm_start can be given, or go on "
        "with a searcher that does not go through combinations.",
    )


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
