"""How many trials the searcher is asked for, and when.

The account of asks is `pegbox._engine.ask_book`; what follows from an answer is not decided here.
"""

from __future__ import annotations

from pegbox._engine.ask_book import AskBook
from pegbox._engine.journal import Journal
from pegbox._engine.placement import Placement
from pegbox._engine.rules import Rules
from pegbox.commands import Ask
from pegbox.trial import State

__all__ = ["Asking"]


class Asking:
    """Asks for as many trials as there is room for, and those that are to be known ahead.

    Args:
        journal: Of the engine.
        rules: Budgets and bounds.
        placement: Where there is room.

    Attributes:
        book: The account of asks.
    """

    def __init__(self, journal: Journal, rules: Rules, placement: Placement) -> None:
        self._journal = journal
        self._state = journal.state
        self._rules = rules
        self._placement = placement
        self.book = AskBook()

    def ask(self) -> None:
        """Ask for what may be launched now, and ahead of that."""
        rules = self._rules
        waiting = self._state.counts[State.QUEUED] + len(self.book.open)
        wanted = self.room() + rules.lookahead - waiting
        if wanted <= rules.lookahead // 4:
            return  # what is ahead still lasts; asking for several together costs less
        if self.book.overtaken:
            return
        for _ in range(wanted):
            if not self.may_ask():
                return
            self.ask_one()

    def ask_one(self) -> None:
        """Ask for one more, which `may_ask` allows."""
        self._journal.step.orders.append(Ask(self.book.ask()))

    def room(self) -> int:
        """How many more trials of the usual shape may be launched now."""
        room = self._placement.room(self._rules.resources)
        if self._rules.max_concurrent is not None:
            room = min(room, self._rules.max_concurrent - len(self._state.active))
        return room

    def may_ask(self) -> bool:
        """Whether the searcher may be asked for another trial, while the run is not to end."""
        bounded = 0 <= self._rules.max_trials <= self.book.count
        return not (self._state.exhausted or self.book.declined or bounded)

    def to_ask(self) -> int:
        """How many more trials may be asked for; without a bound, as many as run now."""
        if not self.may_ask():
            return 0
        if self._rules.max_trials >= 0:
            return self._rules.max_trials - self.book.count
        return max(1, len(self._state.active))
