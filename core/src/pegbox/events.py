"""What happened. Events are frozen facts in the past tense; the engine takes them in order.

Most come from outside. Those marked *engine* are made by the engine itself when it decides;
others carry a field that the engine fills in when it decides (``decision``, ``became``), so that
the stored form of an event says what was decided, and a replay need not decide again.

``at`` is in seconds on the run's clock: a monotonic clock plus the wall time at the start.
Every event about a running trial carries its ``attempt``, which is unique within the trial over
all epochs; a fact about an older attempt is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from pegbox.resources import Resources
from pegbox.trial import CheckpointRecord, State, TrialFailure

__all__ = [
    "CheckpointsDropped",
    "Declined",
    "Ended",
    "Event",
    "Exhausted",
    "GrowthJudged",
    "Launched",
    "PlaceOpened",
    "PluginFailed",
    "Reconfigured",
    "Reported",
    "ResumeChoice",
    "Resumed",
    "RoomChanged",
    "RunEnded",
    "Started",
    "StopRequested",
    "Suggested",
    "Tick",
    "WorkerJoined",
    "WorkerLeft",
]


ResumeChoice = Literal["resume", "restart", "skip"]


@dataclass(frozen=True, slots=True)
class Started:
    """A fresh run began."""

    at: float
    epoch: int = 1


@dataclass(frozen=True, slots=True)
class Resumed:
    """A run was taken up again.

    Open asks are forgotten, and what ran is queued again from its last whole checkpoint, with no
    charge: it was not the trial's fault.

    Attributes:
        unfinished: What becomes of trials that had not ended: queued from their last checkpoint,
            queued from the start, or ended as stopped.
        errored: What becomes of failed trials, likewise; or they are left alone.
        finished: What becomes of trials that finished or were stopped, likewise.
        checkpoints: For trials whose latest recorded checkpoint is no longer whole: the one to go
            on from instead, or None for none.
        resources: For trials that go on: what they ask for by what was passed now, where that is
            something else. Stored as `Reconfigured`, which follow.
    """

    at: float
    epoch: int
    unfinished: ResumeChoice = "resume"
    errored: ResumeChoice = "skip"
    checkpoints: Mapping[int, CheckpointRecord | None] | None = None
    finished: ResumeChoice = "skip"
    resources: Mapping[int, Resources] | None = None

    def choice(self, state: State) -> ResumeChoice:
        """What becomes of a trial in a state."""
        if state is State.FAILED:
            return self.errored
        return self.finished if state.ended else self.unfinished


@dataclass(frozen=True, slots=True)
class WorkerJoined:
    """A worker can take trials, or what it has to give has changed."""

    at: float
    worker: str
    resources: Resources


@dataclass(frozen=True, slots=True)
class RoomChanged:
    """How much of a worker this run may use, where others use it too. Never stored.

    Attributes:
        room: All that this run may have there, what it has already included.
        gpus: Index of a GPU -> what others have of it, up to 1.0.
    """

    at: float
    worker: str
    room: Resources
    gpus: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class WorkerLeft:
    """A worker is gone; what ran there has been reported as `Ended` before."""

    at: float
    worker: str


@dataclass(frozen=True, slots=True)
class GrowthJudged:
    """The executor has looked whether other workers than those here may come. Never stored.

    Attributes:
        grows: Whether they may; None where it will take a while to know.
    """

    at: float
    grows: bool | None


@dataclass(frozen=True, slots=True)
class PlaceOpened:
    """A process that runs trials made itself known.

    Attributes:
        place: Number of the place within the experiment; unique over all epochs.
        host: Host name. ``ip``: its address. ``pid``: the process.
    """

    at: float
    place: int
    host: str
    ip: str
    pid: int
    worker: str


@dataclass(frozen=True, slots=True)
class Suggested:
    """The searcher proposed a point; a trial is born.

    Attributes:
        trial: The trial's number.
        point: Flat path to plain value, categories by index.
        config: The configuration as the trainable will get it, nested; any objects.
        encoded: The same as JSON data (`pegbox.space.Space.encode_config`).
        tag: ``experiment_tag``, see `pegbox.trial.experiment_tag`.
        name: What ``trial_name_creator`` named it; empty for the usual name.
        folder_name: What ``trial_dirname_creator`` named its folder; empty for the usual name.
        ask: With which number the searcher was asked, where that is beyond the trial's; else 0.
    """

    at: float
    trial: int
    point: Mapping[str, float | int]
    config: Mapping[str, Any]
    encoded: Mapping[str, Any]
    resources: Resources
    tag: str
    name: str = ""
    folder_name: str = ""
    ask: int = 0


@dataclass(frozen=True, slots=True)
class Declined:
    """The searcher has no point before the next tell."""

    at: float
    trial: int


@dataclass(frozen=True, slots=True)
class Exhausted:
    """The searcher will never propose again."""

    at: float
    trial: int


@dataclass(frozen=True, slots=True)
class Launched:
    """*Engine.* A try of a trial was given to a worker."""

    at: float
    trial: int
    attempt: int
    worker: str


@dataclass(frozen=True, slots=True)
class Reconfigured:
    """*Engine.* A trial that was halted for it goes on with another configuration or size.

    Attributes:
        config: The configuration from now on. ``encoded``: the same as JSON data.
        checkpoint: What it goes on from: its own or its donor's.
        donor: Number of the trial that it copies (`pegbox.decisions.Exploit`), or None.
    """

    at: float
    trial: int
    config: Mapping[str, Any]
    encoded: Mapping[str, Any]
    resources: Resources
    checkpoint: CheckpointRecord | None
    donor: int | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """A trial reported.

    Attributes:
        iteration: ``training_iteration``: reports of this trial, over all attempts that count.
        time_this_iter_s: Seconds since the previous report, by the worker's monotonic clock.
        time_total_s: Training seconds up to here, over all attempts that count.
        timestamp: Wall time, seconds, for display.
        metrics: The user's metrics, flat, plain values; may hold NaN and infinity.
        encoded: ``metrics`` as the JSON text that is stored.
        place: Where it ran, see `PlaceOpened`.
        checkpoint: The whole checkpoint that came with it.
        decision: Filled by the engine: the name of the verdict.
    """

    at: float
    trial: int
    attempt: int
    iteration: int
    time_this_iter_s: float
    time_total_s: float
    timestamp: float
    metrics: Mapping[str, Any]
    encoded: str
    place: int
    checkpoint: CheckpointRecord | None = None
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class CheckpointsDropped:
    """*Engine.* Checkpoints need not stay; they are deleted once this is stored.

    Attributes:
        paths: Relative to the experiment's folder, with ``/``.
    """

    at: float
    trial: int
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """A try of a trial is over; exactly one per launch.

    Attributes:
        how: ``"finished"`` by itself, ``"halted"`` as it was told to, or before it began since
            there was no room for it, ``"failed"`` by its own fault, ``"lost"`` with its worker.
        failure: Of what, where it failed or was lost.
        became: Filled by the engine: the state that followed.
        checkpoint: One that was saved after the last report's decision, with its iteration.
    """

    at: float
    trial: int
    attempt: int
    how: Literal["finished", "halted", "failed", "lost"]
    place: int | None = None
    failure: TrialFailure | None = None
    became: State | None = None
    checkpoint: CheckpointRecord | None = None


@dataclass(frozen=True, slots=True)
class StopRequested:
    """The run is to end in good order: nothing new starts, what runs ends at its next report.

    Attributes:
        reason: For people, e.g. ``"interrupted"``.
        complete: Whether the run then counts as complete, so that what has not ended is stopped;
            otherwise it stays unfinished, to be resumed.
        grace_s: Seconds that running trials have to come to their next report, in place of those
            that the rules say; no part of the stored form.
    """

    at: float
    reason: str
    complete: bool = False
    grace_s: float | None = None


@dataclass(frozen=True, slots=True)
class PluginFailed:
    """A plugin that decides raised; the run ends in good order, restorable."""

    at: float
    role: Literal["searcher", "scheduler", "executor"]
    plugin: str
    error: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """*Engine.* Nothing more happens in this epoch.

    Attributes:
        how: ``"complete"``, ``"interrupted"`` (restorable) or ``"failed"`` (restorable).
        reason: For people; empty where complete.
    """

    at: float
    how: Literal["complete", "interrupted", "failed"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; said where the engine wished to be woken. It is never a fact."""

    at: float


Event: TypeAlias = (
    Started
    | Resumed
    | WorkerJoined
    | RoomChanged
    | WorkerLeft
    | GrowthJudged
    | PlaceOpened
    | Suggested
    | Declined
    | Exhausted
    | Launched
    | Reconfigured
    | Reported
    | CheckpointsDropped
    | Ended
    | StopRequested
    | PluginFailed
    | RunEnded
)
