"""One driver for each experiment: a file lock that dies with its process.

The lock counts, not the note beside it: the note only says who to name in the message.
"""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

from filelock import FileLock, Timeout

from pegbox.errors import ExperimentLocked

__all__ = ["DriverLock"]


class DriverLock:
    """The right to write into an experiment's folder.

    Args:
        folder: The experiment's folder; it exists.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Not thread-local: the run may be closed by another thread than the one that opened it.
        self._lock = FileLock(folder / "driver.lock", thread_local=False)
        self._note = folder / "driver.json"

    def acquire(self) -> None:
        """Take the lock at once.

        Raises:
            ExperimentLocked: Another driver has it; host and process are named.
        """
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise ExperimentLocked(
                f"another driver works on the experiment in {self._folder}: {self._holder()}",
                path=str(self._folder),
                hint="Wait until it has ended, or end it; reading the results works meanwhile.",
            ) from None
        note = {"host": socket.gethostname(), "pid": os.getpid()}
        self._note.write_text(json.dumps(note), encoding="utf-8")

    def release(self) -> None:
        """Give it back; nothing happens where it is not held."""
        if self._lock.is_locked:
            self._note.unlink(missing_ok=True)
            self._lock.release()

    def _holder(self) -> str:
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            return f"process {note['pid']} on host {note['host']}"
        except (OSError, ValueError, KeyError):
            return "it has not yet said which"
