"""Grid search: every combination of countable domains, in a fixed order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pegbox.decisions import Signal
from pegbox.errors import UnsupportedSpace
from pegbox.objective import Objective
from pegbox.searcher import FINISHED, Point, Searcher, Traits
from pegbox.space import Choice, Domain, Grid, product_point, product_size

__all__ = ["GridSearch"]

#: A range of numbers with more values than this was hardly meant to be gone through.
_MOST_NUMBERS: Final = 1_000


class GridSearch(Searcher):
    """Proposes every combination of values, ``num_samples`` times over.

    Takes grids, choices, and ranges of at most 1,000 numbers. The first parameter of the space
    turns fastest.
    """

    traits = Traits(
        domains=frozenset({"float", "int", "choice", "grid"}),
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
        """Take the space; see `pegbox.searcher.Searcher.setup`.

        Raises:
            UnsupportedSpace: A parameter has more values than can be gone through.
        """
        for path, domain in space.items():
            _check(path, domain)
        self._space = dict(space)
        self._size = product_size(self._space)
        self._asks = num_samples * self._size if num_samples >= 0 else None

    def suggest(
        self, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Point | Signal:
        """The next combination, or `FINISHED` after ``num_samples`` times all of them."""
        if self._asks is not None and ask >= self._asks:
            return FINISHED
        return product_point(self._space, ask % self._size)


def _check(path: str, domain: Domain) -> None:
    if isinstance(domain, Grid | Choice):
        return
    if domain.size is None:
        count = "infinitely many"
    elif domain.size > _MOST_NUMBERS:
        count = f"{domain.size:,}"
    else:
        return
    raise UnsupportedSpace(
        f"grid search cannot go through parameter {path!r}: {domain} has {count} values",
        hint=f"List the values of {path!r} with grid_search([...]), or use "
        'search_alg="random", which draws the other parameters.',
    )
