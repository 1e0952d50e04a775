"""From what a user passed as ``search_alg`` or ``scheduler`` to an object, checked early."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from typing import Any

from pegbox import jsonvalue
from pegbox._plugins.catalog import Catalog
from pegbox._plugins.manager import RoleManager
from pegbox._plugins.origin import create_by_name, origin_of
from pegbox._run.component import Component
from pegbox.callback import Callback
from pegbox.errors import ConfigError
from pegbox.scheduler import Scheduler
from pegbox.searcher import Searcher
from pegbox.searcher_wrapper import SearcherWrapper
from pegbox.text import shown

__all__ = ["call_of", "check_object", "make_component", "register_layers"]

_ARGUMENT = {"searcher": "search_alg", "scheduler": "scheduler", "callback": "callbacks"}
_BASES: dict[str, type] = {"searcher": Searcher, "scheduler": Scheduler, "callback": Callback}


def make_component(role: str, chosen: Any, default: str, *, own_process: bool = False) -> Component:
    """The component behind a name, a name with options, or an object.

    Args:
        role: ``"searcher"`` or ``"scheduler"``.
        chosen: What the user passed; None takes ``default``.
        own_process: Whether a searcher that is named and may take its time is made in a process
            of its own, and only described here.

    Raises:
        ConfigError: It is none of these, or the name or an option is unknown.
        MissingDependency, PluginError: As `Catalog.create`.
    """
    if chosen is None:
        chosen = default
    if isinstance(chosen, str):
        return _by_name(role, chosen, {}, own_process)
    if isinstance(chosen, tuple | list):  # a list where a store has kept it
        if len(chosen) == 2 and isinstance(chosen[0], str) and isinstance(chosen[1], Mapping):
            return _by_name(role, chosen[0], chosen[1], own_process)
        raise ConfigError(
            f"{_ARGUMENT[role]}={shown(chosen)} must be a name and a dict of options",
            hint=f'Write e.g. {_ARGUMENT[role]}=("{default}", {{...}}).',
        )
    if isinstance(chosen, type):
        raise ConfigError(
            f"{_ARGUMENT[role]}={chosen.__name__} is a class, not an object",
            hint=f"Write {_ARGUMENT[role]}={call_of(chosen)}.",
        )
    check_object(role, f"{_ARGUMENT[role]}={shown(chosen)}", chosen)
    if isinstance(chosen, SearcherWrapper):
        return _wrapped(chosen, own_process)
    return _of_object(chosen)


def call_of(cls: type) -> str:
    """How an object of a class is made, as a user would write it."""
    try:
        inspect.signature(cls).bind()
    except (TypeError, ValueError):
        return f"{cls.__name__}(...)"
    return f"{cls.__name__}()"


def check_object(role: str, written: str, chosen: object) -> None:
    """Refuse early what would not fit when the run begins.

    Args:
        written: Argument and object as the user wrote them, or nearly so.
    """
    for other, base in _BASES.items():
        if other != role and isinstance(chosen, base) and not isinstance(chosen, _BASES[role]):
            raise ConfigError(
                f"{_ARGUMENT[role]} has the {other} {type(chosen).__name__}, and takes a {role}",
                hint=f"Pass it as {_ARGUMENT[other]}.",
            )
    if type(chosen).__module__ == "builtins":
        raise ConfigError(
            f"{written} is no {role}",
            hint=f"Give the name of a {role}"
            + ("" if role == "callback" else ", a name with options as a tuple,")
            + " or an object.",
        )
    RoleManager(role).register(chosen)


def _by_name(role: str, name: str, options: Mapping[str, Any], own_process: bool) -> Component:
    plugin = _made_there(name, options) if own_process and role == "searcher" else None
    if plugin is None:
        plugin = create_by_name(role, name, options)
    if isinstance(plugin, SearcherWrapper):
        return _wrapped(plugin, own_process)
    return _of_object(plugin)


def _made_there(name: str, options: Mapping[str, Any]) -> Any | None:
    # Late: the process itself has no need of what it takes to start one.
    from pegbox._run.searcher_process.made_there import make_there

    return make_there(name, options)


def _of_object(plugin: object) -> Component:
    """Of an object; one that was made by its name can be made by it again."""
    origin = origin_of(plugin)
    if origin is None:
        return Component(type(plugin).__name__, {}, False, plugin)
    return _remembered(
        Component(origin.offer.name, {}, False, plugin, origin.offer.origin), origin.options
    )


def _wrapped(wrapper: SearcherWrapper, own_process: bool) -> Component:
    """Of a wrapper, with all that it stands around."""
    inner = make_component("searcher", wrapper.searcher, "random", own_process=own_process)
    offer = Catalog.discover().offer_of("searcher", type(wrapper))
    if offer is None:
        return Component(type(wrapper).__name__, {}, False, wrapper, inner=inner)
    component = Component(offer.name, {}, False, wrapper, offer.origin, inner)
    options = {"searcher": [inner.name, inner.options], **wrapper.options}
    return _remembered(component, options) if inner.by_name else component


def _remembered(component: Component, options: Mapping[str, Any]) -> Component:
    """With its options, if they can be stored; then a restore can make it again."""
    try:
        # A copy, since the user may change the dict that was passed.
        return dataclasses.replace(component, options=jsonvalue.plain(options), by_name=True)
    except ConfigError:
        return component


def register_layers(manager: RoleManager, component: Component) -> None:
    """Register a component on a run's manager: what proposes first, then what stands around it.

    Raises:
        PluginError: One of them does not fit its role.
    """
    named: dict[str, Any] = {}
    for layer in component.layers():
        # The same wrapper may stand twice around a searcher.
        name = layer.name if layer.name not in named else f"{layer.name}-{len(named) + 1}"
        manager.register(layer.plugin, name, layer.package, silent=layer.silent)
        named[name] = layer.plugin
    # Only now is it known what is outside of each.
    for name, plugin in named.items():
        if isinstance(plugin, SearcherWrapper):
            plugin.inner = manager.inside(name)
