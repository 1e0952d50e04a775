"""Whether one file of an experiment holds all that another one does.

Only columns that every schema version has are compared, so the files may be of two versions.
"""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from pegbox._store.meta import read_run

__all__ = ["goes_on_from", "was_cut_off"]

_EPOCHS: Final = "SELECT epoch, started, host, pid FROM epochs ORDER BY epoch"
_LAST: Final = "SELECT seq, at, kind FROM events ORDER BY seq DESC LIMIT 1"
_AT: Final = "SELECT seq, at, kind FROM events WHERE seq = ?"


def goes_on_from(newer: sqlite3.Connection, older: sqlite3.Connection) -> bool:
    """Whether ``newer`` holds all of ``older``'s events, and perhaps more.

    An event is written once, with its time: files that share the event at a position share all
    before it. So a file that was longer before the run was taken up elsewhere is told apart.
    """
    if read_run(newer) != read_run(older):
        return False
    epochs = _rows(older, _EPOCHS)
    if _rows(newer, _EPOCHS)[: len(epochs)] != epochs:
        return False
    last = _rows(older, _LAST)
    return not last or _rows(newer, _AT, last[0][:1]) == last


def was_cut_off(db: sqlite3.Connection) -> bool:
    """Whether the last epoch has no end, so that its driver may have known more than the file."""
    found = db.execute("SELECT ended FROM epochs ORDER BY epoch DESC LIMIT 1").fetchone()
    return found is not None and found[0] is None


def _rows(
    db: sqlite3.Connection, statement: str, values: tuple[Any, ...] = ()
) -> list[tuple[Any, ...]]:
    return db.execute(statement, values).fetchall()
