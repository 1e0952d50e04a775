"""The state of a run as a fold over its facts.

`RunState.apply` takes a fact whose decision is already made; it decides nothing. The engine makes
decisions and applies the facts that follow; a replay applies the stored ones. So replay equals
state whatever has become of schedulers, budgets or rules since.

This is the only module where a trial's state changes (`_move`).
"""

from __future__ import annotations

from collections import Counter, deque
from typing import Any, Final

from pegbox._engine.record import HaltReason, TrialRecord
from pegbox._engine.transitions import TRANSITIONS
from pegbox._engine.trial_views import TrialViews
from pegbox.autofill import compose
from pegbox.decisions import Resize
from pegbox.errors import InvalidTransition
from pegbox.events import (
    CheckpointsDropped,
    Ended,
    Event,
    Exhausted,
    Launched,
    PlaceOpened,
    PluginFailed,
    Reconfigured,
    Reported,
    Resumed,
    RunEnded,
    Started,
    StopRequested,
    Suggested,
)
from pegbox.resources import Resources
from pegbox.trial import State, TrialView, trial_id

__all__ = ["RunState"]

#: Steps of one iteration beyond this are no count.
_LARGEST_STEP: Final = 2**63

#: Facts kept for the story of a mistake.
_STORY_LENGTH = 400


