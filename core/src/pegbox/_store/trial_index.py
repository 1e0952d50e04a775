"""Where each trial stands: its state, and the keys of the events that say the rest.

A fold over the events that costs the same for each, kept in memory by the writer and written as
the rows of the table ``trials``. The states follow the same rules as `pegbox._engine.state`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from pegbox._engine.row_values import checkpoint_from_text, resumed_checkpoint
from pegbox.events import (
    Ended,
    Event,
    Launched,
    Reconfigured,
    Reported,
    ResumeChoice,
    Resumed,
    RunEnded,
    Suggested,
)
from pegbox.trial import CheckpointRecord, State

__all__ = ["ReportKey", "TrialIndex", "stored_checkpoint"]

_STATE_NAMES: Final = {state: state.value for state in State}
_QUEUED, _RUNNING, _HALTING = State.QUEUED.value, State.RUNNING.value, State.HALTING.value
_PAUSED, _STOPPED = State.PAUSED.value, State.STOPPED.value
_STATES: Final = {state.value: state for state in State}

#: Iteration of a stored report, and ``seq`` of the report before it.
ReportKey = tuple[int, int | None]


@dataclass(slots=True)
class _Entry:
    """A row of ``trials`` in the order of its columns, and two facts about the last report."""

    number: int
    state: str
    attempt: int
    suggested_seq: int
    configured_seq: int
    launched_seq: int | None = None
    first_report_seq: int | None = None
    last_report_seq: int | None = None
    ended_seq: int | None = None
    checkpoint_seq: int | None = None
    #: Of the report ``last_report_seq``.
    report_iteration: int = 0
    report_attempt: int = 0

    def row(self) -> tuple[int | str | None, ...]:
        return (
            self.number,
            self.state,
            self.attempt,
            self.suggested_seq,
            self.configured_seq,
            self.launched_seq,
            self.first_report_seq,
            self.last_report_seq,
            self.ended_seq,
            self.checkpoint_seq,
        )


class TrialIndex:
    """The rows of ``trials``.

    Args:
        report_key: Looks up a report by its ``seq``; needed only after a trial was set back.
    """

    def __init__(self, report_key: Callable[[int], ReportKey]) -> None:
        self._report_key = report_key
        self._entries: dict[int, _Entry] = {}
        self._changed: dict[int, _Entry] = {}

    def load(self, db: sqlite3.Connection) -> None:
        """Take in the rows of a file."""
        rows: Iterable[tuple[Any, ...]] = db.execute(
            "SELECT t.*, coalesce(r.iteration, 0), coalesce(r.attempt, 0)"
            " FROM trials AS t LEFT JOIN events AS r ON r.seq = t.last_report_seq"
        )
        self._entries = {row[0]: _Entry(*row) for row in rows}
        self._changed = {}

    def take_changed(self) -> list[tuple[int | str | None, ...]]:
        """The rows that changed since the last call."""
        rows = [entry.row() for entry in self._changed.values()]
        self._changed = {}
        return rows

    def apply(self, event: Event, seq: int) -> int | None:
        """Take in an event that the engine accepted.

        Returns:
            For a report, ``seq`` of the one that it follows in the trial's history; else None.
        """
        match event:
            case Reported():
                return self._reported(event, seq)
            case Suggested():
                entry = _Entry(event.trial, _QUEUED, 0, seq, seq)
                self._entries[event.trial] = self._changed[event.trial] = entry
            case Launched():
                entry = self._change(event.trial)
                entry.state, entry.attempt, entry.launched_seq = _RUNNING, event.attempt, seq
            case Ended():
                entry = self._change(event.trial)
                entry.ended_seq = seq
                if event.checkpoint is not None:
                    entry.checkpoint_seq = seq
                if event.became is not None:
                    entry.state = _STATE_NAMES[event.became]
            case Reconfigured():
                entry = self._change(event.trial)
                entry.configured_seq = seq
                entry.checkpoint_seq = None if event.checkpoint is None else seq
            case Resumed():
                self._resumed(event, seq)
            case RunEnded() if event.how == "complete":
                self._move_all((_QUEUED, _PAUSED), _STOPPED)
            case _:
                pass
        return None

    def _change(self, number: int) -> _Entry:
        entry = self._changed[number] = self._entries[number]
        return entry

    def _reported(self, event: Reported, seq: int) -> int | None:
        entry = self._change(event.trial)
        previous = entry.last_report_seq
        iteration = entry.report_iteration
        # After a trial was set back to a checkpoint, what it had reported since does not count.
        while previous is not None and iteration >= event.iteration:
            previous = self._report_key(previous)[1]
            iteration = 0 if previous is None else self._report_key(previous)[0]
        if event.attempt != entry.report_attempt:
            entry.first_report_seq = seq
            entry.report_attempt = event.attempt
        entry.last_report_seq = seq
        entry.report_iteration = event.iteration
        if event.checkpoint is not None:
            entry.checkpoint_seq = seq
        if event.decision is not None and event.decision != "CONTINUE":
            entry.state = _HALTING
        return previous

    def _resumed(self, event: Resumed, seq: int) -> None:
        for number, checkpoint in (event.checkpoints or {}).items():
            self._change(number).checkpoint_seq = None if checkpoint is None else seq
        for number, entry in self._entries.items():
            old = _STATES[entry.state]
            new, choice = self._after(old, event.choice(old)), event.choice(old)
            if choice == "restart" and entry.checkpoint_seq is not None:
                self._change(number).checkpoint_seq = None
            if new is not old:
                self._change(number).state = _STATE_NAMES[new]

    @staticmethod
    def _after(old: State, choice: ResumeChoice) -> State:
        if choice == "skip":
            return old if old.ended else State.STOPPED
        keeps_waiting = old is State.PAUSED and choice == "resume"
        return old if keeps_waiting else State.QUEUED

    def _move_all(self, old: tuple[str, ...], new: str) -> None:
        for number, entry in self._entries.items():
            if entry.state in old:
                self._change(number).state = new


def stored_checkpoint(
    trial: int, kind: str | None, checkpoint: str | None, payload: str | None
) -> CheckpointRecord | None:
    """What the event of a ``checkpoint_seq`` says, which may be a report or a resumption."""
    if kind == "Resumed" and payload is not None:
        return resumed_checkpoint(payload, trial)
    return checkpoint_from_text(checkpoint)
