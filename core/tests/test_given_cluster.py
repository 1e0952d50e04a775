"""Whole runs on clusters that pegbox did not start: the same results, and nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import tempfile
import threading
import time
from pathlib import Path

import pegbox
import pytest
from clusters import (
    PATIENCE_S,
    first_line,
    lone_worker,
    run_python,
    scheduler_without_pegbox,
    tasks_on,
    wait_until,
)
from distributed import Client, LocalCluster
from distributed.comm import get_address_host
from pegbox import RunConfig, TuneConfig, Tuner, grid_search
from pegbox.errors import ConfigError, RunError
from pegbox.executors.dask.given.cluster import judge_exit
from pegbox.executors.dask.shipped.mailbox import CLIENT_GRACE_S, PLUGIN_NAME

LOSS = {"metric": "loss", "mode": "min"}
QUIET = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}


@pytest.fixture(scope="module")
def nannied():
    """A cluster with nannies, as most have; the default client of this script."""
    with LocalCluster(**QUIET) as cluster, Client(cluster, set_as_default=False) as client:
        yield client


@pytest.fixture(scope="module")
def remote():
    """A scheduler in a process without pegbox, and two workers that no nanny watches."""
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(scheduler_without_pegbox())
        for name in ("a", "b"):
            stack.enter_context(lone_worker(address, name))
        yield stack.enter_context(Client(address, set_as_default=False))


@pytest.fixture(params=["nannied", "remote"])
def client(request):
    client = request.getfixturevalue(request.param)
    client.wait_for_workers(2, PATIENCE_S)
    return client


@pytest.fixture
def two_workers(nannied):
    """The nannied cluster, whole again after whatever a test did to it."""
    wait_until(lambda: len(nannied.nthreads()) == 2)
    yield nannied
    wait_until(lambda: len(nannied.nthreads()) == 2)


def make_tuner(train, folder, client, space=None, *, name="run", **tune):
    return Tuner(
        train,
        param_space=space or {"x": grid_search([1.0, 2.0, 3.0, 4.0])},
        tune_config=TuneConfig(**LOSS, **tune),
        run_config=RunConfig(name=name, storage_path=str(folder), verbose=0),
        client=client,
    )


def left_behind(client):
    """Tasks and runs that a cluster still knows of."""
    runs = client.run_on_scheduler(
        lambda dask_scheduler: list(dask_scheduler.plugins[PLUGIN_NAME].runs)
    )
    return tasks_on(client) + runs


def stepping(folder):
    """Eight steps with a checkpoint each; the best configuration fails until it is mended."""
    mended = folder / "mended"

    def train(config):
        start = 0
        if checkpoint := pegbox.get_checkpoint():
            with checkpoint.as_directory() as saved:
                start = int((Path(saved) / "step").read_text())
        for step in range(start + 1, 9):
            if config["x"] == 1.0 and step == 4 and not mended.exists():
                raise ArithmeticError("not yet")
            with tempfile.TemporaryDirectory() as made:
                (Path(made) / "step").write_text(str(step))
                pegbox.report(
                    {"loss": config["x"] / step, "started_at": start},
                    checkpoint=pegbox.Checkpoint.from_directory(made),
                )

    return train, mended


def quick():
    def train(config):
        for _ in range(3):
            pegbox.report({"loss": config["x"]})

    return train


# The same as anywhere


def test_a_whole_job_and_its_restore(client, tmp_path):
    train, mended = stepping(tmp_path)
    grid = make_tuner(train, tmp_path, client, scheduler=("asha", {"max_t": 8})).fit()
    assert (len(grid), grid.num_errors, grid.num_terminated) == (4, 1, 3)
    (failed,) = [result for result in grid if result.error]
    assert failed.config["x"] == 1.0
    assert failed.metrics["training_iteration"] == 3
    assert "ArithmeticError: not yet" in failed.error.traceback
    assert client.status == "running"
    wait_until(lambda: left_behind(client) == [])

    mended.touch()
    again = Tuner.restore(tmp_path / "run", train, resume_errored=True, client=client).fit()
    best = again.get_best_result()
    assert again.num_errors == 0
    assert best.metrics["loss"] == 1.0 / 8
    assert best.metrics["started_at"] == 3
    with best.checkpoint.as_directory() as saved:
        assert (Path(saved) / "step").read_text() == "8"
    wait_until(lambda: left_behind(client) == [])


def test_the_scripts_default_client_is_used(two_workers, tmp_path):
    def where(config):
        from distributed import get_worker

        return {"loss": config["x"], "address": get_worker().address}

    with two_workers.as_current():
        grid = make_tuner(where, tmp_path, None).fit()
    assert {result.metrics["address"] for result in grid} <= set(two_workers.nthreads())


def test_trials_do_not_queue_behind_a_busy_one(client, tmp_path):
    def train(config):
        if config["x"] == 1.0:
            while len(list(tmp_path.glob("done-*"))) < 3:
                time.sleep(0.01)
        (tmp_path / f"done-{config['x']}").touch()
        return {"loss": config["x"]}

    assert make_tuner(train, tmp_path, client).fit().num_terminated == 4


@pytest.mark.parametrize("asynchronous", [True, False])
def test_a_client_that_cannot_be_used_is_refused_before_anything_is_made(
    remote, tmp_path, asynchronous
):
    async def connect():
        async with Client(remote.scheduler.address, asynchronous=True) as client:
            with pytest.raises(ConfigError, match="asynchronous"):
                make_tuner(quick(), tmp_path, client)

    if asynchronous:
        asyncio.run(connect())
    else:
        with Client(remote.scheduler.address, set_as_default=False) as closed:
            pass
        with pytest.raises(ConfigError, match="'closed'"):
            make_tuner(quick(), tmp_path, closed)
    assert list(tmp_path.iterdir()) == []


def test_a_default_client_that_cannot_be_used_is_refused_too(remote, tmp_path):
    async def cell_of_a_notebook():
        address = remote.scheduler.address
        async with Client(address, asynchronous=True, set_as_default=True):
            with pytest.raises(ConfigError, match="asynchronous"):
                make_tuner(quick(), tmp_path, None).fit()

    asyncio.run(cell_of_a_notebook())
    assert list(tmp_path.iterdir()) == []


def test_an_address_is_no_client(tmp_path):
    with pytest.raises(ConfigError, match=r"got str\n.*Client\(address\)"):
        make_tuner(quick(), tmp_path, "tcp://127.0.0.1:8786")


# Threads


def test_trials_that_share_a_process_are_spoken_of_once(tmp_path, caplog):
    options = {**QUIET, "n_workers": 1, "threads_per_worker": 4, "processes": False}
    with (
        LocalCluster(**options) as cluster,
        Client(cluster, set_as_default=False) as client,
        caplog.at_level(logging.WARNING, "pegbox"),
    ):
        (worker,) = client.nthreads()
        space = {"x": grid_search([float(x) for x in range(12)])}
        grid = make_tuner(quick(), tmp_path, client, space).fit()
    assert grid.num_terminated == 12
    assert {result.metrics["node_ip"] for result in grid} == {get_address_host(worker)}
    said = [record.getMessage() for record in caplog.records if "share" in record.getMessage()]
    assert len(said) == 1
    assert worker in said[0]
    assert "threads_per_worker=1" in said[0]


def test_nothing_is_said_of_fractions_of_a_core(remote, tmp_path, caplog):
    train = pegbox.with_resources(quick(), {"cpu": 0.5})
    with caplog.at_level(logging.WARNING, "pegbox"):
        assert make_tuner(train, tmp_path, remote).fit().num_terminated == 4
    assert [record.getMessage() for record in caplog.records] == []


# Resources


def test_a_resource_of_the_worker_bounds_the_trials_that_ask_for_it(tmp_path):
    def train(config):
        (tmp_path / f"in-{config['x']}").touch()
        together = len(list(tmp_path.glob("in-*")))
        pegbox.report({"loss": config["x"], "together": together})
        (tmp_path / f"in-{config['x']}").unlink()

    options = {**QUIET, "n_workers": 1, "threads_per_worker": 4, "processes": False}
    with (
        LocalCluster(**options, resources={"hdd": 1}) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        space = {"x": grid_search([float(x) for x in range(8)])}
        asking = pegbox.with_resources(train, {"cpu": 1, "hdd": 1})
        grid = make_tuner(asking, tmp_path, client, space).fit()
    assert [result.metrics["together"] for result in grid] == [1] * 8


# Workers that come, go, and do not fit


def test_a_worker_that_comes_later_is_used(remote, tmp_path):
    def train(config):
        from distributed import get_worker

        while get_worker().name != "late" and not (tmp_path / "seen").exists():
            time.sleep(0.01)
        (tmp_path / "seen").touch()
        return {"loss": config["x"]}

    tuner = make_tuner(train, tmp_path, remote)
    with running(tuner) as run:
        wait_until(lambda: len(tasks_on(remote)) == 2)
        with lone_worker(remote.scheduler.address, "late"):
            assert run.grid().num_terminated == 4


def test_a_retired_worker_loses_its_trials_to_another(remote, tmp_path):
    def train(config):
        from distributed import get_worker

        for _ in range(3):
            pegbox.report({"loss": config["x"], "name": str(get_worker().name)})
            if get_worker().name == "leaving":
                (tmp_path / "there").touch()
            while get_worker().name == "leaving":
                pegbox.report({"loss": 9.0, "name": "leaving"})

    space = {"x": grid_search([float(x) for x in range(6)])}
    with (
        lone_worker(remote.scheduler.address, "leaving"),
        running(make_tuner(train, tmp_path, remote, space)) as run,
    ):
        wait_until((tmp_path / "there").exists)
        remote.retire_workers(names=["leaving"])
        grid = run.grid()
    assert grid.num_terminated == 6
    assert {result.metrics["name"] for result in grid} <= {"a", "b"}


def test_a_worker_without_pegbox_is_refused_by_name(tmp_path):
    with (
        scheduler_without_pegbox() as address,
        lone_worker(address, "bare", pegbox=False),
        Client(address, set_as_default=False) as client,
    ):
        (worker,) = client.nthreads()
        with pytest.raises(RunError, match="No module named 'pegbox'") as refused:
            make_tuner(quick(), tmp_path, client).fit()
        assert worker in str(refused.value)
        assert f"pegbox=={pegbox_version()}" in str(refused.value)


def pegbox_version():
    from importlib.metadata import version

    return version("pegbox")


class running:
    """A tuner's fit in a thread."""

    def __init__(self, tuner):
        self._tuner = tuner
        self._outcome = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        try:
            self._outcome = self._tuner.fit()
        except BaseException as error:
            self._outcome = error

    def grid(self):
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive(), "the run does not end"
        if isinstance(self._outcome, BaseException):
            raise self._outcome
        return self._outcome

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, error, traceback):
        if error is None:
            self.grid()


