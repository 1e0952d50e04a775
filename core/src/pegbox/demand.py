"""What the trials of a run will ask for, as far as that can be known before one was suggested."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pegbox.resources import Resources
from pegbox.seeds import derive_seed
from pegbox.space import Space

__all__ = ["Demand", "demand_by_config", "fixed_demand"]

#: Configurations that are sampled; shapes that are rarer come as a surprise.
_SAMPLES: Final = 128


@dataclass(frozen=True, slots=True)
class Demand:
    """What trials ask for.

    Attributes:
        least: The smallest of the requests that are likely. By it is judged whether there is room
            for one more trial: judged by a larger one, cores would stand idle.
        most: For each resource the largest amount that is likely: what a worker needs for all.
        of: What a trial with a configuration asks for.
    """

    least: Resources
    most: Resources
    of: Callable[[Mapping[str, Any]], Resources]

    @property
    def varies(self) -> bool:
        """Whether not all trials ask for the same."""
        return self.least != self.most

    def fills(self, worker: Resources) -> bool:
        """Whether no two trials find room on a worker, so that each has it to itself."""
        return not self.varies and self.least.times_in(worker) == 1


def fixed_demand(resources: Resources) -> Demand:
    """All trials ask for the same."""
    return Demand(resources, resources, lambda config: resources)


def demand_by_config(
    of: Callable[[Mapping[str, Any]], Resources], space: Space, seed: int
) -> Demand:
    """What trials ask for by their configuration, judged by sampled ones.

    Args:
        of: What a trial with a configuration asks for.
        space: Where configurations come from.
        seed: The run's; the same ones are sampled each time.

    Raises:
        ConfigError: ``of`` refuses a configuration, or the space cannot make one.
    """
    rng = random.Random(derive_seed(seed, "resources"))
    asked = []
    for number in range(_SAMPLES if space.domains else 1):
        point = space.sample(rng, space.grid_point(number))
        asked.append(of(space.config(point, number)))
    return Demand(min(asked, key=_size), _largest(asked), of)


def _size(resources: Resources) -> tuple[float, float, float]:
    gpu, cpu = resources.get("gpu", 0.0), resources.get("cpu", 0.0)
    return gpu, cpu, sum(resources.values())


def _largest(asked: Iterable[Resources]) -> Resources:
    most: dict[str, float] = {}
    for resources in asked:
        for name, amount in resources.items():
            most[name] = max(most.get(name, 0.0), amount)
    return Resources(most)
