"""Slots as tasks of Dask: how they are submitted, and what became of one that never began.

Knows no trials and no messages.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Iterable
from typing import Any

from distributed import Client

from pegbox.executors.dask.protocol import PROTOCOL, SLOT_KEY
from pegbox.executors.dask.resource_names import dask_names
from pegbox.executors.dask.slot.start import make_start
from pegbox.executors.dask.slot.task import run_slot
from pegbox.executors.dask.slot.trials import SlotSpec
from pegbox.executors.dask.slots import Slot
from pegbox.executors.dask.versions import versions

__all__ = ["SlotTasks"]


class SlotTasks:
    """Submits the slots of one run.

    Args:
        client: Connected to the cluster.
        run: Key of the run.
        over: Called with a slot whose task is over, and with its error as text; None without one,
            also where the scheduler has forgotten the task.
    """

    def __init__(self, client: Client, run: str, over: Callable[[Slot, str | None], None]) -> None:
        self._client = client
        self._run = run
        self._over = over
        self._ended = threading.Condition()  # guards what follows
        #: Numbers of the slots whose tasks are not over.
        self._running: set[int] = set()

    def submit(self, slot: Slot, spec: SlotSpec) -> None:
        """Pinned to a worker that has room: a free task could queue behind a busy one for ever."""
        extra = {name: amount for name, amount in slot.resources.items() if name != "cpu"}
        slot.future = self._client.submit(
            make_start(),
            PROTOCOL,
            pickle.dumps((run_slot, spec)),
            key=f"{SLOT_KEY}{self._run}-{slot.number}",
            workers=[slot.worker],
            allow_other_workers=False,
            resources=dask_names(extra),
            pure=False,
            retries=0,
            priority=1000,
        )
        with self._ended:
            self._running.add(slot.number)
        slot.future.add_done_callback(lambda future: self._done(slot, future))

    def let_end(self, slots: Iterable[Slot], *, within_s: float) -> None:
        """Forget the tasks of slots that were sent home, those that end in time once they have.

        Dask says of a task that is forgotten before its end that it was cancelled.
        """
        there = [slot for slot in slots if slot.future is not None]
        numbers = {slot.number for slot in there}
        with self._ended:
            self._ended.wait_for(lambda: not self._running.intersection(numbers), within_s)
        for slot in there:
            slot.future.release()

    def _done(self, slot: Slot, future: Any) -> None:
        with self._ended:
            self._running.discard(slot.number)
            self._ended.notify_all()
        if future.status == "error":
            # A task that ends with an error of its own never opened, or is a mistake.
            self._over(slot, _error(slot.worker, future.exception()))
            return
        # Nobody reads the result, and the cluster shall forget it. Where it was lost with its
        # worker already, Dask would wait for that worker for ever to run the task again.
        future.release()
        self._over(slot, None)


def _error(worker: str, error: BaseException) -> str:
    return (
        f"a worker cannot run trials: {type(error).__name__}: {error} (on {worker}; the "
        f"workers need pegbox=={versions()['pegbox']} and all that the trainable imports)"
    )
