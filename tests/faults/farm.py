"""Workers of several kinds that come and go: started by hand, as on a cluster of one's own.

Moves are drawn from a generator. Each is one thing that happens to clusters: a worker starts, its
process is killed, its machine is gone, its nanny restarts it, it is retired, it is told to end.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from clusters import wait_until
from distributed import Client

__all__ = ["KINDS", "PATIENCE_S", "Farm", "Kind", "Worker"]

_TESTS = Path(__file__).parent.parent
_PATH = [path for path in [os.environ.get("PYTHONPATH")] if path]


@dataclass(frozen=True)
class Kind:
    """What a worker has.

    Attributes:
        resources: As its command line has them.
        nanny: Whether somebody starts it again when it dies.
    """

    threads: int
    resources: str = ""
    nanny: bool = True


#: Generous, since the machine may be busy with other things.
PATIENCE_S = 120.0
#: Together they have room for every trial.
KINDS = (
    Kind(1),
    Kind(2, "GPU=1"),
    Kind(4, "disks=2"),
    Kind(2, "GPU=2 disks=1", nanny=False),
)


@dataclass
class Worker:
    """One that was started."""

    name: str
    kind: Kind
    process: subprocess.Popen[bytes]

    def victims(self) -> list[int]:
        """Process ids of what does the work."""
        if not self.kind.nanny:
            return [self.process.pid]
        with contextlib.suppress(psutil.NoSuchProcess):
            children = psutil.Process(self.process.pid).children()
            return [child.pid for child in children if "spawn_main" in _command(child)]
        return []


def _command(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


class Farm:
    """The workers of one scheduler.

    Args:
        client: Connected to it.
        rng: Draws the moves.
        most: How many workers there are at once at most.
    """

    def __init__(self, client: Client, rng: random.Random, most: int = 5) -> None:
        self._client = client
        self._rng = rng
        self._most = most
        self._started = 0
        self.workers: dict[str, Worker] = {}
        #: Every process group that was made.
        self._groups: list[subprocess.Popen[bytes]] = []

    # ------------------------------------------------------------------ moves

    def move(self) -> str:
        """Do something; says what."""
        self._bury()
        hostile = (self.kill, self.lose, self.restart, self.retire, self.close)
        if len(self.workers) <= 1 or (len(self.workers) < self._most and self._rng.random() < 0.45):
            return f"start {self.start(self._rng.choice(KINDS)).name}"
        worker = self._rng.choice(list(self.workers.values()))
        act = self._rng.choice(hostile)
        act(worker)
        return f"{act.__name__} {worker.name}"

    def start(self, kind: Kind) -> Worker:
        """Start one; it joins when it is ready."""
        self._started += 1
        name = f"w{self._started}"
        command = [
            *(sys.executable, "-m", "distributed.cli.dask_worker"),
            *(self._client.scheduler.address, "--name", name, "--nthreads", str(kind.threads)),
            *("--memory-limit", "0", "--no-dashboard", "--death-timeout", "60"),
            *(["--resources", kind.resources] if kind.resources else []),
            *([] if kind.nanny else ["--no-nanny"]),
        ]
        process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(_TESTS), *_PATH])},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._groups.append(process)
        self.workers[name] = Worker(name, kind, process)
        return self.workers[name]

    def kill(self, worker: Worker) -> None:
        """Its process is gone; a nanny starts another."""
        if not worker.kind.nanny:
            self._leave(worker)
        for pid in worker.victims():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def lose(self, worker: Worker) -> None:
        """Its machine is gone."""
        self._leave(worker)
        self._signal_group(worker, signal.SIGKILL)

    def restart(self, worker: Worker) -> None:
        """Its nanny is asked for a fresh process."""
        address = self.addresses().get(worker.name)
        if address is not None and worker.kind.nanny:
            with contextlib.suppress(Exception):  # it may be going already
                self._client.restart_workers([address], timeout=30, raise_for_error=False)

    def retire(self, worker: Worker) -> None:
        """The scheduler sends it home."""
        address = self.addresses().get(worker.name)
        if address is not None:
            self._leave(worker)
            self._client.retire_workers([address])

    def close(self, worker: Worker) -> None:
        """It is told to end, as by a batch system whose time is over."""
        self._leave(worker)
        with contextlib.suppress(ProcessLookupError):
            worker.process.send_signal(signal.SIGTERM)

    # ---------------------------------------------------------------- looking

    def addresses(self) -> dict[str, str]:
        """Name -> address of the workers that the scheduler knows."""

        def look(dask_scheduler: Any) -> dict[str, str]:
            return {str(state.name): at for at, state in dask_scheduler.workers.items()}

        known: dict[str, str] = self._client.run_on_scheduler(look)
        return known

    def complete(self) -> dict[str, str]:
        """One worker of each kind at least, all there; their addresses by name."""
        self._bury()
        for kind in KINDS:
            if not any(worker.kind == kind for worker in self.workers.values()):
                self.start(kind)

        def all_there() -> dict[str, str]:
            self._bury()
            there = self.addresses()
            return there if set(there) == set(self.workers) else {}

        there: dict[str, str] = wait_until(all_there, "for all workers to join", PATIENCE_S)
        return there

    def end(self) -> None:
        """End every process."""
        for process in self._groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _leave(self, worker: Worker) -> None:
        """It is not counted on any more, though it may take a while to go."""
        self.workers.pop(worker.name, None)

    def _bury(self) -> None:
        """Forget the workers whose processes have ended by themselves."""
        for name, worker in list(self.workers.items()):
            if worker.process.poll() is not None:
                self._signal_group(worker, signal.SIGKILL)
                del self.workers[name]

    def _signal_group(self, worker: Worker, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(worker.process.pid, number)
