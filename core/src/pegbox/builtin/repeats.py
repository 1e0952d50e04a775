"""Which trials are repeats of which point, and what the mean of them is.

Trials whose numbers lie together are a group, so that a restore finds the same groups again. It
knows nothing of hooks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pegbox import averages
from pegbox.searcher import Point
from pegbox.trial import Outcome, trial_number

__all__ = ["Known", "Repeats", "mean"]

#: How one trial ended.
_End = tuple[Mapping[str, Any] | None, Outcome]


@dataclass(frozen=True, slots=True)
class Known:
    """What has become known of a point.

    Attributes:
        group: The group's number; None for one trial alone.
        proposed: Whether the searcher proposed the point in this process.
    """

    group: int | None
    proposed: bool
    point: Point
    result: Mapping[str, Any] | None
    outcome: Outcome


@dataclass(slots=True)
class _Group:
    """A point, and those of its trials that have ended, by their places."""

    point: Point
    proposed: bool
    ends: dict[int, tuple[Point, _End]] = field(default_factory=dict)
    #: Whether its trials have different points: they were begun without repeats, or with others.
    apart: bool = False

    def become(self, point: Point) -> None:
        """Take the point that a trial of it got for that of all, unless one has ended by now."""
        if point != self.point and not self.ends:
            self.point, self.proposed = point, False


class Repeats:
    """The groups of one run that are not known whole.

    Args:
        size: Trials in a group.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._groups: dict[int, _Group] = {}

    def take_in(self, pending: Mapping[str, Point]) -> None:
        """Note the groups of trials under way that were begun before a restore, and points that
        core has chosen in the place of those proposed here."""
        for trial_id, point in pending.items():
            group = trial_number(trial_id) // self._size
            self._groups.setdefault(group, _Group(point, proposed=False)).become(point)

    def begin(self, group: int, point: Point) -> None:
        """A point was proposed for a group."""
        self._groups[group] = _Group(point, proposed=True)

    def drop(self, group: int) -> None:
        """The point of a group was refused: it has none again."""
        self._groups.pop(group, None)

    def point_of(self, group: int) -> Point | None:
        """The point of a group; None where none has been proposed."""
        known = self._groups.get(group)
        return None if known is None else known.point

    def unanswered(self) -> Iterator[tuple[int, Point]]:
        """Number and point of each group that is not known whole."""
        return ((number, group.point) for number, group in self._groups.items() if not group.apart)

    def ended(self, number: int, point: Point | None, end: _End) -> list[Known]:
        """A trial has ended.

        Args:
            number: The trial's.
            point: Its point, where it was not begun here.
            end: How.

        Returns:
            What has become known by it: nothing, before the whole group has ended.
        """
        of, place = divmod(number, self._size)
        if of not in self._groups:
            assert point is not None
            self._groups[of] = _Group(point, proposed=False)
        group = self._groups[of]
        if point is None:
            point = group.point
        group.become(point)
        group.ends[place] = point, end
        known = self._alone(group, place)
        if len(group.ends) == self._size:
            del self._groups[of]
            if not group.apart:
                ends = [group.ends[place][1] for place in sorted(group.ends)]
                known = [Known(of, group.proposed, group.point, *mean(ends))]
        return known

    def _alone(self, group: _Group, place: int) -> list[Known]:
        """The trials of a group that turns out to be none, each for itself."""
        fresh = [place] if group.apart else list(group.ends)
        group.apart = group.apart or group.ends[place][0] != group.point
        ends = [group.ends[place] for place in fresh] if group.apart else []
        return [Known(None, False, point, *end) for point, end in ends]


def mean(ends: list[_End]) -> _End:
    """The mean of every number that all have reported which have not failed; and how it ended."""
    good = [(result, outcome) for result, outcome in ends if outcome != "failed"]
    results = [result for result, _ in good if result is not None]
    if not good or not results:
        return None, "failed" if not good else good[0][1]
    shared = set(results[0]).intersection(*results[1:])
    means = {
        name: averages.mean([result[name] for result in results])
        for name in results[0]
        if name in shared and all(_is_number(result[name]) for result in results)
    }
    return means, "stopped" if any(outcome == "stopped" for _, outcome in good) else "finished"


def _is_number(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and math.isfinite(value)  # type: ignore[arg-type]
