"""States of callbacks that are kept over a restore: each goes to the callback of its name."""

from __future__ import annotations

import logging
from typing import Any

from pegbox._run.observers import Observers
from pegbox._store.writer import Store
from pegbox.errors import ConfigError
from pegbox.jsonvalue import plain

__all__ = ["keep_callback_states", "take_back_callback_states"]

logger = logging.getLogger("pegbox")


def keep_callback_states(store: Store, observers: Observers) -> None:
    """After any end: what callbacks want to find again. One that cannot be stored is said."""
    kept: dict[str, Any] = {}
    for name, state in observers.states().items():
        try:
            kept[name] = plain(state, "state")
        except ConfigError as error:
            logger.error("the state of callback %s is not kept: %s", name, error)
    if kept:
        store.save_component("callback", kept)


def take_back_callback_states(store: Store, observers: Observers) -> None:
    """Give callbacks what those of the same names have left."""
    if (kept := store.load_component("callback")) is not None:
        observers.take_back(kept[1])
