"""The stored form of every event: one flat row of plain values, and back again.

A field that is one plain value has the column of its own name; what is nested is JSON in
``payload``, or in ``checkpoint`` (`pegbox._engine.row_values`). It knows no database:
`pegbox._store` keeps the rows, and adds the two numbers that are its own, ``seq`` and ``previous``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from pegbox._engine.row_values import (
    checkpoint_from_json,
    checkpoint_from_text,
    checkpoint_json,
    checkpoint_text,
    failure_from_text,
    failure_text,
)
from pegbox.errors import StoreError
from pegbox.events import (
    CheckpointsDropped,
    Declined,
    Ended,
    Event,
    Exhausted,
    Launched,
    PlaceOpened,
    PluginFailed,
    Reconfigured,
    Reported,
    Resumed,
    RunEnded,
    Started,
    StopRequested,
    Suggested,
    WorkerJoined,
    WorkerLeft,
)
from pegbox.jsonvalue import dumps, loads
from pegbox.resources import Resources
from pegbox.trial import State

__all__ = [
    "COLUMNS",
    "DecodeConfig",
    "Row",
    "from_row",
    "to_row",
]

#: The columns of a row, in order.
COLUMNS: Final = (
    "seq",
    "at",
    "kind",
    "trial",
    "attempt",
    "iteration",
    "time_this_iter_s",
    "time_total_s",
    "timestamp",
    "place",
    "worker",
    "outcome",
    "became",
    "checkpoint",
    "previous",
    "payload",
)

#: Values in the order of `COLUMNS`: int, float, str or None.
Row: TypeAlias = tuple[Any, ...]

#: Turns a configuration's JSON data into what the trainable gets (`Space.decode_config`).
DecodeConfig: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any]]

#: Of a `Suggested`; most trials have none.
_GIVEN_NAMES: Final = ("name", "folder_name", "ask")

_STATE_NAMES: Final = {state: state.value for state in State}


def to_row(event: Event, seq: int, previous: int | None = None) -> Row:
    """The row of an event.

    Args:
        event: Any event; a `Suggested` or `Reconfigured` is stored by its ``encoded``.
        seq: Its position in the experiment, from 1.
        previous: For `Reported`: ``seq`` of the report that it follows in the trial's history.
    """
    return _TO_ROW[type(event)](event, seq, previous)


def from_row(row: Row, decode_config: DecodeConfig) -> Event:
    """The event of a row that `to_row` made.

    Args:
        row: In the order of `COLUMNS`.
        decode_config: Makes ``config`` of ``encoded``.

    Raises:
        StoreError: The kind of event is not known.
    """
    build = _FROM_ROW.get(row[2])
    if build is None:
        raise StoreError(
            f"event {row[0]} is of the unknown kind {row[2]!r}",
            hint=f"Known kinds: {', '.join(_FROM_ROW)}.",
        )
    return build(row, decode_config)


# ------------------------------------------------------------------------------- event to row
# One flat function for each kind: this is on the way of every report.


def _reported(event: Reported, seq: int, previous: int | None) -> Row:
    return (
        seq,
        event.at,
        "Reported",
        event.trial,
        event.attempt,
        event.iteration,
        event.time_this_iter_s,
        event.time_total_s,
        event.timestamp,
        event.place,
        None,
        event.decision,
        None,
        checkpoint_text(event.checkpoint),
        previous,
        event.encoded,
    )


def _ended(event: Ended, seq: int, _: int | None) -> Row:
    became = None if event.became is None else _STATE_NAMES[event.became]
    return _row(
        seq,
        event.at,
        "Ended",
        trial=event.trial,
        attempt=event.attempt,
        place=event.place,
        outcome=event.how,
        became=became,
        checkpoint=checkpoint_text(event.checkpoint),
        payload=failure_text(event.failure),
    )


def _suggested(event: Suggested, seq: int, _: int | None) -> Row:
    payload = {
        "config": event.encoded,
        "point": dict(event.point),
        "resources": dict(event.resources),
        "tag": event.tag,
    }
    for name in _GIVEN_NAMES:
        if given := getattr(event, name):
            payload[name] = given
    return _row(seq, event.at, "Suggested", trial=event.trial, payload=dumps(payload))


def _reconfigured(event: Reconfigured, seq: int, _: int | None) -> Row:
    payload = {
        "config": event.encoded,
        "resources": dict(event.resources),
        "donor": event.donor,
    }
    return _row(
        seq,
        event.at,
        "Reconfigured",
        trial=event.trial,
        checkpoint=checkpoint_text(event.checkpoint),
        payload=dumps(payload),
    )


def _checkpoints_dropped(event: CheckpointsDropped, seq: int, _: int | None) -> Row:
    paths = dumps(list(event.paths))
    return _row(seq, event.at, "CheckpointsDropped", trial=event.trial, checkpoint=paths)


def _launched(event: Launched, seq: int, _: int | None) -> Row:
    return _row(
        seq,
        event.at,
        "Launched",
        trial=event.trial,
        attempt=event.attempt,
        worker=event.worker,
    )


def _resumed(event: Resumed, seq: int, _: int | None) -> Row:
    replaced: dict[str, Any] | None = None
    if event.checkpoints is not None:
        replaced = {
            str(trial): checkpoint_json(record) for trial, record in event.checkpoints.items()
        }
    payload = {
        "epoch": event.epoch,
        "unfinished": event.unfinished,
        "errored": event.errored,
        "finished": event.finished,
        "checkpoints": replaced,
    }
    return _row(seq, event.at, "Resumed", payload=dumps(payload))


def _place_opened(event: PlaceOpened, seq: int, _: int | None) -> Row:
    payload = dumps({"host": event.host, "ip": event.ip, "pid": event.pid})
    return _row(
        seq, event.at, "PlaceOpened", place=event.place, worker=event.worker, payload=payload
    )


def _row(
    seq: int,
    at: float,
    kind: str,
    *,
    trial: int | None = None,
    attempt: int | None = None,
    place: int | None = None,
    worker: str | None = None,
    outcome: str | None = None,
    became: str | None = None,
    checkpoint: str | None = None,
    payload: str | None = None,
) -> Row:
    """A row of a kind that is no report."""
    return (
        seq,
        at,
        kind,
        trial,
        attempt,
        None,
        None,
        None,
        None,
        place,
        worker,
        outcome,
        became,
        checkpoint,
        None,
        payload,
    )


_TO_ROW: Final[dict[type[Any], Callable[[Any, int, int | None], Row]]] = {
    Started: lambda e, seq, _: _row(seq, e.at, "Started", payload=dumps({"epoch": e.epoch})),
    Resumed: _resumed,
    WorkerJoined: lambda e, seq, _: _row(
        seq,
        e.at,
        "WorkerJoined",
        worker=e.worker,
        payload=dumps({"resources": dict(e.resources)}),
    ),
    WorkerLeft: lambda e, seq, _: _row(seq, e.at, "WorkerLeft", worker=e.worker),
    PlaceOpened: _place_opened,
    Suggested: _suggested,
    Declined: lambda e, seq, _: _row(seq, e.at, "Declined", trial=e.trial),
    Exhausted: lambda e, seq, _: _row(seq, e.at, "Exhausted", trial=e.trial),
    Launched: _launched,
    Reconfigured: _reconfigured,
    Reported: _reported,
    CheckpointsDropped: _checkpoints_dropped,
    Ended: _ended,
    StopRequested: lambda e, seq, _: _row(
        seq, e.at, "StopRequested", payload=dumps({"reason": e.reason, "complete": e.complete})
    ),
    PluginFailed: lambda e, seq, _: _row(
        seq,
        e.at,
        "PluginFailed",
        payload=dumps({"role": e.role, "plugin": e.plugin, "error": e.error}),
    ),
    RunEnded: lambda e, seq, _: _row(
        seq, e.at, "RunEnded", outcome=e.how, payload=dumps({"reason": e.reason})
    ),
}


# ------------------------------------------------------------------------------- row to event


def _read_resumed(row: Row, _: DecodeConfig) -> Resumed:
    payload = loads(row[15])
    replaced = payload["checkpoints"]
    if replaced is not None:
        replaced = {int(trial): checkpoint_from_json(data) for trial, data in replaced.items()}
    return Resumed(
        row[1],
        payload["epoch"],
        payload["unfinished"],
        payload["errored"],
        replaced,
        payload.get("finished", "skip"),
    )


def _read_place(row: Row, _: DecodeConfig) -> PlaceOpened:
    where = loads(row[15])
    return PlaceOpened(row[1], row[9], where["host"], where["ip"], where["pid"], row[10])


def _read_suggested(row: Row, decode_config: DecodeConfig) -> Suggested:
    payload = loads(row[15])
    encoded = payload["config"]
    return Suggested(
        at=row[1],
        trial=row[3],
        point=payload["point"],
        config=decode_config(encoded),
        encoded=encoded,
        resources=Resources(payload["resources"]),
        tag=payload["tag"],
        **{name: payload[name] for name in _GIVEN_NAMES if name in payload},
    )


def _read_reconfigured(row: Row, decode_config: DecodeConfig) -> Reconfigured:
    payload = loads(row[15])
    encoded = payload["config"]
    return Reconfigured(
        at=row[1],
        trial=row[3],
        config=decode_config(encoded),
        encoded=encoded,
        resources=Resources(payload["resources"]),
        checkpoint=checkpoint_from_text(row[13]),
        donor=payload["donor"],
    )


def _read_reported(row: Row, _: DecodeConfig) -> Reported:
    return Reported(
        at=row[1],
        trial=row[3],
        attempt=row[4],
        iteration=row[5],
        time_this_iter_s=row[6],
        time_total_s=row[7],
        timestamp=row[8],
        metrics=loads(row[15]),
        encoded=row[15],
        place=row[9],
        checkpoint=checkpoint_from_text(row[13]),
        decision=row[11],
    )


def _read_ended(row: Row, _: DecodeConfig) -> Ended:
    return Ended(
        at=row[1],
        trial=row[3],
        attempt=row[4],
        how=row[11],
        place=row[9],
        failure=failure_from_text(row[15]),
        became=None if row[12] is None else State(row[12]),
        checkpoint=checkpoint_from_text(row[13]),
    )


def _read_stop_requested(row: Row, _: DecodeConfig) -> StopRequested:
    payload = loads(row[15])  # earlier releases wrote more into it
    return StopRequested(row[1], payload["reason"], payload["complete"])


_FROM_ROW: Final[dict[str, Callable[[Row, DecodeConfig], Event]]] = {
    "Started": lambda row, _: Started(row[1], **loads(row[15])),
    "Resumed": _read_resumed,
    "WorkerJoined": lambda row, _: WorkerJoined(
        row[1], row[10], Resources(loads(row[15])["resources"])
    ),
    "WorkerLeft": lambda row, _: WorkerLeft(row[1], row[10]),
    "PlaceOpened": _read_place,
    "Suggested": _read_suggested,
    "Declined": lambda row, _: Declined(row[1], row[3]),
    "Exhausted": lambda row, _: Exhausted(row[1], row[3]),
    "Launched": lambda row, _: Launched(row[1], row[3], row[4], row[10]),
    "Reconfigured": _read_reconfigured,
    "Reported": _read_reported,
    "CheckpointsDropped": lambda row, _: CheckpointsDropped(row[1], row[3], tuple(loads(row[13]))),
    "Ended": _read_ended,
    "StopRequested": _read_stop_requested,
    "PluginFailed": lambda row, _: PluginFailed(row[1], **loads(row[15])),
    "RunEnded": lambda row, _: RunEnded(row[1], row[11], **loads(row[15])),
}
