"""Which trial runs on which worker, with which of its GPUs.

Takes their room of `pegbox._engine.placement`, and gives it back.
"""

from __future__ import annotations

from collections.abc import Collection

from pegbox._engine.placement import Placement
from pegbox._engine.record import TrialRecord

__all__ = ["Assignments"]


class Assignments:
    """The trials that run, worker by worker.

    Args:
        placement: The account of room.
    """

    def __init__(self, placement: Placement) -> None:
        self._placement = placement
        #: worker -> trials that run there, with their GPUs.
        self._at: dict[str, dict[int, tuple[int, ...]]] = {}

    def take(self, record: TrialRecord) -> tuple[str, tuple[int, ...]] | None:
        """Give a trial its room.

        Returns:
            The worker, and the indices of its GPUs that the trial has; None where there is no
            room.
        """
        taken = self._placement.take(record.resources)
        if taken is not None:
            worker, gpus = taken
            self._at.setdefault(worker, {})[record.number] = gpus
        return taken

    def take_on(self, record: TrialRecord, worker: str) -> None:
        """Give a trial that needs no GPU room on a worker where some was given back just now."""
        self._placement.take_on(worker, record.resources)
        self._at.setdefault(worker, {})[record.number] = ()

    def give(self, worker: str, record: TrialRecord) -> None:
        """A trial's try is over: its room there is free."""
        gpus = self._at.get(worker, {}).pop(record.number, ())
        self._placement.give(worker, record.resources, gpus)

    def on(self, worker: str) -> Collection[int]:
        """Numbers of the trials that run on a worker."""
        return tuple(self._at.get(worker, ()))

    def leave(self, worker: str) -> None:
        """A worker is gone, and so is what is said of it here."""
        self._at.pop(worker, None)

    @property
    def trials(self) -> set[int]:
        """Numbers of all that run; for tests."""
        return {number for numbers in self._at.values() for number in numbers}
