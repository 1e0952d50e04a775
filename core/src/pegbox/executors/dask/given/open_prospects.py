"""Which workers may still come to a given cluster: the driver's side of growth.

Owns the judgement whether the cluster grows, and the talk with the scheduler's
`pegbox.executors.dask.shipped.growth`. What follows for trials is the engine's affair.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection
from typing import Any

from distributed import Client

from pegbox.commands import Wishes
from pegbox.executors.dask.by_value import ship_plugins
from pegbox.executors.dask.client_end import finish
from pegbox.executors.dask.prospects import Tell
from pegbox.executors.dask.shipped.growth import OPERATION, PLUGIN_NAME, Growth

__all__ = ["OpenProspects"]

logger = logging.getLogger("pegbox")

#: Without a change among the workers for so long, those that are there count as all.
PATIENCE_S = 3.0
#: How often a wish is renewed, and looked whether the cluster still grows.
RENEW_S = 5.0


class OpenProspects:
    """A given cluster: whether it grows is seen from who asks its scheduler for a size.

    It does where somebody adapts it (``cluster.adapt``), or where the client's cluster object
    expects more workers than have come. Otherwise it does not, after a while without a change.

    Args:
        client: Connected to it.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._here = 0
        #: Whether there ever was a worker.
        self._ever = False
        self._wishes = Wishes()
        self._judged: bool | None = None
        #: Whether it was said that no worker is there, since the last one left.
        self._said = False
        self._quiet_since = 0.0
        self._news = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None

    def begin(self, run: str, tell: Tell) -> None:
        """Install the scheduler's side if need be, and watch until `close`."""
        self._run, self._tell = run, tell
        ship_plugins()
        self._client.register_plugin(Growth(), name=PLUGIN_NAME)
        self._client.sync(self._begin)

    async def _begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._quiet_since = self._loop.time()
        self._watching = asyncio.create_task(self._watch())

    def stirred(self, workers: Collection[str]) -> None:
        """Others may come, or those that went may come back."""
        self._here = len(workers)
        if workers:
            self._ever, self._said = True, False
        self._quiet_since = asyncio.get_running_loop().time()
        if self._judged is not None:
            self._judged = None
            self._tell(None)
        self._news.set()

    def wish(self, wishes: Wishes) -> None:
        """Send it where it is news."""
        before, self._wishes = self._wishes, wishes
        if (wishes.more, wishes.kept) != (before.more, before.kept):
            self._client.loop.add_callback(self._news.set)

    def close(self) -> None:
        """Wish for nothing any more."""
        if self._watching is not None:
            finish(self._client, self._close)

    async def _close(self) -> None:
        assert self._watching is not None
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        self._wishes = Wishes()
        if self._client.status == "running":  # otherwise nobody would hear of it
            await self._send()

    # ---------------------------------------------------------- on the loop

    async def _watch(self) -> None:
        while True:
            self._news.clear()
            adapted = await self._send()
            patience_s = self._quiet_since + PATIENCE_S - self._loop.time()
            if patience_s <= 0 and adapted is not None:
                self._judge(adapted or self._more_planned())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience_s if patience_s > 0 else RENEW_S):
                    await self._news.wait()

    async def _send(self) -> bool | None:
        """Say what is wished for; whether somebody heeds it, None where that was not to be had."""
        wishes = self._wishes
        try:
            async with asyncio.timeout(RENEW_S):
                return bool(
                    await getattr(self._client.scheduler, OPERATION)(
                        run=self._run, client=self._client.id, more=wishes.more, kept=wishes.kept
                    )
                )
        except (OSError, TimeoutError) as error:
            logger.debug("the scheduler did not hear what workers are wished for: %r", error)
            return None

    def _more_planned(self) -> bool:
        """Whether the user's cluster object waits for workers that it has asked for."""
        cluster: Any = self._client.cluster
        try:
            return len(cluster.plan) > len(cluster.observed)
        except (AttributeError, TypeError):
            return False  # no cluster object, or one of another make

    def _judge(self, grows: bool) -> None:
        if not self._here:
            self._say_that_none_is_there()
        elif grows is not self._judged:
            self._judged = grows
            self._tell(grows)

    def _say_that_none_is_there(self) -> None:
        if not self._said:
            self._said = True
            what = "is left on" if self._ever else "has joined"
            when = "" if self._ever else " yet"
            logger.warning(
                "waits for workers: none %s the cluster at %s%s",
                *(what, self._client.scheduler.address, when),
            )
