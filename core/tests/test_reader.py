"""Reading a store: what the engine knew, wherever the folder lies and whoever works on it."""

import dataclasses
import os
import shutil
import sqlite3
import tempfile
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from engine_world import CPU as ONE_CPU
from engine_world import OBJECTIVE, World
from hypothesis import given, settings
from hypothesis import strategies as st
from pegbox._engine.rules import Rules
from pegbox._store import Reader, Store
from pegbox._store.read_connection import open_for_reading
from pegbox._store.schema import FILE_NAME, VERSION
from pegbox._store.scores import best_trial
from pegbox.errors import ConfigError, StoreError
from pegbox.events import CheckpointsDropped, PlaceOpened, Reconfigured, Reported, Resumed, RunEnded
from pegbox.jsonvalue import dumps
from pegbox.resources import Resources
from pegbox.trial import State
from store_facts import (
    META,
    SPACE,
    checkpoint_at,
    failed,
    finished,
    launched,
    lost,
    reported,
    suggested,
    whole_trial,
)

NAN, INF = float("nan"), float("inf")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "trying"


@pytest.fixture
def store(folder):
    with Store.create(folder, META) as store:
        yield store


def stored(folder, events):
    with Store.create(folder, META) as store:
        store.append(events)
    return Reader(folder)


# ----------------------------------------------------------------------------------- the table

SEEDS = st.integers(0, 2**32)


def honest(event):
    """The world's reports do not bother to encode what they report."""
    if not isinstance(event, Reported):
        return event
    fields = {name: getattr(event, name) for name in event.__slots__}
    return Reported(**{**fields, "encoded": dumps(dict(event.metrics))})


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, steps=st.integers(1, 150), batch=st.integers(1, 50), reopened=st.integers(0, 3))
def test_the_table_tells_what_the_engine_knows(tmp_path_factory, seed, steps, batch, reopened):
    world = World(seed, Rules(ONE_CPU, (OBJECTIVE,), max_failures=1))
    world.begin()
    for count in range(steps):
        if not world.engine.ended:
            world.crash() if count % 40 == 39 else world.step()
    folder = tmp_path_factory.mktemp("world") / "e"
    events = [honest(event) for event in world.journal]
    store = Store.create(folder, META)
    for start in range(0, len(events), batch):
        store.append(events[start : start + batch])
        if reopened:
            reopened -= 1
            store.close()
            store = Store.open(folder)
    store.close()

    with Reader(folder) as reader:
        rows = reader.trials()
        histories = {row.number: reader.results(row.number) for row in rows}

    records = world.engine.state.trials
    assert [row.number for row in rows] == sorted(records)
    for row in rows:
        record = records[row.number]
        assert (row.state, row.attempt, row.tag) == (record.state, record.attempt, record.tag)
        assert (row.config, row.checkpoint) == (record.config, record.checkpoint)
        assert Resources(row.resources) == record.resources
        assert (row.failure is not None) == (record.state is State.FAILED)
        same_result(row.result, record.result)
        history = histories[row.number]
        assert (history[-1] if history else None) == row.result
        counted = [result["training_iteration"] for result in history]
        assert counted == sorted(set(counted))


def same_result(stored, known):
    """But for what depends on the run's name; the engine's may lag behind by ``done``."""
    assert (stored is None) == (known is None)
    if stored is None:
        return
    apart = {"experiment_id", "trial_id", "done"}
    assert {k: v for k, v in stored.items() if k not in apart} == {
        k: v for k, v in known.items() if k not in apart
    }


def test_a_row_has_the_last_result_composed_and_the_configuration_as_data(folder):
    place = PlaceOpened(0.5, 1, "somewhere", "10.0.0.1", 77, "w")
    checkpoint = checkpoint_at(0, 2)
    last = reported(0, 2, checkpoint=checkpoint, loss=NAN, timesteps_this_iter=5)
    first = reported(0, 1, loss=1.0, timesteps_this_iter=3)

    with stored(folder, [place, suggested(0), launched(0), first, last, finished(0)]) as reader:
        (row,) = reader.trials()

    assert row.result is not None
    assert row.result["hostname"] == "somewhere"
    assert row.result["trial_id"] == "ab1de_00000"
    assert row.result["timesteps_since_restore"] == 8
    assert row.result["done"] is True
    assert row.result["checkpoint_dir_name"] == "c2"
    assert row.result["loss"] != row.result["loss"]
    assert row.checkpoint == checkpoint
    assert row.resources == {"cpu": 1.0}
    assert SPACE.decode_config(row.config) == {"x": 0.5, "kind": list, "deep": {"n": 3}}


