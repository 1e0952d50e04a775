"""What a searcher's process prints: shown as if it were printed here, and the last of it kept.

Progress bars print no line's end for hours, so nothing here waits for one.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import sys
import threading
from collections import deque
from typing import Final

__all__ = ["LastLines", "show_output"]

#: Lines that are kept.
_MOST_LINES: Final = 50
#: Of one such line, in characters.
_MOST_OF_A_LINE: Final = 500
#: What is taken from the pipe at once, in bytes.
_CHUNK: Final = 1 << 16


class LastLines:
    """The last lines of a text that comes in pieces, as a terminal would show them."""

    def __init__(self) -> None:
        self._whole: deque[str] = deque(maxlen=_MOST_LINES)
        self._begun = ""

    def add(self, piece: str) -> None:
        """Take in what follows."""
        *whole, begun = (self._begun + piece).split("\n")
        self._whole.extend(map(_on_screen, whole))
        # A carriage return deletes nothing before something is written over the line.
        self._begun = _on_screen(begun) + ("\r" if begun.endswith("\r") else "")

    def __str__(self) -> str:
        lines = [*self._whole, *filter(None, [_on_screen(self._begun)])]
        return "\n".join(f"    {line}" for line in lines[-_MOST_LINES:])


def _on_screen(line: str) -> str:
    return line.rstrip("\r").rpartition("\r")[2][:_MOST_OF_A_LINE]


def show_output(stream: io.FileIO, last: LastLines) -> threading.Thread:
    """Start a thread that shows what is printed until the stream ends.

    Args:
        stream: What the process prints; closed at its end.
        last: Keeps the last of it.
    """
    thread = threading.Thread(
        target=_pass_on, args=(stream, last), name="pegbox-searcher-output", daemon=True
    )
    thread.start()
    return thread


def _pass_on(stream: io.FileIO, last: LastLines) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with stream:
        while chunk := stream.read(_CHUNK):
            text = decoder.decode(chunk)
            last.add(text)
            with contextlib.suppress(Exception):  # nobody reads it here: it may be closed, or None
                sys.stderr.write(text)