class RunState:
    """All trials of a run.

    Attributes:
        trials: number -> record, in the order of birth.
        views: number -> the view handed to plugins; same keys as ``trials``.
        counts: state -> how many trials; sums to ``len(trials)``.
        queues: shape -> numbers of queued trials with their tickets, oldest first; the union is
            exactly the trials in state queued.
        paused: Numbers of paused trials, oldest first.
        active: Numbers of running and halting trials.
        places: number -> where trials ran, over all epochs.
        exhausted: The searcher will never propose again (in this epoch).
        ended: How the current epoch ended, or None.
        asks_ahead: By how many the numbers of asks are beyond those of trials.
        stopped_at_end: Numbers of the trials that still waited when the run ended as complete.
    """

    def __init__(self, run: str, trainable: str, folder: str = "") -> None:
        self.run = run
        self.trainable = trainable
        self.folder = folder
        self.epoch = 0
        self.trials: dict[int, TrialRecord] = {}
        self.views: dict[int, TrialView] = {}
        self.counts: Counter[State] = Counter()
        self.queues: dict[Resources, dict[int, int]] = {}
        self.paused: dict[int, None] = {}
        self.active: dict[int, None] = {}
        self.places: dict[int, PlaceOpened] = {}
        self.exhausted = False
        self.asks_ahead = 0
        self.ended: RunEnded | None = None
        self.stopped_at_end: list[int] = []
        self._ticket = 0
        self._story: deque[Event] = deque(maxlen=_STORY_LENGTH)

    # ------------------------------------------------------------------ facts

    def apply(self, fact: Event) -> None:
        """Take in one fact.

        Raises:
            InvalidTransition: It asks for a change that the table does not allow.
        """
        before = self.last_at
        self._story.append(fact)
        match fact:
            case Reported():
                self.note_report(fact)
                if fact.decision not in (None, "CONTINUE"):
                    self.halt(self.trials[fact.trial], str(fact.decision))
            case Suggested():
                self._suggested(fact)
            case Launched():
                self._launched(fact)
            case Ended():
                self._ended(fact)
            case Reconfigured():
                self._reconfigured(fact)
            case PlaceOpened():
                self.places[fact.place] = fact
            case Started():
                self.epoch = fact.epoch
            case Resumed():
                self._resumed(fact, before)
            case Exhausted():
                self.exhausted = True
            case RunEnded():
                self._run_ended(fact)
            case StopRequested() | PluginFailed() | CheckpointsDropped():
                pass
            case _:
                pass

    def _suggested(self, fact: Suggested) -> None:
        record = TrialRecord(
            fact.trial,
            fact.point,
            fact.config,
            fact.encoded,
            fact.resources,
            fact.tag,
            fact.name,
            fact.folder_name,
        )
        self.trials[fact.trial] = record
        self.asks_ahead = max(self.asks_ahead, fact.ask - fact.trial)
        self.views[fact.trial] = self.view_of(record)
        self.counts[State.QUEUED] += 1
        self._enqueue(record)

    def _launched(self, fact: Launched) -> None:
        record = self.trials[fact.trial]
        if record.state is State.PAUSED:
            self._move(record, State.QUEUED)
        self._move(record, State.RUNNING)
        record.attempt = fact.attempt
        record.worker = fact.worker
        record.launched_at = fact.at
        record.rewind()

    def note_report(self, fact: Reported) -> None:
        """Take in what a report says, before it is decided on."""
        record = self.trials[fact.trial]
        record.iteration = fact.iteration
        record.time_total_s = fact.time_total_s
        record.place = fact.place
        record.lost_in_row = 0
        record.failure = None
        steps = fact.metrics.get("timesteps_this_iter")
        if isinstance(steps, int | float) and abs(steps) < _LARGEST_STEP:  # false for NaN
            record.timesteps += int(steps)
        if fact.checkpoint is not None:
            record.checkpoint = fact.checkpoint
        record.result = compose(
            fact.metrics,
            trial_id=trial_id(self.run, fact.trial),
            run=self.run,
            tag=record.tag,
            iteration=fact.iteration,
            iterations_since_restore=fact.iteration - record.base_iteration,
            timesteps_since_restore=record.timesteps,
            time_this_iter_s=fact.time_this_iter_s,
            time_total_s=fact.time_total_s,
            time_since_restore=fact.time_total_s - record.base_time_s,
            timestamp=fact.timestamp,
            place=self.places.get(fact.place),
            checkpoint=fact.checkpoint,
            done=False,
        )

    def remember(self, fact: Event) -> None:
        """Keep a fact for the story whose effects were taken in piece by piece."""
        self._story.append(fact)

    def halt(self, record: TrialRecord, reason: HaltReason) -> None:
        """A running trial has been told to end."""
        self._move(record, State.HALTING)
        record.halt_for = reason
        record.resized = record.resized or isinstance(reason, Resize) or reason == "RESIZE"

    def _ended(self, fact: Ended) -> None:
        record = self.trials[fact.trial]
        if fact.place is not None:
            record.place = fact.place
        if fact.failure is not None:
            record.failure = fact.failure
        if fact.checkpoint is not None:
            record.checkpoint = fact.checkpoint
        if fact.how == "failed":
            record.failures += 1
        elif fact.how == "lost":
            record.lost_in_row += 1
        assert fact.became is not None, "an Ended fact says what the trial became"
        self._move(record, fact.became)
        record.stand_still(fact.at)
        record.worker = None
        record.halt_for = None
        if fact.became.ended and record.result is not None:
            record.result = {**record.result, "done": True}

    def _reconfigured(self, fact: Reconfigured) -> None:
        record = self.trials[fact.trial]
        self._dequeue(record)
        record.config = fact.config
        record.encoded = fact.encoded
        record.resources = fact.resources
        record.checkpoint = fact.checkpoint
        self._enqueue(record)

    def _resumed(self, fact: Resumed, before: float) -> None:
        """Take up the run; ``before`` is the time of the last fact of its last driver."""
        for number in self.active:
            self.trials[number].stand_still(before)
        self.epoch = fact.epoch
        self.ended = None
        self.exhausted = False
        for number, checkpoint in (fact.checkpoints or {}).items():
            self.trials[number].checkpoint = checkpoint
        for record in self.trials.values():
            self._resume(record, fact)
        self._queue_begun_first()

    def _resume(self, record: TrialRecord, fact: Resumed) -> None:
        record.worker = record.halt_for = None
        choice, had_ended = fact.choice(record.state), record.state.ended
        if choice == "restart":
            record.checkpoint = None
            record.ran_s = 0.0
        if had_ended:
            if choice != "skip":
                record.ran_s = 0.0
                record.failures = record.lost_in_row = 0
                self._move(record, State.QUEUED)
            return
        if record.state in (State.RUNNING, State.HALTING):
            self._move(record, State.QUEUED)
        if choice == "skip":
            self._move(record, State.STOPPED)
        elif choice == "restart" and record.state is State.PAUSED:
            self._move(record, State.QUEUED)

    def _queue_begun_first(self) -> None:
        """What had begun goes on before anything new begins; the order stays otherwise."""
        numbers = sorted(self.queued(), key=lambda number: self.trials[number].attempt == 0)
        self.queues.clear()
        for number in numbers:
            self._enqueue(self.trials[number])

    def _run_ended(self, fact: RunEnded) -> None:
        self.ended = fact
        if fact.how == "complete":
            self.stopped_at_end = [*self.queued(), *self.paused]
            for number in self.stopped_at_end:
                self._move(self.trials[number], State.STOPPED)

    # ----------------------------------------------------------------- states

    def _move(self, record: TrialRecord, new: State) -> None:
        """The only place where the state of a trial changes; the indices follow it here."""
        old = record.state
        if (old, new) not in TRANSITIONS:
            raise InvalidTransition(
                f"trial {trial_id(self.run, record.number)} cannot go from {old.value} to "
                f"{new.value}",
                trial=record.number,
                story=self.story(record.number),
                hint="This is a mistake inside pegbox; please report it with this text.",
            )
        self._leave(record, old)
        record.state = new
        self.counts[old] -= 1
        self.counts[new] += 1
        if new is State.QUEUED:
            self._enqueue(record)
        elif new is State.PAUSED:
            self.paused[record.number] = None
        elif new in (State.RUNNING, State.HALTING):
            self.active[record.number] = None

    def _leave(self, record: TrialRecord, old: State) -> None:
        if old is State.QUEUED:
            self._dequeue(record)
        elif old is State.PAUSED:
            del self.paused[record.number]
        elif old in (State.RUNNING, State.HALTING):
            del self.active[record.number]

    def _enqueue(self, record: TrialRecord) -> None:
        self._ticket += 1
        self.queues.setdefault(record.resources, {})[record.number] = self._ticket

    def _dequeue(self, record: TrialRecord) -> None:
        queue = self.queues[record.resources]
        del queue[record.number]
        if not queue:
            del self.queues[record.resources]

    def queued(self) -> list[int]:
        """Numbers of the queued trials, oldest ticket first."""
        pairs = [pair for queue in self.queues.values() for pair in queue.items()]
        return [number for number, _ in sorted(pairs, key=lambda pair: pair[1])]

    # ---------------------------------------------------------------- looking

    def view_of(self, record: TrialRecord) -> TrialView:
        """A view of a record of this run."""
        return TrialView(record, self.run, self.trainable, self.folder)

    @property
    def all_views(self) -> TrialViews:
        """All trials, in the order of birth."""
        return TrialViews(self.views)

    @property
    def last_at(self) -> float:
        """When the last fact happened; 0 before the first."""
        return self._story[-1].at if self._story else 0.0

    def story(self, number: int | None = None) -> list[str]:
        """The latest facts, of one trial or of the whole run, oldest first."""
        chosen = [
            fact
            for fact in self._story
            if number is None or getattr(fact, "trial", number) == number
        ]
        return [_line(fact) for fact in chosen[-40:]]

    def snapshot(self) -> dict[str, Any]:
        """Everything that a replay of the facts must bring back."""
        return {
            "epoch": self.epoch,
            "ended": self.ended,
            "asks_ahead": self.asks_ahead,
            "trials": {number: record.snapshot() for number, record in self.trials.items()},
        }

    def check(self) -> None:
        """Recount everything that is derived; for tests.

        Raises:
            AssertionError: A derived value differs.
        """
        by_state: dict[State, set[int]] = {state: set() for state in State}
        for number, record in self.trials.items():
            by_state[record.state].add(number)
            assert (record.halt_for is not None) == (record.state is State.HALTING)
        counted = {state: len(numbers) for state, numbers in by_state.items() if numbers}
        assert +self.counts == Counter(counted), (self.counts, counted)
        assert set(self.queued()) == by_state[State.QUEUED]
        assert set(self.paused) == by_state[State.PAUSED]
        assert set(self.active) == by_state[State.RUNNING] | by_state[State.HALTING]
        for shape, queue in self.queues.items():
            assert queue
            assert all(self.trials[number].resources == shape for number in queue)


def _line(fact: Event) -> str:
    names = ("trial", "attempt", "iteration", "how", "became", "decision", "worker", "reason")
    shown = [
        f"{name}={getattr(value, 'value', value)}"
        for name in names
        if (value := getattr(fact, name, None)) is not None
    ]
    return f"{fact.at:.3f} {type(fact).__name__} {' '.join(shown)}"
