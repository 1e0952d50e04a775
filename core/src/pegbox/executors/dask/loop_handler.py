"""Handles the runner's inbox on the client's event loop, where messages come and answers leave.

A step takes a fraction of a millisecond, less than two changes of thread cost. What may take
longer is done elsewhere: callbacks in the runner's own thread, searchers that compute on theirs.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from typing import Any

from pegbox.events import Event
from pegbox.executor import Inbox

__all__ = ["LoopHandler"]

#: Reports that come within this time are stored together. A killed driver loses so much of them
#: at most, and their trials report them again.
SETTLE_WITHIN_S = 0.002


class LoopHandler:
    """Listens to an inbox and handles it on a loop.

    Args:
        loop: The client's loop (tornado's ``IOLoop``), which runs in a thread of its own.
        inbox: The runner's.
    """

    def __init__(self, loop: Any, inbox: Inbox) -> None:
        self._asyncio_loop = loop.asyncio_loop
        self._inbox = inbox
        self._planned = False
        self._thread: int | None = None
        self._failure: BaseException | None = None
        self._settling = False
        inbox.listen(self._arrived, self._later)
        self._asyncio_loop.call_soon_threadsafe(self.handle)

    def raise_failure(self) -> None:
        """What went wrong on the loop, raised in the caller's thread."""
        if self._failure is not None:
            raise self._failure

    def post(self, events: Sequence[Event]) -> None:
        """Post from the loop, without planning a turn of it: `handle` follows at once."""
        self._planned = True
        self._inbox.post(events)

    def handle(self) -> None:
        """Handle the inbox now; on the loop."""
        self._thread = threading.get_ident()
        self._planned = False
        self._do(self._inbox.handle)

    def _arrived(self) -> None:
        if self._planned:
            return
        self._planned = True
        if threading.get_ident() == self._thread:
            self._asyncio_loop.call_soon(self.handle)
        else:
            self._from_elsewhere(self.handle)

    def _later(self) -> None:
        if self._settling:
            return
        self._settling = True
        if threading.get_ident() == self._thread:
            self._settle_later()
        else:
            self._from_elsewhere(self._settle_later)

    def _settle_later(self) -> None:
        self._asyncio_loop.call_later(SETTLE_WITHIN_S, self._settle)

    def _from_elsewhere(self, what: Callable[[], None]) -> None:
        # A loop that has ended with its client does nothing more; the runner's thread goes on.
        with contextlib.suppress(RuntimeError):
            self._asyncio_loop.call_soon_threadsafe(what)

    def _settle(self) -> None:
        self._settling = False
        self._do(self._inbox.settle)

    def _do(self, what: Callable[[], None]) -> None:
        if self._failure is not None:
            return
        try:
            what()
        except BaseException as error:
            # Whatever it is, the run cannot go on; the runner's thread waits to hear of it.
            self._failure = error
            self._inbox.over.set()
