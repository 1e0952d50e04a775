"""Whole runs on clusters that grow, or cannot: what waits, what ends, and what is said."""

from __future__ import annotations

import contextlib
import functools
import logging
import threading

import pytest
from clusters import lone_worker, scheduler_without_pegbox, wait_until
from distributed import Client, LocalCluster
from pegbox import RunConfig, TuneConfig, Tuner, choice, grid_search, uniform, with_resources
from pegbox.errors import RunError
from pegbox.executors.dask.given import open_prospects

LOSS = {"metric": "loss", "mode": "min"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Workers that come late come within a second here."""
    monkeypatch.setattr(open_prospects, "PATIENCE_S", 1.0)
    monkeypatch.setattr(open_prospects, "RENEW_S", 1.0)


@pytest.fixture
def small():
    """A cluster that stays as it is: two workers of one thread, in processes without nannies."""
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(scheduler_without_pegbox())
        for name in ("a", "b"):
            stack.enter_context(lone_worker(address, name))
        client = stack.enter_context(Client(address, set_as_default=False))
        client.wait_for_workers(2, 60)
        yield client


@pytest.fixture
def empty():
    """A scheduler without workers."""
    with scheduler_without_pegbox() as address, Client(address, set_as_default=False) as client:
        yield client


def trainable():
    """One that travels by value."""

    def train(config):
        return {"loss": config["x"]}

    return train


def tuner(client, folder, resources, samples=4, name="run"):
    return Tuner(
        with_resources(trainable(), resources),
        param_space={"x": uniform(0, 1), "cpus": choice([1, 2])},
        tune_config=TuneConfig(**LOSS, num_samples=samples, seed=1),
        run_config=RunConfig(name=name, storage_path=str(folder), verbose=0),
        client=client,
    )


def test_what_no_worker_has_ends_the_run_with_what_would_do(small, tmp_path):
    with pytest.raises(RunError) as caught:
        tuner(small, tmp_path, {"cpu": 1, "gpu": 4}).fit()
    why = "a trial asks for cpu=1, gpu=4, and no worker has that; the best one has cpu=1 (tcp://127"
    assert caught.value.message.startswith(why)
    assert (
        f"start a worker that has it: dask worker {small.scheduler.address} --nthreads 1 "
        '--resources "GPU=4".'
    ) in caught.value.hint
    # Nothing is lost: where trials ask for less, it goes on.
    modest = with_resources(trainable(), {"cpu": 1})
    results = Tuner.restore(tmp_path / "run", modest, client=small).fit()
    assert [error.message for error in results.errors] == []
    assert results.num_terminated == 4


def test_what_only_some_trials_ask_for_in_vain_is_their_own_error(small, tmp_path):
    results = tuner(small, tmp_path, lambda config: {"cpu": config["cpus"]}, samples=8).fit()
    asked = [result.config["cpus"] for result in results]
    assert {1, 2} == set(asked)
    assert [bool(result.error) for result in results] == [cpus == 2 for cpus in asked]
    (failed, *_) = results.errors
    assert failed.cause == "resources"
    assert failed.message.startswith("a trial asks for cpu=2, and no worker has that; the best")


class Said(logging.Handler):
    """Keeps what pegbox warns of, and answers the first warning."""

    def __init__(self, answer):
        super().__init__(logging.WARNING)
        self.texts = []
        self._answer = answer

    def emit(self, record):
        self.texts.append(record.getMessage())
        if len(self.texts) == 1:
            threading.Thread(target=self._answer).start()

    def __enter__(self):
        logging.getLogger("pegbox").addHandler(self)
        return self

    def __exit__(self, *error):
        logging.getLogger("pegbox").removeHandler(self)


def test_it_waits_for_the_first_worker_and_says_so(empty, tmp_path):
    address = empty.scheduler.address
    with contextlib.ExitStack() as stack:
        join = functools.partial(stack.enter_context, lone_worker(address, "late"))
        with Said(join) as said:
            results = tuner(empty, tmp_path, {"cpu": 1}).fit()
        assert results.num_terminated == 4
    assert said.texts == [f"waits for workers: none has joined the cluster at {address} yet"]


def test_an_adaptive_cluster_grows_from_nothing_shrinks_and_grows_again(tmp_path):
    options = {"n_workers": 0, "threads_per_worker": 1, "dashboard_address": ":0"}
    with LocalCluster(**options) as cluster, Client(cluster, set_as_default=False) as client:
        cluster.adapt(minimum=0, maximum=2, interval="200ms")

        def meet(config):
            """Waits until two run at once."""
            from distributed import Event

            mine, other = Event(f"met-{config['who']}"), Event(f"met-{1 - config['who']}")
            mine.set()
            return {"loss": 0.0, "met": other.wait(60)}

        for name in ("first", "second"):
            results = Tuner(
                meet,
                param_space={"who": grid_search([0, 1])},
                tune_config=TuneConfig(**LOSS),
                run_config=RunConfig(name=name, storage_path=str(tmp_path), verbose=0),
                client=client,
            ).fit()
            assert [result.metrics["met"] for result in results] == [True, True]
            wait_until(lambda: not client.scheduler_info()["workers"], "for it to shrink")


def test_what_grows_may_bring_is_waited_for_and_runs_when_it_has_come(empty, tmp_path):
    """Somebody adapts the cluster; a worker with what is asked for joins late."""
    address = empty.scheduler.address
    over = threading.Event()

    async def ask():
        await empty.scheduler.adaptive_target()

    def adapt():
        while not over.wait(0.1):
            empty.sync(ask)

    adapting = threading.Thread(target=adapt)
    with contextlib.ExitStack() as stack:
        stack.callback(adapting.join)
        stack.callback(over.set)
        adapting.start()
        stack.enter_context(lone_worker(address, "small"))
        large = lone_worker(address, "large", resources={"GPU": 1})
        with Said(lambda: stack.enter_context(large)) as said:
            results = tuner(empty, tmp_path, {"gpu": 1}).fit()
        assert results.num_terminated == 4
    (text,) = said.texts
    assert text.startswith("waits: a trial asks for gpu=1; 1 worker is there, and has cpu=1 (tcp:")
    assert text.endswith("it goes on when a worker joins that has it")
