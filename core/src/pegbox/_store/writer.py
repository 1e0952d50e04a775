"""The store as its driver uses it: append events, replay them, keep components' states.

Where the experiment's folder is on a network, the file is elsewhere, and the folder gets snapshots.
One `Store` is used by one thread at a time. It does not know what events mean beyond their keys.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from pegbox._engine.rows import COLUMNS, DecodeConfig, Row, from_row, to_row
from pegbox._store.home import Home, find_home
from pegbox._store.lock import DriverLock
from pegbox._store.log_keeper import LogKeeper, move_log
from pegbox._store.meta import Epoch, ExperimentMeta, read_epochs, read_meta
from pegbox._store.schema import FILE_NAME
from pegbox._store.snapshots import SYNC_PERIOD_S, Snapshots
from pegbox._store.store_file import (
    connect,
    fold_log,
    make_file,
    missing_store,
    refuse_existing,
    unwritable,
)
from pegbox._store.taking_up import clear_live, home_of, is_behind, note_caught_up, prepare
from pegbox._store.trial_index import ReportKey, TrialIndex
from pegbox.errors import StoreError
from pegbox.events import Event, PlaceOpened, RunEnded
from pegbox.jsonvalue import dumps, loads
from pegbox.usage import Usage

__all__ = ["Store"]

_logger = logging.getLogger("pegbox")


def _marks(width: int) -> str:
    return ", ".join("?" * width)


# An event is written once, and never replaced.
_INSERT_EVENT: Final = f"INSERT INTO events VALUES ({_marks(len(COLUMNS))})"
_PUT_TRIAL: Final = f"INSERT OR REPLACE INTO trials VALUES ({_marks(10)})"
_PUT_PLACE: Final = "INSERT OR REPLACE INTO places VALUES (?, ?)"
_PUT_COMPONENT: Final = "INSERT OR REPLACE INTO components VALUES (?, ?, ?)"
_PUT_USAGE: Final = "UPDATE epochs SET usage = ? WHERE epoch = (SELECT max(epoch) FROM epochs)"
_END_EPOCH: Final = (
    "UPDATE epochs SET ended = ?, how = ?, reason = ? WHERE epoch = (SELECT max(epoch) FROM epochs)"
)


class Store:
    """An experiment's store, open for writing. Made by `create` and `open`.

    Attributes:
        folder: The experiment's folder, absolute.
        meta: What was fixed when the experiment was created.
    """

    def __init__(self, home: Home, lock: DriverLock, db: sqlite3.Connection) -> None:
        self.folder = home.folder
        self._home = home
        self._path = home.file
        self._lock = lock
        self._db = db
        self._closed = False
        self.meta: ExperimentMeta = read_meta(self._db)
        self._index = TrialIndex(self._report_key)
        #: Rows of the batch that is being appended; their ``seq`` begins after ``_seq``.
        self._rows: list[Row] = []
        self._seq = 0
        self._reload()
        self._keeper = LogKeeper(self._path)
        self._snapshots = Snapshots(home, lock.between_machines) if lock.between_machines else None

    @classmethod
    def create(
        cls,
        folder: str | os.PathLike[str],
        meta: ExperimentMeta,
        *,
        sync_period_s: float = SYNC_PERIOD_S,
    ) -> Store:
        """Make a new experiment; its folder is made where it is missing.

        Args:
            sync_period_s: Seconds between snapshots, where the folder is on a network.

        Raises:
            ExperimentExists: The folder has an experiment.
            ExperimentLocked: Another driver works in the folder.
            StoreError: The folder cannot be written.
        """
        place = Path(folder).absolute()
        refuse_existing(place)
        # The folder decides where the live file goes, so what is above it has to be there.
        _make_folder(place)
        home = find_home(place, meta.run)
        return cls._locked(home, lambda: _make_new(home, meta), sync_period_s)

    @classmethod
    def open(cls, folder: str | os.PathLike[str], *, sync_period_s: float = SYNC_PERIOD_S) -> Store:
        """Take up an experiment, to go on with it. A file of an older release is migrated.

        Args:
            sync_period_s: As for `create`.

        Raises:
            ExperimentLocked: Another driver works on it.
            StoreError: There is none in the folder, it cannot be written, or a newer release
                wrote it.
        """
        place = Path(folder).absolute()
        if not (place / FILE_NAME).is_file():
            raise missing_store(place)
        home = home_of(place)
        return cls._locked(home, lambda: prepare(home), sync_period_s)

    @classmethod
    def _locked(cls, home: Home, make: Callable[[], object], sync_period_s: float) -> Store:
        with ExitStack() as undo:
            try:
                home.make()
                lock = DriverLock(home, sync_period_s)
                undo.callback(lock.release)
                lock.acquire()
                make()
                db = connect(home.file)
                undo.callback(db.close)
                store = cls(home, lock, db)
                undo.callback(store._stop_threads)
                if store._snapshots is not None and not home.snapshot.exists():
                    store._snapshots.take()
            except (OSError, sqlite3.Error) as error:
                raise unwritable(home.folder, error) from error
            undo.pop_all()
            return store

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except StoreError as fault:
            if error is None:
                raise
            # What went wrong before it is what the user has to hear.
            if fault is not error:
                _logger.error("%s", fault)

    # ------------------------------------------------------------------ epochs

    @property
    def epochs(self) -> list[Epoch]:
        """All starts of the experiment, the first one first."""
        return read_epochs(self._db)

    def begin_epoch(
        self,
        *,
        started: float,
        host: str,
        pid: int,
        versions: Mapping[str, str],
        settings: Mapping[str, Any],
    ) -> int:
        """Record a start; see `Epoch` for the arguments.

        Returns:
            The epoch's number: 1 for a fresh run, one more for each restore.

        Raises:
            StoreError: It could not be stored, or not be made known in the folder.
        """
        cursor = self._write(
            "an epoch",
            "INSERT INTO epochs(started, host, pid, versions, settings) VALUES (?, ?, ?, ?, ?)",
            (started, host, pid, dumps(dict(versions)), dumps(dict(settings))),
        )
        assert cursor.lastrowid is not None
        if self._snapshots is not None:
            self._snapshots.begin_epoch(cursor.lastrowid)
        return cursor.lastrowid

    def save_usage(self, usage: Usage) -> None:
        """Keep where the time of the current epoch went, in place of what was kept before."""
        self._write("the account of time", _PUT_USAGE, (dumps(usage.as_data()),))

    # ------------------------------------------------------------------ events

    @property
    def seq(self) -> int:
        """Position of the last stored event; 0 before the first."""
        return self._seq

    def append(self, events: Sequence[Event]) -> None:
        """Store events that the engine accepted, all or none; it returns when they are stored.

        Raises:
            ExperimentLocked: Another driver has taken over the experiment.
            StoreError: They could not be stored, e.g. since the disk is full; none of them was.
        """
        if not events:
            return
        if self._snapshots is not None and self._snapshots.usurped is not None:
            raise self._snapshots.usurped
        try:
            self._append(events)
        except sqlite3.Error as error:
            self._undo()
            raise self._not_stored(f"{len(events)} events", error) from error
        except BaseException:
            self._undo()
            raise
        self._keeper.note_written()
        if self._keeper.log_is_long:
            self._keeper.log_is_long = False
            move_log(self._db)

    def _append(self, events: Sequence[Event]) -> None:
        rows = self._rows = []
        places, endings = [], []
        seq, apply = self._seq, self._index.apply
        for event in events:
            seq += 1
            rows.append(to_row(event, seq, apply(event, seq)))
            if isinstance(event, PlaceOpened):
                places.append((event.place, seq))
            elif isinstance(event, RunEnded):
                # It may be an exception's text, and so hold what UTF-8 has no code for.
                reason = event.reason.encode(errors="backslashreplace").decode()
                endings.append((event.at, event.how, reason))
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        db.executemany(_INSERT_EVENT, rows)
        db.executemany(_PUT_TRIAL, self._index.take_changed())
        if places:
            db.executemany(_PUT_PLACE, places)
        if endings:
            db.executemany(_END_EPOCH, endings)
        db.execute("COMMIT")
        self._seq = seq

    def _write(self, what: str, statement: str, values: tuple[Any, ...]) -> sqlite3.Cursor:
        """A statement that is a transaction of its own."""
        try:
            cursor = self._db.execute(statement, values)
        except sqlite3.Error as error:
            raise self._not_stored(what, error) from error
        self._keeper.note_written()
        return cursor

    def _not_stored(self, what: str, error: sqlite3.Error) -> StoreError:
        return StoreError(
            f"{what} could not be stored in {self._path}: {error}",
            path=str(self._path),
            hint="What was stored before is safe; make room on the disk and restore.",
        )

    def _undo(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        self._reload()

    def _reload(self) -> None:
        (self._seq,) = self._db.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
        self._rows = []
        self._index.load(self._db)

    def _report_key(self, seq: int) -> ReportKey:
        if seq > self._seq:
            row = self._rows[seq - self._seq - 1]
            return row[5], row[14]
        found = self._db.execute("SELECT iteration, previous FROM events WHERE seq = ?", (seq,))
        iteration, previous = found.fetchone()
        return iteration, previous

    def events(self, decode_config: DecodeConfig = dict) -> Iterator[Event]:
        """All events in their order, for a replay.

        Args:
            decode_config: Makes a `Suggested.config` of its ``encoded``; by itself a plain copy.
        """
        select = f"SELECT {', '.join(COLUMNS)} FROM events ORDER BY seq"
        for row in self._db.execute(select):
            yield from_row(row, decode_config)

    def kept_checkpoints(self) -> set[str]:
        """Paths of all checkpoints that were recorded and not dropped."""
        return {path for (path,) in self._db.execute("SELECT path FROM checkpoints")}

    def when_in_folder(self, action: Callable[[], object]) -> None:
        """Do something once what is stored now is in the experiment's folder too.

        Where that is on a network, this is with the next snapshot, in another thread; if it comes
        to none any more, never.

        Args:
            action: Quick.
        """
        if self._snapshots is None:
            action()
        else:
            self._snapshots.afterwards(self._seq, action)

    @property
    def is_behind(self) -> bool:
        """Whether events may be missing: the file was made of a snapshot of a driver that died."""
        return is_behind(self._home)

    def catch_up(self, events: Sequence[Event]) -> None:
        """Store what checkpoints know of the missing events; nothing is missing after that.

        Raises:
            StoreError: As for `append`.
        """
        self.append(events)
        note_caught_up(self._home)

    # -------------------------------------------------------------- components

    def save_component(self, role: str, state: Mapping[str, Any]) -> None:
        """Keep a component's state (JSON data) as it is after the last stored event.

        Args:
            role: ``"searcher"``, ``"scheduler"`` or ``"callback"`` (of all callbacks, by name).
            state: What its ``get_state`` gave.
        """
        self._write(
            f"the state of the {role}", _PUT_COMPONENT, (role, self._seq, dumps(dict(state)))
        )

    def load_component(self, role: str) -> tuple[int, dict[str, Any]] | None:
        """The state that was saved last, after the ``seq`` of the last event that it knows."""
        found = self._db.execute("SELECT seq, state FROM components WHERE role = ?", (role,))
        row = found.fetchone()
        return None if row is None else (row[0], loads(row[1]))

    # ----------------------------------------------------------------- closing

    def close(self) -> None:
        """Leave one file without a log beside it, and give back the lock. May be called twice.

        Raises:
            StoreError: The last snapshot could not be written; the live file has everything.
            ExperimentLocked: Another driver has taken over the experiment.
        """
        if self._closed:
            return
        self._closed = True
        with ExitStack() as ending:
            ending.callback(self._lock.release)
            ending.callback(self._db.close)
            self._stop_threads()
            if self._snapshots is None:
                fold_log(self._db)
            else:
                self._snapshots.close()
                self._db.close()
                clear_live(self._home)

    def _stop_threads(self) -> None:
        self._keeper.close()
        if self._snapshots is not None:
            self._snapshots.stop()


def _make_new(home: Home, meta: ExperimentMeta) -> None:
    # Again, now that the lock is held.
    refuse_existing(home.folder)
    make_file(home.file, meta)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
