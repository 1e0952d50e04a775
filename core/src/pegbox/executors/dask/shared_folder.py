"""A folder in memory, for what all worker processes of this machine are to read."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

__all__ = ["make_memory_folder", "roomy"]

#: Linux keeps files there in memory; other systems have no such place.
_IN_MEMORY: Final = "/dev/shm"
#: Of the room that is free, more is left to others.
_SHARE: Final = 4


def make_memory_folder() -> Path | None:
    """A new folder whose files lie in memory, or None where there is no place for one."""
    try:
        return Path(tempfile.mkdtemp(prefix="pegbox-", dir=_IN_MEMORY))
    except OSError:
        return None


def roomy(folder: Path, size: int) -> bool:
    """Whether a file of so many bytes takes up little of the room that is free there."""
    return os.path.isdir(folder) and shutil.disk_usage(folder).free > _SHARE * size
