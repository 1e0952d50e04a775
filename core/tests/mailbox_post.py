"""A driver and slots that speak to a mailbox on a real scheduler, for tests."""

from __future__ import annotations

import asyncio
import itertools
import uuid

from clusters import PATIENCE_S
from distributed.comm import connect
from pegbox.executors.dask.shipped.mailbox import handler_name

AGES_S = 1000.0


def scenario(cluster, coroutine):
    """Run on the cluster's loop; nothing in it may take long."""
    return cluster.client.sync(asyncio.wait_for, coroutine, PATIENCE_S)


class Post:
    """A driver and slots that speak to the mailbox over its handlers."""

    def __init__(self, client):
        self.client = client
        self.run = uuid.uuid4().hex
        self.polls = itertools.count(1)

    def __call__(self, operation, **arguments):
        return getattr(self.client.scheduler, handler_name(operation))(**arguments)

    async def open(self, run=None, *, experiment=None, client=None, lease_s=AGES_S):
        run = run or self.run
        return await self(
            "open_run",
            run=run,
            experiment=experiment or run,
            client=client or self.client.id,
            lease_s=lease_s,
        )

    def say(self, number, payload, *, slot=1, incarnation="first", worker="w", run=None):
        opening = {
            "op": handler_name("line"),
            "reply": False,
            "run": run or self.run,
            "slot": slot,
            "incarnation": incarnation,
            "worker": worker,
        }
        return asyncio.ensure_future(self._said(opening, (number, payload)))

    async def _said(self, opening, call):
        comm = await connect(self.client.scheduler.address)
        try:
            await comm.write(opening)
            await comm.write(call)
            return await comm.read()
        finally:
            comm.abort()

    async def exchange(self, *answers, run=None, poll=None, wait_s=0.0):
        return await self(
            "exchange",
            run=run or self.run,
            poll=poll or next(self.polls),
            answers=list(answers),
            wait_s=wait_s,
        )

    async def next_calls(self, count, *, run=None):
        """The next calls that reach the driver."""
        calls = []
        while len(calls) < count:
            messages = await self.exchange(run=run, wait_s=AGES_S)
            calls += [message for message in messages if message[0] == "call"]
        assert len(calls) == count
        return calls
