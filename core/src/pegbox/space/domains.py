"""Domains: what one parameter may be. Frozen values with plain Python numbers inside.

A domain knows its bounds, how to draw, and what lies inside. It speaks of *point values*: a float,
an int, or the index of a category; `Domain.value` gives what the trial gets. Where a parameter
stands in the configuration is not its concern.
"""

from __future__ import annotations

import math
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

from pegbox.errors import ConfigError
from pegbox.space.numbers import as_float, as_int, number
from pegbox.space.values import Missing, decode_value, encode_value

__all__ = [
    "Choice",
    "Domain",
    "DomainKind",
    "Float",
    "Grid",
    "Int",
    "domain_from_json",
    "product_point",
    "product_size",
]

#: The kinds of domain that a searcher may meet; see `pegbox.searcher.Traits`.
DomainKind = Literal["float", "int", "choice", "normal", "grid"]

#: How far outside, relative to the range, an optimizer's own rounding may put a value.
_SLACK: Final = 1e-9


class Domain(ABC):
    """What one parameter may be."""

    __slots__ = ()

    kind: ClassVar[DomainKind]

    @property
    @abstractmethod
    def size(self) -> int | None:
        """Number of values; None where they cannot be counted."""

    @abstractmethod
    def at(self, index: int) -> float | int:
        """The point value at a place from 0 to ``size - 1``, in ascending or the user's order."""

    @abstractmethod
    def sample(self, rng: random.Random) -> float | int:
        """Draw a point value."""

    @abstractmethod
    def conform(self, value: Any) -> float | int:
        """A point value as a plain Python number of the right type.

        Values outside by no more than an optimizer's rounding are put on the bound.

        Raises:
            ConfigError: It is no number or lies outside.
        """

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """JSON data (`pegbox.jsonvalue`) that `domain_from_json` takes."""

    def contains(self, value: Any) -> bool:
        """Whether `conform` takes the point value."""
        try:
            self.conform(value)
        except ConfigError:
            return False
        return True

    def value(self, coded: float | int) -> Any:
        """What the trial gets for a point value."""
        return coded


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
            _check_step(self.lower, self.upper, self.step)

    @property
    def size(self) -> int | None:
        if self.step is None:
            return None
        return round((self.upper - self.lower) / self.step) + 1

    def at(self, index: int) -> float:
        if self.step is None:
            raise ConfigError(f"the values of {self} cannot be counted")
        value = float(f"{self.lower + index * self.step:.15g}")  # 0.3, not 0.30000000000000004
        return min(max(value, self.lower), self.upper)

    def sample(self, rng: random.Random) -> float:
        share = rng.random()
        if self.log:
            value = math.exp(_between(math.log(self.lower), math.log(self.upper), share))
        else:
            value = _between(self.lower, self.upper, share)
        value = min(max(value, self.lower), self.upper)
        return value if self.step is None else self.at(self._place(value))

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

    def to_json(self) -> dict[str, Any]:
        return _range_json(self)

    def _place(self, value: float) -> int:
        assert self.step is not None
        return round((value - self.lower) / self.step)

    def _pulled_in(self, value: float) -> float:
        bound = self.lower if value < self.lower else self.upper
        span = bound if self.log else self.upper - self.lower
        if abs(value - bound) <= _SLACK * span:  # false for NaN
            return bound
        raise ConfigError(f"{value!r} is not between {self.lower} and {self.upper}")


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
        _check_step(self.lower, self.upper, self.step)

    @property
    def size(self) -> int:
        return (self.upper - self.lower) // self.step + 1

    def at(self, index: int) -> int:
        return self.lower + index * self.step

    def sample(self, rng: random.Random) -> int:
        if not self.log:
            return self.lower + self.step * rng.randrange(self.size)
        logarithm = _between(math.log(self.lower), math.log(self.upper + 1), rng.random())
        value = min(max(int(math.exp(logarithm)), self.lower), self.upper)
        return self.at((value - self.lower) // self.step)

    def conform(self, value: Any) -> int:
        plain = as_int(value, "the value")
        if not self.lower <= plain <= self.upper:
            raise ConfigError(f"{plain} is not between {self.lower} and {self.upper}")
        if (plain - self.lower) % self.step:
            raise ConfigError(f"{plain} is not {self.lower} plus a multiple of {self.step}")
        return plain

    def to_json(self) -> dict[str, Any]:
        return _range_json(self)


@dataclass(frozen=True, slots=True)
class _Listed(Domain):
    """Listed values. The point value is the index; the values may be any objects."""

    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(self.values))
        if not self.values:
            written = "grid_search" if self.kind == "grid" else self.kind
            raise ConfigError(f"{written} needs at least one value, got none")

    @property
    def size(self) -> int:
        return len(self.values)

    def at(self, index: int) -> int:
        return index

    def sample(self, rng: random.Random) -> int:
        return rng.randrange(len(self.values))

    def conform(self, value: Any) -> int:
        plain = as_int(value, "the index of a value")
        if not 0 <= plain < len(self.values):
            raise ConfigError(f"index {plain} is not between 0 and {len(self.values) - 1}")
        return plain

    def value(self, coded: float | int) -> Any:
        return self.values[int(coded)]

    def to_json(self) -> dict[str, Any]:
        listed = [encode_value(value, {"index": i}) for i, value in enumerate(self.values)]
        return {"kind": self.kind, "values": listed}


