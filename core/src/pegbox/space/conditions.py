"""Parameters that exist only for some value of another, and points that leave the others out."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from pegbox.errors import ConfigError
from pegbox.space.domain import Domain

__all__ = ["NO_CONDITIONS", "Condition", "conform_point", "draw_point", "is_active"]


@dataclass(frozen=True, slots=True)
class Condition:
    """When a parameter exists.

    Attributes:
        parent: Path of a choice or a grid, which may have a condition itself.
        index: Point value of the parent for which the parameter exists.
    """

    parent: str
    index: int


#: Of a space in which every parameter always exists.
NO_CONDITIONS: Final[Mapping[str, Condition]] = MappingProxyType({})

_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


def is_active(
    path: str, point: Mapping[str, float | int], conditions: Mapping[str, Condition]
) -> bool:
    """Whether a parameter exists in a point, going by the values that its parents have there."""
    while (condition := conditions.get(path)) is not None:
        if point.get(condition.parent) != condition.index:
            return False
        path = condition.parent
    return True


def draw_point(
    domains: Mapping[str, Domain],
    conditions: Mapping[str, Condition],
    rng: random.Random,
    given: Mapping[str, float | int] = _NOTHING,
) -> dict[str, float | int]:
    """Draw a point: a value for every parameter that exists in it.

    Args:
        domains: Path to domain, a parent before what depends on it.
        conditions: Path to condition, for parameters that have one.
        rng: Drawn from for each parameter in turn.
        given: Values that are not drawn, by path.
    """
    point: dict[str, float | int] = {}
    for path, domain in domains.items():
        condition = conditions.get(path)
        # The parent is only in the point where it exists itself.
        if condition is None or point.get(condition.parent) == condition.index:
            point[path] = given[path] if path in given else domain.draw(rng)
    return point


def conform_point(
    point: Mapping[str, Any],
    domains: Mapping[str, Domain],
    conditions: Mapping[str, Condition] = NO_CONDITIONS,
) -> dict[str, float | int]:
    """A point of someone else's with plain Python numbers: what exists in it, and nothing more.

    Args:
        point: Path to value.
        domains: Path to domain.
        conditions: Path to condition, for parameters that have one.

    Raises:
        ConfigError: A parameter is missing, unknown or outside its domain; it is named.
    """
    active = [path for path in domains if is_active(path, point, conditions)]
    if point.keys() != set(active):
        raise ConfigError(
            f"the observed point has the parameters {sorted(point)}, the space has {sorted(active)}"
        )
    return {path: _conform_value(path, domains[path], point[path]) for path in active}


def _conform_value(path: str, domain: Domain, value: Any) -> float | int:
    try:
        return domain.conform(value)
    except ConfigError as error:
        raise ConfigError(
            f"the observed point is not in the space: {path!r}: {error.message}", hint=error.hint
        ) from None
