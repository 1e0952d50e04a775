"""Which file an experiment is gone on from, where its folder only has snapshots.

On the machine whose driver died the live file knows most; everywhere else the snapshot does.
"""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from pegbox._store.folder_lock import TOKEN_NAME
from pegbox._store.home import Home, find_home
from pegbox._store.lineage import goes_on_from, was_cut_off
from pegbox._store.meta import read_run
from pegbox._store.migrations import STEPS, Step, migrate_file
from pegbox._store.read_connection import open_file
from pegbox._store.schema import FILE_NAME
from pegbox._store.snapshots import copy_whole

__all__ = ["clear_live", "home_of", "is_behind", "note_caught_up", "prepare"]

_logger = logging.getLogger("pegbox")

#: Marks a live file that was made of a snapshot and may lack what its driver knew.
_BEHIND: Final = "behind"


def home_of(folder: Path) -> Home:
    """Where the files of an experiment lie that exists already.

    Raises:
        ConfigError, StoreError: As for `find_home`, or it cannot be read.
    """
    with ExitStack() as closing:
        return find_home(folder, read_run(open_file(folder / FILE_NAME, closing)))


def prepare(home: Home, steps: Mapping[int, Step] = STEPS) -> None:
    """Have a live file of the present schema version; to be called by who holds the lock.

    Args:
        home: The experiment's places; the folders exist.
        steps: The migrations.

    Raises:
        StoreError, OSError, sqlite3.Error: It cannot be had.
    """
    if home.apart:
        _choose(home, steps)
    kept = migrate_file(home.file, steps)
    if kept is not None and home.apart:
        shutil.copyfile(kept, home.folder / kept.name)
        kept.unlink()


def is_behind(home: Home) -> bool:
    """Whether the live file may lack what the driver before knew."""
    return home.apart and (home.live / _BEHIND).exists()


def note_caught_up(home: Home) -> None:
    """All that can be known beyond the snapshot has been stored."""
    (home.live / _BEHIND).unlink(missing_ok=True)


def clear_live(home: Home) -> None:
    """Remove the live file; the folder's snapshot has everything. Leaves the lock."""
    for ending in ("", "-wal", "-shm"):
        home.file.with_name(FILE_NAME + ending).unlink(missing_ok=True)
    for name in (_BEHIND, TOKEN_NAME):
        (home.live / name).unlink(missing_ok=True)


def _choose(home: Home, steps: Mapping[int, Step]) -> None:
    with ExitStack() as closing:
        snapshot = open_file(home.snapshot, closing, steps)
        if home.file.is_file():
            if _knows_more(home, snapshot, steps):
                return
            _logger.warning(
                "the experiment in %s was gone on with on another machine; what only this one "
                "knew of it no longer counts",
                home.folder,
            )
        _make_live(home, snapshot)


def _knows_more(home: Home, snapshot: sqlite3.Connection, steps: Mapping[int, Step]) -> bool:
    with ExitStack() as closing:
        return goes_on_from(open_file(home.file, closing, steps), snapshot)


def _make_live(home: Home, snapshot: sqlite3.Connection) -> None:
    """A live file of the snapshot; the mark comes first, and the name last."""
    for ending in ("", "-wal", "-shm"):
        home.file.with_name(FILE_NAME + ending).unlink(missing_ok=True)
    if was_cut_off(snapshot):
        (home.live / _BEHIND).touch()
    else:
        note_caught_up(home)
    draft = home.live / f"{FILE_NAME}.new"
    copy_whole(snapshot, draft)
    os.replace(draft, home.file)
