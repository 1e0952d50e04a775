"""Ranges of numbers as the interval from 0 to 1, each in its own scale.

So distances in one parameter mean what they mean in another: even steps of a range, of the
logarithm of a logarithmic one, of the quantile of a normal distribution.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

from pegbox.space.domain import Domain
from pegbox.space.normal import Normal
from pegbox.space.ranges import Float, Int

__all__ = ["Numeric", "from_unit", "is_numeric", "to_unit"]

Numeric = Float | Int | Normal

#: How near to the end of its tails a normal distribution is taken back from the interval.
_TAIL: Final = 1e-6


def is_numeric(domain: Domain) -> bool:
    """Whether the ``domain`` has a place here: listed values have not."""
    return isinstance(domain, Numeric)


def to_unit(domain: Domain, value: float | int) -> float:
    """Where a point ``value`` of a numeric ``domain`` lies between 0 and 1."""
    if isinstance(domain, Normal):
        return NormalDist(domain.mean, domain.sd).cdf(value)
    assert isinstance(domain, Float | Int)
    if domain.lower == domain.upper:
        return 0.0
    if domain.log:
        first, last = math.log(domain.lower), math.log(domain.upper)
        return (math.log(value) - first) / (last - first)
    if isinstance(domain, Int):  # exact, however large they are
        return (int(value) - domain.lower) / (domain.upper - domain.lower)
    # Halves, since the difference of large bounds would overflow.
    return (value / 2 - domain.lower / 2) / (domain.upper / 2 - domain.lower / 2)


def from_unit(domain: Domain, place: float) -> float | int:
    """The point value of a numeric ``domain`` nearest to a ``place`` between 0 and 1."""
    if isinstance(domain, Normal):
        curve = NormalDist(domain.mean, domain.sd)
        return domain.nearest(curve.inv_cdf(min(max(place, _TAIL), 1 - _TAIL)))
    assert isinstance(domain, Float | Int)
    if place <= 0 or place >= 1:
        return domain.lower if place <= 0 else domain.upper
    if domain.log:
        logarithm = math.log(domain.lower) * (1 - place) + math.log(domain.upper) * place
        return domain.nearest(math.exp(logarithm))
    return domain.nearest(domain.lower * (1 - place) + domain.upper * place)
