"""The processes that run a run's trials, under their numbers, and which of them trials share."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from pegbox.events import PlaceOpened
from pegbox.executors.dask.slots import Slot, SlotTable

__all__ = ["Places"]

logger = logging.getLogger("pegbox")


class Places:
    """The places of one epoch.

    Args:
        first: Number of the first one that is opened here.
        slots: Those of the run.
        against_sharing: What users can do so that no trials of whole cores share a process, as a
            sentence's end.
    """

    def __init__(self, first: int, slots: SlotTable, against_sharing: str) -> None:
        self._next = first
        self._slots = slots
        self._against_sharing = against_sharing
        #: Worker and process id -> number.
        self._numbers: dict[tuple[str, int], int] = {}
        self._sharing_said = False

    def opened(self, slot: Slot, at: float, host: str, ip: str, pid: int) -> Sequence[PlaceOpened]:
        """A slot has opened in a process, which is the slot's place from now on.

        Returns:
            The place, if it is new.
        """
        key = slot.worker, pid
        known = self._numbers.get(key)
        slot.place = self._numbers[key] = self._next if known is None else known
        self._mind_sharing(slot)
        if known is not None:
            return ()
        self._next += 1
        return (PlaceOpened(at, slot.place, host, ip, pid, slot.worker),)

    def _mind_sharing(self, slot: Slot) -> None:
        """Whole cores that share an interpreter's lock and one process's fate: said once."""
        if self._sharing_said or slot.resources.get("cpu", 0) < 1:
            return
        if all(other is slot or other.place != slot.place for other in self._slots.slots.values()):
            return
        self._sharing_said = True
        logger.warning(
            "trials share a process on worker %s: they share Python's lock, and one that crashes "
            "takes the others along; %s",
            slot.worker,
            self._against_sharing,
        )
