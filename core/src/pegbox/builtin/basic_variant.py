"""Random search and grids under Ray Tune's name, with its arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pegbox.argument_checks import whole
from pegbox.builtin.random_search import RandomSearch
from pegbox.decisions import Signal
from pegbox.errors import ConfigError
from pegbox.searcher import WAIT, Point
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
        self.own_seed = _seed(random_state)

    def suggest(
        self, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Point | Signal:
        """As `RandomSearch.suggest`, unless there are enough under way."""
        if self._most and len(pending) >= self._most:
            return WAIT
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
