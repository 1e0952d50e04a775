"""The Dask executor: trials in slots on the workers of a cluster.

Owns the translation between the engine's commands and the mailbox's messages. Both come on the
client's loop, where the runner's inbox is handled as well, so that a report passes through no
other thread; one lock guards the account of slots for the few calls from elsewhere.
"""

from __future__ import annotations

import pickle
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from pegbox._processes.exit_cause import ExitCause
from pegbox._trial.facts import ended, order_of, reported
from pegbox._trial.parameters import SavedParameters
from pegbox._trial.task import EndMessage, ReportMessage, TrialTask
from pegbox.commands import Answer, Kill, Launch
from pegbox.events import Ended, Event, GrowthJudged, PluginFailed
from pegbox.executor import Inbox
from pegbox.executors.dask.briefing import Briefing
from pegbox.executors.dask.claims import Claims
from pegbox.executors.dask.client_end import OutOfReach, reaching
from pegbox.executors.dask.cluster import Cluster
from pegbox.executors.dask.line import DriverLine, Messages
from pegbox.executors.dask.loop_handler import LoopHandler
from pegbox.executors.dask.parameters.desk import ParameterDesk
from pegbox.executors.dask.parameters.shelf import ParameterShelf
from pegbox.executors.dask.places import Places
from pegbox.executors.dask.protocol import EXIT
from pegbox.executors.dask.slots import Slot, SlotTable
from pegbox.executors.dask.submission import SlotTasks
from pegbox.executors.dask.versions import mismatch, versions
from pegbox.executors.dask.worker_account import WorkerAccount, end_with_process
from pegbox.resources import Resources
from pegbox.trial import TrialFailure

__all__ = ["DaskExecutor"]

#: Slots on workers that go on have so long to end with the run.
SLOTS_END_S = 1.0
#: An idle slot is given back after so long, so that others can use the cluster.
IDLE_SLOT_S = 5.0


