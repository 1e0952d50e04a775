"""The right to write into an experiment's folder that several machines can reach.

A driver writes its note anew every sync period. Who finds the note of another driver fresh stays
away; who finds that its own was replaced stops writing.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import replace
from pathlib import Path
from typing import Final

from pegbox._store.driver_note import (
    NOTE_NAME,
    STALE_PERIODS,
    DriverNote,
    age_s,
    own_note,
    read_note,
)
from pegbox._store.home import Home
from pegbox._store.schema import FILE_NAME
from pegbox.errors import ExperimentLocked

__all__ = ["TOKEN_NAME", "FolderLock", "refuse_fresh"]

#: In the live folder: what names it in the note.
TOKEN_NAME: Final = "driver.token"


class FolderLock:
    """One driver's hold on an experiment whose folder is apart from the live one.

    Args:
        home: Its places; the live folder exists, and its file lock is held.
        sync_period_s: Seconds from one note to the next.

    Attributes:
        token: Names the live folder, in the note and in names of files that are being written.
    """

    def __init__(self, home: Home, sync_period_s: float) -> None:
        self.sync_period_s = sync_period_s
        self._folder = home.folder
        self._path = home.folder / NOTE_NAME
        self.token = _token(home.live / TOKEN_NAME)
        self._note = own_note(home.run, self.token, sync_period_s)
        self._aside = home.folder / f"{NOTE_NAME}.{self.token}.new"

    def acquire(self) -> None:
        """Take hold of the experiment.

        Raises:
            ExperimentLocked: Another driver lives, or died only a moment ago.
            OSError: The folder cannot be written.
        """
        self._note.write(self._aside)
        try:
            if self._path.exists():
                # Of two that take over from a dead one, the loser hears of it at its next sign.
                self._refuse_living()
                os.replace(self._aside, self._path)
            else:
                self._put_first_note()
        finally:
            self._aside.unlink(missing_ok=True)
        self._tidy()

    def _put_first_note(self) -> None:
        try:
            with open(self._path, "x", encoding="utf-8") as file:
                file.write(self._aside.read_text(encoding="utf-8"))
        except FileExistsError:
            # Somebody else was quicker, a moment ago.
            raise _locked(self._path, read_note(self._folder), self.sync_period_s) from None

    def begin_epoch(self, epoch: int) -> None:
        """Say in the note which epoch this is, from the next `renew` on."""
        self._note = replace(self._note, epoch=epoch)

    def check(self) -> bool:
        """Make sure that no other driver's note is there.

        Returns:
            Whether the own one is. If not, somebody removed it, or took over and has ended since.

        Raises:
            ExperimentLocked: Another driver's is.
        """
        found = read_note(self._folder)
        if found is not None and found.token != self.token:
            raise self.taken_over(str(found))
        return found is not None

    def taken_over(self, by: str) -> ExperimentLocked:
        """The error for a driver that was taken for dead."""
        return ExperimentLocked(
            f"another driver has taken over the experiment in {self._folder}: {by}, after this "
            f"one gave no sign of life for {STALE_PERIODS} sync periods",
            path=str(self._folder),
            hint="This run cannot go on; what the other one found counts.",
        )

    def renew(self) -> None:
        """Give a sign of life.

        Raises:
            OSError: The folder cannot be written.
        """
        self._note.write(self._aside)
        os.replace(self._aside, self._path)

    def release(self) -> None:
        """Give it up; a folder that cannot be reached keeps the note, which grows stale."""
        with contextlib.suppress(OSError):
            found = read_note(self._folder)
            if found is not None and found.token == self.token:
                self._path.unlink(missing_ok=True)

    def _refuse_living(self) -> None:
        found = read_note(self._folder)
        # This machine's own live folder: the driver that wrote it held the lock that is held now.
        if found is not None and found.token == self.token:
            return
        if found is not None and not found.token:
            self._refuse_silent(found)
            return
        refuse_fresh(self._path, self._aside, found, self.sync_period_s)

    def _tidy(self) -> None:
        """Remove what dead drivers left half written; what is young may be a living one's."""
        left = [*self._folder.glob(f"{NOTE_NAME}.*.new"), *self._folder.glob(f"{FILE_NAME}.*.new")]
        for path in left:
            with contextlib.suppress(OSError):
                if age_s(path, self._path) > STALE_PERIODS * self.sync_period_s:
                    path.unlink()

    def _refuse_silent(self, found: DriverNote) -> None:
        """Of a driver whose live file is in the folder itself, which gives no signs of life."""
        if found.host == self._note.host and not found.runs_here:
            return
        raise ExperimentLocked(
            f"another driver works on the experiment in {self._folder}, which is on its local "
            f"disk: {found}",
            path=str(self._folder),
            hint=f"If that process has ended, go on with the experiment on {found.host}, or "
            f"delete {self._path}.",
        )


def refuse_fresh(path: Path, just_written: Path, found: DriverNote | None, period_s: float) -> None:
    """Stay away from an experiment whose driver gave a sign of life a short while ago.

    Args:
        path: The note's file.
        just_written: A file beside it that was written a moment ago.
        found: What the note says; None where it could not be read.
        period_s: The sync period to reckon with then.

    Raises:
        ExperimentLocked: It did.
    """
    dead_after_s = STALE_PERIODS * (period_s if found is None else found.sync_period_s)
    left_s = dead_after_s - age_s(path, just_written)
    if left_s > 0:
        raise _locked(path, found, left_s)


def _locked(path: Path, found: DriverNote | None, left_s: float) -> ExperimentLocked:
    return ExperimentLocked(
        f"another driver works on the experiment in {path.parent}: "
        f"{found or 'it has not yet said which'}",
        path=str(path.parent),
        hint="Wait until it has ended, or end it; reading the results works meanwhile. If it was "
        f"killed, wait {left_s:.0f} s until it counts as dead, or delete {path}.",
    )


def _token(path: Path) -> str:
    """What names a live folder; drawn once."""
    if not path.exists():
        aside = path.with_suffix(".new")
        aside.write_text(secrets.token_hex(8), encoding="ascii")
        os.replace(aside, path)
    return path.read_text(encoding="ascii")
