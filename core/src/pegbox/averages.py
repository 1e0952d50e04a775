"""Mean and deviation of whatever users report: near the largest float, too, and with infinity."""

from __future__ import annotations

import math
from collections.abc import Collection
from statistics import pstdev

__all__ = ["deviation", "mean"]


def mean(values: Collection[float]) -> float:
    """The mean of at least one number; NaN where infinities of both signs are among them."""
    try:
        return math.fsum(values) / len(values)
    except OverflowError:  # of the sum, not of the mean
        return math.fsum(value / len(values) for value in values)
    except ValueError:
        return math.nan


def deviation(values: Collection[float]) -> float:
    """The standard deviation of finite numbers, as of all there are; infinite where it is huge."""
    try:
        return pstdev(values)
    except OverflowError:
        return math.inf
