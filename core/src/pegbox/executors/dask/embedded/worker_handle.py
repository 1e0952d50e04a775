"""The driver's end of one worker process: start it, tell it whom to join, kill it, see it end.

Which processes there should be is decided in `pegbox.executors.dask.embedded.cluster`; the other
end is `pegbox.executors.dask.embedded.worker_process`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pegbox import scratch
from pegbox._processes.dependent_process import start, tell
from pegbox._processes.exit_cause import ExitCause
from pegbox._processes.orphan_guard import kill_group, kill_marked
from pegbox.executors.dask.embedded.launchpad import MARKER, Launchpad

__all__ = ["WorkerHandle"]


@dataclass(eq=False)
class WorkerHandle:
    """One worker process, from start to end.

    Attributes:
        name: The worker's name at the scheduler; unique in the cluster.
        place: Which of the cluster's workers it is; a replacement takes the same place.
        address: At the scheduler; empty until it has joined.
        cause: Why it ended; None while it runs.
        ended_by_us: The cluster itself has killed it.
    """

    name: str
    place: int
    pad: Launchpad
    address: str = ""
    cause: ExitCause | None = None
    ended_by_us: bool = False
    _process: subprocess.Popen[bytes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        marker = f"{self.pad.token}-{self.name}."
        own = {MARKER: marker, scratch.VARIABLE: str(self.pad.folder)}
        self._process = start(
            "pegbox.executors.dask.embedded.worker_process",
            {**self.pad.environments[self.place], **own},
            cwd=self.pad.cwd,
        )
        self._marker = f"{MARKER}={marker}".encode()
        tell(
            self._process,
            parent=os.getpid(),
            sys_path=self.pad.sys_path,
            failure_file=str(self._failure_file),
        )

    @property
    def pid(self) -> int:
        """Process id, which is the id of its group too."""
        return self._process.pid

    @property
    def _failure_file(self) -> Path:
        return self.pad.folder / f"{self.name}.txt"

    def connect(self, order: Mapping[str, Any]) -> None:
        """Tell it whom to join."""
        tell(self._process, name=self.name, folder=str(self.pad.folder), **order)

    def kill(self) -> None:
        """Kill the process and its group at once."""
        if self._process.returncode is None:
            kill_group(self.pid)

    def wait(self) -> int:
        """Wait until the process has ended, and end what it has left behind.

        Returns:
            The return code; negative for a signal.
        """
        code = self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
        kill_group(self.pid)
        kill_marked(self._marker)
        return code

    def failure(self) -> str:
        """Why it could not start, as far as it could tell."""
        try:
            return self._failure_file.read_text()
        except OSError:
            return ""
