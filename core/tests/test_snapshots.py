"""An experiment whose folder is on a network: snapshots there, and who may write them.

A machine is a state folder of its own; ``PEGBOX_LOCAL_DISK=0`` has every folder count as a
network's.
"""

import json
import logging
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from contextlib import closing

import pytest
from pegbox import RunConfig, TuneConfig, Tuner
from pegbox._store import Reader, Store
from pegbox._store.folder_lock import FolderLock
from pegbox._store.home import Home, find_home
from pegbox._store.schema import FILE_NAME, VERSION
from pegbox._store.taking_up import prepare
from pegbox.errors import ConfigError, ExperimentExists, ExperimentLocked, StoreError
from pegbox.events import RunEnded, Started
from store_facts import META, whole_trial

#: No snapshot within a test unless it asks for one.
NEVER_S = 3600.0
START = {"started": 1.0, "host": "h", "pid": 3, "versions": {}, "settings": {}}
PATIENCE_S = 30.0


class Machines:
    """Which machine this process is on."""

    def __init__(self, monkeypatch, base):
        self._monkeypatch = monkeypatch
        self._base = base
        self.go_to("a")

    def go_to(self, name):
        self._monkeypatch.setenv("PEGBOX_STATE_DIR", str(self._base / f"machine_{name}"))


@pytest.fixture
def machines(monkeypatch, tmp_path):
    monkeypatch.setenv("PEGBOX_LOCAL_DISK", "0")
    return Machines(monkeypatch, tmp_path)


@pytest.fixture
def folder(tmp_path, machines):
    return tmp_path / "trying"


def create(folder, period_s=NEVER_S):
    store = Store.create(folder, META, sync_period_s=period_s)
    store.begin_epoch(**START)
    return store


def die(store):
    """End a store as a SIGKILL would: nothing is finished, and the lock falls."""
    store._stop_threads()
    store._snapshots._db.close()
    store._lock._lock.release()


def count(path, table="events"):
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def events(folder):
    with Reader(folder) as reader:
        return reader._db.execute("SELECT count(*) FROM events").fetchone()[0]


def wait_until(condition):
    pause, waited_s = threading.Event(), 0.0
    while not condition():
        assert waited_s < PATIENCE_S
        pause.wait(0.02)
        waited_s += 0.02


def forget_driver(folder):
    """Let a driver's last sign of life be long ago."""
    os.utime(folder / "driver.json", (1.0, 1.0))


def interrupted_after(what, *arguments):
    what(*arguments)
    raise KeyboardInterrupt


# ---------------------------------------------------------------------------------- snapshots


def test_the_folder_holds_plain_files_only_while_the_live_one_is_written(folder):
    with create(folder) as store:
        store.append(whole_trial(0))

        assert not [path for path in folder.iterdir() if path.name.endswith(("-wal", "-shm"))]
        assert count(folder / FILE_NAME) == 0
        assert count(find_home(folder, META.run).file) == 4


def test_what_is_new_reaches_the_folder_within_the_period(folder):
    with create(folder, period_s=0.05) as store:
        for trial in range(3):
            store.append(whole_trial(trial))
            wait_until(lambda expected=4 * (trial + 1): count(folder / FILE_NAME) == expected)


def test_where_nothing_is_new_only_the_sign_of_life_is(folder):
    with create(folder, period_s=0.05):
        snapshot, note = folder / FILE_NAME, folder / "driver.json"
        before = snapshot.stat().st_mtime_ns
        seen = json.loads(note.read_text())["heartbeat"]
        wait_until(lambda: json.loads(note.read_text())["heartbeat"] > seen + 0.2)

        assert snapshot.stat().st_mtime_ns == before


