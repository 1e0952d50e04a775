"""Tables that fit a terminal, and stay whole in a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from rich.cells import cell_len
from rich.text import Text

from pegbox._analysis.trials_table import Column
from pegbox.cli.output import console, say
from pegbox.text import clip_left

__all__ = ["print_table"]

_GAP: Final = 2
#: A column that may be cut is left out rather than made narrower than this.
_MIN_CUT: Final = 16
_STYLES: Final = {
    "RUNNING": "cyan",
    "running": "cyan",
    "ERROR": "red",
    "failed": "red",
    "cut off": "yellow",
    "interrupted": "yellow",
    "PAUSED": "yellow",
    "not tested": "yellow",
    "cannot work": "red",
    "missing": "red",
    "refused": "red",
}


def print_table(columns: Sequence[Column], indent: int = 0) -> None:
    """Head and rows. On a terminal, columns that do not fit are left out and named below."""
    output = console()
    fitting = _fitting(columns, output.width - indent)
    kept = list(fitting.values())
    margin = " " * indent
    output.print(_line(kept, [column.head for column in kept], margin, "dim"), soft_wrap=True)
    for texts in zip(*(column.cells for column in kept), strict=True):
        output.print(_line(kept, texts, margin), soft_wrap=True)
    if left := [column.head for i, column in enumerate(columns) if i not in fitting]:
        say(f"{margin}not shown, for want of room: {', '.join(left)}", style="dim")


def _line(columns: Sequence[Column], texts: Iterable[str], margin: str, style: str = "") -> Text:
    made = Text(margin)
    for column, text in zip(columns, texts, strict=True):
        padding = " " * (_width(column) - cell_len(text))
        made.append(
            padding + text if column.right else text + padding, style or _style(column, text)
        )
        made.append(" " * _GAP)
    made.rstrip()
    return made


def _width(column: Column) -> int:
    return max(map(cell_len, (column.head, *column.cells)))


def _style(column: Column, text: str) -> str:
    return _STYLES.get(text, "") if column.head in ("status", "state") else ""


def _fitting(columns: Sequence[Column], width: int) -> dict[int, Column]:
    """The columns that fit, by their places and in their order."""
    found: dict[int, Column] = {}
    room = width
    for index in sorted(range(len(columns)), key=lambda i: columns[i].rank):
        column = columns[index]
        if column.cut and _MIN_CUT <= room < _width(column):
            column = replace(column, cells=[clip_left(text, room) for text in column.cells])
        if _width(column) <= room or not found:
            found[index] = column
            room -= _width(column) + _GAP
    return {index: found[index] for index in sorted(found)}
