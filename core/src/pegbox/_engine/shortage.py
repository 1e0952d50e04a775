"""What waits for workers that are not there, for how long it makes sense, and how it reads.

Owns what is known of workers beyond those that are here now: which were seen, and whether more
may come. Moves no trial and reserves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from pegbox._engine.placement import Placement, times_idle
from pegbox._engine.record import TrialRecord
from pegbox._engine.rules import Rules
from pegbox._engine.state import RunState
from pegbox.commands import Wishes
from pegbox.resources import Resources
from pegbox.trial import TrialFailure

__all__ = ["Shortage"]


class Shortage:
    """The shapes that no present worker has room for.

    A shape is *hopeless* once nobody expects other workers and none that was seen had room for
    it. One that fitted a worker which has left is not: such a worker may come back.

    Args:
        state: The trials.
        placement: The workers that are here.
        rules: Budgets and bounds of the run.

    Attributes:
        grows: Whether other workers may come; None while that is not known.
    """

    def __init__(self, state: RunState, placement: Placement, rules: Rules) -> None:
        self.grows: bool | None = None
        self._state = state
        self._placement = placement
        self._rules = rules
        #: What workers had that were ever seen here; few, for most are alike.
        self._seen: dict[Resources, None] = {}
        #: shape -> whether a worker that is here would have room for it, if it were idle.
        self._fits: dict[Resources, bool] = {}
        self._said: set[Resources] = set()
        self._others_said = False

    def joined(self, capacity: Resources) -> None:
        """A worker came, or has another capacity from now on."""
        self._seen[capacity] = None
        self._fits.clear()

    def left(self) -> None:
        """A worker is gone."""
        self._fits.clear()

    def fits(self, shape: Resources) -> bool:
        """Whether a worker that is here would have room for the shape, if it were idle."""
        fits = self._fits.get(shape)
        if fits is None:
            fits = self._fits[shape] = self._placement.ever_fits(shape)
        return fits

    def hopeless(self, shape: Resources) -> bool:
        """Whether to wait for room for the shape is in vain; never while no worker is here."""
        if self.grows is not False or not self._placement.capacity or self.fits(shape):
            return False
        return not any(times_idle(shape, capacity) for capacity in self._seen)

    def unfit(self) -> list[Resources]:
        """The shapes of queued trials that no worker here would have room for."""
        return [shape for shape in self._state.queues if not self.fits(shape)]

    def hopeless_trials(self, shapes: Iterable[Resources]) -> list[TrialRecord]:
        """Queued trials of these shapes that wait in vain, while others of the run do not.

        Where trials as they usually are wait in vain too, there is none: that ends the run, and
        leaves them to a restore on another cluster.
        """
        if self.hopeless(self._rules.resources):
            return []
        queues, trials = self._state.queues, self._state.trials
        return [trials[n] for shape in shapes if self.hopeless(shape) for n in queues[shape]]

    def failure(self, record: TrialRecord) -> TrialFailure:
        """Why a trial that waits in vain has failed."""
        return TrialFailure("resources", self.impossible(record.resources))

    def shapes(self, *, may_ask: bool) -> list[Resources]:
        """The shapes of what might be started next, where nothing runs.

        Args:
            may_ask: Whether the searcher may be asked for another trial.
        """
        if self._state.queues:
            return list(self._state.queues)
        if may_ask:
            return [self._rules.resources]
        paused = {self._state.trials[n].resources: None for n in self._state.paused}
        # One that has room was offered to the scheduler, which did not choose it.
        return [] if any(map(self._placement.room, paused)) else list(paused)

    def for_good(self, shapes: Iterable[Resources]) -> Resources | None:
        """The first of some shapes, if to wait is in vain for all of them."""
        shapes = list(shapes)
        return shapes[0] if shapes and all(map(self.hopeless, shapes)) else None

    def notices(self, shapes: Iterable[Resources]) -> list[str]:
        """That trials of these shapes wait for workers that may come, or for other runs; once."""
        return self._for_others(shapes) + self._for_workers(shapes)

    def _for_others(self, shapes: Iterable[Resources]) -> list[str]:
        if self._others_said or not (self._placement.limited and any(map(self.fits, shapes))):
            return []
        self._others_said = True
        return ["waits: other runs have the room on the cluster; it goes on as their trials end"]

    def _for_workers(self, shapes: Iterable[Resources]) -> list[str]:
        if self.grows is None or not self._placement.capacity:
            return []
        new = [
            shape
            for shape in shapes
            if shape not in self._said and not self.fits(shape) and not self.hopeless(shape)
        ]
        self._said.update(new)
        return [self._notice(shape) for shape in new]

    def _notice(self, shape: Resources) -> str:
        count = len(self._placement.capacity)
        there = "1 worker is there, and has" if count == 1 else f"the best of {count} workers has"
        return (
            f"waits: a trial asks for {_amounts(shape)}; {there} {self._best(shape)}; it goes on "
            "when a worker joins that has it"
        )

    def impossible(self, shape: Resources) -> str:
        """What is asked for in vain, and the best worker there is."""
        return (
            f"a trial asks for {_amounts(shape)}, and no worker has that; the best one has "
            f"{self._best(shape)}"
        )

    def _best(self, shape: Resources) -> str:
        worker, have = max(
            self._placement.capacity.items(), key=lambda item: _nearness(shape, item[1])
        )
        return f"{_amounts(have)} ({worker})"

    def wishes(self, asked: int, to_ask: int) -> Wishes:
        """How many workers would be of use now.

        Args:
            asked: Trials that are being suggested.
            to_ask: How many more trials may be asked for.
        """
        usual, room = self._rules.resources, self._placement.room(self._rules.resources)
        waiting = {shape: len(queue) for shape, queue in self._state.queues.items()}
        if not room:
            waiting[usual] = waiting.get(usual, 0) + asked + to_ask
        limit = self._rules.max_concurrent
        if limit is not None:
            waiting = _bounded(waiting, limit - len(self._state.active))
        return Wishes(
            self._workers_for(waiting),
            self._workers_for({usual: asked}) if room else 0,
            tuple(
                (shape, n) for shape, n in waiting.items() if n and not self._placement.room(shape)
            ),
        )

    def _workers_for(self, waiting: Mapping[Resources, int]) -> int:
        """How many workers would take so many trials of these shapes, judged by those seen.

        None for what no worker that was seen takes; one for each trial while none was seen.
        """
        shares = (n / times for shape, n in waiting.items() if (times := self._times(shape)))
        return math.ceil(sum(shares))

    def _times(self, shape: Resources) -> int:
        return max((times_idle(shape, capacity) for capacity in self._seen), default=1)


def _bounded(waiting: Mapping[Resources, int], limit: int) -> dict[Resources, int]:
    """The first of those that wait, up to a number."""
    bounded = {}
    for shape, count in waiting.items():
        bounded[shape] = min(count, limit)
        limit -= bounded[shape]
    return bounded


def _nearness(shape: Resources, have: Resources) -> tuple[float, float, float]:
    """How near a worker comes to what is asked for: its scarcest share first."""
    shares = [min(have.get(name, 0.0) / amount, 1.0) for name, amount in shape.items()]
    return min(shares, default=1.0), sum(shares), sum(have.values())


def _amounts(resources: Resources) -> str:
    return ", ".join(f"{name}={amount:g}" for name, amount in resources.items()) or "nothing"
