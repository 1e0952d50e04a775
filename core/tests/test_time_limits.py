"""Trials that hang, on real workers: they are ended by force, and nobody else is disturbed."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import sqlite3
import subprocess
import sys
import threading
import time

import cloudpickle
import clusters
import pytest
from clusters import PATIENCE_S, lone_worker, scheduler_without_pegbox, wait_until
from distributed import Client, LocalCluster
from pegbox import (
    ResumeConfig,
    RunConfig,
    TuneConfig,
    Tuner,
    get_context,
    grid_search,
    report,
    with_resources,
)
from pegbox._engine import time_limits
from pegbox.executors.dask.executor import DaskExecutor
from pegbox.executors.dask.given.force import listens_here
from pegbox.stoppers import Stopper

LIMIT_S = 1000.0


@pytest.fixture(autouse=True)
def quick_time(monkeypatch, tmp_path):
    """The driver's clock jumps: when the first trial hangs, and again when the third one runs.

    So the first is past its limit, and nobody else, however slow the machine is.
    """
    clock = DaskExecutor.clock
    jumps = {"hangs": 600.0, "alone": 500.0}

    def ahead(executor):
        gone = [seconds for name, seconds in jumps.items() if (tmp_path / name).exists()]
        return clock(executor) + sum(gone)

    monkeypatch.setattr(DaskExecutor, "clock", ahead)


@pytest.fixture(scope="module", autouse=True)
def trials_bring_their_helpers():
    """Workers cannot import the modules of tests."""
    modules = [sys.modules[__name__], clusters]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    yield
    for module in modules:
        cloudpickle.unregister_pickle_by_value(module)


@pytest.fixture(autouse=True)
def short_overtime(monkeypatch):
    monkeypatch.setattr(time_limits, "OVERTIME_S", 0.5)


@pytest.fixture(scope="module")
def nannied():
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with LocalCluster(**options) as cluster, Client(cluster, set_as_default=False) as client:
        yield client
        wait_until(lambda: len(client.nthreads()) == 2)


@pytest.fixture
def one_of_two_threads():
    options = {"n_workers": 1, "threads_per_worker": 2, "dashboard_address": ":0"}
    with LocalCluster(**options) as cluster, Client(cluster, set_as_default=False) as client:
        yield client


@pytest.fixture
def no_nanny():
    with (
        scheduler_without_pegbox() as address,
        lone_worker(address, "a") as process,
        lone_worker(address, "b"),
        Client(address, set_as_default=False) as client,
    ):
        client.wait_for_workers(2, PATIENCE_S)
        yield client, process


def hang():
    """In C code, with the interpreter's lock: nothing else in the process goes on."""
    ctypes.PyDLL(None).sleep(600)


class Tells(logging.Handler):
    """Makes a file once it is said that a worker cannot be ended."""

    def __init__(self, path):
        super().__init__()
        self.path = path

    def emit(self, record):
        if "cannot be ended" in record.getMessage():
            self.path.touch()


