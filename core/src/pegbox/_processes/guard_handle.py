"""The driver's end of the orphan guard: start it, keep its list of process groups, let it finish.

What the guard does when the driver is gone is in `pegbox._processes.orphan_guard`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pegbox._processes import orphan_guard

__all__ = ["GuardHandle"]


class GuardHandle:
    """A guard process.

    Args:
        marker: Start of ``NAME=value`` in the environment of whatever is to be ended.
        folders: What is to be removed at the end.
    """

    def __init__(self, marker: str, folders: Sequence[Path]) -> None:
        self._folders = folders
        command = [sys.executable, "-I", "-S", orphan_guard.__file__]
        try:
            self._process = subprocess.Popen(
                [*command, str(os.getpid()), marker, *map(str, folders)],
                stdin=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except OSError:
            self._remove_folders()
            raise

    def add(self, group: int) -> None:
        """A process group was started."""
        self._tell(b"+%d\n" % group)

    def remove(self, group: int) -> None:
        """A process group has ended."""
        self._tell(b"-%d\n" % group)

    def _tell(self, line: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # someone killed it: workers still end alone
            self._process.stdin.write(line)

    def finish(self) -> None:
        """Have it end what is left and remove the folders, now; returns when that is done."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._remove_folders()  # still there where someone killed it

    def _remove_folders(self) -> None:
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)
