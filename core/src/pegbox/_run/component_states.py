"""States of searcher and scheduler that are kept over a restore, each with whose it is.

The state of one plugin means nothing to another, or to the same with other options, objectives or
constraints: who takes its place is told the facts instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from pegbox._plugins.bindings import Role
from pegbox._run.component import Component
from pegbox._store.writer import Store

__all__ = ["Calls", "keep_state", "take_back_state"]


class Calls(Protocol):
    """Whoever calls the plugins of a role."""

    @property
    def role(self) -> Role:
        """Which."""

    def implements(self, hook_name: str, /) -> bool:
        """Whether a call of this hook would reach a plugin."""

    def call(self, hook_name: str, /, **arguments: Any) -> Any:
        """Call a hook; see `pegbox._plugins.manager.RoleManager.call`."""


def keep_state(
    store: Store, component: Component, manager: Calls, terms: Mapping[str, Any]
) -> None:
    """After an end in good order: what a restore need not find out again.

    Args:
        terms: What counted for it, as JSON data.

    Raises:
        PluginError: The plugin raised.
    """
    hook = f"{manager.role.name}_save"
    state = manager.call(hook) if manager.implements(hook) else None
    if state:
        kept = {"owner": _owner(component, terms), "state": state}
        store.save_component(manager.role.name, kept)


def take_back_state(
    store: Store, component: Component, manager: Calls, terms: Mapping[str, Any]
) -> int:
    """Give a plugin the state that it, and nobody else, has left.

    Args:
        terms: What counts for it now.

    Returns:
        Position of the last event that it knows of through this; 0 where there was no state.

    Raises:
        PluginError: The plugin raised.
    """
    kept: tuple[int, dict[str, Any]] | None = store.load_component(manager.role.name)
    if kept is None or kept[1].get("owner") != _owner(component, terms):
        return 0
    manager.call(f"{manager.role.name}_load", state=kept[1]["state"])
    return kept[0]


def _owner(component: Component, terms: Mapping[str, Any]) -> dict[str, Any]:
    return {**component.identity(), **terms}
