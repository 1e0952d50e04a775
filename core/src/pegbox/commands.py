"""What to do: orders from the engine to the drivers around it. Frozen, imperative."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pegbox.resources import Resources
from pegbox.trial import CheckpointRecord, Outcome

__all__ = [
    "Answer",
    "Ask",
    "Command",
    "EndRun",
    "Kill",
    "Launch",
    "Tell",
    "TellResult",
    "Wishes",
]


@dataclass(frozen=True, slots=True)
class Answer:
    """To the executor: the trial that waits for its report's decision goes on, or ends.

    May leave before the report is stored, for a trial that reports again is decided again.

    Attributes:
        save: Whether a trial that ends is to go on later, so that its state is worth saving.
    """

    trial: int
    attempt: int
    go_on: bool
    save: bool = False


@dataclass(frozen=True, slots=True)
class Launch:
    """To the executor: start a try of a trial on a worker.

    Attributes:
        checkpoint: Where it goes on from, or None for the start.
        iteration: Iterations that count before it (those of the checkpoint).
        time_total_s: Training seconds that count before it.
        gpus: Indices of those of the worker's GPUs that are the trial's: whole ones, or the one
            that it has a share of.
    """

    trial: int
    attempt: int
    worker: str
    resources: Resources
    config: Mapping[str, Any]
    checkpoint: CheckpointRecord | None
    iteration: int
    time_total_s: float
    gpus: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Kill:
    """To the executor: end a try by force, with the worker process that it runs in.

    May come again for a try that goes on regardless.
    """

    trial: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Ask:
    """To the searcher: propose the point of this trial."""

    trial: int


@dataclass(frozen=True, slots=True)
class TellResult:
    """To the searcher: a running trial reported. Sent only where the searcher reads them."""

    trial: int
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tell:
    """To the searcher: how a trial ended; once for each trial."""

    trial: int
    result: Mapping[str, Any] | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Wishes:
    """To the executor, when it asks: what trials wait for, and workers that would be of use.

    Attributes:
        more: Workers for the trials that wait and that no present worker has room for.
        kept: Workers for trials that are being suggested, and for which there is room.
        waiting: What trials ask for that wait for room and for nothing else, the next one first,
            each with how many they are.
    """

    more: int = 0
    kept: int = 0
    waiting: tuple[tuple[Resources, int], ...] = ()


@dataclass(frozen=True, slots=True)
class EndRun:
    """To the runner: stop the loop."""


Command: TypeAlias = Answer | Launch | Kill | Ask | TellResult | Tell | EndRun
