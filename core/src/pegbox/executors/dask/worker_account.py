"""The account of a run's workers: which may be used, and how those that left have ended.

Knows what slots ran on a worker that is gone, and makes the events of it; sends nothing to
workers and knows nothing of the mailbox. Its lock is the executor's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pegbox._processes.exit_cause import ExitCause
from pegbox.commands import Launch
from pegbox.events import Ended, Event, WorkerJoined, WorkerLeft
from pegbox.executor import Post
from pegbox.executors.dask.resource_names import engine_names
from pegbox.executors.dask.slots import Slot
from pegbox.resources import Resources
from pegbox.trial import TrialFailure

__all__ = ["WorkerAccount", "end_with_process"]

#: How long the cause of a worker's death is waited for before it counts as lost.
EXIT_CAUSE_S = 3.0
#: How often in a row a slot may go with its worker before it has opened, for nothing to count.
MOST_IN_VAIN = 20


class WorkerAccount:
    """The workers that a run sees.

    Args:
        exit_cause: Why the process behind an address ended, waited for so many seconds.
        clock: The run's.
        lock: Guards this account and the table of slots.

    Attributes:
        present: Workers that the engine may use, with all that they have; one that has left is out
            before the engine knows.
    """

    def __init__(
        self,
        exit_cause: Callable[[str, float], ExitCause | None],
        clock: Callable[[], float],
        lock: threading.RLock,
    ) -> None:
        self._exit_cause = exit_cause
        self._clock = clock
        self._lock = lock
        self.present: dict[str, Resources] = {}
        #: Workers whose end is being looked into -> those that came back under the same address.
        self._leaving: dict[str, list[WorkerJoined]] = {}
        #: Launches that came for those, and were not carried out.
        self._too_late: dict[str, list[Launch]] = {}
        #: Slots that went with their worker before they had opened, since one opened last.
        self._in_vain = 0

    def joined(self, address: str, threads: int, resources: Mapping[str, float]) -> list[Event]:
        """A worker came; what the engine is to be told now."""
        amounts = Resources({**engine_names(resources), "cpu": threads})
        joined = WorkerJoined(self._clock(), address, amounts)
        # With a fixed port, the next process has the same address; the end of the last comes first.
        if address in self._leaving:
            self._leaving[address] = [joined]
            return []
        self.present[address] = joined.resources
        return [joined]

    def gone_again(self, address: str) -> bool:
        """Take note that a worker is gone; whether it went before the engine saw it come."""
        if address in self._leaving:
            self._leaving[address] = []
            return True
        self.present.pop(address, None)
        return False

    def too_late(self, launch: Launch) -> None:
        """A launch is for a worker that is gone; it ends when that is known of the worker."""
        if launch.worker in self._leaving:
            self._too_late.setdefault(launch.worker, []).append(launch)

    def opened(self) -> None:
        """A slot has opened: workers can run trials."""
        self._in_vain = 0

    def look_into(self, address: str, slots: Sequence[Slot], post: Post) -> None:
        """Find out aside why a worker is gone, for that may take a moment, and post what follows.

        Args:
            address: Of the worker.
            slots: Those that it had; they are out of the table.
            post: Takes the events, the worker's leaving after the ends of its trials.
        """
        self._leaving[address] = []
        threading.Thread(
            target=self._post_left,
            args=(address, slots, post),
            name="pegbox-exit-cause",
            daemon=True,
        ).start()

    def _post_left(self, address: str, slots: Sequence[Slot], post: Post) -> None:
        running = [slot for slot in slots if slot.launch is not None]
        cause = self._exit_cause(address, EXIT_CAUSE_S) if running else None
        at = self._clock()
        with self._lock:
            ends = [self._end(slot, at, cause) for slot in running]
            late = self._too_late.pop(address, [])
            ends += [Ended(at, one.trial, one.attempt, "halted") for one in late]
            back = self._leaving.pop(address)
            self.present.update((worker.worker, worker.resources) for worker in back)
            post([*ends, WorkerLeft(at, address), *back])
        for slot in slots:
            if slot.future is not None:
                slot.future.release()

    def _end(self, slot: Slot, at: float, cause: ExitCause | None) -> Ended:
        """What never began is no loss of its trial's, unless nothing begins anywhere."""
        assert slot.launch is not None
        if slot.place is None:
            self._in_vain += 1
            if self._in_vain <= MOST_IN_VAIN:
                return Ended(at, slot.launch.trial, slot.launch.attempt, "halted")
        return end_with_process(slot, at, f"worker {slot.worker}", cause)


def end_with_process(slot: Slot, at: float, what: str, cause: ExitCause | None) -> Ended:
    """The end of the trial of a slot whose process is gone.

    Args:
        slot: Its launch is the trial.
        at: When.
        what: Is gone; the beginning of a sentence.
        cause: Why, where that is known.
    """
    assert slot.launch is not None
    # A slot that had not opened yet cannot have killed its process.
    how, failure = _verdict(what, cause if slot.place is not None else None)
    return Ended(at, slot.launch.trial, slot.launch.attempt, how, slot.place, failure)


def _verdict(what: str, cause: ExitCause | None) -> tuple[Any, TrialFailure]:
    if cause is not None and cause.fault:
        return "failed", TrialFailure("crash", f"its process was {cause.message}")
    why = f" ({cause.message})" if cause is not None else ""
    return "lost", TrialFailure("lost", f"{what} disappeared{why}")
