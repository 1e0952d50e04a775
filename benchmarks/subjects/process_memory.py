"""Peak memory of a script and all that it starts, where a shared page counts once in all."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

__all__ = ["sampled"]

_PERIOD_S = 0.1


@contextlib.contextmanager
def sampled() -> Iterator[dict[str, float]]:
    """Look every 0.1 s; the dict gets the peaks in MB: of all processes, and of this one."""
    peaks = {"total_pss_mb": 0.0, "driver_rss_mb": 0.0}
    over = threading.Event()

    def look() -> None:
        while not over.wait(_PERIOD_S):
            own, *others = [_memory_mb(pid) for pid in (os.getpid(), *_descendants(os.getpid()))]
            now = {
                "total_pss_mb": own["Pss"] + sum(other["Pss"] for other in others),
                "driver_rss_mb": own["Rss"],
            }
            peaks.update({name: max(peaks[name], now[name]) for name in peaks})

    thread = threading.Thread(target=look, name="memory", daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        over.set()
        thread.join()


def _memory_mb(pid: int) -> dict[str, float]:
    found = {"Pss": 0.0, "Rss": 0.0}
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in found:
                found[name] = int(value.split()[0]) * 1024 / 1e6
    return found


def _descendants(pid: int) -> Iterator[int]:
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from _descendants(int(child))
