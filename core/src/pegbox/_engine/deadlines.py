"""Moments at which something is due: one for each key, the earliest first.

It knows no clock. Each operation costs the logarithm of how many there are, whatever has been
set and cleared before.
"""

from __future__ import annotations

import heapq

__all__ = ["Deadlines"]

#: Entries of the heap that may be out of date before it is made anew.
_SLACK = 64


class Deadlines:
    """Keys with a moment each, in seconds on the run's clock."""

    def __init__(self) -> None:
        self._at: dict[int, float] = {}
        #: (moment, key); an entry that differs from ``_at`` is out of date.
        self._heap: list[tuple[float, int]] = []

    def __len__(self) -> int:
        return len(self._at)

    def set(self, key: int, at: float) -> None:
        """Due then, whatever was said of this key before."""
        self._at[key] = at
        if len(self._heap) > 2 * len(self._at) + _SLACK:
            self._heap = [(moment, other) for other, moment in self._at.items()]
            heapq.heapify(self._heap)
        else:
            heapq.heappush(self._heap, (at, key))

    def clear(self, key: int) -> None:
        """No longer due; one that never was is no mistake."""
        self._at.pop(key, None)

    @property
    def next(self) -> float | None:
        """The earliest moment; None where there is none."""
        heap = self._heap
        while heap and self._at.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def take(self, until: float) -> list[int]:
        """The keys that are due by then, the earliest first; they are cleared."""
        taken = []
        while (at := self.next) is not None and at <= until:
            key = heapq.heappop(self._heap)[1]
            del self._at[key]
            taken.append(key)
        return taken
