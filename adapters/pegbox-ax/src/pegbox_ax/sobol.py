"""A scrambled Sobol sequence: the points that a study begins with."""

from __future__ import annotations

from typing import Any

import torch
from ax.adapter.registry import Generators
from ax.core.experiment import Experiment
from ax.core.search_space import SearchSpace
from pegbox.errors import ConfigError
from torch.quasirandom import SobolEngine

from pegbox_ax.model import FAILURES

__all__ = ["SobolSequence", "point_inside"]


class SobolSequence:
    """Points of the unit cube by their number; each follows from the seed and its number alone.

    Ax's own generator gives up in a space that it has gone through, and merges what it repeats.

    Args:
        dimensions: Of the cube; 0 for a cube of one point.
        seed: Of the scrambling.
    """

    def __init__(self, dimensions: int, seed: int) -> None:
        self._engine = SobolEngine(dimensions, scramble=True, seed=seed) if dimensions else None
        self._points: list[list[float]] = []

    def __getitem__(self, number: int) -> list[float]:
        """Shares from 0 to 1, one for each dimension."""
        if self._engine is None:
            return []
        missing = number + 1 - len(self._points)
        if missing > 0:
            self._points += self._engine.draw(missing, dtype=torch.double).tolist()
        return self._points[number]


def point_inside(space: SearchSpace) -> dict[str, Any]:
    """A point inside constraints that leave little: Ax walks about there, by torch's generator.

    Returns:
        Ax's parameters by name.

    Raises:
        ConfigError: It finds none.
    """
    adapter = Generators.SOBOL(experiment=Experiment(search_space=space, name="inside"))
    try:
        [arm] = adapter.gen(1).arms
    except FAILURES as error:
        raise ConfigError(
            f"Ax finds no point that the constraints allow: {error}",
            hint="Are there any? Widen the bounds of the parameters, or leave a constraint out.",
        ) from error
    return dict(arm.parameters)
