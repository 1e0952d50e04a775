"""The space as one searcher sees it: what it has no like for, in terms of what it has.

Optimizers differ in the ranges that they know. What one lacks is mapped here, so that every
searcher proposes values of the same support, and hears of others' points in its own terms. What
has no mapping is refused by name.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from statistics import NormalDist
from types import MappingProxyType
from typing import Any, Final, Protocol

from pegbox.errors import ConfigError, UnsupportedSpace
from pegbox.space.domain import Domain, DomainKind, RangeForm
from pegbox.space.normal import Normal
from pegbox.space.ranges import Float, Int
from pegbox.space.space import Space
from pegbox.space.unit_cube import from_unit, to_unit

__all__ = ["Presentation", "Shown", "Takes", "form_of", "show"]

#: How far into its tails a normal distribution is shown: to 4.75 standard deviations.
_TAIL: Final = 1e-6


class Takes(Protocol):
    """What a searcher knows; see `pegbox.searcher.Traits`.

    Attributes:
        domains: The kinds of domain.
        ranges: The forms of ranges beside the plain one.
        conditions: Whether it leaves out parameters that do not exist in a point.
        largest_int: How far from 0 it tells whole numbers apart; None for any distance.
        largest_float: How far from 0 a range of real numbers may reach that is not logarithmic;
            None for any distance.
    """

    @property
    def domains(self) -> frozenset[DomainKind]: ...
    @property
    def ranges(self) -> frozenset[RangeForm]: ...
    @property
    def conditions(self) -> bool: ...
    @property
    def largest_int(self) -> int | None: ...
    @property
    def largest_float(self) -> float | None: ...


class Shown(ABC):
    """How one parameter is shown to a searcher.

    Attributes:
        domain: What the searcher sees.
        how: How it is mapped, for people; empty where it is shown as it is.
    """

    domain: Domain
    how: str

    @abstractmethod
    def shown(self, value: float | int) -> float | int:
        """A value of the user's domain as the searcher would propose it."""

    @abstractmethod
    def meant(self, value: float | int) -> float | int:
        """The value of the user's domain that a proposal stands for."""


class _AsItIs(Shown):
    how = ""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain

    def shown(self, value: float | int) -> float | int:
        return value

    def meant(self, value: float | int) -> float | int:
        return value


class _ByIndex(Shown):
    """A range with a step, by the number of steps from its lower bound."""

    def __init__(self, domain: Float | Int) -> None:
        assert domain.size is not None
        self._own = domain
        self.domain = Int(0, domain.size - 1)
        self.how = f"by the number of its step, 0 to {domain.size - 1}"

    def shown(self, value: float | int) -> int:
        return _index(self._own, value)

    def meant(self, value: float | int) -> float | int:
        return self._own.at(int(value))


class _Nearest(Shown):
    """A range by one without its step, or of real numbers, from which the nearest is taken."""

    def __init__(self, domain: Float | Int, shown: Float | Int) -> None:
        self._own = domain
        self.domain = shown
        self.how = "by the nearest value of a range without steps"

    def shown(self, value: float | int) -> float | int:
        return float(value) if isinstance(self.domain, Float) else value

    def meant(self, value: float | int) -> float | int:
        return self._own.nearest(value)


