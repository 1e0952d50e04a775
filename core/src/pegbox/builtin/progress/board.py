"""What the view knows about a run: counts, what runs, what ended last, who leads, what failed.

Each event costs the same however many trials there are, and a snapshot O(rows). It reads no
clock and prints nothing; whoever calls it from two threads holds a lock.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from pegbox.builtin.progress.leaderboard import Leaderboard
from pegbox.builtin.progress.options import ViewOptions
from pegbox.builtin.progress.snapshot import Leader, Mishap, Moment, Row, Snapshot
from pegbox.callback import ExperimentInfo
from pegbox.jsonvalue import chosen
from pegbox.resources import Resources
from pegbox.trial import State, TrialView
from pegbox.usage import Usage

__all__ = ["Board"]

_LIVE = (State.RUNNING, State.HALTING)


@dataclass(slots=True)
class Board:
    """Keeps what a `Snapshot` shows.

    Args:
        experiment: What is fixed about the run.
        options: How many rows to keep ready, and which.

    Attributes:
        resources: What all workers have together.
        usage: Where the run's time went so far.
    """

    experiment: ExperimentInfo
    options: ViewOptions = field(default_factory=ViewOptions)
    resources: Resources = field(default_factory=Resources)
    usage: Usage = field(default_factory=Usage)
    _trials: Sequence[TrialView] = ()
    #: The state each trial was last seen in, by number; ``_counts`` sums it up.
    _states: dict[int, State] = field(default_factory=dict)
    _counts: Counter[State] = field(default_factory=Counter)
    _running: dict[int, TrialView] = field(default_factory=dict)
    #: Sum of what the running trials ask for.
    _requested: Resources = field(default_factory=Resources)
    #: The trials that ended last, the latest one last; few.
    _ended: dict[int, TrialView] = field(default_factory=dict)
    #: Trials that have reported, by number.
    _reported: dict[int, TrialView] = field(default_factory=dict)
    _boards: tuple[Leaderboard, ...] = ()
    _failures: deque[Mishap] = field(default_factory=deque)
    _retry: Mishap | None = None
    _retries: int = 0
    _version: int = 0

    def __post_init__(self) -> None:
        self._boards = tuple(Leaderboard() for _ in self.experiment.objectives)
        self._failures = deque(maxlen=max(self.options.max_error_rows, 1))

    def look(self, trials: Sequence[TrialView]) -> None:
        """These are the trials; before something happens to one, too."""
        if not self._states:
            self.recount(trials)  # The run may have been restored with trials that ended before.
        self._trials = trials

    def told(self, trials: Sequence[TrialView], trial: TrialView) -> None:
        """Something happened to ``trial``; its state is read from the view."""
        self.look(trials)
        self._version += 1
        self._see(trial)

    def reported(self, trial: TrialView, result: Mapping[str, object]) -> None:
        """A trial reported ``result``; one that is not feasible leads nowhere."""
        self._reported[trial.number] = trial
        feasible = self._is_feasible(result)
        for board, objective in zip(self._boards, self.experiment.objectives, strict=True):
            board.put(trial.number, objective.loss(result) if feasible else None)

    def failed(self, trial: TrialView) -> None:
        """A trial failed for good."""
        self._failures.append(_mishap(trial))

    def retried(self, trial: TrialView) -> None:
        """A try of a trial failed or was lost, and is repeated."""
        self._retries += 1
        self._retry = _mishap(trial)

    def recount(self, trials: Sequence[TrialView]) -> None:
        """Look at every trial once: O(trials), for the beginning and the end."""
        self._trials = trials
        known = len(self._failures)
        for trial in trials:
            self._see(trial)
            if trial.last_result is not None:
                self.reported(trial, trial.last_result)
            if trial.state is State.FAILED and not known:
                self.failed(trial)

    def snapshot(self, moment: Moment, max_rows: int = 0) -> Snapshot:
        """What is true now.

        Args:
            moment: What the clocks say, and the machine.
            max_rows: How many trials to include, running ones first.
        """
        # Becoming paused or queued again is told to nobody, so what ran is looked at once more.
        for trial in list(self._running.values()):
            self._see(trial)
        counts = dict(self._counts)
        counts.pop(State.QUEUED, None)  # Most queued trials were never told of.
        counts[State.QUEUED] = len(self._trials) - sum(counts.values())
        running = tuple(islice(self._running.values(), max_rows))
        return Snapshot(
            experiment=self.experiment,
            moment=moment,
            counts=counts,
            options=self.options,
            leaders=tuple(self._leaders()),
            running=tuple(map(self._row, running)),
            running_total=len(self._running),
            others=tuple(map(self._row, self._others(max_rows - len(running)))),
            requested=self._requested,
            resources=self.resources,
            failures=tuple(self._failures),
            retry=self._retry,
            retries=self._retries,
            usage=self.usage,
            version=self._version,
            trials=self._trials,
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
        self._keep_running(trial, state in _LIVE)
        self._keep_ended(trial, state.ended)

    def _keep_running(self, trial: TrialView, runs: bool) -> None:
        if runs == (trial.number in self._running):
            return
        if runs:
            self._running[trial.number] = trial
            self._requested = self._requested.plus(trial.resources)
        else:
            del self._running[trial.number]
            self._requested = self._requested.minus(trial.resources)

    def _keep_ended(self, trial: TrialView, ended: bool) -> None:
        self._ended.pop(trial.number, None)
        if ended:
            self._ended[trial.number] = trial
            if len(self._ended) > max(self.options.max_rows, 1):
                del self._ended[next(iter(self._ended))]

    def _others(self, count: int) -> Iterator[TrialView]:
        """Trials that do not run: the best ones, or those that ended last."""
        if count <= 0:
            return iter(())
        if self.options.sort_by_metric and self._boards:
            best = self._boards[0].top(count + len(self._running))
            rest = (number for number in best if number not in self._running)
            return islice((self._reported[number] for number in rest), count)
        return islice(reversed(self._ended.values()), count)

    def _leaders(self) -> list[Leader]:
        leaders = []
        for board, objective in zip(self._boards, self.experiment.objectives, strict=True):
            number = board.first()
            if number is not None:
                leaders.append(Leader(objective, self._row(self._reported[number])))
        return leaders

    def _is_feasible(self, result: Mapping[str, object]) -> bool:
        return all(each.holds(result) for each in self.experiment.outcome_constraints)

    def _row(self, trial: TrialView) -> Row:
        config = trial.config
        paths = (*self.experiment.parameters, *(self.options.parameter_columns or ()))
        return Row(
            trial_id=trial.trial_id,
            name=trial.name,
            status=str(trial.status),
            iteration=trial.iteration,
            result=trial.last_result or {},
            feasible=self._is_feasible(trial.last_result or {}),
            parameters=chosen(config, paths),
        )


def _mishap(trial: TrialView) -> Mishap:
    failure = trial.failure
    if failure is None:
        return Mishap(trial.trial_id, "no reason is known")
    type_name = failure.type_name
    known = not type_name or failure.message.startswith(type_name)
    return Mishap(trial.trial_id, failure.message if known else f"{type_name}: {failure.message}")
