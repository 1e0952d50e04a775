"""Where the time of a run went: into trials, into waiting, and into each plugin.

Values only. Slots are counted in `pegbox._engine.occupancy`, seconds where the work is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

__all__ = ["IDLE_REASONS", "IdleReason", "Usage"]

#: Why a slot runs no trial: the searcher is waited for; trials wait that need more than is free;
#: trials wait that the scheduler does not start; no trial is left to start, or the run ends.
IdleReason = Literal["no suggestion", "no resources", "paused", "nothing left"]

IDLE_REASONS: Final[tuple[IdleReason, ...]] = (
    "no suggestion",
    "no resources",
    "paused",
    "nothing left",
)


@dataclass(frozen=True, slots=True)
class Usage:
    """Where the time of a run went.

    A slot is room for one trial of the usual size, of as many as may run at once. Ten slots that
    all work for a minute are 600 slot-seconds.

    Attributes:
        wall_s: Seconds from the start to the last event.
        busy_s: Slot-seconds in which trials ran, from their launch to their end.
        idle_s: Reason -> slot-seconds in which there was room for a trial and none was launched:
            ``"no suggestion"`` (the searcher was waited for), ``"no resources"`` (trials waited
            that need more than was free on one worker), ``"paused"`` (trials waited that the
            scheduler did not start) and ``"nothing left"`` (no trial was left to start, or the
            run was about to end).
        seconds: What worked in the driver -> seconds: each plugin by role and name (``"searcher
            optuna"``, ``"scheduler asha"``, ``"callback ProgressView"``), ``"stop rules"``,
            ``"configurations"`` (the space with its functions, and those that name trials and say
            their resources), ``"engine"`` and ``"store"``. They overlap where threads work at
            once.
    """

    wall_s: float = 0.0
    busy_s: float = 0.0
    idle_s: Mapping[str, float] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def slot_s(self) -> float:
        """Slot-seconds in all, busy or idle."""
        return self.busy_s + sum(self.idle_s.values())

    def idle_share(self, reason: IdleReason) -> float:
        """Part of all slot-seconds, 0 to 1, that slots were idle.

        Args:
            reason: Of those that ``idle_s`` may have.
        """
        return self.idle_s.get(reason, 0.0) / self.slot_s if self.slot_s else 0.0

    def as_data(self) -> dict[str, Any]:
        """As JSON data; ``Usage(**data)`` is the same again."""
        return asdict(self)

    @classmethod
    def total(cls, parts: Iterable[Usage]) -> Usage:
        """The sum over several stretches of one run.

        Args:
            parts: One for each stretch.
        """
        wall_s = busy_s = 0.0
        idle_s: dict[str, float] = {}
        seconds: dict[str, float] = {}
        for each in parts:
            wall_s += each.wall_s
            busy_s += each.busy_s
            for sums, more in ((idle_s, each.idle_s), (seconds, each.seconds)):
                for name, value in more.items():
                    sums[name] = sums.get(name, 0.0) + value
        return cls(wall_s, busy_s, idle_s, seconds)
