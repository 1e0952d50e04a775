"""What the view knows about a run: counts, what runs, who leads, what failed.

Each event costs the same however many trials there are, and a snapshot O(running). It reads no
clock and prints nothing; whoever calls it from two threads holds a lock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from pegbox.autofill import AUTOFILLED
from pegbox.builtin.progress.leaderboard import Leaderboard
from pegbox.callback import ExperimentInfo
from pegbox.jsonvalue import look_up
from pegbox.objective import Objective
from pegbox.trial import State, TrialView

__all__ = ["Board", "Leader", "Mishap", "Row", "Snapshot"]

_LIVE = (State.RUNNING, State.HALTING)


@dataclass(frozen=True, slots=True)
class Row:
    """A trial and its last result.

    Attributes:
        time_s: Training seconds so far; None before the first report.
        metrics: The user's metrics. ``parameters``: the values that vary, by flat path.
    """

    trial_id: str
    iteration: int
    time_s: float | None
    metrics: Mapping[str, Any]
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Leader:
    """The best trial for one objective, by its last result."""

    objective: Objective
    trial: Row


@dataclass(frozen=True, slots=True)
class Mishap:
    """A trial that failed, or a try of one that will be repeated."""

    trial_id: str
    message: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is shown, at one moment.

    Attributes:
        experiment: What is fixed about the run.
        elapsed_s: Seconds since the run (or its restore) began.
        counts: Trials by state; none may be absent or 0.
        leaders: One for each objective that any trial has a value for.
        running: The first of the running trials, in the order of their start.
        running_total: How many run, shown or not.
        failure: The last trial that failed. ``retry``: the last try that is repeated.
        retries: How many tries were repeated in this run.
        version: Goes up with everything that happens.
    """

    experiment: ExperimentInfo
    elapsed_s: float
    counts: Mapping[State, int]
    leaders: tuple[Leader, ...] = ()
    running: tuple[Row, ...] = ()
    running_total: int = 0
    failure: Mishap | None = None
    retry: Mishap | None = None
    retries: int = 0
    version: int = 0

    @property
    def ended(self) -> int:
        """Trials to which nothing more happens."""
        return sum(n for state, n in self.counts.items() if state.ended)

    @property
    def failed(self) -> int:
        """Trials that failed for good."""
        return self.counts.get(State.FAILED, 0)

    @property
    def unfinished(self) -> int:
        """Trials that a restore would take up again."""
        return sum(n for state, n in self.counts.items() if not state.ended)


@dataclass(slots=True)
class Board:
    """Keeps what a `Snapshot` shows.

    Args:
        experiment: What is fixed about the run.
    """

    experiment: ExperimentInfo
    _trials: Sequence[TrialView] = ()
    #: The state each trial was last seen in, by number; ``_counts`` sums it up.
    _states: dict[int, State] = field(default_factory=dict)
    _counts: Counter[State] = field(default_factory=Counter)
    _running: dict[int, TrialView] = field(default_factory=dict)
    #: Trials that have reported, by number.
    _reported: dict[int, TrialView] = field(default_factory=dict)
    _boards: tuple[Leaderboard, ...] = ()
    _failure: Mishap | None = None
    _retry: Mishap | None = None
    _retries: int = 0
    _version: int = 0

    def __post_init__(self) -> None:
        self._boards = tuple(Leaderboard() for _ in self.experiment.objectives)

    def told(self, trials: Sequence[TrialView], trial: TrialView) -> None:
        """Something happened to ``trial``; its state is read from the view."""
        if not self._states:
            self.recount(trials)  # The run may have been restored with trials that ended before.
        self._trials = trials
        self._version += 1
        self._see(trial)

    def reported(self, trial: TrialView, result: Mapping[str, Any]) -> None:
        """A trial reported ``result``."""
        self._reported[trial.number] = trial
        for board, objective in zip(self._boards, self.experiment.objectives, strict=True):
            board.put(trial.number, objective.loss(result))

    def failed(self, trial: TrialView) -> None:
        """A trial failed for good."""
        self._failure = _mishap(trial)

    def retried(self, trial: TrialView) -> None:
        """A try of a trial failed or was lost, and is repeated."""
        self._retries += 1
        self._retry = _mishap(trial)

    def recount(self, trials: Sequence[TrialView]) -> None:
        """Look at every trial once: O(trials), for the beginning and the end."""
        self._trials = trials
        for trial in trials:
            self._see(trial)
            if trial.last_result is not None:
                self.reported(trial, trial.last_result)
            if trial.state is State.FAILED and self._failure is None:
                self.failed(trial)

    def snapshot(self, elapsed_s: float, max_rows: int = 0) -> Snapshot:
        """What is true now.

        Args:
            elapsed_s: Seconds since the run began.
            max_rows: How many running trials to include.
        """
        # Becoming paused or queued again is told to nobody, so what ran is looked at once more.
        for trial in list(self._running.values()):
            self._see(trial)
        counts = dict(self._counts)
        counts.pop(State.QUEUED, None)  # Most queued trials were never told of.
        counts[State.QUEUED] = len(self._trials) - sum(counts.values())
        return Snapshot(
            experiment=self.experiment,
            elapsed_s=elapsed_s,
            counts=counts,
            leaders=tuple(self._leaders()),
            running=tuple(self._row(t) for t in islice(self._running.values(), max_rows)),
            running_total=len(self._running),
            failure=self._failure,
            retry=self._retry,
            retries=self._retries,
            version=self._version,
        )

    def _see(self, trial: TrialView) -> None:
        number, state = trial.number, trial.state
        before = self._states.get(number)
        if before is state:
            return
        if before is not None:
            self._counts[before] -= 1
        self._counts[state] += 1
        self._states[number] = state
        if state in _LIVE:
            self._running[number] = trial
        else:
            self._running.pop(number, None)

    def _leaders(self) -> list[Leader]:
        leaders = []
        for board, objective in zip(self._boards, self.experiment.objectives, strict=True):
            number = board.first()
            if number is not None:
                leaders.append(Leader(objective, self._row(self._reported[number])))
        return leaders

    def _row(self, trial: TrialView) -> Row:
        result = trial.last_result or {}
        config = trial.config
        return Row(
            trial_id=trial.trial_id,
            iteration=trial.iteration,
            time_s=result.get("time_total_s"),
            metrics={name: v for name, v in result.items() if name not in AUTOFILLED},
            parameters={path: look_up(config, path) for path in self.experiment.parameters},
        )


def _mishap(trial: TrialView) -> Mishap:
    failure = trial.failure
    if failure is None:
        return Mishap(trial.trial_id, "no reason is known")
    type_name = failure.type_name
    known = not type_name or failure.message.startswith(type_name)
    return Mishap(trial.trial_id, failure.message if known else f"{type_name}: {failure.message}")
