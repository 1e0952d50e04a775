"""Trials as everyone outside the engine sees them: ids, statuses, frozen facts, read-only views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Literal, Protocol

from pegbox.errors import TrialError
from pegbox.jsonvalue import chosen
from pegbox.resources import Resources
from pegbox.text import clip, shown

__all__ = [
    "CheckpointRecord",
    "Outcome",
    "State",
    "Status",
    "TrialFailure",
    "TrialRecordLike",
    "TrialView",
    "experiment_tag",
    "trial_id",
    "trial_number",
]

#: How a trial ended, as searchers and schedulers are told.
Outcome = Literal["finished", "stopped", "failed"]


class Status(StrEnum):
    """What users see; the names are Ray Tune's, and a status equals its name."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    TERMINATED = "TERMINATED"
    ERROR = "ERROR"


class State(Enum):
    """What the engine keeps; finer than `Status`."""

    QUEUED = "queued"
    RUNNING = "running"
    #: Told to end (stop, pause, exploit, resize, the run's end); its process still works.
    HALTING = "halting"
    PAUSED = "paused"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"

    # Enum hashes the name in Python; states are looked up with each event.
    __hash__ = object.__hash__

    @property
    def status(self) -> Status:
        """The status that users see."""
        return _STATUS[self]

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to the trial unless a restore asks for it."""
        return self in (State.FINISHED, State.STOPPED, State.FAILED)


#: Characters of a value in a trial's tag, which each result carries.
_MOST_SHOWN = 60

_STATUS = {
    State.QUEUED: Status.PENDING,
    State.RUNNING: Status.RUNNING,
    State.HALTING: Status.RUNNING,
    State.PAUSED: Status.PAUSED,
    State.FINISHED: Status.TERMINATED,
    State.STOPPED: Status.TERMINATED,
    State.FAILED: Status.ERROR,
}


@dataclass(frozen=True, slots=True)
class TrialFailure:
    """Why a try of a trial ended badly.

    Attributes:
        cause: ``"exception"``, ``"crash"``, ``"lost"``, ``"resources"`` or ``"timeout"``; see
            `pegbox.errors.TrialError`.
        message: One line for tables.
        type_name: Class name of the exception, or empty.
        traceback: The traceback as text, or empty.
    """

    cause: Literal["exception", "crash", "lost", "resources", "timeout"]
    message: str
    type_name: str = ""
    traceback: str = ""

    def as_error(self) -> TrialError:
        """The failure as an exception that can be raised."""
        return TrialError(
            self.message, cause=self.cause, type_name=self.type_name, traceback=self.traceback
        )


@dataclass(frozen=True, slots=True)
class CheckpointRecord:
    """A whole checkpoint in the experiment's folder.

    Attributes:
        path: Relative to the experiment's folder, with ``/``.
        iteration: The trial's iteration that was reported with it.
        time_total_s: The trial's training seconds up to it.
        size: Bytes of its files.
    """

    path: str
    iteration: int
    time_total_s: float
    size: int


class TrialRecordLike(Protocol):
    """What a view reads; the engine's record has it."""

    number: int
    state: State
    attempt: int
    iteration: int
    config: Mapping[str, Any]
    resources: Resources
    result: Mapping[str, Any] | None
    checkpoint: CheckpointRecord | None
    failure: TrialFailure | None
    encoded: Mapping[str, Any]
    point: Mapping[str, float | int]
    tag: str
    name: str
    folder_name: str


class TrialView:
    """A live, read-only view of one trial: what schedulers and callbacks are handed.

    It never copies: what it shows is what is true when it is read.
    """

    __slots__ = ("_folder", "_record", "_run", "_trainable")

    def __init__(self, record: TrialRecordLike, run: str, trainable: str, folder: str = "") -> None:
        self._record = record
        self._run = run
        self._trainable = trainable
        self._folder = folder

    @property
    def number(self) -> int:
        """Position in the order of suggestion, from 0."""
        return self._record.number

    @property
    def trial_id(self) -> str:
        """Public id: ``<5 hex of the run>_<5 digits>``."""
        return trial_id(self._run, self._record.number)

    @property
    def name(self) -> str:
        """``<trainable>_<trial id>``, or what ``trial_name_creator`` said."""
        return self._record.name or f"{self._trainable}_{self.trial_id}"

    @property
    def folder_name(self) -> str:
        """Name of the trial's folder: ``<trainable>_<trial id>``, or what
        ``trial_dirname_creator`` said."""
        return self._record.folder_name or f"{self._trainable}_{self.trial_id}"

    @property
    def trainable_name(self) -> str:
        """The trainable's name, as in the names of trials."""
        return self._trainable

    @property
    def experiment_tag(self) -> str:
        """``<number>_<name=value,...>``, see `experiment_tag`."""
        return self._record.tag

    @property
    def local_path(self) -> str:
        """The trial's folder, absolute; it exists only once something is in it."""
        return f"{self._folder}/{self.folder_name}"

    @property
    def path(self) -> str:
        """The same as ``local_path``."""
        return self.local_path

    @property
    def logdir(self) -> str:
        """The same as ``local_path``, under its older name."""
        return self.local_path

    @property
    def status(self) -> Status:
        """What users see; equals its name, e.g. ``"RUNNING"``."""
        return self._record.state.status

    @property
    def state(self) -> State:
        """What the engine keeps."""
        return self._record.state

    @property
    def attempt(self) -> int:
        """How many tries were started, the current one included; 0 before the first."""
        return self._record.attempt

    @property
    def iteration(self) -> int:
        """Iterations reported so far."""
        return self._record.iteration

    @property
    def config(self) -> Mapping[str, Any]:
        """The configuration, nested as the space is. Not to be changed."""
        return self._record.config

    @property
    def encoded_config(self) -> Mapping[str, Any]:
        """The configuration as JSON data, as the store keeps it. Not to be changed."""
        return self._record.encoded

    @property
    def evaluated_params(self) -> dict[str, Any]:
        """Flat path -> value of the parameters that the searcher chose."""
        config = self._record.config
        return chosen(config, self._record.point)

    @property
    def resources(self) -> Resources:
        """What the trial asks for while it runs."""
        return self._record.resources

    @property
    def last_result(self) -> Mapping[str, Any] | None:
        """The last result with its autofilled values. Not to be changed."""
        return self._record.result

    @property
    def checkpoint(self) -> CheckpointRecord | None:
        """The latest whole checkpoint."""
        return self._record.checkpoint

    @property
    def failure(self) -> TrialFailure | None:
        """Why the last try ended badly, or None."""
        return self._record.failure

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Trial {self.name} {self.status.value}>"


def trial_id(run: str, number: int) -> str:
    """The public id of a trial, from the run's 5 hex digits and its number."""
    return f"{run}_{number:05d}"


def trial_number(public_id: str) -> int:
    """The number of a trial, from 0 in the order of the asks.

    Args:
        public_id: As ``trial_id`` is given to searchers, schedulers and callbacks.
    """
    return int(public_id.rpartition("_")[2])


def experiment_tag(number: int, varied: Mapping[str, Any]) -> str:
    """Ray Tune's ``<number>_<name=value,...>`` with short numbers.

    Args:
        number: The trial's number.
        varied: Flat path to value of the parameters that vary, in the space's order.
    """
    parts = ",".join(f"{path}={_short(value)}" for path, value in varied.items())
    return f"{number}_{parts}" if parts else str(number)


def _short(value: object) -> str:
    if isinstance(value, float) and value == value:
        return f"{value:.4f}"
    return clip(value, _MOST_SHOWN) if isinstance(value, str) else clip(shown(value), _MOST_SHOWN)
