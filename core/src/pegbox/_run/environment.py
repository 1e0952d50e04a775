"""Seconds that users set in the environment, for what no argument is worth."""

from __future__ import annotations

import logging
import math
import os
from typing import Final

__all__ = ["seconds_of"]

_logger: Final = logging.getLogger("pegbox")


def seconds_of(variable: str, default_s: float) -> float:
    """What a variable of the environment says.

    Args:
        variable: Its name. What is no number from 0 on is said, and not taken.
        default_s: Where it is not set.
    """
    text = os.environ.get(variable, "")
    if not text:
        return default_s
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if seconds >= 0:
        return seconds
    _logger.warning("%s=%r is no number of seconds, and does not count", variable, text)
    return default_s
