"""The loop: events in, the engine decides, its orders go to those who carry them out.

The order within a step is the promise: answers leave first, then facts are stored, and only then
is anything done that cannot be repeated (launching, telling), and at last observers are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pegbox._engine.engine import Engine
from pegbox._run.inbox import EventInbox
from pegbox._run.observers import Observers
from pegbox._run.scheduler_seat import SchedulerSeat
from pegbox._run.searcher_driver import SearcherDriver
from pegbox.events import Event
from pegbox.executor import Executor

__all__ = ["Journal", "Runner"]


class Journal(Protocol):
    """Where facts are kept."""

    def append(self, events: Sequence[Event]) -> None:
        """Store facts in their order; they survive the process once this returns."""


class Runner:
    """Drives one engine until its epoch ends.

    Args:
        engine: The engine, replayed where the run is resumed.
        executor: Runs tries of trials.
        searcher: Asks and tells the searcher.
        scheduler: The scheduler's seat, looked at for its failure.
        journal: Keeps the facts.
        observers: The callbacks.
    """

    def __init__(
        self,
        engine: Engine,
        executor: Executor,
        searcher: SearcherDriver,
        scheduler: SchedulerSeat,
        journal: Journal,
        observers: Observers,
    ) -> None:
        self._engine = engine
        self._executor = executor
        self._searcher = searcher
        self._scheduler = scheduler
        self._journal = journal
        self._observers = observers
        self.inbox = EventInbox(self.step)

    def run(self, first: Event) -> None:
        """Run until the engine says that the epoch is over.

        Args:
            first: `Started` or `Resumed`.
        """
        self.inbox.post([first])
        try:
            self._searcher.start(self.inbox.post)
            self._executor.start(self.inbox.post)
            # Until the first event is handled, a resumed engine still shows the end before it.
            self.step()
            while not self._engine.ended:
                self._executor.wait(self.inbox, None)
                self.step()
        finally:
            self._searcher.close()
            self._executor.close()

    def step(self) -> None:
        """Handle what has arrived."""
        events = self.inbox.take()
        if not events:
            return
        step = self._engine.handle(events)
        self._executor.answer(step.answers)
        if step.facts:
            self._journal.append(step.facts)
        if step.launches:
            self._executor.launch(step.launches)
        if step.orders:
            self._searcher.order(step.orders)
        self._observers.notify(step.facts, self._engine.state)
        if failure := self._scheduler.failed_since():
            self.inbox.post([failure])
