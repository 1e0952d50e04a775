"""How what was decided reads: in facts, and to those who are told of an end. Pure functions."""

from __future__ import annotations

from pegbox._engine.record import TrialRecord
from pegbox._engine.rules import Rules
from pegbox.commands import Launch
from pegbox.decisions import PAUSE, STOP, Exploit, Resize, Verdict
from pegbox.events import Ended, Reported
from pegbox.trial import Outcome, State

__all__ = [
    "decided",
    "decision_name",
    "goes_on_later",
    "launch_of",
    "outcome_of",
    "settled",
    "what_becomes",
]


def outcome_of(record: TrialRecord, rules: Rules) -> Outcome:
    """How an ended trial is told: as failed too where an objective is missing or not finite."""
    if record.state is State.FAILED:
        return "failed"
    result = record.result or {}
    if any(objective.loss(result) is None for objective in rules.objectives):
        return "failed"
    return "finished" if record.state is State.FINISHED else "stopped"


def decision_name(decision: Verdict | Exploit | Resize) -> str:
    """The name under which a decision is stored."""
    if isinstance(decision, Verdict):
        return decision.value
    return "EXPLOIT" if isinstance(decision, Exploit) else "RESIZE"


def goes_on_later(record: TrialRecord) -> bool:
    """Whether a trial that was just told to end will go on from where it is."""
    return record.halt_for in (PAUSE.value, "INTERRUPT") or isinstance(record.halt_for, Resize)


def decided(event: Reported, decision: str) -> Reported:
    """The fact of a report. Written out: `dataclasses.replace` takes five times as long."""
    return Reported(
        event.at,
        event.trial,
        event.attempt,
        event.iteration,
        event.time_this_iter_s,
        event.time_total_s,
        event.timestamp,
        event.metrics,
        event.encoded,
        event.place,
        event.checkpoint,
        decision,
    )


def settled(event: Ended, became: State) -> Ended:
    """The fact of an end."""
    return Ended(
        event.at,
        event.trial,
        event.attempt,
        event.how,
        event.place,
        event.failure,
        became,
        event.checkpoint,
    )


def launch_of(record: TrialRecord, attempt: int, worker: str, gpus: tuple[int, ...] = ()) -> Launch:
    """The order to start a try of a trial; it goes on from its checkpoint, where it has one."""
    kept = record.checkpoint
    return Launch(
        record.number,
        attempt,
        worker,
        record.resources,
        record.config,
        kept,
        kept.iteration if kept else 0,
        kept.time_total_s if kept else 0.0,
        gpus,
    )


def what_becomes(record: TrialRecord, event: Ended, rules: Rules) -> State:
    """The state of a trial after a try of it is over."""
    reason = record.halt_for
    if event.how == "finished":
        return State.FINISHED
    if event.failure is not None and event.failure.cause == "timeout":
        return State.FAILED
    if reason == STOP.value:
        return State.STOPPED
    if event.how == "halted":
        return State.PAUSED if reason == PAUSE.value else State.QUEUED
    if event.how == "lost":
        retry = record.lost_in_row + 1 < rules.max_lost
    else:
        retry = rules.max_failures < 0 or record.failures < rules.max_failures
    return State.QUEUED if retry else State.FAILED
