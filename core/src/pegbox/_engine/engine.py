"""The engine: an event comes in; facts to store and orders to carry out go out.

How it hangs together
---------------------
`Engine.handle` takes events from outside in the order of their arrival. For each it decides what
follows from it, applies the resulting facts to `RunState`, and notes them in the current `Step`:
``facts`` (to be stored, in order), ``answers`` (to trials that wait; they may leave before the
facts are stored), ``launches`` and ``orders`` (which must wait for the store).

After a batch it fills: launches queued trials while there is room, asks the searcher for as many
as there is room for, and ends the run when nothing can follow. All that is decided is in the
facts, so `replay` only applies them and decides nothing.

Rules that keep it honest:

- A fact about an older attempt is dropped; a trial that still works on one is told to end.
- Stopping takes time, so halting is a state of its own, and reports that come in it are not
  counted. Every launch is followed by exactly one end of that attempt.
- Each trial that ends is told to the searcher once. A trial that is queued again by a restore has
  not ended.
- Whatever is told to end is waited for only so long (`Patience`). A `Tick`, wished for by
  `wake_at`, says that time has passed; it is no fact.
- No per-event cost grows with the number of trials: counts and queues are kept where states
  change, and looked up here.
- Nothing running, nothing queued, nothing asked and nothing to come is `Stalled`, with the story;
  never a wait without end.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import assert_never

from pegbox._engine.asking import AskBook
from pegbox._engine.choosing import Choosing
from pegbox._engine.deciding import Deciding
from pegbox._engine.occupancy import Occupancy
from pegbox._engine.outcomes import (
    decided,
    decision_name,
    goes_on_later,
    launch_of,
    outcome_of,
    settled,
    what_becomes,
)
from pegbox._engine.patience import Patience
from pegbox._engine.placement import Placement
from pegbox._engine.record import TIMEOUT, TrialRecord
from pegbox._engine.replay import Replay
from pegbox._engine.retention import Retention
from pegbox._engine.rules import Decider, Rules
from pegbox._engine.state import RunState
from pegbox._engine.step import Step
from pegbox._engine.succession import Succession
from pegbox._engine.waiting import Waiting
from pegbox.commands import Answer, Ask, EndRun, Kill, Launch, Tell, TellResult, Wishes
from pegbox.decisions import CONTINUE, PAUSE, STOP, Exploit, Resize, Signal, Verdict
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
        self._deciding = Deciding(state, decider)
        self._placement = Placement()
        self._choosing = Choosing(state, self._placement, decider)
        self._waiting = Waiting(state, self._placement, rules)
        self._succession = Succession(state, self._placement, decider)
        #: worker -> trials that run there, with their GPUs; the union is ``state.active`` here.
        self._at: dict[str, dict[int, tuple[int, ...]]] = {}
        self._asks = AskBook()
        self._patience = Patience(rules)
        #: None where all checkpoints are kept.
        self._retention = None if rules.keep is None else Retention(rules.keep)
        self._stopping: StopRequested | PluginFailed | None = None
        #: What no worker has, where the run had to end for that.
        self.impossible: Resources | None = None
        #: Of the first trial that failed for good in this process.
        self.first_failure: TrialFailure | None = None
        self._replay = Replay(state, rules, decider, self._deciding, self._retention)
        self._at_time = 0.0
        #: How much of the room was used in this epoch, and why the rest was not.
        self.occupancy = Occupancy()
        self._step = Step()

    # ---------------------------------------------------------------- entry

    @property
    def ended(self) -> bool:
        """Whether this epoch is over."""
        return self.state.ended is not None

    @property
    def wake_at(self) -> float | None:
        """When the engine wants the next `Tick`; None for none."""
        return None if self.ended else self._patience.wake_at

    @property
    def failure(self) -> PluginFailed | None:
        """The plugin failure that ends or ended this epoch."""
        return self._stopping if isinstance(self._stopping, PluginFailed) else None

    @property
    def stop(self) -> StopRequested | None:
        """The request by which this epoch is to end."""
        return self._stopping if isinstance(self._stopping, StopRequested) else None

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
        self._at_time = self._replay.at
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
        if self._stopping or self.ended or not self.state.epoch:
            return ()
        return self._succession.choose(events, known)

    def handle(self, events: Iterable[Event | Tick]) -> Step:
        """Take a batch of events, in order.

        Returns:
            What follows from all of them together.
        """
        self._step = Step()
        for event in events:
            if not self.ended or isinstance(event, Resumed):
                self._at_time = event.at
                self._handle(event)
        self._note_successors()
        self._patience.batch_over()
        if not self.ended and self.state.epoch:
            self.occupancy.until(self._at_time)
            self._heed_decider()
            self._fill()
            while self._give_up_hopeless():
                self._fill()
            self._heed_decider()
            self._settle()
            self._note_occupancy()
        return self._step

    def _note_occupancy(self) -> None:
        room, reason = self._room(), None
        if room and not self._stopping:
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
                self._waiting.joined(event.resources)
                self._at.setdefault(event.worker, {})
                self._note(event)
            case RoomChanged():
                self._placement.limit(event.worker, event.room, event.gpus)
            case WorkerLeft():
                self._worker_left(event)
            case GrowthJudged():
                self._waiting.grows = event.grows
            case PlaceOpened():
                self._note(event)
            case Started():
                self._note(event)
            case Tick():
                self._tick(event.at)
            case Resumed():
                self._resumed(event)
            case StopRequested() | PluginFailed():
                self._stop(event)
            case Launched() | Reconfigured() | CheckpointsDropped() | RunEnded():
                raise ValueError(f"{type(event).__name__} is made by the engine, not handed to it")
            case _:
                assert_never(event)

    def _note(self, fact: Event) -> None:
        self.state.apply(fact)
        self._step.facts.append(fact)

    # -------------------------------------------------------------- reports

    def _reported(self, event: Reported) -> None:
        record = self._current(event.trial, event.attempt)
        if record is None or record.state is State.HALTING:
            self._step.answers.append(Answer(event.trial, event.attempt, go_on=False))
            if record is None:
                self._drop_uncounted(event)
            return
        self.state.note_report(event)
        assert record.result is not None
        decision = self._deciding.decide(record)
        name = decision_name(decision)
        if decision is not STOP and self._patience.is_overdue(record.number):
            decision, name = CONTINUE, TIMEOUT
        elif self._stopping and decision is CONTINUE:
            name = "INTERRUPT"
        fact = decided(event, name)
        self._step.facts.append(fact)
        self.state.remember(fact)
        if self.rules.reads_results:
            self._step.orders.append(TellResult(record.number, record.result))
        if name != "CONTINUE":
            self.state.halt(record, name if isinstance(decision, Verdict) else decision)
            self._patience.halted(record, event.at)
        self._step.answers.append(
            Answer(event.trial, event.attempt, record.state is State.RUNNING, goes_on_later(record))
        )
        if fact.checkpoint is not None:
            self._drop_surplus(fact)
            self._complain(record)

    def _current(self, trial: int, attempt: int) -> TrialRecord | None:
        """The record, if this attempt is the one that works now."""
        record = self.state.trials.get(trial)
        if record is None or record.attempt != attempt or trial not in self.state.active:
            return None
        return record

    # ---------------------------------------------------------- checkpoints

    def _drop_surplus(self, fact: Event) -> None:
        """Drop what need not stay after a fact."""
        if self._retention is not None:
            for number in self._retention.note(fact, self.state.trials):
                self._drop(number, self._retention.surplus(number))

    def _drop_uncounted(self, event: Reported | Ended) -> None:
        """Drop what came with an event of a try that is over: nobody will ever know of it."""
        if self._retention is None or event.checkpoint is None:
            return
        path = event.checkpoint.path
        if event.trial in self.state.trials and not self._retention.counts(path):
            self._drop(event.trial, (path,))

    def _drop(self, number: int, paths: tuple[str, ...]) -> None:
        if paths and self._retention is not None:
            fact = CheckpointsDropped(self._at_time, number, paths)
            self._note(fact)
            self._retention.note(fact, self.state.trials)
            self._step.deletions += paths

    def _complain(self, record: TrialRecord) -> None:
        if self._retention is not None:
            shown = self.state.views[record.number].trial_id
            if notice := self._retention.complaint(shown, record.result or {}):
                self._step.notices.append(notice)

    # ----------------------------------------------------------------- ends

    def _ended(self, event: Ended) -> None:
        record = self._current(event.trial, event.attempt)
        if record is None:
            self._drop_uncounted(event)
            return
        event = self._patience.judged(record, event)
        self._conclude(record, event, what_becomes(record, event, self.rules))

    def _conclude(self, record: TrialRecord, event: Ended, became: State) -> None:
        """A try is over; what follows from that."""
        reason, worker = record.halt_for, record.worker
        self._patience.gone(record.number)
        fact = settled(event, became)
        self._note(fact)
        if fact.checkpoint is not None:
            self._drop_surplus(fact)
        if worker is not None:
            gpus = self._at.get(worker, {}).pop(record.number, ())
            self._placement.give(worker, record.resources, gpus)
        if became is State.QUEUED and isinstance(reason, Exploit | Resize):
            self._reconfigure(record, reason)
        if became.ended:
            self._tell(record)
        if became is State.FAILED:
            self._failed(record, event.at)

    def _failed(self, record: TrialRecord, at: float) -> None:
        """A trial has failed for good."""
        self.first_failure = self.first_failure or record.failure
        if self.rules.fail_fast and self._stopping is None:
            name = self.state.views[record.number].name
            self._stop(StopRequested(at, f"trial {name} failed, and fail_fast is set"))

    def _reconfigure(self, record: TrialRecord, reason: Exploit | Resize) -> None:
        donor = self._deciding.donor(reason) if isinstance(reason, Exploit) else None
        config = reason.config if isinstance(reason, Exploit) else record.config
        fact = Reconfigured(
            self._at_time,
            record.number,
            config,
            self._decider.encode(config) if donor else record.encoded,
            reason.resources if isinstance(reason, Resize) else record.resources,
            donor.checkpoint if donor else record.checkpoint,
            donor.number if donor else None,
        )
        self._note(fact)
        self._drop_surplus(fact)

    def _tell(self, record: TrialRecord) -> None:
        outcome = outcome_of(record, self.rules)
        self._step.orders.append(Tell(record.number, record.result, outcome))
        self._asks.told()
        self._decider.completed(self.state.views[record.number], record.result, outcome)

    # ----------------------------------------------------------------- asks

    def _suggested(self, event: Suggested) -> None:
        self._asks.answered(event.trial)
        self._note(event)
        self._decider.added(self.state.views[event.trial])

    def _exhausted(self, event: Exhausted) -> None:
        self._asks.answered(event.trial)
        if not self.state.exhausted:
            self._note(event)

    def _ask(self) -> None:
        room = self._room()
        waiting = self.state.counts[State.QUEUED] + len(self._asks.open)
        wanted = room + self.rules.lookahead - waiting
        if wanted <= self.rules.lookahead // 4:
            return  # what is ahead still lasts; asking for several together costs less
        if self._asks.overtaken:
            return
        for _ in range(wanted):
            if not self._may_ask():
                return
            self._ask_one()

    def _room(self) -> int:
        """How many more trials of the usual shape may be launched now."""
        room = self._placement.room(self.rules.resources)
        if self.rules.max_concurrent is not None:
            room = min(room, self.rules.max_concurrent - len(self.state.active))
        return room

    def _may_ask(self) -> bool:
        bounded = 0 <= self.rules.max_trials <= self._asks.count
        return not (self.state.exhausted or self._asks.declined or bounded or self._stopping)

    def _to_ask(self) -> int:
        """How many more trials may be asked for; without a bound, as many as run now."""
        if not self._may_ask():
            return 0
        if self.rules.max_trials >= 0:
            return self.rules.max_trials - self._asks.count
        return max(1, len(self.state.active))

    def _ask_one(self) -> None:
        self._step.orders.append(Ask(self._asks.ask()))

    # ------------------------------------------------------------- launches

    def _fill(self) -> None:
        if self._stopping:
            return
        while self._room_for_one():
            more = self._may_ask() or bool(self._asks.open)
            choice = self._choosing.next(more_may_come=more)
            if choice is Signal.START_NEW and self._may_ask() and not self._asks.open:
                self._ask_one()
            if not isinstance(choice, TrialRecord) or not self._launch(choice):
                break
        self._ask()

    def _room_for_one(self) -> bool:
        limit = self.rules.max_concurrent
        return limit is None or len(self.state.active) < limit

    def _launch(self, record: TrialRecord) -> bool:
        taken = self._placement.take(record.resources)
        if taken is None:
            return False
        worker, gpus = taken
        self._note_launch(record, worker, gpus)
        self._step.launches.append(launch_of(record, record.attempt, worker, gpus))
        return True

    def _note_launch(self, record: TrialRecord, worker: str, gpus: tuple[int, ...]) -> None:
        self._note(Launched(self._at_time, record.number, record.attempt + 1, worker))
        self._at[worker][record.number] = gpus
        self._patience.launched(record, self._at_time)

    def _note_successors(self) -> None:
        """What `successors` chose has begun, whatever else came of the events."""
        for launch in self._succession.take():
            self._placement.take_on(launch.worker, launch.resources)
            self._note_launch(self.state.trials[launch.trial], launch.worker, ())

    # -------------------------------------------------------------- workers

    def _worker_left(self, event: WorkerLeft) -> None:
        for number in list(self._at.get(event.worker, ())):
            record = self.state.trials[number]
            gone = TrialFailure("lost", f"worker {event.worker} disappeared")
            self._ended(Ended(event.at, number, record.attempt, "lost", failure=gone))
        self._at.pop(event.worker, None)
        self._patience.worker_left(event.worker)
        if event.worker in self._placement.capacity:
            self._placement.leave(event.worker)
            self._waiting.left()
            self._note(event)

    def _give_up_hopeless(self) -> bool:
        """Trials that ask for what no worker will have have failed; whether there were any."""
        unfit = self._waiting.unfit()
        if not unfit or self._stopping:
            return False
        self._step.notices += self._waiting.notices(unfit)
        hopeless = self._waiting.hopeless_trials(unfit)
        for record in hopeless:
            failure = self._waiting.failure(record)
            end = Ended(self._at_time, record.number, record.attempt, "failed", failure=failure)
            self._conclude(record, end, State.FAILED)
        return bool(hopeless)

    def wishes(self) -> Wishes:
        """Workers that would be of use now; to be asked for now and then, not with each event."""
        if self.ended or self._stopping or not self.state.epoch:
            return Wishes()
        return self._waiting.wishes(len(self._asks.open), self._to_ask())

    # ------------------------------------------------------------ beginning

    def _resumed(self, event: Resumed) -> None:
        self._keep_to_decisions()
        self._note(replace(event, resources=None))
        self._drop_surplus(event)
        for number, asked in (event.resources or {}).items():
            self._resize_queued(self.state.trials[number], asked)
        self._asks.resume(self.state.trials.keys())

    def _resize_queued(self, record: TrialRecord, asked: Resources) -> None:
        if record.state is State.QUEUED:
            same = record.number, record.config, record.encoded
            self._note(Reconfigured(self._at_time, *same, asked, record.checkpoint))

    def _keep_to_decisions(self) -> None:
        """A trial that was told to stop or pause when its driver died has stopped or paused.

        The searcher has been told already: a restore tells it all that is known.
        """
        at = self.state.last_at  # its time does not go on while nobody runs it
        for number in list(self.state.active):
            record = self.state.trials[number]
            if record.halt_for in (STOP.value, PAUSE.value, TIMEOUT):
                end = Ended(at, number, record.attempt, "halted", record.place)
                if record.halt_for == TIMEOUT:
                    end = self._patience.timed_out(end)
                self._note(settled(end, what_becomes(record, end, self.rules)))
                if record.state.ended:
                    outcome = outcome_of(record, self.rules)
                    self._decider.completed(self.state.views[number], record.result, outcome)

    # ------------------------------------------------------------------ end

    def _stop(self, event: StopRequested | PluginFailed) -> None:
        self._note(event)
        if self._stopping is None or isinstance(event, PluginFailed):
            self._stopping = event
        self._patience.run_ends(event)

    def _cut_off(self, at: float) -> None:
        """What still runs counts as halted; what it says from here on is of an older attempt."""
        for number in list(self.state.active):
            record = self.state.trials[number]
            self._step.kills.append(Kill(number, record.attempt))
            self._ended(Ended(at, number, record.attempt, "halted", record.place))

    def _tick(self, at: float) -> None:
        """Time has passed: end by force what has had its time."""
        if self._patience.must_end(at):
            self._cut_off(at)
        for record in self._patience.due(at, self.state.trials):
            self._step.kills.append(Kill(record.number, record.attempt))

    def _heed_decider(self) -> None:
        """A scheduler that failed ends the run, whatever would end it otherwise."""
        if failure := self._decider.failed_since():
            self._stop(failure)

    def _settle(self) -> None:
        """End the run if nothing can follow any more."""
        if isinstance(self._stopping, PluginFailed) and self._stopping.role == "executor":
            self._end("failed", self._stopping.error)
        elif self.state.active:
            return
        elif isinstance(self._stopping, PluginFailed):
            self._end("failed", self._stopping.error)
        elif isinstance(self._stopping, StopRequested):
            how = "complete" if self._stopping.complete else "interrupted"
            self._end(how, self._stopping.reason)
        elif not self._asks.open:
            self._settle_idle()
        elif not self.rules.varies:
            # What is being suggested will ask for the same.
            self._settle_waiting([*self.state.queues, self.rules.resources])

    def _settle_idle(self) -> None:
        """Nothing runs and nothing is asked for."""
        if shapes := self._waiting.shapes(may_ask=self._may_ask()):
            if any(map(self._placement.room, shapes)):
                self._end("failed", self._choosing.why_nothing_starts())
            else:
                self._settle_waiting(shapes)
        elif self._asks.declined:
            self._end("failed", "the searcher waits for a result, but no trial is left to give one")
        else:
            self._end("complete", "")

    def _settle_waiting(self, shapes: Sequence[Resources]) -> None:
        """Nothing runs, and no room for what waits: that lasts until workers come, if any may."""
        self.impossible = self._waiting.for_good(shapes)
        if self.impossible is not None:
            self._end("failed", self._waiting.impossible(self.impossible))
        else:
            self._step.notices += self._waiting.notices(shapes)

    def _end(self, how: str, reason: str) -> None:
        assert how in ("complete", "interrupted", "failed")
        self._note(RunEnded(self._at_time, how, reason))  # type: ignore[arg-type]
        for number in self.state.stopped_at_end:
            self._tell(self.state.trials[number])
        self._step.end = EndRun()

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
        placed = {number for numbers in self._at.values() for number in numbers}
        assert placed == set(self.state.active), (placed, self.state.active)
        assert not set(self._asks.open) & set(self.state.trials)
        limit = self.rules.max_concurrent
        assert limit is None or len(self.state.active) <= limit
