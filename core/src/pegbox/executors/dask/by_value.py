"""Sends classes along with their code, to processes that have no pegbox installed."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import cloudpickle

from pegbox.executors.dask import shipped

__all__ = ["ship_by_value", "ship_plugins"]


def ship_plugins() -> None:
    """From now on, pickle the plugins of schedulers and nannies by value, not by name."""
    for found in iter_modules(shipped.__path__):
        ship_by_value(import_module(f"{shipped.__name__}.{found.name}"))


def ship_by_value(module: ModuleType) -> None:
    """From now on, pickle what a module defines by value, not by name.

    A package would not do: Dask looks for the very module of what it sends.
    """
    if module.__name__ not in cloudpickle.list_registry_pickle_by_value():
        cloudpickle.register_pickle_by_value(module)
