"""Says where a configuration is large: each trial is sent its own, and the store keeps each."""

from __future__ import annotations

import logging
import pickle
from collections.abc import Mapping
from typing import Any, Final

from pegbox._trial.pickling import dump
from pegbox.errors import ConfigError

__all__ = ["LARGE_BYTES", "LargeConfigs"]

_logger: Final = logging.getLogger("pegbox")

#: A configuration from which on it is said.
LARGE_BYTES: Final = 100_000

#: Configurations that are looked at; measuring a large one costs what sending it does.
_LOOK_AT: Final = 5


class LargeConfigs:
    """Looks at the first configurations of a run."""

    def __init__(self) -> None:
        self._left = _LOOK_AT

    def look(self, trial_id: str, config: Mapping[str, Any]) -> None:
        """Say it, once, if the configuration is large."""
        if self._left <= 0:
            return
        self._left -= 1
        if (size := _size(config)) < LARGE_BYTES:
            return
        self._left = 0
        sizes = {name: _size(value) for name, value in config.items()}
        largest = max(sizes, key=lambda name: sizes[name])
        _logger.warning(
            "the configuration of trial %s has %s bytes, %s of them in %r, and every trial is "
            "sent its own. Pass large values with pegbox.with_parameters(trainable, ...): they "
            "are sent once",
            *(trial_id, f"{size:,}", f"{sizes[largest]:,}", largest),
        )


def _size(value: object) -> int:
    """Bytes that are sent of a value; large arrays are counted, not copied."""
    arrays: list[pickle.PickleBuffer] = []
    try:
        text = dump(value, "a configuration", arrays.append)
    except ConfigError:
        return 0  # That it cannot be sent is told where it is.
    return len(text) + sum(array.raw().nbytes for array in arrays)
