"""At most so many suggestions under way: around any searcher, one by one or batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pegbox.argument_checks import flag, whole
from pegbox.builtin.batches import Batches
from pegbox.decisions import Signal
from pegbox.hookspecs import hookimpl
from pegbox.searcher import WAIT, Point
from pegbox.searcher_wrapper import KEPT, SearcherWrapper
from pegbox.trial import Outcome

__all__ = ["ConcurrencyLimiter"]


class ConcurrencyLimiter(SearcherWrapper):
    """Lets a searcher have at most ``max_concurrent`` suggestions without an answer.

    What counts is what has been suggested and has not ended, queued trials included. With
    ``TuneConfig(max_concurrent_trials=...)`` beside it, both bounds hold.

    Args:
        searcher: A searcher, the name of one, a name with options, or another wrapper.
        max_concurrent: The most suggestions under way.
        batch: Whether suggestions come in batches of ``max_concurrent``: the searcher is told of
            a batch, and asked for the next, once all of it has ended. A searcher that can propose
            nothing before it is told is told earlier.

    Raises:
        ConfigError: An argument cannot be used.
    """

    def __init__(self, searcher: Any, max_concurrent: int, batch: bool = False) -> None:
        whole("ConcurrencyLimiter", "max_concurrent", max_concurrent, 1)
        flag("ConcurrencyLimiter", "batch", batch)
        super().__init__(searcher, max_concurrent=max_concurrent, batch=batch)
        self._most = max_concurrent
        self._in_batches = batch

    def most_pending(self, inside: int | None) -> int | None:
        """The lower of two bounds.

        Args:
            inside: That of what is inside.
        """
        return self._most if inside is None else min(inside, self._most)

    @hookimpl
    def searcher_setup(self) -> None:
        """Begin a run; the searcher's own setup follows."""
        self._batches = Batches(self._most, self.inner)

    @hookimpl
    def searcher_suggest(
        self, trial_id: str, pending: Mapping[str, Point], ask: int, seed: int
    ) -> Point | Signal | None:
        """Wait while there are as many as may be; else the searcher is asked."""
        if len(pending) >= self._most:
            return WAIT
        if not self._in_batches:
            return None
        return self._batches.suggest(trial_id, pending, ask, seed)

    @hookimpl
    def searcher_complete(
        self,
        trial_id: str,
        result: Mapping[str, Any] | None,
        error: bool,
        outcome: Outcome,
        config: Point,
    ) -> Signal | None:
        """Keep an end back until its batch has ended."""
        if not self._in_batches:
            return None
        told = {"result": result, "error": error, "outcome": outcome}
        self._batches.complete(trial_id, config, told)
        return KEPT

    @hookimpl
    def searcher_observe(
        self,
        config: Point,
        result: Mapping[str, Any] | None,
        outcome: Outcome,
        trial_id: str | None,
    ) -> Signal | None:
        """Likewise for trials from before a restore; what is no trial goes on inwards."""
        if not self._in_batches or trial_id is None:
            return None
        self._batches.observe(trial_id, config, {"result": result, "outcome": outcome})
        return KEPT
