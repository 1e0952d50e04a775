"""How a worker process ended, as its nanny saw it: from the nanny over the scheduler to the driver.

Owns the two plugins that carry the news; what it means is judged in
`pegbox.executors.dask.given.cluster`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from typing import Any

from distributed import NannyPlugin, SchedulerPlugin

from pegbox.executors.dask.protocol import PROTOCOL
from pegbox.executors.dask.shipped.mailbox import handler_name
from pegbox.executors.dask.shipped.oom_counter import read_oom_kills

__all__ = ["ExitBook", "ExitReporter"]

BOOK_NAME = f"pegbox-exit-book-{PROTOCOL}"
REPORTER_NAME = f"pegbox-exit-reporter-{PROTOCOL}"


class ExitBook(SchedulerPlugin):
    """At the scheduler: the ends that nannies have reported, by address of the worker.

    Shared by all drivers of the cluster, since a worker ends once for all of them.

    Attributes:
        gone_kept: How many workers that are gone stay in the book.
    """

    name = BOOK_NAME
    idempotent = True
    gone_kept = 1000

    def start(self, scheduler: Any) -> None:
        """Called by the scheduler when the plugin is registered."""
        self.exits: dict[str, asyncio.Future[tuple[int, bool, int]]] = {}
        self.gone: deque[str] = deque()
        for operation in ("worker_exit", "exit_of"):
            scheduler.handlers[handler_name(operation)] = getattr(self, operation)
        for worker in scheduler.workers:
            self.add_worker(scheduler, worker)

    def add_worker(self, scheduler: Any, worker: str) -> None:
        """A worker came; only one with a nanny has somebody who sees it end."""
        if scheduler.workers[worker].nanny:
            self.exits[worker] = asyncio.get_running_loop().create_future()

    def remove_worker(self, scheduler: Any, worker: str, **kwargs: Any) -> None:
        """A worker is gone: kept for a while, for drivers that ask."""
        if worker in self.exits:
            self.gone.append(worker)
        if len(self.gone) > self.gone_kept:
            oldest = self.gone.popleft()
            if oldest not in scheduler.workers:  # one may have come back under its address
                self.exits.pop(oldest, None)

    async def worker_exit(self, worker: str, code: int, over_limit: bool, oom_kills: int) -> None:
        """A nanny tells how its worker's process has ended.

        Args:
            worker: Address of the worker.
            code: Negative for a signal; 255 also where the nanny does not know.
            over_limit: The nanny itself has killed it, for its use of memory.
            oom_kills: Processes of its memory group that the kernel has killed meanwhile.
        """
        known = self.exits.get(worker)
        if known is not None and not known.done():
            known.set_result((code, over_limit, oom_kills))

    async def exit_of(self, worker: str, wait_s: float) -> tuple[int, bool, int] | None:
        """How a worker's process ended, waited for; None where nobody has told by then."""
        known = self.exits.get(worker)
        if known is not None:
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(asyncio.shield(known), wait_s)
        return None


class ExitReporter(NannyPlugin):
    """At a nanny: reports each end of the worker process that it watches.

    The nanny offers no hook for that, so its own callback is wrapped. A nanny of a release that
    has no such callback reports nothing, and the worker then counts as lost.
    """

    name = REPORTER_NAME
    idempotent = True

    def setup(self, nanny: Any) -> None:
        """Called by the nanny, before its first process starts or while one runs."""
        proceed = getattr(nanny, "_on_worker_exit_sync", None)
        if proceed is None:
            return
        self.oom_kills = read_oom_kills() or 0
        self.terminated = _terminated(nanny)
        self.reports: set[asyncio.Future[None]] = set()

        def on_exit(code: int) -> None:
            self.report(nanny, code)
            proceed(code)

        nanny._on_worker_exit_sync = on_exit
        if nanny.process is not None:
            nanny.process.on_exit = on_exit

    def report(self, nanny: Any, code: int) -> None:
        """Start to tell the scheduler; on the nanny's loop."""
        terminated, before = self.terminated, self.oom_kills
        self.terminated, self.oom_kills = _terminated(nanny), read_oom_kills() or 0
        if not nanny.worker_address:
            return  # it had never joined
        call = getattr(nanny.scheduler, handler_name("worker_exit"))
        news = {
            "worker": nanny.worker_address,
            "code": code,
            "over_limit": self.terminated != terminated,
            "oom_kills": self.oom_kills - before,
        }
        report = asyncio.ensure_future(_tell(call, news))
        self.reports.add(report)
        report.add_done_callback(self.reports.discard)


async def _tell(call: Any, news: dict[str, Any]) -> None:
    try:
        await call(**news)
    except (OSError, ValueError) as error:
        # The scheduler is gone, or another one without the book has taken its place.
        logging.getLogger("distributed.nanny").debug("pegbox: not reported: %s", error)


def _terminated(nanny: Any) -> Any:
    """The process that the nanny was last about to kill for its use of memory."""
    return getattr(getattr(nanny, "memory_manager", None), "_last_terminated_pid", None)
