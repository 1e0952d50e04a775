"""How pegbox starts a process that depends on the one that starts it, and how such a one begins.

The parent writes lines of JSON to its standard input: first ``sys_path`` with what else the program
begins with, then what it wants. The pipe then stays open; its end is the end of the process, of
workers and slots with their groups.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO, Final

from pegbox._processes.orphan_guard import kill_group, wait_for_end
from pegbox.errors import RunError

__all__ = [
    "command",
    "end_with_parent",
    "prepare_streams",
    "search_path",
    "start",
    "tell",
    "working_folder",
]

# The script, notebook or prompt that the user works in is never run again. The current folder must
# not shadow what is imported before the parent's own search path is in force, and a parent that
# died meanwhile is no error.
_PROGRAM: Final = """\
import sys
if not sys.flags.safe_path: del sys.path[0]
import json, os
pipe = os.fdopen(os.dup(0), "rb")
boot = json.loads(pipe.readline() or sys.exit())
sys.path[:] = boot["sys_path"]
from {module} import main
main(pipe, boot)
"""


def command(module: str) -> list[str]:
    """The command line of a process that runs ``main(pipe, boot)`` of a module.

    Raises:
        RunError: It is not known which Python this is.
    """
    if not sys.executable:
        raise RunError(
            "the path of the Python interpreter is not known (sys.executable is empty)",
            hint="Start Python by its full path.",
        )
    return [sys.executable, "-c", _PROGRAM.format(module=module)]


def start(
    module: str, env: Mapping[str, str], *, cwd: str | None = None, pass_fds: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """Start a process that prints where this one does, with a group of its own.

    With the group ends what it has started; and a Ctrl-C at the terminal is for this one alone.

    Args:
        module: Its ``main(pipe, boot)`` is run; ``boot`` is the first line that it is told.
        env: Its environment.
        cwd: Its working folder; None for this one's.
        pass_fds: What it keeps open of this one's.
    """
    return subprocess.Popen(
        command(module),
        stdin=subprocess.PIPE,
        stdout=_same_output(1),
        stderr=_same_output(2),
        bufsize=0,
        cwd=cwd,
        env=env,
        pass_fds=pass_fds,
        start_new_session=True,
    )


def tell(process: subprocess.Popen[bytes], **line: Any) -> None:
    """Write a line to a process; to one that is dead is no error, for waiting for it tells."""
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(line).encode() + b"\n")


def working_folder() -> str | None:
    """This process's; None where it has been removed."""
    try:
        return os.getcwd()
    except FileNotFoundError:
        return None


def search_path(cwd: str | None) -> tuple[str, ...]:
    """Absolute, since a trial may change its working folder; "" means the driver's."""
    if cwd is None:
        return tuple(entry for entry in sys.path if os.path.isabs(entry))
    return tuple(os.path.join(cwd, entry) if entry else cwd for entry in sys.path)


def _same_output(fd: int) -> int | None:
    """Where the process prints: where this one does, and nowhere if this one's stream is closed.

    Args:
        fd: 1 or 2.

    Returns:
        For `subprocess.Popen`.
    """
    try:
        # A closed stream's number may be another file's by now, which is not handed on.
        return None if os.get_inheritable(fd) else subprocess.DEVNULL
    except OSError:
        return subprocess.DEVNULL


def prepare_streams() -> None:
    """Keep the pipe from trials that read standard input, and let their prints out line by line."""
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]


def end_with_parent(pipe: BinaryIO, parent: int) -> None:
    """From now on, the end of the parent is the end of this process and its group.

    Args:
        pipe: From the parent.
        parent: Its process id.
    """

    def watch() -> None:
        wait_for_end(pipe.fileno(), parent)
        kill_group(os.getpgrp())

    threading.Thread(target=watch, name="pegbox-parent-watch", daemon=True).start()
