"""A space and the constraints between its parameters, as Ax's search space, and points back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ax.core.parameter import Parameter
from ax.core.parameter_constraint import ParameterConstraint
from ax.core.search_space import SearchSpace
from pegbox.constraints import LinearConstraint
from pegbox.searcher import Point
from pegbox.space import Condition, Domain, is_active

from pegbox_ax.coordinates import Coordinate, coordinate

__all__ = ["Parameters"]


class Parameters:
    """The parameters of one run.

    Args:
        space: Flat path to domain, a parent before what depends on it.
        conditions: Path to condition, for parameters that have one.
        constraints: Between parameters that always exist.

    Attributes:
        search_space: Ax's.

    Raises:
        UnsupportedSpace: Ax has nothing like a parameter, which is named.
    """

    def __init__(
        self,
        space: Mapping[str, Domain],
        conditions: Mapping[str, Condition],
        constraints: Sequence[LinearConstraint],
    ) -> None:
        self._conditions = dict(conditions)
        self._constraints = tuple(constraints)
        self._coordinates = {
            path: coordinate(f"p{index}", path, domain)
            for index, (path, domain) in enumerate(space.items())
        }
        self.search_space = SearchSpace(
            self._described(), [self._inequality(constraint) for constraint in constraints]
        )

    def __len__(self) -> int:
        return len(self._coordinates)

    def used_up(self, taken: Sequence[Point]) -> bool:
        """Whether there are no points but those ``taken``, as far as a count of values can tell."""
        count = math.prod(each.size for each in self._coordinates.values())
        return count <= len(taken) and count <= len({tuple(point.items()) for point in taken})

    def coded(self, point: Point) -> dict[str, float | int]:
        """A point as Ax's parameters, by their names there."""
        return {self._coordinates[p].name: self._coordinates[p].coded(v) for p, v in point.items()}

    def point(self, parameters: Mapping[str, Any]) -> dict[str, float | int]:
        """The point that Ax's parameters stand for."""
        return self._point(lambda path, each: each.value(parameters[each.name]))

    def spread(self, shares: Sequence[float], given: Point) -> dict[str, float | int]:
        """The point at a place of the unit cube.

        Args:
            shares: One for each parameter, from 0 to 1.
            given: Values that stand in their place.
        """
        places = dict(zip(self._coordinates, shares, strict=True))
        return self._point(
            lambda path, each: given[path] if path in given else each.spread(places[path])
        )

    def allows(self, point: Point) -> bool:
        """Whether all constraints hold."""
        return all(constraint.holds(point) for constraint in self._constraints)

    def _point(self, value: Callable[[str, Coordinate], float | int]) -> dict[str, float | int]:
        """A point with the values of a function, for what exists in it."""
        found: dict[str, float | int] = {}
        for path, each in self._coordinates.items():
            if is_active(path, found, self._conditions):
                found[path] = value(path, each)
        return found

    def _described(self) -> list[Parameter]:
        dependents: dict[str, dict[int, list[str]]] = {path: {} for path in self._coordinates}
        for path, condition in self._conditions.items():
            names = dependents[condition.parent].setdefault(condition.index, [])
            names.append(self._coordinates[path].name)
        return [each.parameter(dependents[path]) for path, each in self._coordinates.items()]

    def _inequality(self, constraint: LinearConstraint) -> ParameterConstraint:
        terms, bound = [], constraint.bound
        for path, coefficient in constraint.coefficients.items():
            each = self._coordinates[path]
            slope, constant = each.term(coefficient)
            terms.append(f"{slope!r}*{each.name}")
            bound -= constant
        return ParameterConstraint(inequality=f"{' + '.join(terms)} <= {bound!r}")
