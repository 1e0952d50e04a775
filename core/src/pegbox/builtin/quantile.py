"""A quantile of values that keep coming, at a cost that does not grow with their number.

Owns the numbers only; what they mean, and whom they belong to, is the caller's.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable

__all__ = ["RunningQuantile"]


class RunningQuantile:
    """The quantile at ``1 / divisor`` of all values added so far, smallest first.

    Between two values it interpolates linearly, as `numpy.quantile` does by default. Adding takes
    O(log n), reading O(1).

    Args:
        divisor: More than 1; 4 gives the value that a quarter of the others do not exceed.
        values: Values to begin with; infinity is allowed, NaN is not.
    """

    __slots__ = ("_divisor", "_high", "_low")

    def __init__(self, divisor: float, values: Iterable[float] = ()) -> None:
        self._divisor = divisor
        #: Negated values up to the quantile, as a heap: `_low[0]` is the greatest of them.
        self._low: list[float] = []
        #: The values above, as a heap. len(_low) == floor((n - 1) / divisor) + 1 for n > 0.
        self._high: list[float] = []
        for value in values:
            self.add(value)

    def __len__(self) -> int:
        return len(self._low) + len(self._high)

    def add(self, value: float) -> None:
        """Take in one more value."""
        # Through both heaps: what is pushed low may be too great for it, or the other way round.
        greatest_low = -heapq.heappushpop(self._low, -value)
        heapq.heappush(self._high, greatest_low)
        if len(self._low) < self._low_size():
            heapq.heappush(self._low, -heapq.heappop(self._high))

    @property
    def value(self) -> float | None:
        """The quantile, or None while there is no value."""
        if not self._low:
            return None
        below = -self._low[0]
        share = math.fmod(len(self) - 1, self._divisor) / self._divisor
        return _between(below, self._high[0], share) if self._high and share else below

    def values(self) -> list[float]:
        """All values, sorted."""
        return sorted([*(-value for value in self._low), *self._high])

    def _low_size(self) -> int:
        return math.floor((len(self) - 1) / self._divisor) + 1


def _between(low: float, high: float, share: float) -> float:
    """The point at ``share`` of the way from ``low`` to ``high``; safe for infinities."""
    if low == high:
        return low
    gap = high - low
    # The second form is for a gap past the largest float, and for an infinite end.
    return low + gap * share if math.isfinite(gap) else low * (1 - share) + high * share
