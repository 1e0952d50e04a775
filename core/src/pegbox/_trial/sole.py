"""That one trial has the whole process: its descriptors and its working folder are the trial's.

Whoever starts slots sees to it that there is one in a process where that counts. Another driver's
trial may come into it all the same; then what belongs to the process is left alone.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["sole_trial"]

_taken: Final = threading.Lock()


@contextmanager
def sole_trial(*, wished: bool) -> Iterator[bool]:
    """Within, what belongs to the process belongs to one trial.

    Args:
        wished: Whether that is wanted at all.

    Yields:
        Whether it is so.
    """
    given = wished and _taken.acquire(blocking=False)
    try:
        yield given
    finally:
        if given:
            _taken.release()
