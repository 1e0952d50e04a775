"""Which trials follow at once in the room of those that have ended.

A slot waits while the driver works out all that follows from a trial's end. What will run there
next is mostly plain before that: the trial that was queued longest. It is chosen here with a few
looks, so that its launch can leave first; `Engine.handle` then notes it among its facts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from pegbox._engine.outcomes import launch_of
from pegbox._engine.placement import Placement
from pegbox._engine.record import TrialRecord
from pegbox._engine.rules import Decider
from pegbox._engine.state import RunState
from pegbox.commands import Launch
from pegbox.events import Ended, Event, Reported
from pegbox.trial import State

__all__ = ["Succession"]


class Succession:
    """The choice of successors, and those that the engine has not noted yet.

    Args:
        state: The trials.
        placement: Where there is room.
        decider: The scheduler; one that chooses trials itself has the choice.
    """

    def __init__(self, state: RunState, placement: Placement, decider: Decider) -> None:
        self._state = state
        self._placement = placement
        self._decider = decider
        self._chosen: list[Launch] = []

    def choose(self, events: Collection[Event], known: Callable[[int], bool]) -> list[Launch]:
        """Successors of the trials whose end is among these events, in order.

        Nobody follows where more may have happened than reports and ends, where trials of several
        shapes wait, or where the room may not be this run's to use again.

        Args:
            events: What `Engine.handle` is given next.
            known: Whether a trial could be begun again by whoever finds this driver dead.
        """
        waiting = self._waiting()
        if waiting is None or not all(isinstance(event, Reported | Ended) for event in events):
            return []
        for event in events:
            worker = self._room_left_by(event)
            if worker is not None:
                heir = next(waiting, None)
                if heir is None or not known(heir.number):
                    break
                self._chosen.append(launch_of(heir, heir.attempt + 1, worker))
        return list(self._chosen)

    def take(self) -> list[Launch]:
        """Those chosen; the engine notes them."""
        chosen, self._chosen = self._chosen, []
        return chosen

    def _waiting(self) -> Iterator[TrialRecord] | None:
        """Trials that wait, the longest-queued first, where all ask for the same and no GPU."""
        queues = self._state.queues
        if self._decider.chooses or len(queues) != 1:
            return None
        shape, queue = next(iter(queues.items()))
        return None if shape.units("gpu") else map(self._state.trials.__getitem__, queue)

    def _room_left_by(self, event: Event) -> str | None:
        """The worker on which a trial of the usual kind has ended by itself."""
        if not isinstance(event, Ended) or event.how != "finished":
            return None
        record = self._state.trials.get(event.trial)
        if (
            record is None
            or record.attempt != event.attempt
            or record.state is not State.RUNNING
            or record.worker is None
            or record.resources not in self._state.queues
            or self._placement.is_limited(record.worker)
        ):
            return None
        return record.worker
