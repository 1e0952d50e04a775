"""Whether other workers may come: what an executor is told of it, and clusters of a fixed size.

What follows for trials is the engine's affair. This module does not import distributed, so that
the embedded cluster can start before it is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from pegbox.commands import Wishes

__all__ = ["FixedProspects", "Prospects", "Tell"]

#: Takes whether other workers may come; None where that is not known yet.
Tell = Callable[[bool | None], None]


class Prospects(Protocol):
    """What an executor tells of its workers, and of what trials wish for."""

    def begin(self, run: str, tell: Tell) -> None:
        """The workers that were there at the start have been noted."""

    def stirred(self, workers: Collection[str]) -> None:
        """Workers have come or gone; those that are there now. On the loop."""

    def wish(self, wishes: Wishes) -> None:
        """What trials wish for now; from any thread."""

    def close(self) -> None:
        """The run is over."""


class FixedProspects:
    """A cluster with a number of places: once that many workers came, others are like them.

    Args:
        count: How many workers it starts.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._here = 0
        self._tell: Tell | None = None

    def begin(self, run: str, tell: Tell) -> None:
        """Say so if all are there."""
        self._tell = tell
        self._judge()

    def stirred(self, workers: Collection[str]) -> None:
        """One that leaves has another in its place soon."""
        self._here = len(workers)
        self._judge()

    def wish(self, wishes: Wishes) -> None:
        """It has what it has."""

    def close(self) -> None:
        """Nothing to give back."""

    def _judge(self) -> None:
        if self._here >= self._count and self._tell is not None:
            self._tell(False)
            self._tell = None
