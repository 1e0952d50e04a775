"""One proposal: from all that is known and under way to a point. Nothing is kept between asks.

Each ask makes the library's optimizer anew and registers everything. That costs little beside
the fit of the Gaussian process, which each ask needs in any case, and so nothing can depend on the
order in which results came.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import fmean
from typing import Any

import numpy as np
from bayes_opt import BayesianOptimization
from bayes_opt.acquisition import AcquisitionFunction
from bayes_opt.target_space import TargetSpace
from pegbox.known_points import KnownPoint, losses
from pegbox.searcher import Point
from pegbox.space import Domain

from pegbox_bayesopt.acquisitions import Acquisition
from pegbox_bayesopt.parameters import Range, to_parameters
from pegbox_bayesopt.reduction import Reduction

__all__ = ["Model"]


class Model:
    """Proposes points of a space.

    Args:
        space: Path to domain: floats and integers without logarithm or step, and choices.
        acquisition: How a point is chosen.
        random_steps: How many points are drawn at random before the first that is chosen.
        reduction: Narrows the bounds; None for none.
        redraws: How many other points may be drawn for one that is there already.
        digits: To so many digits of their ranges points are compared for that.
    """

    def __init__(
        self,
        space: Mapping[str, Domain],
        acquisition: Acquisition,
        *,
        random_steps: int,
        reduction: Reduction | None,
        redraws: int,
        digits: int,
    ) -> None:
        self._space = dict(space)
        self._parameters = to_parameters(space)
        self._constants = {path: each.at(0) for path, each in space.items() if each.size == 1}
        with _quiet():
            self._whole = TargetSpace(None, self._parameters)
        self._acquisition = acquisition
        self._random_steps = random_steps
        self._reduction = reduction
        self._redraws = redraws
        self._digits = digits

    def propose(
        self,
        known: Sequence[KnownPoint],
        pending: Sequence[Point],
        seed: int,
        refused: Sequence[Point] = (),
    ) -> Point:
        """A point that follows from the arguments alone.

        Args:
            known: What has ended, in the order of the trials.
            pending: What is under way, in the same order.
            seed: From 0 to 2**32 - 1.
            refused: What was proposed for the same trial before: no step of the search's.
        """
        rng = np.random.RandomState(seed)
        suggestions = len(known) + len(pending) - self._random_steps
        # No result can come of what was refused: it is as good as failed.
        known = [*known, *(KnownPoint(point, None) for point in refused)]
        # The library maximizes. There are no losses where nothing but failures is known.
        found = zip(known, losses(known), strict=False)
        observed = [(each.point, -loss) for each, loss in found]
        if observed and self._parameters and suggestions >= 0:
            places = dict.fromkeys(map(self._place, pending))
            function = self._acquisition.after(suggestions, places)
            proposed = self._suggest(observed, function, seed)
        else:
            proposed = self._draw(rng)
        return self._unlike([*(each.point for each in known), *pending], proposed, rng)

    def _suggest(
        self,
        observed: Sequence[tuple[Point, float]],
        function: AcquisitionFunction,
        seed: int,
    ) -> Point:
        with _quiet():
            optimizer = BayesianOptimization(
                None, self._parameters, function, random_state=seed, verbose=0
            )
            self._register(optimizer.space, observed)
            if self._reduction is not None:
                optimizer.set_bounds(self._reduction.bounds(observed))
            return self._point(optimizer.suggest())

    def _register(self, space: TargetSpace, observed: Sequence[tuple[Point, float]]) -> None:
        """What was tried several times counts once, with the mean."""
        by_place: dict[tuple[float, ...], list[float]] = {}
        for point, target in observed:
            by_place.setdefault(self._place(point), []).append(target)
        for place, found in by_place.items():
            space.register(np.array(place), fmean(found))

    def _place(self, point: Point) -> tuple[float, ...]:
        return tuple(self._whole.params_to_array({path: point[path] for path in self._parameters}))

    def _draw(self, rng: np.random.RandomState) -> Point:
        return self._point(self._whole.array_to_params(self._whole.random_sample(0, rng)))

    def _point(self, found: Mapping[str, Any]) -> Point:
        return {path: found.get(path, self._constants.get(path)) for path in self._space}

    def _unlike(
        self, points: Sequence[Point], proposed: Point, rng: np.random.RandomState
    ) -> Point:
        """The point proposed, or one drawn in place of it that is like none of ``points``.

        Where all that may be drawn are, as in a small space, the proposed one stays.
        """
        there = {self._likeness(point) for point in points}
        drawn = (self._draw(rng) for _ in range(self._redraws))
        return next(
            (point for point in (proposed, *drawn) if self._likeness(point) not in there), proposed
        )

    def _likeness(self, point: Point) -> tuple[float, ...]:
        return tuple(
            round(each.to_float(point[path]), self._digits)
            if isinstance(each, Range)
            else point[path]
            for path, each in self._parameters.items()
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without warnings of fits that end early, of points outside narrowed bounds, and the like.

    The library gives them for what is expected here, and again for each ask.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
