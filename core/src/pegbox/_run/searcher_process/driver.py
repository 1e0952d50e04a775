"""The thread that speaks to a searcher's process; it begins the process again when that has died.

Owns how often, and what is said of it. A process that is made again is told what is known, in the
order of the trials' numbers, as after a restore.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from pegbox._run.searcher_desk import SearcherDesk
from pegbox._run.searcher_driver import Order, SearcherThread
from pegbox._run.searcher_process.calls import SearcherThere
from pegbox._run.searcher_process.process import SearcherDied
from pegbox.commands import Ask
from pegbox.errors import PegboxError, PluginError
from pegbox.events import Event

__all__ = ["SearcherProcessDriver"]

logger = logging.getLogger("pegbox")

#: Deaths in a row, without an answered ask between, that end the run.
_MOST_DEATHS: Final = 3
#: At the end of the run: how long a computation may go on whose answer nobody waits for.
_GRACE_S: Final = 1.0
#: Answers that came within so many seconds of each other go on together.
_TOGETHER_S: Final = 0.02


class SearcherProcessDriver(SearcherThread):
    """See `pegbox._run.searcher_driver.SearcherDriver`.

    Args:
        desk: Asks and tells.
        searcher: What it asks and tells.
    """

    def __init__(self, desk: SearcherDesk, searcher: SearcherThere) -> None:
        super().__init__(desk)
        self._searcher = searcher
        self._deaths = 0

    def close(self) -> None:
        """See `SearcherDriver`. A process that goes on computing is ended."""
        self._closing = True
        self._orders.put(None)
        if not self._thread.is_alive():
            return
        self._thread.join(_GRACE_S)
        while self._thread.is_alive():  # it may be about to begin the process again
            self._searcher.kill()
            self._thread.join(_GRACE_S)

    def _begin(self) -> None:
        event = self._survived(self._told_known, again=False)
        if event is not None:
            self._post([event])

    def _carry_out(self, orders: Sequence[Order]) -> None:
        events: list[Event] = []
        since = time.monotonic()
        for order in orders:
            if self._closing and isinstance(order, Ask):
                continue
            asked = isinstance(order, Ask)
            event = self._survived(partial(self._desk.carry_out, order), again=asked)
            if event is not None:
                events.append(event)
            if events and time.monotonic() - since > _TOGETHER_S:
                self._post(events)
                events, since = [], time.monotonic()
        settled = self._survived(self._desk.settle, again=True)
        if settled is not None:
            events.append(settled)
        if events:
            self._post(events)

    # ----------------------------------------------------------------- deaths

    def _told_known(self) -> Event | None:
        try:
            self._desk.tell_known()
        except PegboxError as error:
            return self._desk.failed(error)
        return None

    def _survived(self, do: Callable[[], Event | None], *, again: bool) -> Event | None:
        """Do it, also where the process dies of it.

        Args:
            do: Gives what comes of it.
            again: Whether it is to be done again after a death; what was told is known by then.
        """
        while True:
            try:
                event = do()
            except SearcherDied as death:
                if self._closing:
                    return None
                failed = self._begin_again(death)
                if failed is not None or not again:
                    return failed
            else:
                if event is not None:
                    self._deaths = 0
                return event

    def _begin_again(self, death: SearcherDied) -> Event | None:
        """Start the process anew.

        Returns:
            That the searcher has failed, where that has happened too often.
        """
        self._deaths += 1
        if self._deaths >= _MOST_DEATHS:
            return self._desk.failed(self._too_often(death))
        logger.warning(
            "the process of searcher %s was %s\n  It is started again, and told what is known.",
            self._searcher.label,
            death.story,
        )
        try:
            self._searcher.restart()
        except SearcherDied as another:
            return None if self._closing else self._begin_again(another)
        except PegboxError as error:
            return self._desk.failed(error)
        return self._survived(self._told_known, again=False)

    def _too_often(self, death: SearcherDied) -> PluginError:
        label = self._searcher.label
        return PluginError(
            f"the process of searcher {label} ended {_MOST_DEATHS} times without an answer "
            f"between; the last time it was {death.story}",
            plugin=label,
            hook="searcher_suggest",
        )
