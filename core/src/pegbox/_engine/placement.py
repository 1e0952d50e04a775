"""Which worker has room for what. The only account of resources: nothing is ever oversubscribed.

Owns amounts and GPUs, not trials. A trial's GPUs are certain ones of its worker, counted in
`pegbox._engine.devices`; all else is amounts. A *shape* is what one trial asks for; few shapes,
many workers. Each operation costs time in the number of shapes and of one worker's GPUs, never in
the number of workers or trials.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pegbox._engine.devices import Devices
from pegbox.resources import WHOLE, Resources

__all__ = ["Placement", "times_idle"]


class _Shape:
    """How often one shape fits, worker by worker.

    Args:
        gpu: What it asks for of GPUs, in units.
    """

    __slots__ = ("buckets", "gpu", "times", "total")

    def __init__(self, gpu: int) -> None:
        self.gpu = gpu
        #: worker -> how often the shape fits there now; never negative.
        self.times: dict[str, int] = {}
        #: times -> workers where it fits that often; no empty bucket, no bucket for 0.
        self.buckets: dict[int, dict[str, None]] = {}
        #: Sum of ``times``.
        self.total = 0

    def put(self, worker: str, times: int) -> None:
        old = self.times.get(worker, 0)
        if old:
            bucket = self.buckets[old]
            del bucket[worker]
            if not bucket:
                del self.buckets[old]
        if times:
            self.buckets.setdefault(times, {})[worker] = None
            self.times[worker] = times
        else:
            self.times.pop(worker, None)
        self.total += times - old

    def roomiest(self) -> str | None:
        return next(iter(self.buckets[max(self.buckets)])) if self.buckets else None


class Placement:
    """Room on workers.

    Attributes:
        capacity: worker -> all that it has.
        free: worker -> what is left of it; between zero and its capacity for each name. One that
            may be used less than it is, has nothing free.
    """

    def __init__(self) -> None:
        self.capacity: dict[str, Resources] = {}
        self.free: dict[str, Resources] = {}
        self._taken: dict[str, Resources] = {}
        #: Of workers that have GPUs, or had some.
        self._devices: dict[str, Devices] = {}
        #: Of workers that other runs use too: what this one may use.
        self._limits: dict[str, Resources] = {}
        self._shapes: dict[Resources, _Shape] = {}

    def join(self, worker: str, resources: Resources) -> None:
        """A worker came, or has another capacity from now on, with no limit to what is used."""
        self.capacity[worker] = resources
        self._taken.setdefault(worker, Resources())
        self._limits.pop(worker, None)
        gpu = resources.units("gpu")
        if worker in self._devices:
            self._devices[worker].resize(gpu)
        elif gpu:
            self._devices[worker] = Devices(gpu)
        self._refresh(worker)

    def limit(self, worker: str, room: Resources, gpus: Mapping[int, float]) -> None:
        """Only so much of a worker may be used from now on, for others use it too.

        Args:
            worker: One that is here; another is no mistake.
            room: What may be taken there in all.
            gpus: Index -> what others have of that GPU.
        """
        if worker in self.capacity:
            self._limits[worker] = room
            if worker in self._devices:
                self._devices[worker].lend({i: round(n * WHOLE) for i, n in gpus.items()})
            self._refresh(worker)

    def is_limited(self, worker: str) -> bool:
        """Whether others have a say in how much of a worker may be used."""
        return worker in self._limits

    @property
    def limited(self) -> bool:
        """Whether there are workers of which others use a part."""
        return any(not self.capacity[w].fits(room) for w, room in self._limits.items())

    def leave(self, worker: str) -> None:
        """A worker is gone, with all that was taken there."""
        for account in (self.capacity, self.free, self._taken, self._devices, self._limits):
            account.pop(worker, None)
        for shape in self._shapes.values():
            shape.put(worker, 0)

    def room(self, shape: Resources) -> int:
        """How many of this shape could be placed now, if nothing else were."""
        return self._known(shape).total

    def has_room(self, shapes: Iterable[Resources]) -> bool:
        """Whether one of these shapes, or of those asked for before, could be placed now."""
        return any(map(self.room, shapes)) or any(each.total for each in self._shapes.values())

    def take(self, shape: Resources) -> tuple[str, tuple[int, ...]] | None:
        """Reserve the shape on the worker with most room for it.

        Returns:
            The worker, and the indices of those of its GPUs that are taken, wholly or in part;
            None where there is no room.
        """
        known = self._known(shape)
        worker = known.roomiest()
        if worker is None:
            return None
        gpus = self._devices[worker].take(known.gpu) if known.gpu else ()
        self._taken[worker] = self._taken[worker].plus(shape)
        self._refresh(worker)
        return worker, gpus

    def take_on(self, worker: str, shape: Resources) -> None:
        """Reserve a shape without GPUs on a certain worker, where room was given back just now."""
        self._taken[worker] = self._taken[worker].plus(shape)
        self._refresh(worker)

    def give(self, worker: str, shape: Resources, gpus: tuple[int, ...] = ()) -> None:
        """Give back what `take` reserved; a worker that has left meanwhile is no mistake."""
        if worker in self._taken:
            if gpus:
                self._devices[worker].give(shape.units("gpu"), gpus)
            self._taken[worker] = self._taken[worker].minus(shape)
            self._refresh(worker)

    def ever_fits(self, shape: Resources) -> bool:
        """Whether some worker would have room for the shape if it were idle."""
        return any(times_idle(shape, capacity) for capacity in self.capacity.values())

    def _known(self, shape: Resources) -> _Shape:
        known = self._shapes.get(shape)
        if known is None:
            known = self._shapes[shape] = _Shape(shape.units("gpu"))
            for worker, free in self.free.items():
                known.put(worker, self._times(shape, known.gpu, worker, free))
        return known

    def _times(self, shape: Resources, gpu: int, worker: str, free: Resources) -> int:
        times = shape.times_in(free)
        return min(times, self._devices[worker].times(gpu)) if gpu and times else times

    def _refresh(self, worker: str) -> None:
        room, taken = self._limits.get(worker, self.capacity[worker]), self._taken[worker]
        free = room.minus(taken) if taken.fits(room) else Resources()
        self.free[worker] = free
        for resources, shape in self._shapes.items():
            shape.put(worker, self._times(resources, shape.gpu, worker, free))

    def check(self) -> None:
        """Count everything again; for tests.

        Raises:
            AssertionError: A derived count differs.
        """
        for worker, free in self.free.items():
            taken, room = self._taken[worker], self._limits.get(worker, self.capacity[worker])
            assert free.plus(taken) == room if taken.fits(room) else not free
        for resources, shape in self._shapes.items():
            fits = {w: self._times(resources, shape.gpu, w, free) for w, free in self.free.items()}
            times = {worker: n for worker, n in fits.items() if n}
            assert shape.times == times, (resources, shape.times, times)
            assert shape.total == sum(times.values())


def times_idle(shape: Resources, capacity: Resources) -> int:
    """How often a shape fits a worker on which nothing runs."""
    times, gpu = shape.times_in(capacity), shape.units("gpu")
    return min(times, Devices(capacity.units("gpu")).times(gpu)) if gpu and times else times
