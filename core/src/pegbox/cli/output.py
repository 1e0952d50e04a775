"""How output looks: tables that fit a terminal and stay whole in a pipe, and JSON for programs."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

import click
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from pegbox import jsonvalue
from pegbox._analysis.trials_table import Column
from pegbox.text import one_line

__all__ = ["json_option", "print_json", "print_pairs", "print_table", "say"]

_GAP: Final = 2
#: Wide enough for any line that is not cut.
_UNBOUNDED: Final = 100_000
_STYLES: Final = {
    "RUNNING": "cyan",
    "running": "cyan",
    "ERROR": "red",
    "failed": "red",
    "cut off": "yellow",
    "interrupted": "yellow",
    "PAUSED": "yellow",
}

_Function = TypeVar("_Function", bound=Callable[..., Any])


def json_option(function: _Function) -> _Function:
    """Gives a command ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print data for programs.")(
        function
    )


def say(text: str = "", style: str = "") -> None:
    """One line. It is wrapped by the terminal alone, so that what is copied is whole."""
    _console().print(Text(text, style=style), soft_wrap=True)


def print_json(value: Any) -> None:
    """JSON text; NaN and infinity as ``{"$float": "nan"}``, as in the store."""
    strict = json.loads(jsonvalue.dumps(value))
    click.echo(json.dumps(strict, indent=2, ensure_ascii=False))


def print_pairs(pairs: Mapping[str, object], indent: int = 0) -> None:
    """A line for each name and its text, the texts below each other."""
    width = max(map(cell_len, pairs), default=0)
    for name, text in pairs.items():
        line = Text(" " * indent + name.ljust(width + _GAP), style="dim")
        line.append(Text(one_line(str(text)), style="default not dim"))
        _console().print(line, soft_wrap=True)


def print_table(columns: Sequence[Column], indent: int = 0) -> None:
    """Head and rows. On a terminal, columns that do not fit are left out and named below."""
    console = _console()
    kept = _fitting(columns, console.width - indent) if console.is_terminal else list(columns)
    widths = [_width(column) for column in kept]

    def line(texts: Iterable[str], style: str = "") -> Text:
        made = Text(" " * indent)
        for column, width, text in zip(kept, widths, texts, strict=True):
            padding = " " * (width - cell_len(text))
            made.append(
                padding + text if column.right else text + padding, style or _style(column, text)
            )
            made.append(" " * _GAP)
        made.rstrip()
        return made

    console.print(line((column.head for column in kept), "dim"), soft_wrap=True)
    for texts in zip(*(column.cells for column in kept), strict=True):
        console.print(line(texts), soft_wrap=True)
    if left := [column.head for column in columns if column not in kept]:
        say(f"{' ' * indent}not shown, for want of room: {', '.join(left)}", style="dim")


def _console() -> Console:
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _UNBOUNDED
    return Console(file=sys.stdout, highlight=False, width=width)


def _width(column: Column) -> int:
    return max(map(cell_len, (column.head, *column.cells)))


def _style(column: Column, text: str) -> str:
    return _STYLES.get(text, "") if column.head in ("status", "state") else ""


def _fitting(columns: Sequence[Column], width: int) -> list[Column]:
    kept: set[int] = set()
    used = -_GAP
    for index in sorted(range(len(columns)), key=lambda i: columns[i].rank):
        needed = _width(columns[index]) + _GAP
        if used + needed <= width or not kept:
            kept.add(index)
            used += needed
    return [column for index, column in enumerate(columns) if index in kept]
