"""A slot's end of the mailbox: numbered calls over one connection that it keeps.

Runs in a slot's thread on a worker. A connection that breaks is made again, and the call repeated
under its number, so that it counts once. What is said goes as bytes, which Dask passes on as they
are; it would look into anything else.
"""

from __future__ import annotations

import asyncio
import pickle
import time
import uuid
from typing import Any

from distributed import Worker

from pegbox.executors.dask.mailbox import EXIT, handler_name

__all__ = ["SlotLine"]

#: How long a slot that cannot reach the scheduler tries again before it gives up.
PARTITION_S = 60.0
_RETRY_S = 0.2
_OPERATION = handler_name("line")


class SlotLine:
    """Calls from one incarnation of a slot; used by one thread at a time.

    A connection of its own, rather than one from the pool for each call, saves a fifth of what a
    call costs the worker.

    Args:
        worker: The worker that the slot runs on.
        run: Key of the run.
        slot: Number of the slot.
    """

    def __init__(self, worker: Worker, run: str, slot: int) -> None:
        self._worker = worker
        self._loop: asyncio.AbstractEventLoop = worker.loop.asyncio_loop
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
        message = (self._number, pickle.dumps(payload))
        give_up_at = None
        while True:
            exchange = self._exchange(message)
            try:
                return asyncio.run_coroutine_threadsafe(exchange, self._loop).result()
            except OSError:  # errors of connections are OSErrors
                now = time.monotonic()
                give_up_at = give_up_at or now + PARTITION_S
                if now > give_up_at:
                    return EXIT
                time.sleep(_RETRY_S)

    def close(self) -> None:
        """Give the connection back."""
        self._loop.call_soon_threadsafe(self._give_back)

    async def _exchange(self, message: tuple[int, bytes]) -> Any:
        try:
            if self._comm is None:
                self._comm = await self._worker.rpc.connect(self._worker.scheduler.address)
                await self._comm.write(self._opening)
            await self._comm.write(message)
            return await self._comm.read()
        except OSError:
            self._give_back()
            raise

    def _give_back(self) -> None:
        comm, self._comm = self._comm, None
        if comm is not None:
            comm.abort()  # the mailbox listens there to nothing else
            self._worker.rpc.reuse(self._worker.scheduler.address, comm)
