"""A loss that notes what it gave, and what the search took between two calls."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from pegbox.space import Space

from searching.problems import Problem

__all__ = ["Measured"]


class Measured:
    """The loss of one run.

    Args:
        problem: Whose loss.
        trials: How often it is to be called.

    Attributes:
        values: Each loss, in the order of the calls.
        search_s: Processor seconds from the end of the call before, or from the beginning, to
            each call.
    """

    def __init__(self, problem: Problem, trials: int) -> None:
        self.space = Space(problem.space)
        self.trials = trials
        self.values: list[float] = []
        self.search_s: list[float] = []
        self._problem = problem
        self._since = time.process_time()

    def __call__(self, config: Mapping[str, Any]) -> float:
        """The loss of a configuration."""
        self.search_s.append(time.process_time() - self._since)
        self.values.append(self._problem.loss(config))
        self._since = time.process_time()
        return self.values[-1]

    def at(self, point: Mapping[str, float | int]) -> float:
        """The loss of a point, which may have values for what does not exist in it."""
        return self(self.space.config(self.space.seen(point, conditions=True)))