def test_a_failed_trial_tells_of_what(folder):
    with stored(folder, [suggested(0), launched(0), failed(0, message="näh \udc80")]) as reader:
        (row,) = reader.trials()

    assert row.state is State.FAILED
    assert row.failure == failed(0, message="näh \udc80").failure
    assert row.result is None


def test_after_a_donors_configuration_was_taken_that_one_is_shown(folder):
    config = {"x": 0.9}
    taken = Reconfigured(3.0, 0, config, config, Resources({"cpu": 2}), checkpoint_at(1, 4), 1)

    with stored(folder, [suggested(0), taken]) as reader:
        (row,) = reader.trials()

    assert row.config == config
    assert row.resources == {"cpu": 2.0}
    assert row.checkpoint == checkpoint_at(1, 4)


def test_each_result_has_the_configuration_that_it_was_reported_with(folder):
    config = {"x": 0.9}
    taken = Reconfigured(3.0, 0, config, config, Resources({"cpu": 1}), None, 1)
    events = [suggested(0, 0.1), suggested(1, 0.2), launched(0), reported(0, 1), taken]
    events += [launched(0, 2), reported(0, 2, attempt=2), launched(1), reported(1, 1)]

    with stored(folder, events) as reader:
        pairs = reader.results_with_configs(0)
        results = reader.results(0)
        ((_, untouched),) = reader.results_with_configs(1)

    assert [result for result, _ in pairs] == results
    assert [each["x"] for _, each in pairs] == [0.1, 0.9]
    assert untouched["x"] == 0.2


def test_a_resumption_says_which_checkpoint_is_left(folder):
    events = []
    for trial in (0, 1):
        whole = [reported(trial, i, checkpoint=checkpoint_at(trial, i)) for i in (1, 2)]
        events += [suggested(trial), launched(trial), *whole]
    torn = Resumed(9.0, 2, checkpoints={0: checkpoint_at(0, 1), 1: None})

    with stored(folder, [*events, torn]) as reader:
        rows = reader.trials()

    assert [row.checkpoint for row in rows] == [checkpoint_at(0, 1), None]
    assert [row.state for row in rows] == [State.QUEUED, State.QUEUED]


@pytest.mark.parametrize(
    ("event", "states"),
    [
        (Resumed(9.0, 2), ["queued", "queued", "failed", "finished"]),
        (Resumed(9.0, 2, unfinished="skip"), ["stopped", "stopped", "failed", "finished"]),
        (Resumed(9.0, 2, errored="resume"), ["queued", "queued", "queued", "finished"]),
        (RunEnded(9.0, "interrupted"), ["queued", "running", "failed", "finished"]),
        (RunEnded(9.0, "complete"), ["stopped", "running", "failed", "finished"]),
    ],
)
def test_states_after_a_resumption_and_after_the_end(folder, event, states):
    running = [suggested(1), launched(1)]
    broken = [suggested(2), launched(2), failed(2)]

    with stored(folder, [suggested(0), *running, *broken, *whole_trial(3), event]) as reader:
        assert [row.state.value for row in reader.trials()] == states


def test_results_of_each_try_count_from_where_it_began(folder):
    first = [reported(0, 1, checkpoint=checkpoint_at(0, 1)), reported(0, 2)]
    again = [launched(0, 2), reported(0, 2, attempt=2), reported(0, 3, attempt=2), finished(0, 2)]

    with stored(folder, [suggested(0), launched(0), *first, lost(0), *again]) as reader:
        results = reader.results(0)

    told = [(r["training_iteration"], r["iterations_since_restore"], r["done"]) for r in results]
    assert told == [(1, 1, False), (2, 1, False), (3, 2, True)]
    assert [r["time_since_restore"] for r in results] == [0.5, 0.5, 1.0]


