"""Which trial is best by its latest value, without a look at all trials.

It ranks losses (less is better) by trial number and knows nothing else about trials.
"""

from __future__ import annotations

import heapq

__all__ = ["Leaderboard"]


class Leaderboard:
    """Latest losses by trial; the least of them costs O(log n) to keep, O(1) amortized to read."""

    def __init__(self) -> None:
        #: The loss that counts, by trial number.
        self._losses: dict[int, float] = {}
        #: (loss, number); holds every counting loss, and outdated ones until they surface.
        self._heap: list[tuple[float, int]] = []

    def put(self, number: int, loss: float | None) -> None:
        """Replace a trial's loss; None takes the trial off the board."""
        if loss is None:
            self._losses.pop(number, None)
            return
        self._losses[number] = loss
        heapq.heappush(self._heap, (loss, number))
        if len(self._heap) > 2 * len(self._losses) + 64:
            self._heap = [(kept, n) for n, kept in self._losses.items()]
            heapq.heapify(self._heap)

    def first(self) -> int | None:
        """Number of the best trial, the earlier one among equals; None where there is none."""
        while self._heap and self._losses.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][1] if self._heap else None

    def top(self, count: int) -> list[int]:
        """Numbers of the best trials, the best one first; O(count log n)."""
        found: dict[int, tuple[float, int]] = {}
        while len(found) < count and (number := self.first()) is not None:
            # The same loss may stand twice for a trial that came back to it.
            found[number] = heapq.heappop(self._heap)
        for pair in found.values():
            heapq.heappush(self._heap, pair)
        return list(found)
