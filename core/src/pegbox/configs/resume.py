"""What becomes of each kind of trial at a restore."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final

from pegbox.argument_checks import one_of
from pegbox.events import ResumeChoice

__all__ = ["ResumeConfig"]

_CHOICES: Final = ("resume", "restart", "skip")


class _ResumeType(StrEnum):
    """Ray Tune's names for the three choices; each equals its word."""

    RESUME = "resume"
    RESTART = "restart"
    SKIP = "skip"


@dataclass(frozen=True, kw_only=True)
class ResumeConfig:
    """What becomes of each kind of trial at a restore.

    Each is ``"resume"`` (go on from the last checkpoint), ``"restart"`` (go on from the start)
    or ``"skip"`` (leave as it is; an unfinished trial is then ended as stopped).

    Attributes:
        finished: Trials that finished or were stopped.
        unfinished: Trials that had not ended.
        errored: Trials that failed.

    Raises:
        ConfigError: Another word.
    """

    ResumeType: ClassVar[Any] = _ResumeType

    finished: ResumeChoice = "skip"
    unfinished: ResumeChoice = "resume"
    errored: ResumeChoice = "skip"

    def __post_init__(self) -> None:
        for name in ("finished", "unfinished", "errored"):
            value = getattr(self, name)
            one_of("ResumeConfig", name, value, _CHOICES)
            # A plain word, whatever it was written as.
            object.__setattr__(self, name, _ResumeType(value).value)
