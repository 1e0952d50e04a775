"""Suggestions in batches: a searcher hears of a batch once all of it has ended.

The trials of a batch are those whose numbers lie together, so a restore finds the same batches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pegbox.decisions import WAIT, Signal
from pegbox.searcher import Point
from pegbox.searcher_wrapper import InnerSearcher
from pegbox.trial import trial_number

__all__ = ["Batches"]


@dataclass(frozen=True, slots=True)
class _Held:
    """An end that the searcher has not been told of."""

    trial_id: str
    point: Point
    hook: str
    told: Mapping[str, Any]


class Batches:
    """The batches of one run.

    Args:
        size: Trials in a batch.
        inner: The searcher.
    """

    def __init__(self, size: int, inner: InnerSearcher) -> None:
        self._size = size
        self._inner = inner
        #: The first batch that has not ended.
        self._current = 0
        #: Batch to how many of its trials have ended.
        self._ended: Counter[int] = Counter()
        #: Trial's number to its end, for those that are held back.
        self._held: dict[int, _Held] = {}

    def suggest(
        self, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Point | Signal:
        """Ask the searcher, unless the trial belongs to a later batch.

        What is held back is pending in its eyes. Where nothing is under way no tell would follow,
        so it is told what is held back rather than made to wait for ever.
        """
        batch = trial_number(trial_id) // self._size
        if batch > self._current:
            if pending:
                return WAIT
            self._release()
            self._current = batch
        answer = self._ask(trial_id, pending, ask, seed)
        if answer is WAIT and self._held and not pending:
            self._release()
            answer = self._ask(trial_id, pending, ask, seed)
        return answer

    def _ask(
        self, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Point | Signal:
        unanswered = {held.trial_id: held.point for held in self._held.values()} | dict(pending)
        answer: Point | Signal = self._inner.call(
            "searcher_suggest", trial_id=trial_id, pending=unanswered, ask=ask, seed=seed
        )
        return answer

    def complete(self, trial_id: str, point: Point, told: Mapping[str, Any]) -> None:
        """A trial that was suggested here has ended."""
        self._hold(_Held(trial_id, point, "searcher_complete", {**told, "config": point}))

    def observe(self, trial_id: str, point: Point, told: Mapping[str, Any]) -> None:
        """A trial of before a restore has ended."""
        self._hold(_Held(trial_id, point, "searcher_observe", {**told, "config": point}))

    def _hold(self, held: _Held) -> None:
        number = trial_number(held.trial_id)
        self._held[number] = held
        self._ended[number // self._size] += 1
        if number // self._size < self._current:
            self._tell(number)
        while self._ended[self._current] >= self._size:
            self._tell_batch(self._current)
            del self._ended[self._current]
            self._current += 1

    def _release(self) -> None:
        for number in sorted(self._held):
            self._tell(number)

    def _tell_batch(self, batch: int) -> None:
        for number in sorted(self._held):
            if number // self._size == batch:
                self._tell(number)

    def _tell(self, number: int) -> None:
        held = self._held.pop(number)
        self._inner.call(held.hook, trial_id=held.trial_id, **held.told)
