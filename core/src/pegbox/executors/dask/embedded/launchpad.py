"""What the worker processes of an embedded cluster start from: search path, folder, environment."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pegbox._processes.dependent_process import search_path, working_folder
from pegbox._trial.blas_threads import thread_variables, threads_for

__all__ = ["MARKER", "Launchpad", "make_launchpad"]

#: Environment variable by which everything that a worker has started is found again.
MARKER: Final = "PEGBOX_WORKER"


@dataclass(frozen=True)
class Launchpad:
    """What the worker processes of one cluster share.

    Attributes:
        token: Unique for the cluster; begins the marker of each worker.
        folder: The cluster's own temporary folder, absolute.
        environments: For each place, in full.
        sys_path: The driver's search path, absolute.
        cwd: The driver's working folder, or None where it has been removed.
    """

    token: str
    folder: Path
    environments: tuple[Mapping[str, str], ...]
    sys_path: tuple[str, ...]
    cwd: str | None


def make_launchpad(
    n_workers: int, cpus: float, environments: Sequence[Mapping[str, str]]
) -> Launchpad:
    """Take up the state of this process, and make the cluster's folders.

    Args:
        n_workers: How many places there are.
        cpus: Rounded up, the number of BLAS threads in each process.
        environments: Variables for the first places, over all others.
    """
    common = {"MALLOC_TRIM_THRESHOLD_": "65536", **os.environ}  # glibc gives memory back
    common |= thread_variables(threads_for(cpus))
    own = [*environments, *({} for _ in range(n_workers - len(environments)))]
    cwd = working_folder()
    return Launchpad(
        token=uuid.uuid4().hex,
        folder=Path(tempfile.mkdtemp(prefix="pegbox-")).resolve(),
        environments=tuple({**common, **variables} for variables in own),
        sys_path=search_path(cwd),
        cwd=cwd,
    )
