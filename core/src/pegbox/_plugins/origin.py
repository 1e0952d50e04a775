"""Where an object came from that was made by its name, so that a restore can make it again."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pegbox._plugins.catalog import Catalog, Offer
from pegbox.searcher import Searcher

__all__ = ["Origin", "create_by_name", "mark_origin", "origin_of"]

#: On the object itself: it goes with a copy, and nothing has to be given back.
_ATTRIBUTE: Final = "_pegbox_origin"


@dataclass(frozen=True, slots=True)
class Origin:
    """Name and arguments that an object was made with.

    Attributes:
        evaluated: How many results from elsewhere it knew of then.
    """

    offer: Offer
    options: Mapping[str, Any]
    evaluated: int


def create_by_name(role: str, name: str, options: Mapping[str, Any]) -> Any:
    """Make the object behind a name, and note on it how it was made.

    Raises:
        ConfigError, MissingDependency, PluginError: As `Catalog.create`.
    """
    catalog = Catalog.discover()
    plugin = catalog.create(role, name, options)
    mark_origin(plugin, catalog.find(role, name), options)
    return plugin


def mark_origin(plugin: object, offer: Offer, options: Mapping[str, Any]) -> None:
    """Note on an object how it was made, or can be."""
    # One with slots cannot be marked; it is restored like any other object: passed again.
    with contextlib.suppress(AttributeError, TypeError):
        setattr(plugin, _ATTRIBUTE, Origin(offer, dict(options), _evaluated(plugin)))


def origin_of(plugin: object) -> Origin | None:
    """What `create_by_name` noted; None for an object that is more than that would make."""
    found = getattr(plugin, _ATTRIBUTE, None)
    if isinstance(found, Origin) and found.evaluated == _evaluated(plugin):
        return found
    return None


def _evaluated(plugin: object) -> int:
    return len(plugin.evaluated_points) if isinstance(plugin, Searcher) else 0
