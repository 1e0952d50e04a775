"""What a trial asks for and what a worker has: amounts by name, exact under addition.

Amounts are kept as integers of 1/10,000, so that adding and giving back 0.1 ten thousand
times ends where it began. Nothing here knows where a worker is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from pegbox.errors import ConfigError
from pegbox.text import shown

__all__ = ["WHOLE", "Resources"]

#: Units of the amount 1.
WHOLE: Final = 10_000
#: More than any cluster has, and still exact.
_MOST: Final = 1e12


class Resources(Mapping[str, float]):
    """Immutable amounts by resource name; absent means zero.

    Args:
        amounts: Amount for each name, not negative; ``cpu`` and ``gpu`` are the usual names,
            any other is a custom resource that workers advertise. Precision is 0.0001.

    Raises:
        ConfigError: An amount is negative or not a number.
    """

    __slots__ = ("_hash", "_units")

    def __init__(self, amounts: Mapping[str, float] | None = None) -> None:
        units: dict[str, int] = {}
        for name, amount in (amounts or {}).items():
            valid = isinstance(amount, int | float) and not isinstance(amount, bool)
            if not valid or not 0 <= amount <= _MOST:
                raise ConfigError(
                    f"resource {shown(name)} must be a number not below 0, got {shown(amount)}",
                    hint='Write e.g. {"cpu": 2, "gpu": 0.5}.',
                )
            if scaled := round(amount * WHOLE):
                units[str(name)] = scaled
        self._units = dict(sorted(units.items()))
        self._hash = hash(tuple(self._units.items()))

    def __getitem__(self, name: str) -> float:
        return self._units[name] / WHOLE

    def __iter__(self) -> Iterator[str]:
        return iter(self._units)

    def __len__(self) -> int:
        return len(self._units)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Resources):
            return self._units == other._units
        return NotImplemented

    def __repr__(self) -> str:
        return f"Resources({dict(self)})"

    def units(self, name: str) -> int:
        """The amount of one resource, exactly.

        Args:
            name: Of the resource.

        Returns:
            Units of 1/10,000; 0 where it is absent.
        """
        return self._units.get(name, 0)

    def fits(self, room: Resources) -> bool:
        """Whether a request of this size fits into ``room``."""
        have = room._units
        return all(n <= have.get(name, 0) for name, n in self._units.items())

    def __reduce__(self) -> tuple[object, tuple[dict[str, int]]]:
        return _of_units, (self._units,)

    def times_in(self, room: Resources) -> int:
        """How many requests of this size fit into ``room`` together.

        An empty request needs nothing and fits once: a worker without bound would be a mistake.
        """
        return _times_in(self, room)

    def plus(self, other: Resources) -> Resources:
        """The sum with ``other``, name by name."""
        return _plus(self, other)

    def minus(self, other: Resources) -> Resources:
        """What is left without ``other``, name by name.

        Raises:
            ValueError: An amount would fall below zero.
        """
        return _minus(self, other)


def _of_units(units: dict[str, int]) -> Resources:
    new = Resources.__new__(Resources)
    new._units = dict(sorted((name, n) for name, n in units.items() if n))
    new._hash = hash(tuple(new._units.items()))
    return new


# A run knows few amounts and adds them over and over, so that sums are looked up.


@lru_cache(maxsize=4096)
def _times_in(shape: Resources, room: Resources) -> int:
    if not shape._units:
        return 1
    have = room._units
    return min(have.get(name, 0) // n for name, n in shape._units.items())


@lru_cache(maxsize=4096)
def _plus(one: Resources, other: Resources) -> Resources:
    units = dict(one._units)
    for name, n in other._units.items():
        units[name] = units.get(name, 0) + n
    return _of_units(units)


@lru_cache(maxsize=4096)
def _minus(one: Resources, other: Resources) -> Resources:
    units = dict(one._units)
    for name, n in other._units.items():
        units[name] = units.get(name, 0) - n
        if units[name] < 0:
            raise ValueError(f"{other} is more than {one} has of {name!r}")
    return _of_units(units)
