"""A file of schema version 1 stays readable, and can be gone on with, for ever.

The fixture was written by pegbox 0.1.0 and holds every kind of event that there was then. It is
never written again.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest
from pegbox._engine.state import RunState
from pegbox._store import Reader, Store
from pegbox._store.schema import FILE_NAME
from pegbox.events import CheckpointsDropped, Event, Exhausted
from pegbox.results import ResultGrid
from pegbox.space import Space
from pegbox.trial import CheckpointRecord
from store_facts import META, NEVER_STORED

#: Kinds of events that version 1 did not know.
LATER = {CheckpointsDropped}

FIXTURE = Path(__file__).parents[2] / "tests" / "fixtures" / "store_v1.sqlite"


@pytest.fixture
def folder(tmp_path):
    shutil.copyfile(FIXTURE, tmp_path / FILE_NAME)
    return tmp_path


def test_its_trials_are_read(folder):
    with Reader(folder) as reader:
        rows = reader.trials()
        history = reader.results(1)
        epochs = reader.epochs

    assert [row.state.value for row in rows] == ["finished", "failed", "queued", "queued"]
    assert [row.attempt for row in rows] == [1, 2, 2, 0]
    assert rows[1].failure is not None
    assert rows[1].failure.message == "näh"
    assert rows[1].checkpoint == CheckpointRecord("train_ab1de_00001/c1", 1, 0.5, 10)
    assert (rows[2].resources, rows[2].checkpoint) == ({"cpu": 2.0, "gpu": 0.5}, None)
    assert [(r["training_iteration"], r["loss"]) for r in history] == [(1, 0.5), (2, 0.25)]
    assert [(epoch.pid, epoch.how) for epoch in epochs] == [(4711, "interrupted"), (4713, None)]


def test_its_results_are_found(folder):
    grid = ResultGrid(folder)

    assert grid.get_best_result("loss").trial_id == "ab1de_00001"
    assert grid[2].config["x"] == 0.75
    assert grid[0].metrics["hostname"] == "laptop"


def test_its_events_replay_and_more_can_follow(folder):
    with Store.open(folder) as store:
        space = Space.from_description(store.meta.space)
        events = list(store.events(space.decode_config))
        state = RunState(store.meta.run, store.meta.trainable)
        for event in events:
            state.apply(event)
        store.append([Exhausted(1_700_000_200.0, 4)])

        assert store.seq == len(events) + 1
        assert store.load_component("searcher") == (22, {"asked": 3, "bound": float("inf")})
        assert store.meta.scheduler_options == {"bound": float("inf")}

    assert {type(event) for event in events} == set(get_args(Event)) - LATER - NEVER_STORED
    assert [record.state.value for record in state.trials.values()] == [
        "finished",
        "failed",
        "queued",
        "queued",
    ]


def test_migrated_it_has_the_schema_of_now(folder, tmp_path):
    Store.open(folder).close()
    Store.create(tmp_path / "new", META).close()

    assert schema(folder) == schema(tmp_path / "new")
    assert (folder / "experiment.v1.sqlite").read_bytes() == FIXTURE.read_bytes()


def schema(folder):
    """Every statement of a file, with blanks as they come."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as db:
        found = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    # A column that was added later stands behind a blank and a comma.
    return {name: "".join(sql.split()) for name, sql in found}
