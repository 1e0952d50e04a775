"""What a restore makes of the trials, beyond what `Resumed` says of itself."""

from __future__ import annotations

from dataclasses import replace

from pegbox._engine.ask_book import AskBook
from pegbox._engine.dropping import Dropping
from pegbox._engine.journal import Journal
from pegbox._engine.outcomes import outcome_of, settled, what_becomes
from pegbox._engine.record import TIMEOUT, TrialRecord
from pegbox._engine.rules import Decider, Rules
from pegbox._engine.time_limits import TimeLimits
from pegbox.decisions import PAUSE, STOP
from pegbox.events import Ended, Reconfigured, Resumed
from pegbox.resources import Resources
from pegbox.trial import State

__all__ = ["Resuming"]


class Resuming:
    """Takes up a run that another driver left.

    Args:
        journal: Of the engine.
        rules: Budgets and bounds.
        decider: The scheduler.
        time_limits: Words of ends by a time limit.
        dropping: Of checkpoints.
        asks: The account of asks, empty.
    """

    def __init__(
        self,
        journal: Journal,
        rules: Rules,
        decider: Decider,
        time_limits: TimeLimits,
        dropping: Dropping,
        asks: AskBook,
    ) -> None:
        self._journal = journal
        self._state = journal.state
        self._rules = rules
        self._decider = decider
        self._time_limits = time_limits
        self._dropping = dropping
        self._asks = asks

    def resumed(self, event: Resumed) -> None:
        """Queue again what ran, with the resources that are asked for now."""
        self._keep_to_decisions()
        self._journal.note(replace(event, resources=None))
        self._dropping.after(event)
        for number, asked in (event.resources or {}).items():
            self._resize_queued(self._state.trials[number], asked)
        self._asks.resume(self._state.trials.keys())

    def _resize_queued(self, record: TrialRecord, asked: Resources) -> None:
        if record.state is State.QUEUED:
            same = record.number, record.config, record.encoded
            self._journal.note(Reconfigured(self._journal.at, *same, asked, record.checkpoint))

    def _keep_to_decisions(self) -> None:
        """A trial that was told to stop or pause when its driver died has stopped or paused.

        The searcher has been told already: a restore tells it all that is known.
        """
        at = self._state.last_at  # its time does not go on while nobody runs it
        for number in list(self._state.active):
            record = self._state.trials[number]
            if record.halt_for in (STOP.value, PAUSE.value, TIMEOUT):
                self._halt(record, Ended(at, number, record.attempt, "halted", record.place))

    def _halt(self, record: TrialRecord, end: Ended) -> None:
        if record.halt_for == TIMEOUT:
            end = self._time_limits.timed_out(end)
        self._journal.note(settled(end, what_becomes(record, end, self._rules)))
        if record.state.ended:
            outcome = outcome_of(record, self._rules)
            self._decider.completed(self._state.views[record.number], record.result, outcome)
