"""The store's file: made whole, opened for writing, left as one plain file; and its errors."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from pegbox._store.meta import ExperimentMeta, write_meta
from pegbox._store.schema import APPLICATION_ID, FILE_NAME, SCHEMA, VERSION
from pegbox.errors import ExperimentExists, StoreError
from pegbox.nearest import nearest_name

__all__ = ["connect", "fold_log", "make_file", "missing_store", "refuse_existing", "unwritable"]


def missing_store(folder: Path) -> StoreError:
    """The error for a folder without an experiment; names a neighbour with a like name."""
    neighbours = (
        [entry.name for entry in folder.parent.iterdir() if (entry / FILE_NAME).is_file()]
        if folder.parent.is_dir()
        else []
    )
    near = nearest_name(folder.name, neighbours)
    hint = "Give the folder of an experiment, as `experiment_path` tells it."
    return StoreError(
        f"there is no experiment in {folder}: it has no file {FILE_NAME}",
        path=str(folder),
        hint=f"Did you mean {folder.parent / near}?" if near else hint,
    )


def unwritable(folder: Path, error: Exception) -> StoreError:
    return StoreError(
        f"the experiment's folder {folder} cannot be written: {error}",
        path=str(folder),
        hint="Choose another folder with RunConfig(storage_path=...), or mend its permissions.",
    )


def refuse_existing(folder: Path) -> None:
    """Never write into what another run has made.

    Raises:
        ExperimentExists: The folder has an experiment.
    """
    if not (folder / FILE_NAME).exists():
        return
    raise ExperimentExists(
        f"there is an experiment in {folder} already",
        path=str(folder),
        hint=f'Go on with it with Tuner.restore("{folder}", ...), '
        "or give the new one another name.",
    )


def make_file(path: Path, meta: ExperimentMeta) -> None:
    """Write a whole new file aside, then give it its name."""
    refuse_existing(path.parent)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    db = sqlite3.connect(draft, isolation_level=None)
    try:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.executescript(f"BEGIN; {SCHEMA}")
        write_meta(db, meta)
        db.execute("COMMIT")
    finally:
        db.close()
    os.replace(draft, path)


def connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    # `LogKeeper` moves the log.
    db.execute("PRAGMA wal_autocheckpoint = 0")
    return db


def fold_log(db: sqlite3.Connection) -> None:
    """Make it one plain file, which also opens where nothing can be written.

    While somebody reads it the log has to stay; it is complete all the same.
    """
    db.execute("PRAGMA busy_timeout = 500")
    try:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError:
        return
