"""Where the searcher's desk works: on a thread of its own, or in the runner's.

The thread is for searchers that take their time over an answer, the direct driver for all others.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue
from typing import Protocol

from pegbox._run.searcher_desk import SearcherDesk
from pegbox.commands import Ask, Tell, TellResult
from pegbox.events import Event
from pegbox.executor import Post

__all__ = ["DirectSearcher", "Order", "SearcherDriver", "SearcherThread"]

logger = logging.getLogger("pegbox")

Order = Ask | Tell | TellResult


class SearcherDriver(Protocol):
    """Carries out the engine's orders to the searcher, in their order.

    Attributes:
        quick: Whether an order takes next to no time, so that it is worth a word where it does not.
    """

    quick: bool

    def start(self, post: Post) -> None:
        """Begin; what comes of orders later is posted."""

    def order(self, orders: Sequence[Order]) -> Sequence[Event]:
        """Take orders, and return at once.

        Returns:
            What has come of them already; what comes later is posted.
        """

    def close(self) -> None:
        """End. Tells that were ordered are carried out first; asks are not."""


class DirectSearcher:
    """Carries orders out where they are given, at once.

    For searchers that answer within microseconds, for executors that share the runner's thread,
    and for virtual time, where the order of things must not depend on threads.

    Args:
        desk: Of the run.
        quick: Whether the searcher says that it answers within microseconds.
    """

    def __init__(self, desk: SearcherDesk, *, quick: bool = False) -> None:
        self._desk = desk
        self.quick = quick

    def start(self, post: Post) -> None:
        """See `SearcherDriver`."""

    def order(self, orders: Sequence[Order]) -> Sequence[Event]:
        """See `SearcherDriver`."""
        return [event for order in orders if (event := self._desk.carry_out(order))]

    def close(self) -> None:
        """See `SearcherDriver`."""


class SearcherThread:
    """Carries orders out on one thread; answers to orders that came together go together."""

    quick = True

    def __init__(self, desk: SearcherDesk) -> None:
        self._desk = desk
        self._orders: SimpleQueue[Sequence[Order] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="pegbox-searcher", daemon=True)
        self._closing = False

    def start(self, post: Post) -> None:
        """See `SearcherDriver`."""
        self._post = post
        self._thread.start()

    def order(self, orders: Sequence[Order]) -> Sequence[Event]:
        """See `SearcherDriver`."""
        self._orders.put(orders)
        return ()

    def close(self) -> None:
        """See `SearcherDriver`."""
        self._closing = True
        self._orders.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def _work(self) -> None:
        self._guarded(self._begin)
        while (orders := self._orders.get()) is not None:
            self._guarded(partial(self._carry_out, orders))

    def _guarded(self, do: Callable[[], None]) -> None:
        try:
            do()
        except Exception as error:
            # A mistake of ours must end the run with its cause, not leave it waiting.
            logger.exception("the searcher's thread failed")
            self._post([self._desk.failed(error)])

    def _begin(self) -> None:
        """What comes before all orders."""

    def _carry_out(self, orders: Sequence[Order]) -> None:
        wanted = [o for o in orders if not (self._closing and isinstance(o, Ask))]
        events = [event for order in wanted if (event := self._desk.carry_out(order))]
        if events:
            self._post(events)
