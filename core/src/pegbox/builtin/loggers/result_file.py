"""A file with a row for each report of one trial, kept to the reports that count.

A trial that is set back to a checkpoint reports some iterations again: the rows after the
checkpoint go when the first of them comes, as in the store. So the file has what ``pegbox export``
would write; where a driver was killed it may lack rows, until a restore makes it whole.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

__all__ = ["ResultFile", "Row", "make_whole"]

#: A row's ``training_iteration`` and its text, with the line's end.
Row = tuple[int, str]


def make_whole(path: Path, lines: Iterable[str]) -> None:
    """Have a file consist of these lines; one that does already is left alone."""
    text = "".join(lines).encode()
    if path.is_file() and path.read_bytes() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # A reader never meets half of it.
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_bytes(text)
    os.replace(aside, path)


class ResultFile(ABC):
    """One file of one trial. It is made, with its folder, when the first row comes.

    Args:
        path: Where it lies, or will.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._file: IO[bytes] | None = None
        #: The last row, None before the file was looked at, and where it begins, in bytes.
        self._last: Row | None = None
        self._last_at = 0

    # -- how it reads ------------------------------------------------------------------

    @abstractmethod
    def parse(self, text: str) -> tuple[str, list[Row]]:
        """What stands before the rows, and the whole rows; what is no row is left out."""

    @abstractmethod
    def begin(self, result: Mapping[str, Any]) -> str:
        """What stands before the rows of a file that has none yet."""

    @abstractmethod
    def line(self, result: Mapping[str, Any]) -> str:
        """The row of a report; ``begin`` or ``parse`` came before."""

    @abstractmethod
    def marked(self, row: str, done: bool) -> str:
        """The row with its value ``done``."""

    # -- what is done with it ----------------------------------------------------------

    def put(self, result: Mapping[str, Any]) -> None:
        """Add a report's row in the place of its iteration; what came after it goes."""
        number = result["training_iteration"]
        if self._last is None or number <= self._last[0]:
            self._set_back(number, result)
        file = self._open()
        self._last, self._last_at = (number, self.line(result)), file.tell()
        file.write(self._last[1].encode())
        file.flush()

    def end(self) -> None:
        """Say of the last row that it is the last, and close."""
        if self._last is None and self.path.exists():
            self._take_up(None)
        if self._last is not None and self._last[0]:
            row = self.marked(self._last[1], True)
            if row != self._last[1]:
                file = self._open()
                file.truncate(self._last_at)
                file.write(row.encode())
        self.close()

    def close(self) -> None:
        """Give the file back; a later row opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> IO[bytes]:
        if self._file is None:
            self._file = self.path.open("ab")
        return self._file

    def _set_back(self, number: int, result: Mapping[str, Any]) -> None:
        """Leave the rows before ``number``, and the head."""
        self.close()
        if not self.path.exists():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_bytes(self.begin(result).encode())
            self._last = (0, "")
            return
        self._take_up(number)
        if self.path.stat().st_size == 0:
            self.path.write_bytes(self.begin(result).encode())

    def _take_up(self, before: int | None) -> None:
        """Read what is there; leave the rows before an iteration, and nothing that is no row."""
        text = self.path.read_bytes().decode(errors="replace")
        head, rows = self.parse(text)
        if before is not None:
            rows = [row for row in rows if row[0] < before]
            rows[-1:] = [(number, self.marked(row, False)) for number, row in rows[-1:]]
        kept = (head + "".join(row for _, row in rows)).encode()
        if kept != text.encode():
            self.path.write_bytes(kept)
        self._last = rows[-1] if rows else (0, "")
        self._last_at = len(kept) - len(self._last[1].encode())
