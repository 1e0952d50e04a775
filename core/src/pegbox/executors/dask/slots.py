"""The account of slots: which exist, where, of what size, and what each is doing.

Pure bookkeeping for the executor; sends nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pegbox.commands import Launch
from pegbox.resources import Resources

__all__ = ["Slot", "SlotTable"]


@dataclass(slots=True)
class Slot:
    """One slot.

    Attributes:
        call: Number of the call that waits for an answer; None while the slot works.
        launch: What it runs, or was submitted to run; None while it is idle.
        place: Number of its place; None until it has opened.
        future: The Dask future of its task.
        idle_since: Time since which it has nothing to run; None while it has.
    """

    number: int
    worker: str
    resources: Resources
    call: int | None = None
    launch: Launch | None = None
    place: int | None = None
    future: Any = None
    idle_since: float | None = None


@dataclass(slots=True)
class SlotTable:
    """All living slots of a run.

    Attributes:
        slots: number -> slot.
        by_attempt: (trial, attempt) -> slot that runs it.
        idle: (worker, shape) -> numbers of its idle slots; each has a call that waits.
    """

    slots: dict[int, Slot] = field(default_factory=dict)
    by_attempt: dict[tuple[int, int], Slot] = field(default_factory=dict)
    idle: dict[tuple[str, Resources], dict[int, None]] = field(default_factory=dict)
    _last: int = 0

    def create(self, launch: Launch) -> Slot:
        """A new slot for a launch that no idle one can take."""
        self._last += 1
        slot = self.slots[self._last] = Slot(self._last, launch.worker, launch.resources)
        self.assign(slot, launch)
        return slot

    def take_idle(self, launch: Launch) -> Slot | None:
        """An idle slot of the right size on the right worker, now assigned."""
        idle = self.idle.get((launch.worker, launch.resources))
        if not idle:
            return None
        number = idle.popitem()[0]
        slot = self.slots[number]
        self.assign(slot, launch)
        return slot

    def assign(self, slot: Slot, launch: Launch) -> None:
        """The slot runs this from now on."""
        slot.launch = launch
        slot.idle_since = None
        self.by_attempt[launch.trial, launch.attempt] = slot

    def release(self, slot: Slot, at: float) -> None:
        """The slot's trial is over; it waits for another."""
        if slot.launch is not None:
            self.by_attempt.pop((slot.launch.trial, slot.launch.attempt), None)
        slot.launch = None
        slot.idle_since = at
        self.idle.setdefault((slot.worker, slot.resources), {})[slot.number] = None

    def remove(self, slot: Slot) -> None:
        """The slot is gone."""
        self.slots.pop(slot.number, None)
        self.idle.get((slot.worker, slot.resources), {}).pop(slot.number, None)
        if slot.launch is not None:
            self.by_attempt.pop((slot.launch.trial, slot.launch.attempt), None)

    def on_worker(self, worker: str) -> list[Slot]:
        """All slots on a worker."""
        return [slot for slot in self.slots.values() if slot.worker == worker]

    def idle_before(self, at: float) -> Iterator[Slot]:
        """Slots that have been idle since before ``at``."""
        for slot in list(self.slots.values()):
            if slot.idle_since is not None and slot.idle_since < at:
                yield slot
