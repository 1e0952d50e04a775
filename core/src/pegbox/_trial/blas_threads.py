"""How many threads the numeric libraries of a process use: as many as its trials have cores.

BLAS and OpenMP read environment variables when they are loaded, so these are set before the
trainable is; libraries that are there already are told. Where a process runs trials of several
sizes at once: OpenMP and torch count for each thread, and get the trial's own number. BLAS counts
for the process: OpenBLAS has one pool that all callers share, and gets the largest number; any
other starts threads for each caller, and gets the smallest, so that no core is used twice. A
process that was started with the right number is left alone.
"""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

__all__ = ["ThreadLimit", "thread_limit", "thread_variables", "threads_for"]

_VARIABLES: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
#: Those that Dask sets for its workers.
_TELLING: Final = _VARIABLES[:3]


def threads_for(cpus: float) -> int:
    """Threads for a trial of so many cores."""
    return max(1, math.ceil(cpus))


def thread_variables(threads: int) -> dict[str, str]:
    """Environment variables for a process of so many."""
    return dict.fromkeys(_VARIABLES, str(threads))


class ThreadLimit:
    """What a slot's trials may use. Enter it for each, in the thread that will run it.

    Args:
        threads: At least 1.
        as_started: Whether the process was started with just this number.
    """

    def __init__(self, threads: int, *, as_started: bool) -> None:
        self.threads = threads
        self.as_started = as_started
        #: Number of modules that were loaded when the thread's libraries were told.
        self.modules = -1

    def __enter__(self) -> None:
        _process.begin(self)

    def __exit__(self, *_: object) -> None:
        _process.end(self)


class _Process:
    """The numbers in force in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots = 0
        #: Of what runs now, in any order.
        self._active: list[ThreadLimit] = []
        #: Smallest and largest number that the libraries were told; None while they were not.
        self._told: tuple[int, int] | None = None
        #: What was found, to be left behind again: variables, and path of a library -> threads.
        self._variables: dict[str, str | None] = {}
        self._libraries: dict[str, int] = {}

    def open(self, threads: int) -> ThreadLimit:
        with self._lock:
            self._slots += 1
            return ThreadLimit(threads, as_started=self._was_started_with(threads))

    def close(self) -> None:
        with self._lock:
            self._slots -= 1
            if not self._slots and self._told is not None:
                self._restore()

    def begin(self, limit: ThreadLimit) -> None:
        with self._lock:
            self._active.append(limit)
            wanted = self._wanted()
            if self._told is None and limit.as_started and wanted[0] == wanted[1]:
                return
            if wanted != self._told or limit.modules != len(sys.modules):
                self._tell(wanted)
                limit.modules = len(sys.modules)
                _tell_thread(limit.threads)

    def end(self, limit: ThreadLimit) -> None:
        with self._lock:
            self._active.remove(limit)
            if self._active and self._told is not None and self._told != self._wanted():
                self._tell(self._wanted())

    def _wanted(self) -> tuple[int, int]:
        sizes = [limit.threads for limit in self._active]
        return min(sizes), max(sizes)

    def _was_started_with(self, threads: int) -> bool:
        found = self._variables if self._told is not None else os.environ
        if any(found.get(name) != str(threads) for name in _TELLING):
            return False
        # The variables may have come after the libraries; these come with numpy, mostly.
        loaded = _loaded("blas") if self._told is None and "numpy" in sys.modules else []
        return all(library.num_threads <= threads for library in loaded)

    def _tell(self, wanted: tuple[int, int]) -> None:
        """Tell what counts for the whole process."""
        if self._told is None:
            self._variables = {name: os.environ.get(name) for name in _VARIABLES}
        self._told = smallest, largest = wanted
        os.environ.update(thread_variables(smallest))
        for library in _loaded("blas"):
            self._libraries.setdefault(library.filepath, library.num_threads)
            _set(library, largest if library.internal_api == "openblas" else smallest)

    def _restore(self) -> None:
        for name, value in self._variables.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        for library in _loaded("blas") if self._libraries else ():
            _set(library, self._libraries.get(library.filepath, library.num_threads))
        self._told = None
        self._libraries = {}


_process: Final = _Process()


def _tell_thread(threads: int) -> None:
    """Tell what counts for the calling thread."""
    for library in _loaded("openmp"):
        library.set_num_threads(threads)
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "set_num_threads"):
        torch.set_num_threads(threads)


def _set(library: Any, threads: int) -> None:
    # From 3.8 on, threadpoolctl heeds the first thread that sets OpenBLAS for as long as it lives;
    # here it is a number for all of them.
    setter = getattr(library, "_real_set_num_threads", library.set_num_threads)
    setter(threads)


def _loaded(kind: str) -> list[Any]:
    from threadpoolctl import ThreadpoolController

    loaded = ThreadpoolController().lib_controllers
    return [library for library in loaded if library.user_api == kind]


@contextmanager
def thread_limit(threads: int) -> Iterator[ThreadLimit]:
    """Within, a slot is in this process; at the end of the last one, all is as it was found.

    Args:
        threads: How many its trials may use, at least 1.
    """
    limit = _process.open(threads)
    try:
        yield limit
    finally:
        _process.close()
