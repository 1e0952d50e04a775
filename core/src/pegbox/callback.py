"""The contract of a callback: it is told everything and decides nothing.

Values are read-only; answers are ignored. A callback that raises is reported once and dropped.
It is told after answers have left and facts are stored, so it never delays a trial's answer.
`pegbox.loggers.LoggerCallback` is a shape of it for those that write files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pegbox.constraints import OutcomeConstraint
from pegbox.objective import Objective
from pegbox.resources import Resources
from pegbox.result_files import ResultsWithConfigs
from pegbox.trial import CheckpointRecord, TrialView
from pegbox.usage import Usage

__all__ = ["Callback", "Ending", "ExperimentInfo", "History"]

#: How a run ended: to the end, by Ctrl-C, or by an error; what did not complete can be restored.
Ending = Literal["complete", "interrupted", "failed"]

#: What a trial has reported before this start of the run, as it is stored.
History: TypeAlias = Callable[[TrialView], ResultsWithConfigs]


@dataclass(frozen=True, slots=True)
class ExperimentInfo:
    """What is fixed about a run when it starts.

    Attributes:
        name: The experiment's name.
        path: Its folder, absolute.
        run: The run's 5 hex digits.
        epoch: 1 for a fresh run, one more for each restore.
        objectives: What counts; empty where no metric was named.
        total_trials: How many trials there will be; -1 where nobody knows.
        searcher: The searcher's name.
        scheduler: The scheduler's name.
        parameters: Flat paths of the parameters that vary, in the user's order.
        seed: The run's seed.
        trainable: The trainable's name.
        num_samples: How often the space is sampled; -1 for without end.
        stop: What stops trials, as JSON data; None where nothing does.
        resources: Amount of each resource that a trial asks for.
        outcome_constraints: What a result must satisfy to be feasible.
    """

    name: str
    path: str
    run: str
    epoch: int
    objectives: tuple[Objective, ...]
    total_trials: int
    searcher: str
    scheduler: str
    parameters: tuple[str, ...]
    seed: int
    trainable: str = ""
    num_samples: int = 1
    stop: Mapping[str, Any] | None = None
    resources: Mapping[str, float] = field(default_factory=dict)
    outcome_constraints: tuple[OutcomeConstraint, ...] = ()

    @property
    def storage_path(self) -> str:
        """The folder that the experiment's folder lies in, absolute."""
        return self.path[: max(self.path.rfind("/"), self.path.rfind("\\"))]


class Callback:
    """Base class of callbacks. Methods are bound to the hooks ``callback_*`` by name.

    A method takes those arguments that it needs, by their names and in any order; ``**info``
    gets the others, and those that later releases add. Ray Tune's signatures work as they are.

    ``iteration`` counts the batches of events that the run has handled; ``trials`` is a live
    view of all trials, in the order of their numbers.
    """

    def setup(self, *args: Any, **info: Any) -> None:
        """Before the first trial of this run (fresh or restored).

        Args:
            stop: What stops trials: a `pegbox.stoppers.Stopper`, or None.
            num_samples: How often the space is sampled; -1 for without end.
            total_num_samples: How many trials there will be; -1 where nobody knows.
            experiment: What is fixed about the run, an `ExperimentInfo`.
            trials: All trials, as for the other methods; none unless this is a restore.
            history: Called with a trial: its results that count, the first one first, each with
                the configuration that it was reported with, as JSON data. A driver that was
                killed may have stored more of them than callbacks were told. Only to be called
                during `setup`.
            *args: None are passed: name what you need. ``info``: what a method does not name.
        """

    def on_step_begin(self, iteration: int, trials: Sequence[TrialView], **info: Any) -> None:
        """A batch of events is about to be told."""

    def on_step_end(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        resources: Resources | None = None,
        *,
        usage: Usage | None = None,
        **info: Any,
    ) -> None:
        """A batch of events has been told.

        ``resources`` is the amount of each resource that all workers have together now; ``usage``
        says where the time of this epoch went, up to a second ago.
        """

    def on_trial_start(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        encoded_config: Mapping[str, Any] | None = None,
        **info: Any,
    ) -> None:
        """A try of a trial was launched.

        ``encoded_config`` is its configuration as JSON data; ``trial.config`` may already be that
        of a later try, where a scheduler has changed it meanwhile.
        """

    def on_trial_restore(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        checkpoint: CheckpointRecord | None = None,
        **info: Any,
    ) -> None:
        """The try that was just launched goes on from ``checkpoint``."""

    def on_trial_result(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        result: Mapping[str, Any],
        decision: str = "CONTINUE",
        **info: Any,
    ) -> None:
        """A trial reported ``result`` and was decided on.

        ``decision`` is the verdict's name (``"CONTINUE"``, ``"STOP"``, ``"PAUSE"``,
        ``"EXPLOIT"``, ``"RESIZE"``), ``"TIMEOUT"`` where the trial has had its time, or
        ``"INTERRUPT"`` where the run is about to end.
        """

    def on_trial_complete(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView, **info: Any
    ) -> None:
        """A trial finished or was stopped."""

    def on_trial_error(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView, **info: Any
    ) -> None:
        """A trial failed for good; ``trial.failure`` says of what."""

    def on_trial_recover(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView, **info: Any
    ) -> None:
        """A try failed or was lost, and the trial is queued again."""

    def on_trial_save(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        checkpoint: CheckpointRecord | None = None,
        **info: Any,
    ) -> None:
        """A whole ``checkpoint`` was recorded; `on_checkpoint` follows."""

    def on_checkpoint(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        checkpoint: CheckpointRecord,
        **info: Any,
    ) -> None:
        """A whole ``checkpoint`` was recorded."""

    def on_experiment_end(
        self,
        trials: Sequence[TrialView],
        how: Ending = "complete",
        *,
        usage: Usage | None = None,
        **info: Any,
    ) -> None:
        """The run ended, for whatever reason; ``how`` says for which.

        ``usage`` says where the time of this epoch went.
        """

    def get_state(self) -> Mapping[str, Any] | None:
        """What a restore shall give back, as JSON data; asked for when the run has ended."""
        return None

    def set_state(self, state: Mapping[str, Any]) -> None:
        """At a restore, after `setup`: the ``state`` that `get_state` gave when the run ended."""
