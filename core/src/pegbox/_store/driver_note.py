"""The note `driver.json` in an experiment's folder: which process drives it.

On a local disk it only says who to name; the file lock counts. Where the experiment's folder is
on a network, file locks do not hold between machines, and the note itself is the lock: it is
written anew every sync period, and counts while it is fresh.
"""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import psutil

__all__ = ["NOTE_NAME", "STALE_PERIODS", "DriverNote", "age_s", "own_note", "read_note"]

NOTE_NAME: Final = "driver.json"

#: So many sync periods after its last note a driver counts as dead.
STALE_PERIODS: Final = 3


@dataclass(frozen=True, slots=True)
class DriverNote:
    """What a driver says of itself.

    Attributes:
        host: Its machine. ``pid``: its process there.
        run: The run's 5 hex digits.
        epoch: Which start of the experiment it is; 0 while that is not known.
        token: Names the machine's live folder, whose lock the driver holds; empty where the live
            file is in the experiment's folder. The note is then written once.
        sync_period_s: Seconds from one note to the next; 0 where it is written once.
        heartbeat: Wall time of the note, seconds since 1970, for people.
    """

    host: str
    pid: int
    run: str = ""
    epoch: int = 0
    token: str = ""
    sync_period_s: float = 0.0
    heartbeat: float = 0.0

    def __str__(self) -> str:
        return f"process {self.pid} on host {self.host}"

    @property
    def names_this_process(self) -> bool:
        """Whether it is of this process."""
        return (self.host, self.pid) == (socket.gethostname(), os.getpid())

    @property
    def runs_here(self) -> bool:
        """Whether a process of that number runs on this machine."""
        return self.host == socket.gethostname() and psutil.pid_exists(self.pid)

    def write(self, path: Path) -> None:
        """Write it to a file that nobody reads yet."""
        text = json.dumps(asdict(replace(self, heartbeat=time.time())))
        path.write_text(text, encoding="utf-8")


def own_note(run: str, token: str = "", sync_period_s: float = 0.0) -> DriverNote:
    """The note of this process; by itself that of one whose live file is in the folder."""
    return DriverNote(socket.gethostname(), os.getpid(), run, 0, token, sync_period_s)


def read_note(folder: Path) -> DriverNote | None:
    """The note in an experiment's folder, or None where there is none that can be read."""
    try:
        text = (folder / NOTE_NAME).read_text(encoding="utf-8")
        return DriverNote(**json.loads(text))
    except (OSError, ValueError, TypeError):
        return None


def age_s(note: Path, just_written: Path) -> float:
    """How old a note is, in seconds.

    Both times are those of the file server, so that the clocks of two hosts may differ.
    """
    return just_written.stat().st_mtime - note.stat().st_mtime
