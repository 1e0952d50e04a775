"""Which configurations of a space are allowed by constraints between its parameters.

Owns the check of the constraints against the space, and of configurations against the constraints.
It proposes nothing.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NoReturn

from pegbox.constraints.function import FunctionConstraint
from pegbox.constraints.given import ParameterConstraint
from pegbox.constraints.linear import LinearConstraint
from pegbox.errors import ConfigError
from pegbox.nearest import did_you_mean
from pegbox.space import Choice, Float, Grid, Int, Normal, Space
from pegbox.space.nodes import Constant, Derived, Leaf, Parameter
from pegbox.space.places import pick
from pegbox.text import parameter, shown

__all__ = ["Allowed"]


class Allowed:
    """What a run's parameter constraints allow.

    Args:
        constraints: As the user gave them.
        space: Names in linear constraints are places in its configurations.

    Raises:
        ConfigError: A name is no number of the space, or a linear constraint holds nowhere.
    """

    def __init__(self, constraints: Sequence[ParameterConstraint], space: Space) -> None:
        self.constraints = tuple(constraints)
        self._space = space
        self._keys = {
            name: tuple(name.split("/")) for each in self._linear() for name in each.coefficients
        }
        for each in self._linear():
            _check(each, space)

    def __bool__(self) -> bool:
        return bool(self.constraints)

    def broken_by(self, config: Mapping[str, Any]) -> ParameterConstraint | None:
        """The first constraint that a configuration breaks; None where it is allowed.

        A linear constraint holds where one of its parameters does not exist.

        Args:
            config: As a trial would get it.

        Raises:
            ConfigError: A function of the user's raised, or gave neither True nor False.
        """
        if not self.constraints:
            return None
        values = {name: pick(config, keys) for name, keys in self._keys.items()}
        return next((each for each in self.constraints if not _holds(each, config, values)), None)

    def all_broken_by(self, config: Mapping[str, Any]) -> list[ParameterConstraint]:
        """Every constraint that a configuration breaks; as `broken_by`."""
        values = {name: pick(config, keys) for name, keys in self._keys.items()}
        return [each for each in self.constraints if not _holds(each, config, values)]

    def broken_by_part(self, point: Mapping[str, float | int]) -> LinearConstraint | None:
        """The first linear constraint that is broken whatever the rest of a point may be.

        Args:
            point: A part of a point.
        """
        values = {path: self._space.domains[path].value(at) for path, at in point.items()}
        return next((each for each in self._linear() if not each.holds(values)), None)

    def native(self, paths: Collection[str]) -> tuple[LinearConstraint, ...]:
        """The linear constraints that a searcher can take, by paths of the space.

        Args:
            paths: Of the parameters that the searcher is shown as they are.
        """
        found = [self._in_paths(each, paths) for each in self._linear()]
        return tuple(each for each in found if each is not None)

    def try_out(self, seed: int) -> None:
        """Ask the user's functions about one drawn configuration, so that mistakes are heard early.

        Raises:
            ConfigError: As `broken_by`.
        """
        if any(isinstance(each, FunctionConstraint) for each in self.constraints):
            point = self._space.sample(random.Random(seed))
            self.all_broken_by(self._space.config(point, seed))

    def _linear(self) -> Iterable[LinearConstraint]:
        return (each for each in self.constraints if isinstance(each, LinearConstraint))

    def _in_paths(
        self, constraint: LinearConstraint, paths: Collection[str]
    ) -> LinearConstraint | None:
        """The same with constants put in; None where a searcher would not see all of it."""
        coefficients, bound = {}, constraint.bound
        for name, coefficient in constraint.coefficients.items():
            (leaf, *others) = self._space.places[name]
            if others:
                return None
            if isinstance(leaf, Constant):
                bound -= coefficient * leaf.value
            elif leaf.path in paths and leaf.path not in self._space.conditions:
                if not isinstance(self._space.domains[leaf.path], Float | Int | Normal):
                    return None
                coefficients[leaf.path] = coefficient
            else:
                return None
        return LinearConstraint(coefficients, bound, constraint.text)


def _holds(
    constraint: ParameterConstraint, config: Mapping[str, Any], values: Mapping[str, Any]
) -> bool:
    return constraint.holds(values if isinstance(constraint, LinearConstraint) else config)


def _check(constraint: LinearConstraint, space: Space) -> None:
    least, varies = 0.0, False
    for name, coefficient in constraint.coefficients.items():
        leaves = space.places.get(name)
        if leaves is None:
            _refuse_unknown(constraint, name, space)
        bounds = [_bounds(leaf) for leaf in leaves]
        numbers = [each for each in bounds if each is not None]
        if not numbers and _below(name, space):
            _refuse_unknown(constraint, name, space)
        if not numbers or any(isinstance(leaf, Derived) for leaf in leaves):
            _refuse(constraint, name, leaves[0])
        varies = varies or not all(isinstance(leaf, Constant) for leaf in leaves)
        # Where it need not exist, the constraint may hold without it.
        optional = len(leaves) > 1 or leaves[0].path in space.conditions
        ends = [coefficient * end for pair in numbers for end in pair]
        least += -math.inf if optional else min(ends)
    written = f"parameter constraint {str(constraint)!r}"
    if not varies:
        raise ConfigError(
            f"{written} has only values that are the same in every trial",
            hint="Name a parameter that varies.",
        )
    if least > constraint.bound + 1e-9 * (abs(least) + abs(constraint.bound)):
        raise ConfigError(
            f"{written} holds nowhere in the space: {_ranges(constraint, space)}",
            hint="Loosen the constraint, or widen a parameter.",
        )


def _bounds(leaf: Leaf) -> tuple[float, float] | None:
    """Between which numbers a value lies; None where it is none."""
    match leaf:
        case Constant(value=value):
            return (value, value) if _is_number(value) else None
        case Parameter(domain=Float() | Int() as domain):
            return domain.lower, domain.upper
        case Parameter(domain=Normal()):
            return -math.inf, math.inf
        case Parameter(domain=Choice() | Grid() as domain) if all(map(_is_number, domain.values)):
            return min(domain.values), max(domain.values)
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ranges(constraint: LinearConstraint, space: Space) -> str:
    parts = []
    for name in constraint.coefficients:
        found = [pair for leaf in space.places[name] if (pair := _bounds(leaf)) is not None]
        low, high = min(pair[0] for pair in found), max(pair[1] for pair in found)
        apart = f"lies between {parameter(low)} and {parameter(high)}"
        parts.append(f"{name} {apart if low < high else f'is {parameter(low)}'}")
    return ", ".join(parts)


def _refuse_unknown(constraint: LinearConstraint, name: str, space: Space) -> NoReturn:
    known = [place for place, leaves in space.places.items() if any(map(_bounds, leaves))]
    hint = did_you_mean(name, known, f"Numbers of the space: {', '.join(known)}.")
    if below := _below(name, space):
        hint = f"Name one of the values in it: {', '.join(below)}."
    if name in space.conditions:
        hint = f"Name where its value stands in a configuration: {', '.join(known)}."
    raise ConfigError(
        f"parameter constraint {str(constraint)!r} has {name!r}, which is no parameter", hint=hint
    )


def _below(name: str, space: Space) -> list[str]:
    """The numbers in what stands at a place."""
    return [
        place
        for place, leaves in space.places.items()
        if place.startswith(f"{name}/") and any(map(_bounds, leaves))
    ]


def _refuse(constraint: LinearConstraint, name: str, leaf: Leaf) -> NoReturn:
    if isinstance(leaf, Derived):
        what = "computed by sample_from"
    elif isinstance(leaf, Constant):
        what = f"always {shown(leaf.value)}"
    else:
        what = "a choice of values that are not all numbers"
    raise ConfigError(
        f"parameter constraint {str(constraint)!r} has {name!r}, which is {what}",
        hint="Pass a function of the configuration in place of the text: lambda config: ...",
    )
