"""Ending a worker process of a given cluster by force, where it is: at its nanny.

A worker that hangs answers nobody, so nobody asks it.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import psutil

__all__ = ["end_at_nanny", "end_worker", "kill_tree"]

_NANNY_WITHIN_S = 5.0


async def end_worker(worker: str, at_nanny: bytes, dask_scheduler: Any) -> tuple[str, int]:
    """On the scheduler: have a worker's nanny end its process.

    Args:
        worker: Its address.
        at_nanny: `end_at_nanny`, pickled.

    Returns:
        ``"gone"``, ``"ended"``, ``"no nanny"`` or ``"silent"`` (the nanny has not answered), and
        the process id of the worker.
    """
    state = dask_scheduler.workers.get(worker)
    if state is None:
        return "gone", 0
    if not state.nanny:
        return "no nanny", state.pid
    nanny = dask_scheduler.rpc(state.nanny)
    try:
        await asyncio.wait_for(nanny.run(function=at_nanny, wait=True), _NANNY_WITHIN_S)
    except (OSError, TimeoutError):
        return "silent", state.pid
    return "ended", state.pid


def end_at_nanny(dask_worker: Any) -> None:
    """On a nanny: kill its worker's process. The nanny sees the end, and starts another."""
    if dask_worker.pid:
        kill_tree(dask_worker.pid)


def kill_tree(pid: int) -> None:
    """Kill a process with all that it has started; one that is gone already is no error."""
    stopped: dict[int, psutil.Process] = {}
    new = _processes(pid)
    while new:  # what is stopped starts nothing more
        for process in new:
            stopped[process.pid] = process
            with contextlib.suppress(psutil.Error):
                process.suspend()
        new = [process for process in _processes(pid) if process.pid not in stopped]
    for process in stopped.values():
        with contextlib.suppress(psutil.Error):
            process.kill()


def _processes(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.Error:
        return []
