"""Drops the checkpoints that need not stay, as facts and deletions of the current step.

Which ones are surplus is counted in `pegbox._engine.retention`; the files are deleted outside.
"""

from __future__ import annotations

from pegbox._engine.journal import Journal
from pegbox._engine.record import TrialRecord
from pegbox._engine.retention import Retention
from pegbox.events import CheckpointsDropped, Ended, Event, Reported

__all__ = ["Dropping"]


class Dropping:
    """What becomes of the checkpoints of one run.

    Args:
        journal: Of the engine.
        retention: The account; None where all checkpoints stay.
    """

    def __init__(self, journal: Journal, retention: Retention | None) -> None:
        self._journal = journal
        self._retention = retention

    def after(self, fact: Event) -> None:
        """Drop what need not stay after a fact."""
        if self._retention is not None:
            for number in self._retention.note(fact, self._journal.state.trials):
                self._drop(number, self._retention.surplus(number))

    def uncounted(self, event: Reported | Ended) -> None:
        """Drop what came with an event of a try that is over: nobody will ever know of it."""
        if self._retention is None or event.checkpoint is None:
            return
        path = event.checkpoint.path
        if event.trial in self._journal.state.trials and not self._retention.counts(path):
            self._drop(event.trial, (path,))

    def _drop(self, number: int, paths: tuple[str, ...]) -> None:
        if paths and self._retention is not None:
            fact = CheckpointsDropped(self._journal.at, number, paths)
            self._journal.note(fact)
            self._retention.note(fact, self._journal.state.trials)
            self._journal.step.deletions += paths

    def complain(self, record: TrialRecord) -> None:
        """Say once that checkpoints come without the score that they are kept by."""
        if self._retention is not None:
            shown = self._journal.state.views[record.number].trial_id
            if notice := self._retention.complaint(shown, record.result or {}):
                self._journal.step.notices.append(notice)
