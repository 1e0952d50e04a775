"""The Dask cluster that pegbox starts when it is given none: which worker processes there are.

A scheduler in the driver's process, and processes of one worker each, which are started with a
plain command (never by multiprocessing, which would run an unguarded script again), watched, and
replaced when they die. Slots and trials are not known here. Importing this module does not import
distributed, so that the processes can be started before the driver imports it.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pegbox._processes.exit_cause import ExitCause, explain_exit
from pegbox._processes.guard_handle import GuardHandle
from pegbox.errors import ConfigError, RunError
from pegbox.executors.dask.embedded.launchpad import MARKER, Launchpad, make_launchpad
from pegbox.executors.dask.embedded.worker_handle import WorkerHandle
from pegbox.executors.dask.prospects import FixedProspects
from pegbox.executors.dask.shipped.oom_counter import read_oom_kills

if TYPE_CHECKING:
    from distributed import Client, Scheduler

    from pegbox.executors.dask.embedded.local_scheduler import LocalScheduler

__all__ = ["EmbeddedCluster"]

_EARLY_DEATHS: Final = 3
_KILLED_WITHIN_S: Final = 5.0


class EmbeddedCluster:
    """Worker processes on this machine, with a scheduler in this process.

    Every method may be called from any thread, also beside a running event loop.

    Args:
        n_workers: How many worker processes.
        threads_per_worker: Tasks that each runs at once.
        cpus_per_worker: Cores that a trial there may use; rounded up, the number of BLAS threads.
        resources: What each worker advertises to Dask, by name.
        tls: Whether connections are encrypted, with a certificate that lives in memory. Without,
            any user of this machine can run code as you through the scheduler's port.
        environments: Environment variables for each worker, by place; a replacement takes over
            the place of the one that died. May be shorter than ``n_workers``.
        on_worker_exit: Called with address and cause when a worker that had joined has ended; from
            a thread of the cluster.

    Raises:
        ConfigError: A number is too small, or there are more environments than workers.
    """

    outlives_run = False
    against_sharing = "let all trials ask for as many cores (with_resources)"

    def __init__(
        self,
        n_workers: int,
        threads_per_worker: int = 1,
        cpus_per_worker: float = 1,
        resources: Mapping[str, float] | None = None,
        tls: bool = True,
        *,
        environments: Sequence[Mapping[str, str]] = (),
        on_worker_exit: Callable[[str, ExitCause], None] | None = None,
    ) -> None:
        _check(n_workers, threads_per_worker, environments)
        self._n_workers = n_workers
        self._threads = threads_per_worker
        self._cpus = cpus_per_worker
        self._resources = dict(resources or {})
        self._tls = tls
        self._environments = environments
        self._on_worker_exit = on_worker_exit
        self._on_failure: Callable[[RunError], None] | None = None

        self._changed = threading.Condition()  # guards all that follows
        self._pad: Launchpad | None = None
        self._guard: GuardHandle | None = None
        self._local: LocalScheduler | None = None
        self._order: dict[str, Any] | None = None
        self._running: dict[str, WorkerHandle] = {}  # by name
        self._joined: dict[str, WorkerHandle] = {}  # by address, those that ended included
        self._launches = 0
        self._early_deaths = 0
        self._oom_kills = 0
        self._failure: RunError | None = None
        self._serving = False
        self._closed = False

    @property
    def client(self) -> Client:
        """The client that `start` has connected."""
        return self._started().client

    @property
    def scheduler(self) -> Scheduler:
        """The scheduler; to be touched on its loop's thread only."""
        return self._started().scheduler

    def _started(self) -> LocalScheduler:
        if self._local is None:
            raise RunError("the embedded cluster has not been started")
        return self._local

    @property
    def cpus_per_worker(self) -> float:
        """Cores that a trial on a worker may use."""
        return self._cpus

    @property
    def resources(self) -> Mapping[str, float]:
        """What each worker advertises to Dask, by name."""
        return self._resources

    def shared_folder(self) -> Path:
        """A folder that every worker can read; gone at the end.

        Starts the worker processes, as `prestart` does.
        """
        self.prestart()
        assert self._pad is not None
        return self._pad.folder

    def prospects(self) -> FixedProspects:
        """Others come only in the place of those that end."""
        return FixedProspects(self._n_workers)

    def pids(self) -> dict[str, int]:
        """Process id of each worker that has joined and runs, by address."""
        with self._changed:
            return {w.address: w.pid for w in self._running.values() if w.address}

    def prestart(self) -> None:
        """Start the worker processes, which then import while the caller does other things.

        Does nothing the second time. `start` does it too.
        """
        try:
            with self._changed:
                if self._pad is None and not self._closed:
                    self._start_processes()
        except BaseException:
            self.close(0)
            raise

    def start(self, timeout_s: float = 60.0) -> Client:
        """Start the scheduler, and wait for the first worker; the others join as they come.

        Args:
            timeout_s: How long to wait for the first worker.

        Returns:
            A synchronous client, which is not made Dask's default.

        Raises:
            RunError: No worker could be started, or the cluster is closed.
        """
        if self._closed:
            raise RunError("the embedded cluster is closed")
        if self._local:
            return self.client
        self.prestart()
        try:
            self._connect()
            self._wait_for_first(timeout_s)
        except BaseException:
            self.close(0)
            raise
        return self.client

    def exit_cause(self, worker: str, timeout_s: float) -> ExitCause | None:
        """Why the process behind an address has ended; waits until that is known.

        Args:
            worker: Its address as the scheduler has it, also of a worker that is gone.
            timeout_s: How long to wait.

        Returns:
            The cause, or None where the process still runs when the time is over, or is not one
            of this cluster's.
        """

        def cause() -> ExitCause | None:
            handle = self._joined.get(worker)
            return handle.cause if handle else None

        with self._changed:
            return self._changed.wait_for(cause, timeout_s)

    def restart_worker(self, worker: str) -> None:
        """Kill a worker's process and all it has started; a new one takes its place.

        A worker that is gone already is no error.
        """
        with self._changed:
            handle = self._joined.get(worker)
            if handle and handle.cause is None:
                handle.ended_by_us = True
                handle.kill()

    def end_process(self, worker: str, pid: int) -> None:
        """Kill a process that a worker has started, and all it has started; the worker goes on."""
        from pegbox.executors.dask.shipped.worker_end import kill_tree

        kill_tree(pid)

    def report_failure_to(self, callback: Callable[[RunError], None]) -> None:
        """Have a callback told, once, when workers cannot be started any more.

        Args:
            callback: Called from a thread of the cluster; at once where that has happened already.
                What happens before `start` has returned is raised there instead.
        """
        with self._changed:
            self._on_failure = callback
            failure = self._failure if self._serving else None
        if failure:
            callback(failure)

    def close(self, grace_s: float = 1.0) -> None:
        """End all processes; may be called twice, and in any state.

        Args:
            grace_s: How long workers may take to end in good order, a running task included,
                before they are killed.
        """
        with self._changed:
            if self._closed:
                return
            self._closed = True
        atexit.unregister(self._close_at_exit)
        deadline = time.monotonic() + grace_s
        try:
            self._kill(lambda worker: grace_s <= 0 or not worker.address)
            if self._local:
                self._local.close()
            self._wait_for_end(deadline - time.monotonic())
        finally:
            self._kill(lambda worker: True)
            self._wait_for_end(_KILLED_WITHIN_S)
            if self._guard:
                self._guard.finish()

    # Start

    def _start_processes(self) -> None:
        self._oom_kills = read_oom_kills() or 0
        self._pad = make_launchpad(self._n_workers, self._cpus, self._environments)
        folders = [self._pad.folder]
        self._guard = GuardHandle(f"{MARKER}={self._pad.token}-", folders)
        for place in range(self._n_workers):
            self._launch(self._pad, self._guard, place)

    def _launch(self, pad: Launchpad, guard: GuardHandle, place: int) -> None:
        self._launches += 1
        worker = WorkerHandle(f"pegbox-{self._launches}", place, pad)
        self._running[worker.name] = worker
        guard.add(worker.pid)
        if self._order:
            worker.connect(self._order)
        threading.Thread(
            target=self._watch, args=(worker, pad, guard), name=f"{worker.name}-watch", daemon=True
        ).start()

    def _connect(self) -> None:
        from pegbox.executors.dask.embedded.local_scheduler import LocalScheduler

        atexit.register(self._close_at_exit, os.getpid())
        self._local = LocalScheduler(self._on_join, tls=self._tls)
        order = {"nthreads": self._threads, "resources": self._resources, **self._local.order()}
        with self._changed:
            self._order = order
            for worker in self._running.values():
                worker.connect(order)

    def _wait_for_first(self, timeout_s: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._failure or self._joined, timeout_s)
            self._serving = bool(self._joined)
        if not self._serving:
            raise self._failure or RunError(
                f"no worker process has joined the cluster within {timeout_s:g} s",
                hint="Is the machine overloaded, or the disk that Python lives on very slow?",
            )

    # Watch

    def _on_join(self, name: str, address: str) -> None:
        with self._changed:
            worker = self._running.get(name)
            if worker is None:  # it died on the way, or is a stranger
                return
            worker.address = address
            self._joined[address] = worker
            self._early_deaths = 0
            self._changed.notify_all()

    def _watch(self, worker: WorkerHandle, pad: Launchpad, guard: GuardHandle) -> None:
        returncode = worker.wait()
        failure = None
        with self._changed:
            cause = worker.cause = self._explain(worker, returncode)
            self._running.pop(worker.name)
            guard.remove(worker.pid)
            if not self._closed and not self._failure:
                failure = self._failure = self._replace(worker, cause, pad, guard)
            self._changed.notify_all()
            told = self._serving and not self._closed
            on_failure = self._on_failure  # one that is set from here on is told when it is set
        if told and worker.address and self._on_worker_exit:
            self._on_worker_exit(worker.address, cause)
        if told and failure and on_failure:
            on_failure(failure)

    def _explain(self, worker: WorkerHandle, returncode: int) -> ExitCause:
        before, self._oom_kills = self._oom_kills, read_oom_kills() or 0
        if worker.ended_by_us or self._closed:
            return ExitCause(False, "ended by pegbox")
        return explain_exit(returncode, oom_kills=self._oom_kills - before)

    def _replace(
        self, worker: WorkerHandle, cause: ExitCause, pad: Launchpad, guard: GuardHandle
    ) -> RunError | None:
        """Start another in its place, or say why not."""
        if not worker.address:
            self._early_deaths += 1
        if self._early_deaths >= _EARLY_DEATHS:
            return RunError(
                f"{self._early_deaths} worker processes in a row ended before they had joined the "
                f"cluster; the last one {cause.message}",
                story=worker.failure().splitlines(),
            )
        try:
            self._launch(pad, guard, worker.place)
        except OSError as error:
            return RunError(f"no worker process can be started: {error}")
        return None

    # End

    def _kill(self, which: Callable[[WorkerHandle], bool]) -> None:
        with self._changed:
            for worker in filter(which, self._running.values()):
                worker.kill()

    def _wait_for_end(self, timeout_s: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._running, max(0.0, timeout_s))

    def _close_at_exit(self, pid: int) -> None:
        if os.getpid() == pid:  # not in a fork of the driver
            self.close(0)


def _check(
    n_workers: int, threads_per_worker: int, environments: Sequence[Mapping[str, str]]
) -> None:
    for name, number in {
        "n_workers": n_workers,
        "threads_per_worker": threads_per_worker,
    }.items():
        if number < 1:
            raise ConfigError(f"{name} must be at least 1, got {number!r}")
    if len(environments) > n_workers:
        raise ConfigError(
            f"environments must be at most one for each of {n_workers} workers, "
            f"got {len(environments)}"
        )
