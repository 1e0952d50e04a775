"""What becomes of a trial that reported: the scheduler's answer, as far as it can be followed."""

from __future__ import annotations

from pegbox._engine.record import TrialRecord
from pegbox._engine.rules import Decider
from pegbox._engine.state import RunState
from pegbox.decisions import CONTINUE, Exploit, Resize, Verdict

__all__ = ["Deciding"]


class Deciding:
    """Asks the scheduler about trials of one run.

    Args:
        state: The trials.
        decider: The scheduler.
    """

    def __init__(self, state: RunState, decider: Decider) -> None:
        self._state = state
        self._decider = decider

    def decide(self, record: TrialRecord) -> Verdict | Exploit | Resize:
        """The decision about a trial's latest result."""
        assert record.result is not None
        decision = self._decider.decide(self._state.views[record.number], record.result)
        if isinstance(decision, Exploit):
            donor = self.donor(decision)
            # Without a checkpoint there is nothing to take over.
            if donor is None or donor.checkpoint is None:
                return CONTINUE
        return decision

    def donor(self, decision: Exploit) -> TrialRecord | None:
        """The trial whose checkpoint is to be taken; None where there is no such trial."""
        number = decision.donor.rpartition("_")[2]
        return self._state.trials.get(int(number)) if number.isdecimal() else None
