"""From what a user passed as ``search_alg`` or ``scheduler`` to an object, checked early."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pegbox import jsonvalue
from pegbox._plugins.catalog import Catalog
from pegbox._plugins.manager import RoleManager
from pegbox._run.plan import Component
from pegbox.callback import Callback
from pegbox.errors import ConfigError, UnsupportedSpace
from pegbox.objective import Objective
from pegbox.scheduler import Scheduler
from pegbox.searcher import Searcher
from pegbox.space import Space

__all__ = ["check_searcher", "make_callbacks", "make_component"]

_ARGUMENT = {"searcher": "search_alg", "scheduler": "scheduler", "callback": "callbacks"}
_BASES: dict[str, type] = {"searcher": Searcher, "scheduler": Scheduler, "callback": Callback}


def make_component(role: str, chosen: Any, default: str) -> Component:
    """The component behind a name, a name with options, or an object.

    Args:
        role: ``"searcher"`` or ``"scheduler"``.
        chosen: What the user passed; None takes ``default``.

    Raises:
        ConfigError: It is none of these, or the name or an option is unknown.
        MissingDependency, PluginError: As `Catalog.create`.
    """
    if chosen is None:
        chosen = default
    if isinstance(chosen, str):
        return _by_name(role, chosen, {})
    if isinstance(chosen, tuple):
        if len(chosen) == 2 and isinstance(chosen[0], str) and isinstance(chosen[1], Mapping):
            return _by_name(role, *chosen)
        raise ConfigError(
            f"{_ARGUMENT[role]}={chosen!r} must be a name and a dict of options",
            hint=f'Write e.g. {_ARGUMENT[role]}=("{default}", {{...}}).',
        )
    if isinstance(chosen, type):
        raise ConfigError(
            f"{_ARGUMENT[role]}={chosen.__name__} is a class, not an object",
            hint=f"Write {_ARGUMENT[role]}={chosen.__name__}().",
        )
    _check_object(role, f"{_ARGUMENT[role]}={chosen!r}", chosen)
    return Component(type(chosen).__name__, {}, False, chosen)


def _check_object(role: str, written: str, chosen: object) -> None:
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


def _by_name(role: str, name: str, options: Mapping[str, Any]) -> Component:
    catalog = Catalog.discover()
    offer = catalog.find(role, name)
    plugin = catalog.create(role, name, options)
    package = f"{offer.package} {offer.version}"
    try:
        # A copy, since the user may change the dict that was passed.
        return Component(offer.name, jsonvalue.plain(options), True, plugin, package)
    except ConfigError:
        # Options that are objects cannot be stored, so neither can the choice.
        return Component(offer.name, {}, False, plugin, package)


def check_searcher(component: Component, space: Space, objectives: Sequence[Objective]) -> None:
    """Refuse what the searcher's traits say it cannot do, by the parameter's name.

    Raises:
        UnsupportedSpace: A parameter of a kind that it does not take.
        ConfigError: It needs a metric and there is none, or it takes only one.
    """
    traits = getattr(component.plugin, "traits", Searcher.traits)
    argument = f"search_alg={component.name!r}"
    for path, domain in space.domains.items():
        if domain.kind not in traits.domains:
            raise UnsupportedSpace(
                f"{argument} cannot take parameter {path!r}: it is a {domain.kind} domain",
                hint=_what_would_do(component, domain.kind, traits.domains),
            )
    if not objectives and not traits.model_free:
        raise ConfigError(
            f"{argument} learns from results, so it needs to know which",
            hint='Set TuneConfig(metric="...", mode="min").',
        )
    if len(objectives) > 1 and not traits.multi_objective:
        names = ", ".join(objective.metric for objective in objectives)
        raise ConfigError(f"{argument} takes one metric, got {names}")


def _what_would_do(component: Component, kind: str, takes: Collection[str]) -> str:
    """For a parameter of a kind that a searcher does not take."""
    remedies = [f"It takes {', '.join(sorted(takes))}"]
    if kind == "grid" and "choice" in takes:
        remedies.append("write choice([...]) in place of grid_search([...])")
    if component.name not in ("random", "grid"):
        remedies.append('search_alg="random" takes all of them')
    return "; ".join(remedies) + "."


def make_callbacks(chosen: Sequence[Any], verbose: int) -> tuple[Any, ...]:
    """The callbacks of a run: the view, unless it is silent, and what the user named.

    Raises:
        ConfigError: One is a class, or a name that nobody offers.
    """
    catalog = Catalog.discover()
    made = [catalog.create("callback", "progress", {"verbose": verbose})] if verbose else []
    for callback in chosen:
        if isinstance(callback, type):
            raise ConfigError(
                f"callbacks has the class {callback.__name__}, not an object",
                hint=f"Write callbacks=[{callback.__name__}()].",
            )
        made.append(catalog.create("callback", callback) if isinstance(callback, str) else callback)
        _check_object("callback", f"callbacks has {callback!r}, which", made[-1])
    return tuple(made)
