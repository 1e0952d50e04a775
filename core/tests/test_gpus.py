"""Trials on GPUs, on workers of ours and on given ones: each sees its own devices and no others.

There need be no GPU here: the counts are made up, and what is looked at is what a trial would see.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import math
import os
import signal
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pegbox
import psutil
import pytest
from clusters import PATIENCE_S, lone_worker, wait_until
from distributed import Client, LocalCluster
from pegbox import FailureConfig, RunConfig, TuneConfig, Tuner, grid_search
from pegbox._engine import time_limits
from pegbox.errors import RunError

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("PEGBOX_FAULT_KILLS", "2"))
AT_IMPORT = """
import os
SEEN = os.environ.get("CUDA_VISIBLE_DEVICES")
THREADS = os.environ.get("OMP_NUM_THREADS")
def train(config):
    import pegbox
    ids = list(pegbox.get_context().gpu_ids)
    seen = {"seen": SEEN, "threads": THREADS, "ids": ids, "process": os.getpid()}
    pegbox.report({"loss": config["x"], **seen})
    if "overlap" in config:
        config["overlap"](config)
"""


@pytest.fixture
def trainable(tmp_path, monkeypatch):
    """A function of a module that looks at its environment when it is imported."""
    (tmp_path / "looks_when_imported.py").write_text(AT_IMPORT)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    import looks_when_imported

    yield looks_when_imported.train
    del sys.modules["looks_when_imported"]


def make_tuner(trainable, folder, resources, client=None, *, n=6, run=None, **tune):
    return Tuner(
        pegbox.with_resources(trainable, resources),
        param_space={"x": grid_search([float(x) for x in range(n)]), **tune.pop("space", {})},
        tune_config=TuneConfig(metric="loss", mode="min", **tune),
        run_config=RunConfig(name="run", storage_path=str(folder), verbose=0, **(run or {})),
        client=client,
    )


def seen(grid):
    """What each trial saw, in the order of their parameter."""
    assert grid.num_errors == 0, grid.errors
    return [result.metrics for result in sorted(grid, key=lambda one: one.config["x"])]


@pytest.fixture(scope="module")
def scheduler():
    """The address of one without any workers."""
    with LocalCluster(n_workers=0, dashboard_address=":0") as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def given(scheduler, trainable, tmp_path):
    """Starts workers; a client to them."""
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(Client(scheduler, set_as_default=False))

        def start(*workers):
            for gpus, visible, options in workers:
                environment = {"CUDA_VISIBLE_DEVICES": visible, "TMPDIR": str(tmp_path)}
                options = {"resources": {"GPU": gpus} if gpus else {}, **options}
                worker = lone_worker(
                    scheduler, f"w-{uuid.uuid4()}", environment=environment, **options
                )
                stack.enter_context(worker)
            wait_until(lambda: len(client.scheduler_info()["workers"]) >= len(workers))
            return client

        yield start


# Workers of our own


@pytest.mark.parametrize(
    ("resources", "ids"),
    [({"cpu": 0.5, "gpu": 0.5}, [[0], [1]]), ({"gpu": 1}, [[0], [1]]), ({"gpu": 2}, [[0, 1]])],
)
def test_our_workers_see_their_devices_before_anything_is_imported(
    trainable, tmp_path, monkeypatch, resources, ids
):
    monkeypatch.setenv("PEGBOX_GPUS", "2")
    trials = seen(make_tuner(trainable, tmp_path, resources).fit())
    assert {tuple(one["ids"]) for one in trials} <= {tuple(some) for some in ids}
    assert all(one["seen"] == ",".join(map(str, one["ids"])) for one in trials)


def test_a_trial_that_asks_for_no_device_sees_none_and_that_is_said(
    trainable, tmp_path, monkeypatch, caplog
):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-a,GPU-b")
    with caplog.at_level(logging.WARNING, "pegbox"):
        trials = seen(make_tuner(trainable, tmp_path, {"cpu": 1}, n=2).fit())
    assert [(one["seen"], one["ids"]) for one in trials] == [("", []), ("", [])]
    messages = [record.getMessage() for record in caplog.records]
    (said,) = [text for text in messages if "no trial asks for one" in text]
    assert said.startswith("this machine has 2 GPUs")
    assert 'pegbox.with_resources(trainable, {"cpu": 1, "gpu": 1})' in said


def test_where_requests_differ_each_trial_has_a_process_with_its_own_devices(
    trainable, tmp_path, monkeypatch
):
    def ask(config):
        return {"cpu": 1 + config["x"] % 2, "gpu": [0, 0.5, 1, 2, 0.25, 2][int(config["x"])]}

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-a,7")
    trials = seen(make_tuner(trainable, tmp_path, ask).fit())
    both = ["GPU-a", 7]
    assert [one["ids"] for one in (trials[0], trials[3], trials[5])] == [[], both, both]
    assert all(len(one["ids"]) == 1 for one in (trials[1], trials[2], trials[4]))
    assert all(one["seen"] == ",".join(map(str, one["ids"])) for one in trials)
    assert [one["threads"] for one in trials] == ["1", "2"] * 3


# Given workers


def test_a_given_worker_of_two_devices_runs_trials_of_one(given, trainable, tmp_path):
    client = given((2, "4,GPU-b", {"nthreads": 4}))
    workers = set(client.run(os.getpid).values())
    trials = seen(make_tuner(trainable, tmp_path, {"cpu": 2, "gpu": 1}, client).fit())
    assert {one["seen"] for one in trials} <= {"4", "GPU-b"}
    assert all(one["seen"] == str(*one["ids"]) for one in trials)
    assert not workers & {one["process"] for one in trials}
    assert {one["threads"] for one in trials} == {"2"}
    # Whoever asks for all that the worker sees needs no process.
    trials = seen(make_tuner(trainable, tmp_path / "all", {"gpu": 2}, client, n=2).fit())
    assert [(one["ids"], one["process"]) for one in trials] == [([4, "GPU-b"], *workers)] * 2


def test_workers_that_see_the_same_devices_do_not_take_the_same(given, trainable, tmp_path):
    client = given((1, "0,1", {}), (1, "0,1", {}))

    def meet(config):
        (tmp_path / f"began-{config['x']}").touch()
        while len(list(tmp_path.glob("began-*"))) < 2:
            time.sleep(0.01)

    space = {"overlap": meet}
    trials = seen(make_tuner(trainable, tmp_path, {"gpu": 1}, client, n=2, space=space).fit())
    assert sorted(one["seen"] for one in trials) == ["0", "1"]


def test_a_killed_worker_leaves_its_device_to_the_one_that_replaces_it(given, tmp_path):
    def train(config):
        context = pegbox.get_context()
        began = tmp_path / f"began-{config['x']:.0f}-{context.attempt}"
        pegbox.report({"loss": config["x"]})
        began.with_suffix(".part").write_text(f"{os.getpid()} {os.environ['CUDA_VISIBLE_DEVICES']}")
        began.with_suffix(".part").rename(began)
        while not (tmp_path / "over").exists():
            time.sleep(0.01)

    def began(trial, attempt):
        path = tmp_path / f"began-{trial}-{attempt}"
        pid, device = wait_until(lambda: path.exists() and path.read_text().split())
        return psutil.Process(int(pid)).parent(), device

    client = given((1, "0,1", {}), (1, "0,1", {}))
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(make_tuner(train, tmp_path, {"gpu": 1}, client, n=2).fit)
        devices = [began(trial, 1)[1] for trial in (0, 1)]
        assert sorted(devices) == ["0", "1"]
        for attempt in range(1, KILLS + 1):
            worker, _ = began(1, attempt)
            worker.kill()
            given((1, "0,1", {}))
            assert began(1, attempt + 1)[1] == devices[1]
        (tmp_path / "over").touch()
    assert run.result().num_errors == 0


def test_trials_without_devices_see_what_a_given_worker_sees_where_none_asks(
    given, trainable, tmp_path
):
    client = given((0, "0,1", {}))
    (trial,) = seen(make_tuner(trainable, tmp_path, {"cpu": 1}, client, n=1).fit())
    assert (trial["seen"], trial["ids"]) == ("0,1", [])


def test_where_others_ask_a_trial_without_devices_sees_none(given, trainable, tmp_path):
    client = given((2, "0,1", {"nthreads": 2}))

    def ask(config):
        return {"cpu": 1, "gpu": config["x"] % 2}

    trials = seen(make_tuner(trainable, tmp_path, ask, client, n=4).fit())
    assert [bool(one["seen"]) for one in trials] == [False, True] * 2


# The process of a slot


@pytest.fixture
def two_devices(given):
    return given((2, "0,1", {"nthreads": 2}))


def test_a_trial_that_crashes_its_process_fails_alone(two_devices, tmp_path, capfd):
    def train(config):
        while config["x"] == 0 and not (tmp_path / "crashed").exists():
            time.sleep(0.01)
        if config["x"] == 1 and (tmp_path / "crashed").exists():
            pegbox.report({"loss": 1.0})
            return
        if config["x"] == 1:
            pegbox.report({"loss": 2.0})
            (tmp_path / "crashed").touch()
            os.abort()
        pegbox.report({"loss": 0.0})

    before = two_devices.run(os.getpid)
    run = {"failure_config": FailureConfig(max_failures=1)}
    make = make_tuner(train, tmp_path, {"gpu": 1}, two_devices, n=2, run=run)
    one, other = seen(make.fit())
    assert (one["loss"], other["loss"]) == (0.0, 1.0)
    assert two_devices.run(os.getpid) == before
    (tmp_path / "crashed").unlink()
    run = {
        "failure_config": FailureConfig(max_failures=0),
    }
    grid = make_tuner(train, tmp_path / "again", {"gpu": 1}, two_devices, n=2, run=run).fit()
    (error,) = [str(result.error) for result in grid if result.error]
    assert "its process was killed by SIGABRT (abort)" in error


def test_with_its_worker_ends_the_process_of_a_slot_whatever_it_does(given, tmp_path):
    def train(config):
        if not list(tmp_path.glob("held-*")):
            (tmp_path / f"held-{os.getpid()}").touch()
            ctypes.PyDLL(None).sleep(1000)  # with Python's lock
        pegbox.report({"loss": 0.0})

    client = given((1, "0,1", {}), (1, "0,1", {}))
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(make_tuner(train, tmp_path, {"gpu": 1}, client, n=1).fit)
        (file,) = wait_until(lambda: list(tmp_path.glob("held-*")))
        process = psutil.Process(int(file.name.removeprefix("held-")))
        process.parent().kill()
        process.wait(PATIENCE_S)
    assert run.result().num_errors == 0


@pytest.mark.parametrize("where", ["given", "embedded"])
def test_a_trial_past_its_time_is_ended_without_its_neighbour(
    where, request, tmp_path, monkeypatch
):
    limit_s, held = 4.0, tmp_path / "held"

    def train(config):
        if config["x"] == 0:
            pegbox.report({"loss": 0.0})
            held.with_suffix(".part").write_text(str(os.getpid()))
            held.with_suffix(".part").rename(held)
            ctypes.PyDLL(None).sleep(1000)  # with Python's lock
        while not held.exists():
            time.sleep(0.01)
        # The second leaves its device to the third, whose time begins later.
        early = held.stat().st_mtime + limit_s / 2 if config["x"] == 1 else math.inf
        while psutil.pid_exists(int(held.read_text())) and time.time() < early:
            pegbox.report({"loss": 1.0})
        pegbox.report({"loss": 0.5, "attempt": pegbox.get_context().attempt})

    monkeypatch.setattr(time_limits, "OVERTIME_S", 0.5)
    monkeypatch.setenv("PEGBOX_GPUS", "2")
    client = request.getfixturevalue("two_devices") if where == "given" else None
    ask = {"gpu": 1} if client else lambda config: {"cpu": 1 - config["x"] / 4, "gpu": 1}
    run = {"trial_time_limit_s": limit_s}
    grid = make_tuner(train, tmp_path, ask, client, n=3, run=run).fit()
    hung, *others = sorted(grid, key=lambda result: result.config["x"])
    assert hung.error.cause == "timeout"
    assert [(one.error, one.metrics["attempt"]) for one in others] == [(None, 1)] * 2


def test_a_process_that_is_killed_from_outside_is_lost_and_its_trial_runs_again(
    two_devices, tmp_path
):
    def train(config):
        if not (tmp_path / "killed").exists():
            (tmp_path / "killed").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        pegbox.report({"loss": config["x"], "attempt": pegbox.get_context().attempt})

    (trial,) = seen(make_tuner(train, tmp_path, {"gpu": 1}, two_devices, n=1).fit())
    assert trial["attempt"] == 2


def test_checkpoints_parameters_classes_and_logs_are_as_anywhere(two_devices, tmp_path):
    class Steps(pegbox.Trainable):
        def setup(self, config, data):
            self.sum, self.step_number = data.sum(), 0

        def step(self):
            self.step_number += 1
            print(f"step {self.step_number}")
            return {"loss": float(self.sum) / self.step_number, "done": self.step_number == 3}

        def save_checkpoint(self, folder):
            Path(folder, "step").write_text(str(self.step_number))

    import numpy

    trainable = pegbox.with_parameters(Steps, data=numpy.ones(1000))
    checkpoints = pegbox.CheckpointConfig(checkpoint_at_end=True)
    run = {"checkpoint_config": checkpoints, "log_to_file": True}
    grid = make_tuner(trainable, tmp_path, {"gpu": 1}, two_devices, n=2, run=run).fit()
    for result in grid:
        assert result.metrics["loss"] == 1000 / 3
        with result.checkpoint.as_directory() as folder:
            assert Path(folder, "step").read_text() == "3"
        assert (Path(result.path) / "stdout").read_text() == "step 1\nstep 2\nstep 3\n"


def test_a_trainable_that_a_worker_cannot_load_ends_the_run(two_devices, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "only_here.py").write_text("def train(config): return {'loss': 0}\n")
    with monkeypatch.context() as patch:
        patch.syspath_prepend(tmp_path / "here")
        import only_here
    tuner = make_tuner(only_here.train, tmp_path, {"gpu": 1}, two_devices, n=1)
    with pytest.raises(RunError, match="No module named 'only_here'"):
        tuner.fit()
