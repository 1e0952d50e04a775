"""Whether a driver works on an experiment right now, for who only reads: nothing is touched.

Drivers keep each other away by locks (`pegbox._store.lock`); those cannot be tried
without getting in the way of a driver that is just starting.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from pathlib import Path

import psutil

from pegbox._store.driver_note import STALE_PERIODS, DriverNote, read_note
from pegbox._store.home import find_home
from pegbox.errors import PegboxError

__all__ = ["files_open_in", "living_driver"]


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
        return note if note.runs_here and _holds_lock(note, folder, run) else None
    age_s = time.time() - note.heartbeat
    return note if age_s < STALE_PERIODS * note.sync_period_s else None


def files_open_in(driver: DriverNote) -> set[Path] | None:
    """The files that a driver's process has open; None where that cannot be told.

    So it is with processes of other machines and of other users.
    """
    if driver.host != socket.gethostname():
        return None
    try:
        return {Path(file.path) for file in psutil.Process(driver.pid).open_files()}
    except psutil.NoSuchProcess:
        return set()
    except psutil.AccessDenied:
        return None


def _holds_lock(driver: DriverNote, folder: Path, run: str) -> bool:
    """Whether it has the lock file open: a copied folder has a note too, but no lock."""
    files = files_open_in(driver)
    if files is None:
        return True
    with suppress(PegboxError):
        return (find_home(folder, run).live / "driver.lock").resolve() in files
    return True
