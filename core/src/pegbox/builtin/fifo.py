"""First in, first out: the scheduler that lets every trial run to its end."""

from __future__ import annotations

from pegbox.scheduler import Scheduler

__all__ = ["FIFOScheduler"]


class FIFOScheduler(Scheduler):
    """Trials start in the order of their suggestion and are never stopped early.

    This is the default. It leaves every method alone, so a report costs it nothing.
    """
