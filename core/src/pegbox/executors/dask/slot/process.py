"""A slot whose trials need a process of their own.

They do for other GPUs than the worker's process sees, and for a working folder of their own.

The slot's thread starts the process and stands between it and the driver: what the trials say
goes on over the slot's line, and the answers come back. A process that dies is the trial's own
failure, or was lost, as with a worker; the worker goes on. The other end is
`pegbox.executors.dask.slot.program`.
"""

from __future__ import annotations

import dataclasses
import os
import pickle
import socket
import sys
import threading
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, Final

from pegbox._processes.dependent_process import (
    search_path,
    start,
    tell,
    working_folder,
)
from pegbox._processes.exit_cause import explain_exit
from pegbox._processes.orphan_guard import kill_group
from pegbox._trial.blas_threads import thread_variables
from pegbox._trial.devices import DeviceId, device_variables
from pegbox.executors.dask.protocol import EXIT
from pegbox.executors.dask.shipped.oom_counter import read_oom_kills

if TYPE_CHECKING:
    from pegbox.executors.dask.protocol import Line
    from pegbox.executors.dask.slot.trials import SlotSpec

__all__ = ["run_apart"]

#: How long a process that was told to end may take for it.
_GRACE_S: Final = 5.0


def run_apart(spec: SlotSpec, line: Line, ip: str, gpu_ids: tuple[DeviceId, ...]) -> None:
    """As `pegbox.executors.dask.slot.trials.run_trials`, in a process that sees these GPUs alone.

    Raises:
        Exception: What the process raised outside of trials, e.g. when it loaded the trainable.
    """
    spec = dataclasses.replace(spec, owns_process=True, apart=True)
    oom_kills = read_oom_kills() or 0
    with _Process({**thread_variables(spec.threads), **device_variables(gpu_ids)}) as process:
        process.send((spec, ip, gpu_ids))
        if _relay(process, line):
            return
        code = process.wait()
    cause = explain_exit(code, oom_kills=(read_oom_kills() or 0) - oom_kills)
    line.call("crashed", cause.fault, cause.message)


def _relay(process: _Process, line: Line) -> bool:
    """Hand on calls and answers.

    Returns:
        Whether the process ended as it was told to.
    """
    answer: Any = None
    try:
        while True:
            said = process.receive()
            if said[0] == "raised":
                raise said[1]
            answer = line.call(*said)
            process.send(answer)
    except (EOFError, ConnectionError):
        return bool(answer == EXIT)


class _Process:
    """The process, from start to end.

    Args:
        variables: Environment variables over those of this process.
    """

    def __init__(self, variables: dict[str, str]) -> None:
        mine, theirs = socket.socketpair()
        with theirs:
            self._process = start(
                "pegbox.executors.dask.slot.program",
                {**os.environ, **variables},
                pass_fds=[theirs.fileno()],
            )
            self._connection = Connection(mine.detach())
            tell(
                self._process,
                parent=os.getpid(),
                sys_path=search_path(working_folder()),
                line=theirs.fileno(),
            )
        self._watcher = threading.Thread(target=self._watch, name="pegbox-slot-watch", daemon=True)
        self._watcher.start()

    def _watch(self) -> None:
        self._process.wait()
        # What it has left behind may hold its end of the line open.
        kill_group(self._process.pid)

    def send(self, message: Any) -> None:
        if isinstance(message, memoryview):  # a piece of parameters
            message = bytes(message)
        self._connection.send_bytes(pickle.dumps(message))

    def receive(self) -> Any:
        return pickle.loads(self._connection.recv_bytes())

    def wait(self) -> int:
        self._watcher.join()
        return self._process.returncode

    def __enter__(self) -> _Process:
        return self

    def __exit__(self, *_: object) -> None:
        self._watcher.join(_GRACE_S if sys.exc_info()[0] is None else 0)
        if self._process.returncode is None:
            kill_group(self._process.pid)
            self._watcher.join()
        self._connection.close()
        assert self._process.stdin is not None
        self._process.stdin.close()
