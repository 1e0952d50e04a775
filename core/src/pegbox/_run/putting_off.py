"""Which facts may be stored a moment later, together with those that come until then.

Storing alone takes longer than all else that a short trial costs. What is put off is lost if the
driver is killed within that moment, so it has to be quick to repeat; the epoch in the names of
checkpoints and messages keeps a try that is repeated apart from the one that nobody knows of.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pegbox.events import Ended, Event, Launched, Suggested

__all__ = ["PuttingOff"]

#: Seconds of a trial's work that may be lost with a driver that is killed.
_QUICK_S: Final = 1.0


class PuttingOff:
    """Looks at facts in their order, before they are stored."""

    def __init__(self) -> None:
        #: Trials that the store does not know yet.
        self._unknown: set[int] = set()
        #: Trial that runs -> when its try was launched.
        self._launched: dict[int, float] = {}

    def allows(self, facts: Iterable[Event]) -> bool:
        """Whether facts, and those before them, may be stored a moment later.

        Not where a trial is launched whose configuration nobody would know, and not where a try
        has ended that took longer than is quickly repeated.
        """
        allowed = True
        for fact in facts:
            if isinstance(fact, Suggested):
                self._unknown.add(fact.trial)
            elif isinstance(fact, Launched):
                self._launched[fact.trial] = fact.at
                allowed = allowed and fact.trial not in self._unknown
            elif isinstance(fact, Ended):
                worked_s = fact.at - self._launched.pop(fact.trial, 0.0)
                allowed = allowed and worked_s < _QUICK_S
        return allowed

    def quick(self, events: Iterable[Event]) -> bool:
        """Whether the tries that end with these events, which are no facts yet, were short."""
        ends = (event for event in events if isinstance(event, Ended))
        return all(end.at - self._launched.get(end.trial, 0.0) < _QUICK_S for end in ends)

    def knows(self, trial: int) -> bool:
        """Whether the store has a trial's configuration, so that it may be launched before more."""
        return trial not in self._unknown

    def stored(self) -> None:
        """All facts so far are stored."""
        self._unknown.clear()
