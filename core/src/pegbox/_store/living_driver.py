"""Whether a driver works on an experiment right now, for who only reads: nothing is touched.

Drivers keep each other away by locks and claims (`pegbox._store.lock`); those cannot be tried
without getting in the way of a driver that is just starting.
"""

from __future__ import annotations

import socket
import time
from pathlib import Path

import psutil

from pegbox._store.driver_note import STALE_PERIODS, DriverNote, read_note
from pegbox._store.home import find_home
from pegbox.errors import PegboxError

__all__ = ["living_driver"]


def living_driver(folder: Path, run: str) -> DriverNote | None:
    """The driver that works on an experiment, or None.

    On this machine that is certain, but for processes of other users; of another machine the
    last sign of life counts.

    Args:
        folder: The experiment's folder, absolute.
        run: The run's 5 hex digits.
    """
    note = read_note(folder)
    if note is None or note.run not in ("", run):
        return None
    if note.host == socket.gethostname():
        return note if note.runs_here and _holds_lock(note.pid, folder, run) else None
    age_s = time.time() - note.heartbeat
    return note if age_s < STALE_PERIODS * note.sync_period_s else None


def _holds_lock(pid: int, folder: Path, run: str) -> bool:
    """Whether a process has the lock file open: a copied folder has a note too, but no lock."""
    try:
        lock = (find_home(folder, run).live / "driver.lock").resolve()
        return any(Path(file.path) == lock for file in psutil.Process(pid).open_files())
    except psutil.NoSuchProcess:
        return False
    except (psutil.AccessDenied, PegboxError):
        return True
