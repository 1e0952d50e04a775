"""Keeps the account of the run's time in the store, beside the facts.

A killed driver loses what was added to it in the last seconds, and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from pegbox._store.writer import Store
from pegbox.events import Event
from pegbox.usage import Usage

__all__ = ["KEEP_EVERY_S", "KeptUsage"]

#: Seconds after which the account is stored again, with the next facts.
KEEP_EVERY_S: Final = 10.0


class KeptUsage:
    """The journal of a run (`pegbox._run.runner.Journal`) that keeps the account as well.

    Args:
        store: Where both go.
        usage: The account so far.
        clock: Seconds on any clock that never goes back.
    """

    def __init__(
        self,
        store: Store,
        usage: Callable[[], Usage],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._usage = usage
        self._clock = clock
        self._due = clock() + KEEP_EVERY_S

    def append(self, events: Sequence[Event]) -> None:
        """Store facts; now and then the account after them."""
        self._store.append(events)
        if self._clock() >= self._due:
            self.keep()

    def keep(self) -> None:
        """Store the account as it is now."""
        self._store.save_usage(self._usage())
        self._due = self._clock() + KEEP_EVERY_S
