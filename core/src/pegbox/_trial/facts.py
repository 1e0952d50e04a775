"""What a process says about its trial, turned into events, and what it is told; for executors."""

from __future__ import annotations

from pegbox import jsonvalue
from pegbox._trial.task import EndMessage, Order, ReportMessage
from pegbox.commands import Answer
from pegbox.events import Ended, Event, Reported
from pegbox.trial import CheckpointRecord

__all__ = ["ended", "order_of", "reported"]


def reported(
    message: ReportMessage, *, at: float, trial: int, attempt: int, place: int
) -> Reported:
    """The event of a report."""
    kept = message.checkpoint
    return Reported(
        at=at,
        trial=trial,
        attempt=attempt,
        iteration=message.iteration,
        time_this_iter_s=message.time_this_iter_s,
        time_total_s=message.time_total_s,
        timestamp=message.timestamp,
        metrics=jsonvalue.loads(message.encoded),
        encoded=message.encoded,
        place=place,
        checkpoint=kept
        and CheckpointRecord(kept[0], message.iteration, message.time_total_s, kept[1]),
    )


def order_of(answer: Answer) -> Order:
    """What the trial is told."""
    if answer.go_on:
        return Order.GO_ON
    return Order.PAUSE if answer.save else Order.END


def ended(message: EndMessage, *, at: float, trial: int, attempt: int, place: int) -> list[Event]:
    """The events of an end: its last report, where there is one, and the end itself."""
    events: list[Event] = []
    if message.report is not None:
        events.append(reported(message.report, at=at, trial=trial, attempt=attempt, place=place))
    kept = message.checkpoint and CheckpointRecord(*message.checkpoint)
    events.append(Ended(at, trial, attempt, message.how, place, message.failure, checkpoint=kept))
    return events
