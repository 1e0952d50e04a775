"""Random search and grids under Ray Tune's name, with its arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pegbox.argument_checks import whole
from pegbox.builtin.random_search import RandomSearch
from pegbox.constraints import LinearConstraint, OutcomeConstraint
from pegbox.decisions import Signal
from pegbox.errors import ConfigError
from pegbox.objective import Objective
from pegbox.searcher import WAIT, Point
from pegbox.seeds import derive_seed
from pegbox.space import NO_CONDITIONS, Condition, Domain
from pegbox.text import shown

__all__ = ["BasicVariantGenerator"]

_OWNER: Final = "BasicVariantGenerator"


class BasicVariantGenerator(RandomSearch):
    """Random search with grids, as ``search_alg="random"`` is, with Ray Tune's arguments.

    Args:
        points_to_evaluate: As for `RandomSearch`.
        max_concurrent: The most suggestions without an answer; 0 for any number.
        constant_grid_search: As for `RandomSearch`.
        random_state: A seed of the searcher's own, or a generator of numpy's from which one is
            drawn; None takes the run's.

    Raises:
        ConfigError: An argument cannot be used.
    """

    def __init__(
        self,
        points_to_evaluate: Sequence[Mapping[str, Any]] | None = None,
        max_concurrent: int = 0,
        constant_grid_search: bool = False,
        random_state: Any | None = None,
    ) -> None:
        super().__init__(points_to_evaluate, constant_grid_search=constant_grid_search)
        whole(_OWNER, "max_concurrent", max_concurrent, 0, "0 is any number.")
        self._most = max_concurrent
        self._own_seed = _seed(random_state)

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
        """As `RandomSearch.setup`, with a seed of its own where it has one."""
        own = seed if self._own_seed is None else self._own_seed
        super().setup(
            space,
            objectives,
            own,
            num_samples,
            conditions,
            points,
            parameter_constraints,
            outcome_constraints,
        )

    def suggest(
        self, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Point | Signal:
        """As `RandomSearch.suggest`, unless there are enough under way."""
        if self._most and len(pending) >= self._most:
            return WAIT
        if self._own_seed is not None:
            seed = derive_seed(self._own_seed, "ask", ask)
        return super().suggest(trial_id, pending, ask, seed)


def _seed(random_state: Any) -> int | None:
    if random_state is None:
        return None
    if isinstance(random_state, int) and not isinstance(random_state, bool):
        return random_state
    # numpy's two kinds of generator have different names for this.
    draw = getattr(random_state, "integers", None) or getattr(random_state, "randint", None)
    try:
        return int(draw(2**31 - 1))  # type: ignore[misc]
    except TypeError:
        raise ConfigError(
            f"{_OWNER}(random_state=...) must be a whole number or a generator of numpy's, got "
            f"{shown(random_state)}",
            hint="Write e.g. random_state=1, or set TuneConfig(seed=...) for the whole run.",
        ) from None
