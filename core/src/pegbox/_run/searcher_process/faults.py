"""Exceptions on their way from the searcher's process to the driver: as JSON data, never pickled.

What pegbox raised on purpose comes back as the class that it was, with its hint, so that who reads
or catches it need not know where the searcher was. Of a plugin's own exception the text comes, and
the class where it is one of Python's.
"""

from __future__ import annotations

import builtins
import traceback
from collections.abc import Mapping
from typing import Any, Final

from pegbox import errors
from pegbox.errors import ConfigError, MissingDependency, PegboxError, PluginError, UnsupportedSpace

__all__ = ["ErrorElsewhere", "fault_from_json", "fault_to_json"]

#: Of a traceback, in characters: its end says most.
_MOST_TEXT: Final = 20_000

_ALIKE: Final = {cls.__name__: cls for cls in (ConfigError, MissingDependency, UnsupportedSpace)}


class ErrorElsewhere(Exception):
    """Stands for an exception in the searcher's process.

    Args:
        text: Its traceback.
    """

    def __str__(self) -> str:
        return f"in the searcher's process:\n{self.args[0]}"


class _Named(Exception):
    """An exception of a class that is not known here: its name and text."""


def fault_to_json(error: BaseException) -> dict[str, Any]:
    """All that there is to know of an exception."""
    fault: dict[str, Any] = {
        "class": type(error).__name__,
        "message": error.message if isinstance(error, PegboxError) else str(error),
        "hint": getattr(error, "hint", ""),
        "plugin": getattr(error, "plugin", ""),
        "hook": getattr(error, "hook", ""),
        "notes": [str(note) for note in getattr(error, "__notes__", ())],
        "ours": isinstance(error, PegboxError),
    }
    if error.__cause__ is not None:
        return {**fault, "cause": fault_to_json(error.__cause__)}
    return {**fault, "traceback": "".join(traceback.format_exception(error))[-_MOST_TEXT:]}


def fault_from_json(fault: Mapping[str, Any]) -> Exception:
    """The exception that `fault_to_json` was given, or one that stands for it."""
    error = _made(fault)
    for note in fault["notes"]:
        error.add_note(note)
    if "cause" in fault:
        error.__cause__ = _cause_from_json(fault["cause"])
    elif not fault["ours"]:
        error.__cause__ = ErrorElsewhere(fault["traceback"])
    return error


def _cause_from_json(fault: Mapping[str, Any]) -> Exception:
    """What a plugin raised, with the place where it did."""
    error = fault_from_json(fault)
    if error.__cause__ is None:
        error.__cause__ = ErrorElsewhere(fault["traceback"])
    return error


def _made(fault: Mapping[str, Any]) -> Exception:
    name, message, hint = fault["class"], fault["message"], fault["hint"]
    if not fault["ours"]:
        return _python_s_own(name, message) or _Named(f"{name}: {message}")
    if name in _ALIKE:
        return _ALIKE[name](message, hint=hint)
    if name == PluginError.__name__ or not hasattr(errors, name):
        return PluginError(message, plugin=fault["plugin"], hook=fault["hook"], hint=hint)
    return PegboxError(message, hint=hint)


def _python_s_own(name: str, message: str) -> Exception | None:
    cls = getattr(builtins, name, None)
    if not (isinstance(cls, type) and issubclass(cls, Exception)):
        return None
    try:
        error = cls(message)
    except TypeError:  # some take more than a message
        return None
    return error
