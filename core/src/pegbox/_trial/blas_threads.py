"""How many threads the numeric libraries of a process use: as many as its trials have cores.

BLAS and OpenMP read environment variables when they are loaded, so these are set before the
trainable is; libraries that are there already are told. Where a process runs trials of several
sizes at once: OpenMP and torch count for each thread, and get the trial's own number. BLAS counts
for the process: OpenBLAS has one pool that all callers share, and gets the largest number; any
other starts threads for each caller, and gets the smallest, so that no core is used twice.
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
    """One user's share of the process, for as long as it lives.

    Args:
        threads: How many it may use.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        #: Number of modules when the libraries were last told; -1 where they need not be.
        self._modules = -1

    def renew(self) -> None:
        """Tell libraries that were loaded since; from the thread that will use them."""
        if self._modules not in (-1, len(sys.modules)):
            with _process.lock:
                self.apply()

    def apply(self) -> None:
        """Tell all libraries that are loaded, under the process's lock."""
        self._modules = len(sys.modules)
        _process.tell_libraries(self.threads)


class _Process:
    """The limits in force in this process.

    Attributes:
        living: Those of trials that may run now.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.living: list[ThreadLimit] = []
        #: What was found, to be left behind again: variables, and path of a library -> threads.
        self._variables: dict[str, str | None] | None = None
        self._libraries: dict[str, int] = {}

    def enter(self, limit: ThreadLimit) -> None:
        self.living.append(limit)
        if self._variables is None and self._is_told(limit.threads):
            return
        if self._variables is None:
            self._variables = {name: os.environ.get(name) for name in _VARIABLES}
        self._set_variables()
        limit.apply()

    def leave(self, limit: ThreadLimit) -> None:
        self.living.remove(limit)
        if self._variables is None:
            return
        if self.living:
            self._set_variables()
            self._tell_blas()
        else:
            self._restore(self._variables)
            self._variables = None

    def tell_libraries(self, threads: int) -> None:
        for library in _loaded("openmp"):
            library.set_num_threads(threads)
        self._tell_blas()
        torch = sys.modules.get("torch")
        if torch is not None and hasattr(torch, "set_num_threads"):
            torch.set_num_threads(threads)

    def _tell_blas(self) -> None:
        for library in _loaded("blas"):
            self._libraries.setdefault(library.filepath, library.num_threads)
            library.set_num_threads(self._shared(library))

    def _shared(self, library: Any) -> int:
        sizes = [limit.threads for limit in self.living]
        return max(sizes) if library.internal_api == "openblas" else min(sizes)

    def _is_told(self, threads: int) -> bool:
        """Whether the process was started with just this number."""
        return all(os.environ.get(name) == str(threads) for name in _TELLING)

    def _set_variables(self) -> None:
        os.environ.update(thread_variables(min(limit.threads for limit in self.living)))

    def _restore(self, variables: dict[str, str | None]) -> None:
        for name, value in variables.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        for library in _loaded("blas") if self._libraries else ():
            library.set_num_threads(self._libraries.get(library.filepath, library.num_threads))
        self._libraries = {}


_process: Final = _Process()


def _loaded(kind: str) -> list[Any]:
    from threadpoolctl import ThreadpoolController

    loaded = ThreadpoolController().lib_controllers
    return [library for library in loaded if library.user_api == kind]


@contextmanager
def thread_limit(threads: int) -> Iterator[ThreadLimit]:
    """Within, numeric libraries use so many threads in the calling thread; others share the rest.

    Args:
        threads: At least 1.
    """
    limit = ThreadLimit(threads)
    with _process.lock:
        _process.enter(limit)
    try:
        yield limit
    finally:
        with _process.lock:
            _process.leave(limit)
