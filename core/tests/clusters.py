"""Dask clusters in processes of their own, as a user's would be; for tests."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

PATIENCE_S = 60

# A process in which pegbox is not installed, whatever its environment has.
WITHOUT_PEGBOX = """
import sys
class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "pegbox":
            raise ModuleNotFoundError("No module named 'pegbox'", name="pegbox")
sys.meta_path.insert(0, NotInstalled())
"""
_SCHEDULER = """
import asyncio, sys
from distributed import Scheduler
async def serve():
    port = int(sys.argv[1])
    async with Scheduler(host="127.0.0.1", port=port, dashboard=False) as scheduler:
        print(scheduler.address, flush=True)
        await scheduler.finished()
asyncio.run(serve())
"""
_WORKER = """
import asyncio, json, sys
from distributed import Worker
async def serve():
    options = {"nthreads": 1, "memory_limit": 0, **json.loads(sys.argv[3])}
    async with Worker(sys.argv[1], name=sys.argv[2], **options) as worker:
        print(worker.address, flush=True)
        await worker.finished()
asyncio.run(serve())
"""
_ENVIRONMENT = {"DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False", "PYTHONUNBUFFERED": "1"}


def wait_until(condition: Callable[[], Any], what: str = "", timeout_s: float = PATIENCE_S) -> Any:
    """What the condition answers as soon as that is true."""
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"waited in vain {what}"
        pause.wait(0.05)
    return answer


@contextlib.contextmanager
def run_python(
    program: str, *arguments: str, cwd: Any = None, environment: Mapping[str, str] = {}
) -> Iterator[subprocess.Popen[str]]:
    """A Python process with a process group of its own, killed in the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**os.environ, **_ENVIRONMENT, **environment},
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def first_line(process: subprocess.Popen[str]) -> str:
    """What a process prints first."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line, f"the process ended with {process.wait()}"
    return line


@contextlib.contextmanager
def scheduler_without_pegbox() -> Iterator[str]:
    """A scheduler in a process that cannot import pegbox; its address."""
    with scheduler_process() as process:
        yield first_line(process)


def scheduler_process(port: int = 0) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
    """Its process; the first line that it prints is its address."""
    return run_python(WITHOUT_PEGBOX + _SCHEDULER, str(port))


@contextlib.contextmanager
def lone_worker(
    scheduler: str,
    name: str,
    *,
    pegbox: bool = True,
    program: str = "",
    environment: Mapping[str, str] = {},
    **options: Any,
) -> Iterator[subprocess.Popen[str]]:
    """A worker that no nanny watches; its process.

    Args:
        scheduler: Address to join. ``name``: the worker's.
        pegbox: Whether it can import pegbox.
        program: Runs first in its process.
        environment: Variables of its process.
        **options: For `distributed.Worker`; one thread unless it is said.
    """
    before = program if pegbox else WITHOUT_PEGBOX + program
    arguments = (scheduler, name, json.dumps(options))
    with run_python(before + _WORKER, *arguments, environment=environment) as process:
        first_line(process)
        yield process


def tasks_on(client: Any) -> list[str]:
    """Keys of the tasks that a cluster's scheduler knows."""
    return list(client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.tasks)))
