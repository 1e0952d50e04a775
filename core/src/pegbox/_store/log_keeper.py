"""Moves the write-ahead log into the file, away from the thread that decides.

Moving means waiting for the disk. A thread with a connection of its own does it about once a
second while there is something to move, so that an answer never waits, and a power cut costs
about a second.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Final

__all__ = ["LogKeeper", "move_log"]

_logger = logging.getLogger("pegbox")

_PERIOD_S: Final = 1.0

#: Pages. Under steady load the log is never moved whole, so it is never begun anew and grows;
#: past this the writer moves the little that is left, which costs it one short wait.
_LONG: Final = 16_384


class LogKeeper:
    """A thread that checkpoints an SQLite file in WAL mode.

    Args:
        path: The file.

    Attributes:
        log_is_long: Whether the writer should move the rest; reset by who does it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = threading.Event()
        self._closing = threading.Event()
        self.log_is_long = False
        self._failed = False
        self._thread = threading.Thread(target=self._keep, name="pegbox-store", daemon=True)
        self._thread.start()

    def note_written(self) -> None:
        """Something was committed."""
        if not self._written.is_set():
            self._written.set()

    def close(self) -> None:
        """End the thread; what is in the log stays there."""
        self._closing.set()
        self._written.set()
        self._thread.join()

    def _keep(self) -> None:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = NORMAL")
            while not self._closing.is_set():
                self._written.wait()
                if self._closing.wait(_PERIOD_S):
                    return
                self._written.clear()
                self._move(db)

    def _move(self, db: sqlite3.Connection) -> None:
        try:
            self.log_is_long = move_log(db) > _LONG
        except sqlite3.Error as error:
            # Nothing is lost by it: the log holds all that the file lacks.
            if not self._failed:
                _logger.warning("%s: its log could not be moved into it: %s", self._path, error)
            self._failed = True


def move_log(db: sqlite3.Connection) -> int:
    """Move what can be moved without waiting for anyone; answers the log's length in pages."""
    _, length, _ = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return int(length)
