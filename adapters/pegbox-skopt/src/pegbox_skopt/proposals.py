"""The points of one run: first an initial design, then those of a model of what is known.

Nothing is kept between asks but what follows from what is known, so that a run that was cut off
goes on as it would have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pegbox.known_points import KnownPoint, losses
from pegbox.searcher import Point
from pegbox.seeds import derive_seed
from pegbox.space import Domain
from skopt.utils import cook_initial_point_generator

from pegbox_skopt.dimensions import Coding
from pegbox_skopt.model import next_point, quiet, settled
from pegbox_skopt.settings import Settings

__all__ = ["Proposals"]


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
        # Those under way do not count: a model of a few results sees structure where there is none.
        finite = sum(each.loss is not None for each in known)
        if not self._coding.size or finite < max(self._settings.n_initial_points, 1):
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
        estimator, dimensions = self._estimator(X, y), self._coding.dimensions()
        return next_point(dimensions, self._settings, estimator, X, y, under_way, seed)

    def _estimator(self, X: list[Any], y: list[float]) -> Any:
        if self._settled[0] != (X, y):
            dimensions = self._coding.dimensions()
            seed = derive_seed(self._seed, "kernel")
            estimator = settled(self._settings.estimator, dimensions, X, y, seed)
            self._settled = (X, y), estimator
        return self._settled[1]
