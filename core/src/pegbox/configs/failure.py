"""What becomes of trials that fail, and of the run that they are in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pegbox.argument_checks import whole
from pegbox.errors import ConfigError
from pegbox.text import shown

__all__ = ["FailureConfig"]


@dataclass(frozen=True, kw_only=True)
class FailureConfig:
    """What becomes of trials that fail.

    Attributes:
        max_failures: How often a trial that failed by its own fault is tried again, from its last
            checkpoint; -1 without bound. A worker that disappeared does not count.
        fail_fast: Whether the run ends with the first trial that fails for good. ``"raise"``
            raises its error from `Tuner.fit` then; True returns what was found so far. Either
            way the run can be restored.

    Raises:
        ConfigError: A value that cannot be used, or ``fail_fast`` with tries to come.
    """

    max_failures: int = 0
    fail_fast: bool | Literal["raise"] = False

    def __post_init__(self) -> None:
        unbounded = "-1 tries again without bound."
        whole("FailureConfig", "max_failures", self.max_failures, -1, unbounded)
        if not isinstance(self.fail_fast, bool):
            word: object = self.fail_fast
            if not isinstance(word, str) or word != "raise":
                raise ConfigError(
                    f'FailureConfig(fail_fast=...) must be True, False or "raise", got '
                    f"{shown(word)}",
                    hint="Write fail_fast=True to end the run with the first failure.",
                )
        if self.fail_fast and self.max_failures:
            raise ConfigError(
                f"FailureConfig(fail_fast={self.fail_fast!r}) ends the run with the first "
                f"failure, and max_failures={self.max_failures} tries again",
                hint="Leave one of them out.",
            )
