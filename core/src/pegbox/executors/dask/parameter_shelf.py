"""The driver's end of `pegbox.with_parameters`: where workers find the values.

In a file that all of them can read, or piece by piece over the mailbox.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from pegbox._trial.parameters import SavedParameters

__all__ = ["ParameterShelf"]

_PIECE: Final = 16_000_000
_FILE_NAME: Final = "parameters"


class ParameterShelf:
    """The values of one run.

    Args:
        saved: The values, pickled.
    """

    def __init__(self, saved: SavedParameters) -> None:
        self._saved = saved
        self._block: memoryview | None = None
        self._file: Path | None = None

    @property
    def size(self) -> int:
        """Bytes of the values."""
        return self._saved.size

    @property
    def where(self) -> str | int:
        """What slots are told: the path of a file, or the number of pieces to ask for."""
        return -(-self.size // _PIECE) if self._file is None else str(self._file)

    def lay_out(self, folder: Path | None) -> None:
        """Write the file; without a folder, slots ask for pieces."""
        if folder is None:
            return
        path = folder / _FILE_NAME
        with open(path, "xb") as file:
            self._saved.write(file)
        self._file = path

    def piece(self, number: int) -> bytes:
        """One piece of the values, from 0."""
        if self._block is None:
            memory = io.BytesIO()
            self._saved.write(memory)
            self._block = memory.getbuffer()
        return bytes(self._block[number * _PIECE : (number + 1) * _PIECE])
