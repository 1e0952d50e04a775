"""Which of a worker's GPUs are taken, and how far. Indices from 0; what they are called is unknown.

A trial takes whole devices for itself, or a share of one. Amounts are units of 1/10,000, as
`pegbox.resources` counts them. Cost grows with the devices in use, never with how many there are.
"""

from __future__ import annotations

from collections.abc import Mapping

from pegbox.resources import WHOLE

__all__ = ["Devices"]


class Devices:
    """The account of one worker's devices.

    Args:
        amount: What the worker has, in units: whole devices, and the rest as a last, partial one.
    """

    __slots__ = ("_own", "_rest", "_used", "_whole")

    def __init__(self, amount: int) -> None:
        #: index -> units taken there; no zeros. May hold devices that the worker has no more.
        self._used: dict[int, int] = {}
        #: The part of it that was taken here; others have the rest.
        self._own: dict[int, int] = {}
        self.resize(amount)

    def resize(self, amount: int) -> None:
        """The worker has another amount from now on; what is taken stays taken."""
        self._whole, self._rest = divmod(amount, WHOLE)

    def lend(self, taken: Mapping[int, int]) -> None:
        """Others have so much of some devices from now on."""
        self._used = dict(self._own)
        for index, units in taken.items():
            self._used[index] = self._used.get(index, 0) + units

    def times(self, asked: int) -> int:
        """How many requests of this size could be met now, if no others were.

        Args:
            asked: Units, more than 0: a share of one device, or a number of whole ones. An amount
                that is neither is never met.
        """
        if asked >= WHOLE:
            return 0 if asked % WHOLE else self._untouched() // (asked // WHOLE)
        begun = sum(self._left(index) // asked for index in self._used)
        rest = 0 if self._whole in self._used else self._rest // asked
        return begun + rest + self._untouched() * (WHOLE // asked)

    def take(self, asked: int) -> tuple[int, ...]:
        """Meet a request that `times` has room for.

        Returns:
            Indices: the lowest untouched devices, or the one that a share fits best, so that
            whole ones stay free for whom they are.
        """
        if asked >= WHOLE:
            chosen = tuple(self._lowest_untouched(asked // WHOLE))
        else:
            chosen = (self._fullest_with(asked),)
        for index in chosen:
            for account in (self._own, self._used):
                account[index] = account.get(index, 0) + min(asked, WHOLE)
        return chosen

    def give(self, asked: int, chosen: tuple[int, ...]) -> None:
        """Give back what `take` took."""
        for index in chosen:
            for account in (self._own, self._used):
                if left := account.pop(index) - min(asked, WHOLE):
                    account[index] = left

    def _room(self, index: int) -> int:
        if index < self._whole:
            return WHOLE
        return self._rest if index == self._whole else 0

    def _left(self, index: int) -> int:
        return max(0, self._room(index) - self._used.get(index, 0))

    def _untouched(self) -> int:
        """Number of whole devices of which nothing is taken."""
        return self._whole - sum(index < self._whole for index in self._used)

    def _lowest_untouched(self, count: int) -> list[int]:
        found: list[int] = []
        index = 0
        while len(found) < count:
            if index not in self._used:
                found.append(index)
            index += 1
        return found

    def _fullest_with(self, asked: int) -> int:
        candidates = {*self._used, self._whole, *self._lowest_untouched(1)}
        fitting = ((self._left(index), index) for index in candidates)
        return min((left, index) for left, index in fitting if left >= asked)[1]
