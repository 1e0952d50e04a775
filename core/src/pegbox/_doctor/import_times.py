"""How long modules take to be imported, each in a fresh interpreter."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from pegbox._processes.dependent_process import command, search_path, working_folder
from pegbox._processes.exit_cause import explain_exit
from pegbox.executors.dask.embedded.cores import usable_cores

__all__ = ["Import", "import_times"]

#: Seconds for one module; heavy optimizers take five or so.
LIMIT_S: Final = 60.0

_CHILD: Final = "pegbox._doctor.import_child"


@dataclass(frozen=True, slots=True)
class Import:
    """How an import went.

    Attributes:
        seconds: How long it took; None where it failed.
        error: Why it failed; empty where it did not.
    """

    seconds: float | None
    error: str = ""


def import_times(modules: Iterable[str], limit_s: float = LIMIT_S) -> dict[str, Import]:
    """Import each module in an interpreter of its own, as many at once as there are cores.

    Args:
        modules: Their full names.
        limit_s: Seconds after which one is given up.
    """
    names = list(dict.fromkeys(modules))
    with ThreadPoolExecutor(usable_cores()) as pool:
        return dict(zip(names, pool.map(lambda name: _import(name, limit_s), names), strict=True))


def _import(module: str, limit_s: float) -> Import:
    boot = {"sys_path": search_path(working_folder()), "module": module}
    # In this process's group, so that a Ctrl-C ends it, too.
    with subprocess.Popen(
        command(_CHILD), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            answer, _ = process.communicate(json.dumps(boot).encode() + b"\n", limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            return Import(None, f"not imported within {limit_s:g} s")
    if not answer:
        return Import(None, f"its process was {explain_exit(process.returncode).message}")
    return Import(**{"seconds": None, **json.loads(answer)})
