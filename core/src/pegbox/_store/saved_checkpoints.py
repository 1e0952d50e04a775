"""Which checkpoints of a trial stay, and the report that each came with, from the events alone.

Whether their files are there, and whole, is not looked at.
"""

from __future__ import annotations

import sqlite3

from pegbox._engine.row_values import checkpoint_from_text
from pegbox.jsonvalue import loads
from pegbox.trial import CheckpointRecord

__all__ = ["saved_checkpoints"]

# The index `checkpoint_events` finds these.
_EVENTS = """
SELECT seq, kind, checkpoint FROM events
WHERE trial = ? AND checkpoint IS NOT NULL AND kind IN ('Reported', 'Ended', 'CheckpointsDropped')
ORDER BY seq
"""

_REPORT_BEFORE = "SELECT max(seq) FROM events WHERE trial = ? AND kind = 'Reported' AND seq < ?"


def saved_checkpoints(
    db: sqlite3.Connection, number: int
) -> list[tuple[CheckpointRecord, int | None]]:
    """A trial's checkpoints that were recorded and not dropped, as they were saved last.

    Args:
        db: Reads a store.
        number: The trial's.

    Returns:
        Each with ``seq`` of the report that it came with, or that came before it where it was
        saved at an end; None where there was none.
    """
    found: dict[str, tuple[CheckpointRecord, int | None]] = {}
    for seq, kind, text in db.execute(_EVENTS, (number,)).fetchall():
        if kind == "CheckpointsDropped":
            for path in loads(text):
                found.pop(path, None)
            continue
        record = checkpoint_from_text(text)
        assert record is not None
        if kind == "Ended":
            (seq,) = db.execute(_REPORT_BEFORE, (number, seq)).fetchone()
        found.pop(record.path, None)
        found[record.path] = record, seq
    return list(found.values())
