"""Stored facts again: they are applied, and the scheduler is told of them; nothing is decided."""

from __future__ import annotations

from collections.abc import Iterable

from pegbox._engine.deciding import Deciding
from pegbox._engine.outcomes import decision_name, outcome_of
from pegbox._engine.record import TIMEOUT
from pegbox._engine.retention import Retention
from pegbox._engine.rules import Decider, Rules
from pegbox._engine.state import RunState
from pegbox.events import Ended, Event, Reported, Resumed, Started, Suggested

__all__ = ["Replay"]


class Replay:
    """The replay of one run, into a state that is empty before; in one part or in several.

    Args:
        state: To be filled.
        rules: Budgets and bounds.
        decider: The scheduler.
        deciding: Asks it.
        retention: Which checkpoints stay; None where all do.

    Attributes:
        seconds: In which the run was at work, by the facts.
        at: When the last fact came about.
    """

    def __init__(
        self,
        state: RunState,
        rules: Rules,
        decider: Decider,
        deciding: Deciding,
        retention: Retention | None,
    ) -> None:
        self._state = state
        self._rules = rules
        self._decider = decider
        self._deciding = deciding
        self._retention = retention
        self.seconds = 0.0
        self.at = 0.0

    def apply(self, facts: Iterable[Event], known: int) -> int:
        """Apply facts, in order; see `pegbox._engine.engine.Engine.replay`."""
        differing = 0
        for position, fact in enumerate(facts):
            self._state.apply(fact)
            self._count_time(fact)
            if self._retention is not None:
                self._retention.note(fact, self._state.trials)
            if position >= known:
                differing += self._witness(fact)
            elif isinstance(fact, Reported):
                record = self._state.trials[fact.trial]
                self._decider.recall(self._state.views[fact.trial], record.result or {})
        return differing

    def _count_time(self, fact: Event) -> None:
        if not isinstance(fact, Started | Resumed):
            self.seconds += max(0.0, fact.at - self.at)
        self.at = fact.at

    def _witness(self, fact: Event) -> bool:
        """Tell the scheduler of a stored fact; whether it decides otherwise than it did then."""
        match fact:
            case Suggested():
                self._decider.added(self._state.views[fact.trial])
            case Reported():
                decision = decision_name(self._deciding.decide(self._state.trials[fact.trial]))
                return decision != fact.decision and fact.decision not in ("INTERRUPT", TIMEOUT)
            case Ended(became=became) if became is not None and became.ended:
                record = self._state.trials[fact.trial]
                outcome = outcome_of(record, self._rules)
                self._decider.completed(self._state.views[fact.trial], record.result, outcome)
            case _:
                pass
        return False
