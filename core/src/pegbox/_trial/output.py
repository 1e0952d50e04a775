"""What a trial prints, in files of its folder: ``RunConfig(log_to_file=...)``.

In a process that runs one trial at a time the descriptors are redirected, which takes along what
libraries and child processes write. Elsewhere ``sys.stdout`` and ``sys.stderr`` look which trial
writes, and what no trial writes goes where it went before.
"""

from __future__ import annotations

import ctypes
import logging
import os
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from io import TextIOWrapper
from typing import Any, Final, TextIO

from pegbox._trial import current
from pegbox._trial.checkpointing import make_trial_folder
from pegbox._trial.task import TrialTask
from pegbox.errors import ReportError

__all__ = ["at_terminal", "redirected"]

_logger: Final = logging.getLogger("pegbox")

_Try = tuple[str, int]
_NAMES: Final = ("stdout", "stderr")

_lock: Final = threading.Lock()
#: The tries that print into files -> these files, stdout's and stderr's.
_files: Final[dict[_Try, tuple[TextIO, TextIO]]] = {}
_AT_TERMINAL: Final[ContextVar[bool]] = ContextVar("pegbox_at_terminal", default=False)


@contextmanager
def redirected(task: TrialTask, *, owns_process: bool) -> Iterator[None]:
    """Within, what the trial prints goes into its files, if it is to.

    Args:
        task: The try; its ``log_to_file`` names the files. What an earlier try wrote stays.
        owns_process: Whether the process runs nothing else meanwhile.
    """
    if task.log_to_file is None:
        yield
        return
    with ExitStack() as at_end:
        try:
            out, err = _opened(task, at_end)
        except (OSError, ReportError) as error:
            _logger.warning("log_to_file: trial %s prints to the terminal: %s", task.name, error)
        else:
            if owns_process:
                at_end.enter_context(_by_descriptor(out, err))
            if not owns_process or _written_elsewhere():
                at_end.enter_context(_by_stream(task, out, err))
        yield


@contextmanager
def at_terminal() -> Iterator[None]:
    """Within, what is printed is not the trial's: the runner works in the trial's thread."""
    token = _AT_TERMINAL.set(True)
    try:
        yield
    finally:
        _AT_TERMINAL.reset(token)


def _opened(task: TrialTask, at_end: ExitStack) -> tuple[TextIO, TextIO]:
    assert task.log_to_file is not None
    folder = make_trial_folder(task)
    names = dict.fromkeys(task.log_to_file)  # one file where both have one name
    opened = {name: at_end.enter_context(_append_to(os.path.join(folder, name))) for name in names}
    out, err = task.log_to_file
    return opened[out], opened[err]


def _append_to(path: str) -> TextIO:
    return open(path, "a", buffering=1, encoding="utf-8", errors="backslashreplace")


def _written_elsewhere() -> bool:
    """Whether somebody has put streams of their own in place of the process's."""
    try:
        return (sys.stdout.fileno(), sys.stderr.fileno()) != (1, 2)
    except (AttributeError, OSError, ValueError):
        return True


@contextmanager
def _by_descriptor(out: TextIO, err: TextIO) -> Iterator[None]:
    _flush()
    before = os.dup(1), os.dup(2)
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    try:
        with _line_by_line():
            yield
    finally:
        _flush()
        for descriptor, number in zip(before, (1, 2), strict=True):
            os.dup2(descriptor, number)
            os.close(descriptor)


@contextmanager
def _line_by_line() -> Iterator[None]:
    """Within, what Python prints is not held back: it is there if the process is killed."""
    stream = sys.stdout
    before = getattr(stream, "line_buffering", True)
    if before or not isinstance(stream, TextIOWrapper):
        yield
        return
    stream.reconfigure(line_buffering=True)
    try:
        yield
    finally:
        stream.reconfigure(line_buffering=False)


def _flush() -> None:
    """Let out what Python and C libraries hold back."""
    sys.stdout.flush()
    sys.stderr.flush()
    ctypes.CDLL(None).fflush(None)


@contextmanager
def _by_stream(task: TrialTask, out: TextIO, err: TextIO) -> Iterator[None]:
    key = task.trial_id, task.attempt
    with _lock:
        if not _files:
            for index, name in enumerate(_NAMES):
                setattr(sys, name, _Router(getattr(sys, name), index))
        _files[key] = out, err
    try:
        yield
    finally:
        with _lock:
            del _files[key]
            for name in _NAMES:
                stream = getattr(sys, name)
                # Somebody may have put a stream of their own in its place.
                if not _files and isinstance(stream, _Router):
                    setattr(sys, name, stream.before)


class _Router:
    """A text stream that is, for each try that prints into a file, that file.

    Args:
        before: The stream for everything else.
        index: 0 for stdout, 1 for stderr.
    """

    def __init__(self, before: TextIO, index: int) -> None:
        self.before = before
        self._index = index

    def write(self, text: str) -> int:
        """Write into the file of the try that calls."""
        return self._stream().write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """As `write`."""
        self._stream().writelines(lines)

    def flush(self) -> None:
        """Let out what was written."""
        self._stream().flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream(), name)

    def _stream(self) -> TextIO:
        if _AT_TERMINAL.get():
            return self.before
        session = current.here()
        if session is None:
            return self.before
        found = _files.get((session.task.trial_id, session.task.attempt))
        return self.before if found is None else found[self._index]
