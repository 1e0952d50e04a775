"""The machine and the interpreter, as far as they matter to a run."""

from __future__ import annotations

import multiprocessing
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import psutil

from pegbox._releases.windows import found_version
from pegbox._run.folder import DEFAULT_ROOT
from pegbox._store.home import find_home, is_on_network, mount_table
from pegbox._trial.devices import visible_devices
from pegbox.errors import PegboxError
from pegbox.executors.dask.embedded.cores import usable_cores

__all__ = ["Surroundings"]

#: Packages whose versions matter: those that client, scheduler and workers must agree on, first.
_PACKAGES: Final = (
    *("pegbox", "cloudpickle", "dask", "distributed"),
    *("pluggy", "fsspec", "numpy", "pandas"),
)
_VARIABLES: Final = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "PYTHONPATH")

_Found = TypeVar("_Found")


class Surroundings:
    """What there is here.

    Attributes:
        facts: As JSON data: ``python``, ``platform``, ``packages``, ``cores``, ``memory``,
            ``gpus``, ``start_method``, ``results`` and ``variables``.
        problems: What stands in the way of a run: message and remedy.
    """

    def __init__(self) -> None:
        self.problems: list[tuple[str, str]] = []
        memory = psutil.virtual_memory()
        self.facts: dict[str, Any] = {
            "python": {
                "version": platform.python_version(),
                "implementation": platform.python_implementation(),
                "executable": sys.executable,
            },
            "platform": platform.platform(),
            "packages": {name: found_version(name) for name in _PACKAGES},
            "cores": {"usable": usable_cores(), "all": os.cpu_count()},
            "memory": {"total": memory.total, "available": memory.available},
            "gpus": self._unless_refused(lambda: list(visible_devices())),
            "start_method": multiprocessing.get_start_method(),
            "results": self._results(),
            "variables": {
                name: value
                for name, value in sorted(os.environ.items())
                if name.startswith("PEGBOX_") or name in _VARIABLES
            },
        }

    def _results(self) -> dict[str, Any]:
        folder = Path(DEFAULT_ROOT).expanduser()
        writable = _can_be_written(folder)
        if not writable:
            self.problems.append(
                (
                    f"{folder}, where experiments lie by default, cannot be written",
                    "Mend its permissions, or give RunConfig(storage_path=...).",
                )
            )
        network = self._unless_refused(lambda: is_on_network(folder, mount_table()))
        live = self._unless_refused(lambda: find_home(folder / "any", "00000").live)
        return {
            "folder": str(folder),
            "writable": writable,
            "network": network,
            "live_files": str(live.parent) if live is not None and network else None,
        }

    def _unless_refused(self, look: Callable[[], _Found]) -> _Found | None:
        """What is found, or None and a problem, said once."""
        try:
            return look()
        except PegboxError as error:
            if (error.message, error.hint) not in self.problems:
                self.problems.append((error.message, error.hint))
            return None


def _can_be_written(folder: Path) -> bool:
    """Whether the folder can be written, or made where it is not there."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)
