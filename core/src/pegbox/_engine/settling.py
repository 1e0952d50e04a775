"""Whether a run is over: nothing can follow any more, and how that is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pegbox._engine.asking import Asking
from pegbox._engine.choosing import Choosing
from pegbox._engine.ending import Ending
from pegbox._engine.journal import Journal
from pegbox._engine.placement import Placement
from pegbox._engine.rules import Rules
from pegbox._engine.shortage import Shortage
from pegbox._engine.stopping import Stopping
from pegbox.commands import EndRun
from pegbox.events import PluginFailed, RunEnded, StopRequested
from pegbox.resources import Resources

__all__ = ["Settling"]


class Settling:
    """Ends one epoch of a run.

    Args:
        journal: Of the engine.
        rules: Budgets and bounds.
        placement: Where there is room.
        asking: Whether more trials may come.
        choosing: Knows why none is started.
        shortage: What waits for workers.
        ending: Tells of trials that still wait at the end.
        stopping: Whether the run is to end.

    Attributes:
        impossible: What no worker has, where the run had to end for that.
    """

    def __init__(
        self,
        journal: Journal,
        rules: Rules,
        placement: Placement,
        asking: Asking,
        choosing: Choosing,
        shortage: Shortage,
        ending: Ending,
        stopping: Stopping,
    ) -> None:
        self._journal = journal
        self._state = journal.state
        self._rules = rules
        self._placement = placement
        self._asking = asking
        self._choosing = choosing
        self._shortage = shortage
        self._ending = ending
        self._stopping = stopping
        self.impossible: Resources | None = None

    def settle(self) -> None:
        """End the run if nothing can follow any more."""
        cause = self._stopping.cause
        if isinstance(cause, PluginFailed) and cause.role == "executor":
            self._end("failed", cause.error)
        elif self._state.active:
            return
        elif isinstance(cause, PluginFailed):
            self._end("failed", cause.error)
        elif isinstance(cause, StopRequested):
            self._end("complete" if cause.complete else "interrupted", cause.reason)
        elif not self._asking.book.open:
            self._settle_idle()
        elif not self._rules.varies:
            # What is being suggested will ask for the same.
            self._settle_waiting([*self._state.queues, self._rules.resources])

    def _settle_idle(self) -> None:
        """Nothing runs and nothing is asked for."""
        if shapes := self._shortage.shapes(may_ask=self._asking.may_ask()):
            if any(map(self._placement.room, shapes)):
                self._end("failed", self._choosing.why_nothing_starts())
            else:
                self._settle_waiting(shapes)
        elif self._asking.book.declined:
            self._end("failed", "the searcher waits for a result, but no trial is left to give one")
        else:
            self._end("complete", "")

    def _settle_waiting(self, shapes: Sequence[Resources]) -> None:
        """Nothing runs, and no room for what waits: that lasts until workers come, if any may."""
        self.impossible = self._shortage.for_good(shapes)
        if self.impossible is not None:
            self._end("failed", self._shortage.impossible(self.impossible))
        else:
            self._journal.step.notices += self._shortage.notices(shapes)

    def _end(self, how: Literal["complete", "interrupted", "failed"], reason: str) -> None:
        self._journal.note(RunEnded(self._journal.at, how, reason))
        for number in self._state.stopped_at_end:
            self._ending.tell(self._state.trials[number])
        self._journal.step.end = EndRun()
