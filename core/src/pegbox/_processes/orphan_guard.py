"""Ends what a run left behind when its driver is gone, however it went.

Run as a script in a process of its own (``python -I -S orphan_guard.py``), which the driver
starts beside its workers. It waits for the end of its standard input, and then kills the process
groups that it was told of and every process that carries the run's marker in its environment,
and removes the run's folders. A worker ends itself as well, but cannot where a trial holds the
interpreter's lock or has stopped the process, and it does not see children that left its group.

Standard library alone: it has to start in milliseconds, and imports nothing of pegbox.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import sys
import time

__all__ = ["group_lives", "kill_group", "kill_marked", "wait_for_end"]

_POLL_MS = 1000
_PATIENCE_S = 8.0


def kill_group(group: int) -> None:
    """Kill every process of a group; one that is empty is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def group_lives(group: int) -> bool:
    """Whether a group has a process."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def kill_marked(marker: bytes) -> int:
    """Kill each process that carries ``marker`` in its environment, but not the caller.

    Only Linux shows the environment of others; elsewhere nothing is found.

    Returns:
        How many there were.
    """
    found = 0
    for entry in os.listdir("/proc") if os.path.isdir("/proc") else ():
        if entry.isdigit() and int(entry) != os.getpid() and _carries(entry, marker):
            found += 1
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(int(entry), signal.SIGKILL)
    return found


def _carries(entry: str, marker: bytes) -> bool:
    try:
        with open(f"/proc/{entry}/environ", "rb") as file:
            return marker in file.read()
    except OSError:  # it belongs to someone else, or is gone already
        return False


def wait_for_end(fd: int, parent: int) -> bytes:
    """Wait for what comes from the parent process.

    The pipe alone is not enough: a process that the parent forked holds its other end too.

    Args:
        fd: Read end of a pipe that the parent holds open.
        parent: Process id of the parent.

    Returns:
        What was read; empty when the parent has closed the pipe or is gone.
    """
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    while not poll.poll(_POLL_MS):
        if os.getppid() != parent:
            return b""
    return os.read(fd, 65536)


def _listen(parent: int) -> set[int]:
    """Keep the list of process groups until the driver is gone: ``+123`` adds, ``-123`` removes."""
    groups: set[int] = set()
    rest = b""
    while chunk := wait_for_end(0, parent):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            change = groups.add if line[:1] == b"+" else groups.discard
            change(int(line[1:]))
    return groups


def _clean_up(groups: set[int], marker: bytes, folders: list[str]) -> None:
    for group in groups:
        kill_group(group)
    deadline = time.monotonic() + _PATIENCE_S
    while kill_marked(marker) and time.monotonic() < deadline:
        time.sleep(0.02)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    _clean_up(_listen(int(sys.argv[1])), sys.argv[2].encode(), sys.argv[3:])
