"""The engine: an event comes in; facts to store and orders to carry out go out.

How it hangs together
---------------------
`Engine.handle` takes events from outside in the order of their arrival. For each it decides what
follows from it, applies the resulting facts to `RunState`, and notes them in the current `Step`
(both through `Journal`): ``facts`` (to be stored, in order), ``answers`` (to trials that wait; they
may leave before the facts are stored), ``launches`` and ``orders`` (which must wait for the store).

After a batch it fills (`Launching`): launches queued trials while there is room, asks the searcher
for as many as there is room for (`Asking`), and ends the run when nothing can follow (`Settling`).
What follows from the end of a try is in `Ending`, from a restore in `Resuming`. All that is decided
is in the facts, so `replay` only applies them and decides nothing.

Rules that keep it honest:

- A fact about an older attempt is dropped; a trial that still works on one is told to end.
- Stopping takes time, so halting is a state of its own, and reports that come in it are not
  counted. Every launch is followed by exactly one end of that attempt.
- Each trial that ends is told to the searcher once. A trial that is queued again by a restore has
  not ended.
- Whatever is told to end is waited for only so long (`TimeLimits`). A `Tick`, wished for by
  `wake_at`, says that time has passed; it is no fact.
- No per-event cost grows with the number of trials: counts and queues are kept where states
  change, and looked up here.
- Nothing running, nothing queued, nothing asked and nothing to come ends the run, and says why;
  it never waits without end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import assert_never

from pegbox._engine.asking import Asking
from pegbox._engine.assignments import Assignments
from pegbox._engine.choosing import Choosing
from pegbox._engine.deciding import Deciding
from pegbox._engine.dropping import Dropping
from pegbox._engine.ending import Ending
from pegbox._engine.journal import Journal
from pegbox._engine.launching import Launching
from pegbox._engine.occupancy import Occupancy
from pegbox._engine.outcomes import decided, decision_name, goes_on_later
from pegbox._engine.placement import Placement
from pegbox._engine.record import TIMEOUT, TrialRecord
from pegbox._engine.replay import Replay
from pegbox._engine.resuming import Resuming
from pegbox._engine.retention import Retention
from pegbox._engine.rules import Decider, Rules
from pegbox._engine.settling import Settling
from pegbox._engine.shortage import Shortage
from pegbox._engine.state import RunState
from pegbox._engine.step import Step
from pegbox._engine.stopping import Stopping
from pegbox._engine.succession import Succession
from pegbox._engine.time_limits import TimeLimits
from pegbox.commands import Answer, Launch, TellResult, Wishes
from pegbox.decisions import CONTINUE, STOP, Verdict
from pegbox.events import (
    CheckpointsDropped,
    Declined,
    Ended,
    Event,
    Exhausted,
    GrowthJudged,
    Launched,
    PlaceOpened,
    PluginFailed,
    Reconfigured,
    Reported,
    Resumed,
    RoomChanged,
    RunEnded,
    Started,
    StopRequested,
    Suggested,
    Tick,
    WorkerJoined,
    WorkerLeft,
)
from pegbox.resources import Resources
from pegbox.trial import State, TrialFailure

__all__ = ["Engine"]


class Engine:
    """The state machine of one run in one process.

    Args:
        state: The state so far: empty for a fresh run, replayed for a resumed one.
        rules: Budgets and bounds.
        decider: The scheduler.
    """

    def __init__(self, state: RunState, rules: Rules, decider: Decider) -> None:
        self.state = state
        self.rules = rules
        self._decider = decider
        self._journal = Journal(state)
        self._deciding = Deciding(state, decider)
        self._placement = Placement()
        self._assignments = Assignments(self._placement)
        self._choosing = Choosing(state, self._placement, decider)
        self._shortage = Shortage(state, self._placement, rules)
        self._succession = Succession(state, self._placement, decider)
        self._asking = Asking(self._journal, rules, self._placement)
        self._asks = self._asking.book
        self._time_limits = TimeLimits(rules)
        self._stopping = Stopping(self._journal, self._time_limits)
        #: None where all checkpoints are kept.
        self._retention = None if rules.keep is None else Retention(rules.keep)
        self._dropping = Dropping(self._journal, self._retention)
        self._ending = Ending(
            self._journal,
            rules,
            decider,
            self._deciding,
            self._assignments,
            self._time_limits,
            self._dropping,
            self._asks,
            self._stopping,
        )
        self._launching = Launching(
            self._journal,
            rules,
            self._choosing,
            self._assignments,
            self._time_limits,
            self._asking,
            self._shortage,
            self._ending,
            self._stopping,
        )
        self._settling = Settling(
            self._journal,
            rules,
            self._placement,
            self._asking,
            self._choosing,
            self._shortage,
            self._ending,
            self._stopping,
        )
        self._resuming = Resuming(
            self._journal, rules, decider, self._time_limits, self._dropping, self._asks
        )
        self._replay = Replay(state, rules, decider, self._deciding, self._retention)
        #: How much of the room was used in this epoch, and why the rest was not.
        self.occupancy = Occupancy()

    # ---------------------------------------------------------------- entry

    @property
    def ended(self) -> bool:
        """Whether this epoch is over."""
        return self.state.ended is not None

    @property
    def wake_at(self) -> float | None:
        """When the engine wants the next `Tick`; None for none."""
        return None if self.ended else self._time_limits.wake_at

    @property
    def failure(self) -> PluginFailed | None:
        """The plugin failure that ends or ended this epoch."""
        cause = self._stopping.cause
        return cause if isinstance(cause, PluginFailed) else None

    @property
    def stop(self) -> StopRequested | None:
        """The request by which this epoch is to end."""
        cause = self._stopping.cause
        return cause if isinstance(cause, StopRequested) else None

    @property
    def impossible(self) -> Resources | None:
        """What no worker has, where the run had to end for that."""
        return self._settling.impossible

    @property
    def first_failure(self) -> TrialFailure | None:
        """Of the first trial that failed for good in this process."""
        return self._ending.first_failure

    @property
    def replayed_s(self) -> float:
        """Seconds in which the run was at work, by the facts that were replayed."""
        return self._replay.seconds

    def replay(self, facts: Iterable[Event], *, known: int = 0) -> int:
        """Apply stored facts, and tell the scheduler of them; must come before the first event.

        What was decided then counts, whatever the scheduler would decide now.

        Args:
            facts: All of them, in order.
            known: How many of the first ones the scheduler's own state has in it already.

        Returns:
            How many reports the scheduler would decide on differently now.
        """
        differing = self._replay.apply(facts, known)
        self._journal.at = self._replay.at
        return differing

    def successors(
        self, events: Collection[Event], known: Callable[[int], bool]
    ) -> Sequence[Launch]:
        """Launches that can leave before all else that follows from events is worked out.

        `handle` must be called with these very events next; its launches are others.

        Args:
            events: A batch of events, in order.
            known: Whether a trial is stored, so that it may be launched before this is.
        """
        if self._stopping.cause or self.ended or not self.state.epoch:
            return ()
        return self._succession.choose(events, known)

    def handle(self, events: Iterable[Event | Tick]) -> Step:
        """Take a batch of events, in order.

        Returns:
            What follows from all of them together.
        """
        step = self._journal.step = Step()
        for event in events:
            if not self.ended or isinstance(event, Resumed):
                self._journal.at = event.at
                self._handle(event)
        self._launching.note_successors(self._succession.take())
        self._time_limits.batch_over()
        if not self.ended and self.state.epoch:
            self.occupancy.until(self._journal.at)
            self._heed_decider()
            self._launching.fill()
            self._heed_decider()
            self._settling.settle()
            self._note_occupancy()
        return step

    def _note_occupancy(self) -> None:
        room, reason = self._asking.room(), None
        if room and not self._stopping.cause:
            asked = bool(self._asks.open or self._asks.declined)
            reason = self._choosing.why_idle(asked=asked)
        self.occupancy.stands(len(self.state.active), room, reason or "nothing left")

    def _handle(self, event: Event | Tick) -> None:
        match event:
            case Reported():
                self._reported(event)
            case Ended():
                self._ended(event)
            case Suggested():
                self._suggested(event)
            case Declined():
                self._asks.put_off(event.trial)
            case Exhausted():
                self._exhausted(event)
            case WorkerJoined():
                self._placement.join(event.worker, event.resources)
                self._shortage.joined(event.resources)
                self._journal.note(event)
            case RoomChanged():
                self._placement.limit(event.worker, event.room, event.gpus)
            case WorkerLeft():
                self._worker_left(event)
            case GrowthJudged():
                self._shortage.grows = event.grows
            case PlaceOpened() | Started():
                self._journal.note(event)
            case Tick():
                self._ending.by_force(event.at)
            case Resumed():
                self._resuming.resumed(event)
            case StopRequested() | PluginFailed():
                self._stopping.stop(event)
            case Launched() | Reconfigured() | CheckpointsDropped() | RunEnded():
                raise ValueError(f"{type(event).__name__} is made by the engine, not handed to it")
            case _:
                assert_never(event)

    # -------------------------------------------------------------- reports

    def _reported(self, event: Reported) -> None:
        step = self._journal.step
        record = self._current(event.trial, event.attempt)
        if record is None or record.state is State.HALTING:
            step.answers.append(Answer(event.trial, event.attempt, go_on=False))
            if record is None:
                self._dropping.uncounted(event)
            return
        self.state.note_report(event)
        assert record.result is not None
        decision = self._deciding.decide(record)
        name = decision_name(decision)
        if decision is not STOP and self._time_limits.is_overdue(record.number):
            decision, name = CONTINUE, TIMEOUT
        elif self._stopping.cause and decision is CONTINUE:
            name = "INTERRUPT"
        fact = decided(event, name)
        step.facts.append(fact)
        self.state.remember(fact)
        if self.rules.reads_results:
            step.orders.append(TellResult(record.number, record.result))
        if name != "CONTINUE":
            self.state.halt(record, name if isinstance(decision, Verdict) else decision)
            self._time_limits.halted(record, event.at)
        step.answers.append(
            Answer(event.trial, event.attempt, record.state is State.RUNNING, goes_on_later(record))
        )
        if fact.checkpoint is not None:
            self._dropping.after(fact)
            self._dropping.complain(record)

    def _current(self, trial: int, attempt: int) -> TrialRecord | None:
        """The record, if this attempt is the one that works now."""
        record = self.state.trials.get(trial)
        if record is None or record.attempt != attempt or trial not in self.state.active:
            return None
        return record

    def _ended(self, event: Ended) -> None:
        record = self._current(event.trial, event.attempt)
        if record is None:
            self._dropping.uncounted(event)
        else:
            self._ending.ended(record, event)

    # ---------------------------------------------------------- suggestions

    def _suggested(self, event: Suggested) -> None:
        self._asks.answered(event.trial)
        self._journal.note(event)
        self._decider.added(self.state.views[event.trial])

    def _exhausted(self, event: Exhausted) -> None:
        self._asks.answered(event.trial)
        if not self.state.exhausted:
            self._journal.note(event)

    # -------------------------------------------------------------- workers

    def _worker_left(self, event: WorkerLeft) -> None:
        for number in self._assignments.on(event.worker):
            record = self.state.trials[number]
            gone = TrialFailure("lost", f"worker {event.worker} disappeared")
            self._ended(Ended(event.at, number, record.attempt, "lost", failure=gone))
        self._assignments.leave(event.worker)
        self._time_limits.worker_left(event.worker)
        if event.worker in self._placement.capacity:
            self._placement.leave(event.worker)
            self._shortage.left()
            self._journal.note(event)

    def wishes(self) -> Wishes:
        """Workers that would be of use now; to be asked for now and then, not with each event."""
        if self.ended or self._stopping.cause or not self.state.epoch:
            return Wishes()
        return self._shortage.wishes(len(self._asks.open), self._asking.to_ask())

    def _heed_decider(self) -> None:
        """A scheduler that failed ends the run, whatever would end it otherwise."""
        if failure := self._decider.failed_since():
            self._stopping.stop(failure)

    # ---------------------------------------------------------------- proof

    def check(self) -> None:
        """Prove the invariants; for tests.

        Raises:
            AssertionError: One does not hold.
        """
        self.state.check()
        self._placement.check()
        if self._retention is not None and self.state.epoch:
            self._retention.check(self.state.trials)
        placed = self._assignments.trials
        assert placed == set(self.state.active), (placed, self.state.active)
        assert not set(self._asks.open) & set(self.state.trials)
        limit = self.rules.max_concurrent
        assert limit is None or len(self.state.active) <= limit
