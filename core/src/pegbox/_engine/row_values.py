"""The stored form of what several kinds of event have inside: checkpoints and failures, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pegbox.jsonvalue import dumps, loads
from pegbox.trial import CheckpointRecord, TrialFailure

__all__ = [
    "checkpoint_from_json",
    "checkpoint_from_text",
    "checkpoint_json",
    "checkpoint_text",
    "failure_from_text",
    "failure_text",
    "resumed_checkpoint",
]


def checkpoint_json(record: CheckpointRecord | None) -> dict[str, Any] | None:
    """A checkpoint's record as JSON data."""
    if record is None:
        return None
    return {
        "path": record.path,
        "iteration": record.iteration,
        "time_total_s": record.time_total_s,
        "size": record.size,
    }


def checkpoint_from_json(data: Mapping[str, Any] | None) -> CheckpointRecord | None:
    """The record that `checkpoint_json` wrote down."""
    return None if data is None else CheckpointRecord(**data)


def checkpoint_text(record: CheckpointRecord | None) -> str | None:
    """What the column ``checkpoint`` holds of a record."""
    return None if record is None else dumps(checkpoint_json(record))


def checkpoint_from_text(text: str | None) -> CheckpointRecord | None:
    """The record that the column ``checkpoint`` holds."""
    return None if text is None else CheckpointRecord(**loads(text))


def failure_text(failure: TrialFailure | None) -> str | None:
    """The payload of an `Ended`."""
    if failure is None:
        return None
    return dumps(
        {
            "cause": failure.cause,
            "message": failure.message,
            "type_name": failure.type_name,
            "traceback": failure.traceback,
        }
    )


def failure_from_text(text: str | None) -> TrialFailure | None:
    """The failure that is the payload of an `Ended`."""
    return None if text is None else TrialFailure(**loads(text))


def resumed_checkpoint(payload: str, trial: int) -> CheckpointRecord | None:
    """What the payload of a `Resumed` says that a trial goes on from."""
    replaced = loads(payload)["checkpoints"] or {}
    return checkpoint_from_json(replaced.get(str(trial)))
