"""Random search: every point is drawn on its own; grids are gone through in turn.

A point depends on the seed of its ask alone, so the order in which trials end changes nothing.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from pegbox.decisions import Signal
from pegbox.objective import Objective
from pegbox.searcher import FINISHED, Point, Searcher, Traits
from pegbox.space import Domain, Grid, product_point, product_size

__all__ = ["RandomSearch"]


class RandomSearch(Searcher):
    """Draws each point independently.

    With grids in the space, every combination of their values is proposed once for each of
    ``num_samples``, each time with new draws of the other parameters.
    """

    traits = Traits(
        domains=frozenset({"float", "int", "choice", "normal", "grid"}),
        multi_objective=True,
        batches=True,
        model_free=True,
        cheap=True,
    )

    def setup(
        self,
        space: Mapping[str, Domain],
        objectives: Sequence[Objective],
        seed: int,
        num_samples: int,
    ) -> None:
        """Take the space; see `pegbox.searcher.Searcher.setup`."""
        self._space = dict(space)
        self._grids = {path: each for path, each in space.items() if isinstance(each, Grid)}
        self._grid_size = product_size(self._grids)
        self._asks = num_samples * self._grid_size if num_samples >= 0 else None

    def suggest(
        self, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Point | Signal:
        """Draw a point, or `FINISHED` after ``num_samples`` times the grid."""
        if self._asks is not None and ask >= self._asks:
            return FINISHED
        rng = random.Random(seed)
        grid = product_point(self._grids, ask % self._grid_size)
        return {
            path: grid[path] if path in grid else domain.sample(rng)
            for path, domain in self._space.items()
        }
