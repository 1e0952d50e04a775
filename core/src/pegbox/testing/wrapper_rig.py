"""A searcher that notes all that comes through to it, for wrappers to stand around; no cases."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

from pegbox.decisions import FINISHED, WAIT, Signal
from pegbox.searcher import Point, Searcher, Traits
from pegbox.trial import Outcome

__all__ = ["Inside"]


class Inside(Searcher):
    """What a wrapper stands around in the kit.

    Its next point follows from everything that it knows, whatever the order in which it was told.

    Args:
        most: How many points it proposes; -1 for any number.
        pending: With how many points under way it waits; -1 for any number.
        traits: What it says of itself.

    Attributes:
        setups: How often it was set up.
        proposed: Trial's id -> point.
        ends: Trial's id and outcome -> how often it was told of it.
        reports: How many results it was told on the way.
        elsewhere: Points of others that it was told of.
        known: Trial's id -> point, loss, outcome.
    """

    def __init__(self, most: int = -1, pending: int = -1, traits: Traits | None = None) -> None:
        super().__init__()
        self._most, self._pending = most, pending
        own = Traits(batches=True, cheap=True)
        self.traits = own if traits is None else traits  # type: ignore[misc]
        self.setups = 0
        self.proposed: dict[str, Point] = {}
        self.ends: Counter[tuple[str, Outcome]] = Counter()
        self.reports = 0
        self.elsewhere: list[Point] = []
        self.known: dict[str, Any] = {}

    def setup(self, space: Mapping[str, Any]) -> None:  # type: ignore[override]
        """Begin."""
        self.setups += 1
        self._paths = list(space)

    def suggest(
        self, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Point | Signal:
        """A point that no other knowledge would have given."""
        if len(self.proposed) == self._most:
            return FINISHED
        if len(pending) == self._pending:
            return WAIT
        rng = random.Random(repr((sorted(self.known.items()), sorted(pending.items()), ask, seed)))
        self.proposed[trial_id] = {path: rng.random() for path in self._paths}
        return self.proposed[trial_id]

    def on_trial_result(self, trial_id: str, result: Mapping[str, Any]) -> None:
        """Count it."""
        self.reports += 1

    def on_trial_complete(
        self,
        trial_id: str,
        result: Mapping[str, Any] | None,
        error: bool,
        outcome: Outcome,
        config: Point,
    ) -> None:
        """Note it."""
        self._note(trial_id, config, result, "failed" if error else outcome)

    def observe(
        self,
        config: Point,
        result: Mapping[str, Any] | None,
        outcome: Outcome,
        trial_id: str | None,
    ) -> None:
        """Note it."""
        if trial_id is None:
            self.elsewhere.append(dict(config))
        else:
            self._note(trial_id, config, result, outcome)

    def _note(
        self,
        trial_id: str,
        point: Point,
        result: Mapping[str, Any] | None,
        outcome: Outcome,
    ) -> None:
        self.ends[trial_id, outcome] += 1
        loss = None if result is None else result.get("loss")
        self.known[trial_id] = sorted(point.items()), loss, outcome
