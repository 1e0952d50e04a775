"""Every combination of countable domains, in a fixed order."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from pegbox.errors import ConfigError
from pegbox.space.conditions import NO_CONDITIONS, Condition
from pegbox.space.domain import Domain
from pegbox.space.quanta import UNCOUNTED

__all__ = ["product_point", "product_size"]


def product_size(
    domains: Mapping[str, Domain], conditions: Mapping[str, Condition] = NO_CONDITIONS
) -> int:
    """How many combinations countable domains have; 1 for none.

    Args:
        domains: Path to domain.
        conditions: Parameters that only count beside some value of another.

    Raises:
        ConfigError: The values of a domain cannot be counted.
    """
    product = _Product(domains, conditions)
    return product.size(product.top)


def product_point(
    domains: Mapping[str, Domain], index: int, conditions: Mapping[str, Condition] = NO_CONDITIONS
) -> dict[str, float | int]:
    """The combination at a place from 0 to `product_size` - 1; the first domain turns fastest.

    It goes round beyond. Parameters that do not exist in a combination are left out of it.

    Raises:
        ConfigError: The values of a domain cannot be counted.
    """
    product = _Product(domains, conditions)
    point: dict[str, float | int] = {}
    product.fill(point, product.top, index)
    return {path: point[path] for path in domains if path in point}


class _Product:
    """Domains as a tree: below each value of a parameter are those that exist with it."""

    def __init__(self, domains: Mapping[str, Domain], conditions: Mapping[str, Condition]) -> None:
        self._domains = domains
        self._below: dict[Condition, list[str]] = {}
        self._parents = {condition.parent for condition in conditions.values()}
        self.top: list[str] = []
        for path in domains:
            condition = conditions.get(path)
            fellows = self.top if condition is None else self._below.setdefault(condition, [])
            fellows.append(path)

    def size(self, paths: Sequence[str]) -> int:
        """How many combinations parameters have that exist together."""
        return math.prod(map(self._count, paths))

    def fill(self, point: dict[str, float | int], paths: Sequence[str], index: int) -> None:
        """Put the values of one combination into a point."""
        for path in paths:
            index, place = divmod(index, self._count(path))
            if path in self._parents:
                self._fill_below(point, path, place)
            else:
                point[path] = self._domains[path].at(place)

    def _fill_below(self, point: dict[str, float | int], path: str, place: int) -> None:
        for value in range(self._values(path)):
            below = self._below.get(Condition(path, value), ())
            size = self.size(below)
            if place < size:
                point[path] = value
                self.fill(point, below, place)
                return
            place -= size

    def _count(self, path: str) -> int:
        """How many combinations a parameter has with all that exists because of it."""
        values = self._values(path)
        if path not in self._parents:
            return values
        return sum(self.size(self._below.get(Condition(path, v), ())) for v in range(values))

    def _values(self, path: str) -> int:
        size = self._domains[path].size
        if size is None:
            raise ConfigError(
                f"the values of {path!r} cannot be counted: {self._domains[path]}", hint=UNCOUNTED
            )
        return size
