"""What a pure plugin must not touch: clocks, files, random numbers of the process's own.

Looks at calls of C functions while a hook runs, so it sees them however they were imported.
"""

from __future__ import annotations

import gc
import io
import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

__all__ = ["noting_impurity"]

_CLOCKS: Final = {getattr(time, name) for name in dir(time) if callable(getattr(time, name))}
_FILES: Final = {io.open, os.open, os.stat, os.listdir, os.scandir, os.mkdir, os.remove, os.urandom}
_NOW: Final = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}

#: Whose own calls say nothing of the plugin: a warning is dated, an import reads files.
_FREE: Final = ("logging", "importlib", "_frozen_importlib", "linecache", "warnings")


@contextmanager
def noting_impurity(noted: list[str]) -> Iterator[None]:
    """Put the name of everything impure that is called inside into ``noted``."""

    def look(frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and (name := _impure(called)) and not _is_free(frame):
            noted.append(name)

    before, drawn = sys.getprofile(), _numpys_state()
    # Libraries time each collection of garbage, in whichever thread it happens to come.
    collects = gc.isenabled()
    gc.disable()
    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(before)
        if collects:
            gc.enable()
    if _numpys_state() != drawn:
        noted.append("numpy.random")


def _numpys_state() -> str:
    """Of its global generator, whose methods are not seen as calls of C."""
    numpy = sys.modules.get("numpy.random")
    return "" if numpy is None else repr(numpy.get_state(legacy=False))


def _impure(called: Any) -> str:
    """Its name; empty for what is allowed."""
    name = getattr(called, "__qualname__", "") or repr(called)
    owner = getattr(called, "__self__", None)
    try:
        if called in _CLOCKS:
            return f"time.{name}"
        if called in _FILES:
            return f"{called.__module__}.{name}"
    except TypeError:  # what cannot be hashed is none of them
        return ""
    if name in _NOW:
        return name
    if owner is random._inst:
        return f"random.{called.__name__}"
    return ""


def _is_free(frame: FrameType | None) -> bool:
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.partition(".")[0] in _FREE:
            return True
        if module.startswith("pluggy"):
            return False
        frame = frame.f_back
    return False