def test_a_snapshot_is_one_whole_file_of_the_same_format(folder):
    with create(folder) as store:
        store.append(whole_trial(0))
        store.save_component("searcher", {"asked": 1})
    copy = folder.with_name("copied")
    copy.mkdir()
    shutil.copyfile(folder / FILE_NAME, copy / FILE_NAME)

    with closing(sqlite3.connect(copy / FILE_NAME)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with Store.open(copy) as store:
        assert store.meta == META
        assert store.load_component("searcher") == (4, {"asked": 1})


def test_the_end_leaves_everything_in_the_folder_and_nothing_elsewhere(folder):
    with create(folder) as store:
        store.append(whole_trial(0))
    live = find_home(folder, META.run).live

    assert [path.name for path in folder.iterdir()] == [FILE_NAME]
    assert {path.name for path in live.iterdir()} <= {"driver.lock"}
    assert count(folder / FILE_NAME) == 4


def test_an_interrupt_leaves_everything_in_the_folder_too(folder):
    with pytest.raises(KeyboardInterrupt), create(folder) as store:
        interrupted_after(store.append, whole_trial(0))

    assert count(folder / FILE_NAME) == 4


def test_an_epoch_is_known_in_the_folder_before_its_first_trial(folder):
    with create(folder):
        assert count(folder / FILE_NAME, "epochs") == 1
        assert json.loads((folder / "driver.json").read_text())["epoch"] == 1
    with Store.open(folder, sync_period_s=NEVER_S) as store:
        store.begin_epoch(**START)
        assert count(folder / FILE_NAME, "epochs") == 2


def test_a_log_that_a_local_driver_left_in_the_folder_goes_into_the_snapshot(
    folder, machines, monkeypatch
):
    monkeypatch.setenv("PEGBOX_LOCAL_DISK", "1")
    local = Store.create(folder.with_name("local"), META)
    local.append(whole_trial(0))
    folder.mkdir()
    for ending in ("", "-wal"):
        shutil.copyfile(local.folder / (FILE_NAME + ending), folder / (FILE_NAME + ending))
    local.close()
    monkeypatch.setenv("PEGBOX_LOCAL_DISK", "0")

    with Store.open(folder, sync_period_s=NEVER_S) as store:
        store.begin_epoch(**START)
        store.append(whole_trial(1))

    assert [path.name for path in folder.iterdir()] == [FILE_NAME]
    assert count(folder / FILE_NAME) == 8


# ----------------------------------------------------------------------------------- failures


def break_folder(folder):
    """Nothing can be written over a folder that is not empty."""
    (folder / FILE_NAME).rename(folder / "kept.sqlite")
    (folder / FILE_NAME / "in_the_way").mkdir(parents=True)


def mend_folder(folder):
    shutil.rmtree(folder / FILE_NAME)
    (folder / "kept.sqlite").rename(folder / FILE_NAME)


def test_a_failing_snapshot_is_said_once_and_tried_again(folder, caplog):
    caplog.set_level(logging.WARNING, "pegbox")
    with create(folder, period_s=0.02) as store:
        break_folder(folder)
        store.append(whole_trial(0))
        wait_until(lambda: caplog.messages)
        note = folder / "driver.json"
        seen = json.loads(note.read_text())["heartbeat"]
        wait_until(lambda: json.loads(note.read_text())["heartbeat"] > seen + 0.2)
        store.append(whole_trial(1))
        assert len(caplog.messages) == 1
        assert str(store._path) in caplog.messages[0]

        mend_folder(folder)
        wait_until(lambda: count(folder / FILE_NAME) == 8)


def test_the_last_snapshot_failing_is_an_error_that_says_where_everything_is(folder):
    store = create(folder)
    store.append(whole_trial(0))
    break_folder(folder)

    with pytest.raises(StoreError, match="the last snapshot could not be written") as error:
        store.close()

    live = find_home(folder, META.run).file
    assert str(live) in error.value.hint
    assert count(live) == 4
    mend_folder(folder)
    with Store.open(folder, sync_period_s=NEVER_S) as again:
        assert again.seq == 4
        assert not again.is_behind


def test_it_does_not_hide_what_went_wrong_before(folder, caplog):
    store = create(folder)
    store.append(whole_trial(0))

    with pytest.raises(KeyboardInterrupt), store:
        interrupted_after(break_folder, folder)

    assert "the last snapshot could not be written" in caplog.text


def test_a_folder_without_room_for_an_epoch_is_an_error_at_the_start(folder):
    with Store.create(folder, META, sync_period_s=NEVER_S) as store:
        break_folder(folder)
        with pytest.raises(StoreError, match="no snapshot could be written into"):
            store.begin_epoch(**START)
        mend_folder(folder)


# -------------------------------------------------------------------------------- taking it up


def test_on_its_machine_a_killed_driver_loses_nothing(folder):
    store = create(folder)
    store.append([Started(1.0), *whole_trial(0)])
    die(store)
    assert count(folder / FILE_NAME) == 0

    with Store.open(folder, sync_period_s=NEVER_S) as again:
        assert again.seq == 5
        assert not again.is_behind


def test_on_another_machine_the_snapshot_counts_and_is_known_to_be_behind(folder, machines):
    store = create(folder)
    store.append([Started(1.0), *whole_trial(0)])
    store._snapshots.take()
    store.append(whole_trial(1))
    die(store)
    forget_driver(folder)
    machines.go_to("b")

    again = Store.open(folder, sync_period_s=NEVER_S)
    assert again.seq == 5
    assert again.is_behind
    # Killed before it has caught up, it still has to.
    die(again)
    with Store.open(folder, sync_period_s=NEVER_S) as third:
        assert third.is_behind
        third.catch_up(whole_trial(1))
        assert not third.is_behind
    assert count(folder / FILE_NAME) == 9


def test_after_an_end_in_good_order_nothing_is_missing_anywhere(folder, machines):
    with create(folder) as store:
        store.append([*whole_trial(0), RunEnded(9.0, "interrupted")])
    machines.go_to("b")

    with Store.open(folder, sync_period_s=NEVER_S) as again:
        assert again.seq == 5
        assert not again.is_behind


def test_what_went_on_elsewhere_counts_and_what_was_only_here_does_not(folder, machines, caplog):
    store = create(folder)
    store.append([Started(1.0), *whole_trial(0), *whole_trial(1), *whole_trial(2)])
    die(store)
    forget_driver(folder)
    machines.go_to("b")
    with Store.open(folder, sync_period_s=NEVER_S) as other:
        other.begin_epoch(**{**START, "started": 2.0})
        other.append([Started(2.0)])
    machines.go_to("a")

    with Reader(folder) as reader:
        assert reader.trials() == []
    with Store.open(folder, sync_period_s=NEVER_S) as again:
        assert again.seq == 1
        assert len(again.epochs) == 2
    assert "was gone on with on another machine" in caplog.text


def test_an_older_file_is_migrated_and_kept_in_the_folder(folder):
    with create(folder) as store:
        store.append(whole_trial(0))
    with closing(sqlite3.connect(folder / FILE_NAME)) as db:
        db.execute(f"PRAGMA user_version = {VERSION - 1}")
    home = find_home(folder, META.run)

    prepare(home, {VERSION - 1: lambda db: db.execute("UPDATE trials SET attempt = 99")})

    with closing(sqlite3.connect(home.file)) as db:
        assert db.execute("SELECT attempt FROM trials").fetchall() == [(99,)]
    assert count(folder / f"experiment.v{VERSION - 1}.sqlite") == 4
    assert not home.file.with_name(f"experiment.v{VERSION - 1}.sqlite").exists()


def test_what_waits_for_the_folder_happens_with_the_snapshot_that_has_it(folder):
    happened = []
    with create(folder) as store:
        store.append(whole_trial(0))
        store.when_in_folder(lambda: happened.append(1))
        assert happened == []
        store._snapshots.take()
        assert happened == [1]
        # Nothing new since: the snapshot that is there has it.
        store.when_in_folder(lambda: happened.append(2))
        store._snapshots.take()
        assert happened == [1, 2]
        store.append(whole_trial(1))
        store.when_in_folder(lambda: happened.append(3))
    assert happened == [1, 2, 3]


def test_what_waits_for_a_snapshot_that_fails_does_not_happen(folder, monkeypatch):
    happened = []
    store = create(folder)
    store.append(whole_trial(0))
    store.when_in_folder(lambda: happened.append(1))
    monkeypatch.setattr("pegbox._store.snapshots.publish", refuse)
    with pytest.raises(StoreError):
        store.close()
    assert happened == []


def refuse(*args):
    raise OSError("no room")


# ------------------------------------------------------------------------------------- reading


def test_readers_of_this_machine_see_what_was_stored_last(folder):
    with create(folder) as store:
        store.append(whole_trial(0))
        assert events(folder) == 4
        store.append(whole_trial(1))
        assert events(folder) == 8


def test_readers_elsewhere_see_the_snapshot(folder, machines):
    with create(folder) as store:
        store.append(whole_trial(0))
        store._snapshots.take()
        store.append(whole_trial(1))
        machines.go_to("b")
        assert events(folder) == 4


# ------------------------------------------------------------------------------ second drivers


def test_a_second_driver_on_this_machine_is_refused(folder):
    with create(folder), pytest.raises(ExperimentLocked, match=f"process {os.getpid()} on host"):
        Store.open(folder)


def test_a_second_driver_elsewhere_is_refused_and_told_when_it_may_go_on(folder, machines):
    with create(folder, period_s=60.0) as store:
        machines.go_to("b")
        with pytest.raises(ExperimentLocked, match=f"process {os.getpid()} on host") as error:
            Store.open(folder)
        store.append(whole_trial(0))

    seconds = int(error.value.hint.split("wait ")[1].split(" s ")[0])
    assert 170 <= seconds <= 180
    assert str(folder / "driver.json") in error.value.hint
    with Store.open(folder) as again:
        assert again.seq == 4


def test_a_driver_that_gave_no_sign_for_three_periods_counts_as_dead(folder, machines):
    store = create(folder, period_s=60.0)
    die(store)
    machines.go_to("b")
    now = (folder / FILE_NAME).stat().st_mtime
    os.utime(folder / "driver.json", (now, now - 170))
    with pytest.raises(ExperimentLocked):
        Store.open(folder)
    os.utime(folder / "driver.json", (now, now - 190))

    Store.open(folder).close()


def test_on_its_own_machine_a_killed_driver_need_not_be_waited_for(folder):
    code = """
        import os, sys
        sys.path.insert(0, {tests!r})
        from pegbox._store import Store
        from store_facts import META, whole_trial
        store = Store.create({folder!r}, META)
        store.append(whole_trial(0))
        print("stored", flush=True)
        sys.stdin.read()
    """
    code = textwrap.dedent(code).format(tests=os.path.dirname(__file__), folder=str(folder))
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as driver:
        assert driver.stdout is not None
        assert driver.stdout.readline() == "stored\n"
        with pytest.raises(ExperimentLocked, match=f"process {driver.pid} "):
            Store.open(folder)
        driver.send_signal(signal.SIGKILL)
        driver.wait()

    with Store.open(folder) as store:
        assert store.seq == 4


def test_of_two_that_begin_at_once_one_is_refused(folder, machines):
    refused = []

    def begin():
        try:
            stores.append(Store.create(folder, META, sync_period_s=NEVER_S))
        except (ExperimentLocked, ExperimentExists) as error:
            refused.append(error)

    stores = []
    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(stores), len(refused)) == (1, 5)
    stores[0].close()


