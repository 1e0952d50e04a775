"""Linear inequalities between numbers that have names: parameters, or reported metrics."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from pegbox.constraints.expression import parse, written
from pegbox.errors import ConfigError
from pegbox.scalars import unpacked
from pegbox.text import shown

__all__ = ["LinearConstraint", "OutcomeConstraint"]

#: What rounding makes of a sum, by the size of its terms; so much beyond the bound still holds.
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class LinearConstraint:
    """Parameters of which the weighted sum is at most ``bound``: ``x + 2*y <= 1``.

    A sum on the bound holds, also where it is beyond it by no more than rounding (1e-9 of the
    terms' size).

    Attributes:
        coefficients: Name of each parameter (where its value stands in a configuration, joined by
            ``/``) to its coefficient.
        bound: What the sum may be at most.
        text: As the user wrote it; empty for an object.

    Raises:
        ConfigError: There is no parameter, or a number is none.
    """

    coefficients: Mapping[str, float]
    bound: float
    text: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        owner = type(self).__name__
        if not isinstance(self.coefficients, Mapping) or not self.coefficients:
            raise ConfigError(
                f"{owner}(coefficients=...) must be a dict of names and numbers, got "
                f"{shown(self.coefficients)}",
                hint=f'Write e.g. {owner}({{"x": 1, "y": 2}}, bound=1).',
            )
        for name, value in self.coefficients.items():
            if not isinstance(name, str) or not name or not _is_finite(value) or not value:
                raise ConfigError(
                    f"{owner}(coefficients=...) must have a number other than 0 beside each name, "
                    f"got {shown(name)}: {shown(value)}",
                    hint=f'Write e.g. {owner}({{"x": 1, "y": 2}}, bound=1).',
                )
        if not _is_finite(self.bound):
            raise ConfigError(
                f"{owner}(bound=...) must be a number, got {shown(self.bound)}",
                hint="The sum may be at most this.",
            )
        plain = {name: float(value) for name, value in self.coefficients.items()}
        object.__setattr__(self, "coefficients", plain)
        object.__setattr__(self, "bound", float(self.bound))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The constraint that is written as ``"model/width <= 4*model/depth"``.

        Args:
            text: Sums of terms on both sides of ``<=`` or ``>=``; a term is a number, a name, or
                both with ``*`` between. Other names than words with ``/`` or ``.`` between them
                stand in backticks.

        Raises:
            ConfigError: It is no linear inequality.
        """
        coefficients, bound = parse(text)
        return cls(coefficients, bound, text.strip())

    def excess(self, values: Mapping[str, Any]) -> float | None:
        """By how much the sum is beyond the bound; 0 or less where the constraint holds.

        Returns:
            None where a value is missing, or no finite number.
        """
        terms = []
        for name, coefficient in self.coefficients.items():
            value = unpacked(values.get(name))
            if value is None or not _is_finite(value):
                return None
            terms.append(coefficient * value)
        size = math.fsum(map(abs, terms)) + abs(self.bound)
        beyond = math.fsum(terms) - self.bound
        return 0.0 if abs(beyond) <= _ROUNDING * size else beyond

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it holds, which it does where one of its parameters does not exist."""
        excess = self.excess(values)
        return excess is None or excess <= 0

    def __str__(self) -> str:
        return self.text or written(self.coefficients, self.bound)


@dataclass(frozen=True, slots=True)
class OutcomeConstraint(LinearConstraint):
    """Reported metrics of which the weighted sum is at most ``bound``: ``latency <= 0.2``.

    Attributes:
        coefficients: Name of each metric to its coefficient.
        bound: What the sum may be at most.
        text: As the user wrote it; empty for an object.

    Raises:
        ConfigError: There is no metric, or a number is none.
    """

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Whether it holds, which it does not where a metric is missing or not finite."""
        excess = self.excess(values)
        return excess is not None and excess <= 0


def _is_finite(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond all floats
        return False
