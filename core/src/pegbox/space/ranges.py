"""Ranges of numbers: `Float` and `Int`. Frozen values with plain Python numbers inside."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NoReturn

from pegbox.errors import ConfigError
from pegbox.space.domain import Domain, DomainKind
from pegbox.space.numbers import as_float, as_int, number
from pegbox.space.quanta import UNCOUNTED, check_step, float_multiples, int_multiples, rounded

__all__ = ["Float", "Int"]

#: How far outside, relative to the range, an optimizer's own rounding may put a value.
_SLACK: Final = 1e-9

#: What would do in place of a value outside.
_WITHIN: Final = "Use a value within the bounds, or widen them in param_space."

#: Near the largest float, where a step more could be infinite.
_LARGEST: Final = 8e307


@dataclass(frozen=True, slots=True)
class Float(Domain):
    """Real numbers from ``lower`` to ``upper``, both included.

    Attributes:
        log: Draw evenly in the logarithm.
        step: Only ``lower``, ``lower + step``, ..., ``upper``; None for all numbers between.

    Raises:
        ConfigError: ``lower`` is not below ``upper``, a bound is not finite, ``log`` with
            ``lower <= 0``, or a step that does not lead from ``lower`` to ``upper``.
    """

    lower: float
    upper: float
    log: bool = False
    step: float | None = None

    kind: ClassVar[DomainKind] = "float"

    def __post_init__(self) -> None:
        object.__setattr__(self, "lower", as_float(self.lower, "lower"))
        object.__setattr__(self, "upper", as_float(self.upper, "upper"))
        _check_order(self.lower, self.upper, equal=False)
        _check_log(self.log, self.lower, least=5e-324)
        if self.step is not None:
            object.__setattr__(self, "step", as_float(self.step, "step"))
            check_step(self.lower, self.upper, self.step)

    @property
    def size(self) -> int | None:
        if self.step is None:
            return None
        return self._place(self.upper) + 1

    def at(self, index: int) -> float:
        if self.step is None:
            raise ConfigError(f"the values of {self} cannot be counted", hint=UNCOUNTED)
        largest = max(abs(self.lower), abs(self.upper))
        return self._inside(rounded(self.lower + index * self.step, largest))

    def draw(self, rng: random.Random) -> float:
        if self.step is None:
            draw = _log_between if self.log else _between
            return self._inside(draw(self.lower, self.upper, rng.random()))
        assert self.size is not None
        if not self.log:
            return self.at(rng.randrange(self.size))
        end = self.upper + self.step if self.upper < _LARGEST else self.upper
        value = _log_between(self.lower, end, rng.random())
        place = int(value / self.step - self.lower / self.step)
        return self.at(min(place, self.size - 1))

    def nearest(self, value: float) -> float:
        """The value of the domain nearest to ``value``, a finite number."""
        inside = self._inside(float(value))
        return inside if self.step is None else self.at(self._place(inside))

    def conform(self, value: Any) -> float:
        plain = number(value, "the value")
        if not self.lower <= plain <= self.upper:
            plain = self._pulled_in(plain)
        if self.step is None:
            return float(plain)
        nearest = self.at(self._place(plain))
        if abs(nearest - plain) > 1e-6 * self.step:
            raise ConfigError(
                f"{plain!r} is not {self.lower} plus a multiple of {self.step}",
                hint=f"The nearest is {nearest}.",
            )
        return nearest

    def coded(self, value: Any) -> float:
        plain = number(value, "the value")
        if not self.lower <= plain <= self.upper:
            self._refuse(plain)  # what a user writes is not an optimizer's rounding
        return self.conform(plain)

    def quantized(self, q: float) -> Float:
        """The multiples of ``q`` between the bounds.

        Raises:
            ConfigError: ``q`` is not above 0 or not finite, or there are fewer than two.
        """
        step = as_float(q, "q")
        return Float(*float_multiples(self.lower, self.upper, step), log=self.log, step=step)

    def to_json(self) -> dict[str, Any]:
        return _range_json(self)

    def _inside(self, value: float) -> float:
        return min(max(value, self.lower), self.upper)

    def _place(self, value: float) -> int:
        assert self.step is not None
        # Not (value - lower) / step: the difference of large bounds would overflow.
        return round(value / self.step - self.lower / self.step)

    def _pulled_in(self, value: float) -> float:
        bound = self.lower if value < self.lower else self.upper
        span = bound if self.log else self.upper - self.lower
        if abs(value - bound) <= _SLACK * span:  # false for NaN
            return bound
        self._refuse(value)

    def _refuse(self, value: float) -> NoReturn:
        raise ConfigError(f"{value!r} is not between {self.lower} and {self.upper}", hint=_WITHIN)


@dataclass(frozen=True, slots=True)
class Int(Domain):
    """Whole numbers from ``lower`` to ``upper``, both included.

    Attributes:
        log: Draw evenly in the logarithm.
        step: Only ``lower``, ``lower + step``, ..., ``upper``.

    Raises:
        ConfigError: ``lower`` is above ``upper``, a bound is no whole number, ``log`` with
            ``lower < 1``, or a step that does not lead from ``lower`` to ``upper``.
    """

    lower: int
    upper: int
    log: bool = False
    step: int = 1

    kind: ClassVar[DomainKind] = "int"

    def __post_init__(self) -> None:
        for name in ("lower", "upper", "step"):
            object.__setattr__(self, name, as_int(getattr(self, name), name))
        _check_order(self.lower, self.upper, equal=True)
        _check_log(self.log, self.lower, least=1)
        check_step(self.lower, self.upper, self.step)

    @property
    def size(self) -> int:
        return (self.upper - self.lower) // self.step + 1

    def at(self, index: int) -> int:
        return self.lower + index * self.step

    def draw(self, rng: random.Random) -> int:
        if not self.log:
            return self.lower + self.step * rng.randrange(self.size)
        value = int(_log_between(self.lower, self.upper + self.step, rng.random()))
        return self.at(min(max(value - self.lower, 0) // self.step, self.size - 1))

    def nearest(self, value: float) -> int:
        """The value of the domain nearest to ``value``, a finite number."""
        inside = min(max(value, self.lower), self.upper)
        # In whole numbers where the value is one: floats do not tell large ones apart.
        return self.at(int((2 * (inside - self.lower) + self.step) // (2 * self.step)))

    def conform(self, value: Any) -> int:
        plain = as_int(value, "the value")
        if not self.lower <= plain <= self.upper:
            raise ConfigError(f"{plain} is not between {self.lower} and {self.upper}", hint=_WITHIN)
        if (plain - self.lower) % self.step:
            raise ConfigError(
                f"{plain} is not {self.lower} plus a multiple of {self.step}",
                hint=f"The nearest is {self.nearest(plain)}.",
            )
        return plain

    def quantized(self, q: int) -> Int:
        """The multiples of ``q`` between the bounds.

        Raises:
            ConfigError: ``q`` is no whole number above 0, or there is none.
        """
        step = as_int(q, "q")
        return Int(*int_multiples(self.lower, self.upper, step), log=self.log, step=step)

    def to_json(self) -> dict[str, Any]:
        return _range_json(self)


def _between(lower: float, upper: float, share: float) -> float:
    # Not lower + (upper - lower) * share: the difference of large bounds would overflow.
    return lower * (1.0 - share) + upper * share


def _log_between(lower: float, upper: float, share: float) -> float:
    first, last = math.log(lower), math.log(upper)
    return math.exp(min(_between(first, last, share), last))


def _range_json(domain: Float | Int) -> dict[str, Any]:
    return {
        "kind": domain.kind,
        "lower": domain.lower,
        "upper": domain.upper,
        "log": domain.log,
        "step": domain.step,
    }


def _check_order(lower: float, upper: float, *, equal: bool) -> None:
    if lower < upper or (equal and lower == upper):
        return
    if lower == upper:
        raise ConfigError(
            f"lower and upper are both {lower}",
            hint="A value that does not vary needs no domain: write the number itself.",
        )
    raise ConfigError(
        f"lower={lower} is above upper={upper}", hint="The lower bound comes first: swap them."
    )


def _check_log(log: bool, lower: float, *, least: float) -> None:
    if log and lower < least:
        raise ConfigError(
            f"a logarithmic range cannot start at lower={lower}",
            hint="Use a lower bound above 0, or a range that is not logarithmic.",
        )
