"""Loggers, under Ray Tune's names: callbacks that write what each trial does into its folder.

None of them runs until it is named: ``RunConfig(callbacks=["csv", "json"])``, or the variable
``PEGBOX_CALLBACKS=csv,json``. The store has everything that they write, and ``pegbox export
--csv --json`` writes the same files at any later time.
"""

from __future__ import annotations

from pegbox.builtin.loggers import CSVLoggerCallback, JsonLoggerCallback
from pegbox.logger_callback import LoggerCallback

__all__ = ["CSVLoggerCallback", "JsonLoggerCallback", "LoggerCallback"]
