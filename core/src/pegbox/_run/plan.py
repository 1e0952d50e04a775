"""Everything that is settled about a run before it starts, and how it reads in the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pegbox._store.meta import ExperimentMeta
from pegbox._store.snapshots import SYNC_PERIOD_S
from pegbox.objective import Objective
from pegbox.resources import Resources
from pegbox.scheduler import Scheduler
from pegbox.searcher import Searcher, Traits
from pegbox.space import Space

__all__ = ["Component", "Plan"]


@dataclass(frozen=True, slots=True)
class Component:
    """A searcher or a scheduler that was chosen.

    Attributes:
        name: Its name on offer, or its class's name where the user passed an object.
        options: What it was made with; empty for an object.
        by_name: Whether a restore can make it again from name and options.
        plugin: The object.
        package: ``"package version"`` that brought it, or empty.
    """

    name: str
    options: Mapping[str, Any]
    by_name: bool
    plugin: Any
    package: str = ""

    def identity(self) -> dict[str, Any]:
        """What tells it from another choice, as JSON data."""
        return {"name": self.name, **self.stored_options()}

    def stored_options(self) -> dict[str, Any]:
        """How the store tells an object from a name."""
        return {"by_name": self.by_name, "options": dict(self.options)}


@dataclass(frozen=True, slots=True)
class Plan:
    """One run, settled.

    Attributes:
        run: The run's 5 hex digits.
        folder: The experiment's folder, absolute.
        trainable: The user's function. ``trainable_name``: as in the names of trials.
        resources: What each trial asks for.
    """

    run: str
    name: str
    folder: Path
    trainable: Callable[..., Any]
    trainable_name: str
    resources: Resources
    space: Space
    objectives: tuple[Objective, ...]
    searcher: Component
    scheduler: Component
    num_samples: int
    max_failures: int
    max_concurrent: int | None
    seed: int
    callbacks: tuple[Any, ...] = field(default=())
    verbose: int = 1
    sync_period_s: float = SYNC_PERIOD_S

    @property
    def searcher_plugin(self) -> Searcher:
        """The searcher."""
        searcher: Searcher = self.searcher.plugin
        return searcher

    @property
    def traits(self) -> Traits:
        """What the searcher can do; one that does not say can do what most can."""
        traits: Traits = getattr(self.searcher.plugin, "traits", Searcher.traits)
        return traits

    @property
    def scheduler_plugin(self) -> Scheduler:
        """The scheduler."""
        scheduler: Scheduler = self.scheduler.plugin
        return scheduler

    @property
    def counts_grids(self) -> bool:
        """Whether the searcher goes through grids itself, and so knows when it is done."""
        return "grid" in self.traits.domains

    @property
    def max_trials(self) -> int:
        """Trials in all; -1 where the searcher ends the run."""
        return -1 if self.counts_grids else self.num_samples

    @property
    def total_trials(self) -> int:
        """For display; -1 where nobody knows."""
        if self.num_samples < 0 or self.searcher.name == "grid":
            return -1
        return self.num_samples * self.space.grid_size

    def meta(self, *, created: float, version: str) -> ExperimentMeta:
        """What the store keeps of it."""
        return ExperimentMeta(
            run=self.run,
            name=self.name,
            trainable=self.trainable_name,
            created=created,
            version=version,
            seed=self.seed,
            objectives=self.objectives,
            space=self.space.describe(),
            searcher=self.searcher.name,
            searcher_options=self.searcher.stored_options(),
            scheduler=self.scheduler.name,
            scheduler_options=self.scheduler.stored_options(),
            settings=self.settings(),
        )

    def settings(self) -> dict[str, Any]:
        """What may be given anew at a restore."""
        objectives = [{"metric": each.metric, "mode": each.mode} for each in self.objectives]
        return {
            "searcher": self.searcher.identity(),
            "scheduler": self.scheduler.identity(),
            "objectives": objectives,
            "seed": self.seed,
            "num_samples": self.num_samples,
            "max_failures": self.max_failures,
            "max_concurrent_trials": self.max_concurrent,
            "resources": dict(self.resources),
            "verbose": self.verbose,
            "sync_period_s": self.sync_period_s,
        }
