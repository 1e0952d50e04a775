"""Every hook, in two kinds.

**Doorways** are answered once, by a package's entry point in the group ``pegbox``: which names it
brings, and where their classes are. They import nothing heavy.

**Role hooks** are called during a run, on a plugin manager that belongs to that run and holds
only its objects. The base classes (`pegbox.searcher.Searcher` and its like) bind their methods to
these hooks; a plugin without a base class may implement them directly with `hookimpl`.

Hooks may gain arguments: pluggy passes an implementation only those that it names. They are never
renamed, and never lose one within `HOOKS_VERSION`.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

import pluggy

from pegbox.callback import Ending, ExperimentInfo, History
from pegbox.constraints import LinearConstraint, OutcomeConstraint
from pegbox.decisions import Decision, Signal
from pegbox.objective import Objective
from pegbox.resources import Resources
from pegbox.searcher import Point
from pegbox.space import Condition
from pegbox.trial import CheckpointRecord, Outcome, TrialView
from pegbox.usage import Usage

__all__ = [
    "HOOKS_VERSION",
    "CallbackSpecs",
    "DoorwaySpecs",
    "SchedulerSpecs",
    "SearcherSpecs",
    "SyncerSpecs",
    "hookimpl",
    "hookspec",
]

#: Goes up when a hook is renamed or loses an argument; a plugin may check it.
HOOKS_VERSION: Final = 1

hookspec = pluggy.HookspecMarker("pegbox")
hookimpl = pluggy.HookimplMarker("pegbox")


class DoorwaySpecs:
    """What a package answers about itself. Every plugin package is asked; answers are merged."""

    @hookspec
    def pegbox_searchers(self) -> Mapping[str, str]:  # type: ignore[empty-body]
        """Offer searchers: public name to ``"module:Class"``. Must not import the optimizer."""

    @hookspec
    def pegbox_schedulers(self) -> Mapping[str, str]:  # type: ignore[empty-body]
        """Offer schedulers: public name to ``"module:Class"``."""

    @hookspec
    def pegbox_syncers(self) -> Mapping[str, str]:  # type: ignore[empty-body]
        """Offer syncers: URI scheme or name to ``"module:Class"``."""

    @hookspec
    def pegbox_callbacks(self) -> Mapping[str, str]:  # type: ignore[empty-body]
        """Offer callbacks and loggers: public name to ``"module:Class"``."""


class SearcherSpecs:
    """Called by the searcher's driver, in order, from one thread. The first answer wins.

    Who was registered last is asked first: the outermost wrapper, and the searcher at the end. A
    wrapper that answers a tell (`pegbox.decisions.KEPT`) keeps it from all that it stands around.
    """

    @hookspec(firstresult=True)
    def searcher_setup(
        self,
        space: Mapping[str, Any],
        objectives: Sequence[Objective],
        seed: int,
        num_samples: int,
        conditions: Mapping[str, Condition],
        points: Sequence[Point],
        parameter_constraints: Sequence[LinearConstraint],
        outcome_constraints: Sequence[OutcomeConstraint],
    ) -> None:
        """Before anything else, once; see `pegbox.searcher.Searcher.setup`."""

    @hookspec(firstresult=True)
    def searcher_suggest(  # type: ignore[empty-body]
        self, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Point | Signal:
        """When the run wants a new trial; see `pegbox.searcher.Searcher.suggest`."""

    @hookspec(firstresult=True)
    def searcher_result(self, trial_id: str, result: Mapping[str, Any]) -> None:
        """When a running trial reported; only where the traits ask for it."""

    @hookspec(firstresult=True)
    def searcher_complete(
        self,
        trial_id: str,
        result: Mapping[str, Any] | None,
        error: bool,
        outcome: Outcome,
        config: Point,
    ) -> None:
        """When a trial has ended, once; see `pegbox.searcher.Searcher.on_trial_complete`."""

    @hookspec(firstresult=True)
    def searcher_observe(
        self,
        config: Point,
        result: Mapping[str, Any] | None,
        outcome: Outcome,
        trial_id: str | None,
    ) -> None:
        """When a point becomes known that this searcher did not propose."""

    @hookspec
    def searcher_config(  # type: ignore[empty-body]
        self, trial_id: str, ask: int
    ) -> Mapping[str, Any]:
        """When a point becomes a configuration; see `pegbox.searcher.Searcher.added_config`."""

    @hookspec
    def searcher_recall(self, trial_id: str, added: Mapping[str, Any]) -> None:
        """At a restore, for each trial that has such values: what ``searcher_config`` gave."""

    @hookspec(firstresult=True)
    def searcher_save(self) -> Mapping[str, Any]:  # type: ignore[empty-body]
        """When the run ends in good order: state as JSON data."""

    @hookspec(firstresult=True)
    def searcher_load(self, state: Mapping[str, Any]) -> None:
        """At a restore, after setup and before the first tell."""


class SchedulerSpecs:
    """Called inside the engine's step, from the runner's thread. The first answer wins."""

    @hookspec
    def scheduler_setup(self, objectives: Sequence[Objective], rng: random.Random) -> None:
        """Before anything else, once; see `pegbox.scheduler.Scheduler.setup`."""

    @hookspec
    def scheduler_add(self, trial: TrialView) -> None:
        """When a trial was suggested."""

    @hookspec(firstresult=True)
    def scheduler_result(  # type: ignore[empty-body]
        self, trial: TrialView, result: Mapping[str, Any]
    ) -> Decision:
        """When a trial reported: does it go on? None falls through to the next plugin."""

    @hookspec
    def scheduler_complete(
        self, trial: TrialView, result: Mapping[str, Any] | None, outcome: Outcome
    ) -> None:
        """When a trial ended."""

    @hookspec(firstresult=True)
    def scheduler_choose(  # type: ignore[empty-body]
        self,
        queued: Sequence[TrialView],
        paused: Sequence[TrialView],
        running: Sequence[TrialView],
    ) -> TrialView | Signal:
        """When there is room for a trial: which one?"""

    @hookspec(firstresult=True)
    def scheduler_save(self) -> Mapping[str, Any]:  # type: ignore[empty-body]
        """When the run ends in good order: state as JSON data."""

    @hookspec
    def scheduler_load(self, state: Mapping[str, Any]) -> None:
        """At a restore, after setup; the events after the state follow as calls."""


class SyncerSpecs:
    """Called from a thread of its own. The first answer wins."""

    @hookspec(firstresult=True)
    def syncer_push(  # type: ignore[empty-body]
        self, local_dir: str, remote_dir: str, exclude: Sequence[str]
    ) -> int:
        """Copy a local folder to a remote one: bytes moved."""

    @hookspec(firstresult=True)
    def syncer_pull(  # type: ignore[empty-body]
        self, local_dir: str, remote_dir: str, exclude: Sequence[str]
    ) -> int:
        """Copy a remote folder to a local one: bytes moved."""

    @hookspec(firstresult=True)
    def syncer_list(self, remote_dir: str) -> Sequence[str]:  # type: ignore[empty-body]
        """Paths of all files below a remote folder, relative to it."""

    @hookspec(firstresult=True)
    def syncer_delete(self, remote_dir: str) -> int:  # type: ignore[empty-body]
        """Remove a remote folder: files removed."""


class CallbackSpecs:
    """Called after answers have left and facts are stored. Each callback on its own: one that
    raises is reported once and dropped, and the others are still told."""

    @hookspec
    def callback_setup(
        self,
        experiment: ExperimentInfo,
        stop: Any,
        num_samples: int,
        total_num_samples: int,
        trials: Sequence[TrialView],
        history: History,
    ) -> None:
        """Before the first trial of this run; see `pegbox.callback.Callback.setup`."""

    @hookspec
    def callback_step_begin(self, iteration: int, trials: Sequence[TrialView]) -> None:
        """When a batch of events is about to be told."""

    @hookspec
    def callback_step_end(
        self, iteration: int, trials: Sequence[TrialView], resources: Resources, usage: Usage
    ) -> None:
        """When a batch of events has been told; ``resources``: what all workers have; ``usage``:
        where the time of this epoch went, up to a second ago."""

    @hookspec
    def callback_trial_start(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        encoded_config: Mapping[str, Any],
    ) -> None:
        """When a try of a trial was launched."""

    @hookspec
    def callback_trial_restore(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        checkpoint: CheckpointRecord,
    ) -> None:
        """When a try of a trial was launched that goes on from a checkpoint."""

    @hookspec
    def callback_trial_result(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        result: Mapping[str, Any],
        decision: str,
    ) -> None:
        """When a trial reported and was decided on."""

    @hookspec
    def callback_trial_complete(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView
    ) -> None:
        """When a trial finished or was stopped."""

    @hookspec
    def callback_trial_error(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView
    ) -> None:
        """When a trial failed for good."""

    @hookspec
    def callback_trial_recover(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView
    ) -> None:
        """When a try failed or was lost, and the trial is queued again."""

    @hookspec
    def callback_trial_save(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        checkpoint: CheckpointRecord,
    ) -> None:
        """When a whole checkpoint was recorded, before ``callback_checkpoint``."""

    @hookspec
    def callback_checkpoint(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        checkpoint: CheckpointRecord,
    ) -> None:
        """When a whole checkpoint was recorded."""

    @hookspec
    def callback_experiment_end(
        self, trials: Sequence[TrialView], how: Ending, usage: Usage
    ) -> None:
        """When the run ended, for whatever reason; ``usage``: where the time of this epoch went."""

    @hookspec(firstresult=True)
    def callback_save(self) -> Mapping[str, Any]:  # type: ignore[empty-body]
        """After ``callback_experiment_end``: state as JSON data. Each callback's is its own."""

    @hookspec
    def callback_load(self, state: Mapping[str, Any]) -> None:
        """At a restore, after setup: the callback's own state."""
