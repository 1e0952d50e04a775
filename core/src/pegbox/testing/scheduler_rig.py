"""A scheduler in a run in virtual time, with somebody who notes what it decides."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from pegbox._plugins.manager import RoleManager
from pegbox.decisions import Decision, Signal
from pegbox.objective import Objective
from pegbox.scheduler import Scheduler
from pegbox.testing.impurity import noting_impurity
from pegbox.testing.scheduler_once import Once
from pegbox.trial import Outcome, TrialView

__all__ = ["Noted", "WatchedScheduler", "watch"]


@dataclass(frozen=True, slots=True)
class Noted:
    """One decision.

    Attributes:
        trial: Public id.
        iteration: Of the report.
        decision: The answer.
    """

    trial: str
    iteration: int
    decision: Decision


class WatchedScheduler(Scheduler):
    """Stands in the place of a scheduler, and hands every call on.

    Args:
        make: Gives the scheduler.
        swapped_every: After how many calls a new one takes its place, with its state as JSON
            data; 0 for never.
        looked_at: Whether its state is asked for after every call, and thrown away.
        noting: Whether to note what it touches; takes its time.
        doubled: Whether there is another one beside it that is told of no report twice.

    Attributes:
        once: That other one, or None.
        decisions: In their order.
        impure: What it touched that is none of its business.
        changed: What it changed of what it was given.
        states: What it gave as its state.
    """

    def __init__(
        self,
        make: Callable[[], Any],
        *,
        swapped_every: int = 0,
        looked_at: bool = False,
        noting: bool = False,
        doubled: bool = False,
    ) -> None:
        self.once = Once(make()) if doubled else None
        self._make, self._swapped_every, self._looked_at = make, swapped_every, looked_at
        self._noting = noting_impurity if noting else _noting_nothing
        self._calls = 0
        self._random_state: Any = None
        self._objectives: Sequence[Objective] = ()
        self.decisions: list[Noted] = []
        self.impure: list[str] = []
        self.changed: list[str] = []
        self.states: list[Mapping[str, Any]] = []
        self._begin()

    def setup(self, objectives: Sequence[Objective], rng: random.Random) -> None:
        """See `Scheduler`."""
        self._objectives, self._random_state = objectives, rng.getstate()
        self._call("scheduler_setup", objectives=objectives, rng=rng)

    def on_trial_add(self, trial: TrialView) -> None:
        """See `Scheduler`."""
        self._call("scheduler_add", trial=trial)

    def on_trial_result(self, trial: TrialView, result: Mapping[str, Any]) -> Decision:
        """See `Scheduler`."""
        if not self._manager.implements("scheduler_result"):
            return Scheduler.CONTINUE
        before = copy.deepcopy(dict(result))
        decision: Decision = self._call("scheduler_result", trial=trial, result=result)
        if repr(before) != repr(dict(result)):
            self.changed.append(f"a result of {trial.trial_id}: {before} became {dict(result)}")
        self.decisions.append(Noted(trial.trial_id, trial.iteration, decision))
        return decision

    def on_trial_complete(
        self, trial: TrialView, result: Mapping[str, Any] | None, outcome: Outcome
    ) -> None:
        """See `Scheduler`."""
        self._call("scheduler_complete", trial=trial, result=result, outcome=outcome)

    def _begin(self) -> None:
        self._manager = RoleManager("scheduler", lambda: 0.0)
        self._manager.register(self._make())

    def _call(self, hook: str, **arguments: Any) -> Any:
        if self.once is not None:
            self.once.prepare(hook, arguments)
        with self._noting(self.impure):
            answer = self._manager.call(hook, **arguments)
        if self.once is not None:
            self.once.told(hook, arguments, answer)
        self._calls += 1
        if self._swapped_every and self._calls % self._swapped_every == 0:
            self._swap()
        elif self._looked_at:
            self._manager.call("scheduler_save")
        return answer

    def _swap(self) -> None:
        state = self._manager.call("scheduler_save") or {}
        self.states.append(state)
        rng = random.Random()
        rng.setstate(self._random_state)
        self._begin()
        self._manager.call("scheduler_setup", objectives=self._objectives, rng=rng)
        self._manager.call("scheduler_load", state=json.loads(json.dumps(state)))


def _noting_nothing(noted: list[str]) -> AbstractContextManager[None]:
    return nullcontext()


class _WatchedChooser(WatchedScheduler):
    """Of a scheduler that chooses what runs."""

    def choose_trial_to_run(
        self,
        queued: Sequence[TrialView],
        paused: Sequence[TrialView],
        running: Sequence[TrialView],
    ) -> TrialView | Signal:
        """See `Scheduler`."""
        choice: TrialView | Signal = self._call(
            "scheduler_choose", queued=queued, paused=paused, running=running
        )
        return choice


def watch(make: Callable[[], Any], **options: Any) -> WatchedScheduler:
    """A scheduler under watch; ``options`` as for `WatchedScheduler`."""
    manager = RoleManager("scheduler")
    manager.register(make())
    kind = _WatchedChooser if manager.implements("scheduler_choose") else WatchedScheduler
    return kind(make, **options)
