"""Where pegbox's own temporary folders lie: in that of the run, where a process has been told one.

So they go with the run, also when the process that made them is killed.
"""

from __future__ import annotations

import os
from typing import Final

__all__ = ["VARIABLE", "scratch_folder"]

#: Environment variable of worker processes, and of what they start: the run's temporary folder.
VARIABLE: Final = "PEGBOX_SCRATCH"


def scratch_folder() -> str | None:
    """The folder to make temporary ones in; None for the machine's usual place."""
    folder = os.environ.get(VARIABLE, "")
    return folder if os.path.isdir(folder) else None
