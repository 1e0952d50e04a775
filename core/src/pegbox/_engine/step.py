"""What follows from a batch of events: facts to store, and orders for those who carry them out."""

from __future__ import annotations

from dataclasses import dataclass, field

from pegbox.commands import Answer, Ask, EndRun, Kill, Launch, Tell, TellResult
from pegbox.events import Event

__all__ = ["Step"]


@dataclass(slots=True)
class Step:
    """What follows from a batch of events.

    Attributes:
        facts: To be stored, in this order.
        answers: To trials that wait for a decision; may leave before the facts are stored.
        kills: Tries to end by force, once the facts are stored.
        launches: Tries to start, once the facts are stored.
        orders: For the searcher, once the facts are stored, in this order.
        deletions: Checkpoints to delete, once the facts are stored and told of; their paths.
        notices: For the user; each is said once.
        end: The run is over; nothing follows.
    """

    facts: list[Event] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)
    launches: list[Launch] = field(default_factory=list)
    orders: list[Ask | Tell | TellResult] = field(default_factory=list)
    deletions: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    end: EndRun | None = None
