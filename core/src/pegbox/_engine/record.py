"""What the engine knows of one trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pegbox.decisions import Exploit, Resize
from pegbox.resources import Resources
from pegbox.trial import CheckpointRecord, State, TrialFailure

__all__ = ["TIMEOUT", "HaltReason", "TrialRecord"]

#: The decision on the report of a trial that has had its time.
TIMEOUT: Final = "TIMEOUT"

#: Why a trial is halting: a verdict's name, ``"INTERRUPT"`` (the run ends), `TIMEOUT`, or what
#: follows.
HaltReason = str | Exploit | Resize


class TrialRecord:
    """Facts about one trial. Only `pegbox._engine.state.RunState` writes them.

    Attributes:
        name: What the user's function named it; empty for the usual name. ``folder_name``:
            likewise.
        attempt: Tries started so far; 0 before the first.
        iteration: Iterations that count: those of the checkpoint a try began from, and its own.
        time_total_s: Training seconds that count, as ``iteration``.
        base_iteration: ``iteration`` when the current try began. ``base_time_s``: likewise.
        timesteps: Sum of the reported ``timesteps_this_iter`` in the current try.
        result: The last result, composed; None before the first report.
        checkpoint: Where the next try goes on from; None for the start.
        failure: Of the last try that ended badly; None once a later one reported.
        failures: Tries that failed by their own fault since the last restore that forgave them.
        lost_in_row: Tries lost with their worker since the last report.
        worker: Where it runs; None unless running or halting in this process.
        launched_at: When the current try began; None between tries. ``ran_s``: seconds that those
            before it took, from launch to end; they count against the trial's limit.
        halt_for: Why it is halting; None unless halting.
        resized: The scheduler has given it other resources than its configuration asks for.
    """

    __slots__ = (
        "attempt",
        "base_iteration",
        "base_time_s",
        "checkpoint",
        "config",
        "encoded",
        "failure",
        "failures",
        "folder_name",
        "halt_for",
        "iteration",
        "launched_at",
        "lost_in_row",
        "name",
        "number",
        "place",
        "point",
        "ran_s",
        "resized",
        "resources",
        "result",
        "state",
        "tag",
        "time_total_s",
        "timesteps",
        "worker",
    )

    def __init__(
        self,
        number: int,
        point: Mapping[str, float | int],
        config: Mapping[str, Any],
        encoded: Mapping[str, Any],
        resources: Resources,
        tag: str,
        name: str = "",
        folder_name: str = "",
    ) -> None:
        self.number = number
        self.point = point
        self.config = config
        self.encoded = encoded
        self.resources = resources
        self.tag = tag
        self.name = name
        self.folder_name = folder_name
        self.state = State.QUEUED
        self.attempt = 0
        self.iteration = 0
        self.time_total_s = 0.0
        self.base_iteration = 0
        self.base_time_s = 0.0
        self.timesteps = 0
        self.result: Mapping[str, Any] | None = None
        self.checkpoint: CheckpointRecord | None = None
        self.failure: TrialFailure | None = None
        self.failures = 0
        self.lost_in_row = 0
        self.place: int | None = None
        self.worker: str | None = None
        self.launched_at: float | None = None
        self.ran_s = 0.0
        self.halt_for: HaltReason | None = None
        self.resized = False

    def rewind(self) -> None:
        """Count from the checkpoint again: what came after it did not happen for the next try."""
        self.iteration = self.checkpoint.iteration if self.checkpoint else 0
        self.time_total_s = self.checkpoint.time_total_s if self.checkpoint else 0.0
        self.base_iteration = self.iteration
        self.base_time_s = self.time_total_s
        self.timesteps = 0

    def stand_still(self, at: float) -> None:
        """The current try is over, or was cut off with its driver."""
        if self.launched_at is not None:
            self.ran_s += max(0.0, at - self.launched_at)
            self.launched_at = None

    def snapshot(self) -> dict[str, Any]:
        """Everything that a replay must bring back."""
        left_out = ("worker", "halt_for")
        return {name: getattr(self, name) for name in self.__slots__ if name not in left_out}
