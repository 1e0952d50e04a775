"""Loggers, under Ray Tune's names: callbacks that write what each trial does into its folder.

None of them runs until it is named: ``RunConfig(callbacks=["csv", "json"])``, or the variable
``PEGBOX_CALLBACKS=csv,json``. The store has everything that they write, and ``pegbox export
--csv --json`` writes the same files at any later time.

The class of every installed callback is here, too, and is imported when it is asked for.
"""

from __future__ import annotations

from typing import Any

from pegbox._plugins.classes import class_called
from pegbox.builtin.loggers import CSVLoggerCallback, JsonLoggerCallback
from pegbox.logger_callback import LoggerCallback

__all__ = ["CSVLoggerCallback", "JsonLoggerCallback", "LoggerCallback"]


def __getattr__(name: str) -> Any:
    return class_called("callback", __name__, name)
