"""What a wrapper stands around, as it may call it: contained like every call into a plugin."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import pluggy

__all__ = ["Inside"]

#: Calls a hook's caller; names the plugin that raised.
Contained = Callable[[str, pluggy.HookCaller, Mapping[str, Any]], Any]


class Inside:
    """The plugins of one manager that were registered before one of them.

    Args:
        callers: Hook to a caller that reaches only those.
        under_way: Hook to the arguments that the manager is calling it with, if it is.
        contained: The manager's way of calling.
    """

    def __init__(
        self,
        callers: Mapping[str, pluggy.HookCaller],
        under_way: Mapping[str, Mapping[str, Any]],
        contained: Contained,
    ) -> None:
        self._callers = callers
        self._under_way = under_way
        self._contained = contained

    def call(self, hook_name: str, /, **arguments: Any) -> Any:
        """See `pegbox.searcher_wrapper.InnerSearcher.call`."""
        caller = self._callers[hook_name]
        if not caller.get_hookimpls():
            return None
        given = self._under_way.get(hook_name, {})
        return self._contained(hook_name, caller, {**given, **arguments})

    def takes(self, hook_name: str, argument: str, /) -> bool:
        """See `pegbox.searcher_wrapper.InnerSearcher.takes`."""
        inside = self._callers[hook_name].get_hookimpls()
        return all(argument in inspect.signature(one.function).parameters for one in inside)
