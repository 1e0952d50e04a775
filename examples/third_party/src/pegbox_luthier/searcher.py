"""The searcher: differential evolution among the best points that are known.

After R. Storn and K. Price, "Differential Evolution", Journal of Global Optimization 11, 1997. It
keeps no generations: whenever it is asked, the best points known are the population.
"""

from __future__ import annotations

import math
import random
from bisect import insort
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pegbox.errors import ConfigError
from pegbox.objective import Objective
from pegbox.searcher import Point, Searcher, Traits
from pegbox.space import Choice, Domain
from pegbox.space.unit_cube import from_unit, to_unit
from pegbox.trial import Outcome

__all__ = ["LuthierSearch"]

#: So far apart, of the unit cube's edge, are points that are tried beside each other ...
_APART = 0.01
#: ... and so often another one is looked for.
_TRIES = 20


class LuthierSearch(Searcher):
    """Proposes points between and beyond the best ones.

    Args:
        metric: Name of the reported value that counts, where the run names none.
        mode: ``"min"`` or ``"max"``; given with ``metric`` or not at all.
        points_to_evaluate: Configurations, or parts of them, to try first.
        evaluated_rewards: The metric of each of these points, where it is known.
        population: How many of the best points take part, at least 4. Until so many are known,
            points are drawn at random.
        scale: How far a difference of two points carries, above 0 and at most 1.
        crossover: The share of a point's parameters that change, above 0 and at most 1.

    Raises:
        ConfigError: A number is out of range.
    """

    traits: ClassVar[Traits] = Traits(
        domains=frozenset({"float", "int", "choice", "normal"}),
        batches=True,
        cheap=True,
    )

    def __init__(
        self,
        metric: str | None = None,
        mode: str | None = None,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        evaluated_rewards: Sequence[float] | None = None,
        *,
        population: int = 8,
        scale: float = 0.7,
        crossover: float = 0.9,
    ) -> None:
        super().__init__(
            metric,
            mode,
            points_to_evaluate=points_to_evaluate,
            evaluated_rewards=evaluated_rewards,
        )
        if not isinstance(population, int) or population < 4:
            raise ConfigError(
                f"population must be a whole number from 4, got {population!r}",
                hint="A new point is made of four others.",
            )
        for name, value in {"scale": scale, "crossover": crossover}.items():
            if not isinstance(value, int | float) or not 0 < value <= 1:
                raise ConfigError(
                    f"{name} must be a number above 0 and at most 1, got {value!r}",
                    hint=f"Write e.g. {name}=0.7.",
                )
        self._population, self._scale, self._crossover = population, scale, crossover

    # pegbox passes what a method names, and no more.
    def setup(  # type: ignore[override]
        self, space: Mapping[str, Domain], objectives: Sequence[Objective], points: Sequence[Point]
    ) -> None:
        """Take the space, and what is to be tried first."""
        self._space, self._points = dict(space), list(points)
        self._metric = objectives[0].metric
        #: What is known, the best first: loss, trial and point.
        self._known: list[tuple[float, str, list[tuple[str, float | int]]]] = []

    def suggest(
        self, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> dict[str, float | int]:
        """Propose a point that is not beside one under way."""
        rng = random.Random(seed)  # of this very ask, so that a restored run repeats it
        given = self._points[ask] if ask < len(self._points) else {}
        for _ in range(_TRIES):
            point = {**self._new_point(rng), **given}
            if all(self._distance(point, other) >= _APART for other in pending.values()):
                return point
        return {**self._drawn(rng), **given}  # the population lies all in one place

    def on_trial_complete(
        self,
        trial_id: str,
        result: Mapping[str, Any] | None,
        error: bool,
        outcome: Outcome,
        config: Point,
    ) -> None:
        """Learn from a point of its own."""
        self.observe(config, result, outcome, trial_id)

    def observe(
        self,
        config: Point,
        result: Mapping[str, Any] | None,
        outcome: Outcome,
        trial_id: str | None,
    ) -> None:
        """Learn from anybody's point: of a failed trial nothing, and of others by their loss."""
        if outcome == "failed" or result is None:
            return
        # The order of the list follows from what is in it, and not from who was told first.
        insort(self._known, (result[self._metric], trial_id or "", sorted(config.items())))

    def _new_point(self, rng: random.Random) -> dict[str, float | int]:
        point = self._drawn(rng)
        if len(self._known) < self._population:
            return point
        best = [dict(items) for _, _, items in self._known[: self._population]]
        target, base, plus, minus = rng.sample(best, 4)
        changes = rng.choice(list(self._space))  # one parameter at least
        for path, domain in self._space.items():
            if path != changes and rng.random() >= self._crossover:
                point[path] = target[path]
            elif not isinstance(domain, Choice):
                point[path] = self._moved(domain, base[path], plus[path], minus[path])
            elif plus[path] == minus[path]:  # where they differ, it stays drawn
                point[path] = base[path]
        return point

    def _moved(self, domain: Domain, base: float, plus: float, minus: float) -> float | int:
        """A value moved by a part of the difference of two others, back from a bound it meets."""
        difference = to_unit(domain, plus) - to_unit(domain, minus)
        place = abs(to_unit(domain, base) + self._scale * difference)
        return from_unit(domain, 2 - place if place > 1 else place)

    def _drawn(self, rng: random.Random) -> dict[str, float | int]:
        return {path: domain.draw(rng) for path, domain in self._space.items()}

    def _distance(self, one: Point, other: Point) -> float:
        """In the unit cube; two categories are one apart."""
        return math.hypot(
            *(
                float(one[path] != other[path])
                if isinstance(domain, Choice)
                else to_unit(domain, one[path]) - to_unit(domain, other[path])
                for path, domain in self._space.items()
            )
        )
