"""Verdicts: what a scheduler answers to a report, and what a searcher answers to an ask.

``None`` is never an answer: with pluggy's ``firstresult`` it falls through to the next plugin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeAlias

from pegbox.resources import Resources

__all__ = [
    "CONTINUE",
    "FINISHED",
    "KEPT",
    "PAUSE",
    "START_NEW",
    "STOP",
    "WAIT",
    "Decision",
    "Exploit",
    "Resize",
    "Signal",
    "Verdict",
]


class Verdict(Enum):
    """What becomes of a trial that has reported."""

    CONTINUE = "CONTINUE"
    STOP = "STOP"
    PAUSE = "PAUSE"


class Signal(Enum):
    """Answers that stand in place of a point, of a trial, or of nothing."""

    #: Searcher: no point before the next tell. Scheduler: start nothing now.
    WAIT = "WAIT"
    #: Searcher: no point will ever come again.
    FINISHED = "FINISHED"
    #: Scheduler: ask the searcher for a new trial rather than go on with a waiting one.
    START_NEW = "START_NEW"
    #: Wrapper of a searcher, to a tell: it is dealt with, and goes no further inwards.
    KEPT = "KEPT"


CONTINUE: Final = Verdict.CONTINUE
STOP: Final = Verdict.STOP
PAUSE: Final = Verdict.PAUSE
WAIT: Final = Signal.WAIT
FINISHED: Final = Signal.FINISHED
START_NEW: Final = Signal.START_NEW
KEPT: Final = Signal.KEPT


@dataclass(frozen=True, slots=True)
class Exploit:
    """Go on from another trial's checkpoint, with another configuration (as PBT does).

    Attributes:
        donor: Public id of the trial whose latest checkpoint is taken.
        config: The configuration to go on with, nested as the space is.
    """

    donor: str
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Resize:
    """Go on from the trial's own checkpoint with other resources.

    Attributes:
        resources: What the trial asks for from now on.
    """

    resources: Resources


Decision: TypeAlias = Verdict | Exploit | Resize
