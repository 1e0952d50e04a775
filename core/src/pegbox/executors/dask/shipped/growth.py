"""Growth on demand: what waits in pegbox's runs, in the words of a cluster that adapts its size.

Slots are pinned to workers that are there, so Dask's own count of waiting tasks never sees what
else could run. This plugin, inside the Dask scheduler, adds to that count what drivers wish for,
keeps workers with slots from being closed, and knows whether anybody heeds the count. It starts
and ends no worker itself.

Names carry the protocol's version; several versions stand around the same count, each with its own
wishes.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from distributed import SchedulerPlugin

from pegbox.executors.dask.protocol import SLOT_KEY

__all__ = ["Growth"]

PROTOCOL = 1
PLUGIN_NAME = f"pegbox-growth-{PROTOCOL}"
OPERATION = f"pegbox_wish_{PROTOCOL}"

#: A wish that is not renewed for so long is forgotten, with its driver.
WISH_S = 30.0
#: Somebody who has asked for the count within this time will ask again.
ASKED_WITHIN_S = 30.0
#: How many workers are asked for at once at most, or as many as there are.
AT_ONCE = 16
#: They show the count to people.
_METERS = ("distributed.http.scheduler.prometheus", "distributed.http.scheduler.json")


@dataclass(frozen=True)
class Wish:
    """What one run wishes for: see `pegbox.commands.Wishes`."""

    client: str
    more: int
    kept: int
    until: float


class Growth(SchedulerPlugin):
    """The plugin. Registered once per scheduler and protocol version; later ones are ignored.

    Attributes:
        wish_s: How long a wish counts that is not renewed.
        wishes: Run -> its latest wish.
        asked_at: When somebody who adapts a cluster asked last.
    """

    name = PLUGIN_NAME
    idempotent = True
    wish_s = WISH_S

    def start(self, scheduler: Any) -> None:
        """Called by the scheduler when the plugin is registered."""
        self.scheduler = scheduler
        self.wishes: dict[str, Wish] = {}
        self.asked_at = -math.inf
        self._without = scheduler.adaptive_target
        scheduler.adaptive_target = self.shown
        scheduler.handlers["adaptive_target"] = self.target
        scheduler.handlers[OPERATION] = self.wish

    async def wish(self, run: str, client: str, more: int, kept: int) -> bool:
        """Take in what a run wishes for from now on.

        Returns:
            Whether somebody adapts the cluster to what is wished for.
        """
        if more or kept:
            self.wishes[run] = Wish(client, more, kept, time.monotonic() + self.wish_s)
        else:
            self.wishes.pop(run, None)
        return time.monotonic() - self.asked_at < ASKED_WITHIN_S

    def remove_client(self, scheduler: Any, client: str) -> None:
        """A driver is gone; one that only lost its connection wishes again soon."""
        self.wishes = {run: wish for run, wish in self.wishes.items() if wish.client != client}

    def valid_workers_downscaling(self, scheduler: Any, workers: Sequence[Any]) -> list[Any]:
        """Workers that may be closed: not those that a slot is on its way to, or on."""
        return [
            worker
            for worker in workers
            if not any(str(task.key).startswith(SLOT_KEY) for task in worker.processing)
        ]

    # ------------------------------------------------------------ the count

    def target(self, target_duration: Any = None) -> int:
        """How many workers there should be; the handler of those who adapt a cluster."""
        self.asked_at = time.monotonic()
        return self._count(target_duration)

    def shown(self, target_duration: Any = None) -> int:
        """The same in the scheduler's own process, where meters ask as well."""
        caller = sys._getframe(1).f_globals.get("__name__", "")
        if not caller.startswith(_METERS):
            self.asked_at = time.monotonic()
        return self._count(target_duration)

    def _count(self, target_duration: Any) -> int:
        without = int(self._without(target_duration))
        wishes = self._living()
        if not wishes:
            return without
        busy = sum(1 for worker in self.scheduler.workers.values() if worker.processing)
        idle = len(self.scheduler.workers) - busy
        more = min(sum(w.more for w in wishes), max(AT_ONCE, busy + idle))
        kept = min(sum(w.more + w.kept for w in wishes), idle)
        return max(without, busy + max(more, kept))

    def _living(self) -> list[Wish]:
        now = time.monotonic()
        self.wishes = {run: wish for run, wish in self.wishes.items() if wish.until > now}
        return list(self.wishes.values())
