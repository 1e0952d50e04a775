"""Deleting checkpoints that need not stay: away from the loop, and again where it failed.

What is to be deleted has been decided and stored before. What a driver that is killed in between
leaves is found by `pegbox._run.sweeping`.
"""

from __future__ import annotations

import logging
import os
import queue
import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final

from pegbox._trial.checkpointing import epoch_of_name

__all__ = ["Deleter", "going"]

_logger: Final = logging.getLogger("pegbox")

#: Seconds after which what could not be deleted is tried again.
_RETRY_S: Final = 10.0
#: Begins the name of what is being deleted; others take it for something unfinished.
_GOING: Final = ".tmp-dropped-"

_Paths = Callable[[], Iterable[str]]


class Deleter:
    """Deletes checkpoints in a thread of its own, which begins with the first of them.

    Args:
        folder: The experiment's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._todo: queue.SimpleQueue[_Paths | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        #: What could not be deleted so far.
        self._failed: list[str] = []
        self._said = False

    def delete(self, paths: Sequence[str]) -> None:
        """Delete checkpoints soon; returns at once.

        Args:
            paths: Relative to the experiment's folder. What is gone already is fine.
        """
        self.delete_found(lambda: paths)

    def delete_found(self, find: _Paths) -> None:
        """Delete what a search finds, which runs in the thread too."""
        self._todo.put(find)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="pegbox-deleting", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Return when all is deleted, or was tried once more. May be called twice."""
        if self._thread is not None:
            self._todo.put(None)
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Deleter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _work(self) -> None:
        while True:
            try:
                find = self._todo.get(timeout=_RETRY_S if self._failed else None)
            except queue.Empty:
                self._try_again()
                continue
            if find is None:
                self._try_again()
                return
            for path in find():
                self._try(path)

    def _try_again(self) -> None:
        paths, self._failed = self._failed, []
        for path in paths:
            self._try(path)

    def _try(self, path: str) -> None:
        try:
            _delete(self._folder, path)
        except OSError as error:
            self._failed.append(path)
            if not self._said:
                self._said = True
                _logger.warning(
                    "the checkpoint %s, which need not stay, could not be deleted: %s; this is"
                    " tried again every %g s, at the end, and at a restore",
                    self._folder / path,
                    error,
                    _RETRY_S,
                )


def going(name: str) -> str | None:
    """Which checkpoint a folder's name says is being deleted, or was when its driver was killed."""
    return name.removeprefix(_GOING) if name.startswith(_GOING) else None


def _delete(folder: Path, path: str) -> None:
    parts = path.split("/")
    if len(parts) != 2 or parts[0] in (".", "..") or epoch_of_name(parts[1]) is None:
        # A store may come from anywhere; what it says deletes nothing else.
        raise OSError(f"{path!r} is no checkpoint of the experiment")
    kept = folder / parts[0] / parts[1]
    aside = kept.with_name(_GOING + kept.name)
    _remove(aside)
    # One rename, so that nobody takes half of it for a checkpoint.
    with suppress(FileNotFoundError):
        os.rename(kept, aside)
    _remove(aside)


def _remove(folder: Path) -> None:
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
