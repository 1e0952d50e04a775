"""The end of a try: what the trial becomes, and what follows for others.

Its room is free, surplus checkpoints go, the searcher and the scheduler are told where the trial
has ended, and with `fail_fast` a failure ends the run.
"""

from __future__ import annotations

from pegbox._engine.ask_book import AskBook
from pegbox._engine.assignments import Assignments
from pegbox._engine.deciding import Deciding
from pegbox._engine.dropping import Dropping
from pegbox._engine.journal import Journal
from pegbox._engine.outcomes import outcome_of, settled, what_becomes
from pegbox._engine.record import TrialRecord
from pegbox._engine.rules import Decider, Rules
from pegbox._engine.stopping import Stopping
from pegbox._engine.time_limits import TimeLimits
from pegbox.commands import Kill, Tell
from pegbox.decisions import Exploit, Resize
from pegbox.events import Ended, Reconfigured, StopRequested
from pegbox.trial import State, TrialFailure

__all__ = ["Ending"]


class Ending:
    """Ends the tries of one run's trials.

    Args:
        journal: Of the engine.
        rules: Budgets and bounds.
        decider: The scheduler.
        deciding: Knows the donors of exploits.
        assignments: Who runs where.
        time_limits: The deadlines.
        dropping: Of checkpoints.
        asks: To note that the searcher is told.
        stopping: To end the run.

    Attributes:
        first_failure: Of the first trial that failed for good in this process.
    """

    def __init__(
        self,
        journal: Journal,
        rules: Rules,
        decider: Decider,
        deciding: Deciding,
        assignments: Assignments,
        time_limits: TimeLimits,
        dropping: Dropping,
        asks: AskBook,
        stopping: Stopping,
    ) -> None:
        self._journal = journal
        self._state = journal.state
        self._rules = rules
        self._decider = decider
        self._deciding = deciding
        self._assignments = assignments
        self._time_limits = time_limits
        self._dropping = dropping
        self._asks = asks
        self._stopping = stopping
        self.first_failure: TrialFailure | None = None

    def ended(self, record: TrialRecord, event: Ended) -> None:
        """The try that works now is over."""
        event = self._time_limits.judged(record, event)
        self.conclude(record, event, what_becomes(record, event, self._rules))

    def conclude(self, record: TrialRecord, event: Ended, became: State) -> None:
        """A try is over, and it is known what the trial becomes."""
        reason, worker = record.halt_for, record.worker
        self._time_limits.gone(record.number)
        fact = settled(event, became)
        self._journal.note(fact)
        if fact.checkpoint is not None:
            self._dropping.after(fact)
        if worker is not None:
            self._assignments.give(worker, record)
        if became is State.QUEUED and isinstance(reason, Exploit | Resize):
            self._reconfigure(record, reason)
        if became.ended:
            self.tell(record)
        if became is State.FAILED:
            self._failed(record, event.at)

    def _failed(self, record: TrialRecord, at: float) -> None:
        """A trial has failed for good."""
        self.first_failure = self.first_failure or record.failure
        if self._rules.fail_fast and self._stopping.cause is None:
            name = self._state.views[record.number].name
            self._stopping.stop(StopRequested(at, f"trial {name} failed, and fail_fast is set"))

    def _reconfigure(self, record: TrialRecord, reason: Exploit | Resize) -> None:
        donor = self._deciding.donor(reason) if isinstance(reason, Exploit) else None
        config = reason.config if isinstance(reason, Exploit) else record.config
        fact = Reconfigured(
            self._journal.at,
            record.number,
            config,
            self._decider.encode(config) if donor else record.encoded,
            reason.resources if isinstance(reason, Resize) else record.resources,
            donor.checkpoint if donor else record.checkpoint,
            donor.number if donor else None,
        )
        self._journal.note(fact)
        self._dropping.after(fact)

    def by_force(self, at: float) -> None:
        """Time has passed: end what has had its time."""
        if self._time_limits.must_end(at):
            self._cut_off(at)
        for record in self._time_limits.due(at, self._state.trials):
            self._journal.step.kills.append(Kill(record.number, record.attempt))

    def _cut_off(self, at: float) -> None:
        """What still runs counts as halted; what it says from here on is of an older attempt."""
        for number in list(self._state.active):
            record = self._state.trials[number]
            self._journal.step.kills.append(Kill(number, record.attempt))
            self.ended(record, Ended(at, number, record.attempt, "halted", record.place))

    def tell(self, record: TrialRecord) -> None:
        """Tell the searcher and the scheduler that a trial has ended."""
        outcome = outcome_of(record, self._rules)
        self._journal.step.orders.append(Tell(record.number, record.result, outcome))
        self._asks.told()
        self._decider.completed(self._state.views[record.number], record.result, outcome)
