"""What the executor wants of a cluster, whoever has started it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from distributed import Client

from pegbox._processes.exit_cause import ExitCause
from pegbox.executors.dask.prospects import Prospects

__all__ = ["Cluster"]


class Cluster(Protocol):
    """Where the workers come from: the embedded cluster, or one that the user gave."""

    @property
    def scheduler(self) -> Any | None:
        """The scheduler of the client that `start` gave, where it lives in this process."""

    #: What users can do so that no trials of whole cores share a process, as a sentence's end.
    against_sharing: str
    #: Whether its workers go on when the run is over.
    outlives_run: bool

    def shared_folder(self) -> Path | None:
        """A folder of this host, where all workers are, that they can read; None otherwise."""

    def start(self) -> Client:
        """A connected client."""

    def prospects(self) -> Prospects:
        """Who judges whether other workers may come, for one run."""

    def exit_cause(self, worker: str, timeout_s: float) -> ExitCause | None:
        """Why the process behind an address ended, if that is known."""

    def restart_worker(self, worker: str) -> None:
        """End a worker's process by force, with all it has started; returns at once."""

    def end_process(self, worker: str, pid: int) -> None:
        """End a process that a worker has started, likewise; the worker goes on."""

    def close(self) -> None:
        """Give back what `start` took."""
