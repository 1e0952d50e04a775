"""Says what takes long in the driver and so delays trials, with what can be done about it.

It measures nothing that would cost: callers read the clock once between two operations of a whole
batch. What they took is added up, for the account of the run's time. Each kind of operation is
said at once, and then once a minute with how often it happened.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pegbox._run.environment import seconds_of

__all__ = [
    "ASKING",
    "DECIDING",
    "DEFAULT_THRESHOLD_S",
    "STORING",
    "VARIABLE",
    "Operation",
    "SlowOperations",
    "telling",
]

_logger: Final = logging.getLogger("pegbox")

#: Seconds from which on an operation is slow; another number in the environment replaces it.
DEFAULT_THRESHOLD_S: Final = 0.5
VARIABLE: Final = "PEGBOX_WARN_THRESHOLD_S"

#: Seconds until the same kind of operation is said again.
_AGAIN_AFTER_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Operation:
    """A kind of operation of a whole batch.

    Attributes:
        what: The subject of a sentence.
        advice: What can be done where it is slow: sentences.
    """

    what: str
    advice: str


DECIDING: Final = Operation(
    "deciding on a batch of events",
    "The scheduler and the stop rules are asked there; let theirs be little work.",
)
ASKING: Final = Operation(
    "the searcher's work on a batch of trials",
    "One that calculates should not have the trait cheap: then it works beside the loop.",
)
STORING: Final = Operation(
    "storing a batch of events",
    "The disk is slow or busy: report every n-th step, put large values into checkpoints rather "
    "than reports, or choose a faster disk by storage_path.",
)


def telling(method: str, callback: str) -> Operation:
    """That a callback is told something.

    Args:
        method: Of the callback.
        callback: Its name.
    """
    return Operation(
        f"{method} of callback {callback}",
        "Let it do its work in a thread of its own, or less often: other callbacks and the "
        "run's next step wait for it.",
    )


@dataclass(slots=True)
class _Kind:
    """What was not said yet of one kind of operation."""

    said_at: float = -math.inf
    count: int = 0
    seconds: float = 0.0


class SlowOperations:
    """Counts slow operations of one run, and says them.

    Args:
        threshold_s: Seconds from which on one is slow; None for what the environment says, or
            `DEFAULT_THRESHOLD_S`.
        clock: Seconds on any clock that never goes back.

    Attributes:
        seconds: ``Operation.what`` -> seconds that those took which were `passed`, slow or not.
    """

    def __init__(
        self, threshold_s: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.clock = clock
        self._threshold_s = (
            seconds_of(VARIABLE, DEFAULT_THRESHOLD_S) if threshold_s is None else threshold_s
        )
        self._kinds: dict[str, _Kind] = {}
        self.seconds: dict[str, float] = {}

    def passed(self, operation: Operation, since: float) -> None:
        """An operation is over that began at ``since`` on ``clock``."""
        took = self.clock() - since
        self.seconds[operation.what] = self.seconds.get(operation.what, 0.0) + took
        if self.is_slow(took):
            self.note(operation, took)

    def is_slow(self, seconds: float) -> bool:
        """Whether that is long for one operation."""
        return seconds > self._threshold_s

    def note(self, operation: Operation, seconds: float) -> None:
        """An operation was slow; it is said, unless that was done a moment ago."""
        now = self.clock()
        kind = self._kinds.setdefault(operation.what, _Kind())
        kind.count += 1
        kind.seconds += seconds
        if now - kind.said_at >= _AGAIN_AFTER_S:
            often = f" ({kind.count} times, {kind.seconds:.1f} s)" if kind.count > 1 else ""
            _logger.warning(
                "%s took %.2f seconds%s, which may slow the run down. %s",
                *(operation.what, seconds, often, operation.advice),
            )
            kind.said_at, kind.count, kind.seconds = now, 0, 0.0
