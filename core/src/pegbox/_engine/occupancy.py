"""How much of the room for trials is used, and why the rest is not. Times come with events.

It adds up and decides nothing: the engine says after each batch how things stand, and that is what
counts until the next event.
"""

from __future__ import annotations

from pegbox.usage import IdleReason

__all__ = ["Occupancy"]


class Occupancy:
    """The account of one epoch.

    Attributes:
        wall_s: Seconds between the first event and the last.
        busy_s: Slot-seconds with a trial.
        idle_s: Reason -> slot-seconds without one.
    """

    __slots__ = ("_at", "_busy", "_reason", "_room", "busy_s", "idle_s", "wall_s")

    def __init__(self) -> None:
        self.wall_s = 0.0
        self.busy_s = 0.0
        self.idle_s: dict[str, float] = {}
        self._at: float | None = None
        self._busy = self._room = 0
        self._reason: IdleReason = "nothing left"

    def until(self, at: float) -> None:
        """What was said last was so until now; a clock that goes back a little counts as still."""
        if self._at is None:
            self._at = at
        elif (elapsed := at - self._at) > 0:
            self._at = at
            self.wall_s += elapsed
            self.busy_s += elapsed * self._busy
            if self._room:
                before = self.idle_s.get(self._reason, 0.0)
                self.idle_s[self._reason] = before + elapsed * self._room

    def stands(self, busy: int, room: int, reason: IdleReason) -> None:
        """How things stand from now on.

        Args:
            busy: Trials that have been launched and have not ended.
            room: How many more could be launched. ``reason``: why none is.
        """
        self._busy, self._room, self._reason = busy, room, reason
