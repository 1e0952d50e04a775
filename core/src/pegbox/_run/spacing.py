"""Spacing: what keeps points apart that are tried at the same time.

For all searchers that learn: of those that mind what is under way, some propose the same now and
then.

Stands directly around the searcher, within all other wrappers, and in its process: a point too near
to one under way is moved. What comes of it follows from the ask's seed and the points under way
alone, so a restore repeats it.

Nothing is asked twice: an optimizer that does not look at what is under way gives the same again,
and one that keeps count of its asks would count wrong.
"""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pegbox._run.component import Component
from pegbox.decisions import Signal
from pegbox.errors import ConfigError
from pegbox.hookspecs import hookimpl
from pegbox.searcher import Point, Traits
from pegbox.searcher_wrapper import SearcherWrapper
from pegbox.seeds import derive_seed
from pegbox.space import NO_CONDITIONS, Condition, Domain, draw_point, is_active
from pegbox.space.presented import Presentation, Shown
from pegbox.space.unit_cube import from_unit, is_numeric, to_unit

__all__ = ["LEAST_DISTANCE", "Spacing", "chooses", "spaced"]

#: Points nearer than this are as good as one: in edges of the unit cube.
LEAST_DISTANCE: Final = 0.005

#: How far a point is moved, in standard deviations along each edge. Of moves of 0.006 to 0.2 and a
#: point drawn anew, those of 0.02 to 0.1 found most, on Branin and Hartmann-6, eight at a time.
_STEP: Final = 0.1
#: Moves that are tried, each a little farther; then as many points that are drawn in part.
_TRIES: Final = 16
_FARTHER: Final = 1.2


def spaced(component: Component, presentation: Presentation) -> Component:
    """A chosen searcher with its points kept apart; itself where its points are not its choice.

    Args:
        component: With all that stands around it.
        presentation: The space as the searcher sees it.
    """
    if component.inner is not None:
        return dataclasses.replace(component, inner=spaced(component.inner, presentation))
    traits = component.traits
    if not chooses(traits):
        return component
    spacing = Spacing(component.name, presentation.parameters, whole=not traits.conditions)
    return Component("spacing", {}, False, spacing, inner=component, silent=True)


def chooses(traits: Traits) -> bool:
    """Whether a searcher's points are its choice, by what it has learnt."""
    return not (traits.exhaustive or traits.model_free or "grid" in traits.domains)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a point lies.

    Attributes:
        listed: Categories, with their paths; points that differ here are never near.
        numbers: Its other parameters, each from 0 to 1.
    """

    listed: tuple[tuple[str, float | int], ...]
    numbers: tuple[float, ...]

    def is_near(self, other: _Place) -> bool:
        """Whether two points are as good as one."""
        return (
            self.listed == other.listed and math.dist(self.numbers, other.numbers) < LEAST_DISTANCE
        )


class Spacing(SearcherWrapper):
    """Moves what is proposed away from what is under way.

    A searcher that is told the end of a trial without its point, since it does not ask for that,
    would take the result for that of another: its points stay.

    Args:
        searcher: Name of what it stands around.
        parameters: Path to how it is shown to the searcher.
        whole: Whether its points have a value also for parameters that do not exist in them.
    """

    def __init__(self, searcher: str, parameters: Mapping[str, Shown], *, whole: bool) -> None:
        super().__init__(searcher)
        # Of the others nothing is needed; the values of categories may be anything.
        self._mapped = {path: each for path, each in parameters.items() if each.how}
        self._whole = whole

    def adjusted(self, traits: Traits) -> Traits:
        """Points that are asked for together differ."""
        return dataclasses.replace(traits, batches=True)

    @hookimpl
    def searcher_setup(
        self,
        space: Mapping[str, Domain],
        conditions: Mapping[str, Condition] = NO_CONDITIONS,
        points: Sequence[Point] = (),
    ) -> None:
        """Take the space; the searcher's own setup follows."""
        self._space = dict(space)
        self._conditions = dict(conditions)
        # The first asks are for these, and what the user wants to have tried is tried.
        self._wanted = len(points)
        #: Trials under way: their points, and where these lie.
        self._known: dict[str, tuple[Point, _Place]] = {}
        self._is_off = not self.inner.takes("searcher_complete", "config")

    @hookimpl
    def searcher_suggest(self, pending: Mapping[str, Point], ask: int, seed: int) -> Point | Signal:
        """The searcher's proposal, moved if it is too near to what is under way."""
        answer: Point | Signal = self.inner.call("searcher_suggest")
        if self._is_off or ask < self._wanted or not (pending and isinstance(answer, Mapping)):
            return answer
        return self._apart(answer, pending, random.Random(derive_seed(seed, "apart")))

    # ------------------------------------------------------------------ places

    def _apart(self, answer: Point, pending: Mapping[str, Point], rng: random.Random) -> Point:
        """The answer, or where that is too near to what is under way, another point."""
        try:
            place = self._place(answer)
        except ConfigError:
            return answer  # no point of the space, which the core says
        taken = self._taken(pending)
        if not _is_near(place, taken):
            return answer
        free = (p for p in self._others(answer, rng) if not _is_near(self._place(p), taken))
        # Where there is no other point, the same one twice is better than none.
        return next(free, answer)

    def _taken(self, pending: Mapping[str, Point]) -> list[_Place]:
        """Where the points under way lie; looked up for those that were there before."""
        before, self._known = self._known, {}
        for name, point in pending.items():
            known = before.get(name)
            if known is None or known[0] is not point:
                known = point, self._place(point)
            self._known[name] = known
        return [place for _, place in self._known.values()]

    def _others(self, answer: Point, rng: random.Random) -> Iterator[Point]:
        """Points close by first; then such as share about half of their values with it."""
        active = self._active(answer)
        if any(is_numeric(self._space[path]) for path in active):
            for count in range(_TRIES):
                yield {**answer, **self._stepped(answer, _STEP * _FARTHER**count, rng)}
        for _ in range(_TRIES):
            kept = {path: answer[path] for path in active if rng.random() < 0.5}
            drawn = draw_point(self._space, self._conditions, rng, kept)
            yield {**answer, **drawn} if self._whole else drawn

    def _stepped(self, point: Point, size: float, rng: random.Random) -> dict[str, float | int]:
        stepped = {}
        for path in self._active(point):
            if is_numeric(domain := self._space[path]):
                place = self._unit(path, point[path]) + rng.gauss(0.0, size)
                stepped[path] = from_unit(domain, place)
        return stepped

    def _place(self, point: Point) -> _Place:
        listed, numbers = [], []
        for path in self._active(point):
            value = self._space[path].conform(point[path])
            if is_numeric(self._space[path]):
                numbers.append(self._unit(path, value))
            else:
                listed.append((path, value))
        return _Place(tuple(listed), tuple(numbers))

    def _unit(self, path: str, value: float | int) -> float:
        """As the user would see it: by the value that it stands for, where several do."""
        shown = self._mapped.get(path)
        return to_unit(self._space[path], shown.shown(shown.meant(value)) if shown else value)

    def _active(self, point: Point) -> list[str]:
        return [
            path
            for path in self._space
            if path in point and is_active(path, point, self._conditions)
        ]


def _is_near(place: _Place, taken: Sequence[_Place]) -> bool:
    return any(place.is_near(other) for other in taken)
