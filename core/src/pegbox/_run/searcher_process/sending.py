"""Which searchers go to a process of their own, and which stay in this one after all."""

from __future__ import annotations

import dataclasses
import logging

from pegbox._run.component import Component
from pegbox._run.searcher_process.calls import SearcherThere
from pegbox._run.searcher_process.made_there import MadeThere
from pegbox.errors import ConfigError

__all__ = ["made_here", "sent_away"]

logger = logging.getLogger("pegbox")


def sent_away(component: Component) -> SearcherThere | None:
    """A searcher in a process of its own.

    Returns:
        None where it answers at once, or cannot be sent; the latter is said.

    Raises:
        PluginError: It does not fit its hooks, or its process ended.
    """
    if component.traits.cheap:
        return None
    try:
        return SearcherThere(component)
    except ConfigError as error:
        logger.warning(
            "searcher %s works on a thread of this process, where answers to trials wait while it "
            "computes: %s",
            component.label,
            error.message,
        )
        return None


def made_here(component: Component) -> Component:
    """The same with the searcher itself, where it has been made elsewhere.

    Raises:
        ConfigError, MissingDependency, PluginError: As `Catalog.create`.
    """
    if component.inner is not None:
        return dataclasses.replace(component, inner=made_here(component.inner))
    if isinstance(component.plugin, MadeThere):
        return dataclasses.replace(component, plugin=component.plugin.made_here())
    return component
