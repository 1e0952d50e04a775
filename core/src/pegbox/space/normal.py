"""`Normal`: real numbers around a mean, without bounds."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from pegbox.errors import ConfigError
from pegbox.space.domain import Domain, DomainKind
from pegbox.space.numbers import as_float
from pegbox.space.quanta import UNCOUNTED, check_fine, rounded

__all__ = ["Normal"]

#: No generator draws further out than this many standard deviations.
_FARTHEST: Final = 40


@dataclass(frozen=True, slots=True)
class Normal(Domain):
    """Real numbers of a normal distribution; any finite number lies inside.

    Attributes:
        mean: Where they gather.
        sd: Standard deviation, above 0.
        step: Only multiples of it; None for all numbers.

    Raises:
        ConfigError: ``sd`` or ``step`` is not above 0, or a number is not finite.
    """

    mean: float = 0.0
    sd: float = 1.0
    step: float | None = None

    kind: ClassVar[DomainKind] = "normal"

    def __post_init__(self) -> None:
        object.__setattr__(self, "mean", as_float(self.mean, "mean"))
        object.__setattr__(self, "sd", as_float(self.sd, "sd"))
        if self.sd <= 0:
            raise ConfigError(
                f"sd must be above 0, got {self.sd}",
                hint="Write randn(mean, sd); a value that does not vary needs no domain.",
            )
        as_float(abs(self.mean) + _FARTHEST * self.sd, "the range of mean and sd")
        if self.step is not None:
            object.__setattr__(self, "step", as_float(self.step, "q"))
            if self.step <= 0:
                raise ConfigError(
                    f"q must be above 0, got {self.step}", hint="Write qrandn(mean, sd, q)."
                )
            check_fine(self.step, abs(self.mean) + self.sd, "q")

    @property
    def size(self) -> int | None:
        return None

    def at(self, index: int) -> float:
        raise ConfigError(f"the values of {self} cannot be counted", hint=UNCOUNTED)

    def draw(self, rng: random.Random) -> float:
        return self.nearest(rng.gauss(self.mean, self.sd))

    def nearest(self, value: float) -> float:
        """The value of the domain nearest to ``value``, a finite number."""
        if self.step is None:
            return float(value)
        places = value / self.step
        if abs(places) >= 2**52:  # so far out all floats are multiples; it may be infinite
            return float(value)
        multiple = round(places) * self.step
        return rounded(multiple, abs(multiple))

    def conform(self, value: Any) -> float:
        plain = as_float(value, "the value")
        nearest = self.nearest(plain)
        if self.step is not None and abs(nearest - plain) > 1e-6 * self.step:
            raise ConfigError(
                f"{plain!r} is no multiple of {self.step}", hint=f"The nearest is {nearest}."
            )
        return nearest

    def quantized(self, q: float) -> Normal:
        """The same distribution, rounded to the multiples of ``q``.

        Raises:
            ConfigError: ``q`` is not above 0, not finite, or too small beside the mean.
        """
        return Normal(self.mean, self.sd, as_float(q, "q"))

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "mean": self.mean, "sd": self.sd, "step": self.step}
