"""The points of one run: first an initial design, then those of a model of what is known.

Nothing is kept between asks but what follows from what is known. An optimizer of skopt's is made
for every ask: its own generator and its memory of points that it proposed would make a run that
was cut off go on differently.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any, Final

from pegbox.known_points import KnownPoint, losses
from pegbox.searcher import Point
from pegbox.seeds import derive_seed
from pegbox.space import Domain
from skopt.utils import cook_initial_point_generator

from pegbox_skopt.dimensions import Coding
from pegbox_skopt.estimators import make_optimizer, quiet, settled
from pegbox_skopt.settings import Settings

__all__ = ["Proposals"]

#: Loss that is made up for a point under way, from the known ones.
_LIES: Final[Mapping[str, Callable[[Sequence[float]], float]]] = {
    "cl_min": min,
    "cl_mean": fmean,
    "cl_max": max,
}


class Proposals:
    """See the module.

    Args:
        space: Flat path to domain.
        settings: How to seek.
        seed: Of what does not change from ask to ask.

    Raises:
        UnsupportedSpace: A domain that skopt has nothing like.
    """

    def __init__(self, space: Mapping[str, Domain], settings: Settings, seed: int) -> None:
        self._coding = Coding(space)
        self._settings = settings
        self._seed = seed
        self._design = self._designed()
        #: The estimator settled for what was known at the last ask, and what that was.
        self._settled: tuple[Any, Any] = (None, None)

    def propose(
        self, known: Sequence[KnownPoint], pending: Sequence[Point], ask: int, seed: int
    ) -> dict[str, float | int]:
        """A point.

        Args:
            known: Trials that ended, in an order that a restore gives again.
            pending: Points under way, likewise.
            ask: How many asks there were that no given point answered.
            seed: Of this ask.
        """
        finite = sum(each.loss is not None for each in known)
        # Points under way count, as skopt counts its lies; without any result there is no model.
        begins = not finite or finite + len(pending) < self._settings.n_initial_points
        if begins or not self._coding.size:
            return self._initial(ask, seed)
        with quiet():
            return self._coding.point(self._modelled(known, pending, seed))

    def _initial(self, ask: int, seed: int) -> dict[str, float | int]:
        if ask < len(self._design):
            return self._coding.at(self._design[ask])
        return self._coding.drawn(seed)

    def _designed(self) -> Sequence[Sequence[float]]:
        """The places of the initial design in the unit cube; none for one of random points."""
        settings, size = self._settings, self._coding.size
        with quiet():
            generator = cook_initial_point_generator(settings.initial_point_generator)
            if generator is None or not size or not settings.n_initial_points:
                return ()
            places: list[list[float]] = generator.generate(
                [(0.0, 1.0)] * size,
                settings.n_initial_points,
                random_state=derive_seed(self._seed, "design"),
            )
            return places

    def _modelled(
        self, known: Sequence[KnownPoint], pending: Sequence[Point], seed: int
    ) -> list[Any]:
        X = [self._coding.coded(each.point) for each in known]
        y = losses(known)
        under_way = [self._coding.coded(point) for point in pending]
        estimator = self._estimator(X, y)
        lies = [_LIES[self._settings.liar](y)] * len(under_way)
        dimensions = self._coding.dimensions()
        optimizer = make_optimizer(dimensions, self._settings, estimator, seed)
        optimizer.tell(X + under_way, y + lies)
        point: list[Any] = optimizer.ask()
        return point

    def _estimator(self, X: list[Any], y: list[float]) -> Any:
        if self._settled[0] != (X, y):
            dimensions = self._coding.dimensions()
            seed = derive_seed(self._seed, "kernel")
            estimator = settled(self._settings.estimator, dimensions, X, y, seed)
            self._settled = (X, y), estimator
        return self._settled[1]
