"""Where events from all sides wait for the runner."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from pegbox.commands import Wishes
from pegbox.events import Event

__all__ = ["EventInbox"]


class EventInbox:
    """A list that many fill and one empties; see `pegbox.executor.Inbox`.

    Args:
        handle: What `handle` calls; the runner's step.
        settle: What `settle` calls.
        wishes: What `wishes` calls.
    """

    def __init__(
        self,
        handle: Callable[[], None],
        settle: Callable[[], None],
        wishes: Callable[[], Wishes],
    ) -> None:
        self.handle = handle
        self.settle = settle
        self.wishes = wishes
        self._later: Callable[[], None] | None = None
        self.over = threading.Event()
        self._listener: Callable[[], None] | None = None
        self._events: list[Event] = []
        self._arrived = threading.Condition()

    def post(self, events: Sequence[Event]) -> None:
        """Add events, in order; from any thread."""
        with self._arrived:
            self._events.extend(events)
            self._arrived.notify()
        if self._listener is not None:
            self._listener()

    def listen(self, arrived: Callable[[], None], later: Callable[[], None] | None = None) -> None:
        """Have ``arrived`` called after each post, and ``later`` where storing can wait."""
        self._listener = arrived
        self._later = later

    def put_off(self) -> bool:
        """Whether somebody will call `settle` in a moment, so that storing can wait for more."""
        if self._later is None:
            return False
        self._later()
        return True

    @property
    def in_turns(self) -> bool:
        """Whether somebody handles it in turns of a loop, of which there can be one more."""
        return self._later is not None

    def again(self) -> None:
        """Have `handle` called once more in a moment."""
        if self._listener is not None:
            self._listener()

    def wait(self, timeout_s: float | None) -> None:
        """Return when something is there, or after ``timeout_s`` seconds."""
        with self._arrived:
            if not self._events:
                self._arrived.wait(timeout_s)

    def take(self) -> list[Event]:
        """Everything that is there, oldest first."""
        with self._arrived:
            events, self._events = self._events, []
            return events
