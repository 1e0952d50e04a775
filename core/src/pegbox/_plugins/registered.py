"""One registered plugin, and the form in which pluggy sees it.

Knows nothing of calls; `pegbox._plugins.manager` makes them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pluggy

from pegbox._plugins.implementations import Implementation
from pegbox._plugins.naming import Label

__all__ = ["Bound", "BoundManager", "Entry"]


class Bound:
    """What pluggy is given in place of a plugin: its implementations and nothing else.

    Compared by identity, so that plugins may define ``==`` as they like (dataclasses do).
    """

    __slots__ = ("__dict__", "_pegbox_options")

    def __init__(self, implementations: Sequence[Implementation]) -> None:
        self._pegbox_options = {one.method: dict(one.options) for one in implementations}
        for one in implementations:
            self.__dict__[one.method] = one.function


class BoundManager(pluggy.PluginManager):
    """A plugin manager that takes implementations from `Bound`, not from marks alone."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> Any:
        """The options found at registration; pluggy looks at nothing else."""
        return plugin._pegbox_options.get(name) if isinstance(plugin, Bound) else None

    def register(self, plugin: object, name: str | None = None) -> str | None:
        """Take a `Bound` in; its ``**info`` get those of a hook's arguments that it does not name.

        By itself pluggy passes them nothing.
        """
        registered = super().register(plugin, name)
        for caller in self.get_hookcallers(plugin) or ():
            for one in caller.get_hookimpls():
                if one.plugin is plugin and caller.spec and _takes_the_rest(one.function):
                    named = (*one.argnames, *one.kwargnames)
                    rest = tuple(name for name in caller.spec.argnames if name not in named)
                    one.kwargnames = (*one.kwargnames, *rest)  # type: ignore[misc]
        return registered


def _takes_the_rest(function: Callable[..., object]) -> bool:
    parameters = inspect.signature(function).parameters.values()
    return any(one.kind is one.VAR_KEYWORD for one in parameters)


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One registered plugin.

    Attributes:
        silent: Whether it is a part of the core, and never to blame.
    """

    label: Label
    bound: Bound
    implementations: Mapping[str, Sequence[Implementation]]
    silent: bool = False

    def answers(self, hook: str) -> bool:
        """Whether it gives answers to a hook, rather than only standing around others'."""
        return any(not one.wraps for one in self.implementations.get(hook, ()))
