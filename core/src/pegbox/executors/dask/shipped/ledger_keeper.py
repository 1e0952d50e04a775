"""Keeps account of a cluster's slots on its scheduler, and turns out what ended runs left behind.

One for all runs and for all versions of the mailbox's protocol, whose mailboxes call it; its own
number is that of `pegbox.executors.dask.shipped.fair_share`. It has the clock and the force; the
account and the rules are others'.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import cloudpickle
from distributed import SchedulerPlugin

from pegbox.executors.dask.protocol import SLOT_KEY
from pegbox.executors.dask.shipped.fair_share import LEDGER, FairShare
from pegbox.executors.dask.shipped.ledger import Ledger
from pegbox.executors.dask.shipped.worker_end import end_at_nanny, end_worker

KEEPER_NAME = f"pegbox-ledger-{LEDGER}"
#: A trial whose run is over has so long to call before its worker process is restarted ...
GRACE_S = 10.0
#: ... and so long where that process does something for others as well.
SHARED_GRACE_S = 60.0
#: How soon after a change it is seen to that all have their share; changes come in bursts.
SETTLE_S = 0.02


class LedgerKeeper(SchedulerPlugin):
    """The plugin. The first mailbox on a scheduler adds it; it stays as long as the scheduler.

    Attributes:
        grace_s, shared_grace_s: How long trials of ended runs may go on.
    """

    name = KEEPER_NAME
    idempotent = True
    grace_s = GRACE_S
    shared_grace_s = SHARED_GRACE_S

    def start(self, scheduler: Any) -> None:
        """Begin to keep account; called by whoever adds it."""
        self.scheduler = scheduler
        self.loop = asyncio.get_running_loop()
        self.ledger = Ledger()
        self.share = FairShare(self.ledger, self.loop.time)
        self._settling: asyncio.TimerHandle | None = None
        #: Runs that are over and have left slots behind -> since when.
        self._over: dict[str, float] = {}
        self._restarts: dict[str, asyncio.Future[Any]] = {}
        for worker in scheduler.workers:
            self.add_worker(scheduler, worker)

    # ------------------------------------------------------ what mailboxes call

    def open_run(self, run: str, tell: Callable[..., None]) -> None:
        """A run begins."""
        self.share.open(run, tell)

    def close_run(self, run: str) -> None:
        """A run is over; what it leaves behind is turned out after a grace."""
        self.share.close(run)
        if run in self.ledger.tenants:
            self._over[run] = self.loop.time()
            self.loop.call_later(self.grace_s, self._turn_out)
            self.loop.call_later(self.shared_grace_s, self._turn_out)
        self._settle_soon()

    def deal(self, run: str, operation: str, *arguments: Any) -> None:
        """A driver's claim, release or wish, see `pegbox.executors.dask.shipped.fair_share`."""
        if operation in ("claim", "release", "want"):
            getattr(self.share, operation)(run, *arguments)
            self._settle_soon()

    def opened(self, run: str, slot: int) -> None:
        """A slot's task has been heard of."""
        self.share.opened(run, slot)

    def gone(self, run: str, slot: int) -> None:
        """A slot's task is about to end: nothing of a trial runs there any more."""
        self.share.release(run, slot)
        self._settle_soon()

    # ---------------------------------------------------- what Dask tells it

    def add_worker(self, scheduler: Any, worker: str) -> None:
        """A worker came."""
        state = scheduler.workers[worker]
        self.ledger.add_worker(worker, {**state.resources, "cpu": state.nthreads})
        self._settle_soon()

    def remove_worker(self, scheduler: Any, worker: str, **kwargs: Any) -> None:
        """A worker is gone, with all that ran there."""
        self.ledger.remove_worker(worker)
        self._settle_soon()

    # ------------------------------------------------------------------ shares

    def _settle_soon(self) -> None:
        if self._settling is None and len(self.ledger.tenants) > 1:
            self._settle_in(SETTLE_S)

    def _settle_in(self, seconds: float) -> None:
        self._settling = self.loop.call_later(seconds, self._settle)

    def _settle(self) -> None:
        self._settling = None
        again_in = self.share.settle()
        if again_in is not None and self._settling is None:
            self._settle_in(max(SETTLE_S, again_in))

    # ---------------------------------------------------------- what is left

    def _turn_out(self) -> None:
        """Restart workers on which trials of ended runs have had their grace."""
        now = self.loop.time() + 0.1
        self._over = {run: at for run, at in self._over.items() if run in self.ledger.tenants}
        for worker, slots in self.ledger.left_over().items():
            since = min(self._over.get(run, now) for run, _ in slots)
            grace = self.shared_grace_s if self._has_others(worker) else self.grace_s
            if now - since >= grace and worker not in self._restarts:
                self._restarts[worker] = asyncio.ensure_future(self._restart(worker))

    def _has_others(self, worker: str) -> bool:
        """Whether a worker runs something for a run that is not over, or for anybody else."""
        living = self.ledger.living()
        tasks = self.scheduler.workers[worker].processing
        return any(run in living for run, _, _ in self.ledger.claims_on(worker)) or not all(
            str(task.key).startswith(SLOT_KEY) for task in tasks
        )

    async def _restart(self, worker: str) -> None:
        done = "is restarted" if self.scheduler.workers[worker].nanny else "is sent away"
        text = f"worker {worker} {done}: it still runs a trial of a run that is over"
        logging.getLogger("distributed.scheduler").warning("pegbox: %s", text)
        for tenant in self.ledger.living().values():
            tenant.tell("notice", text)
        try:
            how, _ = await end_worker(worker, cloudpickle.dumps(end_at_nanny), self.scheduler)
            if how in ("no nanny", "silent"):
                await self.scheduler.remove_worker(worker, stimulus_id="pegbox-run-is-over")
        finally:
            self._restarts.pop(worker, None)
