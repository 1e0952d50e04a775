"""How each parameter stands in Ax: under a name without special characters, on a plain scale.

Ax refuses a range of real numbers narrower than 1.5e-5, takes values beside the bounds for values
within by an absolute tolerance, and lists every value of a range of integers. So real numbers and
long ranges of integers are shown to it on a scale from 0 to 1, which its models use anyway.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, Final

from ax.core.parameter import (
    ChoiceParameter,
    FixedParameter,
    Parameter,
    ParameterType,
    RangeParameter,
)
from pegbox.errors import UnsupportedSpace
from pegbox.space import Domain

__all__ = ["Coordinate", "Dependents", "coordinate"]

#: Index of a value to the names of the parameters that exist for it.
Dependents = dict[int, list[str]]

#: The most values that Ax is given one by one; it takes no choice among more.
_LISTED: Final = 1000


class Coordinate(ABC):
    """One parameter in Ax.

    Args:
        name: Its name there.
        path: Its own, for messages.
        domain: The user's.
    """

    def __init__(self, name: str, path: str, domain: Any) -> None:
        self.name = name
        self._path = path
        self._domain = domain

    @property
    def size(self) -> float:
        """How many values there are."""
        return math.inf if self._domain.size is None else self._domain.size

    @abstractmethod
    def parameter(self, dependents: Dependents) -> Parameter:
        """Ax's own description of it."""

    @abstractmethod
    def coded(self, value: float | int) -> float | int:
        """What Ax sees of a point value."""

    @abstractmethod
    def value(self, coded: Any) -> float | int:
        """The point value that Ax's value stands for."""

    @abstractmethod
    def spread(self, share: float) -> float | int:
        """The point value at a place from 0 to 1; all values have the same room there."""

    @abstractmethod
    def term(self, coefficient: float) -> tuple[float, float]:
        """A term of a linear constraint in Ax's scale.

        Returns:
            Slope and constant of a line that is at no place below the term.
        """


class _Real(Coordinate):
    """A real number by its place between the bounds, from 0 to 1."""

    def parameter(self, dependents: Dependents) -> Parameter:
        return RangeParameter(self.name, ParameterType.FLOAT, 0.0, 1.0)

    def coded(self, value: float | int) -> float:
        lower, upper, value = self._domain.lower, self._domain.upper, float(value)
        if math.isinf(upper - lower):
            lower, upper, value = lower / 2, upper / 2, value / 2
        share: float = (value - lower) / (upper - lower)
        return min(max(share, 0.0), 1.0)

    def value(self, coded: Any) -> float | int:
        return self.spread(float(coded))

    def spread(self, share: float) -> float | int:
        lower, upper = self._domain.lower, self._domain.upper
        # Not lower + (upper - lower) * share: the difference of large bounds would overflow.
        return float(min(max(lower * (1.0 - share) + upper * share, lower), upper))

    def term(self, coefficient: float) -> tuple[float, float]:
        lower, upper = self._domain.lower, self._domain.upper
        return coefficient * upper - coefficient * lower, coefficient * lower


class _Counted(Coordinate):
    """One of a countable number of values, by its index: a category, or a place on a grid."""

    def _index(self, value: float | int) -> int:
        if self._domain.kind == "choice":
            return int(value)
        # Not (value - lower) / step: the difference of large bounds would overflow.
        step, lower = self._domain.step, self._domain.lower
        if self._domain.kind == "int":
            return (int(value) - int(lower)) // int(step)
        index: int = round(value / step - lower / step)
        return index

    def spread(self, share: float) -> float | int:
        return self._at(int(share * self._domain.size))

    def _at(self, index: int) -> float | int:
        found: float | int = self._domain.at(min(max(index, 0), self._domain.size - 1))
        return found


class _Listed(_Counted):
    """One of a few values; Ax has them all in a list."""

    def parameter(self, dependents: Dependents) -> Parameter:
        if self._domain.size == 1:
            return FixedParameter(self.name, ParameterType.INT, 0, dependents=dependents or None)
        if self._domain.kind != "choice":
            return RangeParameter(self.name, ParameterType.INT, 0, self._domain.size - 1)
        return ChoiceParameter(
            self.name,
            ParameterType.INT,
            list(range(self._domain.size)),
            is_ordered=False,
            sort_values=True,
            dependents=dependents or None,
        )

    def coded(self, value: float | int) -> int:
        return self._index(value)

    def value(self, coded: Any) -> float | int:
        return self._at(round(coded))

    def term(self, coefficient: float) -> tuple[float, float]:
        return coefficient * self._domain.step, coefficient * self._domain.lower


class _Cells(_Counted):
    """One of many values, by the place of its cell between 0 and 1; all are equally wide."""

    def parameter(self, dependents: Dependents) -> Parameter:
        if dependents:
            raise UnsupportedSpace(
                f"parameter {self._path!r} is a choice among {self._domain.size} values, on which "
                f"others depend; Ax takes {_LISTED} at most",
                hint="Let them depend on a choice of fewer values.",
            )
        return RangeParameter(self.name, ParameterType.FLOAT, 0.0, 1.0)

    def coded(self, value: float | int) -> float:
        size: int = self._domain.size
        return (self._index(value) + 0.5) / size

    def value(self, coded: Any) -> float | int:
        return self.spread(float(coded))

    def term(self, coefficient: float) -> tuple[float, float]:
        # The value is up to a step below the line through the upper ends of the cells.
        step, lower = self._domain.step, self._domain.lower
        least = lower - step * (coefficient < 0)
        return coefficient * step * self._domain.size, coefficient * least


def coordinate(name: str, path: str, domain: Domain) -> Coordinate:
    """How a parameter stands in Ax.

    Args:
        name: Its name there. ``path``: its own, for messages.
        domain: Without logarithm.

    Raises:
        UnsupportedSpace: Ax has nothing like it.
    """
    if domain.kind in ("float", "int", "choice") and not getattr(domain, "log", False):
        if domain.size is None:
            return _Real(name, path, domain)
        return (_Listed if domain.size <= _LISTED else _Cells)(name, path, domain)
    raise UnsupportedSpace(
        f"parameter {path!r}: Ax is not given {domain}",
        hint="It takes float and int without logarithm, and choice.",
    )
