"""One driver for each experiment: a file lock that dies with its process.

On a local disk the lock counts, not the note beside it: the note only says who to name in the
message. Between machines that share a folder file locks do not hold; see
`pegbox._store.folder_lock`.
"""

from __future__ import annotations

import os

from filelock import FileLock, Timeout

from pegbox._store.driver_note import NOTE_NAME, own_note, read_note
from pegbox._store.folder_lock import FolderLock, refuse_fresh
from pegbox._store.home import Home
from pegbox.errors import ExperimentLocked

__all__ = ["DriverLock"]


class DriverLock:
    """The right of one process of this machine to write an experiment's live file.

    Args:
        home: The experiment's places; the folders exist.
        sync_period_s: Seconds from one sign of life to the next, where they are apart.

    Attributes:
        between_machines: The lock of the experiment's folder, once it is held; None where this one
            is all.
    """

    def __init__(self, home: Home, sync_period_s: float) -> None:
        self._home = home
        self._sync_period_s = sync_period_s
        self.between_machines: FolderLock | None = None
        # Not thread-local: the run may be closed by another thread than the one that opened it.
        self._lock = FileLock(home.live / "driver.lock", thread_local=False)
        self._note = home.folder / NOTE_NAME

    def acquire(self) -> None:
        """Take the lock at once.

        Raises:
            ExperimentLocked: Another driver has it; host and process are named.
            OSError: The folder cannot be written.
        """
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            holder = read_note(self._home.folder) or "it has not yet said which"
            raise ExperimentLocked(
                f"another driver works on the experiment in {self._home.folder}: {holder}",
                path=str(self._home.folder),
                hint="Wait until it has ended, or end it; reading the results works meanwhile.",
            ) from None
        if self._home.apart:
            self.between_machines = FolderLock(self._home, self._sync_period_s)
            self.between_machines.acquire()
        else:
            self._write_note()

    def _write_note(self) -> None:
        aside = self._note.with_name(f"{NOTE_NAME}.{os.getpid()}.new")
        own_note(self._home.run).write(aside)
        try:
            found = read_note(self._home.folder)
            if found is not None and found.token:
                refuse_fresh(self._note, aside, found, self._sync_period_s)
            os.replace(aside, self._note)
        finally:
            aside.unlink(missing_ok=True)

    def release(self) -> None:
        """Give it back; nothing happens where it is not held."""
        if not self._lock.is_locked:
            return
        if self.between_machines is None:
            self._remove_note()
        else:
            self.between_machines.release()
        self._lock.release()

    def _remove_note(self) -> None:
        found = read_note(self._home.folder)
        if found is not None and found.names_this_process:
            self._note.unlink(missing_ok=True)
