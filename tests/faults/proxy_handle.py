"""A proxy before a scheduler, in a process of its own (`faults.proxy`)."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

__all__ = ["ProxyHandle", "proxy"]


class ProxyHandle:
    """Takes orders for a proxy.

    Attributes:
        address: What to connect to in place of the scheduler.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.address = f"tcp://127.0.0.1:{self._read()}"

    def order(self, word: str) -> None:
        """``stall``, ``go on``, ``cut`` or ``mend``; done when this returns."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        assert self._read() == word

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextlib.contextmanager
def proxy(scheduler: str) -> Iterator[ProxyHandle]:
    """A proxy before the scheduler with this address."""
    with subprocess.Popen(
        [sys.executable, "-m", "faults.proxy", scheduler.rpartition(":")[2]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
    ) as process:
        try:
            yield ProxyHandle(process)
        finally:
            process.kill()
