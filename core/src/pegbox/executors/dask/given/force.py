"""The force that a given cluster lends: its worker processes are ended by their nannies.

A worker without a nanny is killed where it runs on this machine, and otherwise only used no more.
What runs at scheduler and nanny is `pegbox.executors.dask.shipped.worker_end`.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Coroutine
from typing import Any

import cloudpickle
import psutil
from distributed import Client

from pegbox.executors.dask.by_value import ship_plugins
from pegbox.executors.dask.shipped.worker_end import end_at_nanny, end_worker, kill_tree

__all__ = ["Force"]

logger = logging.getLogger("pegbox")

_WITHIN_S = 8.0


class Force:
    """Ends worker processes of one cluster.

    Args:
        client: Connected to it.

    Attributes:
        used_on: Addresses of the workers that were to be ended.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self.used_on: set[str] = set()
        self._under_way: set[asyncio.Future[None]] = set()
        self._said: set[str] = set()

    def end(self, worker: str) -> None:
        """End the process behind an address; from any thread, without waiting for it."""
        self.used_on.add(worker)
        self._client.loop.add_callback(self._begin, self._end(worker))

    def end_process(self, worker: str, pid: int) -> None:
        """End a process that a worker has started; from any thread, without waiting for it."""
        self._client.loop.add_callback(self._begin, self._end_process(worker, pid))

    async def settle(self) -> None:
        """Wait until what was asked for is done, for some seconds."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=_WITHIN_S)

    # ------------------------------------------------------------ on the loop

    def _begin(self, end: Coroutine[Any, Any, None]) -> None:
        ending = asyncio.ensure_future(end)
        self._under_way.add(ending)
        ending.add_done_callback(self._under_way.discard)

    async def _end(self, worker: str) -> None:
        try:
            outcome, pid = await asyncio.wait_for(self._ask(worker), _WITHIN_S)
            if outcome in ("no nanny", "silent"):
                await self._end_without_nanny(worker, pid, outcome)
        except (OSError, TimeoutError) as error:
            # The engine asks again for as long as the trial goes on.
            logger.debug("worker %s could not be ended: %r", worker, error)

    async def _ask(self, worker: str) -> tuple[str, int]:
        ship_plugins()
        answer = await self._client.scheduler.run_function(
            function=cloudpickle.dumps(end_worker),
            args=cloudpickle.dumps((worker, cloudpickle.dumps(end_at_nanny))),
            kwargs=cloudpickle.dumps({}),
            wait=True,
        )
        if answer["status"] != "OK":
            raise OSError(f"the scheduler answered {answer.get('text', answer['status'])}")
        outcome, pid = answer["result"]
        return outcome, pid

    async def _end_process(self, worker: str, pid: int) -> None:
        ship_plugins()
        order = {"op": "run", "function": cloudpickle.dumps(kill_tree), "wait": True}
        arguments = {"args": cloudpickle.dumps((pid,)), "kwargs": cloudpickle.dumps({})}
        broadcast: Any = self._client.scheduler.broadcast
        try:
            await asyncio.wait_for(broadcast(msg=order | arguments, workers=[worker]), _WITHIN_S)
        except (OSError, TimeoutError, KeyError) as error:
            # The worker is gone, and the process with it; or the engine asks again.
            logger.debug("process %d at worker %s could not be ended: %r", pid, worker, error)

    async def _end_without_nanny(self, worker: str, pid: int, why: str) -> None:
        if pid == os.getpid():
            self._say(worker, "it is a thread of this very process")
            return
        if listens_here(pid, worker):
            kill_tree(pid)
        else:
            known = "has no nanny" if why == "no nanny" else "has a nanny that does not answer"
            self._say(
                worker,
                f"it {known}, and runs on another machine. It is used no more; end process {pid} "
                "there",
            )
        unregister: Any = self._client.scheduler.unregister
        await unregister(address=worker, stimulus_id="pegbox-force")

    def _say(self, worker: str, why: str) -> None:
        if worker not in self._said:
            self._said.add(worker)
            logger.warning("worker %s cannot be ended by force: %s", worker, why)


def listens_here(pid: int, address: str) -> bool:
    """Whether a process of this machine is the one that listens at a worker's address."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    own = {entry.address for entries in psutil.net_if_addrs().values() for entry in entries}
    if host.strip("[]") not in own:
        return False
    try:
        process: Any = psutil.Process(pid)
        # The older name, before psutil 6.
        sockets = getattr(process, "net_connections", None) or process.connections
        return any(
            each.status == psutil.CONN_LISTEN and str(each.laddr.port) == port
            for each in sockets(kind="tcp")
        )
    except psutil.Error:
        return False
