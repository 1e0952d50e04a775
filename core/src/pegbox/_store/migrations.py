"""From files that older releases wrote to the present schema, without touching the old data.

A step changes the tables of one version into those of the next, on a copy. The copy takes the
file's place when all steps are done, and the old file is kept beside it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from pegbox._store.schema import APPLICATION_ID, VERSION
from pegbox.errors import StoreError

__all__ = ["STEPS", "Step", "check_version", "migrate", "migrate_file", "no_store"]

#: Changes the tables of one version into those of the next; commits nothing.
Step = Callable[[sqlite3.Connection], None]


def _keep_account_of_checkpoints(db: sqlite3.Connection) -> None:
    """To version 2: checkpoints may be dropped, and what says so is found by its trial."""
    db.execute("CREATE INDEX checkpoint_events ON events(trial) WHERE checkpoint IS NOT NULL")
    db.execute("DROP VIEW checkpoints")
    db.execute("""
CREATE VIEW checkpoints AS
SELECT trial, seq, attempt,
    json_extract(checkpoint, '$.path') AS path,
    json_extract(checkpoint, '$.iteration') AS iteration,
    json_extract(checkpoint, '$.time_total_s') AS time_total_s,
    json_extract(checkpoint, '$.size') AS size
FROM events
WHERE kind IN ('Reported', 'Ended') AND checkpoint IS NOT NULL
    AND json_extract(checkpoint, '$.path') NOT IN (
        SELECT p.value FROM events AS d, json_each(d.checkpoint) AS p
        WHERE d.kind = 'CheckpointsDropped'
    )""")


def _keep_account_of_time(db: sqlite3.Connection) -> None:
    """To version 3: each epoch says where its time went."""
    db.execute("ALTER TABLE epochs ADD COLUMN usage TEXT")


#: Version -> the step that leads from it to the next one.
STEPS: Final[Mapping[int, Step]] = {
    1: _keep_account_of_checkpoints,
    2: _keep_account_of_time,
}


def check_version(db: sqlite3.Connection, path: Path, steps: Mapping[int, Step] = STEPS) -> int:
    """The file's schema version.

    Raises:
        StoreError: It is no store, it is of a newer release, or of one too old to be read.
    """
    try:
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        raise no_store(path) from error
    if application != APPLICATION_ID:
        raise no_store(path, "an SQLite file, but not a store of pegbox")
    if version > VERSION:
        raise StoreError(
            f"{path} was written by a newer release of pegbox: its schema has version {version}, "
            f"this release knows up to {VERSION}",
            path=str(path),
            hint="Upgrade with: pip install --upgrade pegbox",
        )
    if any(step not in steps for step in range(version, VERSION)):
        raise StoreError(
            f"{path} has schema version {version}, from which no way leads to {VERSION}",
            path=str(path),
            hint="Open it once with the release of pegbox that wrote it, or one close to it.",
        )
    return int(version)


def migrate(db: sqlite3.Connection, version: int, steps: Mapping[int, Step] = STEPS) -> None:
    """Bring a copy up to `VERSION`, in one transaction."""
    db.execute("BEGIN")
    for number in range(version, VERSION):
        steps[number](db)
    db.execute(f"PRAGMA user_version = {VERSION}")
    db.execute("COMMIT")


def migrate_file(path: Path, steps: Mapping[int, Step] = STEPS) -> Path | None:
    """Bring a file up to `VERSION`; to be called by who holds the experiment's lock.

    Returns:
        Where the old file is kept, or None where nothing had to be done.

    Raises:
        StoreError: As for `check_version`.
    """
    copy = path.with_name(path.name + ".migrating")
    copy.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        version = check_version(old, path, steps)
        if version == VERSION:
            return None
        _leave_wal_mode(old, path)
        with closing(sqlite3.connect(copy, isolation_level=None)) as new:
            old.backup(new)
            migrate(new, version, steps)
    kept = path.with_name(f"{path.stem}.v{version}{path.suffix}")
    shutil.copyfile(path, kept)
    os.replace(copy, path)
    return kept


def no_store(path: Path, what: str = "no SQLite file, or a damaged one") -> StoreError:
    """The error for a file that is not what its name says."""
    return StoreError(f"{path} is {what}", path=str(path), hint="Give the folder of an experiment.")


def _leave_wal_mode(db: sqlite3.Connection, path: Path) -> None:
    """A log that the old file leaves behind would be taken for the new one's."""
    try:
        db.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        raise StoreError(
            f"{path} has to be brought up to date, but another program reads it: {error}",
            path=str(path),
            hint="Close what has it open, then try again.",
        ) from error
