"""Points that the run's parameter constraints allow, out of a searcher that may not know of them.

A proposal that is not allowed counts for nothing: the same searcher is asked again for the same
trial, with another seed; then a point is drawn. Combinations of a grid are left out instead. All of
it follows from the seed and the number of the ask, so that a restore repeats it.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pegbox.constraints.allowed import Allowed
from pegbox.decisions import Signal
from pegbox.errors import ConfigError
from pegbox.searcher import Point, Traits
from pegbox.seeds import derive_seed
from pegbox.space import Grid, Space
from pegbox.space.product import product_size

__all__ = ["Chosen", "FeasiblePoints"]

_logger: Final = logging.getLogger("pegbox")

#: How often a searcher is asked for one trial.
_ASKS: Final = 10
#: How many points are drawn for one trial after that; and for one combination of a grid.
_DRAWS: Final = 10_000
_DRAWS_BESIDE_GRIDS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Chosen:
    """What came of an ask.

    Attributes:
        answer: A point of the space that is allowed, or the searcher's signal.
        ask: The number that the searcher was asked with; beyond the trial's where combinations
            of a grid were left out.
        proposed: Whether it is the searcher's own.
    """

    answer: Point | Signal
    ask: int
    proposed: bool = True


#: Asks the searcher, by the number of the ask and its seed.
Propose = Callable[[int, int], Point | Signal]


class FeasiblePoints:
    """One run's.

    Args:
        allowed: What the constraints allow.
        space: Where points are drawn from.
        traits: Of the searcher.
        seed: The run's.
        searcher_seed: What points follow from.
        wanted: Gives what the user wants to have tried at an ask, whole or in part.

    Attributes:
        left_out: How many combinations of a grid have been left out so far; asks are numbered on
            from there.
    """

    def __init__(
        self,
        allowed: Allowed,
        space: Space,
        traits: Traits,
        seed: int,
        searcher_seed: int,
        wanted: Callable[[int], Point],
    ) -> None:
        self._allowed = allowed
        self._space = space
        self._exhaustive = traits.exhaustive
        self._counts = traits.exhaustive or ("grid" in traits.domains and space.grid_size > 1)
        self._seed = seed
        self._searcher_seed = searcher_seed
        self._wanted = wanted
        self.left_out = 0

    def continue_from(self, left_out: int) -> None:
        """After a restore: go on numbering asks where the last start was."""
        self.left_out = left_out if self._counts else 0

    def allows(self, point: Point, number: int) -> bool:
        """Whether a trial may have a point.

        Raises:
            ConfigError: A constraint of the user's raised.
        """
        return not self._allowed or self._broken_by(point, number) is None

    def choose(self, number: int, propose: Propose) -> Chosen:
        """A point for a trial.

        Args:
            number: The trial's.
            propose: Asks the searcher.

        Raises:
            ConfigError: There is none, or a constraint of the user's raised.
        """
        in_a_row = 0
        while True:
            ask = number + self.left_out
            chosen, last = self._asked(number, ask, propose)
            if chosen is None and not self._exhaustive:
                chosen = self._drawn(number, ask, last)
            if chosen is not None:
                return chosen
            in_a_row += 1
            self._leave_out(number, last)
            if in_a_row >= self._combinations():
                raise ConfigError(
                    f"no combination is allowed by {self._named()}: all {in_a_row} of them break "
                    "one",
                    hint="Loosen the constraints, or list more values.",
                )

    def _asked(
        self, number: int, ask: int, propose: Propose
    ) -> tuple[Chosen | None, Mapping[str, Any]]:
        """The first proposal that is allowed, or the last one that is not."""
        last: Point = {}
        for again in range(_ASKS):
            path = (ask, again) if again else (ask,)
            answer = propose(ask, derive_seed(self._searcher_seed, "ask", *path))
            if isinstance(answer, Signal) or self.allows(answer, number):
                return Chosen(answer, ask), {}
            if self._exhaustive or answer == last:
                return None, answer
            last = answer
        return None, last

    def _drawn(self, number: int, ask: int, refused: Point) -> Chosen | None:
        """A random point with the grids' values of a proposal; None where its grids forbid it.

        Raises:
            ConfigError: None was found, and there are no grids.
        """
        grids = {
            path: at for path, at in refused.items() if isinstance(self._space.domains[path], Grid)
        }
        if len(grids) == len(refused):
            return None
        point = self._sampled(number, ask, grids)
        if point is not None:
            return Chosen(point, ask, proposed=False)
        if self._counts:
            return None
        raise self._none_found(number, ask)

    def _sampled(self, number: int, ask: int, grids: Point) -> Point | None:
        """A random point that is allowed; with what the user wants to have tried, if there is one.

        With grids the searcher's proposals are for less than a point of the user's each.
        """
        wanted = {} if self._counts else self._wanted(ask)
        for given in [{**wanted, **grids}, grids] if wanted else [grids]:
            rng = random.Random(derive_seed(self._searcher_seed, "feasible", ask))
            for _ in range(_DRAWS_BESIDE_GRIDS if self._counts else _DRAWS):
                point = self._space.conform(self._space.sample(rng, given))
                if self.allows(point, number):
                    return point
        return None

    def _none_found(self, number: int, ask: int) -> ConfigError:
        """How many of the same draws hold each constraint."""
        rng = random.Random(derive_seed(self._searcher_seed, "feasible", ask))
        broken: Counter[str] = Counter()
        for _ in range(_DRAWS):
            point = self._space.conform(self._space.sample(rng))
            config = self._config(point, number)
            broken.update(str(each) for each in self._allowed.all_broken_by(config))
        each = ", ".join(
            f"{str(one)!r} by {_DRAWS - broken[str(one)]:,}" for one in self._allowed.constraints
        )
        return ConfigError(
            f"of {_DRAWS:,} random points none satisfies {self._named()}: {each}",
            hint="Loosen the constraints, or make the space smaller around what they allow.",
        )

    def _leave_out(self, number: int, refused: Point) -> None:
        if not self.left_out:
            config = self._config(refused, number)
            _logger.warning(
                "combinations that break a parameter constraint are left out; the first: %s (%s)",
                *(self._space.varied(config, refused), self._broken_by(refused, number)),
            )
        self.left_out += 1

    def _combinations(self) -> int:
        """How many there are, at most."""
        space = self._space
        counted = {
            path: domain
            for path, domain in space.domains.items()
            if self._exhaustive or isinstance(domain, Grid)
        }
        conditions = {p: one for p, one in space.conditions.items() if one.parent in counted}
        return product_size(counted, conditions)

    def _named(self) -> str:
        several = len(self._allowed.constraints) > 1
        return "the parameter constraints" if several else "the parameter constraint"

    def _broken_by(self, point: Point, number: int) -> object | None:
        return self._allowed.broken_by(self._config(point, number))

    def _config(self, point: Point, number: int) -> dict[str, Any]:
        return self._space.config(point, derive_seed(self._seed, "config", number))
