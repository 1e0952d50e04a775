"""How output looks: lines for people, and JSON for programs. Tables are in `pegbox.cli.tables`."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import click
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from pegbox import jsonvalue
from pegbox.text import one_line

__all__ = ["console", "json_option", "print_json", "print_pairs", "say"]

_GAP: Final = 2
#: Wide enough for any line that is not cut.
_UNBOUNDED: Final = 100_000

_Function = TypeVar("_Function", bound=Callable[..., Any])


def json_option(function: _Function) -> _Function:
    """Gives a command ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print data for programs.")(
        function
    )


def say(text: str = "", style: str = "") -> None:
    """One line. It is wrapped by the terminal alone, so that what is copied is whole."""
    console().print(Text(text, style=style), soft_wrap=True)


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
        console().print(line, soft_wrap=True)


def console() -> Console:
    """Standard output; in a pipe no line is too long, and nothing is styled."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _UNBOUNDED
    return Console(file=sys.stdout, highlight=False, width=width)
