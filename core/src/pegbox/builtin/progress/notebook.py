"""The view in a notebook: one output that is replaced while the run goes."""

from __future__ import annotations

import html
import sys
import uuid
from typing import Any

from pegbox.builtin.progress.board import Snapshot
from pegbox.builtin.progress.layout import MAX_ROWS, UNICODE, Line, frame, plain, summary

__all__ = ["NotebookOutput", "in_notebook"]

_WIDTH = 100
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
    """Shows the frame as HTML, with plain text for front ends that show none."""

    period_s = 0.5
    max_rows = MAX_ROWS

    def __init__(self) -> None:
        self._display_id = uuid.uuid4().hex

    def start(self, snapshot: Snapshot) -> None:
        """Make the output in the current cell."""
        self._show(_frame(snapshot), update=False)

    def refresh(self, snapshot: Snapshot) -> None:
        """Replace it."""
        self._show(_frame(snapshot), update=True)

    def stop(self, snapshot: Snapshot | None) -> None:
        """Replace it by the summary."""
        if snapshot is not None:
            self._show(summary(snapshot, _WIDTH, UNICODE), update=True)

    def _show(self, lines: list[Line], *, update: bool) -> None:
        from IPython.display import display

        data: dict[str, Any] = {
            "text/plain": "\n".join(map(plain, lines)),
            "text/html": f'<pre style="line-height:1.3">{_html(lines)}</pre>',
        }
        display(data, raw=True, display_id=self._display_id, update=update)  # type: ignore[no-untyped-call]


def _frame(snapshot: Snapshot) -> list[Line]:
    return frame(snapshot, _WIDTH, 2 * MAX_ROWS, UNICODE)


def _html(lines: list[Line]) -> str:
    return "\n".join("".join(_span(*span) for span in line) for line in lines)


def _span(text: str, style: str) -> str:
    escaped = html.escape(text)
    css = ";".join(_CSS[word] for word in style.split())
    return f'<span style="{css}">{escaped}</span>' if css else escaped
