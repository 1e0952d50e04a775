"""`Domain`: what every kind of domain can do.

A domain knows its bounds, how to draw, and what lies inside. Searchers speak to it in *point
values*: a float, an int, or the index of a category. Where a parameter stands in the configuration
is not its concern.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal

from pegbox.errors import ConfigError

__all__ = ["Domain", "DomainKind", "RangeForm"]

#: The kinds of domain that a searcher may meet; see `pegbox.searcher.Traits`.
DomainKind = Literal["float", "int", "choice", "normal", "grid"]

#: Ranges beside the plain one: even in the logarithm, with a step, and both at once.
RangeForm = Literal["log", "step", "log_step"]


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
        """The point value at an ``index`` from 0 to ``size - 1``, in ascending or given order."""

    @abstractmethod
    def draw(self, rng: random.Random) -> float | int:
        """Draw a point value with ``rng``."""

    @abstractmethod
    def conform(self, value: Any) -> float | int:
        """A point ``value`` as a plain Python number of the right type.

        Values outside by no more than an optimizer's rounding are put on the bound.

        Raises:
            ConfigError: It is no number or lies outside.
        """

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """JSON data (`pegbox.jsonvalue`) that `pegbox.space.domain_from_json` takes."""

    def contains(self, value: Any) -> bool:
        """Whether `conform` takes the point ``value``."""
        try:
            self.conform(value)
        except ConfigError:
            return False
        return True

    def value(self, coded: float | int) -> Any:
        """What the trial gets for a point value, ``coded``."""
        return coded

    def coded(self, value: Any) -> float | int:
        """The point value of a ``value`` that a trial gets: the way back.

        Raises:
            ConfigError: The domain has no such value.
        """
        return self.conform(value)

    def sample(self, *, size: int = 1, random_state: Any = None) -> Any:
        """Draw what a trial would get; for code of your own, such as a ``sample_from``.

        Searchers use `draw`, which gives point values.

        Args:
            size: How many; 1 gives a value, more a list.
            random_state: A ``random.Random``, a generator of numpy's, or an integer seed. With
                None, what is drawn cannot be repeated.
        """
        rng = _generator(random_state)
        drawn = [self.value(self.draw(rng)) for _ in range(size)]
        return drawn[0] if size == 1 else drawn


def _generator(random_state: Any) -> random.Random:
    if isinstance(random_state, random.Random):
        return random_state
    if random_state is None or isinstance(random_state, int):
        return random.Random(random_state)
    take_bytes = getattr(random_state, "bytes", None)
    if not callable(take_bytes):
        raise ConfigError(
            f"random_state must be a generator or an integer seed, got {random_state!r}",
            hint="Give random.Random(seed), numpy.random.default_rng(seed), or the seed itself.",
        )
    return random.Random(take_bytes(16))
