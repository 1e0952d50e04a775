"""Where an object came from that was made by its name, so that a restore can make it again."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pegbox._plugins.catalog import Catalog, Offer

__all__ = ["Origin", "create_by_name", "origin_of"]

#: On the object itself: it goes with a copy, and nothing has to be given back.
_ATTRIBUTE: Final = "_pegbox_origin"


@dataclass(frozen=True, slots=True)
class Origin:
    """Name and arguments that an object was made with."""

    offer: Offer
    options: Mapping[str, Any]


def create_by_name(role: str, name: str, options: Mapping[str, Any]) -> Any:
    """Make the object behind a name, and note on it how it was made.

    Raises:
        ConfigError, MissingDependency, PluginError: As `Catalog.create`.
    """
    catalog = Catalog.discover()
    plugin = catalog.create(role, name, options)
    # One with slots cannot be marked; it is restored like any other object: passed again.
    with contextlib.suppress(AttributeError, TypeError):
        setattr(plugin, _ATTRIBUTE, Origin(catalog.find(role, name), dict(options)))
    return plugin


def origin_of(plugin: object) -> Origin | None:
    """What `create_by_name` noted; None for an object that was made otherwise."""
    found = getattr(plugin, _ATTRIBUTE, None)
    return found if isinstance(found, Origin) else None
