"""What the process of a slot does that has one of its own: run its trials, end with its worker.

The worker's side, and why there is such a process, is `pegbox.executors.dask.slot.process`.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import sys
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any, BinaryIO, Final, NoReturn

import cloudpickle

from pegbox._processes.dependent_process import end_with_parent, prepare_streams

__all__ = ["main"]

_PR_SET_PDEATHSIG: Final = 1


def main(pipe: BinaryIO, boot: Mapping[str, Any]) -> NoReturn:
    """Run trials until the driver has no more, or the worker is gone.

    Args:
        pipe: From the worker.
        boot: The first line, decoded: ``parent`` (process id), ``sys_path``, ``line`` (descriptor
            of the connection that what is said goes over).
    """
    prepare_streams()
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # its exit shall tell that a signal did it
    _die_with_parent(boot["parent"])
    end_with_parent(pipe, boot["parent"])
    line = _PipeLine(Connection(boot["line"]))
    try:
        from pegbox.executors.dask.slot.trials import run_trials

        spec, ip, gpu_ids = pickle.loads(line.receive())
        run_trials(spec, line, ip, gpu_ids)
    except Exception as error:
        line.raised(error)
    sys.exit(0)


class _PipeLine:
    """The slot's way to the driver, by way of its worker's process."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        #: Answers that nobody has taken: a signal handler of the trial's raised while one was due.
        self._unread = 0

    def receive(self) -> bytes:
        return self._connection.recv_bytes()

    def call(self, *payload: Any) -> Any:
        """Say something and wait for the answer."""
        while self._unread:
            self._answer()
        self._unread += 1
        self._connection.send_bytes(pickle.dumps(payload))
        return pickle.loads(self._answer())

    def _answer(self) -> bytes:
        answer = self._connection.recv_bytes()
        self._unread -= 1
        return answer

    def raised(self, error: Exception) -> None:
        """Say that no trial can be run."""
        try:
            said = cloudpickle.dumps(("raised", error))
            pickle.loads(said)
        except Exception:
            said = pickle.dumps(("raised", RuntimeError(f"{type(error).__name__}: {error}")))
        self._connection.send_bytes(said)


def _die_with_parent(parent: int) -> None:
    """Where the system can: be killed when the slot's thread is gone.

    The watch over the pipe needs Python's lock, which a trial may hold for long.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
