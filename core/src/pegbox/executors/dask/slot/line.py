"""A slot's end of the mailbox: numbered calls over one connection that it keeps.

Runs in a slot's thread on a worker, on an event loop of the thread's own: the way over the worker's
loop costs two changes of thread, which is more than all else that a call takes. A connection that
breaks is made again, and the call repeated under its number, so that it counts once. What is said
goes as bytes, which Dask passes on as they are; it would look into anything else.
"""

from __future__ import annotations

import asyncio
import pickle
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from distributed import Worker
from distributed.comm import connect
from distributed.core import Status

from pegbox.executors.dask.protocol import EXIT
from pegbox.executors.dask.shipped.mailbox import handler_name

__all__ = ["SlotLine"]

#: How long a slot that cannot reach the scheduler tries again before it gives up.
PARTITION_S = 60.0
_RETRY_S = 0.2
#: In place of a call's number: the slot ends.
_FAREWELL = 0
_OPERATION = handler_name("line")
_ENDING = (Status.closing, Status.closing_gracefully, Status.closed, Status.failed)


class SlotLine:
    """Calls from one incarnation of a slot; used by one thread at a time.

    Args:
        worker: The worker that the slot runs on.
        run: Key of the run.
        slot: Number of the slot.
    """

    def __init__(self, worker: Worker, run: str, slot: int) -> None:
        self._worker = worker
        self._loop = asyncio.new_event_loop()
        self._opening = {
            "op": _OPERATION,
            "reply": False,
            "run": run,
            "slot": slot,
            "incarnation": uuid.uuid4().hex,
            "worker": worker.address,
        }
        self._number = 0
        self._comm: Any = None

    def call(self, *payload: Any) -> Any:
        """Say something and wait for the answer.

        Returns:
            The driver's answer; `EXIT` where the slot is to end, or the scheduler is out of reach.
        """
        self._number += 1
        return self._say((self._number, pickle.dumps(payload)))

    def close(self) -> None:
        """Say farewell, so that the slot's room is free for others, and close the connection."""
        self._say((_FAREWELL, b""))
        self._hang_up()
        self._loop.close()

    def _say(self, message: tuple[int, bytes]) -> Any:
        give_up_at = None
        while True:
            try:
                return self._exchanged(message)
            except OSError:  # errors of connections are OSErrors
                now = time.monotonic()
                give_up_at = give_up_at or now + PARTITION_S
                if now > give_up_at or self._worker.status in _ENDING:
                    return EXIT
                time.sleep(_RETRY_S)

    def _exchanged(self, message: tuple[int, bytes]) -> Any:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self._loop.run_until_complete(self._exchange(message))
        # The trial reports from a coroutine of its own, and a thread has one running loop at most.
        with ThreadPoolExecutor(1, "pegbox-slot-line") as helper:
            return helper.submit(lambda: self._exchanged(message)).result()

    async def _exchange(self, message: tuple[int, bytes]) -> Any:
        try:
            if self._comm is None:
                worker = self._worker
                self._comm = await connect(worker.scheduler.address, **worker.connection_args)
                await self._comm.write(self._opening)
            await self._comm.write(message)
            return await self._comm.read()
        except OSError:
            self._hang_up()
            raise

    def _hang_up(self) -> None:
        comm, self._comm = self._comm, None
        if comm is not None:
            comm.abort()
