"""What a simulated cluster is: its workers, what its trials cost, and when they break."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pegbox.errors import ConfigError

__all__ = ["Curve", "Fault", "SimulatedCluster"]

#: Configuration and iteration (from 1) -> the seconds that the iteration takes and the metrics
#: that it reports; None where the trial has ended before it.
Curve = Callable[[Mapping[str, Any], int], tuple[float, Mapping[str, Any]] | None]

#: What goes wrong instead of a report: the try fails, or its worker dies with all that runs there.
Fault = Literal["failed", "worker died"]


@dataclass(frozen=True, kw_only=True)
class SimulatedCluster:
    """A cluster in virtual time.

    Attributes:
        workers: How many there are.
        capacity: What each of them has, by resource name.
        checkpoint_period: A checkpoint comes with each report whose iteration is a multiple of
            it; 0 for none. Tries go on from the last one.
        decision_s: Virtual seconds from a report to its decision.
        event_s: Virtual seconds for which the driver is busy with each report, each end and each
            launch, one after the other; what comes meanwhile waits its turn.
        rejoin_s: Virtual seconds from the death of a worker to its return.
        faults: Trial, attempt (from 1) and iteration (from 1) -> what goes wrong at the end of
            that iteration, or None.

    Raises:
        ConfigError: A number is out of range.
    """

    workers: int = 1
    capacity: Mapping[str, float] = field(default_factory=lambda: {"cpu": 1})
    checkpoint_period: int = 1
    decision_s: float = 0.0
    event_s: float = 0.0
    rejoin_s: float = 1.0
    faults: Callable[[int, int, int], Fault | None] = lambda trial, attempt, iteration: None

    def __post_init__(self) -> None:
        for name, least in (("workers", 1), ("checkpoint_period", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ConfigError(
                    f"SimulatedCluster({name}=...) must be a whole number from {least}, "
                    f"got {value!r}"
                )
        for name in ("decision_s", "event_s", "rejoin_s"):
            if not getattr(self, name) >= 0:
                raise ConfigError(
                    f"SimulatedCluster({name}=...) must be seconds, not below 0, "
                    f"got {getattr(self, name)!r}"
                )
