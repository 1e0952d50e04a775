"""An engine on the bench: events are sent by hand, and a scheduler decides by script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pegbox._engine.engine import Engine
from pegbox._engine.record import TrialRecord
from pegbox._engine.rules import Rules
from pegbox._engine.state import RunState
from pegbox._engine.step import Step
from pegbox.commands import Ask, Launch, Tell
from pegbox.decisions import CONTINUE, Decision, Signal
from pegbox.events import (
    Ended,
    Event,
    GrowthJudged,
    PluginFailed,
    Reported,
    Started,
    Suggested,
    WorkerJoined,
    WorkerLeft,
)
from pegbox.objective import Objective
from pegbox.resources import Resources
from pegbox.trial import CheckpointRecord, Outcome, TrialFailure, TrialView

OBJECTIVE = Objective("loss", "min")
Choice = Callable[[Sequence[TrialView], Sequence[TrialView], Sequence[TrialView]], Any]


class ScriptedDecider:
    """Decides by trial and iteration, CONTINUE where the script is silent; notes what it is told.

    Args:
        decisions: (trial, iteration) -> decision; used once.
        choose: In place of `Decider.choose`; None for an engine that does not ask.
    """

    def __init__(
        self, decisions: Mapping[tuple[int, int], Decision] = {}, choose: Choice | None = None
    ) -> None:
        self.decisions = dict(decisions)
        self.chooses = choose is not None
        self._choose = choose
        self.told: list[tuple[Any, ...]] = []
        self.failure: PluginFailed | None = None

    def added(self, trial: TrialView) -> None:
        self.told.append(("added", trial.number))

    def decide(self, trial: TrialView, result: Mapping[str, Any]) -> Decision:
        self.told.append(("result", trial.number, result["training_iteration"]))
        return self.decisions.pop((trial.number, trial.iteration), CONTINUE)

    def recall(self, trial: TrialView, result: Mapping[str, Any]) -> None:
        pass

    def completed(
        self, trial: TrialView, result: Mapping[str, Any] | None, outcome: Outcome
    ) -> None:
        self.told.append(("completed", trial.number, outcome))

    def choose(
        self,
        queued: Sequence[TrialView],
        paused: Sequence[TrialView],
        running: Sequence[TrialView],
    ) -> TrialView | Signal:
        assert self._choose is not None
        return self._choose(queued, paused, running)

    def encode(self, config: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"encoded": dict(config)}

    def failed_since(self) -> PluginFailed | None:
        failure, self.failure = self.failure, None
        return failure


class Rig:
    """One engine. The methods send one event each and return the step that follows.

    Args:
        decisions, choose: See `ScriptedDecider`.
        history: Facts of an earlier process, to be replayed.
        rules: As for `Rules`; trials ask for one cpu.
    """

    def __init__(
        self,
        decisions: Mapping[tuple[int, int], Decision] = {},
        *,
        choose: Choice | None = None,
        history: Sequence[Event] = (),
        **rules: Any,
    ) -> None:
        rules = {"resources": cpus(1), "objectives": (OBJECTIVE,), **rules}
        self.decider = ScriptedDecider(decisions, choose)
        self.engine = Engine(RunState("abcde", "f"), Rules(**rules), self.decider)
        self.differing = self.engine.replay(history)
        self.journal: list[Event] = list(history)
        self.now = 0.0

    def send(self, *events: Event) -> Step:
        """A batch; the engine's invariants are proved after it."""
        step = self.engine.handle(events)
        self.journal.extend(step.facts)
        self.engine.check()
        return step

    @property
    def at(self) -> float:
        """A moment later than all before."""
        self.now += 1.0
        return self.now

    def trial(self, number: int) -> TrialRecord:
        return self.engine.state.trials[number]

    def start(self, cpu: float = 1, workers: int = 1, *, grows: bool | None = False) -> Step:
        """A fresh run with workers ``w0``, ``w1``, ...; the last step.

        Args:
            grows: Whether others may come.
        """
        self.send(Started(self.at), GrowthJudged(self.at, grows))
        for number in range(workers):
            step = self.join(f"w{number}", cpu)
        return step

    def join(self, worker: str, cpu: float = 1) -> Step:
        return self.send(WorkerJoined(self.at, worker, cpus(cpu)))

    def leave(self, worker: str) -> Step:
        return self.send(WorkerLeft(self.at, worker))

    def suggest(self, trial: int, cpu: float = 1) -> Step:
        return self.send(self.suggested(trial, cpu))

    def suggested(self, trial: int, cpu: float = 1) -> Suggested:
        point = {"x": trial / 10}
        return Suggested(self.at, trial, point, point, point, cpus(cpu), f"{trial}_x")

    def report(self, trial: int, iteration: int, **more: Any) -> Step:
        return self.send(self.reported(trial, iteration, **more))

    def reported(
        self,
        trial: int,
        iteration: int,
        *,
        attempt: int = 1,
        checkpoint: bool = False,
        place: int = 0,
        **metrics: Any,
    ) -> Reported:
        """By default with a loss of 0.5; one second for each iteration."""
        kept = checkpoint_at(trial, iteration) if checkpoint else None
        return Reported(
            self.at,
            trial,
            attempt,
            iteration,
            1.0,
            float(iteration),
            self.now,
            metrics or {"loss": 0.5},
            "{}",
            place,
            kept,
        )

    def end(self, trial: int, how: str, **more: Any) -> Step:
        return self.send(self.ended(trial, how, **more))

    def ended(
        self,
        trial: int,
        how: str,
        *,
        attempt: int = 1,
        checkpoint: CheckpointRecord | None = None,
    ) -> Ended:
        failure = None
        if how in ("failed", "lost"):
            failure = TrialFailure("lost" if how == "lost" else "exception", f"it {how}")
        return Ended(
            self.at,
            trial,
            attempt,
            how,  # type: ignore[arg-type]
            failure=failure,
            checkpoint=checkpoint,
        )


def cpus(amount: float) -> Resources:
    return Resources({"cpu": amount})


def checkpoint_at(trial: int, iteration: int) -> CheckpointRecord:
    return CheckpointRecord(f"t{trial}/c{iteration}", iteration, float(iteration), 10)


def asks(step: Step) -> list[int]:
    """Numbers that the searcher is asked for."""
    return [order.trial for order in step.orders if isinstance(order, Ask)]


def tells(step: Step) -> list[tuple[int, str]]:
    """What the searcher is told of ends: trial and outcome."""
    return [(order.trial, order.outcome) for order in step.orders if isinstance(order, Tell)]


def launched(step: Step) -> list[tuple[int, int, str]]:
    """What is started: trial, attempt, worker."""
    return [(one.trial, one.attempt, one.worker) for one in step.launches]


def launch(step: Step) -> Launch:
    """The one launch of a step."""
    assert len(step.launches) == 1, step.launches
    return step.launches[0]
