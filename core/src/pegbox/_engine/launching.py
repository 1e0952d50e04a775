"""Starts what waits where there is room for it, and gives up what waits in vain."""

from __future__ import annotations

from collections.abc import Iterable

from pegbox._engine.asking import Asking
from pegbox._engine.assignments import Assignments
from pegbox._engine.choosing import Choosing
from pegbox._engine.ending import Ending
from pegbox._engine.journal import Journal
from pegbox._engine.outcomes import launch_of
from pegbox._engine.record import TrialRecord
from pegbox._engine.rules import Rules
from pegbox._engine.shortage import Shortage
from pegbox._engine.stopping import Stopping
from pegbox._engine.time_limits import TimeLimits
from pegbox.commands import Launch
from pegbox.decisions import Signal
from pegbox.events import Ended, Launched
from pegbox.trial import State

__all__ = ["Launching"]


class Launching:
    """Fills the room of one run, until it is to end.

    Args:
        journal: Of the engine.
        rules: Budgets and bounds.
        choosing: Which trial is next.
        assignments: Who runs where.
        time_limits: The deadlines.
        asking: Asks for more trials.
        shortage: What waits for workers.
        ending: Ends what is given up.
        stopping: Whether the run is to end.
    """

    def __init__(
        self,
        journal: Journal,
        rules: Rules,
        choosing: Choosing,
        assignments: Assignments,
        time_limits: TimeLimits,
        asking: Asking,
        shortage: Shortage,
        ending: Ending,
        stopping: Stopping,
    ) -> None:
        self._journal = journal
        self._state = journal.state
        self._limit = rules.max_concurrent
        self._choosing = choosing
        self._assignments = assignments
        self._time_limits = time_limits
        self._asking = asking
        self._shortage = shortage
        self._ending = ending
        self._stopping = stopping

    def fill(self) -> None:
        """Start all that can be started now, and ask for what would be next."""
        self._launch_and_ask()
        while self._give_up_hopeless():
            self._launch_and_ask()

    def _launch_and_ask(self) -> None:
        if self._stopping.cause:
            return
        while self._limit is None or len(self._state.active) < self._limit:
            more = self._asking.may_ask() or bool(self._asking.book.open)
            choice = self._choosing.next(more_may_come=more)
            if choice is Signal.START_NEW and self._asking.may_ask() and not self._asking.book.open:
                self._asking.ask_one()
            if not isinstance(choice, TrialRecord) or not self._launch(choice):
                break
        self._asking.ask()

    def _launch(self, record: TrialRecord) -> bool:
        taken = self._assignments.take(record)
        if taken is None:
            return False
        worker, gpus = taken
        self._note(record, worker)
        self._journal.step.launches.append(launch_of(record, record.attempt, worker, gpus))
        return True

    def _note(self, record: TrialRecord, worker: str) -> None:
        at = self._journal.at
        self._journal.note(Launched(at, record.number, record.attempt + 1, worker))
        self._time_limits.launched(record, at)

    def note_successors(self, launches: Iterable[Launch]) -> None:
        """What has left as `Succession` chose it has begun, whatever else came of the events."""
        for launch in launches:
            record = self._state.trials[launch.trial]
            self._assignments.take_on(record, launch.worker)
            self._note(record, launch.worker)

    def _give_up_hopeless(self) -> bool:
        """Trials that ask for what no worker will have have failed; whether there were any."""
        unfit = self._shortage.unfit()
        if not unfit or self._stopping.cause:
            return False
        self._journal.step.notices += self._shortage.notices(unfit)
        hopeless = self._shortage.hopeless_trials(unfit)
        for record in hopeless:
            failure = self._shortage.failure(record)
            end = Ended(self._journal.at, record.number, record.attempt, "failed", failure=failure)
            self._ending.conclude(record, end, State.FAILED)
        return bool(hopeless)
