"""The group of commands, and how their errors read: one line, a hint, no traceback."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import IO, Any

import click

from pegbox.errors import PegboxError

__all__ = ["Commands"]

_HELP = """Look at experiments, at plugins, and at what a script would run, or begin a plugin.

An EXPERIMENT is a folder, or the name of one below the current folder or ~/pegbox_results. It may
be running; nothing in it is changed. Commands that show something print it for programs
with --json.
"""


class Commands(click.Group):
    """``pegbox``. Exit codes: 0, 1 for an error, 2 for a wrong use.

    Args:
        commands: The commands, in the order of the help.
    """

    def __init__(self, commands: Sequence[click.Command]) -> None:
        super().__init__(
            "pegbox", help=_HELP, context_settings={"help_option_names": ["-h", "--help"]}
        )
        for command in commands:
            self.add_command(command)
        click.version_option(package_name="pegbox", message="pegbox %(version)s")(self)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In their own order, not by letter."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what pegbox raises on purpose becomes its message."""
        if isinstance(sys.stdout, TextIOWrapper):
            # Names and values are the user's, and not every output can show them.
            sys.stdout.reconfigure(errors="replace")
        try:
            answer = super().invoke(ctx)
            # A reader that has gone away is noticed here, where click still keeps it quiet.
            sys.stdout.flush()
        except PegboxError as error:
            raise _Failure(error.message, error.hint) from error
        except sqlite3.Error as error:
            raise _Failure(f"the experiment cannot be read: {error}", _IF_DAMAGED) from error
        except PermissionError as error:
            raise _Failure(
                f"{error.filename}: {error.strerror}", "Check its permissions."
            ) from error
        return answer


_IF_DAMAGED = "Try again; if it stays so, the file is damaged."


class _Failure(click.ClickException):
    """An error that ends a command."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self._hint = hint

    def show(self, file: IO[Any] | None = None) -> None:
        """One line, and the hint below it."""
        click.echo(f"pegbox: {self.message}", file=file or sys.stderr)
        if self._hint:
            click.echo(f"  {self._hint}", file=file or sys.stderr)