def test_of_two_machines_that_begin_at_once_one_is_refused(folder, tmp_path):
    folder.mkdir()
    locks = []
    for name in "abcdef":
        (tmp_path / name).mkdir()
        locks.append(FolderLock(Home(folder, tmp_path / name, META.run), NEVER_S))
    together = threading.Barrier(len(locks))
    refused, held = [], []

    def begin(lock):
        together.wait()
        try:
            lock.acquire()
        except ExperimentLocked:
            refused.append(lock)
        else:
            held.append(lock)

    threads = [threading.Thread(target=begin, args=(lock,)) for lock in locks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(held), len(refused)) == (1, 5)
    held[0].renew()
    held[0].release()
    assert list(folder.iterdir()) == []


def test_a_driver_that_was_taken_for_dead_stops_writing(folder, machines):
    store = create(folder, period_s=0.05)
    machines.go_to("b")
    # As a laptop that was shut: the first one gives no signs of life, and then wakes up.
    with store._snapshots._taking:
        forget_driver(folder)
        other = Store.open(folder, sync_period_s=NEVER_S)
        other.begin_epoch(**START)
        other.append(whole_trial(5))
        other._snapshots.take()
    wait_until(lambda: store._snapshots.usurped)

    with pytest.raises(ExperimentLocked, match="another driver has taken over"):
        store.append(whole_trial(0))
    with pytest.raises(ExperimentLocked, match="another driver has taken over"):
        store.close()
    assert count(folder / FILE_NAME) == 4
    other.close()
    assert [path.name for path in folder.iterdir()] == [FILE_NAME]


