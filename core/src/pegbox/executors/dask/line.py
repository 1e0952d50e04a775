"""The driver's end of the mailbox: one long poll, answers handed out as soon as they are known.

Runs on the client's event loop, so a driver whose main thread is busy (a slow searcher, a
breakpoint, a notebook) still renews its lease. Where the scheduler lives in this process, the
mailbox is called directly and no message passes through a socket on this side.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from distributed import Client

from pegbox.executors.dask.by_value import ship_plugins
from pegbox.executors.dask.client_end import finish, is_closed, why_closed
from pegbox.executors.dask.client_log import quieten
from pegbox.executors.dask.shipped.mailbox import PLUGIN_NAME, Mailbox, handler_name

__all__ = ["DriverLine"]

logger = logging.getLogger("pegbox")

#: A driver that is not heard of for so long is given up by the mailbox.
LEASE_S = 60.0
#: Length of one poll; also how often an idle driver renews its lease.
POLL_S = 10.0
#: How long the next poll waits for the answers to the last batch, to carry them along.
ANSWERS_WITHIN_S = 0.02
_RETRY_S = 0.2
_WATCH_S = 1.0
#: A scheduler that cannot be connected to for so long is gone.
GONE_S = 20.0
_RUN_IS_OVER = "the Dask scheduler no longer knows this run"

Messages = Sequence[tuple[Any, ...]]


class DriverLine:
    """Connects one run to the mailbox.

    Args:
        client: A connected client.
        scheduler: The client's scheduler, where it lives in this process; otherwise None.
        run: Key of the run, unique to this epoch.
        experiment: Key of the experiment; older runs of it are told that they are over.
        take: Called on the loop with each batch of messages; must be quick.
        broken: Called on the loop when the mailbox is out of reach for good.
    """

    def __init__(
        self,
        client: Client,
        scheduler: Any | None,
        run: str,
        experiment: str,
        take: Callable[[Messages], None],
        broken: Callable[[str], None],
    ) -> None:
        self._client = client
        self._scheduler = scheduler
        self._run = run
        self._experiment = experiment
        self._take = take
        self._broken = broken
        self._local: Mailbox | None = None
        self._out: list[tuple[Any, ...]] = []
        self._deals: list[tuple[Any, ...]] = []
        self._deals_made = 0
        self._dealing: asyncio.Task[None] | None = None
        self._handled = asyncio.Event()
        self._polling = False
        self._flush_planned = False
        self._pushes: set[asyncio.Future[None]] = set()
        self._thread: int | None = None
        self._pump: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._heard = False
        #: Why the scheduler cannot be reached; None while it can.
        self._outage: Exception | None = None
        self._closing = False

    def open(self) -> None:
        """Install the mailbox if need be, begin the run, and poll until `close`."""
        ship_plugins()
        self._client.register_plugin(Mailbox(), name=PLUGIN_NAME)
        # Only a scheduler on this very loop has its plugins at hand.
        scheduler = self._scheduler
        if scheduler is not None and getattr(scheduler, "loop", None) is self._client.loop:
            self._local = scheduler.plugins.get(PLUGIN_NAME)
        self._client.sync(self._open)

    async def _open(self) -> None:
        self._thread = threading.get_ident()
        workers = await self._call(
            "open_run",
            run=self._run,
            experiment=self._experiment,
            client=self._client.id,
            lease_s=LEASE_S,
        )
        self._take(workers)
        if self._local is not None:
            self._local.listen(self._run, self._take, self._run_closed)
        else:
            self._pump = asyncio.create_task(self._poll_forever())
            self._watch = asyncio.create_task(self._watch_out())

    def send(self, answers: list[tuple[Any, ...]]) -> None:
        """Hand out answers, from any thread; they leave on the loop, in order."""
        if threading.get_ident() != self._thread:
            self._client.loop.add_callback(self.send, answers)
            return
        self._out.extend(answers)
        if self._local is not None:
            self._local.answer(self._run, self._taken_out())
        elif not self._flush_planned:
            self._flush_planned = True
            asyncio.get_running_loop().call_soon(self._flush)

    def send_apart(self, answers: list[tuple[Any, ...]]) -> None:
        """Hand out large answers, so that no others wait behind them; from any thread."""
        if threading.get_ident() != self._thread:
            self._client.loop.add_callback(self.send_apart, answers)
        elif self._local is not None:
            self._local.answer(self._run, answers)
        else:
            self._handled.set()  # the next poll has nothing to wait for
            self._push_aside(answers)

    def deal(self, *deal: Any) -> None:
        """An operation on the ledger (`pegbox.executors.dask.shipped.fair_share`), from any thread.

        They are made in order; what follows from them comes as messages.
        """
        if threading.get_ident() != self._thread:
            self._client.loop.add_callback(self.deal, *deal)
            return
        self._deals.append(deal)
        if self._local is not None:
            self._local.heed(self._run, *self._next_deals())
        elif self._dealing is None or self._dealing.done():
            self._dealing = asyncio.create_task(self._deal_all())

    def lost(self) -> str | None:
        """Why nothing will come over this line any more, for threads beside the loop.

        Where somebody closes the client, the loop may end, and whoever watches there with it.
        """
        why = why_closed(self._client)
        if why is not None and self._outage is not None:
            gave_up = "and the client no longer tries (distributed.comm.timeouts.connect)"
            return f"the Dask scheduler is out of reach ({_last_word(self._outage)}), {gave_up}"
        return why

    def close(self) -> None:
        """End the run at the mailbox: all its slots are sent home."""
        finish(self._client, self._close)

    async def _close(self) -> None:
        self._closing = True
        tasks = (self._pump, self._dealing, self._watch)
        under_way = [task for task in tasks if task is not None]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        if self._local is None and (self._outage is not None or is_closed(self._client)):
            return  # nobody there would hear of it
        try:
            await asyncio.wait_for(self._call("close_run", run=self._run), 5)
        except (TimeoutError, OSError):
            logger.debug("the scheduler was gone before the run was closed")

    # ------------------------------------------------------------ on the loop

    async def _call(self, operation: str, **arguments: Any) -> Any:
        if self._local is not None:
            return await getattr(self._local, operation)(**arguments)
        return await getattr(self._client.scheduler, handler_name(operation))(**arguments)

    def _run_closed(self) -> None:
        if not self._closing:
            self._broken(_RUN_IS_OVER)

    def _flush(self) -> None:
        self._flush_planned = False
        self._handled.set()
        if self._out and self._polling:
            self._push_aside(self._taken_out())

    def _push_aside(self, answers: list[tuple[Any, ...]]) -> None:
        push = asyncio.ensure_future(self._push(answers))
        self._pushes.add(push)
        push.add_done_callback(self._pushes.discard)

    async def _push(self, answers: list[tuple[Any, ...]]) -> None:
        try:
            await self._call("push", run=self._run, answers=answers)
        except OSError:
            # The poll is cut as well; it carries them once it is through again.
            self._out[:0] = answers
        except Exception as error:
            self._refused(error)

    def _taken_out(self) -> list[tuple[Any, ...]]:
        out, self._out = self._out, []
        return out

    def _next_deals(self) -> tuple[int, list[tuple[Any, ...]]]:
        deals, self._deals = self._deals, []
        self._deals_made += 1
        return self._deals_made, deals

    async def _deal_all(self) -> None:
        while self._deals and not self._closing:
            number, deals = self._next_deals()
            while not self._closing:
                try:
                    await self._call("deal", run=self._run, number=number, deals=deals)
                    break
                except OSError:
                    await asyncio.sleep(_RETRY_S)
                except Exception as error:
                    return self._refused(error)

    async def _poll_forever(self) -> None:
        poll = 1
        # Before Python 3.12, asyncio.wait_for may swallow the cancellation.
        while not self._closing:
            answers = self._taken_out()
            self._polling = True
            try:
                messages = await self._call(
                    "exchange", run=self._run, poll=poll, answers=answers, wait_s=POLL_S
                )
            except OSError as error:
                self._out[:0] = answers
                if not is_closed(self._client):
                    self._outage = self._outage or error
                await asyncio.sleep(_RETRY_S)
                continue
            except Exception as error:
                return self._refused(error)
            finally:
                self._polling = False
            if messages is None:
                return self._run_unknown()
            poll += 1
            self._outage = None
            self._heard = True
            await self._hand_over(messages)

    def _run_unknown(self) -> None:
        if self._outage is None:
            return self._broken(_RUN_IS_OVER)
        quieten(self._client)
        how = f"out of reach before ({_last_word(self._outage)}), and has been started anew"
        self._broken(f"{_RUN_IS_OVER}: it was {how}, or was away for too long")

    def _refused(self, error: Exception) -> None:
        """No matter of connections; what was said is lost, and what should follow never comes."""
        if not is_closed(self._client):  # otherwise `lost` has the reason
            self._broken(f"{_RUN_IS_OVER}: {error!r}")

    async def _watch_out(self) -> None:
        """Give up a scheduler that is gone; whoever connects or reads would wait longer.

        It counts its own turns, so that a loop that was held up blames nobody.
        """
        out_s = silent_s = 0.0
        while self._pump is not None and not self._pump.done():
            await asyncio.sleep(_WATCH_S)
            out_s = 0.0 if self._outage is None else out_s + _WATCH_S
            silent_s = 0.0 if self._heard else silent_s + _WATCH_S
            self._heard = False
            if out_s >= GONE_S:
                self._give_up(f"has been out of reach for {out_s:g} s ({_last_word(self._outage)})")
            elif silent_s >= POLL_S + LEASE_S:
                self._outage = TimeoutError()
                self._give_up(f"has not answered for {silent_s:g} s")

    def _give_up(self, how: str) -> None:
        assert self._pump is not None
        self._pump.cancel()
        quieten(self._client)
        scheduler = self._client.scheduler
        where = f" at {scheduler.address}" if scheduler is not None else ""
        self._broken(f"the Dask scheduler{where} {how}")

    async def _hand_over(self, messages: Messages) -> None:
        self._handled.clear()
        self._take(messages)
        if messages:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._handled.wait(), ANSWERS_WITHIN_S)


def _last_word(error: Exception | None) -> str:
    """What the system said, without the names of connections before it."""
    return str(error).rpartition(">: ")[2]
