"""One registered plugin, and the form in which pluggy sees it.

Knows nothing of calls; `pegbox._plugins.manager` makes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One registered plugin."""

    label: Label
    bound: Bound
    implementations: Mapping[str, Sequence[Implementation]]

    def answers(self, hook: str) -> bool:
        """Whether it gives answers to a hook, rather than only standing around others'."""
        return any(not one.wraps for one in self.implementations.get(hook, ()))