def test_nor_does_it_write_over_what_the_other_one_has_finished(folder, machines):
    store = create(folder)
    store.append(whole_trial(0))
    forget_driver(folder)
    machines.go_to("b")
    with Store.open(folder, sync_period_s=NEVER_S) as other:
        other.begin_epoch(**START)
        other.append([*whole_trial(5), *whole_trial(6)])

    with pytest.raises(ExperimentLocked, match="another driver has taken over"):
        store.close()

    assert [path.name for path in folder.iterdir()] == [FILE_NAME]
    assert count(folder / FILE_NAME) == 8


def test_a_note_that_somebody_removed_is_written_again(folder):
    with create(folder) as store:
        store.append(whole_trial(0))
        (folder / "driver.json").unlink()
        store._snapshots.take()

        assert (folder / "driver.json").exists()
        assert count(folder / FILE_NAME) == 4


def test_a_driver_on_the_servers_own_disk_is_not_disturbed_over_the_network(
    folder, machines, monkeypatch
):
    monkeypatch.setenv("PEGBOX_LOCAL_DISK", "1")
    with Store.create(folder, META):
        monkeypatch.setenv("PEGBOX_LOCAL_DISK", "0")
        forget_driver(folder)
        with pytest.raises(ExperimentLocked, match="which is on its local disk: process"):
            Store.open(folder)
        monkeypatch.setenv("PEGBOX_LOCAL_DISK", "1")


