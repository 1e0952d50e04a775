"""Domains of listed values: `Choice` and `Grid`. Their point value is the index.

The values may be any objects, and may hold domains of their own: see `pegbox.space.nodes`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, ClassVar

from pegbox.errors import ConfigError
from pegbox.space.domain import Domain, DomainKind
from pegbox.space.numbers import as_int
from pegbox.space.values import encode_value, index_of
from pegbox.text import shown

__all__ = ["Choice", "Grid", "Listed"]


@dataclass(frozen=True, slots=True)
class Listed(Domain):
    """Listed values: what choices and grids have in common.

    Attributes:
        values: The very objects that the user listed.
    """

    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", tuple(self.values))
        if not self.values:
            written = "grid_search" if self.kind == "grid" else self.kind
            raise ConfigError(
                f"{written} needs at least one value, got none",
                hint=f"Write e.g. {written}([1, 2]).",
            )

    @property
    def categories(self) -> list[Any]:
        """The values, under the name that Ray Tune has for them."""
        return list(self.values)

    @property
    def size(self) -> int:
        return len(self.values)

    def at(self, index: int) -> int:
        return index

    def draw(self, rng: random.Random) -> int:
        return rng.randrange(len(self.values))

    def conform(self, value: Any) -> int:
        plain = as_int(value, "the index of a value")
        if not 0 <= plain < len(self.values):
            raise ConfigError(
                f"index {plain} is not between 0 and {len(self.values) - 1}",
                hint="A point has the place of a value, counted from 0.",
            )
        return plain

    def value(self, coded: float | int) -> Any:
        return self.values[int(coded)]

    def coded(self, value: Any) -> int:
        index = index_of(value, self.values)
        if index is None:
            raise ConfigError(
                f"{shown(value)} is none of the {len(self.values)} values",
                hint=f"They are {shown(list(self.values))}.",
            )
        return index

    def to_json(self) -> dict[str, Any]:
        listed = [encode_value(value, {"index": i}) for i, value in enumerate(self.values)]
        return {"kind": self.kind, "values": listed}


@dataclass(frozen=True, slots=True)
class Choice(Listed):
    """One of some values, drawn evenly; in no order that a searcher could use.

    Attributes:
        values: The very objects that the user listed.

    Raises:
        ConfigError: There are no values.
    """

    kind: ClassVar[DomainKind] = "choice"


@dataclass(frozen=True, slots=True)
class Grid(Listed):
    """Every one of some values, in turn.

    Attributes:
        values: The very objects that the user listed.

    Raises:
        ConfigError: There are no values.
    """

    kind: ClassVar[DomainKind] = "grid"
