"""Why a worker process ended, and whose fault it was. Pure: reads no process and no file."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Final

__all__ = ["LEFT", "ExitCause", "explain_exit"]

#: Exit code of a worker that ended in good order; no trial is likely to use it.
LEFT: Final = 213

# What only the process's own code brings about; other signals come from outside.
_FAULTS: Final = {
    signal.SIGSEGV: "segmentation fault",
    signal.SIGABRT: "abort",
    signal.SIGBUS: "bus error",
    signal.SIGFPE: "arithmetic fault",
    signal.SIGILL: "illegal instruction",
}


@dataclass(frozen=True, slots=True)
class ExitCause:
    """Why a worker process ended.

    Attributes:
        fault: Whether the trial that ran there is to blame; otherwise the process was lost.
        message: For people, to be put after "the worker process was" or alone.
    """

    fault: bool
    message: str


def explain_exit(returncode: int, *, oom_kills: int = 0) -> ExitCause:
    """Judge the end of a worker process that nobody asked for.

    Args:
        returncode: As `subprocess.Popen.returncode` has it: negative for a signal.
        oom_kills: By how much the ``oom_kill`` counter of the process's memory group has risen.
    """
    if returncode >= 0:
        return _explain_code(returncode)
    name = _signal_name(-returncode)
    if story := _FAULTS.get(-returncode):  # type: ignore[call-overload]
        return ExitCause(True, f"killed by {name} ({story})")
    if -returncode == signal.SIGKILL and oom_kills > 0:
        return ExitCause(True, f"killed by the system with {name}: out of memory")
    return ExitCause(False, f"killed by {name} from outside")


def _explain_code(code: int) -> ExitCause:
    if code == LEFT:
        return ExitCause(False, "closed by itself after it lost its scheduler")
    return ExitCause(True, f"ended with exit code {code}")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
