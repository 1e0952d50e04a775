"""The Pareto set: results of which no other is as good in every objective, and better in one.

Pure functions of losses; which trials count, and what of them, is for whoever asks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import reduce
from operator import and_
from typing import Any

__all__ = ["pareto_set"]

#: The losses of one trial, one for each objective.
Losses = tuple[float, ...]

#: Whether losses are kept, asked in ascending order: whether none that were kept before are as
#: good in every objective but the first, in which they are as good by the order.
_Sieve = Callable[[Losses], bool]


def pareto_set(losses: Sequence[Sequence[float]]) -> list[int]:
    """Places of the losses that no other dominates, ascending; of equals, all.

    Args:
        losses: Finite, less is better, and as many in each.
    """
    places: dict[Losses, list[int]] = {}
    for place, each in enumerate(losses):
        places.setdefault(tuple(each), []).append(place)
    if not places:
        return []
    # In this order nobody is dominated by one that comes later.
    order = sorted(places)
    keeps = _sieve(len(order[0]), len(order))
    return sorted(place for each in order if keeps(each) for place in places[each])


def _sieve(objectives: int, count: int) -> _Sieve:
    if objectives == 1:
        return _first_alone()
    if objectives == 2:
        return _ever_lower()
    return _staircase() if objectives == 3 else _all_before(objectives, count)


def _first_alone() -> _Sieve:
    seen: list[Losses] = []

    def keeps(each: Losses) -> bool:
        seen.append(each)
        return len(seen) == 1

    return keeps


def _ever_lower() -> _Sieve:
    lowest = float("inf")

    def keeps(each: Losses) -> bool:
        nonlocal lowest
        lower = each[1] < lowest
        lowest = min(lowest, each[1])
        return lower

    return keeps


def _staircase() -> _Sieve:
    """What was kept, as a staircase over the second and third objective: O(log n) each."""
    seconds: list[float] = []  # ascending
    thirds: list[float] = []  # descending

    def keeps(each: Losses) -> bool:
        _, second, third = each
        at = bisect_right(seconds, second)
        if at and thirds[at - 1] <= third:
            return False
        start = at - 1 if at and seconds[at - 1] == second else at
        end = at
        while end < len(thirds) and thirds[end] >= third:
            end += 1
        seconds[start:end], thirds[start:end] = [second], [third]
        return True

    return keeps


def _all_before(objectives: int, count: int) -> _Sieve:
    """Each against all that were kept before it, at once."""
    import numpy

    columns: Any = numpy.empty((objectives - 1, count))
    kept = 0

    def keeps(each: Losses) -> bool:
        nonlocal kept
        as_good = (column[:kept] <= at for column, at in zip(columns, each[1:], strict=True))
        if reduce(and_, as_good).any():
            return False
        columns[:, kept] = each[1:]
        kept += 1
        return True

    return keeps
