"""The store's writing side: what was appended is there, whole and in order, whatever happens."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap

import pytest
from pegbox._store import Store
from pegbox._store.migrations import migrate_file
from pegbox._store.schema import FILE_NAME, VERSION
from pegbox.errors import ExperimentExists, ExperimentLocked, StoreError
from pegbox.events import Ended, PlaceOpened, Resumed, RunEnded, Started
from store_facts import (
    META,
    SPACE,
    checkpoint_at,
    failed,
    launched,
    lost,
    reported,
    suggested,
    whole_trial,
)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "trying"


@pytest.fixture
def store(folder):
    with Store.create(folder, META) as store:
        yield store


def rows(folder, select):
    db = sqlite3.connect(folder / FILE_NAME)
    try:
        return db.execute(select).fetchall()
    finally:
        db.close()


# ------------------------------------------------------------------------------ append, replay


def test_events_come_back_in_order_after_the_store_was_closed(folder):
    events = [Started(0.5), *whole_trial(0), *whole_trial(1)]
    with Store.create(folder, META) as store:
        store.append(events[:3])
        store.append([])
        store.append(events[3:])

    with Store.open(folder) as again:
        assert list(again.events(SPACE.decode_config)) == events
        assert again.seq == len(events)


def test_events_are_stored_when_append_returns(store, folder):
    store.append(whole_trial(0))

    assert rows(folder, "SELECT count(*) FROM events") == [(4,)]


def test_going_on_continues_the_numbering(folder):
    with Store.create(folder, META) as store:
        store.append(whole_trial(0))
    with Store.open(folder) as store:
        store.append(whole_trial(1))

    assert rows(folder, "SELECT seq FROM events") == [(n,) for n in range(1, 9)]
    assert rows(folder, "SELECT number, state FROM trials") == [(0, "finished"), (1, "finished")]


def test_replay_decodes_configurations_with_the_callers_function(store):
    store.append([suggested(0, x=0.25)])

    (event,) = store.events(SPACE.decode_config)

    assert event.config == {"x": 0.25, "kind": list, "deep": {"n": 3}}
    assert event == suggested(0, x=0.25)


def test_a_batch_that_cannot_be_stored_leaves_nothing_and_can_be_tried_again(store):
    store.append(whole_trial(0))
    full = store._db.execute("PRAGMA page_count").fetchone()[0] + 1
    store._db.execute(f"PRAGMA max_page_count = {full}")
    batch = [event for trial in range(1, 200) for event in whole_trial(trial)]

    with pytest.raises(StoreError, match=r"796 events could not be stored in .*full") as error:
        store.append(batch)

    assert "make room" in error.value.hint
    assert list(store.events(SPACE.decode_config)) == whole_trial(0)
    store._db.execute("PRAGMA max_page_count = 100000")
    store.append(batch)
    assert list(store.events(SPACE.decode_config)) == whole_trial(0) + batch


def test_a_no_op_trial_takes_at_most_one_kilobyte(folder):
    count = 1000
    with Store.create(folder, META) as store:
        for trial in range(count):
            store.append(whole_trial(trial))

    assert (folder / FILE_NAME).stat().st_size / count <= 1000


# -------------------------------------------------------------------------------- trial states


def test_reports_after_the_checkpoint_a_trial_was_set_back_to_do_not_count(store, folder):
    at_2 = reported(0, 2, loss=2, checkpoint=checkpoint_at(0, 2))
    first = [reported(0, 1, loss=1), at_2, reported(0, 3, loss=3), reported(0, 4, loss=4)]
    again = [launched(0, attempt=2), reported(0, 3, attempt=2, loss=30)]

    # In one batch, so that what is looked up is not yet in the file.
    store.append([suggested(0), launched(0), *first, lost(0), *again])

    history = "SELECT iteration, json_extract(metrics, '$.loss') FROM results ORDER BY iteration"
    assert rows(folder, history) == [(1, 1), (2, 2), (3, 30)]


def test_a_restart_from_scratch_begins_a_new_history_after_reopening(folder):
    with Store.create(folder, META) as store:
        store.append([suggested(0), launched(0), reported(0, 1), reported(0, 2), failed(0)])
    with Store.open(folder) as store:
        store.append([Resumed(5.0, 2, errored="restart"), launched(0, attempt=2)])
        store.append([reported(0, 1, attempt=2, loss=7)])

    assert rows(folder, "SELECT attempt, iteration FROM results") == [(2, 1)]


# ------------------------------------------------------------------- meta, epochs, components


def test_what_is_fixed_at_creation_comes_back(store, folder):
    store.close()

    with Store.open(folder) as again:
        assert again.meta == META


def test_each_start_is_an_epoch_and_its_end_is_noted(folder):
    start = {"host": "h", "pid": 3, "versions": {"python": "3.11"}, "settings": {"n": 1}}
    with Store.create(folder, META) as store:
        assert store.begin_epoch(started=1.0, **start) == 1
    with Store.open(folder) as store:
        assert store.begin_epoch(started=2.0, **start) == 2
        store.append([RunEnded(9.0, "interrupted", "Ctrl-C")])

        first, second = store.epochs

    assert (first.started, first.how, first.versions) == (1.0, None, {"python": "3.11"})
    assert (second.ended, second.how, second.reason) == (9.0, "interrupted", "Ctrl-C")


def test_a_reason_that_is_no_utf8_is_kept_all_the_same(folder):
    with Store.create(folder, META) as store:
        store.begin_epoch(started=1.0, host="h", pid=3, versions={}, settings={})
        store.append([RunEnded(9.0, "failed", "no file 'caf\udce9'")])
        (epoch,) = store.epochs

    assert epoch.reason == r"no file 'caf\udce9'"


def test_a_components_state_comes_back_with_the_last_event_it_knows(folder):
    with Store.create(folder, META) as store:
        store.append([suggested(0)])
        store.save_component("searcher", {"bound": float("-inf")})
        store.append([suggested(1)])
    with Store.open(folder) as store:
        assert store.load_component("searcher") == (1, {"bound": float("-inf")})
        assert store.load_component("scheduler") is None


# ------------------------------------------------------------------------ files, locks, deaths


def test_closing_leaves_one_file_and_can_be_done_twice(folder):
    store = Store.create(folder, META)
    store.append(whole_trial(0))
    store.close()
    store.close()

    left = {name for name in os.listdir(folder) if not name.endswith(".lock")}
    assert left == {FILE_NAME}


def test_a_second_experiment_in_a_folder_is_refused(store, folder):
    with pytest.raises(ExperimentExists, match="already") as error:
        Store.create(folder, META)

    assert f'Tuner.restore("{folder}", ...)' in str(error.value)
    assert "another name" in str(error.value)


def test_a_second_driver_is_refused_and_the_first_is_named(store, folder):
    with pytest.raises(ExperimentLocked, match=f"process {os.getpid()} on host"):
        Store.open(folder)

    store.append([suggested(0)])
    store.close()
    Store.open(folder).close()


def test_a_folder_without_experiment_is_refused_with_its_neighbour(store, folder):
    with pytest.raises(StoreError, match="there is no experiment in") as error:
        Store.open(folder.with_name("tryin"))

    assert error.value.hint == f"Did you mean {folder}?"


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")

    with pytest.raises(StoreError, match="cannot be written"):
        Store.create(tmp_path / "file" / "experiment", META)


KILLED = """
    import sys
    sys.path.insert(0, {tests!r})
    from pegbox._store import Store
    from store_facts import META, whole_trial
    store = Store.create({folder!r}, META)
    for trial in range(10_000):
        store.append(whole_trial(trial))
        print(trial, flush=True)
