"""The view on a terminal: a frame that stays below whatever else is printed.

Not rich's Live, for one reason: Live leaves the cursor at the end of its frame, so that a line
printed by another process of the same terminal (a trial on a local worker) lands in the frame and
pushes its head into the scrollback. Here the cursor waits on a blank line *above* the frame: such
a line lands there, stays, and the next frame is drawn below it.
"""

from __future__ import annotations

import atexit
import sys
import threading
from collections.abc import Sequence
from typing import IO, Any, TextIO, cast

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RenderResult
from rich.control import Control
from rich.segment import ControlType, Segment
from rich.text import Text

from pegbox.builtin.progress.glyphs import ASCII, UNICODE, Glyphs, Line
from pegbox.builtin.progress.layout import frame, summary
from pegbox.builtin.progress.prints_above import PrintsAbove
from pegbox.builtin.progress.snapshot import Snapshot

__all__ = ["TerminalOutput"]

_HIDE, _SHOW = "\x1b[?25l", "\x1b[?25h"
_ERASE_RIGHT, _ERASE_BELOW = "\x1b[K", "\x1b[J"


class TerminalOutput(RenderHook):
    """Draws the frame, and keeps it below what this process prints.

    The cursor is hidden only while one frame is written: killed at any moment, the driver leaves
    a usable terminal.

    Args:
        file: The terminal.
        console: For tests; made for ``file`` otherwise.
        period_s: Seconds between two refreshes.
    """

    shows_rows = True

    def __init__(
        self, file: TextIO, console: Console | None = None, period_s: float = 0.25
    ) -> None:
        self.period_s = period_s
        self._console = console or Console(file=file, highlight=False)
        self._glyphs: Glyphs = UNICODE if "utf" in self._console.encoding.lower() else ASCII
        self._frame: list[Line] = []
        self._stdout: IO[str] | None = None
        self._stderr: IO[str] | None = None
        self._lock = threading.RLock()
        self._drawn = False

    def start(self, snapshot: Snapshot) -> None:
        """Draw the first frame; from now on prints of this process appear above it."""
        self._console.push_render_hook(self)
        self._drawn = True
        self._redirect()
        atexit.register(self.stop, None)
        self.refresh(snapshot)

    def refresh(self, snapshot: Snapshot) -> None:
        """Draw the frame anew."""
        width, height = self._console.size
        lines = frame(snapshot, width - 1, max(height - 3, 1), self._glyphs)
        with self._lock:
            if self._drawn:
                self._frame = lines
                self._console.print(Control())

    def say(self, texts: Sequence[str]) -> None:
        """Print lines that stay, above the frame."""
        with self._lock:
            for text in texts:
                self._console.print(Text(text), soft_wrap=True)

    def stop(self, snapshot: Snapshot | None) -> None:
        """Erase the frame, give the terminal back, and print the summary if there is one."""
        with self._lock:
            if not self._drawn:
                return
            self._drawn = False
            atexit.unregister(self.stop)
            self._restore()
            self._console.pop_render_hook()
            self._console.print(_Escapes(f"\r{_ERASE_BELOW}"), end="")
            if snapshot is not None:
                for line in summary(snapshot, self._console.width - 1, self._glyphs):
                    self._console.print(_text(line), soft_wrap=True)

    def process_renderables(self, renderables: list[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """Put the frame below whatever is printed (rich calls this for every print)."""
        return [_Escapes(f"{_HIDE}\r"), *map(_Clearing, renderables), _Parked(self._frame)]

    def _redirect(self) -> None:
        # Only what would reach this terminal anyway; a redirected stderr keeps its file.
        if sys.stdout is self._console.file:
            self._stdout = sys.stdout
            sys.stdout = cast("TextIO", PrintsAbove(self._console, sys.stdout))
        if sys.stderr is not None and sys.stderr.isatty():
            self._stderr = sys.stderr
            sys.stderr = cast("TextIO", PrintsAbove(self._console, sys.stderr))

    def _restore(self) -> None:
        for name, original in (("stdout", self._stdout), ("stderr", self._stderr)):
            current: Any = getattr(sys, name)
            # Somebody may have put another stream in place since; that one is theirs.
            if original is not None and isinstance(current, PrintsAbove):
                current.finish()
                setattr(sys, name, original)
        self._stdout = self._stderr = None


def _text(line: Line) -> Text:
    return Text.assemble(*line, no_wrap=True, overflow="crop")


class _Escapes:
    """Escape sequences that move the cursor or erase; nothing that has a width."""

    def __init__(self, codes: str) -> None:
        self._codes = codes

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield _escapes(self._codes)


class _Clearing:
    """Another renderable, each of its lines erasing what stood there of the frame."""

    def __init__(self, renderable: ConsoleRenderable) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self._renderable, options):
            if segment.control is not None:
                yield segment
                continue
            first, *others = segment.text.split("\n")
            yield Segment(first, segment.style)
            for text in others:
                yield _escapes(_ERASE_RIGHT)
                yield Segment.line()
                yield Segment(text, segment.style)


class _Parked:
    """A blank line, the frame, and the cursor back on the blank line."""

    def __init__(self, lines: list[Line]) -> None:
        self._lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield _escapes(_ERASE_RIGHT)
        for line in self._lines:
            yield Segment.line()
            yield from _text(line).render(console)
            yield _escapes(_ERASE_RIGHT)
        up = f"\x1b[{len(self._lines)}A" if self._lines else ""
        yield _escapes(f"{_ERASE_BELOW}\r{up}{_SHOW}")


def _escapes(codes: str) -> Segment:
    # rich writes the text of a control segment as it is; the kind only marks it as one.
    return Segment(codes, None, [(ControlType.ERASE_IN_LINE, 0)])
