"""A searcher that is asked and told by hand, for the tests of this package."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from pegbox.constraints import LinearConstraint, OutcomeConstraint
from pegbox.objective import Objective
from pegbox.seeds import derive_seed
from pegbox.space import Space
from pegbox.trial import trial_id
from pegbox_ax import AxSearch
from pegbox_ax.quiet import import_quietly

Point = Mapping[str, float | int]


class Driven:
    """An `AxSearch` that has been set up."""

    def __init__(
        self,
        space: Mapping[str, Any],
        metrics: Sequence[str] = ("loss",),
        *,
        constraints: Sequence[str] = (),
        outcomes: Sequence[str] = (),
        points: Sequence[Point] = (),
        **options: Any,
    ) -> None:
        self.space = Space(space)
        self.searcher = AxSearch(**options)
        self.asked: list[dict[str, Any]] = []
        self.pending: dict[str, Point] = {}
        self.searcher.setup(
            space=self.space.domains,
            objectives=[Objective(metric, "min") for metric in metrics],
            seed=1,
            num_samples=-1,
            conditions=self.space.conditions,
            points=points,
            parameter_constraints=[LinearConstraint.from_text(text) for text in constraints],
            outcome_constraints=[OutcomeConstraint.from_text(text) for text in outcomes],
        )

    def ask(self, times: int = 1) -> list[dict[str, Any]]:
        """Ask without telling."""
        for _ in range(times):
            number = len(self.asked)
            name = trial_id("abcde", number)
            seed = derive_seed(3, "ask", number)
            point = self.searcher.suggest(name, dict(self.pending), number, seed)
            assert isinstance(point, dict)
            self.asked.append(self.space.conform(point))
            self.pending[name] = self.asked[-1]
        return self.asked[len(self.asked) - times :]

    def tell(self, result: Mapping[str, Any] | None) -> None:
        """Tell how the oldest that is pending ended; None where it failed."""
        name = next(iter(self.pending))
        failed = result is None
        self.searcher.on_trial_complete(
            name, result, failed, "failed" if failed else "finished", self.pending.pop(name)
        )

    def learn(
        self, times: int, result: Callable[[Point], Mapping[str, Any] | None]
    ) -> list[dict[str, Any]]:
        """Ask and tell in turn."""
        for _ in range(times):
            self.tell(result(self.ask()[0]))
        return self.asked[len(self.asked) - times :]

    def observe(
        self, points: Sequence[Point], result: Callable[[Point], Mapping[str, Any]]
    ) -> None:
        """Tell points of someone else's."""
        for point in points:
            self.searcher.observe(point, result(point), "finished", None)


@pytest.fixture
def drive() -> type[Driven]:
    """Makes a searcher and sets it up."""
    return Driven


@pytest.fixture(scope="session")
def ax() -> None:
    """Ax, imported without its warnings."""
    import_quietly()
