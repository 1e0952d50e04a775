"""What a process is told to run one try of a trial, and what it says in return."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal, NamedTuple, Protocol

from pegbox._trial.devices import DeviceId
from pegbox.resources import Resources
from pegbox.trial import TrialFailure

__all__ = ["Channel", "EndMessage", "Order", "ReportMessage", "TrialTask"]


class Order(Enum):
    """What a trial that has reported is told."""

    GO_ON = "go on"
    END = "end"
    #: End now and go on later: a class saves its state.
    PAUSE = "pause"


class TrialTask(NamedTuple):
    """One try of one trial; a tuple, for one is made, sent and read for each launch.

    Attributes:
        trial: The trial's number. ``attempt`` and ``epoch`` stand in every path and message.
        folder: The experiment's folder, absolute.
        name: The trial's name.
        checkpoint: Path of the checkpoint to go on from, relative to ``folder``, or None.
        iteration: Iterations that count before this try.
        time_total_s: Training seconds that count before this try.
        required_metrics: Names that every report must hold.
        seed: The trial's own seed, derived from the run's.
        folder_name: Name of the trial's folder below ``folder``; empty for the trial's name.
        checkpoint_frequency: A class saves a checkpoint every so many iterations; 0 for never.
        checkpoint_at_end: Whether a class saves one when the trial ends.
        reuse: Whether a class's object may serve one trial after the other.
        log_to_file: Names of the files in the trial's folder that its output goes to, stdout's
            and stderr's; None for the terminal.
        chdir: Whether the trial works in its own folder.
        gpu_ids: The GPUs that it has, by CUDA's names; filled in where it runs.
    """

    trial: int
    trial_id: str
    name: str
    attempt: int
    epoch: int
    experiment: str
    folder: str
    config: Mapping[str, Any]
    resources: Resources
    checkpoint: str | None
    iteration: int
    time_total_s: float
    required_metrics: tuple[str, ...]
    seed: int
    folder_name: str = ""
    checkpoint_frequency: int = 0
    checkpoint_at_end: bool = False
    reuse: bool = False
    log_to_file: tuple[str, str] | None = None
    chdir: bool = False
    gpu_ids: tuple[DeviceId, ...] = ()

    @property
    def directory(self) -> str:
        """Name of the trial's folder below the experiment's."""
        return self.folder_name or self.name

    @property
    def path(self) -> str:
        """The trial's folder, absolute."""
        return os.path.join(self.folder, self.directory)


class ReportMessage(NamedTuple):
    """One report, as it travels; plain values only.

    Attributes:
        encoded: The user's metrics, flat, as the JSON text that is stored.
        checkpoint: Path relative to the experiment's folder and size in bytes, or None.
    """

    iteration: int
    time_this_iter_s: float
    time_total_s: float
    timestamp: float
    encoded: str
    checkpoint: tuple[str, int] | None


class EndMessage(NamedTuple):
    """How a try ended, as it travels.

    Attributes:
        report: A last report that needs no answer: a function's returned dict.
        checkpoint: Saved after the last report was answered: its path relative to the
            experiment's folder, the iteration and training seconds of that report, its bytes.
    """

    how: Literal["finished", "halted", "failed"]
    failure: TrialFailure | None = None
    report: ReportMessage | None = None
    checkpoint: tuple[str, int, float, int] | None = None


class Channel(Protocol):
    """The way to whoever decides."""

    def send(self, report: ReportMessage) -> Order:
        """Hand in a report and wait for the decision."""