def test_a_trial_that_is_not_there_has_no_results(folder):
    with stored(folder, whole_trial(0)) as reader:
        assert reader.results(5) == []


def test_checkpoints_are_listed_in_order(folder):
    reports = [reported(0, i, checkpoint=checkpoint_at(0, i)) for i in (1, 2)]

    with stored(folder, [suggested(0), launched(0), *reports]) as reader:
        saved = reader.checkpoints(0)
        assert [record for record, _ in saved] == [checkpoint_at(0, 1), checkpoint_at(0, 2)]
        assert [result["training_iteration"] for _, result in saved] == [1, 2]


def test_dropped_checkpoints_are_not_listed(folder):
    reports = [reported(0, i, checkpoint=checkpoint_at(0, i)) for i in (1, 2, 3)]
    dropped = CheckpointsDropped(9.0, 0, (checkpoint_at(0, 1).path, checkpoint_at(0, 3).path))

    with stored(folder, [suggested(0), launched(0), *reports, dropped]) as reader:
        assert [record for record, _ in reader.checkpoints(0)] == [checkpoint_at(0, 2)]
    with closing(sqlite3.connect(folder / FILE_NAME)) as db:
        left = [path for (path,) in db.execute("SELECT path FROM checkpoints")]
    assert left == [checkpoint_at(0, 2).path]


def test_a_checkpoint_has_the_result_it_came_with_though_the_trial_was_set_back(folder):
    first = [reported(0, i, checkpoint=checkpoint_at(0, i), loss=i / 10) for i in (1, 2)]
    again = reported(0, 2, attempt=2, loss=0.9)
    end = dataclasses.replace(finished(0, attempt=2), checkpoint=checkpoint_at(0, 7))

    facts = [suggested(0), launched(0), *first, lost(0), launched(0, attempt=2), again, end]
    with stored(folder, facts) as reader:
        saved = reader.checkpoints(0)

    assert [(record.iteration, result["loss"]) for record, result in saved] == [
        (1, 0.1),
        (2, 0.2),
        (7, 0.9),
    ]


# -------------------------------------------------------------------------------------- scores

LOSSES = {0: [5, 1, 3], 1: [2, 2, 2], 2: [9, NAN, 0.5]}


@pytest.fixture
def curves(folder):
    events = []
    for trial, losses in LOSSES.items():
        reports = [reported(trial, i + 1, **{"a/λ": v}) for i, v in enumerate(losses)]
        events += [suggested(trial), launched(trial), *reports]
    with stored(folder, [*events, suggested(3)]) as reader:
        yield reader


@pytest.mark.parametrize(
    ("scope", "mode", "expected"),
    [
        ("last", "min", {0: 3, 1: 2, 2: 0.5}),
        ("all", "min", {0: 1, 1: 2, 2: 0.5}),
        ("all", "max", {0: 5, 1: 2, 2: 9}),
        ("avg", "min", {0: 3, 1: 2, 2: NAN}),
        ("last-5-avg", "min", {0: 3, 1: 2, 2: NAN}),
    ],
)
def test_scopes(curves, scope, mode, expected):
    # repr, since NaN is not equal to itself.
    assert repr(curves.scores("a/λ", mode, scope)) == repr(
        {trial: float(value) for trial, value in expected.items()}
    )


def test_an_average_of_the_last_takes_only_those(folder):
    reports = [reported(0, i, loss=float(i)) for i in range(1, 13)]

    with stored(folder, [suggested(0), launched(0), *reports]) as reader:
        assert reader.scores("loss", "min", "last-5-avg") == {0: 10.0}
        assert reader.scores("loss", "min", "last-10-avg") == {0: 7.5}


def test_filled_in_numbers_can_be_compared_too(curves):
    assert curves.scores("training_iteration", "max", "last") == {0: 3, 1: 3, 2: 3}