def is_alive(pid):
    """Whether a process works; a zombie does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def hanging(folder, *, mended=lambda: False, hang=hang):
    """The first trial hangs, with a child process; the second ends then, the third outlives it."""

    def train(config):
        if config["x"] == 0:
            report({"loss": 1.0})
            if mended():
                return
            child = subprocess.Popen(["sleep", "600"])
            (folder / "new").write_text(f"{os.getpid()} {child.pid}")
            os.replace(folder / "new", folder / "hangs")
            hang()
        wait_until((folder / "hangs").exists)
        if config["x"] == 2:
            (folder / "alone").touch()
            hung = int((folder / "hangs").read_text().split()[0])
            wait_until(lambda: report({"loss": 0.5}) or not is_alive(hung))
        report({"loss": 0.1})

    return train


def make_tuner(train, folder, client=None, *, limit_s=LIMIT_S, trials=3, stop=None, **tune):
    return Tuner(
        train,
        param_space={"x": grid_search(list(range(trials)))},
        tune_config=TuneConfig(metric="loss", mode="min", **tune),
        run_config=RunConfig(
            name="run",
            storage_path=str(folder),
            verbose=0,
            stop=stop,
            trial_time_limit_s=limit_s,
        ),
        client=client,
    )


def begun(folder):
    """The tries of an experiment, and the workers that left meanwhile."""
    sql = "SELECT kind, attempt FROM events WHERE kind IN ('Launched', 'WorkerLeft')"
    with contextlib.closing(sqlite3.connect(folder / "experiment.sqlite")) as db:
        return db.execute(sql).fetchall()


def check_that_the_first_alone_timed_out(results, folder):
    first, *others = sorted(results, key=lambda result: result.config["x"])
    assert first.error.cause == "timeout"
    assert str(first.error) == f"it ran longer than its limit of {LIMIT_S:g} s"
    assert first.metrics["training_iteration"] == 1
    assert [other.error for other in others] == [None] * len(others)
    assert {other.metrics["loss"] for other in others} == {0.1}
    for pid in map(int, (folder / "hangs").read_text().split()):
        wait_until(lambda pid=pid: not is_alive(pid))


@pytest.mark.parametrize("where", ["embedded", "nannied"])
def test_a_trial_that_hangs_in_c_code_is_ended_by_force(where, request, tmp_path):
    client = None if where == "embedded" else request.getfixturevalue(where)
    results = make_tuner(hanging(tmp_path), tmp_path, client).fit()
    check_that_the_first_alone_timed_out(results, tmp_path)

    mended = Tuner.restore(
        tmp_path / "run",
        hanging(tmp_path, mended=lambda: True),
        resume_config=ResumeConfig(errored="resume"),
        run_config=RunConfig(trial_time_limit_s=2 * LIMIT_S),
        client=client,
    )
    again = mended.fit()
    assert [result.status.value for result in again] == ["TERMINATED"] * 3


def test_a_worker_without_a_nanny_is_killed_where_it_is_on_this_machine(no_nanny, tmp_path):
    client, process = no_nanny
    results = make_tuner(hanging(tmp_path), tmp_path, client).fit()
    check_that_the_first_alone_timed_out(results, tmp_path)
    hung = int((tmp_path / "hangs").read_text().split()[0])
    assert (process.poll() is not None) == (process.pid == hung)
    assert len(client.nthreads()) == 1


def test_a_thread_of_the_drivers_process_cannot_be_ended_and_that_is_said(tmp_path, caplog):
    caplog.set_level(logging.WARNING, "pegbox")
    told = tmp_path / "told"
    handler = Tells(told)
    logging.getLogger("pegbox").addHandler(handler)

    def train(config):
        wait_until(told.exists)
        return {"loss": 1.0}

    options = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": ":0"}
    with (
        LocalCluster(processes=False, **options) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        results = make_tuner(train, tmp_path, client, limit_s=0.2, trials=1).fit()
    logging.getLogger("pegbox").removeHandler(handler)
    assert [result.error for result in results] == [None]
    said = [record.getMessage() for record in caplog.records if "cannot be" in record.message]
    assert len(said) == 1
    assert said[0].endswith("cannot be ended by force: it is a thread of this very process")


def test_a_neighbour_in_the_same_process_is_tried_again_at_no_charge(one_of_two_threads, tmp_path):
    def train(config):
        if config["x"] == 0:
            (tmp_path / "hangs").touch()
            threading.Event().wait()  # the other thread goes on
        wait_until((tmp_path / "hangs").exists)
        if config["x"] == 2 and not (tmp_path / "alone").exists():
            (tmp_path / "alone").touch()
            threading.Event().wait()
        return {"loss": 0.1}

    results = make_tuner(train, tmp_path, one_of_two_threads).fit()
    causes = [result.error and result.error.cause for result in results]
    assert causes == ["timeout", None, None]
    assert begun(tmp_path / "run") == [("Launched", 1)] * 3 + [
        ("WorkerLeft", None),
        ("Launched", 2),
    ]


@pytest.mark.parametrize("where", ["embedded", "given"])
def test_a_process_of_the_slots_own_is_ended_alone(where, request, tmp_path):
    client = request.getfixturevalue("one_of_two_threads") if where == "given" else None
    train = hanging(tmp_path)
    if where == "embedded":
        train = with_resources(train, {"cpu": 0.5})
    options = {"chdir_to_trial_dir": True, "max_concurrent_trials": 2}
    results = make_tuner(train, tmp_path, client, **options).fit()
    check_that_the_first_alone_timed_out(results, tmp_path)
    # Nobody else had to begin again.
    assert begun(tmp_path / "run") == [("Launched", 1)] * 3


@pytest.mark.parametrize("where", ["embedded", "nannied"])
def test_a_trial_that_hangs_while_it_ends_was_stopped(where, request, tmp_path, monkeypatch):
    monkeypatch.setenv("PEGBOX_FORCE_TRIAL_CLEANUP_S", "0.5")
    client = None if where == "embedded" else request.getfixturevalue(where)

    def train(config):
        (tmp_path / "pid").write_text(str(os.getpid()))
        try:
            while True:
                report({"loss": 1.0})
        finally:
            hang()

    results = Tuner(
        train,
        tune_config=TuneConfig(metric="loss", mode="min"),
        run_config=RunConfig(
            name="run", storage_path=str(tmp_path), verbose=0, stop={"training_iteration": 3}
        ),
        client=client,
    ).fit()
    assert [(result.status.value, result.error) for result in results] == [("TERMINATED", None)]
    assert results[0].metrics["training_iteration"] == 3
    wait_until(lambda: not is_alive(int((tmp_path / "pid").read_text())))


def test_what_hangs_at_the_end_of_a_run_leaves_no_process_on_a_given_cluster(
    nannied, tmp_path, monkeypatch
):
    monkeypatch.setenv("PEGBOX_FORCE_TRIAL_CLEANUP_S", "0.5")

    def train(config):
        report({"loss": 1.0})
        (tmp_path / f"{config['x']}").write_text(str(os.getpid()))
        hang()

    class OnceBothHang(Stopper):
        def __call__(self, trial_id, result):
            return False

        def stop_all(self):
            return all((tmp_path / name).exists() for name in "01")

    results = make_tuner(train, tmp_path, nannied, trials=2, stop=OnceBothHang()).fit()
    assert {result.status.value for result in results} == {"TERMINATED"}
    for name in "01":
        pid = int((tmp_path / name).read_text())
        wait_until(lambda pid=pid: not is_alive(pid))


def test_inline_a_trial_past_its_limit_ends_at_its_next_report_as_is_said(tmp_path, caplog):
    caplog.set_level(logging.WARNING, "pegbox")

    def train(config):
        began = time.monotonic()
        while time.monotonic() < began + PATIENCE_S:
            report({"loss": get_context().get_trial_id() is None})

    results = Tuner(
        train,
        tune_config=TuneConfig(metric="loss", mode="min"),
        run_config=RunConfig(
            name="run", storage_path=str(tmp_path), verbose=0, trial_time_limit_s=0.2
        ),
        executor="inline",
    ).fit()
    assert [result.error.cause for result in results] == ["timeout"]
    assert "nothing ends one that does not report" in caplog.text


def test_only_the_process_that_listens_at_an_address_is_taken_for_its_worker(nannied):
    for address in nannied.nthreads():
        pid = nannied.run(os.getpid, workers=[address])[address]
        assert listens_here(pid, address)
        assert not listens_here(os.getpid(), address)
        assert not listens_here(2**22 + 1, address)
        assert not listens_here(pid, address.replace("127.0.0.1", "203.0.113.1"))
