"""Grid search: every combination of countable domains, in a fixed order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pegbox.constraints import LinearConstraint, OutcomeConstraint
from pegbox.decisions import Signal
from pegbox.errors import UnsupportedSpace
from pegbox.objective import Objective
from pegbox.searcher import FINISHED, Point, Searcher, Traits
from pegbox.space import (
    NO_CONDITIONS,
    Choice,
    Condition,
    Domain,
    Grid,
    product_point,
    product_size,
)

__all__ = ["GridSearch"]

#: A range of numbers with more values than this was hardly meant to be gone through.
_MOST_NUMBERS: Final = 1_000


class GridSearch(Searcher):
    """Proposes every combination of values, ``num_samples`` times over.

    Takes grids, choices, and ranges of at most 1,000 numbers. The first parameter of the space
    turns fastest.

    Args:
        points_to_evaluate: Configurations, or parts of them, that come before everything else;
            what one leaves out is gone through.
    """

    traits = Traits(
        domains=frozenset({"float", "int", "choice", "grid"}),
        largest_int=None,
        largest_float=None,
        conditions=True,
        multi_objective=True,
        exhaustive=True,
        batches=True,
        model_free=True,
        cheap=True,
    )

    def __init__(self, points_to_evaluate: Sequence[Mapping[str, Any]] | None = None) -> None:
        self.points_to_evaluate = points_to_evaluate or ()

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
        """Take the space; see `pegbox.searcher.Searcher.setup`.

        Raises:
            UnsupportedSpace: A parameter has more values than can be gone through.
        """
        for path, domain in space.items():
            _check(path, domain)
        whole = _Product(space, conditions, {})
        self._first = [_Product(space, conditions, point) for point in points]
        self._whole = whole
        first = sum(product.size for product in self._first)
        self._asks = first + num_samples * whole.size if num_samples >= 0 else None

    def suggest(
        self, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Point | Signal:
        """The next combination, or `FINISHED` after ``num_samples`` times all of them."""
        if self._asks is not None and ask >= self._asks:
            return FINISHED
        for product in self._first:
            if ask < product.size:
                return product.at(ask)
            ask -= product.size
        return self._whole.at(ask % self._whole.size)


class _Product:
    """The combinations of all that a point leaves open."""

    def __init__(
        self, space: Mapping[str, Domain], conditions: Mapping[str, Condition], point: Point
    ) -> None:
        self._point = point
        self._domains: dict[str, Domain] = {}
        self._conditions: dict[str, Condition] = {}
        for path, domain in space.items():
            if path not in point and self._may_exist(conditions.get(path)):
                self._domains[path] = domain
                if path in conditions and conditions[path].parent not in point:
                    self._conditions[path] = conditions[path]
        self.size = product_size(self._domains, self._conditions)

    def _may_exist(self, condition: Condition | None) -> bool:
        if condition is None or condition.parent in self._domains:
            return True
        return self._point.get(condition.parent) == condition.index

    def at(self, index: int) -> Point:
        """The combination at a place."""
        return {**self._point, **product_point(self._domains, index, self._conditions)}


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