class DaskExecutor:
    """Runs trials in slots; see `pegbox.executor.Executor` for what it promises.

    Args:
        cluster: Where the workers come from.
        trainable: The user's function or class, pickled.
        make_task: What a process is told for a launch.
        experiment: Key of the experiment, the same after a restore.
        first_place: Number of the first place that is opened here.
        parameters: What the trainable is given beside the configuration, or None.
        alone: Whether a trial has a worker to itself that has so much.
        own_folders: Whether trials work in folders of their own, for which they need a process.
        apart: Whether each slot starts one for itself, beside the worker's.
        asks_for_gpus: Whether trials do, so that those that ask for none are to see none.
    """

    def __init__(
        self,
        cluster: Cluster,
        trainable: bytes,
        make_task: Callable[[Launch], TrialTask],
        experiment: str,
        first_place: int = 0,
        *,
        parameters: SavedParameters | None = None,
        alone: Callable[[Resources], bool] = lambda capacity: False,
        own_folders: bool = False,
        apart: bool = False,
        asks_for_gpus: bool = False,
    ) -> None:
        self._cluster = cluster
        self._desk = None if parameters is None else ParameterDesk(ParameterShelf(parameters))
        self._experiment = experiment
        self._run = f"{experiment}-{uuid.uuid4().hex[:12]}"
        self._briefing = Briefing(
            self._run, trainable, make_task, alone, own_folders, apart, asks_for_gpus
        )
        self._slots = SlotTable()
        self._places = Places(first_place, self._slots, cluster.against_sharing)
        self._lock = threading.RLock()
        self._offset = time.time() - time.monotonic()
        self._idle_checked = 0.0
        self._connected = self._closing = False
        self._workers = WorkerAccount(cluster.exit_cause, self.clock, self._lock)
        self._claims = Claims(
            self._slots,
            self.clock,
            deal=lambda *deal: self._line.deal(*deal),
            start=self._start,
            dismiss=self._dismiss,
            forget=self._remove,
        )

    # --------------------------------------------------------------- contract

    def start(self, inbox: Inbox) -> None:
        """Connect, begin the run at the mailbox, announce the workers."""
        self._inbox = inbox
        try:
            self._connect(inbox)
        except OutOfReach as error:
            self.broken(str(error))

    def _connect(self, inbox: Inbox) -> None:
        if self._desk is not None:
            # Worker processes import meanwhile.
            self._desk.lay_out(self._cluster.shared_folder())
        self._client = self._cluster.start()
        self._loop = LoopHandler(self._client.loop, inbox)
        self._tasks = SlotTasks(self._client, self._run, self._task_over)
        self._line = DriverLine(
            self._client,
            self._cluster.scheduler,
            self._run,
            self._experiment,
            self._take,
            self.broken,
        )
        if self._desk is not None:
            self._desk.open(self._line)
        self._prospects = self._cluster.prospects()
        with reaching(self._client):
            self._line.open()
            self._prospects.begin(self._run, self._growth_judged)
        self._connected = True

    def clock(self) -> float:
        """Monotonic, near wall time."""
        return time.monotonic() + self._offset

    def answer(self, answers: Sequence[Answer]) -> None:
        """Let trials go on, or end them."""
        out = []
        with self._lock:
            for answer in answers:
                slot = self._slots.by_attempt.get((answer.trial, answer.attempt))
                # A function's returned dict is a report that nobody waits for.
                if slot is not None and slot.call is not None:
                    out.append((slot.number, slot.call, order_of(answer).value))
                    slot.call = None
        if out:
            self._line.send(out)

    def launch(self, launches: Sequence[Launch]) -> None:
        """Start tries: in idle slots where there are some, in new ones otherwise."""
        out = []
        for launch in launches:
            with self._lock:
                if launch.worker not in self._workers.present:
                    self._workers.too_late(launch)
                    continue  # its WorkerLeft is under way and ends the trial
                slot = self._slots.take_idle(launch)
                if slot is None:
                    self._make_way(launch)
                    self._claims.claim(self._slots.create(launch))
                else:
                    out.append((slot.number, slot.call, self._briefing.task(launch)))
                    slot.call = None
        if out:
            self._line.send(out)

    def kill(self, kills: Sequence[Kill]) -> None:
        """End tries by force, with the processes that they run in."""
        with self._lock:
            slots = [self._slots.by_attempt.get((one.trial, one.attempt)) for one in kills]
            found = [slot for slot in slots if slot is not None]
            for slot in found:
                if slot.place is None:
                    self._give_up(slot)
        opened = [slot for slot in found if slot.place is not None]
        for slot in opened:
            if slot.own_process is not None:
                self._cluster.end_process(slot.worker, slot.own_process)
        for worker in dict.fromkeys(slot.worker for slot in opened if slot.own_process is None):
            self._cluster.restart_worker(worker)

    def wait(self, inbox: Inbox, timeout_s: float | None) -> None:
        """The inbox is handled on the loop; here is nothing to do but to wait for the end."""
        inbox.over.wait(timeout_s)
        if not self._connected:
            return
        if reason := self._line.lost():
            return self.broken(reason)
        self._loop.raise_failure()
        if self.clock() > self._idle_checked + IDLE_SLOT_S / 5:
            self._give_back_idle()
            wishes = inbox.wishes()
            self._prospects.wish(wishes)
            with self._lock:
                self._claims.want(wishes.waiting)

    def close(self) -> None:
        """Send all slots home and give the cluster back."""
        self._closing = True
        if hasattr(self, "_prospects"):
            self._prospects.close()
        if hasattr(self, "_line"):
            self._line.close()
        if hasattr(self, "_tasks"):
            with self._lock:
                slots = [*self._slots.slots.values(), *self._slots.ending.values()]
            self._tasks.let_end(slots, within_s=SLOTS_END_S if self._cluster.outlives_run else 0.0)
        if self._desk is not None:
            self._desk.close()
        self._cluster.close()

    # ------------------------------------------------------------------ slots

    def _make_way(self, launch: Launch) -> None:
        for slot in self._slots.in_the_way(launch, self._workers.present[launch.worker]):
            self._send_home(slot)
        if launch.worker in self._claims.limited:  # idle slots keep room from other runs
            for slot in self._slots.on_worker(launch.worker):
                if slot.is_idle:
                    self._send_home(slot)

    def _send_home(self, slot: Slot) -> None:
        """An idle slot ends, and Dask gives what it held to others."""
        self._dismiss(slot)
        self._claims.release(slot)

    def _dismiss(self, slot: Slot) -> None:
        self._line.send([(slot.number, slot.call, EXIT)])
        self._slots.send_home(slot)

    def _start(self, slot: Slot) -> None:
        block = None if self._desk is None else self._desk.name
        capacity = self._workers.present[slot.worker]
        self._tasks.submit(slot, self._briefing.spec(slot, capacity, block))

    def _give_up(self, slot: Slot) -> None:
        """Of a slot that has not opened: its task may still wait for others at its worker."""
        assert slot.launch is not None
        trial, attempt = slot.launch.trial, slot.launch.attempt
        self._slots.remove(slot)
        self._claims.release(slot)
        if slot.future is not None:
            slot.future.release()
        failure = TrialFailure("lost", f"it was not begun on worker {slot.worker}")
        self._inbox.post([Ended(self.clock(), trial, attempt, "lost", failure=failure)])

    def _task_over(self, slot: Slot, error: str | None) -> None:
        """A slot's task is over in an unusual way.

        One that the scheduler has forgotten, since this driver's connection was cut, goes on where
        it has begun: its calls go over a connection of its own.
        """
        with self._lock:
            self._slots.ending.pop(slot.number, None)
            gone = slot.number not in self._slots.slots
            if self._closing or gone or (error is None and slot.place is not None):
                return
            self._claims.release(slot)
            events = self._claims.put_back(slot)
        if error is not None:
            events = [PluginFailed(self.clock(), "executor", "dask", error)]
        self._inbox.post(events)

    def _remove(self, slot: Slot) -> None:
        self._slots.remove(slot)
        self._forget([slot])

    # -------------------------------------------------------------- messages

    def _take(self, messages: Messages) -> None:
        """On the loop: turn messages into events."""
        events: list[Event] = []
        came_or_went = False
        with self._lock:
            for message in messages:
                kind, *rest = message
                if kind == "call":
                    self._called(events, *rest)
                else:
                    self._heard(events, kind, *rest)
                    came_or_went = came_or_went or kind.startswith("worker_")
            if events:  # before anybody can post what came later
                self._loop.post(events)
        if came_or_went:
            self._prospects.stirred(self._workers.present)
        # Not under the lock: whoever handles the inbox elsewhere holds the runner's and wants ours.
        self._loop.handle()

    def _heard(self, events: list[Event], kind: str, *rest: Any) -> None:
        """Anything but a slot's call: of workers, and of what other runs leave."""
        match kind:
            case "worker_joined":
                address, threads, resources, _ = rest
                events += self._workers.joined(address, threads, resources)
            case "worker_left":
                self._left(*rest)
            case _:
                events += self._claims.heard(kind, *rest)

    def _called(self, events: list[Event], number: int, call: int, payload: bytes) -> None:
        slot = self._slots.slots.get(number)
        if slot is None:
            self._line.send([(number, call, EXIT)])
            return
        slot.call = call
        operation, *arguments = pickle.loads(payload)
        if operation == "report":
            trial, attempt, report = arguments
            assert slot.place is not None
            message = ReportMessage(*report)
            at = self.clock()
            events.append(reported(message, at=at, trial=trial, attempt=attempt, place=slot.place))
        elif operation == "parameters":
            assert self._desk is not None
            slot.call = None  # the desk answers, in its own time
            self._desk.asked(number, call, slot.worker, *arguments)
        elif operation == "ended":
            self._trial_ended(events, slot, *arguments)
        elif operation == "open":
            self._opened(events, slot, *arguments)
        elif operation == "crashed":
            self._crashed(events, slot, *arguments)

    def _opened(
        self,
        events: list[Event],
        slot: Slot,
        place: tuple[str, str, int],
        theirs: dict[str, str],
        apart: bool,
    ) -> None:
        mine = versions()
        if problem := mismatch(mine, theirs):
            text = f"worker {slot.worker} does not fit this driver: {problem}"
            events.append(PluginFailed(self.clock(), "executor", "dask", text))
            return
        events += self._places.opened(slot, self.clock(), *place)
        self._workers.opened()
        slot.own_process = place[2] if apart else None
        if slot.launch is None:
            self._slots.release(slot, self.clock())
        else:
            self._line.send([(slot.number, slot.call, self._briefing.task(slot.launch))])
            slot.call = None

    def _trial_ended(
        self, events: list[Event], slot: Slot, trial: int, attempt: int, end: Sequence[Any]
    ) -> None:
        how, failure, report, checkpoint = end
        message = EndMessage(
            how,
            failure and TrialFailure(*failure),
            report and ReportMessage(*report),
            checkpoint and tuple(checkpoint),
        )
        assert slot.place is not None
        at = self.clock()
        # The room is gone before the end of its trial is known: the next is not placed there.
        if gone := self._claims.over(slot):
            events.append(gone)
        else:
            self._slots.release(slot, at)
        events += ended(message, at=at, trial=trial, attempt=attempt, place=slot.place)

    def _crashed(self, events: list[Event], slot: Slot, fault: bool, message: str) -> None:
        """The process of the slot's own is gone, and the slot ends."""
        if slot.launch is not None:
            cause = ExitCause(fault, message)
            events.append(end_with_process(slot, self.clock(), "its process", cause))
        self._forget([slot])
        self._send_home(slot)

    # --------------------------------------------------------------- workers

    def _left(self, address: str) -> None:
        """A worker is gone, with the slots that it had."""
        self._claims.left(address)
        if self._workers.gone_again(address):
            return
        slots = self._slots.remove_worker(address)
        self._forget(slots, address)
        if not self._closing:
            self._workers.look_into(address, slots, self._inbox.post)
            return
        for slot in slots:
            if slot.future is not None:
                slot.future.release()

    def _forget(self, slots: Sequence[Slot], worker: str | None = None) -> None:
        if self._desk is not None:
            self._desk.gone({slot.number for slot in slots}, worker)

    def _give_back_idle(self) -> None:
        self._idle_checked = self.clock()
        with self._lock:
            for slot in self._slots.idle_before(self._idle_checked - IDLE_SLOT_S):
                self._send_home(slot)

    def _growth_judged(self, grows: bool | None) -> None:
        self._inbox.post([GrowthJudged(self.clock(), grows)])

    def broken(self, reason: str) -> None:
        """Nothing will ever run here again; from any thread."""
        if not self._closing:
            self._inbox.post([PluginFailed(self.clock(), "executor", "dask", reason)])
