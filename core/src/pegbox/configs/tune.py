"""What is searched for, and how."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pegbox.argument_checks import flag, function, positive, whole
from pegbox.constraints import LinearConstraint, OutcomeConstraint
from pegbox.constraints.given import outcome_constraints, parameter_constraints
from pegbox.scalarization import Scalarization
from pegbox.scheduler import Scheduler
from pegbox.searcher import Searcher
from pegbox.searcher_wrapper import SearcherWrapper
from pegbox.trial import TrialView

__all__ = [
    "ParameterConstraintChoice",
    "ScalarizationChoice",
    "SchedulerChoice",
    "SearchAlg",
    "TuneConfig",
]

SearchAlg = str | tuple[str, Mapping[str, Any]] | Searcher | SearcherWrapper | None
SchedulerChoice = str | tuple[str, Mapping[str, Any]] | Scheduler | None
ScalarizationChoice = (
    str
    | tuple[str, Mapping[str, Any]]
    | Scalarization
    | Callable[[Mapping[str, float]], float]
    | None
)
ParameterConstraintChoice = str | LinearConstraint | Callable[[dict[str, Any]], bool]


@dataclass(frozen=True, kw_only=True)
class TuneConfig:
    """What is searched for, and how.

    At a restore, what is left at None is as it was when the experiment was last started.

    Attributes:
        metric: Name of the reported value that counts, or several. ``mode``: ``"min"`` or
            ``"max"``, for each.
        num_samples: Trials in all; with grids, how often the whole grid is gone through. -1 goes
            on until the run is stopped. None is 1.
        search_alg: A searcher by name (``"optuna"``), with options (``("optuna", {"sampler":
            "tpe"})``), or an object. None is random search.
        scheduler: As ``search_alg``, e.g. ``"asha"`` or ``("asha", {"max_t": 50})``. None runs
            every trial to its end.
        max_concurrent_trials: Trials that may run at once; None for as many as there is room.
        lookahead: Suggestions to have ready beyond the room there is, so that no slot waits for a
            searcher which takes long. Each is proposed without knowing of the trials that end
            meanwhile. None is what the searcher's traits say.
        time_budget_s: Seconds of running, over all restores, after which all trials are stopped;
            or a `datetime.timedelta`. None is without bound.
        reuse_actors: Whether a class trainable's object serves trial after trial, where its
            ``reset_config`` says that it can. None is False.
        trial_name_creator: A function of the trial (a `pegbox.trial.TrialView`) that gives its
            name. ``trial_dirname_creator``: likewise the name of its folder. None is
            ``<trainable>_<trial id>``.
        chdir_to_trial_dir: Whether each trial works in its own folder, so that relative paths
            lead there; ``PEGBOX_ORIG_WORKING_DIR`` in its environment is the folder before. It
            takes a process for each trial, also where they would share one. None is False.
        scalarization: With several metrics, how they become one number for a searcher that takes
            one: a name with options (``("weighted_sum", {"weights": {"loss": 1, "size": 0.01}})``,
            ``"chebyshev"``), an object (`pegbox.scalarization`), or a function of a dict of
            metrics and losses (less is better). Results and Pareto set stay as they are. It
            belongs to the metrics: a restore with others begins without.
        parameter_constraints: What configurations must satisfy to be tried: linear inequalities as
            text (``"model/width <= 4*model/depth"``) or `pegbox.constraints.LinearConstraint`,
            and functions of the configuration that give True where it is allowed.
        outcome_constraints: What results must satisfy to count as feasible: linear inequalities
            between metrics as text (``"latency <= 0.2"``) or
            `pegbox.constraints.OutcomeConstraint`.
        seed: The one seed of the run, from which each component's and each trial's is derived;
            None draws one, which is stored.

    Raises:
        ConfigError: A value that cannot be used.
    """

    metric: str | Sequence[str] | None = None
    mode: str | Sequence[str] | None = None
    num_samples: int | None = None
    search_alg: SearchAlg = None
    scheduler: SchedulerChoice = None
    max_concurrent_trials: int | None = None
    lookahead: int | None = None
    time_budget_s: float | datetime.timedelta | None = None
    reuse_actors: bool | None = None
    trial_name_creator: Callable[[TrialView], str] | None = None
    trial_dirname_creator: Callable[[TrialView], str] | None = None
    chdir_to_trial_dir: bool | None = None
    seed: int | None = None
    scalarization: ScalarizationChoice = None
    parameter_constraints: Sequence[ParameterConstraintChoice] | None = None
    outcome_constraints: Sequence[str | OutcomeConstraint] | None = None

    def __post_init__(self) -> None:
        if self.num_samples is not None and not _is_unbounded(self.num_samples):
            unbounded = "-1 goes on until the run is stopped."
            whole("TuneConfig", "num_samples", self.num_samples, 1, unbounded)
        if self.max_concurrent_trials is not None:
            whole("TuneConfig", "max_concurrent_trials", self.max_concurrent_trials, 1)
        if self.lookahead is not None:
            whole("TuneConfig", "lookahead", self.lookahead, 0)
        if self.seed is not None:
            whole("TuneConfig", "seed", self.seed, 0)
        if self.time_budget_s is not None:
            seconds = "Seconds, or a timedelta; leave it out for no bound."
            positive("TuneConfig", "time_budget_s", self.budget_s, seconds)
        if self.reuse_actors is not None:
            flag("TuneConfig", "reuse_actors", self.reuse_actors)
        if self.chdir_to_trial_dir is not None:
            flag("TuneConfig", "chdir_to_trial_dir", self.chdir_to_trial_dir)
        if self.parameter_constraints is not None:
            parameter_constraints(self.parameter_constraints)
        if self.outcome_constraints is not None:
            outcome_constraints(self.outcome_constraints)
        for name in ("trial_name_creator", "trial_dirname_creator"):
            if getattr(self, name) is not None:
                function("TuneConfig", name, getattr(self, name), "the trial", "trial")

    @property
    def budget_s(self) -> float | None:
        """``time_budget_s`` in seconds."""
        budget = self.time_budget_s
        return budget.total_seconds() if isinstance(budget, datetime.timedelta) else budget


def _is_unbounded(samples: object) -> bool:
    return isinstance(samples, int) and samples == -1
