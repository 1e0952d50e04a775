"""A terminal of its own for a driver: keys that are pressed there reach it as a user's would."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

__all__ = ["Terminal", "in_terminal", "terminal"]

_CTRL_C: Final = b"\x03"

# A session's first process that opens a terminal has it for its own; Ctrl-C then goes to all of
# its group, as the kernel does it for any shell.
_TAKE: Final = """\
import os, sys
terminal = os.open(sys.argv[1], os.O_RDWR)
for stream in 0, 1, 2:
    os.dup2(terminal, stream)
os.execv(sys.argv[2], sys.argv[2:])
"""


class Terminal:
    """The user's side.

    Attributes:
        name: Path of the other side.
    """

    def __init__(self) -> None:
        self._keys, self._side = os.openpty()
        self.name = os.ttyname(self._side)
        self._shown = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def press_ctrl_c(self) -> None:
        """Once."""
        os.write(self._keys, _CTRL_C)

    def text(self) -> str:
        """All that was shown so far."""
        return self._shown.decode(errors="replace").replace("\r\n", "\n")

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # the end
            while data := os.read(self._keys, 4096):
                self._shown += data

    def close(self) -> None:
        """Hang up."""
        os.close(self._side)
        self._reader.join(5)
        os.close(self._keys)


@contextlib.contextmanager
def terminal() -> Iterator[Terminal]:
    """A terminal that is hung up in the end."""
    made = Terminal()
    try:
        yield made
    finally:
        made.close()


def in_terminal(where: Terminal, command: list[str]) -> list[str]:
    """The command line that runs another one in a terminal; for a session of its own."""
    assert Path(command[0]).is_absolute()
    return [sys.executable, "-c", _TAKE, where.name, *command]