@dataclass(frozen=True, slots=True)
class Choice(_Listed):
    """One of some values, drawn evenly; in no order that a searcher could use.

    Raises:
        ConfigError: There are no values.
    """

    kind: ClassVar[DomainKind] = "choice"


@dataclass(frozen=True, slots=True)
class Grid(_Listed):
    """Every one of some values, in turn.

    Raises:
        ConfigError: There are no values.
    """

    kind: ClassVar[DomainKind] = "grid"


def domain_from_json(data: Mapping[str, Any]) -> Domain:
    """The domain that `Domain.to_json` described; objects come back as stand-ins.

    Raises:
        ConfigError: No domain of this version.
    """
    make = _FROM_JSON.get(data.get("kind", ""))
    if make is None:
        raise ConfigError(f"{data!r} describes no domain that this version of pegbox knows")
    return make(data)


def product_size(domains: Mapping[str, Domain]) -> int:
    """How many combinations countable domains have; 1 for none.

    Raises:
        ConfigError: The values of a domain cannot be counted.
    """
    return math.prod(_counted(path, domain) for path, domain in domains.items())


def product_point(domains: Mapping[str, Domain], index: int) -> dict[str, float | int]:
    """The combination at a place from 0 to `product_size` - 1; the first domain turns fastest.

    Raises:
        ConfigError: The values of a domain cannot be counted.
    """
    point: dict[str, float | int] = {}
    for path, domain in domains.items():
        index, place = divmod(index, _counted(path, domain))
        point[path] = domain.at(place)
    return point


def _counted(path: str, domain: Domain) -> int:
    if domain.size is None:
        raise ConfigError(f"the values of {path!r} cannot be counted: {domain}")
    return domain.size


def _between(lower: float, upper: float, share: float) -> float:
    # Not lower + (upper - lower) * share: the difference of large bounds would overflow.
    return lower * (1.0 - share) + upper * share


def _range_json(domain: Float | Int) -> dict[str, Any]:
    return {
        "kind": domain.kind,
        "lower": domain.lower,
        "upper": domain.upper,
        "log": domain.log,
        "step": domain.step,
    }


def _listed_values(data: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(decode_value(value, Missing.from_marker) for value in data["values"])


_FROM_JSON: Final[Mapping[str, Callable[[Mapping[str, Any]], Domain]]] = {
    "float": lambda data: Float(data["lower"], data["upper"], data["log"], data["step"]),
    "int": lambda data: Int(data["lower"], data["upper"], data["log"], data["step"]),
    "choice": lambda data: Choice(_listed_values(data)),
    "grid": lambda data: Grid(_listed_values(data)),
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


def _check_step(lower: float, upper: float, step: float) -> None:
    if step <= 0:
        raise ConfigError(f"step must be above 0, got {step}")
    if step * (1 - 1e-9) > upper - lower and lower != upper:
        raise ConfigError(f"step={step} is larger than the range from {lower} to {upper}")
    steps = (upper - lower) / step
    if abs(steps - round(steps)) > 1e-9 * max(steps, 1.0):
        last = lower + math.floor(steps) * step
        raise ConfigError(
            f"upper={upper} is not lower={lower} plus a multiple of step={step}",
            hint=f"The last value below is {last:.12g}.",
        )
