"""A run's side of the ledger: which slots it may have beside other runs, and which it gives up.

Hears what the keeper of the account says (`pegbox.executors.dask.shipped.fair_share` has the
messages) and makes of it what the engine is to know. Starts and ends slots through what it is
handed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pegbox.events import Ended, Event, RoomChanged
from pegbox.executors.dask.resource_names import dask_names, engine_names
from pegbox.executors.dask.slots import Slot, SlotTable
from pegbox.resources import Resources

__all__ = ["Claims"]

logger = logging.getLogger("pegbox")

Shapes = Iterable[tuple[Mapping[str, float], int]]


class Claims:
    """What one run has claimed. All calls come under the executor's lock.

    Args:
        slots: The run's slots.
        clock: The run's.
        deal: Takes operations for the keeper, which it gets in their order.
        start: Starts a slot that was granted.
        dismiss: Ends a slot that is idle and takes it out of the table.
        forget: Takes a slot that never began out of the table.
    """

    def __init__(
        self,
        slots: SlotTable,
        clock: Callable[[], float],
        *,
        deal: Callable[..., None],
        start: Callable[[Slot], None],
        dismiss: Callable[[Slot], None],
        forget: Callable[[Slot], None],
    ) -> None:
        self._slots = slots
        self._clock = clock
        self._deal = deal
        self._start = start
        self._dismiss = dismiss
        self._forget = forget
        self._owed = 0
        self._given = 0
        #: Where slots are to be given back; None for anywhere.
        self._where: frozenset[str] | None = None
        #: worker -> index of its GPU -> what others have of it.
        self._gpus: dict[str, dict[int, float]] = {}
        #: Workers of which the run may not use all.
        self.limited: set[str] = set()
        self._wanted: list[tuple[dict[str, float], int]] = []

    # ------------------------------------------------------------- to the keeper

    def claim(self, slot: Slot) -> None:
        """Ask for a slot's room; it is started when that is granted."""
        here = self._slots.on_worker(slot.worker)
        idle = [other.number for other in here if other.is_idle]
        amounts, gpus = dask_names(slot.resources), list(slot.gpus)
        self._deal("claim", slot.number, slot.worker, amounts, gpus, idle)

    def release(self, slot: Slot) -> None:
        """A slot will do nothing any more, though its task may not have said so yet."""
        self._deal("release", slot.number)

    def want(self, shapes: Shapes) -> None:
        """What waits for room alone, the next one first, each with how many."""
        wanted = [(dask_names(shape), count) for shape, count in shapes]
        if wanted != self._wanted:
            self._wanted = wanted
            self._deal("want", wanted)

    def put_back(self, slot: Slot) -> list[Event]:
        """A slot that never began: its trial waits again, and it costs it nothing."""
        self._forget(slot)
        if slot.launch is None:
            return []
        return [Ended(self._clock(), slot.launch.trial, slot.launch.attempt, "halted")]

    def over(self, slot: Slot) -> RoomChanged | None:
        """A slot's trial is over. Where others wait for its room, that is given back.

        Returns:
            That the room is gone, for the engine to know before it hears of the trial's end; None
            where the slot stays.
        """
        if not self._owed or (self._where is not None and slot.worker not in self._where):
            return None
        self._owed -= 1
        self._given += 1
        self._dismiss(slot)
        self._deal("release", slot.number, True)
        return self._changed(slot.worker, self._slots.taken_on(slot.worker))

    def left(self, worker: str) -> None:
        """A worker is gone; another may come under its address, with all that it has."""
        self._gpus.pop(worker, None)
        self.limited.discard(worker)

    # ----------------------------------------------------------- from the keeper

    def heard(self, kind: str, *arguments: Any) -> list[Event]:
        """A message of the keeper; what follows for the engine."""
        match kind:
            case "granted":
                self._granted(*arguments)
            case "refused":
                slot = self._slots.slots.get(*arguments)
                return [] if slot is None else self.put_back(slot)
            case "room":
                return [self._room(*arguments)]
            case "give_back":
                return self._asked_back(*arguments)
            case "notice":
                logger.warning(*arguments)
        return []

    def _granted(self, number: int) -> None:
        slot = self._slots.slots.get(number)
        if slot is None:
            self._deal("release", number)  # nobody waits for it any more
        elif slot.future is None:
            self._start(slot)

    def _room(
        self,
        worker: str,
        amounts: Mapping[str, float],
        gpus: Iterable[tuple[int, float]],
        whole: bool,
    ) -> RoomChanged:
        self._gpus[worker] = dict(gpus)
        (self.limited.discard if whole else self.limited.add)(worker)
        return self._changed(worker, Resources(engine_names(amounts)))

    def _asked_back(self, in_all: int, workers: Iterable[str] | None) -> list[Event]:
        """Idle slots go at once, the others as their trials end."""
        self._owed = max(0, in_all - self._given)
        self._where = None if workers is None else frozenset(workers)
        idle = [slot for slot in self._slots.slots.values() if self._owed and slot.is_idle]
        return [gone for slot in idle if (gone := self.over(slot)) is not None]

    def _changed(self, worker: str, room: Resources) -> RoomChanged:
        return RoomChanged(self._clock(), worker, room, self._gpus.get(worker, {}))
