"""Where the parts of the engine write down what they decide: facts, and what else follows.

A fact that is noted is applied to the state at once. Decides nothing itself.
"""

from __future__ import annotations

from pegbox._engine.state import RunState
from pegbox._engine.step import Step
from pegbox.events import Event

__all__ = ["Journal"]


class Journal:
    """The state of a run, and the step that is being made.

    Attributes:
        state: The trials, with all noted facts applied.
        step: What follows from the current batch, so far.
        at: The time of the event that is being handled.
    """

    def __init__(self, state: RunState) -> None:
        self.state = state
        self.step = Step()
        self.at = 0.0

    def note(self, fact: Event) -> None:
        """Apply a fact, and have it stored."""
        self.state.apply(fact)
        self.step.facts.append(fact)
