"""Which trial is started next, and why none is. It changes nothing."""

from __future__ import annotations

from pegbox._engine.placement import Placement
from pegbox._engine.record import TrialRecord
from pegbox._engine.rules import Decider
from pegbox._engine.state import RunState
from pegbox._engine.trial_views import TrialViews
from pegbox.decisions import Signal
from pegbox.trial import State
from pegbox.usage import IdleReason

__all__ = ["Choosing"]


class Choosing:
    """The choice among the trials that wait.

    Args:
        state: The trials.
        placement: Where there is room.
        decider: The scheduler.
    """

    def __init__(self, state: RunState, placement: Placement, decider: Decider) -> None:
        self._state = state
        self._placement = placement
        self._decider = decider

    def next(self, *, more_may_come: bool) -> TrialRecord | Signal | None:
        """What to start.

        Args:
            more_may_come: Whether the searcher may be asked, or has been, for another trial.

        Returns:
            A queued or paused trial, what the scheduler says in place of one, or None.
        """
        if self._decider.chooses:
            return self._chosen_by_scheduler()
        return self._first_that_fits() or (None if more_may_come else self._first_paused())

    def _first_that_fits(self) -> TrialRecord | None:
        """The longest-queued trial whose shape has room: one look per shape."""
        best: tuple[int, int] | None = None
        for shape, queue in self._state.queues.items():
            if self._placement.room(shape):
                number, ticket = next(iter(queue.items()))
                if best is None or ticket < best[0]:
                    best = (ticket, number)
        return self._state.trials[best[1]] if best else None

    def _first_paused(self) -> TrialRecord | None:
        """Paused trials go on when no new one can come, unless the scheduler chooses."""
        state = self._state
        if state.queues or not state.paused:
            return None
        first = state.trials[next(iter(state.paused))]
        if self._placement.room(first.resources):
            return first
        if state.active and not self._placement.has_room(()):
            return None
        paused = (state.trials[number] for number in state.paused)
        return next((one for one in paused if self._placement.room(one.resources)), None)

    def _chosen_by_scheduler(self) -> TrialRecord | Signal | None:
        state = self._state
        if not (state.queues or state.paused) or not self._placement.has_room(state.queues):
            return None
        if not any(map(self._placement.room, state.queues)) and not any(
            map(self._fits, state.paused)
        ):
            return None
        choice = self._decider.choose(
            TrialViews(state.views, lambda: list(filter(self._fits, state.queued()))),
            TrialViews(state.views, lambda: list(filter(self._fits, state.paused))),
            TrialViews(state.views, lambda: list(state.active)),
        )
        return choice if isinstance(choice, Signal) else state.trials[choice.number]

    def _fits(self, number: int) -> bool:
        return self._placement.room(self._state.trials[number].resources) > 0

    def why_idle(self, *, asked: bool) -> IdleReason:
        """Why no trial was started, though there is room for one of the usual shape.

        Args:
            asked: Whether the searcher has been asked for another trial.
        """
        if self._state.queues:
            fits = any(map(self._placement.room, self._state.queues))
            return "paused" if fits else "no resources"
        if asked:
            return "no suggestion"
        return "paused" if self._state.paused else "nothing left"

    def why_nothing_starts(self) -> str:
        """For people, where trials wait, none runs and none is started though there is room."""
        waiting = self._state.counts[State.QUEUED]
        return f"the scheduler starts none of {waiting} waiting trials, and none is running"
