"""Which run may have which room of a cluster that several share.

A run may have what others have not taken. Where trials of several runs wait for room, what is free
is for the run that has least, and one that has more than its share is asked to give slots back as
their trials end (`pegbox.executors.dask.shipped.asking_back`). A run that is alone is never held
up. Owns these rules, over the account in `pegbox.executors.dask.shipped.ledger`; sends nothing.

Messages to a driver: ``granted`` and ``refused`` with the number of a slot; ``room`` with a
worker, all that the run may have there, what others have of its GPUs, and whether that is the whole
worker; ``give_back`` with how many slots are to be given back in all since the run began, and on
which workers.

Runs of every version of the mailbox's protocol meet here, so the methods of `FairShare` and the
messages keep their names and meaning while `LEDGER` stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pegbox.executors.dask.shipped.asking_back import AskingBack, Wait
from pegbox.executors.dask.shipped.ledger import (
    UNIT,
    Claim,
    Ledger,
    Tell,
    Tenant,
    Units,
    add,
    fits,
    to_amounts,
    to_units,
)

#: Number of these rules and messages; only runs of one number see each other.
LEDGER = 1

#: The driver has taken room from its own account, and is to be told in any case.
_UNKNOWN = object()


class FairShare:
    """The rules, for one cluster.

    Args:
        ledger: The account.
        clock: Seconds, monotonic.
    """

    def __init__(self, ledger: Ledger, clock: Callable[[], float]) -> None:
        self.ledger = ledger
        self._clock = clock
        #: Runs that wait for room, the neediest first.
        self._waits: list[Wait] = []
        #: worker -> the run for whose large trial it is emptied.
        self._emptied: dict[str, str] = {}

    # ---------------------------------------------------------- what is called

    def open(self, run: str, tell: Tell) -> None:
        """A run begins; it is told where others have taken room."""
        self.ledger.open(run, tell)
        for worker in self.ledger.sites:
            self._tell_room(run, worker)

    def close(self, run: str) -> None:
        """A run is over."""
        self.ledger.close(run)
        self._tell_everywhere()

    def want(self, run: str, shapes: Iterable[tuple[Mapping[str, float], int]]) -> None:
        """What the trials of a run ask for that wait for room alone, the next one first.

        Args:
            run: Key of the run.
            shapes: Amounts, and how many trials ask for them; empty where none waits.
        """
        tenant = self.ledger.tenants.get(run)
        if tenant is not None and not tenant.over:
            tenant.wants = [(to_units(amounts), count) for amounts, count in shapes]

    def claim(
        self,
        run: str,
        number: int,
        worker: str,
        amounts: Mapping[str, float],
        gpus: Iterable[int],
        idle: Iterable[int],
    ) -> None:
        """A run asks for a slot, and is told whether it may have it.

        Args:
            run: Key of the run.
            number: Of the slot; never used twice.
            worker: Where it is to stand.
            amounts: What it takes.
            gpus: Which of the worker's GPUs it takes.
            idle: Its slots there that do nothing now, and will not while this one works.
        """
        tenant = self.ledger.tenants.get(run)
        if tenant is None or tenant.over:
            return
        claim = Claim(worker, to_units(amounts), gpus)
        granted = self._may(run, tenant, claim, idle)
        if granted:
            if not tenant.claims:
                tenant.since = self._clock()
            self.ledger.enter(run, number, claim)
            self._tell_rooms(worker)
        else:
            tenant.told[worker] = _UNKNOWN
            self._tell_room(run, worker)
        tenant.tell("granted" if granted else "refused", number)

    def opened(self, run: str, number: int) -> None:
        """A slot's task has been heard of."""
        tenant = self.ledger.tenants.get(run)
        if tenant is not None and number in tenant.claims:
            tenant.claims[number].opened = True

    def release(self, run: str, number: int, asked: bool = False) -> None:
        """A slot is gone, or will do nothing any more.

        Args:
            run: Key of the run.
            number: Of the slot; one that is gone already is no mistake.
            asked: Whether it is given back because the run was asked to.
        """
        tenant = self.ledger.tenants.get(run)
        worker = self.ledger.drop(run, number)
        if tenant is None or worker is None:
            return
        if asked:
            tenant.given += 1
            tenant.told[worker] = _UNKNOWN
        self._tell_rooms(worker)

    def settle(self) -> float | None:
        """See that room is shared as it should be; to be called soon after changes.

        Returns:
            In how many seconds to look again, if nothing changes until then; None for not at all.
        """
        before = self._waits
        self._waits = self._who_waits()
        if not self._waits and not before:
            return None
        asking = AskingBack(self.ledger, self._waits, self._clock())
        again_in = asking.settle()
        self._emptied = asking.emptied
        self._tell_everywhere()
        return again_in

    # --------------------------------------------------------------------- room

    def _who_waits(self) -> list[Wait]:
        """Nobody where there is only one run: it waits for itself alone."""
        if len(self.ledger.tenants) < 2:
            return []
        living = self.ledger.living()
        found = [
            Wait(run, *shape)
            for run, tenant in living.items()
            if (shape := self._first_possible(tenant)) is not None
        ]
        return sorted(found, key=lambda wait: self._need(living[wait.run]))

    def _first_possible(self, tenant: Tenant) -> tuple[Units, int] | None:
        for units, count in tenant.wants:
            if any(fits(units, site.capacity) for site in self.ledger.sites.values()):
                return units, count
        return None

    def _need(self, tenant: Tenant) -> tuple[float, int]:
        """Whoever has the least of this comes first."""
        return self.ledger.load(tenant.total), tenant.turn

    def _room(self, run: str, worker: str) -> Units:
        """All that a run may have on a worker."""
        site, tenant = self.ledger.sites[worker], self.ledger.tenants[run]
        held = tenant.held.get(worker, {})
        if self._waits and self._kept_from(run, worker):
            return dict(held)
        return {
            name: max(0, n - site.used.get(name, 0) + held.get(name, 0))
            for name, n in site.capacity.items()
        }

    def _kept_from(self, run: str, worker: str) -> bool:
        """Whether what is free on a worker is for a run that needs it more."""
        if worker in self._emptied:
            return self._emptied[worker] != run
        living = self.ledger.living()
        return any(
            wait.run != run
            and wait.run in living
            and self._need(living[wait.run]) < self._need(living[run])
            and self.ledger.has_room(wait.units, worker)
            for wait in self._waits
        )

    def _may(self, run: str, tenant: Tenant, claim: Claim, idle: Iterable[int]) -> bool:
        if claim.worker not in self.ledger.sites:
            return False
        wanted = dict(claim.units)
        add(wanted, tenant.held.get(claim.worker, {}))
        for number in idle:
            if number in tenant.claims:
                add(wanted, tenant.claims[number].units, -1)
        taken = self.ledger.devices(claim.worker)
        return fits(wanted, self._room(run, claim.worker)) and all(
            taken.get(index, 0) + claim.of_each_gpu <= UNIT for index in claim.gpus
        )

    # ------------------------------------------------------------------ telling

    def _tell_everywhere(self) -> None:
        for worker in self.ledger.sites:
            self._tell_rooms(worker)

    def _tell_rooms(self, worker: str) -> None:
        for run in self.ledger.living():
            self._tell_room(run, worker)

    def _tell_room(self, run: str, worker: str) -> None:
        """Tell a run what it may have on a worker, where it does not know."""
        site, tenant = self.ledger.sites.get(worker), self.ledger.tenants[run]
        if site is None:
            return
        room, taken = self._room(run, worker), self.ledger.devices(worker, but=run)
        news = None if not taken and room == site.capacity else (room, taken)
        if tenant.told.get(worker) != news:
            tenant.told[worker] = news
            gpus = [(index, n / UNIT) for index, n in sorted(taken.items())]
            tenant.tell("room", worker, to_amounts(room), gpus, news is None)
