"""Snapshots of the live file in the experiment's folder, and the driver's signs of life there.

A thread with a connection of its own takes them, so that no answer waits. A snapshot is one whole
file without a log: SQLite writes it on the local disk, and plain copying brings it to the folder,
where one rename makes it the one that counts.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from pegbox._store.folder_lock import FolderLock
from pegbox._store.home import Home
from pegbox._store.lineage import goes_on_from
from pegbox._store.read_connection import open_file
from pegbox._store.schema import FILE_NAME
from pegbox.errors import ExperimentLocked, StoreError

__all__ = ["SYNC_PERIOD_S", "Snapshots", "copy_whole", "publish"]

_logger = logging.getLogger("pegbox")

#: Seconds between snapshots, where nobody says otherwise.
SYNC_PERIOD_S: Final = 60.0


class Snapshots:
    """Keeps the experiment's folder up to date.

    Args:
        home: The experiment's places; the live file exists.
        lock: Held; its period is that from the end of one snapshot to the next.

    Attributes:
        usurped: Set when another driver has taken over the experiment: nothing may be stored.
    """

    def __init__(self, home: Home, lock: FolderLock) -> None:
        self._home = home
        self._lock = lock
        self.usurped: ExperimentLocked | None = None
        self._db = sqlite3.connect(home.file, isolation_level=None, check_same_thread=False)
        self._taking = threading.Lock()
        #: SQLite's count of the changes that other connections made, as of the last snapshot.
        self._taken: int | None = None
        #: The last event that is certain to be in the last snapshot.
        self._seq = 0
        #: What waits for a snapshot that has an event: (its position, what to do), in that order.
        self._waiting: deque[tuple[int, Callable[[], object]]] = deque()
        self._failed = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="pegbox-snapshots", daemon=True)
        self._thread.start()

    def begin_epoch(self, epoch: int) -> None:
        """Make an epoch known in the folder, before any of its trials writes there.

        Raises:
            ExperimentLocked, StoreError: As for `take`.
        """
        self._lock.begin_epoch(epoch)
        self.take()

    def take(self) -> None:
        """Bring the folder up to date now.

        Raises:
            ExperimentLocked: Another driver has taken over.
            StoreError: The snapshot could not be written.
        """
        try:
            self._sync()
        except (OSError, sqlite3.Error) as error:
            raise StoreError(
                f"no snapshot could be written into {self._home.folder}: {error}",
                path=str(self._home.folder),
                hint="Make room on its disk, or mend its permissions, and start again.",
            ) from error

    def afterwards(self, seq: int, action: Callable[[], object]) -> None:
        """Do something once a snapshot has been taken that has an event; in another thread."""
        self._waiting.append((seq, action))

    def stop(self) -> None:
        """End the thread. May be called twice."""
        self._closing.set()
        self._thread.join()

    def close(self) -> None:
        """After `stop`: take the last snapshot, which has everything.

        Raises:
            ExperimentLocked: Another driver has taken over.
            StoreError: The snapshot could not be written.
        """
        try:
            if self.usurped is not None:
                raise self.usurped
            self._sync()
        except (OSError, sqlite3.Error) as error:
            raise self._not_whole(error) from error
        finally:
            self._db.close()

    def _keep(self) -> None:
        while not self._closing.wait(self._lock.sync_period_s):
            try:
                self._sync()
            except ExperimentLocked as error:
                self.usurped = error
                return
            except (OSError, sqlite3.Error, StoreError) as error:
                self._say(error)
            else:
                self._failed = False

    def _sync(self) -> None:
        """A sign of life, and a snapshot where there is news."""
        with self._taking:
            if not self._lock.check():
                self._require_own_snapshot()
            self._lock.renew()
            (changes,) = self._db.execute("PRAGMA data_version").fetchone()
            if changes != self._taken:
                (seq,) = self._db.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
                publish(self._db, self._home, self._lock)
                self._taken, self._seq = changes, seq
            while self._waiting and self._waiting[0][0] <= self._seq:
                self._waiting.popleft()[1]()

    def _require_own_snapshot(self) -> None:
        """Without a note, the snapshot tells whether somebody went on from it meanwhile."""
        if not self._home.snapshot.exists():
            return
        with ExitStack() as closing:
            if not goes_on_from(self._db, open_file(self._home.snapshot, closing)):
                raise self._lock.taken_over("it has ended since")

    def _say(self, error: Exception) -> None:
        if not self._failed:
            _logger.warning(
                "no snapshot could be written into %s: %s; it is tried again every %g s, and "
                "until then everything is kept in %s",
                self._home.folder,
                error,
                self._lock.sync_period_s,
                self._home.file,
            )
        self._failed = True

    def _not_whole(self, error: Exception) -> StoreError:
        return StoreError(
            f"the last snapshot could not be written into {self._home.folder}: {error}",
            path=str(self._home.folder),
            hint=f"Nothing is lost: {self._home.file} on this machine has everything. Make room, "
            "or mend what is wrong, and restore the experiment here.",
        )


def publish(db: sqlite3.Connection, home: Home, lock: FolderLock) -> None:
    """Bring all that a live file holds into the experiment's folder.

    Args:
        db: Reads the live file.

    Raises:
        ExperimentLocked: Another driver has taken over; its snapshot is left alone.
        OSError, sqlite3.Error: It could not be written; the one before is still there.
    """
    draft = home.live / f"{FILE_NAME}.snapshot"
    aside = home.folder / f"{FILE_NAME}.{lock.token}.new"
    copy_whole(db, draft)
    try:
        _copy(draft, aside)
        lock.check()
        # A live file was here before: its log would be taken for the snapshot's.
        for ending in ("-wal", "-shm"):
            home.snapshot.with_name(FILE_NAME + ending).unlink(missing_ok=True)
        os.replace(aside, home.snapshot)
    finally:
        aside.unlink(missing_ok=True)
        draft.unlink(missing_ok=True)


def copy_whole(db: sqlite3.Connection, path: Path) -> None:
    """Write all that a connection sees into one new file without a log."""
    path.unlink(missing_ok=True)
    db.execute("VACUUM INTO ?", (str(path),))


def _copy(source: Path, target: Path) -> None:
    """Copy bytes, and return when the disk has them."""
    with source.open("rb") as read, target.open("wb") as written:
        shutil.copyfileobj(read, written, 1 << 20)
        written.flush()
        os.fsync(written.fileno())
