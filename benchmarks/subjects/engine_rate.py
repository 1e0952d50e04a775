"""Events a second through the engine alone: a scripted world answers it at once, in one thread."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import common
from common import Figures
from pegbox._engine.engine import Engine, Step
from pegbox._engine.rules import Rules
from pegbox._engine.state import RunState
from pegbox.commands import Ask
from pegbox.decisions import CONTINUE, WAIT, Decision, Signal
from pegbox.events import Ended, Event, Reported, Started, Suggested, WorkerJoined
from pegbox.objective import Objective
from pegbox.resources import Resources
from pegbox.trial import TrialView

_CPU = Resources({"cpu": 1})


class _GoOn:
    """A scheduler that lets everything go on."""

    chooses = False

    def added(self, trial: TrialView) -> None:
        pass

    def decide(self, trial: TrialView, result: Mapping[str, Any]) -> Decision:
        return CONTINUE

    def completed(self, *how: Any) -> None:
        pass

    def choose(self, *waiting: Sequence[TrialView]) -> Signal:
        return WAIT

    def encode(self, config: Mapping[str, Any]) -> Mapping[str, Any]:
        return config

    def failed_since(self) -> None:
        pass


class _World:
    """Searcher, workers and trials of one run, each of whose batches answers the step before.

    Attributes:
        facts: Everything that the engine decided.
        seconds: Time spent inside the engine.
        events: How many events it was handed.
    """

    def __init__(self, n: int, reports: int, concurrency: int) -> None:
        self._n, self._reports, self._concurrency = n, reports, concurrency
        self.facts: list[Event] = []
        self.seconds = 0.0
        self.events = 0
        self._now = 0.0
        rules = Rules(resources=_CPU, objectives=(Objective("loss", "min"),), max_trials=n)
        self.engine = Engine(RunState("abcde", "trial"), rules, _GoOn())
        self._done: dict[tuple[int, int], int] = {}

    def run(self) -> None:
        room = Resources({"cpu": self._concurrency})
        self._now += 1
        batch: list[Event] = [Started(self._now, 1), WorkerJoined(self._now, "worker", room)]
        while not self.engine.ended:
            step = self._hand_over(batch)
            self.facts += step.facts
            batch = self._answers(step)

    def _hand_over(self, batch: list[Event]) -> Step:
        before = time.perf_counter()
        step = self.engine.handle(batch)
        self.seconds += time.perf_counter() - before
        self.events += len(batch)
        return step

    def _answers(self, step: Step) -> list[Event]:
        self._now += 0.01
        batch: list[Event] = []
        for order in step.orders:
            if isinstance(order, Ask):
                point = {"x": order.trial / self._n}
                tag = f"{order.trial}_x"
                batch.append(Suggested(self._now, order.trial, point, point, point, _CPU, tag))
        batch += [self._next(launch.trial, launch.attempt) for launch in step.launches]
        batch += [self._next(answer.trial, answer.attempt) for answer in step.answers]
        return batch

    def _next(self, trial: int, attempt: int) -> Event:
        """The trial's next report, or its end."""
        done = self._done[trial, attempt] = self._done.get((trial, attempt), 0) + 1
        if done > self._reports:
            return Ended(self._now, trial, attempt, "finished", 0)
        result = {"loss": 1 / done}
        return Reported(
            self._now, trial, attempt, done, 0.01, 0.01 * done, self._now, result, "{}", 0
        )


def engine(arguments: argparse.Namespace, folder: Path) -> Figures:
    """A whole run, then the replay of what it decided, as a restore does it."""
    world = _World(arguments.n, arguments.reports, arguments.concurrency)
    world.run()
    assert len(world.engine.state.trials) == arguments.n
    again = Engine(RunState("abcde", "trial"), world.engine.rules, _GoOn())
    before = time.perf_counter()
    again.replay(world.facts)
    replayed = time.perf_counter() - before
    return {
        "events": world.events,
        "events_per_s": world.events / world.seconds,
        "replayed_facts_per_s": len(world.facts) / replayed,
    }


if __name__ == "__main__":
    common.main({"engine": engine})
