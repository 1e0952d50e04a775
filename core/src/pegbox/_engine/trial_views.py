"""The trials of a run as plugins see them, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import overload

from pegbox.trial import TrialView

__all__ = ["TrialViews"]


class TrialViews(Sequence[TrialView]):
    """Views of some trials, in order, without a copy until somebody looks."""

    __slots__ = ("_numbers", "_views")

    def __init__(
        self, views: dict[int, TrialView], numbers: Callable[[], Sequence[int]] | None = None
    ) -> None:
        self._views = views
        self._numbers = numbers

    def _chosen(self) -> Sequence[int]:
        return list(self._views) if self._numbers is None else self._numbers()

    def __len__(self) -> int:
        return len(self._views) if self._numbers is None else len(self._numbers())

    def __iter__(self) -> Iterator[TrialView]:
        if self._numbers is None:
            return iter(list(self._views.values()))
        return (self._views[number] for number in self._numbers())

    @overload
    def __getitem__(self, index: int) -> TrialView: ...
    @overload
    def __getitem__(self, index: slice) -> list[TrialView]: ...
    def __getitem__(self, index: int | slice) -> TrialView | list[TrialView]:
        chosen = self._chosen()
        if isinstance(index, slice):
            return [self._views[number] for number in chosen[index]]
        return self._views[chosen[index]]
