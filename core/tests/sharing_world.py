"""Runs that share a cluster, without one: real accounts on both sides, and messages that come late.

The world keeps an account of its own of what really works, also for runs that are over.
"""

from __future__ import annotations

import random
from typing import Any

from pegbox._engine.placement import Placement
from pegbox.commands import Launch
from pegbox.events import Ended, RoomChanged
from pegbox.executors.dask.claims import Claims
from pegbox.executors.dask.shipped.fair_share import FairShare
from pegbox.executors.dask.shipped.ledger import Ledger
from pegbox.executors.dask.slots import Slot, SlotTable
from pegbox.resources import Resources


class Run:
    """One run, as its engine and its executor see it.

    Attributes:
        queue: What its trials that wait ask for.
        mail: Messages that its driver has not read yet.
    """

    def __init__(self, world: SharingWorld, name: str, queue: list[Resources]) -> None:
        self.world, self.name, self.queue = world, name, queue
        self.placement = Placement()
        self.slots = SlotTable()
        self.mail: list[tuple[Any, ...]] = []
        self.claims = Claims(
            self.slots,
            lambda: world.now,
            deal=self._deal,
            start=self._start,
            dismiss=self.slots.remove,
            forget=self.slots.remove,
        )
        self.trials = self.ended = self.refused = self.given_back = 0
        world.share.open(name, lambda *message: self.mail.append(message))
        for worker, amounts in world.workers.items():
            self.placement.join(worker, amounts)
        self.read()

    @property
    def working(self) -> list[Slot]:
        """Slots that run a trial."""
        return [slot for slot in self.slots.slots.values() if slot.launch and slot.future]

    def _deal(self, operation: str, *arguments: Any) -> None:
        getattr(self.world.share, operation)(self.name, *arguments)

    def _start(self, slot: Slot) -> None:
        slot.future = "submitted"
        self.world.share.opened(self.name, slot.number)

    def read(self) -> None:
        """The driver takes what has come, and places what there is room for."""
        mail, self.mail = self.mail, []
        for kind, *arguments in mail:
            for event in self.claims.heard(kind, *arguments):
                self._take(event)
        self.place()

    def _take(self, event: Any) -> None:
        if isinstance(event, RoomChanged):
            self.placement.limit(event.worker, event.room, event.gpus)
        elif isinstance(event, Ended):
            self.refused += 1
            shape, worker, gpus = self._launched.pop(event.trial)
            self.placement.give(worker, shape, gpus)
            self.queue.insert(0, shape)

    def place(self) -> None:
        """Launch what there is room for, and say what there is none for."""
        while self.queue and (taken := self.placement.take(self.queue[0])) is not None:
            self.trials += 1
            worker, gpus = taken
            shape = self.queue.pop(0)
            self._launched[self.trials] = (shape, worker, gpus)
            self._launch(Launch(self.trials, 1, worker, shape, {}, None, 0, 0.0, gpus))
        self.claims.want([(self.queue[0], len(self.queue))] if self.queue else [])

    @property
    def _launched(self) -> dict[int, tuple[Resources, str, tuple[int, ...]]]:
        return self.__dict__.setdefault("launched", {})

    def _launch(self, launch: Launch) -> None:
        if self.slots.take_idle(launch) is not None:
            return
        in_the_way = self.slots.in_the_way(launch, self.world.workers[launch.worker])
        if launch.worker in self.claims.limited:
            in_the_way = [s for s in self.slots.on_worker(launch.worker) if s.is_idle]
        self._send_home(in_the_way)
        self.claims.claim(self.slots.create(launch))

    def _send_home(self, slots: list[Slot]) -> None:
        for slot in slots:
            self.slots.remove(slot)
            self.claims.release(slot)

    def give_back_idle(self) -> None:
        """Slots have been idle for long enough."""
        self._send_home([slot for slot in self.slots.slots.values() if slot.is_idle])

    def end_one(self) -> None:
        """A trial ends; its slot stays, unless it is asked for."""
        slot = self.world.rng.choice(self.working)
        assert slot.launch is not None
        number = slot.launch.trial
        if gone := self.claims.over(slot):
            self.given_back += 1
            self._take(gone)
        else:
            self.slots.release(slot, self.world.now)
        shape, worker, gpus = self._launched.pop(number)
        self.placement.give(worker, shape, gpus)
        self.ended += 1
        self.place()


class SharingWorld:
    """A cluster and its runs.

    Attributes:
        left: Slots of ended runs that still work: run, number and slot.
    """

    def __init__(self, workers: dict[str, Resources], seed: int = 0) -> None:
        self.rng = random.Random(seed)
        self.now = 0.0
        self.workers = dict(workers)
        self.ledger = Ledger()
        self.share = FairShare(self.ledger, lambda: self.now)
        for worker, amounts in workers.items():
            self.ledger.add_worker(worker, _dask(amounts))
        self.runs: dict[str, Run] = {}
        self.left: list[tuple[str, Slot]] = []

    def begin(self, name: str, queue: list[Resources]) -> Run:
        run = self.runs[name] = Run(self, name, queue)
        return run

    def close(self, name: str) -> None:
        """A run is over, or its driver was killed; what works goes on for a while."""
        run = self.runs.pop(name)
        self.share.close(name)
        self.left += [(name, slot) for slot in run.working]
        for slot in run.slots.slots.values():
            if slot.is_idle:  # it waits in the mailbox, which sends it home
                self.share.release(name, slot.number)

    def leftover_ends(self) -> None:
        name, slot = self.left.pop(self.rng.randrange(len(self.left)))
        self.share.release(name, slot.number)

    def settle(self) -> None:
        """The keeper looks, and all drivers read; until nothing changes."""
        for _ in range(100):
            self.share.settle()
            if not any(run.mail for run in self.runs.values()):
                return
            for run in self.runs.values():
                run.read()
        raise AssertionError("it does not settle")

    def check(self) -> None:
        """Nobody works beside what a worker has, on any device."""
        used: dict[str, Resources] = {worker: Resources() for worker in self.workers}
        devices: dict[tuple[str, int], float] = {}
        slots = [slot for run in self.runs.values() for slot in run.working]
        for slot in slots + [slot for _, slot in self.left]:
            used[slot.worker] = used[slot.worker].plus(slot.resources)
            for gpu in slot.gpus:
                share = min(slot.resources.get("gpu", 0), 1.0)
                devices[slot.worker, gpu] = devices.get((slot.worker, gpu), 0.0) + share
        for worker, taken in used.items():
            assert taken.fits(self.workers[worker]), (worker, taken)
        assert all(share <= 1.0001 for share in devices.values()), devices
        for run in self.runs.values():
            run.placement.check()


def _dask(amounts: Resources) -> dict[str, float]:
    return {("GPU" if name == "gpu" else name): n for name, n in amounts.items()}
