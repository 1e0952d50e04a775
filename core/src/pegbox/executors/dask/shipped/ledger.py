"""The account of all runs that share a cluster: whose slots stand where, and what each takes.

Pure bookkeeping: no clock, no network, and no opinion. Who may have what is decided in
`pegbox.executors.dask.shipped.fair_share`. Amounts are whole ten-thousandths by Dask's names of
resources, with ``cpu`` for threads and ``GPU`` for devices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

UNIT = 10_000
GPU = "GPU"

Units = dict[str, int]
Tell = Callable[..., None]


def to_units(amounts: Mapping[str, float]) -> Units:
    """Amounts as whole numbers, so that adding and taking away stays exact."""
    return {name: units for name, n in amounts.items() if (units := round(n * UNIT))}


def to_amounts(units: Mapping[str, int]) -> dict[str, float]:
    """The same as people write them."""
    return {name: n / UNIT for name, n in units.items()}


def add(into: Units, units: Mapping[str, int], sign: int = 1) -> None:
    """Add to an account, in place; what comes to nothing is left out."""
    for name, n in units.items():
        if total := into.get(name, 0) + sign * n:
            into[name] = total
        else:
            into.pop(name, None)


def fits(units: Mapping[str, int], room: Mapping[str, int]) -> bool:
    """Whether there is room for so much."""
    return all(n <= room.get(name, 0) for name, n in units.items())


class Claim:
    """One slot of a run.

    Attributes:
        gpus: Indices of the worker's devices that it has, wholly or a share of one.
        opened: Whether its task has been heard of; only then can it hold anything up.
    """

    def __init__(self, worker: str, units: Units, gpus: Iterable[int]) -> None:
        self.worker = worker
        self.units = units
        self.gpus = tuple(gpus)
        self.of_each_gpu = min(units.get(GPU, 0), UNIT)
        self.opened = False


class Tenant:
    """One run, or what is left of one that is over.

    Attributes:
        tell: Takes messages for its driver.
        claims: Its slots by number.
        held: What its slots take, worker by worker. ``total``: all together.
        wants: What its waiting trials ask for, the next one first, each with how many; only of
            trials that wait for room and for nothing else.
        told: worker -> the room that its driver knows of, where it is not the whole worker.
        given: How many slots it has given back because it was asked to.
        asked: What it was asked last: how many in all, and on which workers (None: any).
        turn: Number of the grant that it got last; whose is lower has waited longer.
        since: When it got a slot after it had none.
    """

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self.over = False
        self.claims: dict[int, Claim] = {}
        self.held: dict[str, Units] = {}
        self.total: Units = {}
        self.wants: list[tuple[Units, int]] = []
        self.told: dict[str, object] = {}
        self.given = 0
        self.asked: tuple[int, list[str] | None] = (0, None)
        self.turn = 0
        self.since = 0.0


class Site:
    """One worker.

    Attributes:
        capacity: All that it has. ``used``: what slots of all runs take.
        slots: Runs that have slots here -> their numbers.
    """

    def __init__(self, capacity: Units) -> None:
        self.capacity = capacity
        self.used: Units = {}
        self.slots: dict[str, set[int]] = {}

    def free(self) -> Units:
        """What no slot takes."""
        return {name: n - self.used.get(name, 0) for name, n in self.capacity.items()}


class Ledger:
    """The account.

    Attributes:
        capacity: Of all workers together.
    """

    def __init__(self) -> None:
        self.sites: dict[str, Site] = {}
        self.tenants: dict[str, Tenant] = {}
        self.capacity: Units = {}
        self._turns = 0

    def add_worker(self, worker: str, amounts: Mapping[str, float]) -> None:
        """A worker came."""
        site = self.sites[worker] = Site(to_units(amounts))
        add(self.capacity, site.capacity)

    def remove_worker(self, worker: str) -> None:
        """A worker is gone, with all slots that stood there."""
        if worker in self.sites:
            for run, numbers in list(self.sites[worker].slots.items()):
                for number in list(numbers):
                    self.drop(run, number)
            add(self.capacity, self.sites.pop(worker).capacity, -1)
            for tenant in self.tenants.values():
                tenant.told.pop(worker, None)

    def open(self, run: str, tell: Tell) -> Tenant:
        """A run begins."""
        tenant = self.tenants[run] = Tenant(tell)
        return tenant

    def close(self, run: str) -> None:
        """A run is over: slots that have not begun are dropped; the rest counts until it goes."""
        if tenant := self.tenants.get(run):
            tenant.over = True
            tenant.wants = []
            for number in [n for n, claim in tenant.claims.items() if not claim.opened]:
                self.drop(run, number)
            if not tenant.claims:
                self.tenants.pop(run, None)

    def living(self) -> dict[str, Tenant]:
        """The runs that are not over."""
        return {run: tenant for run, tenant in self.tenants.items() if not tenant.over}

    def enter(self, run: str, number: int, claim: Claim) -> None:
        """A run has a slot from now on."""
        tenant, site = self.tenants[run], self.sites[claim.worker]
        tenant.claims[number] = claim
        site.slots.setdefault(run, set()).add(number)
        add(site.used, claim.units)
        add(tenant.held.setdefault(claim.worker, {}), claim.units)
        add(tenant.total, claim.units)
        self._turns += 1
        tenant.turn = self._turns

    def drop(self, run: str, number: int) -> str | None:
        """A slot is gone; its worker, or None where it was gone before."""
        tenant = self.tenants.get(run)
        claim = tenant.claims.pop(number, None) if tenant else None
        if tenant is None or claim is None:
            return None
        site = self.sites[claim.worker]
        for account in (site.used, tenant.total, tenant.held[claim.worker]):
            add(account, claim.units, -1)
        site.slots[run].discard(number)
        if not site.slots[run]:
            del site.slots[run], tenant.held[claim.worker]
        if tenant.over and not tenant.claims:
            self.tenants.pop(run)
        return claim.worker

    def left_over(self) -> dict[str, list[tuple[str, int]]]:
        """Slots of runs that are over, by worker."""
        found: dict[str, list[tuple[str, int]]] = {}
        for run, tenant in self.tenants.items():
            if tenant.over:
                for number, claim in tenant.claims.items():
                    found.setdefault(claim.worker, []).append((run, number))
        return found

    def claims_on(self, worker: str) -> Iterator[tuple[str, int, Claim]]:
        """Run, number and claim of each slot on a worker."""
        for run, numbers in self.sites[worker].slots.items():
            for number in numbers:
                yield run, number, self.tenants[run].claims[number]

    def devices(self, worker: str, *, but: str = "") -> dict[int, int]:
        """What is taken of each of a worker's GPUs, by all runs but one."""
        taken: dict[int, int] = {}
        if GPU in self.sites[worker].used:
            for run, _, claim in self.claims_on(worker):
                for index in claim.gpus if run != but else ():
                    taken[index] = taken.get(index, 0) + claim.of_each_gpu
        return taken

    def has_room(self, units: Units, worker: str, without: Iterable[Claim] = ()) -> bool:
        """Whether so much is free on a worker, or would be without some of the slots there."""
        site = self.sites[worker]
        free, taken = site.free(), self.devices(worker)
        for claim in without:
            add(free, claim.units)
            for index in claim.gpus:
                taken[index] -= claim.of_each_gpu
        return fits(units, free) and _has_devices(units.get(GPU, 0), site.capacity, taken)

    def load(self, units: Mapping[str, int]) -> float:
        """The largest share of anything in the cluster that these amounts are."""
        have = self.capacity
        return max((n / have[name] for name, n in units.items() if have.get(name)), default=0.0)


def _has_devices(asked: int, capacity: Units, taken: Mapping[int, int]) -> bool:
    """Whether there are as many whole GPUs that nobody uses, or a share of one."""
    whole, rest = divmod(capacity.get(GPU, 0), UNIT)
    left = [UNIT - taken.get(index, 0) for index in range(whole)]
    if asked >= UNIT:
        return sum(n == UNIT for n in left) >= asked // UNIT
    return asked <= max([*left, rest - taken.get(whole, 0)], default=0)