"""


def test_a_killed_driver_loses_nothing_that_was_stored(folder):
    code = textwrap.dedent(KILLED.format(tests=os.path.dirname(__file__), folder=str(folder)))
    driver = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert driver.stdout is not None
    stored = [driver.stdout.readline() for _ in range(50)]
    driver.send_signal(signal.SIGKILL)
    stored += driver.stdout.readlines()
    driver.wait()
    driver.stdout.close()

    with Store.open(folder) as store:
        ended = [event.trial for event in store.events() if isinstance(event, Ended)]
        assert ended[: len(stored)] == list(range(len(stored)))
        store.append([Resumed(9.0, 2)])


def test_the_writer_moves_a_log_that_grew_long(store, folder, tmp_path):
    store._keeper.log_is_long = True
    store.append(whole_trial(0))

    # The file alone, without its log, holds what was in the log.
    (tmp_path / FILE_NAME).write_bytes((folder / FILE_NAME).read_bytes())
    assert rows(tmp_path, "SELECT count(*) FROM events") == [(4,)]
    assert not store._keeper.log_is_long


# ------------------------------------------------------------------------------------ versions


def set_version(folder, version):
    db = sqlite3.connect(folder / FILE_NAME)
    db.execute(f"PRAGMA user_version = {version}")
    db.close()


def test_a_file_of_a_newer_release_is_refused_with_the_remedy(store, folder):
    store.close()
    set_version(folder, VERSION + 1)

    with pytest.raises(StoreError, match=f"version {VERSION + 1}, .* up to {VERSION}") as error:
        Store.open(folder)

    assert "pip install --upgrade pegbox" in error.value.hint


def test_a_file_that_is_no_store_is_refused(folder):
    folder.mkdir()
    sqlite3.connect(folder / FILE_NAME).execute("CREATE TABLE t(x)").connection.close()

    with pytest.raises(StoreError, match="not a store of pegbox"):
        Store.open(folder)


def test_a_file_that_is_no_database_is_refused(folder):
    folder.mkdir()
    (folder / FILE_NAME).write_text("results: none\n" * 100)

    with pytest.raises(StoreError, match="no SQLite file, or a damaged one"):
        Store.open(folder)


def test_an_older_file_is_migrated_on_a_copy_and_kept(store, folder):
    store.append(whole_trial(0))
    store.close()
    set_version(folder, VERSION - 1)
    before = (folder / FILE_NAME).read_bytes()

    kept = migrate_file(
        folder / FILE_NAME, {VERSION - 1: lambda db: db.execute("UPDATE trials SET attempt = 99")}
    )

    assert kept is not None
    assert kept.read_bytes() == before
    assert rows(folder, "SELECT attempt FROM trials") == [(99,)]
    Store.open(folder).close()


def test_a_migration_that_fails_leaves_the_old_file_as_it_was(store, folder):
    store.append(whole_trial(0))
    store.close()
    set_version(folder, VERSION - 1)
    before = (folder / FILE_NAME).read_bytes()

    with pytest.raises(sqlite3.OperationalError):
        migrate_file(
            folder / FILE_NAME,
            {VERSION - 1: lambda db: db.execute("UPDATE nowhere SET x = 1")},
        )

    assert (folder / FILE_NAME).read_bytes() == before


def test_a_version_from_which_no_way_leads_is_refused(store, folder):
    store.close()
    set_version(folder, 0)

    with pytest.raises(StoreError, match=f"version 0, from which no way leads to {VERSION}"):
        Store.open(folder)


def test_places_are_found_by_their_number(store, folder):
    store.append([PlaceOpened(1.0, 4, "h", "127.0.0.1", 77, "w")])

    assert rows(folder, "SELECT place, opened_seq FROM places") == [(4, 1)]
