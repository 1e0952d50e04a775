"""Which plugin raised, where several answer one hook or stand around each other.

Read from the traceback: the innermost frame that is a plugin's own implementation. Only runs once
something has gone wrong, so the way there costs nothing.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Mapping, Sequence
from types import FrameType
from typing import TypeVar

from pegbox._plugins.implementations import Implementation

__all__ = ["culprit"]

P = TypeVar("P")


def culprit(error: BaseException, answering: Sequence[tuple[P, Implementation]]) -> P | None:
    """The plugin whose implementation the error came out of.

    Args:
        error: As it was caught.
        answering: Every plugin with its implementation of the hook that was called.

    Returns:
        None where several could have raised and the traceback shows none of them.
    """
    if len(answering) == 1:
        return answering[0][0]
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    for frame in reversed(frames):
        same = [(plugin, one) for plugin, one in answering if _code_of(one) is frame.f_code]
        owners = [plugin for plugin, one in same if _is_call_of(frame, one)]
        if len(owners) == 1:
            return owners[0]
        if len(same) == 1:
            return same[0][0]
    return None


def _code_of(implementation: Implementation) -> object:
    function = implementation.function
    return getattr(getattr(function, "__func__", function), "__code__", None)


def _is_call_of(frame: FrameType, implementation: Implementation) -> bool:
    """Whether the frame's first argument is the implementation's own object."""
    if not inspect.ismethod(implementation.function):
        return True
    first = _first_argument(frame.f_locals, frame.f_code.co_varnames[:1])
    return first is implementation.function.__self__


def _first_argument(local: Mapping[str, object], names: Sequence[str]) -> object:
    value = local.get(names[0]) if names else None
    # A decorated method takes *args.
    return value[0] if isinstance(value, tuple) and value else value
