"""Random search: every point is drawn on its own; grids are gone through in turn.

A point depends on the seed of its ask alone, so the order in which trials end changes nothing.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from pegbox.argument_checks import flag
from pegbox.constraints import LinearConstraint, OutcomeConstraint
from pegbox.decisions import Signal
from pegbox.objective import Objective
from pegbox.searcher import FINISHED, Point, Searcher, Traits
from pegbox.space import (
    NO_CONDITIONS,
    Condition,
    Domain,
    Grid,
    draw_point,
    product_point,
    product_size,
)

__all__ = ["RandomSearch"]


class RandomSearch(Searcher):
    """Draws each point independently.

    With grids in the space, every combination of their values is proposed once for each of
    ``num_samples``, each time with new draws of the other parameters.

    Args:
        points_to_evaluate: Configurations, or parts of them, in the place of the first samples;
            what one leaves out is drawn, and of the grids that it leaves out every combination
            is proposed. All of them are proposed, also where ``num_samples`` is less.
        constant_grid_search: Draw the other parameters once for each of ``num_samples``, and keep
            them for every combination of the grids.
    """

    traits = Traits(
        domains=frozenset({"float", "int", "choice", "normal", "grid"}),
        largest_int=None,
        largest_float=None,
        conditions=True,
        multi_objective=True,
        batches=True,
        model_free=True,
        cheap=True,
    )

    def __init__(
        self,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        *,
        constant_grid_search: bool = False,
    ) -> None:
        flag(type(self).__name__, "constant_grid_search", constant_grid_search)
        super().__init__(points_to_evaluate=points_to_evaluate)
        self._constant = constant_grid_search

    def setup(
        self,
        space: Mapping[str, Domain],
        objectives: Sequence[Objective],
        seed: int,
        num_samples: int,
        conditions: Mapping[str, Condition] = NO_CONDITIONS,
        points: Sequence[Point] = (),
        parameter_constraints: Sequence[LinearConstraint] = (),
        outcome_constraints: Sequence[OutcomeConstraint] = (),
    ) -> None:
        """Take the space; see `pegbox.searcher.Searcher.setup`."""
        self._space = dict(space)
        self._conditions = dict(conditions)
        self._seed = seed
        grids = {path: each for path, each in space.items() if isinstance(each, Grid)}
        self._whole = _Sample(grids, {})
        self._first = [_Sample(grids, point) for point in points]
        #: By how many asks each of these, and all before it, is over.
        self._ends = list(accumulate(sample.size for sample in self._first))
        left = max(num_samples - len(points), 0)
        self._asks = self._given_asks + left * self._whole.size
        self._endless = num_samples < 0

    def suggest(
        self, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Point | Signal:
        """Draw a point, or `FINISHED` after ``num_samples`` times the grid."""
        if not self._endless and ask >= self._asks:
            return FINISHED
        sample, number, place = self._sample_of(ask)
        rng = random.Random(f"{self._seed}/{number}" if self._constant else seed)
        return draw_point(self._space, self._conditions, rng, sample.given(place))

    @property
    def _given_asks(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _sample_of(self, ask: int) -> tuple[_Sample, int, int]:
        """The sample that an ask belongs to, its number, and the place in its grids."""
        if ask < self._given_asks:
            number = bisect_right(self._ends, ask)
            sample = self._first[number]
            return sample, number, ask - self._ends[number] + sample.size
        rounds, place = divmod(ask - self._given_asks, self._whole.size)
        return self._whole, len(self._first) + rounds, place


class _Sample:
    """One of the samples: what is given of it, and the grids that are left to go through."""

    def __init__(self, grids: Mapping[str, Grid], point: Point) -> None:
        self._grids = {path: each for path, each in grids.items() if path not in point}
        self._point = point
        self.size = product_size(self._grids)

    def given(self, place: int) -> Point:
        """What is not drawn."""
        if not self._grids:
            return self._point
        return {**self._point, **product_point(self._grids, place)}
