"""The floor: the least code that does the work over a mailbox on pegbox's own embedded cluster.

The same processes, threads and TLS as pegbox has them, and the same way of a message; no search,
no engine, no store, no retries. What pegbox costs is its distance to this.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import common
from common import Figures

_before = time.perf_counter()
from distributed import SchedulerPlugin, get_worker  # noqa: E402
from distributed.utils import sync  # noqa: E402
from pegbox.executors.dask.embedded.cluster import EmbeddedCluster  # noqa: E402

WORKERS = 2


class BareMailbox(SchedulerPlugin):
    """A call waits here until the driver, which polls for calls in batches, has answered it."""

    name = "bare-mailbox"

    def start(self, scheduler: Any) -> None:
        """Called by the scheduler when the plugin is registered."""
        self.calls: list[tuple[asyncio.Future[Any], Any]] = []
        self.arrived = asyncio.Event()
        scheduler.handlers["bare_call"] = self.call

    async def call(self, payload: Any) -> Any:
        """A trial's side."""
        answer = asyncio.get_running_loop().create_future()
        self.calls.append((answer, payload))
        self.arrived.set()
        return await answer

    async def poll(self) -> list[tuple[asyncio.Future[Any], Any]]:
        """The driver's side: everything that has come, at least one call."""
        if not self.calls:
            self.arrived.clear()
            await self.arrived.wait()
        calls, self.calls = self.calls, []
        return calls


class Driver:
    """Answers calls on the loop of the cluster's client, as pegbox's own driver takes them."""

    def __init__(self, cluster: EmbeddedCluster, answer: Callable[[Any], Any]) -> None:
        self._client = cluster.start()
        self._client.register_plugin(BareMailbox())
        self._mailbox = cluster.scheduler.plugins[BareMailbox.name]
        self._answer = answer
        self._client.wait_for_workers(WORKERS)

    def run(self, task: Callable[..., Any], arguments: list[tuple[Any, ...]]) -> None:
        """Run a task for each tuple of arguments, and answer until all have ended."""
        futures = [self._client.submit(task, *values, pure=False) for values in arguments]
        loop = self._client.loop.asyncio_loop
        polling = asyncio.run_coroutine_threadsafe(self._poll(), loop)
        self._client.gather(futures)
        polling.cancel()

    async def _poll(self) -> None:
        while True:
            for future, payload in await self._mailbox.poll():
                future.set_result(self._answer(payload))


def trials(arguments: argparse.Namespace, folder: Path) -> Figures:
    """Slots: a long task each, which hands in a result and gets the next configuration for it."""
    count = arguments.n
    configs = iter([{"x": i / count, "sleep": arguments.sleep} for i in range(count)])
    starts: list[float] = []
    ends: list[float] = []

    def answer(result: dict[str, float] | None) -> dict[str, float] | None:
        if result is not None:
            ends.append(time.time())
        starts.append(time.time())
        return next(configs, None)

    clock = common.CpuClock()
    cluster = EmbeddedCluster(WORKERS)
    Driver(cluster, answer).run(_slot, [()] * arguments.concurrency)
    cluster.close()
    assert len(ends) == count
    figures = common.trial_figures(ends, clock)
    if arguments.sleep:
        least = count * arguments.sleep / arguments.concurrency
        wall = time.perf_counter() - _before
        figures |= common.paced_figures(wall, ends[-1] - starts[0], least)
    return figures


def _slot() -> None:
    worker = get_worker()
    call = worker.scheduler.bare_call
    result = None
    while config := sync(worker.loop, call, payload=result):
        result = _trial(config)


def _trial(config: dict[str, float]) -> dict[str, float]:
    if config["sleep"]:
        time.sleep(config["sleep"])
    return {"loss": config["x"]}


def reports(arguments: argparse.Namespace, folder: Path) -> Figures:
    """Trials that report, each in a task of its own; every report waits for its answer."""
    return _all_reports(arguments, folder, mb=0)


def checkpoints(arguments: argparse.Namespace, folder: Path) -> Figures:
    """Trials that write a file with each report, once, where it is to stay."""
    return _all_reports(arguments, folder, mb=arguments.mb)


def _all_reports(arguments: argparse.Namespace, folder: Path, mb: int) -> Figures:
    clock = common.CpuClock()
    cluster = EmbeddedCluster(WORKERS, threads_per_worker=-(-arguments.concurrency // WORKERS))
    driver = Driver(cluster, lambda payload: True)
    loop = (arguments.reports, arguments.interval, str(folder), mb)
    driver.run(_reporting, [(number, *loop) for number in range(arguments.n)])
    cluster.close()
    wall = time.perf_counter() - _before
    figures = common.report_figures(folder, arguments.n * arguments.reports, clock)
    if arguments.interval:
        least = arguments.reports * arguments.interval
        figures = common.paced_report_figures(figures, wall, least)
    return figures


def _reporting(number: int, count: int, interval_s: float, scratch: str, mb: int) -> None:
    worker = get_worker()
    call = worker.scheduler.bare_call
    content = os.urandom(mb * 1_000_000)

    def report(step: int) -> None:
        if mb:
            Path(scratch, f"{number}-{step}.bin").write_bytes(content)
        payload = {"trial": number, "step": step, "loss": 1 / (step + 1), "time": time.time()}
        sync(worker.loop, call, payload=payload)

    common.timed_reports(count, report, scratch, interval_s)


if __name__ == "__main__":
    common.main({"trials": trials, "reports": reports, "checkpoints": checkpoints})
