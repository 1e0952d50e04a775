"""Sends classes along with their code, to processes that have no pegbox installed."""

from __future__ import annotations

from types import ModuleType

import cloudpickle

from pegbox.executors.dask import (
    asking_back,
    exit_watch,
    fair_share,
    growth,
    ledger,
    ledger_keeper,
    mailbox,
    oom_counter,
    worker_end,
)

__all__ = ["ship_by_value", "ship_plugins"]

#: What lives on schedulers and nannies.
_PLUGINS = (
    *(mailbox, ledger_keeper, fair_share, asking_back, ledger, worker_end),
    *(exit_watch, oom_counter, growth),
)


def ship_plugins() -> None:
    """From now on, pickle the plugins of schedulers and nannies by value, not by name."""
    ship_by_value(*_PLUGINS)


def ship_by_value(*modules: ModuleType) -> None:
    """From now on, pickle what these modules define by value, not by name."""
    known = cloudpickle.list_registry_pickle_by_value()
    for module in modules:
        if module.__name__ not in known:
            cloudpickle.register_pickle_by_value(module)
