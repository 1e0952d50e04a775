"""How often the kernel has killed a process of this memory group for want of memory.

Reads control groups of either version; knows nothing of workers. Where there are none (macOS, a
host without the memory controller) the count is None, and a kill reads as one from outside.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

__all__ = ["read_oom_kills"]

_ROOT: Final = Path("/sys/fs/cgroup")


def read_oom_kills(process: Path = Path("/proc/self"), root: Path = _ROOT) -> int | None:
    """Processes killed so far in the memory group of ``process``, or None where none counts.

    Args:
        process: The process's folder in ``/proc``.
        root: Where control groups are mounted.
    """
    for path in _candidates(process, root):
        try:
            counts = dict(line.split() for line in path.read_text().splitlines())
            return int(counts["oom_kill"])
        except (OSError, ValueError, KeyError):
            continue
    return None


def _candidates(process: Path, root: Path) -> list[Path]:
    """Counter files, the likeliest first.

    In a container the group's path is the host's, while the mount shows the group as its root:
    so each file is looked for at both.
    """
    try:
        lines = (process / "cgroup").read_text().splitlines()
    except OSError:
        return []
    found: list[Path] = []
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if "memory" in controllers.split(","):
            folder, name = root / "memory", "memory.oom_control"
        elif not controllers:
            folder, name = root, "memory.events"
        else:
            continue
        found += [folder / group.lstrip("/") / name, folder / name]
    return found
