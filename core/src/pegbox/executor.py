"""The contract of an executor: it runs tries of trials and says what became of them.

How messages travel is its own affair. What it promises:

- a `Launch` leads to exactly one `Ended` of that attempt, and nothing about the attempt is posted
  after it;
- a trial that has posted `Reported` waits until its `Answer`;
- it posts `GrowthJudged` once it knows whether other workers may come; trials that fit none wait
  until then;
- a `Kill` leads to the end of that attempt within seconds, whatever it does, as ``"lost"``, and
  so of all attempts in its process; where there is no way, that is said once;
- when the place where a trial runs is killed, `Ended` follows within seconds, as ``"lost"`` or,
  where the death was the trial's own fault, as ``"failed"``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from pegbox.commands import Answer, Kill, Launch, Wishes
from pegbox.events import Event

__all__ = ["Executor", "Inbox", "Post"]

#: Hands events to the runner; may be called from any thread.
Post = Callable[[Sequence[Event]], None]


class Inbox(Protocol):
    """Where events wait for the runner.

    Attributes:
        over: Set once the run is over.
    """

    over: threading.Event

    def post(self, events: Sequence[Event]) -> None:
        """Add events, in order; from any thread."""

    def listen(self, arrived: Callable[[], None], later: Callable[[], None] | None = None) -> None:
        """For executors that handle the inbox in a thread of their own.

        Args:
            arrived: Called after each post, in the thread that posts.
            later: Called where facts may be stored a moment later, with those that come
                until then; `settle` is to be called then. Without it, they are stored at once.
        """

    def settle(self) -> None:
        """Store what was put off.

        Raises:
            StoreError: It could not be stored; the run cannot go on.
        """

    def wait(self, timeout_s: float | None) -> None:
        """Return when there is an event to handle, or after ``timeout_s`` seconds."""

    def handle(self) -> None:
        """Let the runner handle what has arrived, in the calling thread.

        Raises:
            PegboxError: Facts could not be stored, or the engine found a mistake of its own; the
                run cannot go on.
        """

    def wishes(self) -> Wishes:
        """What workers would be of use now; for now and then, from any thread."""


class Executor(Protocol):
    """Runs tries of trials. Its methods are called where the inbox is handled, or around that."""

    def start(self, inbox: Inbox) -> None:
        """Begin; workers are announced as `WorkerJoined`."""

    def clock(self) -> float:
        """Seconds on the run's clock: monotonic, near wall time."""

    def answer(self, answers: Sequence[Answer]) -> None:
        """Let trials go on, or end them. Called first after each batch."""

    def launch(self, launches: Sequence[Launch]) -> None:
        """Start tries of trials."""

    def kill(self, kills: Sequence[Kill]) -> None:
        """End tries by force; returns at once. One that has ended meanwhile is no mistake."""

    def wait(self, inbox: Inbox, timeout_s: float | None) -> None:
        """Wait in the runner's thread until there may be something in the inbox.

        An executor that runs trials in this thread does it here. One that handles the inbox
        elsewhere waits until the run is over, and raises here what went wrong there.
        """

    def close(self) -> None:
        """Give back all that `start` took. Trials that still run are ended by force."""
