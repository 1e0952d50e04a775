"""A world around the engine for tests: it answers orders in any legal order, and fails at will.

It keeps an account of its own of what was launched, told and lost, to compare with the engine.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pegbox._engine.engine import Engine
from pegbox._engine.rules import Rules
from pegbox._engine.state import RunState
from pegbox._engine.step import Step
from pegbox.commands import Ask, Kill, Launch, Tell
from pegbox.decisions import CONTINUE, PAUSE, STOP, Decision, Exploit, Resize, Signal
from pegbox.events import (
    Declined,
    Ended,
    Event,
    Exhausted,
    GrowthJudged,
    Reported,
    Resumed,
    RoomChanged,
    Started,
    StopRequested,
    Suggested,
    Tick,
    WorkerJoined,
    WorkerLeft,
)
from pegbox.objective import Objective
from pegbox.resources import Resources
from pegbox.trial import CheckpointRecord, Outcome, State, TrialFailure, TrialView
from pegbox.usage import IDLE_REASONS

OBJECTIVE = Objective("loss", "min")
CPU = Resources({"cpu": 1})
BIG = Resources({"cpu": 2})
SHARE = Resources({"cpu": 1, "gpu": 0.5})
WHOLE = Resources({"cpu": 1, "gpu": 1})


class WildDecider:
    """A scheduler that decides anything, from a generator of its own."""

    def __init__(self, seed: int, *, wild: bool = True, chooses: bool = False) -> None:
        self.rng = random.Random(seed)
        self.wild = wild
        self.chooses = chooses
        self.completions: list[int] = []

    def added(self, trial: TrialView) -> None:
        assert trial.attempt == 0

    def decide(self, trial: TrialView, result: Mapping[str, Any]) -> Decision:
        assert result["training_iteration"] == trial.iteration
        if not self.wild:
            return CONTINUE
        draw = self.rng.random()
        if draw < 0.7:
            return CONTINUE
        if draw < 0.8:
            return STOP
        if draw < 0.87:
            return PAUSE
        if draw < 0.94:
            return Exploit(f"abcde_{self.rng.randrange(8):05d}", {"x": draw})
        return Resize(self.rng.choice([CPU, BIG, SHARE, WHOLE]))

    def recall(self, trial: TrialView, result: Mapping[str, Any]) -> None:
        pass

    def completed(
        self, trial: TrialView, result: Mapping[str, Any] | None, outcome: Outcome
    ) -> None:
        self.completions.append(trial.number)

    def choose(
        self,
        queued: Sequence[TrialView],
        paused: Sequence[TrialView],
        running: Sequence[TrialView],
    ) -> TrialView | Signal:
        waiting = [*queued, *paused]
        if self.rng.random() < 0.2 and running:
            return Signal.WAIT
        return self.rng.choice(waiting)

    def encode(self, config: Mapping[str, Any]) -> Mapping[str, Any]:
        return dict(config)

    def failed_since(self) -> None:
        return None


class World:
    """Answers an engine's orders; `step` does one random legal thing.

    Args:
        scarce: Whether some trials fit no worker, and workers to come are judged at random.
    """

    def __init__(
        self,
        seed: int,
        rules: Rules,
        *,
        wild: bool = True,
        chooses: bool = False,
        scarce: bool = False,
    ) -> None:
        self.scarce = scarce
        self.rng = random.Random(seed)
        self.rules = rules
        self.decider_seed = seed
        self.wild, self.chooses = wild, chooses
        self.shared = self.rng.random() < 0.3
        self.uniform = self.rng.random() < 0.4
        self.samples = self.rng.randint(1, 12)
        self.journal: list[Event] = []
        self.now = 0.0
        self.epoch = 0
        self.workers_made = 0
        self.lost_reports = 0
        #: Trials launched before all that followed from an end was worked out.
        self.succeeded = 0
        #: Checkpoints that were written and not deleted, while no driver was killed.
        self.on_disk: set[str] = set()
        self._fresh_process()

    # ---- one process of the driver -------------------------------------------------

    def _fresh_process(self) -> None:
        self.decider = WildDecider(self.decider_seed, wild=self.wild, chooses=self.chooses)
        self.engine = Engine(RunState("abcde", "f"), self.rules, self.decider)
        self.engine.replay(self.journal)
        self.asks: list[int] = []
        self.running: dict[tuple[int, int], Launch] = {}
        self.reported: dict[tuple[int, int], int] = {}
        self.waiting: set[tuple[int, int]] = set()
        self.told_to_end: set[tuple[int, int]] = set()
        self.workers: dict[str, Resources] = {}
        #: worker -> what others leave of it.
        self.rooms: dict[str, Resources] = {}
        #: What workers had that this process saw, and what was judged of those to come.
        self.seen: set[Resources] = set()
        self.grows: bool | None = None
        #: Workers that the engine wants killed.
        self.condemned: list[str] = []
        self.tells: Counter[int] = Counter()
        #: Own account: slot-seconds with a trial and without, and how many slots there are of each.
        self.busy_s = self.idle_s = 0.0
        self._busy = self._free = 0
        self._sent_at: float | None = None
        self.epoch += 1

    def begin(self) -> None:
        first = Started(self.tick(), 1) if self.epoch == 1 else self.resumed()
        self.send([first])
        self.join()

    def resumed(self) -> Resumed:
        errored = self.rng.choice(["skip", "resume", "restart"]) if self.wild else "skip"
        return Resumed(self.tick(), self.epoch, errored=errored)

    def crash(self) -> None:
        """The driver is killed: only the journal survives."""
        self._fresh_process()
        self.begin()

    # ---- what may happen -----------------------------------------------------------

    def tick(self) -> float:
        self.now += 1.0
        return self.now

    def send(self, events: Sequence[Event | Tick]) -> Step:
        self._pass_time(events[-1].at)
        if self.rng.random() < 0.7 and not any(isinstance(event, Tick) for event in events):
            self._succeed(events)
        step = self.engine.handle(events)
        self.journal.extend(step.facts)
        for answer in step.answers:
            key = (answer.trial, answer.attempt)
            assert key in self.waiting, "an answer to a trial that does not wait"
            self.waiting.remove(key)
            if not answer.go_on:
                self.told_to_end.add(key)
        for launch in step.launches:
            self._launched(launch)
        for kill in step.kills:
            self._condemn(kill)
        for order in step.orders:
            if isinstance(order, Ask):
                self.asks.append(order.trial)
            elif isinstance(order, Tell):
                self.tells[order.trial] += 1
                assert self.tells[order.trial] == 1, "told twice"
        self._delete(step)
        self._check_hopeless(step)
        self._count_slots()
        self.engine.check()
        return step

    def _succeed(self, events: Sequence[Event]) -> None:
        """Launches leave before the events are handled, of trials whose suggestion is stored."""
        limit = self.rng.choice([1, 9, 99])
        for launch in self.engine.successors(events, lambda number: number < limit):
            assert launch.trial < limit
            self.succeeded += 1
            self._launched(launch)

    def _pass_time(self, at: float) -> None:
        elapsed = at - self._sent_at if self._sent_at is not None else 0.0
        self.busy_s += elapsed * self._busy
        self.idle_s += elapsed * self._free
        self._sent_at = at

    def _count_slots(self) -> None:
        self._busy, self._free = len(self.running), 0
        for name, resources in self.workers.items():
            room, taken = self.rooms.get(name, resources), Resources()
            for one in self.running.values():
                taken = taken.plus(one.resources) if one.worker == name else taken
            if taken.fits(room):  # of an overdrawn worker nothing is free
                self._free += int(room.minus(taken).get("cpu", 0))
        if self.rules.max_concurrent is not None:
            self._free = min(self._free, self.rules.max_concurrent - self._busy)

    def check_usage(self) -> None:
        """The engine's account of slots is the same as the one kept here, by reason or not."""
        kept = self.engine.occupancy
        assert kept.busy_s == self.busy_s
        assert sum(kept.idle_s.values()) == self.idle_s
        assert set(kept.idle_s) <= set(IDLE_REASONS)

    def _delete(self, step: Step) -> None:
        assert self.on_disk >= set(step.deletions), "deleted twice, or what never was"
        self.on_disk -= set(step.deletions)
        needed = {r.checkpoint.path for r in self.engine.state.trials.values() if r.checkpoint}
        assert self.on_disk >= needed, "a trial would go on from what was deleted"

    def _check_hopeless(self, step: Step) -> None:
        """Who fails for want of resources must have waited in vain."""
        for fact in step.facts:
            if isinstance(fact, Ended) and fact.failure and fact.failure.cause == "resources":
                assert self.workers
                assert self.grows is False
                shape = self.engine.state.trials[fact.trial].resources
                assert not any(shape.fits(capacity) for capacity in self.seen)

    def judge(self) -> None:
        """The executor says whether other workers may come."""
        self.grows = self.rng.choice([None, True, False])
        self.send([GrowthJudged(self.tick(), self.grows)])

    def _launched(self, launch: Launch) -> None:
        key = (launch.trial, launch.attempt)
        assert key not in self.running
        assert launch.worker in self.workers, "launched on a worker that is gone"
        self.running[key] = launch
        self.reported[key] = launch.iteration
        taken = Resources()
        for other in self.running.values():
            if other.worker == launch.worker:
                taken = taken.plus(other.resources)
        assert taken.fits(self.workers[launch.worker]), "oversubscribed"
        assert taken.fits(self.rooms.get(launch.worker, taken)), "others have that room"
        self._check_devices(launch)

    def _check_devices(self, launch: Launch) -> None:
        gpu = launch.resources.get("gpu", 0)
        assert len(launch.gpus) == math.ceil(gpu)
        devices = Counter[int]()
        for other in self.running.values():
            if other.worker == launch.worker:
                share = other.resources.get("gpu", 0) / max(1, len(other.gpus))
                devices.update(dict.fromkeys(other.gpus, round(share * 10)))
        assert all(tenths <= 10 for tenths in devices.values()), "a device given twice"
        assert set(devices) <= set(range(int(self.workers[launch.worker].get("gpu", 0))))

    def join(self) -> None:
        name = f"w{self.workers_made}"
        self.workers_made += 1
        cpus, gpus = ([1, 1, 2], [0, 1]) if self.scarce else ([2, 3, 4], [1, 2])
        self.workers[name] = Resources({"cpu": self.rng.choice(cpus), "gpu": self.rng.choice(gpus)})
        self.seen.add(self.workers[name])
        self.send([WorkerJoined(self.tick(), name, self.workers[name])])

    def _condemn(self, kill: Kill) -> None:
        key = (kill.trial, kill.attempt)
        launch = self.running[key]
        if self.engine.ended:  # it was not waited for
            del self.running[key]
            self.waiting.discard(key)
        elif launch.worker not in self.condemned:
            self.condemned.append(launch.worker)

    def leave(self) -> None:
        self.lose(self.rng.choice(list(self.workers)))

    def kill(self) -> None:
        """A condemned worker dies; that is held against nobody."""
        name = self.condemned.pop(0)
        if name not in self.workers:
            return
        trials = self.engine.state.trials
        there = [trials[n] for (n, _), one in self.running.items() if one.worker == name]
        before = [record.lost_in_row for record in there]
        self.lose(name)
        assert [record.lost_in_row for record in there] == before
        failures = [record.failure for record in there if record.state is State.FAILED]
        assert all(one and one.cause in ("timeout", "resources") for one in failures)

    def lose(self, name: str) -> None:
        lost = [key for key, launch in self.running.items() if launch.worker == name]
        events: list[Event] = []
        announced = self.rng.random() < 0.5
        for key in lost:
            del self.running[key]
            self.waiting.discard(key)
            gone = TrialFailure("lost", "worker gone")
            if announced:
                events.append(Ended(self.tick(), *key, "lost", failure=gone))
        del self.workers[name]
        self.rooms.pop(name, None)
        self.send([*events, WorkerLeft(self.tick(), name)])
        if not self.workers:
            self.join()

    def share(self) -> None:
        """Other runs take a part of a worker, or leave it."""
        name = self.rng.choice(list(self.workers))
        part = {key: n * self.rng.choice([0, 0.5, 1, 1]) for key, n in self.workers[name].items()}
        self.rooms[name] = Resources(part)
        self.send([RoomChanged(self.tick(), name, self.rooms[name], {})])

    def refuse(self) -> None:
        """There was no room for a launch after all: it costs the trial nothing."""
        begun = self.waiting | self.told_to_end
        fresh = [
            key
            for key, launch in self.running.items()
            if key not in begun and self.reported[key] == launch.iteration
        ]
        if fresh:
            key = self.rng.choice(fresh)
            del self.running[key]
            record = self.engine.state.trials[key[0]]
            before = record.failures, record.lost_in_row
            self.send([Ended(self.tick(), *key, "halted")])
            if record.state is not State.FAILED:  # its time was over, or no worker has room
                assert (record.failures, record.lost_in_row) == before
                assert record.state in (State.QUEUED, State.RUNNING)
            else:
                assert record.failure is not None
                assert record.failure.cause in ("timeout", "resources")

    def answer_ask(self) -> None:
        number = min(self.asks)
        self.asks.remove(number)
        missing = any(n not in self.engine.state.trials for n in range(self.samples))
        if number >= self.samples and not missing:
            self.send([Exhausted(self.tick(), number)])
        elif number >= self.samples or (self.rng.random() < 0.15 and self.running):
            self.send([Declined(self.tick(), number)])
        else:
            x = self.rng.random()
            shape = CPU if self.uniform else self.rng.choice([CPU, CPU, BIG, SHARE, WHOLE])
            point = {"x": x}
            self.send([Suggested(self.tick(), number, point, point, point, shape, f"{number}_x")])

    def report(self) -> None:
        key = self.rng.choice([k for k in self.running if k not in self.waiting])
        self.reported[key] += 1
        iteration = self.reported[key]
        checkpoint = None
        # Who was told to end reports no checkpoint any more: that is seen to in its process.
        if self.rng.random() < 0.5 and key not in self.told_to_end:
            checkpoint = self._write(*key, iteration)
        self.waiting.add(key)
        event = Reported(
            self.tick(),
            key[0],
            key[1],
            iteration,
            1.0,
            float(iteration),
            self.now,
            {"loss": self.rng.random()},
            "{}",
            0,
            checkpoint,
        )
        self.send([event])

    def _write(self, trial: int, attempt: int, iteration: int) -> CheckpointRecord:
        path = f"t{trial}/checkpoint_{iteration}-{attempt}"
        self.on_disk.add(path)
        return CheckpointRecord(path, iteration, float(iteration), 10)

    def end(self) -> None:
        key = self.rng.choice([k for k in self.running if k not in self.waiting])
        del self.running[key]
        if key in self.told_to_end:
            how = self.rng.choice(["halted", "halted", "halted", "finished", "failed", "lost"])
        else:
            how = self.rng.choice(["finished", "finished", "failed", "lost"])
        failure = TrialFailure("exception", "no") if how in ("failed", "lost") else None
        saved = self._write(*key, self.reported[key]) if self.rng.random() < 0.2 else None
        self.send([Ended(self.tick(), *key, how, failure=failure, checkpoint=saved)])

    def stale(self) -> None:
        """A late report and a late end of an older attempt must change nothing."""
        state = self.engine.state
        older = [(n, r.attempt - 1) for n, r in state.trials.items() if r.attempt > 1]
        if older:
            key = self.rng.choice(older)
            late = self._write(*key, 99) if self.rng.random() < 0.5 else None
            event = Reported(self.tick(), *key, 99, 1.0, 1.0, 1.0, {"loss": 0.0}, "{}", 0, late)
            self.waiting.add(key)
            step = self.send([event, Ended(self.tick(), *key, "finished")])
            assert not any(isinstance(fact, Reported | Ended) for fact in step.facts)

    def step(self) -> None:
        if (wake_at := self.engine.wake_at) is not None and wake_at <= self.now:
            step = self.send([Tick(self.now)])
            # A trial whose time is used up already is due as soon as it is launched.
            later = self.engine.wake_at
            assert later is None or later > self.now or step.launches
        elif self.condemned:
            self.kill()
        else:
            self.act()

    def act(self) -> None:
        ready = [key for key in self.running if key not in self.waiting]
        choices = []
        if self.asks:
            choices += [self.answer_ask] * 4
        if ready:
            choices += [self.report] * 6 + [self.end] * 3
        if self.workers:
            choices += [self.leave]
        if self.shared:
            choices += [self.share, self.refuse]
        choices += [self.judge] if self.scarce else []
        choices += [self.join, self.stale] if len(self.workers) < 4 else [self.stale]
        self.rng.choice(choices)()

    def run(self, *, crashes: int = 0, interrupt: bool = False, steps: int = 3000) -> None:
        """Go on until the run ends; fails when it does not."""
        self.begin()
        for count in range(steps):
            if self.engine.ended:
                return
            if crashes and self.rng.random() < 0.02:
                crashes -= 1
                self.crash()
            elif interrupt and count == 30:
                self.send([StopRequested(self.tick(), "interrupted")])
            else:
                self.step()
        raise AssertionError(f"no end after {steps} steps: {self.engine.state.story()}")
