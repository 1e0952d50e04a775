"""Every event survives its stored form, and the stored form holds plain values only."""

import math
import sqlite3
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pegbox import events as ev
from pegbox._engine.row_values import resumed_checkpoint
from pegbox._engine.rows import COLUMNS, from_row, to_row
from pegbox.errors import StoreError
from pegbox.jsonvalue import dumps
from pegbox.resources import Resources
from pegbox.trial import CheckpointRecord, State, TrialFailure
from store_facts import NEVER_STORED

SECONDS = st.floats(0, 1e12)
NUMBERS = st.integers(0, 2**40)
#: Any text, with lone surrogates: a file name in a traceback may hold them.
TEXT = st.text(st.characters(codec=None), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
CONFIGS = st.dictionaries(TEXT | st.just("$object") | st.just("$float"), JSON, max_size=4)
CHECKPOINTS = st.builds(CheckpointRecord, TEXT, NUMBERS, SECONDS, NUMBERS)
RESOURCES = st.builds(
    Resources, st.dictionaries(st.sampled_from(["cpu", "gpu", "hdd"]), st.floats(0, 1e4))
)
FAILURES = st.builds(TrialFailure, st.sampled_from(["exception", "crash", "lost"]), TEXT, TEXT)
POINTS = st.dictionaries(TEXT, st.integers() | st.floats(allow_nan=False), max_size=4)


@st.composite
def reports(draw):
    metrics = draw(st.dictionaries(TEXT, JSON, max_size=4))
    return ev.Reported(
        at=draw(SECONDS),
        trial=draw(NUMBERS),
        attempt=draw(NUMBERS),
        iteration=draw(NUMBERS),
        time_this_iter_s=draw(SECONDS),
        time_total_s=draw(SECONDS),
        timestamp=draw(SECONDS),
        metrics=metrics,
        encoded=dumps(metrics),
        place=draw(NUMBERS),
        checkpoint=draw(st.none() | CHECKPOINTS),
        decision=draw(st.none() | st.sampled_from(["CONTINUE", "STOP", "PAUSE"])),
    )


@st.composite
def suggestions(draw):
    config = draw(CONFIGS)
    return ev.Suggested(
        draw(SECONDS), draw(NUMBERS), draw(POINTS), config, config, draw(RESOURCES), draw(TEXT)
    )


@st.composite
def reconfigurations(draw):
    config = draw(CONFIGS)
    return ev.Reconfigured(
        draw(SECONDS),
        draw(NUMBERS),
        config,
        config,
        draw(RESOURCES),
        draw(st.none() | CHECKPOINTS),
        draw(st.none() | NUMBERS),
    )


EVENTS = {
    ev.Started: st.builds(ev.Started, SECONDS, NUMBERS),
    ev.Resumed: st.builds(
        ev.Resumed,
        SECONDS,
        NUMBERS,
        st.sampled_from(["resume", "skip"]),
        st.sampled_from(["skip", "resume", "restart"]),
        st.none() | st.dictionaries(NUMBERS, st.none() | CHECKPOINTS, max_size=3),
    ),
    ev.WorkerJoined: st.builds(ev.WorkerJoined, SECONDS, TEXT, RESOURCES),
    ev.WorkerLeft: st.builds(ev.WorkerLeft, SECONDS, TEXT),
    ev.PlaceOpened: st.builds(ev.PlaceOpened, SECONDS, NUMBERS, TEXT, TEXT, NUMBERS, TEXT),
    ev.Suggested: suggestions(),
    ev.Declined: st.builds(ev.Declined, SECONDS, NUMBERS),
    ev.Exhausted: st.builds(ev.Exhausted, SECONDS, NUMBERS),
    ev.Launched: st.builds(ev.Launched, SECONDS, NUMBERS, NUMBERS, TEXT),
    ev.Reconfigured: reconfigurations(),
    ev.Reported: reports(),
    ev.CheckpointsDropped: st.builds(
        ev.CheckpointsDropped, SECONDS, NUMBERS, st.lists(TEXT, max_size=3).map(tuple)
    ),
    ev.Ended: st.builds(
        ev.Ended,
        SECONDS,
        NUMBERS,
        NUMBERS,
        st.sampled_from(["finished", "halted", "failed", "lost"]),
        st.none() | NUMBERS,
        st.none() | FAILURES,
        st.none() | st.sampled_from(State),
        st.none() | CHECKPOINTS,
    ),
    ev.StopRequested: st.builds(ev.StopRequested, SECONDS, TEXT, st.booleans()),
    ev.PluginFailed: st.builds(
        ev.PluginFailed, SECONDS, st.sampled_from(["searcher", "scheduler"]), TEXT, TEXT
    ),
    ev.RunEnded: st.builds(ev.RunEnded, SECONDS, st.sampled_from(["complete", "failed"]), TEXT),
}


def test_the_strategies_cover_every_kind_of_event_that_is_stored():
    assert set(EVENTS) == set(get_args(ev.Event)) - NEVER_STORED


@given(st.one_of(*EVENTS.values()))
def test_an_event_comes_back_from_its_row_as_it_was(event):
    back = from_row(to_row(event, 7, 3), dict)

    # repr, since NaN is not equal to itself.
    assert repr(back) == repr(event)


@given(st.one_of(*EVENTS.values()))
def test_a_row_holds_plain_values_in_the_order_of_the_columns(event):
    row = to_row(event, 7, None)

    assert len(row) == len(COLUMNS)
    assert row[:3] == (7, event.at, type(event).__name__)
    assert all(value is None or type(value) in (int, float, str) for value in row)


def test_a_report_stores_its_metrics_once_as_they_were_encoded():
    encoded = '{"loss": 1.50}'
    report = ev.Reported(1.0, 2, 1, 3, 0.5, 1.5, 9.0, {"loss": 1.5}, encoded, 4)

    row = dict(zip(COLUMNS, to_row(report, 10, 8), strict=True))

    assert row["payload"] is encoded
    assert row["previous"] == 8
    assert [value for value in row.values() if "loss" in str(value)] == [encoded]


def test_nan_and_text_outside_of_unicode_pass_through_sqlite():
    failure = TrialFailure("exception", "no file \udcff", "OSError", "…")
    metrics = {"loss": math.nan, "näme": math.inf}
    events = [
        ev.Ended(1.0, 0, 1, "failed", 1, failure, State.FAILED),
        ev.Reported(1.0, 0, 1, 1, 0.1, 0.1, 9.0, metrics, dumps(metrics), 1),
    ]
    db = sqlite3.connect(":memory:")
    db.execute(f"CREATE TABLE t({', '.join(COLUMNS)})")
    marks = ", ".join("?" * len(COLUMNS))
    db.executemany(f"INSERT INTO t VALUES ({marks})", [to_row(e, 1) for e in events])

    ended, reported = (from_row(row, dict) for row in db.execute("SELECT * FROM t"))
    db.close()

    assert ended == events[0]
    assert math.isnan(reported.metrics["loss"])
    assert reported.metrics["näme"] == math.inf


def test_the_configuration_is_decoded_by_the_callers_function():
    suggested = ev.Suggested(0.0, 0, {"x": 1}, {"x": object}, {"x": "coded"}, Resources(), "0")

    back = from_row(to_row(suggested, 1), lambda encoded: {"x": object})

    assert back == suggested


def test_what_a_resumed_trial_goes_on_from_is_found_by_its_number():
    record = CheckpointRecord("t/checkpoint_000001", 1, 0.5, 10)
    payload = to_row(ev.Resumed(0.0, 2, checkpoints={4: record, 5: None}), 1)[-1]

    assert resumed_checkpoint(payload, 4) == record
    assert resumed_checkpoint(payload, 5) is None


def test_an_unknown_kind_is_refused_by_its_name():
    row = list(to_row(ev.Started(0.0), 1))
    row[2] = "Teleported"

    with pytest.raises(StoreError, match="event 1 is of the unknown kind 'Teleported'"):
        from_row(tuple(row), dict)
