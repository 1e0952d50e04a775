"""The Dask scheduler of the embedded cluster, in the driver's process, and the client to it.

Owns the loop's thread and the certificate. Knows nothing of worker processes but the line by
which they join. Importing this module imports distributed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import dask
from distributed import Client, Scheduler, Security
from distributed.diagnostics.plugin import SchedulerPlugin
from distributed.utils import LoopRunner, silence_logging_cmgr, sync

from pegbox.executors.dask.embedded.certificate import make_security

__all__ = ["LocalScheduler"]

# A trial may hold the interpreter's lock for long; the processes are watched as such.
_CONFIG = {"distributed.scheduler.worker-ttl": None}

_PLAIN = {"pickle-protocol": 4, "compression": None}  # as the scheduler's other listeners have it


class _QuietScheduler(Scheduler):
    """A scheduler without the HTTP server, which asks nobody for a certificate."""

    def start_http_server(self, *args: Any, **kwargs: Any) -> None:
        pass


class _Joins(SchedulerPlugin):
    """Tells of each worker that joins, before any task can reach it."""

    def __init__(self, on_join: Callable[[str, str], None]) -> None:
        self._on_join = on_join

    def add_worker(self, scheduler: Scheduler, worker: str) -> None:
        self._on_join(scheduler.workers[worker].name, worker)


class LocalScheduler:
    """A scheduler on a thread of this process, listening on the loopback interface alone.

    Args:
        on_join: Called with name and address of each worker that joins, on the loop's thread.
        tls: Whether connections are encrypted and both ends show a certificate, which is made
            for this object and never stored.
    """

    def __init__(self, on_join: Callable[[str, str], None], *, tls: bool) -> None:
        self._identity = make_security() if tls else {"require_encryption": False}
        self._security = Security(**self._identity)
        self._protocol = "tls" if tls else "tcp"
        self._loop = LoopRunner()
        self._stack = ExitStack()
        self._stack.enter_context(silence_logging_cmgr(logging.ERROR))
        self._loop.start()
        self.scheduler: Scheduler = sync(self._loop.loop, self._start, on_join)
        self.client = Client(
            self.scheduler.listeners[-1].contact_address,
            security=self._security,
            loop=self._loop.loop,
            set_as_default=False,
        )

    async def _start(self, on_join: Callable[[str, str], None]) -> Scheduler:
        with dask.config.set(_CONFIG):
            scheduler = _QuietScheduler(
                host="127.0.0.1", protocol=self._protocol, security=self._security, dashboard=False
            )
        scheduler.add_plugin(_Joins(on_join), name="pegbox-joins")
        await scheduler
        # For the client beside it: a tenth of the time of a connection through the system.
        await scheduler.listen("inproc://", allow_offload=False, handshake_overrides=_PLAIN)
        return scheduler

    def order(self) -> dict[str, Any]:
        """What a worker process has to know in order to join; JSON data."""
        return {"scheduler": self.scheduler.address, "security": self._identity}

    def close(self) -> None:
        """Tell the workers to end, and end the scheduler, the client and the loop."""
        self.client.close()
        sync(self._loop.loop, self.scheduler.close)
        self._loop.stop()
        self._stack.close()
