"""How the account of a run's time reads to people: in the view, and on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pegbox.text import duration
from pegbox.usage import IDLE_REASONS, Usage

__all__ = ["notable_items", "seconds_text", "slots_text"]

#: Seconds of a run before which shares of its time say nothing.
_EARLY_S: Final = 5.0
#: Part of all slot-seconds from which on it matters that slots were idle.
_IDLE: Final = 0.1
#: Part of the run's time from which on it matters that one plugin worked.
_WORKED: Final = 0.1


def slots_text(usage: Usage) -> str:
    """``busy 91 %, idle 9 %: 6 % no suggestion, 3 % nothing left``; empty where there were none."""
    if not usage.slot_s:
        return ""
    busy = usage.busy_s / usage.slot_s
    reasons = ", ".join(_reasons(usage))
    return f"busy {_percent(busy)}, idle {_percent(1 - busy)}" + (f": {reasons}" if reasons else "")


def seconds_text(usage: Usage) -> str:
    """``searcher optuna 12s, store 0.4s``: the most first, without what took next to nothing."""
    most = sorted(usage.seconds.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{name} {duration(took)}" for name, took in most if took >= 0.05)


def notable_items(usage: Usage) -> list[str]:
    """What the user should know while the run goes on; mostly nothing.

    That slots are idle for want of something, and who may be the reason: the searcher where
    suggestions are waited for, and callbacks that take much of the time.
    """
    if usage.wall_s < _EARLY_S:
        return []
    items = []
    wanting = [reason for reason in IDLE_REASONS if reason != "nothing left"]
    if (idle := sum(map(usage.idle_share, wanting))) >= _IDLE:
        reasons = ", ".join(text for text in _reasons(usage) if not text.endswith("nothing left"))
        items.append(f"slots idle {_percent(idle)} of the time: {reasons}")
    roles = ["callback "]
    if usage.idle_share("no suggestion") >= _IDLE:
        roles.append("searcher ")
    for name, took in usage.seconds.items():
        if name.startswith(tuple(roles)) and took >= _WORKED * usage.wall_s:
            items.append(f"{name} worked {_percent(took / usage.wall_s)}")
    return items


def _reasons(usage: Usage) -> Iterator[str]:
    for reason in IDLE_REASONS:
        if (share := usage.idle_share(reason)) >= 0.005:
            yield f"{_percent(share)} {reason}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
