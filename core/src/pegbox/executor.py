"""The contract of an executor: it runs tries of trials and says what became of them.

How messages travel is its own affair. What it promises:

- a `Launch` leads to exactly one `Ended` of that attempt, and nothing about the attempt is posted
  after it;
- a trial that has posted `Reported` waits until its `Answer`;
- when the place where a trial runs is killed, `Ended` follows within seconds, as ``"lost"`` or,
  where the death was the trial's own fault, as ``"failed"``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from pegbox.commands import Answer, Launch
from pegbox.events import Event

__all__ = ["Executor", "Inbox", "Post"]

#: Hands events to the runner; may be called from any thread.
Post = Callable[[Sequence[Event]], None]


class Inbox(Protocol):
    """What an executor may do with the runner's inbox while it waits in `Executor.wait`."""

    def wait(self, timeout_s: float | None) -> None:
        """Return when there is an event to handle, or after ``timeout_s`` seconds."""

    def handle(self) -> None:
        """Let the runner handle what has arrived; for executors that share its thread."""


class Executor(Protocol):
    """Runs tries of trials. All methods are called from the runner's thread."""

    def start(self, post: Post) -> None:
        """Begin; workers are announced as `WorkerJoined`."""

    def clock(self) -> float:
        """Seconds on the run's clock: monotonic, near wall time."""

    def answer(self, answers: Sequence[Answer]) -> None:
        """Let trials go on, or end them. Called first after each batch, even with none."""

    def launch(self, launches: Sequence[Launch]) -> None:
        """Start tries of trials."""

    def wait(self, inbox: Inbox, timeout_s: float | None) -> None:
        """Wait until there may be something in the inbox; the place to work in its thread."""

    def close(self) -> None:
        """Give back all that `start` took. Trials that still run are ended by force."""
