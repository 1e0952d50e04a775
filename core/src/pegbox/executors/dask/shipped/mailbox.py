"""The mailbox: where trials and their driver meet, on the scheduler that both are connected to.

It lives inside the Dask scheduler as a plugin. A slot's call waits here until the driver answers
it; the driver takes what has come in one long poll. It decides nothing and knows no trials. What
slots take of the cluster is `pegbox.executors.dask.shipped.ledger_keeper`'s, which it tells of
them.

Names carry the protocol's version, and state is kept per run, so that drivers of several versions
can share one scheduler.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable
from typing import Any

from distributed import SchedulerPlugin

from pegbox.executors.dask.protocol import EXIT, PROTOCOL
from pegbox.executors.dask.shipped.ledger_keeper import KEEPER_NAME, LedgerKeeper

PLUGIN_NAME = f"pegbox-mailbox-{PROTOCOL}"

#: Up to so many slots, a call is handed to a driver beside the mailbox at once.
FEW_SLOTS = 4

#: How long after its client vanished a run is kept, for one that only lost its connection.
CLIENT_GRACE_S = 15.0


def handler_name(operation: str) -> str:
    """Name of an operation among the scheduler's handlers."""
    return f"pegbox_{operation}_{PROTOCOL}"


class SlotBox:
    """One slot's side of the mailbox.

    Attributes:
        incarnation: The one start of the slot's task that counts.
        number: Number of its latest call; a repeated number is the same call again.
        future: The answer to that call, done when the driver has answered.
    """

    def __init__(self, incarnation: str, worker: str) -> None:
        self.incarnation = incarnation
        self.worker = worker
        self.number = 0
        self.future: asyncio.Future[Any] | None = None


class RunBox:
    """One run's side of the mailbox.

    Attributes:
        experiment: Key of the experiment; a newer run of it replaces this one.
        messages: What the driver has not taken yet, oldest first.
        handed: Number of the last poll that got an answer, and that answer: a poll whose answer
            was lost on the way comes again.
        deadline: Loop time at which the lease lapses unless the driver shows up.
        dealt: Number of the last dealings with the ledger that were heard of.
    """

    def __init__(self, experiment: str, client: str, lease_s: float) -> None:
        self.experiment = experiment
        self.client = client
        self.lease_s = lease_s
        self.deadline = 0.0
        self.messages: list[tuple[Any, ...]] = []
        self.handed: tuple[int, list[tuple[Any, ...]]] = (0, [])
        self.arrived = asyncio.Event()
        self.slots: dict[int, SlotBox] = {}
        self.dealt = 0
        self.closed = False
        #: Takes messages at once, for a driver in this very process; it needs no lease.
        self.listener: Callable[[list[tuple[Any, ...]]], None] | None = None
        self.on_close: Callable[[], None] | None = None

    def put(self, *message: Any) -> None:
        self.messages.append(message)
        if self.listener is None:
            self.arrived.set()
        elif len(self.messages) == 1:
            # All that comes in this turn of the loop is handed over together.
            asyncio.get_running_loop().call_soon(self.deliver)

    def put_call(self, *message: Any) -> None:
        """A slot's call. Of few slots no two come in one turn of the loop, which is saved then."""
        if self.listener is None or self.messages or len(self.slots) > FEW_SLOTS:
            return self.put(*message)
        self.messages.append(message)
        self.deliver()

    def deliver(self) -> None:
        if self.listener is not None and self.messages and not self.closed:
            messages, self.messages = self.messages, []
            self.listener(messages)

    def answer(self, slot: int, number: int, payload: Any) -> None:
        box = self.slots.get(slot)
        if box is not None and box.number == number and box.future and not box.future.done():
            box.future.set_result(payload)

    def close(self) -> None:
        self.closed = True
        self.arrived.set()
        for box in self.slots.values():
            if box.future is not None and not box.future.done():
                box.future.set_result(EXIT)
        if self.on_close is not None:
            self.on_close()


