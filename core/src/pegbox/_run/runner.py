"""The loop: events in, the engine decides, its orders go to those who carry them out.

The order within a step is the promise: answers leave first, then what cannot be repeated quickly is
stored, and only then is anything launched; at last observers are told of what is stored, in the
thread that called `Runner.run`. A searcher may be told a moment before the store: it never outlives
this process.

A trial whose configuration is stored may follow at once where a short one has ended: its launch
leaves before the rest of that step, which comes in the next turn of the thread that handles the
inbox.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from pegbox._engine.engine import Engine
from pegbox._engine.step import Step
from pegbox._run.inbox import EventInbox
from pegbox._run.observers import Note, Observers
from pegbox._run.putting_off import PuttingOff
from pegbox._run.searcher_driver import SearcherDriver
from pegbox._run.slowness import ASKING, DECIDING, STORING
from pegbox._run.stopping import StopRules
from pegbox.commands import Wishes
from pegbox.events import Event, Tick
from pegbox.executor import Executor

__all__ = ["Journal", "Runner"]

logger = logging.getLogger("pegbox")

#: Observers are told at least so often while steps are made in another thread.
OBSERVE_S = 0.1


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
        journal: Keeps the facts.
        observers: The callbacks.
        stop_rules: Say when the whole run is to end.
        delete: Takes the paths of checkpoints that need not stay; returns at once.
    """

    def __init__(
        self,
        engine: Engine,
        executor: Executor,
        searcher: SearcherDriver,
        journal: Journal,
        observers: Observers,
        stop_rules: StopRules,
        delete: Callable[[Sequence[str]], None],
    ) -> None:
        self._delete = delete
        self._engine = engine
        self._stop_rules = stop_rules
        self._executor = executor
        self._searcher = searcher
        self._journal = journal
        self._observers = observers
        self.inbox = EventInbox(self.step, self.settle, self.wishes)
        self._stepping = threading.RLock()
        #: Facts whose storing was put off for a moment, oldest first.
        self._unstored: list[Event] = []
        self._putting_off = PuttingOff()
        #: What there is to tell of them.
        self._untold: list[Note] = []
        #: Checkpoints that the facts above drop, and those of which only observers are not told.
        self._dropped: list[str] = []
        self._deletable: list[str] = []
        #: What is to be handled first: the successors that it leads to have been launched.
        self._succeeded: Sequence[Event] = ()
        self._home = threading.get_ident()
        self._slow = observers.slow

    def run(self, first: Event) -> None:
        """Run until the engine says that the epoch is over.

        Args:
            first: `Started` or `Resumed`.
        """
        self._home = threading.get_ident()
        # A run whose time was over before asks for nothing more.
        self.inbox.post([first, *self._stop_rules.overdue()])
        try:
            # Until the first event is handled, a resumed engine still shows the end before it.
            self.step()
            self._searcher.start(self.inbox.post)
            self._executor.start(self.inbox)
            while not self._engine.ended:
                self._executor.wait(self.inbox, OBSERVE_S)
                self.step()
                self._tell()
        finally:
            self._searcher.close()
            self._executor.close()
            try:
                self.settle()
                self._tell()
            finally:
                self._observers.close()

    def step(self) -> None:
        """Handle what has arrived, in the calling thread."""
        with self._stepping:
            events, self._succeeded = self._succeeded, ()
            if events:
                self._handle(events)
            arrived = self.inbox.take()
            if not self._let_follow(arrived):
                self._handle([*self._due(), *arrived])
        if threading.get_ident() == self._home:
            self._tell()

    def _let_follow(self, events: Sequence[Event]) -> bool:
        """Launch what follows in any case; whether the rest is to be handled in a moment.

        The end of a try that took long is stored before anything else.
        """
        if not self.inbox.in_turns or not self._putting_off.quick(events):
            return False
        launches = self._engine.successors(events, self._putting_off.knows)
        if launches:
            self._executor.launch(launches)
            self._succeeded = events
            self.inbox.again()
        return bool(launches)

    def _handle(self, events: Sequence[Event | Tick]) -> None:
        while events := events or self._overdue():
            since = self._slow.clock()
            step = self._engine.handle(events)
            self._slow.passed(DECIDING, since)
            events = self._carry_out(step)

    def _tell(self) -> None:
        """Tell observers; what they were told of may then be deleted."""
        with self._stepping:
            paths, self._deletable = self._deletable, []
        self._observers.tell()
        if paths:
            self._delete(paths)

    def _due(self) -> Sequence[Tick]:
        """That time has passed, where the engine wished to be told."""
        wake_at = self._engine.wake_at
        if wake_at is None or (now := self._executor.clock()) < wake_at:
            return ()
        return (Tick(now),)

    def _overdue(self) -> Sequence[Event]:
        """That the run is to end, where time or a stopper says so."""
        return () if self._engine.ended else self._stop_rules.overdue()

    def _carry_out(self, step: Step) -> Sequence[Event]:
        """Do what a step says.

        Returns:
            What the searcher has answered at once. It is asked after trials were launched, so
            that they work meanwhile.
        """
        if step.answers:
            self._executor.answer(step.answers)
        self._unstored += step.facts
        self._untold += self._observers.look(step.facts)
        self._dropped += step.deletions
        for notice in step.notices:
            logger.warning("%s", notice)
        if not self._putting_off.allows(step.facts) or step.end or not self.inbox.put_off():
            self.settle()
        if step.kills:
            self._executor.kill(step.kills)
        if step.end:
            self.inbox.over.set()
        if step.launches:
            self._executor.launch(step.launches)
        if not step.orders:
            return ()
        since = self._slow.clock()
        answers = self._searcher.order(step.orders)
        if self._searcher.quick:
            self._slow.passed(ASKING, since)
        return answers

    def wishes(self) -> Wishes:
        """What workers would be of use now."""
        with self._stepping:
            return self._engine.wishes()

    def settle(self) -> None:
        """Store what was put off; what is stored is told to observers."""
        with self._stepping:
            facts, self._unstored = self._unstored, []
            notes, self._untold = self._untold, []
            if facts:
                since = self._slow.clock()
                self._journal.append(facts)
                self._putting_off.stored()
                self._slow.passed(STORING, since)
                self._observers.note(notes)
            self._deletable += self._dropped
            self._dropped.clear()
