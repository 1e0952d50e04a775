"""Growth on demand at a real Dask scheduler: what is counted, for whom, and who is kept."""

from __future__ import annotations

import asyncio
import contextlib

from distributed import Client, Event, Scheduler, Worker
from pegbox.executors.dask.shipped.growth import AT_ONCE, OPERATION, PLUGIN_NAME, Growth


class Bench:
    """A scheduler with the plugin, workers of one thread, and a client."""

    def __init__(self, scheduler, client, workers):
        self.scheduler, self.client, self.workers = scheduler, client, workers

    async def wish(self, more, kept=0, run="run", client=None):
        call = getattr(self.client.scheduler, OPERATION)
        return await call(run=run, client=client or self.client.id, more=more, kept=kept)

    async def target(self):
        """As `distributed.deploy.Adaptive` asks."""
        return await self.client.scheduler.adaptive_target(target_duration=5)


def bench(check, workers=0):
    """Run a check on a cluster in this process."""

    async def run():
        async with contextlib.AsyncExitStack() as stack:
            scheduler = await stack.enter_async_context(
                Scheduler(host="127.0.0.1", port=0, dashboard_address=":0")
            )
            started = [
                await stack.enter_async_context(Worker(scheduler.address, nthreads=1))
                for _ in range(workers)
            ]
            client = await stack.enter_async_context(
                Client(scheduler.address, asynchronous=True, set_as_default=False)
            )
            await client.register_plugin(Growth(), name=PLUGIN_NAME)
            await check(Bench(scheduler, client, started))

    asyncio.run(asyncio.wait_for(run(), 60))


def test_without_a_wish_the_count_is_dasks_own():
    async def check(on):
        assert await on.target() == 0
        assert await on.wish(0) is True
        assert await on.target() == 0

    bench(check)


def test_wishes_of_all_runs_are_met_together_and_forgotten_with_their_drivers():
    async def check(on):
        await on.wish(3)
        await on.wish(2, run="other")
        assert await on.target() == 5
        await on.wish(1)
        assert await on.target() == 3
        await on.wish(0)
        assert await on.target() == 2
        on.scheduler.plugins[PLUGIN_NAME].remove_client(on.scheduler, on.client.id)
        assert await on.target() == 0

    bench(check)


def test_a_wish_that_nobody_renews_is_forgotten():
    async def check(on):
        on.scheduler.plugins[PLUGIN_NAME].wish_s = -1.0
        await on.wish(3)
        assert await on.target() == 0

    bench(check)


def test_a_cluster_grows_in_steps():
    async def check(on):
        await on.wish(10_000)
        assert await on.target() == AT_ONCE

    bench(check)


def test_whether_the_cluster_grows_is_seen_from_who_asks_for_its_size():
    async def check(on):
        assert await on.wish(1) is False
        for meter in ("prometheus.core", "json"):
            names = {"ask": on.scheduler, "__name__": f"distributed.http.scheduler.{meter}"}
            assert eval("ask.adaptive_target()", names) == 1
        assert await on.wish(1) is False
        on.scheduler.adaptive_target()
        assert await on.wish(1) is True

    bench(check)


def test_idle_workers_are_kept_for_trials_that_are_being_suggested():
    async def check(on):
        await on.wish(0, kept=1)
        assert await on.target() == 1
        await on.wish(0, kept=5)
        assert await on.target() == 2  # those that are there, and no more
        await on.wish(1, kept=5)
        assert await on.target() == 2

    bench(check, workers=2)


def test_a_worker_with_a_slot_is_never_closed():
    async def check(on):
        def hold():
            Event("over").wait()

        slot = on.client.submit(hold, workers=[on.workers[0].address], key="pegbox-slot-1")
        while not on.workers[0].state.executing_count:
            await asyncio.sleep(0.01)
        try:
            assert on.scheduler.workers_to_close(target=0) == [on.workers[1].address]
            await on.wish(1)
            assert await on.target() == 2
        finally:
            await Event("over", client=on.client).set()
            await slot

    bench(check, workers=2)


def test_registered_again_it_counts_once():
    async def check(on):
        await on.client.register_plugin(Growth(), name=PLUGIN_NAME)
        await on.wish(3)
        assert await on.target() == 3

    bench(check)