class Mailbox(SchedulerPlugin):
    """The plugin. Registered once per scheduler and protocol version; later ones are ignored.

    Attributes:
        client_grace_s: How long after its client vanished a run is kept.
    """

    name = PLUGIN_NAME
    idempotent = True
    client_grace_s = CLIENT_GRACE_S

    def start(self, scheduler: Any) -> None:
        """Called by the scheduler when the plugin is registered."""
        self.scheduler = scheduler
        self.runs: dict[str, RunBox] = {}
        self.keeper = _keeper(scheduler)
        operations = ("open_run", "exchange", "push", "deal", "close_run", "line")
        for operation in operations:
            scheduler.handlers[handler_name(operation)] = getattr(self, operation)

    # ------------------------------------------------------------- the driver

    async def open_run(
        self, run: str, experiment: str, client: str, lease_s: float
    ) -> list[tuple[Any, ...]]:
        """Begin a run: older runs of the experiment are over. Answers with the workers there."""
        for key, box in list(self.runs.items()):
            if box.experiment == experiment:
                await self.close_run(key)
        box = self.runs[run] = RunBox(experiment, client, lease_s)
        self._renew(run, box)
        workers = [self._worker_joined(address) for address in self.scheduler.workers]
        self.keeper.open_run(run, box.put)
        # What others have taken there is known before anything is started.
        taken, box.messages = box.messages, []
        return workers + taken

    def listen(
        self,
        run: str,
        listener: Callable[[list[tuple[Any, ...]]], None],
        on_close: Callable[[], None],
    ) -> None:
        """Hand messages to a driver in this process as they come; its lease never lapses."""
        box = self.runs[run]
        box.listener = listener
        box.on_close = on_close
        box.lease_s = math.inf
        box.deliver()

    async def exchange(
        self, run: str, poll: int, answers: list[tuple[Any, ...]], wait_s: float
    ) -> list[tuple[Any, ...]] | None:
        """Hand out answers, wait for messages, and take them all; None if the run is over.

        Args:
            run: Key of the run.
            poll: Number of the poll, counted from 1; the same again where the answer to it was
                lost on the way, and then it gets that answer.
            answers: Slot, number of its call, and the answer, each.
            wait_s: How long to wait for the first message.
        """
        box = self.runs.get(run)
        if box is None or box.closed:
            return None
        box.deadline = asyncio.get_running_loop().time() + box.lease_s
        for answer in answers:
            box.answer(*answer)
        if box.handed[0] < poll and not box.messages and wait_s:
            box.arrived.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(box.arrived.wait(), wait_s)
        if box.handed[0] < poll:
            box.handed = (poll, box.messages)
            box.messages = []
        return box.handed[1] if box.handed[0] == poll else []

    async def push(self, run: str, answers: list[tuple[Any, ...]]) -> None:
        """Hand out answers while a poll is under way."""
        self.answer(run, answers)

    def answer(self, run: str, answers: list[tuple[Any, ...]]) -> None:
        """Hand out answers; slots that no longer wait are passed over."""
        box = self.runs.get(run)
        if box is not None:
            for answer in answers:
                box.answer(*answer)

    async def deal(self, run: str, number: int, deals: list[tuple[Any, ...]]) -> None:
        """Dealings with the ledger, in order; what follows from them comes as messages.

        Args:
            run: Key of the run.
            number: Of these dealings, counted from 1; the same again where the answer was lost.
            deals: Operation and arguments, see `pegbox.executors.dask.shipped.fair_share`.
        """
        self.heed(run, number, deals)

    def heed(self, run: str, number: int, deals: list[tuple[Any, ...]]) -> None:
        """The same, for a driver in this process."""
        box = self.runs.get(run)
        if box is not None and number > box.dealt:
            box.dealt = number
            for deal in deals:
                self.keeper.deal(run, *deal)

    async def close_run(self, run: str) -> None:
        """The run is over: every slot that waits or will call is told to end."""
        if run in self.runs:
            self._close(run)

    def _close(self, run: str) -> None:
        self.runs.pop(run).close()
        self.keeper.close_run(run)

    # -------------------------------------------------------------- the slots

    async def line(self, comm: Any, run: str, slot: int, incarnation: str, worker: str) -> None:
        """A slot's connection: a numbered call comes, and then its answer goes, until it closes.

        Number 0 is the slot's farewell.
        """
        with contextlib.suppress(OSError):
            while True:
                number, payload = await comm.read()
                if number:
                    answer = await self.call(run, slot, incarnation, worker, number, payload)
                else:
                    answer = self.gone(run, slot, incarnation)
                await comm.write(answer)

    def gone(self, run: str, slot: int, incarnation: str) -> str:
        """A slot says farewell; a second start of its task that was sent away is passed over."""
        run_box = self.runs.get(run)
        box = None if run_box is None else run_box.slots.get(slot)
        if box is None or box.incarnation == incarnation:
            self.keeper.gone(run, slot)
        return EXIT

    async def call(
        self, run: str, slot: int, incarnation: str, worker: str, number: int, payload: Any
    ) -> Any:
        """A slot says something and waits for the answer.

        The first start of a slot's task is the one that counts: when a worker dies, Dask runs the
        task again elsewhere, and that incarnation is sent away.
        """
        run_box = self.runs.get(run)
        if run_box is None or run_box.closed:
            return EXIT
        box = run_box.slots.get(slot)
        if box is None:
            if number != 1:
                return EXIT
            box = run_box.slots[slot] = SlotBox(incarnation, worker)
            self.keeper.opened(run, slot)
        if box.incarnation != incarnation or number < box.number:
            return EXIT
        if number > box.number:
            box.number = number
            box.future = asyncio.get_running_loop().create_future()
            run_box.put_call("call", slot, number, payload)
        assert box.future is not None
        # A caller whose connection breaks comes again with the same number, and waits here too.
        return await box.future

    # ---------------------------------------------------- what Dask tells it

    def add_worker(self, scheduler: Any, worker: str) -> None:
        """A worker came: every run is told."""
        for box in self.runs.values():
            box.put(*self._worker_joined(worker))

    def remove_worker(self, scheduler: Any, worker: str, **kwargs: Any) -> None:
        """A worker is gone: every run is told, and its slots answer no more."""
        for box in self.runs.values():
            for slot in box.slots.values():
                # The box stays, so that a second start of the same task is sent away.
                if slot.worker == worker and slot.future and not slot.future.done():
                    slot.future.set_result(EXIT)
            box.put("worker_left", worker)

    def remove_client(self, scheduler: Any, client: str) -> None:
        """A driver is gone, unless it comes back soon."""
        for run, box in self.runs.items():
            if box.client == client:
                loop = asyncio.get_running_loop()
                box.deadline = loop.time() + self.client_grace_s
                self._renew(run, box, in_s=self.client_grace_s)

    def _worker_joined(self, address: str) -> tuple[Any, ...]:
        state = self.scheduler.workers[address]
        return ("worker_joined", address, state.nthreads, dict(state.resources), str(state.name))

    def _renew(self, run: str, box: RunBox, in_s: float | None = None) -> None:
        loop = asyncio.get_running_loop()
        if in_s is None:
            box.deadline = loop.time() + box.lease_s
            in_s = box.lease_s
        loop.call_later(in_s + 0.1, self._check_lease, run, box)

    def _check_lease(self, run: str, box: RunBox) -> None:
        if box.closed or self.runs.get(run) is not box or box.lease_s == math.inf:
            return
        loop = asyncio.get_running_loop()
        left = box.deadline - loop.time()
        if left <= 0:
            self._close(run)
        else:
            loop.call_later(left + 0.1, self._check_lease, run, box)


def _keeper(scheduler: Any) -> Any:
    """The scheduler's keeper of accounts; one of another version of pegbox does as well."""
    if KEEPER_NAME not in scheduler.plugins:
        keeper = LedgerKeeper()
        keeper.start(scheduler)
        scheduler.add_plugin(keeper, name=KEEPER_NAME)
    return scheduler.plugins[KEEPER_NAME]
