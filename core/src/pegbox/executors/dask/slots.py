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
        gpus: Indices of those of its worker's GPUs that its trials have.
        call: Number of the call that waits for an answer; None while the slot works.
        launch: What it runs, or was submitted to run; None while it is idle.
        place: Number of its place; None until it has opened.
        own_process: Id of a process that it has beside the worker's; None without one.
        future: The Dask future of its task.
        idle_since: Time since which it has nothing to run; None while it has.
    """

    number: int
    worker: str
    resources: Resources
    gpus: tuple[int, ...] = ()
    call: int | None = None
    launch: Launch | None = None
    place: int | None = None
    own_process: int | None = None
    future: Any = None
    idle_since: float | None = None

    @property
    def is_idle(self) -> bool:
        """Whether it has nothing to run."""
        return self.idle_since is not None


@dataclass(slots=True)
class SlotTable:
    """All living slots of a run.

    Attributes:
        slots: number -> slot.
        by_worker: worker -> its slots, by number.
        by_attempt: (trial, attempt) -> slot that runs it.
        idle: (worker, shape, GPUs) -> numbers of its idle slots; each has a call that waits.
        ending: number -> slot that was sent home, and whose task has not ended yet.
    """

    slots: dict[int, Slot] = field(default_factory=dict)
    by_worker: dict[str, dict[int, Slot]] = field(default_factory=dict)
    by_attempt: dict[tuple[int, int], Slot] = field(default_factory=dict)
    idle: dict[tuple[str, Resources, tuple[int, ...]], dict[int, None]] = field(
        default_factory=dict
    )
    ending: dict[int, Slot] = field(default_factory=dict)
    _last: int = 0

    def create(self, launch: Launch) -> Slot:
        """A new slot for a launch that no idle one can take."""
        self._last += 1
        slot = Slot(self._last, launch.worker, launch.resources, launch.gpus)
        self.slots[self._last] = slot
        self.by_worker.setdefault(slot.worker, {})[slot.number] = slot
        self.assign(slot, launch)
        return slot

    def take_idle(self, launch: Launch) -> Slot | None:
        """An idle slot of the right size on the right worker and devices, now assigned."""
        idle = self.idle.get((launch.worker, launch.resources, launch.gpus))
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
        self.idle.setdefault((slot.worker, slot.resources, slot.gpus), {})[slot.number] = None

    def remove(self, slot: Slot) -> None:
        """The slot is gone."""
        if self.slots.pop(slot.number, None) is not None:
            here = self.by_worker[slot.worker]
            del here[slot.number]
            if not here:
                del self.by_worker[slot.worker]
        self.idle.get((slot.worker, slot.resources, slot.gpus), {}).pop(slot.number, None)
        if slot.launch is not None:
            self.by_attempt.pop((slot.launch.trial, slot.launch.attempt), None)

    def send_home(self, slot: Slot) -> None:
        """The slot takes no more trials; its task ends soon."""
        self.remove(slot)
        self.ending[slot.number] = slot

    def remove_worker(self, worker: str) -> list[Slot]:
        """All slots that a worker had are gone, those that were to end included."""
        slots = self.on_worker(worker)
        for slot in slots:
            self.remove(slot)
        ending = [slot for slot in self.ending.values() if slot.worker == worker]
        for slot in ending:
            del self.ending[slot.number]
        return slots + ending

    def on_worker(self, worker: str) -> list[Slot]:
        """All slots on a worker."""
        return list(self.by_worker.get(worker, {}).values())

    def taken_on(self, worker: str) -> Resources:
        """What all slots on a worker take."""
        taken = Resources()
        for slot in self.on_worker(worker):
            taken = taken.plus(slot.resources)
        return taken

    def in_the_way(self, launch: Launch, capacity: Resources) -> list[Slot]:
        """Idle slots that hold what a new slot for a launch needs; Dask waits until they end.

        Those are all that have one of its GPUs, and as many as it takes until the worker's other
        resources are enough, the longest idle first. Cores count for nothing: Dask does not hold
        them for a slot, and an idle one uses none.

        Args:
            capacity: All that the worker has.
        """
        wanted = _held(launch.resources)
        if not wanted:
            return []
        here = self.on_worker(launch.worker)
        found = [slot for slot in here if slot.is_idle and set(slot.gpus) & set(launch.gpus)]
        others = [slot for slot in here if slot not in found and _held(slot.resources)]
        for slot in others:
            wanted = wanted.plus(_held(slot.resources))
        idle = [slot for slot in others if slot.is_idle]
        for slot in sorted(idle, key=lambda slot: slot.idle_since or 0.0):
            if wanted.fits(capacity):
                break
            found.append(slot)
            wanted = wanted.minus(_held(slot.resources))
        return found

    def idle_before(self, at: float) -> Iterator[Slot]:
        """Slots that have been idle since before ``at``."""
        for slot in list(self.slots.values()):
            if slot.idle_since is not None and slot.idle_since < at:
                yield slot


def _held(resources: Resources) -> Resources:
    """What Dask holds for a slot."""
    return Resources({name: amount for name, amount in resources.items() if name != "cpu"})
