"""How single values read to people: short numbers, durations, values of any type on one line.

The view, notebooks and the command line show values alike; `shown` is for messages.
"""

from __future__ import annotations

import math
import reprlib

__all__ = ["clip", "clip_left", "duration", "metric", "one_line", "parameter", "shown"]

#: Characters of a value in a message.
_MOST_SHOWN = 200

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxdict = 8


def duration(seconds: float) -> str:
    """``4.2s``, ``38s``, ``12m05s``, ``3h07m``, ``2d04h``: never more than six characters or so."""
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d{whole % 86400 // 3600:02d}h"


def metric(value: object) -> str:
    """A reported value with four significant digits, trailing zeros kept so that columns stand."""
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:#.4g}".rstrip(".")
    return parameter(value)


def parameter(value: object) -> str:
    """A configuration's value, as short as it can be recognized."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, type) or callable(value):
        return one_line(str(getattr(value, "__name__", type(value).__name__)))
    try:
        # reprlib bounds containers and survives objects whose __repr__ raises.
        return one_line(_SHORT.repr(value))
    except Exception:  # an integer of more digits than Python shows is no such object
        return one_line(shown(value))


def _integer(value: int) -> str:
    if abs(value) < 10**9:
        return str(value)
    try:
        return f"{float(value):.4g}"
    except OverflowError:
        return "inf" if value > 0 else "-inf"


def one_line(text: str) -> str:
    """``text`` without line breaks and control characters, which would break the view."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def shown(value: object) -> str:
    """``repr`` for a message: of any object, however it is made, and not too long."""
    try:
        text = repr(value)
    except Exception:  # an object's own __repr__ may fail in any way; the text only informs
        text = f"<{type(value).__qualname__}>"
    if "\n" in text:
        text = " ".join(text.split())
    return clip(text, _MOST_SHOWN, "...")


def clip(text: str, width: int, mark: str = "…") -> str:
    """The first ``width`` characters, the last of them ``mark`` where something is missing."""
    return text if len(text) <= width else (text[: max(width - len(mark), 0)] + mark)[:width]


def clip_left(text: str, width: int, mark: str = "…") -> str:
    """The last ``width`` characters: of a path, the part that tells it from its neighbours."""
    return text if len(text) <= width else mark + text[len(text) - width + len(mark) :]
