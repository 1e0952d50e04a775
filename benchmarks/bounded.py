"""Runs a command for a bounded time, with all that it starts; counts its processor time.

Linux only: the runner adopts what a command leaves behind, so that it is counted and ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Final

__all__ = ["adopt_orphans", "run", "wait_until_quiet"]

_CPUS: Final = os.cpu_count() or 1
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PR_SET_CHILD_SUBREAPER: Final = 36


def adopt_orphans() -> None:
    """From here on, processes whose parents have ended become children of this one."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def run(command: list[str], limit_s: float) -> dict[str, Any]:
    """Run a command that prints a line of JSON.

    Args:
        command: What to run.
        limit_s: Seconds after which it is ended.

    Returns:
        The figures, with ``cpu_s`` (processor seconds of all its processes) and ``other_load``
        (share of the machine that others took); or ``{"error": ...}``.
    """
    busy, used, start = _busy_s(), _used_s(), time.monotonic()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        try:
            code = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return {"error": f"longer than {limit_s:g} s"}
        finally:
            _end(process)
        seconds, cpu = time.monotonic() - start, _used_s() - used
        figures = _figures(code, _text(out), _text(err))
    other = max(0.0, _busy_s() - busy - cpu) / (seconds * _CPUS)
    return {**figures, "cpu_s": round(cpu, 2), "other_load": round(other, 3)}


def _text(file: Any) -> str:
    file.seek(0)
    return str(file.read())


def _figures(code: int, out: str, err: str) -> dict[str, Any]:
    lines = out.strip().splitlines()
    if code or not lines:
        return {"error": (err.strip().splitlines() or [f"exit code {code}"])[-1][:200]}
    return dict(json.loads(lines[-1]))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask, then insist, until nothing of the command is left, and all of it is accounted for."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
    if process.poll() is None:
        process.kill()
        process.wait()
    # What remains are orphans, children of this process by now.
    end_by = time.monotonic() + 10
    while children := _children():
        if time.monotonic() > end_by - 8:
            for pid in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if time.monotonic() > end_by:
            return
        time.sleep(0.02)


def _children() -> list[int]:
    tasks = Path("/proc/self/task")
    return [int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()]


def wait_until_quiet(limit_s: float) -> None:
    """Wait, at most so many seconds, for half a second in which the machine is 85 % idle."""
    end_by = time.monotonic() + limit_s
    while time.monotonic() < end_by:
        busy = _busy_s()
        time.sleep(0.5)
        if _busy_s() - busy < 0.15 * 0.5 * _CPUS:
            return


def _used_s() -> float:
    """Processor seconds of all children that have ended, with theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _busy_s() -> float:
    """Processor seconds that the whole machine has been busy for since it started."""
    fields = [int(x) for x in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _idle, _wait, irq, softirq, steal = fields
    return (user + nice + system + irq + softirq + steal) / _TICKS