class _ByShare(Shown):
    """A range by the share of it that lies below a value."""

    how = "by its place in the range, from 0 to 1"

    def __init__(self, domain: Float | Int) -> None:
        self._own = domain
        self._size = domain.size
        self.domain = Float(0, 1)

    def shown(self, value: float | int) -> float:
        if self._size is None:
            return min(max(to_unit(self._own, value), 0.0), 1.0)
        return (2 * _index(self._own, value) + 1) / (2 * self._size)

    def meant(self, value: float | int) -> float | int:
        if self._size is None:
            return from_unit(self._own, value)
        part, whole = float(value).as_integer_ratio()
        return self._own.at(min(part * self._size // whole, self._size - 1))


class _InLogarithm(Shown):
    """A logarithmic range by the logarithm of its values."""

    def __init__(self, domain: Float | Int) -> None:
        self._own = domain
        self._last = math.log(domain.upper)
        self.domain = Float(math.log(domain.lower), self._last)
        self.how = "by its logarithm"

    def shown(self, value: float | int) -> float:
        return math.log(value)

    def meant(self, value: float | int) -> float | int:
        # Not the exponential of the last one: by a rounding it may overflow.
        return self._own.nearest(self._own.upper if value >= self._last else math.exp(value))


class _ByQuantile(Shown):
    """A normal distribution by its quantiles."""

    def __init__(self, domain: Normal) -> None:
        self._own = domain
        self._curve = NormalDist(domain.mean, domain.sd)
        self.domain = Float(_TAIL, 1 - _TAIL)
        self.how = "by its quantile"

    def shown(self, value: float | int) -> float:
        return min(max(self._curve.cdf(value), _TAIL), 1 - _TAIL)

    def meant(self, value: float | int) -> float:
        return self._own.nearest(self._curve.inv_cdf(value))


def show(domain: Domain, takes: Takes) -> Shown | None:
    """How a searcher is shown a domain; None where it knows nothing that could stand for it."""
    if isinstance(domain, Normal) and "normal" not in takes.domains:
        return _ByQuantile(domain) if "float" in takes.domains else None
    if isinstance(domain, Float | Int):
        return _show_range(domain, takes)
    return _AsItIs(domain) if domain.kind in takes.domains else None


def _show_range(domain: Float | Int, takes: Takes) -> Shown | None:
    kinds, form = takes.domains, form_of(domain)
    near = _is_near(domain, takes)
    if near and domain.kind in kinds and (form is None or form in takes.ranges):
        return _AsItIs(domain)
    if _is_counted(domain, takes):
        return _ByIndex(domain)
    if near and domain.log and "log" in takes.ranges and domain.kind in kinds:
        return _Nearest(domain, _without_step(domain))
    if "float" not in kinds:
        return None
    if domain.log and _is_wide(domain):
        return _InLogarithm(domain)
    if not (near or (domain.log and isinstance(domain, Float))):
        return _ByShare(domain)
    if isinstance(domain, Float):
        return _Nearest(domain, Float(domain.lower, domain.upper))
    half = domain.step / 2  # each value has as much room
    return _Nearest(domain, Float(domain.lower - half, domain.upper + half))


def _is_near(domain: Float | Int, takes: Takes) -> bool:
    """Whether the searcher can compute with the bounds."""
    if isinstance(domain, Float) and domain.log:
        return takes.largest_float is None or _is_wide(domain)
    most = takes.largest_float if isinstance(domain, Float) else takes.largest_int
    return most is None or max(abs(domain.lower), abs(domain.upper)) <= most


def _is_wide(domain: Float | Int) -> bool:
    """Whether the logarithms of the bounds differ."""
    return math.log(domain.lower) < math.log(domain.upper)


def _is_counted(domain: Float | Int, takes: Takes) -> bool:
    """Whether what is not shown as it is can be shown by the number of the step."""
    if domain.size is None or "int" not in takes.domains:
        return False
    few = takes.largest_int is None or domain.size - 1 <= takes.largest_int
    return few and (domain.size == 1 or not domain.log)


def _index(domain: Float | Int, value: float | int) -> int:
    """The number of a value's step."""
    if isinstance(domain, Int):  # exact, however large they are
        return int(value - domain.lower) // domain.step
    assert domain.step is not None
    return round(value / domain.step - domain.lower / domain.step)


def _without_step(domain: Float | Int) -> Float | Int:
    return replace(domain, step=None) if isinstance(domain, Float) else replace(domain, step=1)


def form_of(domain: Float | Int) -> RangeForm | None:
    """What is special about a range; None for a plain one."""
    stepped = domain.step is not None and (isinstance(domain, Float) or domain.step > 1)
    if domain.log:
        return "log_step" if stepped else "log"
    return "step" if stepped else None


class Presentation:
    """A space in the terms of one searcher.

    Args:
        space: The user's.
        takes: What the searcher knows.

    Attributes:
        parameters: Path to how it is shown, in the user's order.
        domains: Path to what the searcher sees.

    Raises:
        UnsupportedSpace: A parameter that cannot be shown, named.
    """

    def __init__(self, space: Space, takes: Takes) -> None:
        self._space = space
        self._conditions = takes.conditions
        self.parameters: dict[str, Shown] = {}
        for path, domain in space.domains.items():
            shown = show(domain, takes)
            if shown is None:
                what = f"a {domain.kind} domain"
                if domain.kind in takes.domains:
                    what = f"{domain}"
                raise UnsupportedSpace(
                    f"parameter {path!r} is {what}, for which the searcher has nothing like it",
                    hint=f"It takes {', '.join(sorted(takes.domains))}.",
                )
            self.parameters[path] = shown
        self.domains: Mapping[str, Domain] = {p: each.domain for p, each in self.parameters.items()}
        self._mapped = {path: each for path, each in self.parameters.items() if each.how}

    def shown(self, point: Mapping[str, float | int]) -> dict[str, float | int]:
        """A whole point as the searcher would have proposed it.

        Args:
            point: As `pegbox.space.Space.conform` gave it.
        """
        return self.part(self._space.seen(point, conditions=self._conditions))

    def part(self, point: Mapping[str, float | int]) -> dict[str, float | int]:
        """The same of a point that may lack some values."""
        found = dict(point)
        for path, each in self._mapped.items():
            if path in found:
                found[path] = each.shown(found[path])
        return found

    def meant(
        self, proposal: Mapping[str, Any], wanted: Mapping[str, float | int] = MappingProxyType({})
    ) -> dict[str, float | int]:
        """The point that a proposal of the searcher stands for.

        Args:
            proposal: In the searcher's terms.
            wanted: What the user wants to have tried there. Of these, values that are shown as
                they are proposed come back as they are: other ones may be shown the same.

        Raises:
            ConfigError: A value is missing, unknown or outside; path, value and bounds are named.
        """
        found: dict[str, Any] = dict(proposal)
        for path, each in self._mapped.items():
            if path in found:
                try:
                    value = each.domain.conform(found[path])
                    is_wanted = path in wanted and each.shown(wanted[path]) == value
                    found[path] = wanted[path] if is_wanted else each.meant(value)
                except ConfigError as error:
                    raise ConfigError(
                        f"parameter {path!r}, shown {each.how}: {error.message}", hint=error.hint
                    ) from None
        return self._space.conform(found)
