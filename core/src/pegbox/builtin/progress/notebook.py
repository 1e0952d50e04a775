"""The view in a notebook: one output that is replaced while the run goes."""

from __future__ import annotations

import html
import sys
import uuid
from collections.abc import Sequence
from typing import Any

from pegbox.builtin.progress.glyphs import UNICODE, Line, plain
from pegbox.builtin.progress.layout import frame, summary
from pegbox.builtin.progress.snapshot import Snapshot

__all__ = ["NotebookOutput", "in_notebook"]

_WIDTH = 100
#: Lines of the frame beside the table.
_AROUND = 12
_CSS = {
    "bold": "font-weight:bold",
    "dim": "opacity:0.65",
    "red": "color:#c0392b",
    "yellow": "color:#b7791f",
    "green": "color:#2e8b57",
}


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


class NotebookOutput:
    """Shows the frame as HTML, with plain text for front ends that show none.

    Args:
        overwrite: Whether one output is replaced; otherwise each refresh is another one, below.
        period_s: Seconds between two refreshes; None for 0.5, or 5 where nothing is replaced.
    """

    shows_rows = True

    def __init__(self, overwrite: bool = True, period_s: float | None = None) -> None:
        self._display_id = ""
        self._overwrite = overwrite
        self.period_s = period_s or (0.5 if overwrite else 5.0)

    def start(self, snapshot: Snapshot) -> None:
        """Make the output in the current cell."""
        self._show(_frame(snapshot), update=False)

    def refresh(self, snapshot: Snapshot) -> None:
        """Replace it."""
        self._show(_frame(snapshot), update=self._overwrite)

    def say(self, texts: Sequence[str]) -> None:
        """Print lines into the cell, above or below the output as the front end has it."""
        sys.stdout.write("\n".join(texts) + "\n")
        sys.stdout.flush()

    def stop(self, snapshot: Snapshot | None) -> None:
        """Replace it by the summary."""
        if snapshot is not None:
            self._show(summary(snapshot, _WIDTH, UNICODE), update=self._overwrite)

    def _show(self, lines: list[Line], *, update: bool) -> None:
        from IPython.display import display

        if not update:
            # Outputs of one id are one output, each of them replaced.
            self._display_id = uuid.uuid4().hex
        data: dict[str, Any] = {
            "text/plain": "\n".join(map(plain, lines)),
            "text/html": f'<pre style="line-height:1.3">{_html(lines)}</pre>',
        }
        display(data, raw=True, display_id=self._display_id, update=update)  # type: ignore[no-untyped-call]


def _frame(snapshot: Snapshot) -> list[Line]:
    return frame(snapshot, _WIDTH, 2 * snapshot.options.max_rows + _AROUND, UNICODE)


def _html(lines: list[Line]) -> str:
    return "\n".join("".join(_span(*span) for span in line) for line in lines)


def _span(text: str, style: str) -> str:
    escaped = html.escape(text)
    css = ";".join(_CSS[word] for word in style.split())
    return f'<span style="{css}">{escaped}</span>' if css else escaped
