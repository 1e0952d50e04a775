"""A cluster that the user gave: used as it is, and left as it was.

Its processes are watched by somebody else: by Dask's nannies, which are asked to tell how they
ended, or by nobody.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from distributed import Client
from distributed.protocol.pickle import dumps

from pegbox._processes.exit_cause import ExitCause, explain_exit
from pegbox.errors import ConfigError
from pegbox.executors.dask.by_value import ship_plugins
from pegbox.executors.dask.client_end import finish, reaching
from pegbox.executors.dask.given.force import Force
from pegbox.executors.dask.given.open_prospects import OpenProspects
from pegbox.executors.dask.given.own_task import leave_the_pool
from pegbox.executors.dask.shipped.exit_watch import (
    BOOK_NAME,
    REPORTER_NAME,
    ExitBook,
    ExitReporter,
)
from pegbox.executors.dask.shipped.mailbox import handler_name

__all__ = ["GivenCluster", "check_client", "judge_exit"]

logger = logging.getLogger("pegbox")

#: How long the nannies are waited for at the start; those that start just now are told later.
_NANNIES_WITHIN_S = 5.0
#: `distributed.process` says this where it could not find out how a process ended.
_UNKNOWN_CODE = 255


class GivenCluster:
    """The workers behind a client of the user's.

    Args:
        client: A connected, synchronous client; it stays open.

    Raises:
        ConfigError: The client cannot be used.
    """

    outlives_run = True
    against_sharing = (
        "start workers of one thread each (dask worker --nworkers N --nthreads 1, "
        "LocalCluster(n_workers=N, threads_per_worker=1)), or give a trial all threads of a worker "
        "(with_resources)"
    )

    def __init__(self, client: Client) -> None:
        check_client(client)
        self._client = client
        self._force = Force(client)

    def shared_folder(self) -> None:
        """None: nobody knows of which hosts its workers are."""

    @property
    def scheduler(self) -> Any | None:
        """The scheduler, where it lives in this process."""
        return getattr(self._client.cluster, "scheduler", None)

    def start(self) -> Client:
        """The client, once the nannies of its cluster are asked to report how workers end.

        Raises:
            OutOfReach: Its scheduler could not be asked.
        """
        leave_the_pool()
        ship_plugins()
        with reaching(self._client):
            self._client.register_plugin(ExitBook(), name=BOOK_NAME)
            self._client.sync(self._ask_nannies)
        return self._client

    def prospects(self) -> OpenProspects:
        """Whether it grows is to be found out."""
        return OpenProspects(self._client)

    async def _ask_nannies(self) -> None:
        ask = self._client.scheduler.register_nanny_plugin(
            plugin=dumps(ExitReporter()), name=REPORTER_NAME, idempotent=True
        )
        try:
            await asyncio.wait_for(ask, _NANNIES_WITHIN_S)
        except (TimeoutError, OSError) as error:
            # Without them, a trial that kills its process reads as a lost worker.
            logger.debug("not all nannies of the cluster have answered: %r", error)

    def exit_cause(self, worker: str, timeout_s: float) -> ExitCause | None:
        """Why the process behind an address ended, if it had a nanny that knows.

        Args:
            worker: Its address as the scheduler has it.
            timeout_s: How long to wait for the nanny's report.
        """
        if worker in self._force.used_on:
            self._force.used_on.discard(worker)  # another may come under its address
            return ExitCause(False, "ended by pegbox")
        try:
            news = self._client.sync(self._exit_of, worker, timeout_s)
        except (OSError, TimeoutError, RuntimeError):
            return None  # the scheduler or the client is gone as well
        return None if news is None else judge_exit(*news)

    async def _exit_of(self, worker: str, timeout_s: float) -> Any:
        call = getattr(self._client.scheduler, handler_name("exit_of"))
        return await asyncio.wait_for(call(worker=worker, wait_s=timeout_s), timeout_s + 2)

    def restart_worker(self, worker: str) -> None:
        """End a worker's process and all it has started; its nanny starts another.

        Returns at once. Of one that cannot be ended, that is said once.
        """
        self._force.end(worker)

    def end_process(self, worker: str, pid: int) -> None:
        """End a process that a worker has started, with all that it has started; returns at once.

        Args:
            worker: The worker's address.
            pid: The process, where the worker runs.
        """
        self._force.end_process(worker, pid)

    def close(self) -> None:
        """Leave everything as it is, once what is to be ended is."""
        finish(self._client, self._force.settle)


def judge_exit(code: int, over_limit: bool, oom_kills: int) -> ExitCause:
    """Judge the end of a worker process that a nanny has reported.

    Args:
        code: The exit code; negative for a signal.
        over_limit: Whether the nanny has killed it for its use of memory.
        oom_kills: By how much the ``oom_kill`` counter of its memory group has risen.
    """
    if over_limit:
        return ExitCause(True, "killed by its nanny: it used more memory than the worker may")
    if code == 0:
        # A worker that is retired, restarted or sent away ends like this.
        return ExitCause(False, "closed in good order")
    if code == _UNKNOWN_CODE:
        return ExitCause(False, "ended in a way that its nanny could not see")
    return explain_exit(code, oom_kills=oom_kills)


def check_client(client: Client) -> None:
    """Look at a client before anything is started.

    Raises:
        ConfigError: It cannot be used.
    """
    if not isinstance(client, Client):
        raise ConfigError(
            f"client must be a distributed.Client, got {type(client).__name__}",
            hint="Connect one with Client(address), or leave it out to use this machine.",
        )
    if client.asynchronous:
        raise ConfigError(
            "client is asynchronous, and fit() waits in its thread",
            hint="Connect another for pegbox: Client(address, asynchronous=False).",
        )
    if client.status != "running":
        raise ConfigError(
            f"client is not connected: its status is {client.status!r}",
            hint="Connect a new one with Client(address).",
        )
