"""The simulated executor: what would happen, in the order of a virtual clock.

A heap of what is to come, keyed by time and then by the order in which it was planned. Nothing
is run: a curve says how long each iteration takes and what it reports. No cost grows with the
number of workers.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from pegbox import jsonvalue
from pegbox.commands import Answer, Kill, Launch
from pegbox.errors import Stalled
from pegbox.events import (
    Ended,
    Event,
    GrowthJudged,
    PlaceOpened,
    Reported,
    WorkerJoined,
    WorkerLeft,
)
from pegbox.executor import Inbox
from pegbox.executors.simulated.cluster import Curve, Fault, SimulatedCluster
from pegbox.resources import Resources
from pegbox.trial import CheckpointRecord, TrialFailure

__all__ = ["SimulatedExecutor"]

_FAILED: Final = TrialFailure("exception", "simulated failure", "SimulatedFailure")


@dataclass(slots=True, eq=False)
class _Try:
    """One try under way.

    Attributes:
        iteration: Iterations that count, as of its last report. ``time_total_s``: likewise.
        alive: Whether it has not ended yet; what was planned for a dead one does not happen.
    """

    launch: Launch
    iteration: int
    time_total_s: float
    alive: bool = True


@dataclass(slots=True, eq=False)
class _Worker:
    """One worker: the number of its current place, and what runs there."""

    name: str
    place: int
    tries: dict[_Try, None] = field(default_factory=dict)


class SimulatedExecutor:
    """Plays tries of trials on a virtual clock; see `pegbox.executor.Executor`.

    Args:
        curve: What an iteration takes and reports.
        cluster: Where it would run.
        first_place: Number of the first place that it opens, unique within the experiment.
        start_s: The virtual time at its start, in seconds.
        wake_at: When the engine wants to hear of the time, if ever.
    """

    #: The searcher is asked in the same thread, too, and takes no virtual time.
    shares_runners_thread = True

    def __init__(
        self,
        curve: Curve,
        cluster: SimulatedCluster,
        *,
        first_place: int = 0,
        start_s: float = 0.0,
        wake_at: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._wake_at = wake_at
        self._curve = curve
        self._cluster = cluster
        self._capacity = Resources(cluster.capacity)
        self._places = count(first_place)
        self._now = start_s
        #: (time, position in the order of planning, what happens then).
        self._plans: list[tuple[float, int, Callable[[], Sequence[Event]]]] = []
        self._planned = count()
        self._workers: dict[str, _Worker] = {}
        #: Tries under way, by trial and attempt.
        self._tries: dict[tuple[int, int], _Try] = {}
        #: Tries whose report waits for its decision, by trial and attempt.
        self._waiting: dict[tuple[int, int], _Try] = {}
        #: Whether something was posted that has not been handled.
        self._arrived = False

    def start(self, inbox: Inbox) -> None:
        """Announce all workers."""
        inbox.listen(self._note_arrival)
        for number in range(self._cluster.workers):
            inbox.post(self._join(f"worker-{number}"))
        inbox.post([GrowthJudged(self._now, grows=False)])

    def _note_arrival(self) -> None:
        self._arrived = True

    def clock(self) -> float:
        """The virtual time, in seconds."""
        return self._now

    def answer(self, answers: Sequence[Answer]) -> None:
        """Plan what the trials do that have been decided on."""
        for one in answers:
            waiting = self._waiting.pop((one.trial, one.attempt), None)
            if waiting is None:
                continue
            if one.go_on:
                self._iterate(waiting, self._cluster.decision_s)
            else:
                self._plan_end(waiting, self._cluster.decision_s, "halted")

    def launch(self, launches: Sequence[Launch]) -> None:
        """Begin tries."""
        for one in launches:
            self._now += self._cluster.event_s
            begun = _Try(one, one.iteration, one.time_total_s)
            self._workers[one.worker].tries[begun] = None
            self._tries[one.trial, one.attempt] = begun
            self._iterate(begun, 0.0)

    def kill(self, kills: Sequence[Kill]) -> None:
        """The workers of these tries die, with all that runs there."""
        for one in kills:
            self._plan(0.0, lambda one=one: self._kill(one))  # type: ignore[misc]

    def _kill(self, kill: Kill) -> Sequence[Event]:
        one = self._tries.get((kill.trial, kill.attempt))
        return () if one is None else self._die(self._workers[one.launch.worker])

    def wait(self, inbox: Inbox, timeout_s: float | None) -> None:
        """Handle all that is there, then go to the next moment at which something happens.

        No time passes otherwise, so ``timeout_s`` changes nothing.

        Raises:
            Stalled: Nothing is there, and nothing will come.
        """
        anything, wake_at = self._handle_all(inbox), self._wake_at()
        moments = [*(plan[0] for plan in self._plans[:1]), *([] if wake_at is None else [wake_at])]
        if not (anything or moments):
            raise Stalled("nothing runs in the simulation, and the run has not ended")
        if not moments or inbox.over.is_set():
            return
        # What is due while the driver is busy has to wait.
        self._now = max(self._now, min(moments))
        while self._plans and self._plans[0][0] <= self._now:
            if self._cluster.event_s:
                return self._take_one(inbox)
            inbox.post(heapq.heappop(self._plans)[2]())

    def _take_one(self, inbox: Inbox) -> None:
        """What has waited longest keeps the driver busy; what follows from it comes after that."""
        events = heapq.heappop(self._plans)[2]()
        self._now += self._cluster.event_s * len(events)
        inbox.post(events)

    def close(self) -> None:
        """Forget what was to come."""
        self._plans.clear()
        self._waiting.clear()

    def _handle_all(self, inbox: Inbox) -> bool:
        """The clock stands still while one thing leads to the next at the same moment.

        Returns:
            Whether there was anything.
        """
        anything = self._arrived
        while self._arrived:
            self._arrived = False
            inbox.handle()
        return anything

    # --------------------------------------------------------------- what a try does

    def _plan(self, after_s: float, happens: Callable[[], Sequence[Event]]) -> None:
        heapq.heappush(self._plans, (self._now + after_s, next(self._planned), happens))

    def _iterate(self, one: _Try, after_s: float) -> None:
        """Plan the next iteration of a try, or its end."""
        launch, iteration = one.launch, one.iteration + 1
        point = self._curve(launch.config, iteration)
        if point is None:
            self._plan_end(one, after_s, "finished")
            return
        seconds, metrics = point
        fault = self._cluster.faults(launch.trial, launch.attempt, iteration)
        if fault is not None:
            self._plan(after_s + seconds, lambda: self._break(one, fault))
        else:
            encoded = jsonvalue.dumps(metrics)
            self._plan(after_s + seconds, lambda: self._report(one, seconds, encoded))

    def _report(self, one: _Try, seconds: float, encoded: str) -> Sequence[Event]:
        if not one.alive:
            return ()
        launch = one.launch
        one.iteration += 1
        one.time_total_s += seconds
        self._waiting[launch.trial, launch.attempt] = one
        return [
            Reported(
                self._now,
                launch.trial,
                launch.attempt,
                one.iteration,
                seconds,
                one.time_total_s,
                self._now,
                jsonvalue.loads(encoded),
                encoded,
                self._workers[launch.worker].place,
                self._checkpoint(one),
            )
        ]

    def _checkpoint(self, one: _Try) -> CheckpointRecord | None:
        period = self._cluster.checkpoint_period
        if not period or one.iteration % period:
            return None
        path = f"{one.launch.trial:05d}/checkpoint_{one.iteration:06d}-{one.launch.attempt}"
        return CheckpointRecord(path, one.iteration, one.time_total_s, 0)

    def _plan_end(self, one: _Try, after_s: float, how: str) -> None:
        self._plan(after_s, lambda: self._end(one, how, None))

    def _end(self, one: _Try, how: str, failure: TrialFailure | None) -> Sequence[Event]:
        if not one.alive:
            return ()
        one.alive = False
        launch, worker = one.launch, self._workers[one.launch.worker]
        worker.tries.pop(one, None)
        del self._tries[launch.trial, launch.attempt]
        assert how in ("finished", "halted", "failed", "lost")
        return [
            Ended(self._now, launch.trial, launch.attempt, how, worker.place, failure)  # type: ignore[arg-type]
        ]

    # ---------------------------------------------------------------- what may break

    def _break(self, one: _Try, fault: Fault) -> Sequence[Event]:
        if not one.alive:
            return ()
        if fault == "failed":
            return self._end(one, "failed", _FAILED)
        return self._die(self._workers[one.launch.worker])

    def _die(self, worker: _Worker) -> Sequence[Event]:
        gone = TrialFailure("lost", f"{worker.name} died in the simulation")
        events = [event for one in list(worker.tries) for event in self._end(one, "lost", gone)]
        self._plan(self._cluster.rejoin_s, lambda: self._join(worker.name))
        return [*events, WorkerLeft(self._now, worker.name)]

    def _join(self, name: str) -> Sequence[Event]:
        place = next(self._places)
        self._workers[name] = _Worker(name, place)
        return [
            WorkerJoined(self._now, name, self._capacity),
            PlaceOpened(self._now, place, "simulated", "127.0.0.1", 0, name),
        ]
