"""A driver that is a task of the very cluster that it uses.

Such a task holds a thread of its worker, for which a slot that is pinned there would wait for ever.
"""

from __future__ import annotations

from distributed import secede
from distributed.threadpoolexecutor import thread_state

__all__ = ["leave_the_pool"]


def leave_the_pool() -> None:
    """Free the calling thread's place for other tasks, where it is a worker's and still holds one.

    It does not come back: the run's results would have to wait until a thread is free again.
    """
    if getattr(thread_state, "proceed", False):
        secede()
