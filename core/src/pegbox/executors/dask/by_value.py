"""Sends a module's classes along with their code, to processes that have no pegbox installed."""

from __future__ import annotations

from types import ModuleType

import cloudpickle

__all__ = ["ship_by_value"]


def ship_by_value(*modules: ModuleType) -> None:
    """From now on, pickle what these modules define by value, not by name."""
    known = cloudpickle.list_registry_pickle_by_value()
    for module in modules:
        if module.__name__ not in known:
            cloudpickle.register_pickle_by_value(module)
