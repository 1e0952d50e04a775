"""`wrap_function`: a function that reports, driven by hand as a class that steps.

For users' own tests and loops. A run takes the function out again, and runs it as any other.
"""

from __future__ import annotations

import queue
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from pegbox import jsonvalue
from pegbox._trial.checkpointing import mark_folder, persist
from pegbox._trial.function import run_trial
from pegbox._trial.task import EndMessage, Order, ReportMessage, TrialTask
from pegbox.checkpoint import Checkpoint
from pegbox.class_trainable import Trainable
from pegbox.errors import ReportError
from pegbox.resources import Resources
from pegbox.trainable import check_trainable, trainable_name

__all__ = ["FunctionTrainable", "wrap_function"]

_RUN: Final = "00000"


def wrap_function(
    train_func: Callable[..., Any], name: str | None = None
) -> type[FunctionTrainable]:
    """A class whose `Trainable.train` gives a function's reports, one after the other.

    Args:
        train_func: A function of the config that calls `pegbox.report` or returns a dict.
        name: Name of the class; None for the function's.

    Raises:
        ConfigError: It cannot be used as a trainable.
    """
    check_trainable(train_func)
    body = {"_function": staticmethod(train_func), "__doc__": train_func.__doc__}
    return type(name or trainable_name(train_func), (FunctionTrainable,), body)


class FunctionTrainable(Trainable):
    """Runs a function in a thread that waits in each report until the next step."""

    _function: Callable[..., Any]

    def setup(self, config: dict[str, Any]) -> None:
        """Make ready; the function begins with the first step."""
        self._folder = tempfile.mkdtemp(prefix="pegbox_trainable_")
        mark_folder(self._folder, _RUN)
        self._line = _Line()
        self._thread: threading.Thread | None = None
        self._over = False
        #: Latest checkpoint, relative to the folder.
        self._latest: str | None = None
        self._reported: dict[str, Any] = {}

    def step(self) -> dict[str, Any]:
        """Let the function run until its next report, or its end.

        Returns:
            What it reported; at its end what it returned, or else its last report again, with
            ``done``.

        Raises:
            TrialError: The function failed.
        """
        if self._over:
            return {**self._reported, "done": True}
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, args=(self._task(),), daemon=True)
            self._thread.start()
        else:
            self._line.orders.put(Order.GO_ON)
        message = self._line.messages.get()
        return self._ended(message) if isinstance(message, EndMessage) else self._heard(message)

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Copy the function's latest checkpoint.

        Raises:
            ReportError: It has reported none.
        """
        if self._latest is None:
            raise ReportError(
                f"{type(self).__name__} has reported no checkpoint that could be saved",
                hint="Report one: pegbox.report(metrics, checkpoint=...).",
            )
        Checkpoint(f"{self._folder}/{self._latest}").to_directory(checkpoint_dir)

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Have the function begin anew, with this as what `pegbox.get_checkpoint` gives.

        Args:
            checkpoint: A folder, or the dict that a checkpoint was made of.
        """
        self.cleanup()
        self.setup(self.config)
        is_dict = isinstance(checkpoint, Mapping)
        source = Checkpoint.from_dict(checkpoint) if is_dict else Checkpoint(checkpoint)
        nothing = ReportMessage(0, 0.0, 0.0, 0.0, "{}", None)
        self._latest, _ = persist(source.path, self._task(), nothing)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Have the function begin anew with another configuration."""
        self.cleanup()
        self.setup(new_config)
        return True

    def cleanup(self) -> None:
        """End the function at the report where it waits."""
        if self._thread is not None:
            self._line.orders.put(Order.END)
            self._thread.join()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, task: TrialTask) -> None:
        self._line.messages.put(run_trial(task, self._function, self._line))

    def _heard(self, message: ReportMessage) -> dict[str, Any]:
        self._reported = jsonvalue.loads(message.encoded)
        if message.checkpoint is None:
            return self._reported
        self._latest = message.checkpoint[0]
        return {**self._reported, "should_checkpoint": True}

    def _ended(self, end: EndMessage) -> dict[str, Any]:
        self._over = True
        if end.failure is not None:
            raise end.failure.as_error()
        if end.report is not None:
            self._heard(end.report)
        return {**self._reported, "done": True}

    def _task(self) -> TrialTask:
        return TrialTask(
            trial=0,
            trial_id=f"{_RUN}_00000",
            name=self.trial_name,
            attempt=1,
            epoch=1,
            experiment=type(self).__name__,
            folder=self._folder,
            config=self.config,
            resources=Resources(),
            checkpoint=self._latest,
            iteration=self.iteration,
            time_total_s=0.0,
            required_metrics=(),
            seed=0,
        )


class _Line:
    """Between the function's thread and the one that steps."""

    def __init__(self) -> None:
        self.messages: queue.SimpleQueue[ReportMessage | EndMessage] = queue.SimpleQueue()
        self.orders: queue.SimpleQueue[Order] = queue.SimpleQueue()

    def send(self, report: ReportMessage) -> Order:
        """Hand in a report, and wait for the next step."""
        self.messages.put(report)
        return self.orders.get()
