"""Which trials have been asked for: numbers out, answers in.

The number of an ask is the number of the trial that it may bring forth. Numbers are given out once
each, smallest first, and again where an ask came to nothing.
"""

from __future__ import annotations

import bisect
from collections.abc import Collection

__all__ = ["AskBook"]


class AskBook:
    """The account of asks in one process.

    Attributes:
        open: Asks without an answer -> how many tells had been ordered when each was made.
        declined: Asks that the searcher put off until the next tell.
    """

    def __init__(self) -> None:
        self.open: dict[int, int] = {}
        self.declined: list[int] = []
        #: Numbers to give out again before new ones, sorted.
        self._again: list[int] = []
        self._next = 0
        self._tells = 0

    @property
    def count(self) -> int:
        """Numbers given out that brought a trial forth, or still may."""
        return self._next - len(self._again) - len(self.declined)

    @property
    def overtaken(self) -> bool:
        """Whether a tell was ordered after an ask that is open.

        That ask may be put off and come again, and no later one is to be answered before it: what
        a searcher proposes would depend on which of two threads was faster.
        """
        oldest = next(iter(self.open.values()), self._tells)
        return oldest < self._tells

    def resume(self, known: Collection[int]) -> None:
        """Begin after a restore: what was asked for and never answered is asked for again.

        Args:
            known: Numbers of all trials.
        """
        self._next = max(known, default=-1) + 1
        self._again = [number for number in range(self._next) if number not in known]

    def ask(self) -> int:
        """The number of a new ask."""
        if self._again:
            number = self._again.pop(0)
        else:
            number = self._next
            self._next += 1
        self.open[number] = self._tells
        return number

    def answered(self, number: int) -> int:
        """An ask has got its answer.

        Returns:
            How many tells had been ordered when it was made.

        Raises:
            ValueError: It was not asked, or has its answer.
        """
        if number not in self.open:
            raise ValueError(f"trial {number} was not asked for")
        return self.open.pop(number)

    def put_off(self, number: int) -> None:
        """An ask was declined: not before the next tell, which may be under way already."""
        if self.answered(number) < self._tells:
            bisect.insort(self._again, number)
        else:
            self.declined.append(number)

    def told(self) -> None:
        """The searcher was told how a trial ended: what was put off may be asked again."""
        self._tells += 1
        self._again = sorted([*self._again, *self.declined]) if self.declined else self._again
        self.declined.clear()
