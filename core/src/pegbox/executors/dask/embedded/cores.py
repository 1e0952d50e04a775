"""How many cores this process may use: its affinity, and the quota of its control group."""

from __future__ import annotations

import math
import os
from pathlib import Path

__all__ = ["usable_cores"]

_CGROUP = Path("/sys/fs/cgroup")


def usable_cores(cgroup: Path = _CGROUP) -> int:
    """Cores that trials may keep busy; at least 1.

    Read here rather than asked of dask, whose import would delay the start of the workers.
    """
    has_affinity = hasattr(os, "sched_getaffinity")
    cores = len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    quota = _quota(cgroup)
    return max(1, min(cores, math.ceil(quota)) if quota is not None else cores)


def _quota(cgroup: Path) -> float | None:
    """The control group's quota in cores, of version 2 or 1; None without one."""
    try:
        if (cgroup / "cpu.max").is_file():
            amount, period = (cgroup / "cpu.max").read_text().split()
        else:
            amount = (cgroup / "cpu" / "cpu.cfs_quota_us").read_text().strip()
            period = (cgroup / "cpu" / "cpu.cfs_period_us").read_text().strip()
        return int(amount) / int(period) if amount != "max" and int(amount) > 0 else None
    except (OSError, ValueError):
        return None
