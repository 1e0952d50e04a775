"""How long is waited for trials that run: the limit of a trial's time, and what follows an order
to end.

Owns when a trial has had its time, which trials are to be ended by force, and how the end of one
reads whose worker was killed for that. The worker process is killed outside; `Ended` follows from
there, as from any death of a worker.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from pegbox._engine.deadlines import Deadlines
from pegbox._engine.record import TrialRecord
from pegbox._engine.rules import Rules
from pegbox.decisions import STOP
from pegbox.events import Ended, PluginFailed, StopRequested
from pegbox.trial import State, TrialFailure

__all__ = ["TimeLimits"]

#: A trial past its limit has so long to come to a report by itself.
OVERTIME_S = 4.0
#: A worker that was to be killed and is still there is to be killed again after so long.
AGAIN_S = 10.0


class TimeLimits:
    """The deadlines of the trials that run, and of a run that is to end.

    Args:
        rules: Its limits.
    """

    def __init__(self, rules: Rules) -> None:
        self._limit_s = rules.trial_time_limit_s
        self._grace_s = rules.grace_s
        self._deadlines = Deadlines()
        #: Running trials that have had their time, by number.
        self._overdue: set[int] = set()
        #: Trials that are to be ended by force -> their workers.
        self._forced: dict[int, str] = {}
        #: Workers that are to be killed, with all that runs there.
        self._condemned: set[str] = set()
        #: Those of them whose trial has ended in this batch.
        self._served: set[str] = set()
        self._run_ends_by: float | None = None

    @property
    def wake_at(self) -> float | None:
        """When something is due; None where nothing is."""
        due, end = self._deadlines.next, self._run_ends_by
        return end if due is None or (end is not None and end < due) else due

    # ------------------------------------------------------------ what happens

    def launched(self, record: TrialRecord, at: float) -> None:
        """A try began."""
        if self._limit_s is not None:
            self._deadlines.set(record.number, at + max(0.0, self._limit_s - record.ran_s))

    def halted(self, record: TrialRecord, at: float) -> None:
        """A trial was told to end."""
        number, end = record.number, at + self._grace_s
        if number in self._overdue or number in self._forced:
            return  # what is set for it comes sooner
        if self._limit_s is not None and record.launched_at is not None:
            limit = record.launched_at + self._limit_s - record.ran_s
            end = min(end, limit + OVERTIME_S)
        self._deadlines.set(number, end)

    def run_ends(self, event: StopRequested | PluginFailed) -> None:
        """The run is to end; what was said first counts where it comes sooner."""
        own = event.grace_s if isinstance(event, StopRequested) else None
        end = event.at + (self._grace_s if own is None else own)
        before = self._run_ends_by
        self._run_ends_by = end if before is None else min(before, end)

    def gone(self, number: int) -> None:
        """A try is over."""
        self._deadlines.clear(number)
        self._overdue.discard(number)
        if (worker := self._forced.pop(number, None)) is not None:
            self._served.add(worker)

    def worker_left(self, worker: str) -> None:
        """A worker is gone; another may come under its address."""
        self._condemned.discard(worker)

    def batch_over(self) -> None:
        """A worker that has outlived a trial that was ended by force was not killed for it.

        The trial had a process of its own there. One that is killed leaves in the same batch.
        """
        if self._served:
            self._condemned -= self._served - set(self._forced.values())
            self._served.clear()

    # ---------------------------------------------------------------- verdicts

    def is_overdue(self, number: int) -> bool:
        """Whether a trial that runs has had its time."""
        return number in self._overdue

    def must_end(self, at: float) -> bool:
        """Whether the run has waited long enough for its end."""
        return self._run_ends_by is not None and self._run_ends_by <= at

    def due(self, at: float, trials: Mapping[int, TrialRecord]) -> list[TrialRecord]:
        """The trials that are to be ended by force now.

        Those that run and have just had their time are noted: their next report is to end them.
        """
        forced = []
        for number in self._deadlines.take(at):
            record = trials[number]
            if record.state is State.RUNNING and number not in self._overdue:
                self._overdue.add(number)
                self._deadlines.set(number, at + OVERTIME_S)
            else:
                self._force(record)
                self._deadlines.set(number, at + AGAIN_S)
                forced.append(record)
        return forced

    def _force(self, record: TrialRecord) -> None:
        assert record.worker is not None, "what runs has a worker"
        self._forced[record.number] = record.worker
        self._condemned.add(record.worker)

    def judged(self, record: TrialRecord, event: Ended) -> Ended:
        """What the end of a try is, where it was brought about from here."""
        if event.how == "finished":
            return event
        if record.number in self._overdue and record.halt_for != STOP.value:
            return dataclasses.replace(event, how="failed", failure=self._timeout(event))
        forced = record.number in self._forced and event.how != "halted"
        beside = record.worker in self._condemned and event.how == "lost"
        # It did as it was told, or died with a neighbour: nobody's fault.
        return dataclasses.replace(event, how="halted", failure=None) if forced or beside else event

    def timed_out(self, event: Ended) -> Ended:
        """The end of a try that had been told to end since its time was over."""
        return dataclasses.replace(event, how="failed", failure=self._timeout(event))

    def _timeout(self, event: Ended) -> TrialFailure:
        limit = "" if self._limit_s is None else f" of {self._limit_s:g} s"
        message = f"it ran longer than its limit{limit}"
        own = event.failure
        if own is None or event.how == "lost":
            return TrialFailure("timeout", message)
        return TrialFailure(
            "timeout", f"{message}; then: {own.message}", own.type_name, own.traceback
        )
