"""Everything that is settled about a run before it starts, and how it reads in the store."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from pegbox._run.component import Component
from pegbox._run.earlier_trials import EarlierPoint
from pegbox._run.scalarizing import SCALARIZED, Scalarizer
from pegbox._run.starting_points import StartingPoints
from pegbox._run.stopping import ThresholdStopper, describe_stopper
from pegbox._run.warm_start import warm_start_to_json
from pegbox._store.meta import ExperimentMeta
from pegbox._store.snapshots import SYNC_PERIOD_S
from pegbox.configs import CheckpointConfig
from pegbox.constraints import OutcomeConstraint
from pegbox.constraints.allowed import Allowed
from pegbox.constraints.given import described
from pegbox.demand import Demand
from pegbox.objective import Objective
from pegbox.resources import Resources
from pegbox.searcher import Traits
from pegbox.space import Space
from pegbox.stoppers import Stopper
from pegbox.trial import TrialView

__all__ = ["CREATORS", "Plan"]

#: Functions of a trial that name things; code, so never stored.
CREATORS: Final = ("trial_name_creator", "trial_dirname_creator")


@dataclass(frozen=True, slots=True)
class Plan:
    """One run, settled.

    Attributes:
        run: The run's 5 hex digits.
        folder: The experiment's folder, absolute.
        trainable: The user's function or class. ``trainable_name``: as in the names of trials.
        demand: What trials ask for.
        allowed: Which configurations the parameter constraints allow.
        scalarizer: Makes one number of several objectives, for the searcher.
        outcome_constraints: What results must satisfy.
        points: What is to be tried first.
        parameters: What the trainable is given beside the configuration.
        trial_name_creator: Gives a trial its name. ``trial_dirname_creator``: its folder's.
        callback_names: Those of ``callbacks`` that a restore can make again.
        trial_time_limit_s: Seconds that a trial may run in all its tries; None for no bound.
        chdir_to_trial_dir: Whether a trial works in its own folder.
        log_files: Names of the files for what a trial prints, in its folder; None for none.
        warm_start: Trials of earlier experiments, which the searcher is told first.
    """

    run: str
    name: str
    folder: Path
    trainable: Callable[..., Any]
    trainable_name: str
    demand: Demand
    space: Space
    objectives: tuple[Objective, ...]
    searcher: Component
    scheduler: Component
    num_samples: int
    seed: int
    allowed: Allowed
    scalarizer: Scalarizer | None = None
    outcome_constraints: tuple[OutcomeConstraint, ...] = ()
    points: StartingPoints = field(default_factory=StartingPoints)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    max_failures: int = 0
    fail_fast: bool | Literal["raise"] = False
    max_concurrent: int | None = None
    lookahead: int | None = None
    time_budget_s: float | None = None
    trial_time_limit_s: float | None = None
    chdir_to_trial_dir: bool = False
    stopper: Stopper | None = None
    reuse_actors: bool = False
    trial_name_creator: Callable[[TrialView], str] | None = None
    trial_dirname_creator: Callable[[TrialView], str] | None = None
    checkpoint_config: CheckpointConfig = field(default_factory=CheckpointConfig)
    callbacks: tuple[Any, ...] = ()
    callback_names: tuple[str, ...] = ()
    verbose: int = 1
    progress_reporter: Any | None = None
    log_files: tuple[str, str] | None = None
    sync_period_s: float = SYNC_PERIOD_S
    warm_start: tuple[EarlierPoint, ...] = ()

    @property
    def resources(self) -> Resources:
        """What a trial that is not suggested yet will probably ask for."""
        return self.demand.least

    @property
    def traits(self) -> Traits:
        """What the searcher can do, its wrappers included."""
        return self.searcher.traits

    @property
    def searched_objectives(self) -> tuple[Objective, ...]:
        """What counts in the eyes of the searcher."""
        return self.objectives if self.scalarizer is None else (Objective(SCALARIZED, "min"),)

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
        left_out = self.allowed and self.space.grid_size > 1
        if self.num_samples < 0 or self.traits.exhaustive or left_out:
            return -1
        return self.num_samples * self.space.grid_size

    @property
    def required_metrics(self) -> tuple[str, ...]:
        """Names that every report must hold."""
        names = [objective.metric for objective in self.objectives]
        if isinstance(self.stopper, ThresholdStopper):
            names += self.stopper.thresholds
        return tuple(dict.fromkeys(names))

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
            # Once for the whole experiment: it may be much, and does not change.
            settings={**self.settings(), "warm_start": warm_start_to_json(self.warm_start)},
        )

    def settings(self) -> dict[str, Any]:
        """What may be given anew at a restore."""
        return {
            "searcher": self.searcher.identity(),
            "scheduler": self.scheduler.identity(),
            "objectives": self._counts(),
            **self._terms(),
            "points": self.points.to_json(),
            "seed": self.seed,
            "resources": dict(self.resources),
            "resources_vary": self.demand.varies,
            "num_samples": self.num_samples,
            "max_concurrent_trials": self.max_concurrent,
            "lookahead": self.lookahead,
            "time_budget_s": self.time_budget_s,
            "trial_time_limit_s": self.trial_time_limit_s,
            "chdir_to_trial_dir": self.chdir_to_trial_dir,
            "reuse_actors": self.reuse_actors,
            "max_failures": self.max_failures,
            "fail_fast": self.fail_fast,
            "checkpoint_config": dataclasses.asdict(self.checkpoint_config),
            "stop": describe_stopper(self.stopper),
            "verbose": self.verbose,
            "callbacks": list(self.callback_names),
            "log_files": None if self.log_files is None else list(self.log_files),
            "sync_period_s": self.sync_period_s,
            **self._creators(),
        }

    def terms_of(self, role: str) -> dict[str, Any]:
        """What counts for a searcher or a scheduler, as JSON data: its state is of no use beside
        others."""
        more = self._terms() if role == "searcher" else {}
        return {"objectives": self._counts(), **{name: each for name, each in more.items() if each}}

    def _counts(self) -> list[dict[str, str]]:
        return [{"metric": each.metric, "mode": each.mode} for each in self.objectives]

    def _terms(self) -> dict[str, Any]:
        """What was said of objectives and constraints."""
        return {
            "scalarization": self.scalarizer and dict(self.scalarizer.described),
            "parameter_constraints": described(self.allowed.constraints),
            "outcome_constraints": described(self.outcome_constraints),
        }

    def _creators(self) -> dict[str, str]:
        """The names of the functions that name things, for a restore to ask for."""
        given = {name: getattr(self, name) for name in CREATORS}
        return {
            name: getattr(creator, "__name__", type(creator).__name__)
            for name, creator in given.items()
            if creator is not None
        }