# How workers end


@pytest.mark.parametrize(
    ("news", "fault", "words"),
    [
        ((3, False, 0), True, "exit code 3"),
        ((-signal.SIGSEGV, False, 0), True, "SIGSEGV"),
        ((-signal.SIGABRT, False, 0), True, "SIGABRT"),
        ((-signal.SIGKILL, False, 0), False, "SIGKILL from outside"),
        ((-signal.SIGTERM, False, 0), False, "SIGTERM from outside"),
        ((-signal.SIGKILL, False, 1), True, "out of memory"),
        ((-signal.SIGTERM, True, 0), True, "more memory"),
        ((0, False, 0), False, "good order"),
        ((255, False, 0), False, "could not see"),
    ],
)
def test_what_a_nanny_reports_is_judged(news, fault, words):
    cause = judge_exit(*news)
    assert cause.fault is fault
    assert words in cause.message


def dying(folder):
    """Dies of what its configuration says, the first time."""

    def train(config):
        for step in range(4):
            pegbox.report({"loss": 1.0})
            died = folder / f"died-{config['of']}"
            if step == 1 and config["of"] and not died.exists():
                died.touch()
                if config["of"] == "exit":
                    os._exit(3)
                os.kill(os.getpid(), config["of"])

    return train


@pytest.mark.slow
def test_the_cause_of_a_workers_death_is_its_nannys_word(two_workers, tmp_path):
    space = {"of": grid_search([0, "exit", 0, int(signal.SIGABRT), int(signal.SIGKILL), 0])}
    grid = make_tuner(dying(tmp_path), tmp_path, two_workers, space).fit()
    causes = {result.config["of"]: result.error and result.error.cause for result in grid}
    assert causes == {0: None, "exit": "crash", signal.SIGABRT: "crash", signal.SIGKILL: None}
    messages = " ".join(error.message for error in grid.errors)
    assert "exit code 3" in messages
    assert "SIGABRT" in messages
    assert grid.num_terminated == 4
    # SIGKILL came from outside, as far as anybody can tell: the trial went on elsewhere.
    (killed,) = [result for result in grid if result.config["of"] == signal.SIGKILL]
    assert killed.metrics["training_iteration"] >= 4