def test_nor_one_over_the_network_on_the_servers_own_disk(folder, machines, monkeypatch):
    with create(folder):
        monkeypatch.setenv("PEGBOX_LOCAL_DISK", "1")
        with pytest.raises(ExperimentLocked, match="another driver works on"):
            Store.open(folder)
        monkeypatch.setenv("PEGBOX_LOCAL_DISK", "0")


def test_what_dead_drivers_left_half_written_is_removed(folder, machines):
    with create(folder):
        pass
    for name in (f"{FILE_NAME}.0123.new", "driver.json.0123.new"):
        (folder / name).write_text("half")
        os.utime(folder / name, (1.0, 1.0))
    (folder / f"{FILE_NAME}.4567.new").write_text("of a moment ago")
    (folder / "mine.new").write_text("the user's")

    with Store.open(folder, sync_period_s=NEVER_S):
        names = {path.name for path in folder.iterdir()}

    assert names == {FILE_NAME, "driver.json", "mine.new", f"{FILE_NAME}.4567.new"}


# ------------------------------------------------------------------------------------- setting


@pytest.mark.parametrize("period_s", [0, -1.0, float("inf"), float("nan"), "60", True])
def test_a_period_that_cannot_be_is_refused(period_s):
    with pytest.raises(
        ConfigError, match=r"RunConfig\(sync_period_s=...\) must be a number above 0"
    ):
        RunConfig(sync_period_s=period_s)


def test_a_restore_keeps_the_period(tmp_path, machines):
    def train(config):
        # Only what a driver that works now says of itself tells which period it keeps to.
        notes.append(json.loads((tmp_path / "exp" / "driver.json").read_text()))

    notes = []
    run = RunConfig(name="exp", storage_path=str(tmp_path), sync_period_s=7, verbose=0)
    Tuner(train, run_config=run, executor="inline").fit()
    more = TuneConfig(num_samples=2)
    Tuner.restore(tmp_path / "exp", train, tune_config=more, executor="inline").fit()

    assert [(note["epoch"], note["sync_period_s"]) for note in notes] == [(1, 7), (2, 7)]
