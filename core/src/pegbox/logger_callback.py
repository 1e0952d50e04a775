"""The shape of callbacks that write down what a trial does: one method for each occasion.

It says which hook comes in at which method; what is written, and where, is theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pegbox.callback import Callback
from pegbox.trial import CheckpointRecord, TrialView

__all__ = ["LoggerCallback"]


class LoggerCallback(Callback):
    """Base class of loggers; override any of the ``log_*`` methods.

    ``trial.local_path`` is a folder that a logger may write to; it makes it, since a trial's
    folder exists only once something is in it.
    """

    def log_trial_start(self, trial: TrialView) -> None:
        """A try of a trial was launched."""

    def log_trial_restore(self, trial: TrialView) -> None:
        """The try that was just launched goes on from a checkpoint."""

    def log_trial_save(self, trial: TrialView) -> None:
        """A whole checkpoint was recorded; ``trial.checkpoint`` is it, or a later one."""

    def log_trial_result(self, iteration: int, trial: TrialView, result: Mapping[str, Any]) -> None:
        """A trial reported.

        Args:
            iteration: Counts the run's batches of events, not the trial's reports.
            trial: The trial.
            result: Metrics and autofilled values, flat. Where its ``training_iteration`` is not
                above that of the result before, the trial was set back to a checkpoint, and what
                came after that does not count.
        """

    def log_trial_end(self, trial: TrialView, failed: bool = False) -> None:
        """A trial has ended; ``failed`` says whether for good and by a failure."""

    def on_trial_start(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        encoded_config: Mapping[str, Any] | None = None,
        **info: Any,
    ) -> None:
        """Calls `log_trial_start`."""
        self.log_trial_start(trial)

    def on_trial_restore(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        checkpoint: CheckpointRecord | None = None,
        **info: Any,
    ) -> None:
        """Calls `log_trial_restore`."""
        self.log_trial_restore(trial)

    def on_trial_save(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        checkpoint: CheckpointRecord | None = None,
        **info: Any,
    ) -> None:
        """Calls `log_trial_save`."""
        self.log_trial_save(trial)

    def on_trial_result(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        result: Mapping[str, Any],
        decision: str = "CONTINUE",
        **info: Any,
    ) -> None:
        """Calls `log_trial_result`."""
        self.log_trial_result(iteration, trial, result)

    def on_trial_complete(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView, **info: Any
    ) -> None:
        """Calls `log_trial_end`."""
        self.log_trial_end(trial, failed=False)

    def on_trial_error(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView, **info: Any
    ) -> None:
        """Calls `log_trial_end`."""
        self.log_trial_end(trial, failed=True)