def test_without_a_nanny_a_dead_worker_is_lost(remote, tmp_path):
    def train(config):
        from distributed import get_worker

        for _ in range(3):
            pegbox.report({"loss": config["x"]})
            if get_worker().name == "doomed":
                os._exit(3)

    space = {"x": grid_search([float(x) for x in range(6)])}
    with lone_worker(remote.scheduler.address, "doomed") as process:
        grid = make_tuner(train, tmp_path, remote, space).fit()
        assert process.wait(PATIENCE_S) == 3
    assert (grid.num_terminated, grid.num_errors) == (6, 0)


@pytest.mark.slow
def test_a_worker_that_comes_back_under_its_address_is_used_again(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {**QUIET, "n_workers": 1, "worker_port": port}
    space = {"of": grid_search([0, "exit", 0])}
    with LocalCluster(**options) as cluster, Client(cluster, set_as_default=False) as client:
        (before,) = client.nthreads()
        grid = make_tuner(dying(tmp_path), tmp_path, client, space).fit()
        assert list(client.nthreads()) == [before]
    assert [result.error and result.error.cause for result in grid] == [None, "crash", None]


@pytest.mark.slow
def test_a_worker_that_its_nanny_kills_for_memory_is_the_trials_fault(tmp_path):
    def train(config):
        pegbox.report({"loss": 1.0})
        hoard = []
        while config["greedy"]:
            hoard.append(bytearray(2**20) * 16)
            time.sleep(0.01)

    options = {**QUIET, "n_workers": 1, "memory_limit": "400MB"}
    space = {"greedy": grid_search([False, True, False])}
    with LocalCluster(**options) as cluster, Client(cluster, set_as_default=False) as client:
        grid = make_tuner(train, tmp_path, client, space).fit()
    assert [result.error and result.error.cause for result in grid] == [None, "crash", None]
    assert "more memory than the worker may" in grid[1].error.message


# Two drivers on one cluster

DRIVER = """
import sys, pegbox, time
from distributed import Client
address, folder, name = sys.argv[1:]
def train(config):
    steps = 0
    while steps < 40 or name == "doomed":
        steps += 1
        pegbox.report({"loss": config["x"]})
        time.sleep(0.02)
with Client(address, set_as_default=False) as client:
    tuner = pegbox.Tuner(
        train,
        param_space={"x": pegbox.grid_search([1.0, 2.0, 3.0, 4.0])},
        tune_config=pegbox.TuneConfig(metric="loss", mode="min", max_concurrent_trials=1),
        run_config=pegbox.RunConfig(name=name, storage_path=folder, verbose=0),
        client=client,
    )
    print("begins", flush=True)
    print(tuner.fit().num_terminated, flush=True)
"""


def test_two_drivers_at_once_do_not_disturb_each_other(client, tmp_path):
    train, mended = stepping(tmp_path)
    mended.touch()
    with contextlib.ExitStack() as stack:
        runs = [
            stack.enter_context(running(make_tuner(train, tmp_path, client, name=name)))
            for name in ("one", "other")
        ]
        grids = [run.grid() for run in runs]
    for grid in grids:
        assert (grid.num_terminated, grid.num_errors) == (4, 0)
        assert {result.metrics["training_iteration"] for result in grid} == {8}
        assert grid.get_best_result().metrics["loss"] == 1.0 / 8
    wait_until(lambda: left_behind(client) == [])


@pytest.mark.slow
def test_a_driver_that_is_killed_disturbs_nobody_and_its_slots_end(remote, tmp_path):
    wait_until(lambda: slots_on(remote) == 0)
    arguments = (remote.scheduler.address, str(tmp_path))
    with (
        run_python(DRIVER, *arguments, "doomed") as doomed,
        run_python(DRIVER, *arguments, "spared") as spared,
    ):
        first_line(doomed), first_line(spared)
        wait_until(lambda: len(tasks_on(remote)) == slots_on(remote) == 2)
        doomed.kill()
        killed_at = time.monotonic()
        assert first_line(spared) == "4"
        wait_until(lambda: left_behind(remote) == [] and slots_on(remote) == 0)
        assert time.monotonic() - killed_at < CLIENT_GRACE_S + 15
    assert len(pegbox.ResultGrid(tmp_path / "doomed")) >= 1
    assert pegbox.ResultGrid(tmp_path / "spared").num_terminated == 4


def slots_on(client):
    """How many slots run on the workers, whoever asked for them."""
    import sys

    def slots():
        found = 0
        for frame in sys._current_frames().values():
            while frame is not None:
                found += frame.f_code.co_name == "run_slot"
                frame = frame.f_back
        return found

    return sum(client.run(slots).values())
