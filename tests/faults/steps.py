"""Kills a small experiment before each of its steps that change a disk, one after the other.

    python -m faults.steps '<settings of faults.driver, of an inline run>'

After each kill the experiment is restored and audited. Prints a line of JSON: how many steps there
were, and what did not fit.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from faults.auditor import audit
from faults.driver import make_tuner

__all__: list[str] = []

#: Functions in C that change files, or a store.
_STEPS = {
    *("open", "write", "mkdir", "rmdir", "rename", "replace", "unlink", "flock"),
    *("execute", "executemany", "executescript", "sendfile", "copy_file_range"),
}


def in_fork(work: Callable[[], object]) -> int:
    """Do something in a fork of this process; answers its wait status."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitpid(pid, 0)[1]


def killed_at(step: int, settings: dict[str, Any]) -> None:
    """Run until before a step, counted from 1."""
    count = 0

    def look(frame: FrameType, event: str, function: Any) -> None:
        nonlocal count
        if event == "c_call" and function.__name__ in _STEPS:
            count += 1
            if count == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(look)
    make_tuner(settings).fit()
    sys.setprofile(None)


def complaints_after(step: int, settings: dict[str, Any]) -> list[str] | None:
    """Kill, restore and audit; None where the run ended before the step."""
    folder, journal = Path(settings["folder"]), Path(settings["journal"])
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(journal)
    journal.mkdir()
    status = in_fork(lambda: killed_at(step, settings))
    if status == 0:
        return None
    if not os.WIFSIGNALED(status):
        return [f"step {step}: the run failed by itself"]
    if in_fork(lambda: make_tuner(settings).fit()):
        return [f"step {step}: the restore failed"]
    found = audit(folder, journal, settings["samples"], settings["keep"])
    return [f"step {step}: {complaint}" for complaint in found]


def main() -> None:
    """All steps, until a run comes through."""
    settings = json.loads(sys.argv[1])
    make_tuner(settings).fit()  # imports everything, once for all forks
    found: list[str] = []
    step = 1
    while (more := complaints_after(step, settings)) is not None:
        found += more
        step += 1
    print(json.dumps({"steps": step - 1, "complaints": found}), flush=True)


if __name__ == "__main__":
    main()
