"""Where the trials of one slot run, one after the other: whatever kind of trainable they have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from pegbox._trial.class_run import ClassRun
from pegbox._trial.function import run_trial
from pegbox._trial.output import redirected
from pegbox._trial.sole import sole_trial
from pegbox._trial.task import Channel, EndMessage, TrialTask
from pegbox._trial.working_folder import in_own_folder
from pegbox.class_trainable import Trainable
from pegbox.errors import ReportError
from pegbox.trial import TrialFailure

__all__ = ["Stage", "no_parameters"]


def no_parameters() -> Mapping[str, Any]:
    """For a trainable without `pegbox.with_parameters`."""
    return {}


class Stage:
    """Runs tries of trials with one trainable.

    Args:
        trainable: The user's function or class.
        parameters: Gives the further keyword arguments, anew for each trial.
        owns_process: Whether the process runs nothing else meanwhile, so that all that it writes
            is the trial's, and its working folder can be.
        owns_folder: Whether its working folder can be the trial's, though what it writes is not.
    """

    def __init__(
        self,
        trainable: Callable[..., Any],
        parameters: Callable[[], Mapping[str, Any]] = no_parameters,
        *,
        owns_process: bool = False,
        owns_folder: bool = False,
    ) -> None:
        self._function = trainable
        self._parameters = parameters
        self._owns_process = owns_process
        self._owns_folder = owns_process or owns_folder
        self._classes: ClassRun | None = None
        if isinstance(trainable, type) and issubclass(trainable, Trainable):
            self._classes = ClassRun(trainable, parameters)

    def run(self, task: TrialTask, channel: Channel) -> EndMessage:
        """Run one try of a trial in the calling thread; see `run_trial`."""
        if task.log_to_file is None and not task.chdir:
            return self._run(task, channel)
        with ExitStack() as around:
            sole = around.enter_context(sole_trial(wished=self._owns_folder))
            around.enter_context(redirected(task, owns_process=sole and self._owns_process))
            if task.chdir and sole:
                try:
                    around.enter_context(in_own_folder(task))
                except (OSError, ReportError) as error:
                    return _no_folder(error)
            return self._run(task, channel)

    def _run(self, task: TrialTask, channel: Channel) -> EndMessage:
        if self._classes is not None:
            return self._classes.run(task, channel)
        return run_trial(task, self._call, channel)

    def close(self) -> None:
        """No further try comes."""
        if self._classes is not None:
            self._classes.close()

    def _call(self, config: dict[str, Any]) -> Any:
        return self._function(config, **self._parameters())


def _no_folder(error: Exception) -> EndMessage:
    message = f"its working folder cannot be used: {error}"
    return EndMessage("failed", TrialFailure("exception", message, type(error).__name__))