def test_what_is_no_number_has_no_score(folder):
    reports = [reported(0, 1, flag=True, word="5", nested={"$float": 1})]

    with stored(folder, [suggested(0), launched(0), *reports]) as reader:
        assert [reader.scores(name, "min") for name in ("flag", "word", "nested")] == [{}, {}, {}]


def test_an_unknown_scope_is_refused_with_the_nearest(curves):
    with pytest.raises(ConfigError, match="got 'last-avg'") as error:
        curves.scores("a/λ", "min", "last-avg")

    assert "Did you mean 'last-5-avg'?" in error.value.hint


@pytest.mark.parametrize(
    ("found", "mode", "finite_only", "expected"),
    [
        ({1: 2.0, 0: 2.0, 2: 3.0}, "min", True, 0),
        ({1: 2.0, 2: 3.0}, "max", True, 2),
        ({0: INF, 1: NAN, 2: 3.0}, "max", True, 2),
        ({0: INF, 1: NAN, 2: 3.0}, "max", False, 0),
        ({0: NAN, 1: 3.0}, "min", False, 1),
        ({0: NAN}, "min", False, 0),
        ({0: NAN}, "min", True, None),
    ],
)
def test_the_best_of_scores(found, mode, finite_only, expected):
    assert best_trial(found, mode, finite_only=finite_only) == expected


# --------------------------------------------------------------------------- wherever it lies


def test_reading_while_the_driver_writes(store, folder):
    store.append(whole_trial(0))
    with Reader(folder) as reader:
        assert len(reader.trials()) == 1
        store.append(whole_trial(1))
        assert len(reader.trials()) == 2
        store.close()
        assert len(reader.trials()) == 2


def test_meta_and_epochs(store, folder):
    store.begin_epoch(started=1.0, host="h", pid=3, versions={}, settings={"n": 1})

    with Reader(folder) as reader:
        assert reader.meta == META
        assert [epoch.settings for epoch in reader.epochs] == [{"n": 1}]


def test_a_folder_without_experiment_is_refused(tmp_path):
    with pytest.raises(StoreError, match="there is no experiment in"):
        Reader(tmp_path / "nothing")


@contextmanager
def as_nobody():
    """Without the right to write; root would have it everywhere."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def copied(source, names):
    """Some files of a folder, where anyone may read and nobody may write."""
    place = Path(tempfile.mkdtemp())
    for name in names:
        shutil.copyfile(source / name, place / name)
        (place / name).chmod(0o444)
    place.chmod(0o555)
    return place


@pytest.mark.parametrize("with_index", [True, False])
def test_reading_what_a_killed_driver_left_where_nothing_can_be_written(store, folder, with_index):
    store.append(whole_trial(0))
    names = [FILE_NAME, f"{FILE_NAME}-wal"] + [f"{FILE_NAME}-shm"] * with_index
    place = copied(folder, names)

    with as_nobody(), Reader(place) as reader:
        assert [row.state for row in reader.trials()] == [State.FINISHED]
    assert sorted(os.listdir(place)) == sorted(names)
    place.chmod(0o755)
    shutil.rmtree(place)


def test_reading_a_finished_experiment_where_nothing_can_be_written(store, folder):
    store.append(whole_trial(0))
    store.close()
    place = copied(folder, [FILE_NAME])

    with as_nobody(), Reader(place) as reader:
        assert len(reader.trials()) == 1
    assert os.listdir(place) == [FILE_NAME]
    place.chmod(0o755)
    shutil.rmtree(place)


def test_an_older_file_is_read_as_migrated_and_left_alone(store, folder):
    store.append(whole_trial(0))
    store.close()
    db = sqlite3.connect(folder / FILE_NAME)
    db.execute(f"PRAGMA user_version = {VERSION - 1}")
    db.close()
    before = (folder / FILE_NAME).read_bytes()

    with ExitStack() as closing:
        steps = {VERSION - 1: lambda db: db.execute("UPDATE trials SET attempt = 9")}
        db = open_for_reading(folder, closing, steps)
        assert db.execute("SELECT attempt FROM trials").fetchall() == [(9,)]

    assert (folder / FILE_NAME).read_bytes() == before
