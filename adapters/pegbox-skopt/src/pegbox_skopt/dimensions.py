"""pegbox's domains as skopt's dimensions, and points in their terms.

Every range of real numbers is shown to skopt as the one from 0 to 1: it compares points by their
absolute distance, so that all points of a range of 1e-9 would count as one. Its models scale
ranges to that length in any case.
"""

from __future__ import annotations

import math
import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pegbox.errors import UnsupportedSpace
from pegbox.searcher import Point
from pegbox.space import Domain
from skopt.space import Categorical, Dimension, Integer, Real

__all__ = ["Coding"]

#: Beyond this, floats do not tell a range's whole numbers apart.
_LARGEST_INT: Final = 2**52


class _Coded(ABC):
    """One parameter in skopt's terms."""

    @abstractmethod
    def dimension(self) -> Dimension:
        """A new dimension: skopt's optimizers change those that they are given."""

    @abstractmethod
    def coded(self, value: float | int) -> float | int:
        """A value of the domain in the dimension's terms."""

    @abstractmethod
    def value(self, coded: Any) -> float | int:
        """The value of the domain, plain, that a value of the dimension stands for."""

    @abstractmethod
    def at(self, share: float) -> float | int:
        """The value that ``share`` of the domain, from 0 to 1, lies below."""


class _Line(_Coded):
    """Numbers between two bounds, evenly or in the logarithm."""

    def __init__(self, domain: Any) -> None:
        self._domain = domain
        ends = domain.lower, domain.upper
        self._first, self._last = (math.log(end) if domain.log else float(end) for end in ends)

    def dimension(self) -> Dimension:
        return Real(0.0, 1.0)

    def coded(self, value: float | int) -> float:
        on_line = math.log(value) if self._domain.log else float(value)
        # In halves: the difference of large bounds would overflow.
        share = (on_line / 2 - self._first / 2) / (self._last / 2 - self._first / 2)
        return min(max(share, 0.0), 1.0)

    def value(self, coded: Any) -> float | int:
        return self.at(float(coded))

    def at(self, share: float) -> float | int:
        if share >= 1:
            value = self._domain.upper
        else:
            on_line = self._first * (1 - share) + self._last * share
            value = math.exp(on_line) if self._domain.log else on_line
        nearest: float | int = self._domain.nearest(value)
        return nearest


class _Whole(_Coded):
    """Whole numbers, few enough to be told apart."""

    def __init__(self, domain: Any) -> None:
        self._domain = domain

    def dimension(self) -> Dimension:
        prior = "log-uniform" if self._domain.log else "uniform"
        return Integer(self._domain.lower, self._domain.upper, prior=prior, dtype=int)

    def coded(self, value: float | int) -> int:
        return int(value)

    def value(self, coded: Any) -> int:
        return int(coded)

    def at(self, share: float) -> int:
        lower, upper, size = self._domain.lower, self._domain.upper, self._domain.size
        if self._domain.log:
            beyond = math.log((upper + 1) / lower)
            return int(min(lower * math.exp(beyond * share), upper))
        return int(lower + min(int(share * size), size - 1))


class _Category(_Coded):
    """A category by its index."""

    def __init__(self, domain: Any) -> None:
        self._size = domain.size

    def dimension(self) -> Dimension:
        return Categorical(range(self._size))

    def coded(self, value: float | int) -> int:
        return int(value)

    def value(self, coded: Any) -> int:
        return int(coded)

    def at(self, share: float) -> int:
        return int(min(share * self._size, self._size - 1))


class Coding:
    """A space in skopt's terms: what cannot vary is left out.

    Args:
        space: Flat path to domain.

    Attributes:
        size: How many dimensions there are.

    Raises:
        UnsupportedSpace: A domain that skopt has nothing like.
    """

    def __init__(self, space: Mapping[str, Domain]) -> None:
        self._space: dict[str, Any] = dict(space)
        self._fixed = {
            path: 0 if domain.kind == "choice" else domain.lower
            for path, domain in self._space.items()
            if domain.size == 1
        }
        self._coded = {
            path: _code(path, domain) for path, domain in space.items() if path not in self._fixed
        }
        self.size = len(self._coded)

    def dimensions(self) -> list[Dimension]:
        """New dimensions, in the space's order."""
        return [each.dimension() for each in self._coded.values()]

    def coded(self, point: Point) -> list[float | int]:
        """A whole point in the dimensions' terms."""
        return [each.coded(point[path]) for path, each in self._coded.items()]

    def point(self, values: Sequence[Any]) -> dict[str, float | int]:
        """The point, of plain numbers, that values of the dimensions stand for."""
        pairs = zip(self._coded.items(), values, strict=True)
        return self._whole({path: each.value(value) for (path, each), value in pairs})

    def at(self, shares: Sequence[float]) -> dict[str, float | int]:
        """The point at a place of the unit cube: an even spread there is one in the space."""
        pairs = zip(self._coded.items(), shares, strict=True)
        return self._whole({path: each.at(share) for (path, each), share in pairs})

    def drawn(self, seed: int) -> dict[str, float | int]:
        """A random point."""
        rng = random.Random(seed)
        return {path: domain.draw(rng) for path, domain in self._space.items()}

    def _whole(self, varied: Mapping[str, float | int]) -> dict[str, float | int]:
        every = {**self._fixed, **varied}
        return {path: every[path] for path in self._space}


def _code(path: str, domain: Any) -> _Coded:
    if domain.kind == "choice":
        return _Category(domain)
    if domain.kind not in ("float", "int") or domain.step not in (None, 1):
        raise UnsupportedSpace(
            f"parameter {path!r}: skopt has nothing like {domain}",
            hint="It takes choices, and floats and ints without a step.",
        )
    few = domain.kind == "int" and max(abs(domain.lower), abs(domain.upper)) <= _LARGEST_INT
    return _Whole(domain) if few else _Line(domain)
