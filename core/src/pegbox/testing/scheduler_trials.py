"""Trials for schedulers to decide on: what they report, and where they break."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from pegbox.executors.simulated.cluster import Curve, Fault

__all__ = [
    "FAILURES",
    "Faults",
    "each_breaks_often",
    "is_odd",
    "losses",
    "losses_with_odd_ones",
    "no_faults",
    "some_faults",
]

#: From number of the trial, of its try and of the iteration to what breaks there.
Faults = Callable[[int, int, int], Fault | None]

#: How often a trial may fail where each breaks often.
FAILURES: Final = 4

_ITERATIONS: Final = 12


def losses(sign: int = 1) -> Curve:
    """Losses that never cross: the less ``x``, the better; and the quicker, by a little.

    Args:
        sign: -1 for values that are to be maximized.
    """

    def curve(config: Mapping[str, Any], iteration: int) -> Any:
        if iteration > _ITERATIONS:
            return None
        return 1 + config["x"] / 10, {"loss": sign * (config["x"] + 1 / iteration)}

    return curve


def losses_with_odd_ones(instead: Mapping[str, float]) -> Curve:
    """Some trials report ``instead`` of their loss."""
    usual = losses()

    def curve(config: Mapping[str, Any], iteration: int) -> Any:
        answer = usual(config, iteration)
        return answer if answer is None or not is_odd(config) else (answer[0], instead)

    return curve


def is_odd(config: Mapping[str, Any]) -> bool:
    """Whether a trial is one of those some."""
    return bool(0.35 < config["x"] < 0.65)


def no_faults(trial: int, attempt: int, iteration: int) -> Fault | None:
    """Nothing breaks."""
    return None


def some_faults(trial: int, attempt: int, iteration: int) -> Fault | None:
    """A trial fails for good, others begin again, a worker dies."""
    if trial % 6 == 2 and iteration == 1:
        return "failed"
    if trial % 6 == 4 and attempt == 1 and iteration == 2:
        return "failed"
    return "worker died" if trial == 9 and attempt == 1 and iteration == 3 else None


def each_breaks_often(trial: int, attempt: int, iteration: int) -> Fault | None:
    """All tries of every trial fail but its last, of one sooner than of another."""
    return "failed" if attempt <= FAILURES and iteration == 3 + 3 * (trial % 4) else None
