"""Opens a store for reading, wherever its folder has come to lie.

The driver may be at work on it, may have died, or be of an older release; the folder may be
read-only, or only have snapshots of a live file. Nothing in it is changed.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from pegbox._store.home import find_home
from pegbox._store.lineage import goes_on_from
from pegbox._store.meta import read_run
from pegbox._store.migrations import STEPS, Step, check_version, migrate, no_store
from pegbox._store.schema import FILE_NAME, VERSION
from pegbox._store.store_file import missing_store
from pegbox.errors import StoreError

__all__ = ["open_file", "open_for_reading"]


def open_for_reading(
    folder: Path, closing: ExitStack, steps: Mapping[int, Step] = STEPS
) -> sqlite3.Connection:
    """A connection that reads.

    Args:
        folder: The experiment's folder.
        closing: Is told what to close and remove in the end.
        steps: The migrations; an older file is migrated in memory.

    Raises:
        StoreError: There is no experiment, or it cannot be read.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise missing_store(folder)
    db = open_file(path, closing, steps)
    db = _live(db, folder, closing, steps) or db
    (version,) = db.execute("PRAGMA user_version").fetchone()
    return db if version == VERSION else _migrated(db, version, closing, steps)


def open_file(
    path: Path, closing: ExitStack, steps: Mapping[int, Step] = STEPS
) -> sqlite3.Connection:
    """A connection that reads one file as it is, with its log, of whatever version.

    Raises:
        StoreError: It cannot be read, is no store, or of a version that is not known.
    """
    try:
        db = _open_in_place(path, closing) or _open_copy(path, closing)
        check_version(db, path, steps)
    except (OSError, sqlite3.OperationalError) as error:
        raise StoreError(
            f"{path} cannot be read: {error}", path=str(path), hint="Check its permissions."
        ) from error
    except sqlite3.Error as error:
        raise no_store(path) from error
    return db


def _live(
    snapshot: sqlite3.Connection, folder: Path, closing: ExitStack, steps: Mapping[int, Step]
) -> sqlite3.Connection | None:
    """The live file, where the folder has a snapshot of one that this machine keeps."""
    with suppress(OSError, StoreError, sqlite3.Error):
        home = find_home(folder, read_run(snapshot))
        if home.apart and home.file.is_file():
            live = open_file(home.file, closing, steps)
            return live if goes_on_from(live, snapshot) else None
    # It is another user's, or is put away at this moment, when the snapshot has everything.
    return None


def _open_in_place(path: Path, closing: ExitStack) -> sqlite3.Connection | None:
    db = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        db.execute("SELECT 1 FROM sqlite_master").fetchall()
    except sqlite3.OperationalError:
        # A log without its index, or a mark of one, in a folder where SQLite may not write.
        db.close()
        return None
    except BaseException:
        db.close()
        raise
    closing.callback(db.close)
    return db


def _open_copy(path: Path, closing: ExitStack) -> sqlite3.Connection:
    """The file and its log, copied to where SQLite may write."""
    place = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="pegbox_read_")))
    for name in (path.name, path.name + "-wal"):
        if path.with_name(name).exists():
            shutil.copyfile(path.with_name(name), place / name)
    db = sqlite3.connect(place / path.name, isolation_level=None)
    closing.callback(db.close)
    return db


def _migrated(
    old: sqlite3.Connection, version: int, closing: ExitStack, steps: Mapping[int, Step]
) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    closing.callback(db.close)
    old.backup(db)
    migrate(db, version, steps)
    return db
