"""Where the time of this epoch went, put together from those who measure it."""

from __future__ import annotations

from collections.abc import Callable

from pegbox._engine.engine import Engine
from pegbox._plugins.manager import RoleManager
from pegbox._run.searcher_desk import SearcherDesk
from pegbox._run.slowness import DECIDING, STORING, SlowOperations
from pegbox._run.stopping import StopRules
from pegbox.usage import Usage

__all__ = ["Spending"]


class Spending:
    """The account of one epoch; it may be looked at from any thread.

    Args:
        engine: Counts the slots.
        searcher: Its name and its seconds so far, wherever it works. ``scheduler``: likewise.
        callbacks: Calls them, and knows how long each took.
        desk: Makes trials of points. ``stop_rules``: decide before the scheduler does.
        slow: Measures the operations of the run's loop.
    """

    def __init__(
        self,
        engine: Engine,
        searcher: tuple[str, Callable[[], float]],
        scheduler: tuple[str, Callable[[], float]],
        callbacks: RoleManager,
        desk: SearcherDesk,
        stop_rules: StopRules,
        slow: SlowOperations,
    ) -> None:
        self._engine = engine
        self._searcher = searcher
        self._scheduler = scheduler
        self._callbacks = callbacks
        self._desk = desk
        self._stop_rules = stop_rules
        self._slow = slow

    def usage(self) -> Usage:
        """Up to the last event."""
        kept = self._engine.occupancy
        return Usage(kept.wall_s, kept.busy_s, dict(kept.idle_s), self._seconds())

    def _seconds(self) -> dict[str, float]:
        (searcher, searcher_s), (scheduler, scheduler_s) = self._searcher, self._scheduler
        told = list(self._callbacks.told_s.items())
        return {
            f"searcher {searcher}": searcher_s(),
            f"scheduler {scheduler}": scheduler_s(),
            **{f"callback {name}": seconds for name, seconds in told},
            "stop rules": self._stop_rules.spent_s,
            "configurations": self._desk.configuring_s,
            "engine": self._engine_s(),
            "store": self._slow.seconds.get(STORING.what, 0.0),
        }

    def _engine_s(self) -> float:
        """What deciding took but for those who were asked."""
        others = self._scheduler[1]() + self._stop_rules.spent_s
        return max(0.0, self._slow.seconds.get(DECIDING.what, 0.0) - others)
