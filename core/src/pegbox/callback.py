"""The contract of a callback: it is told everything and decides nothing.

Values are read-only; answers are ignored. A callback that raises is reported once and dropped.
It is told after answers have left and facts are stored, so it never delays a trial's answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pegbox.objective import Objective
from pegbox.trial import CheckpointRecord, TrialView

__all__ = ["Callback", "ExperimentInfo"]


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


class Callback:
    """Base class of callbacks. Methods are bound to the hooks ``callback_*`` by name.

    ``iteration`` counts the batches of events that the run has handled; ``trials`` is a live
    view of all trials, in the order of their numbers.
    """

    def setup(self, experiment: ExperimentInfo) -> None:
        """Before the first trial of this run (fresh or restored)."""

    def on_trial_start(self, iteration: int, trials: Sequence[TrialView], trial: TrialView) -> None:
        """A try of a trial was launched."""

    def on_trial_result(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        result: Mapping[str, Any],
        decision: str,
    ) -> None:
        """A trial reported and was decided on.

        ``decision`` is the verdict's name (``"CONTINUE"``, ``"STOP"``, ``"PAUSE"``,
        ``"EXPLOIT"``, ``"RESIZE"``), or ``"INTERRUPT"`` where the run is about to end.
        """

    def on_trial_complete(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView
    ) -> None:
        """A trial finished or was stopped."""

    def on_trial_error(self, iteration: int, trials: Sequence[TrialView], trial: TrialView) -> None:
        """A trial failed for good; ``trial.failure`` says of what."""

    def on_trial_recover(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView
    ) -> None:
        """A try failed or was lost, and the trial is queued again."""

    def on_checkpoint(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        checkpoint: CheckpointRecord,
    ) -> None:
        """A whole checkpoint was recorded."""

    def on_experiment_end(self, trials: Sequence[TrialView]) -> None:
        """The run ended, for whatever reason; also after an interrupt."""
