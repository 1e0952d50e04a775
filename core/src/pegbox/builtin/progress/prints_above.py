"""A stream for what is printed while the view is drawn: it appears above the view, line by line.

In place of rich's own, whose `flush` takes text in brackets for markup and raises at "[/data]",
and which loses lines that end with a carriage return.
"""

from __future__ import annotations

import threading
from typing import IO

from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.file_proxy import FileProxy
from rich.text import Text

__all__ = ["PrintsAbove"]


class PrintsAbove(FileProxy):
    """Takes the place of a standard stream; any thread may write.

    A line that is begun waits for its end. Of one that is written over, as progress bars are, only
    the last state is kept.

    Args:
        console: Draws the view, and puts below it whatever is printed.
        file: The stream.
    """

    def __init__(self, console: Console, file: IO[str]) -> None:
        super().__init__(console, file)
        self._console = console
        self._decoder = AnsiDecoder()
        self._writing = threading.RLock()
        self._begun = ""

    def write(self, text: str) -> int:
        """Show the lines that are whole."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        with self._writing:
            *whole, begun = (self._begun + text).split("\n")
            self._begun = _written_last(begun)
            if whole:
                self._show(whole)
        return len(text)

    def flush(self) -> None:
        """Do nothing: what is begun would be broken into lines."""

    def finish(self) -> None:
        """Show what is begun, too."""
        with self._writing:
            begun, self._begun = self._begun, ""
            if begun:
                self._show([begun])

    def _show(self, lines: list[str]) -> None:
        texts = [self._decoder.decode_line(line.rstrip("\r")) for line in lines]
        self._console.print(Text("\n").join(texts))


def _written_last(line: str) -> str:
    """What the beginning of a line is by now; a carriage return deletes nothing yet."""
    shown = line.rstrip("\r")
    return line[shown.rfind("\r") + 1 :]
