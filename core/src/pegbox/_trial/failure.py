"""What a trial died of, as text for people and, where it works, as the exception itself."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from typing import Final

from pegbox.errors import ReportError
from pegbox.text import shown
from pegbox.trial import TrialFailure

__all__ = ["describe"]

_PACKAGE: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_OWN: Final = (
    os.path.join(_PACKAGE, "_trial") + os.sep,
    os.path.join(_PACKAGE, "reporting.py"),
    os.path.join(_PACKAGE, "class_trainable.py"),
)

_Part = tuple[BaseException, traceback.TracebackException]

_MAX_LINE: Final = 300
_MAX_TEXT: Final = 64_000


def describe(error: BaseException) -> TrialFailure:
    """An exception as a failure: one line, the class, and the traceback from the user's frames.

    The traceback leaves out pegbox's own frames, and the middle of a very long text.
    """
    name = type(error).__name__
    return TrialFailure("exception", _one_line(name, error), name, _traceback(error))


def _one_line(name: str, error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return f"SystemExit: the function called sys.exit({shown(error.code)})"[:_MAX_LINE]
    try:
        lines = str(error).strip().splitlines()
    except Exception:
        lines = ["(its message cannot be shown)"]
    line = f"{name}: {lines[0]}" if lines else name
    return line if len(line) <= _MAX_LINE else f"{line[: _MAX_LINE - 3]}..."


def _traceback(error: BaseException) -> str:
    told = traceback.TracebackException.from_exception(error)
    for one, part in _chain(error, told):
        _trim(part.stack, at_end=isinstance(one, ReportError))
    alone = told.__cause__ is None and told.__context__ is None
    text = "".join(told.format_exception_only() if alone and not told.stack else told.format())
    if len(text) <= _MAX_TEXT:
        return text
    half = _MAX_TEXT // 2
    return f"{text[:half]}\n  ... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"


def _chain(error: BaseException, told: traceback.TracebackException) -> Iterator[_Part]:
    """An exception and those before it, each with what is told of it."""
    todo: list[tuple[BaseException | None, traceback.TracebackException | None]] = [(error, told)]
    seen = set()
    while todo:
        one, part = todo.pop()
        if one is not None and part is not None and id(part) not in seen:
            seen.add(id(part))
            yield one, part
            todo += [(one.__cause__, part.__cause__), (one.__context__, part.__context__)]


def _trim(stack: traceback.StackSummary, *, at_end: bool) -> None:
    while stack and stack[0].filename.startswith(_OWN):
        del stack[0]
    # A broken rule is the user's line's affair; any other error inside pegbox is shown whole.
    while at_end and stack and stack[-1].filename.startswith(_OWN):
        del stack[-1]
