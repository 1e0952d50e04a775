"""A client or cluster that is closed during a run: the run ends, says so, and can go on."""

from __future__ import annotations

import contextlib
import gc
import threading
import warnings

import pegbox
import pytest
from clusters import (
    first_line,
    lone_worker,
    scheduler_process,
    scheduler_without_pegbox,
    tasks_on,
    wait_until,
)
from distributed import Client, LocalCluster
from pegbox import Callback, RunConfig, TuneConfig, Tuner, grid_search
from pegbox.errors import RunError
from pegbox.executors.dask.shipped.mailbox import PLUGIN_NAME


@pytest.fixture(autouse=True)
def no_sockets_for_others():
    """A client whose scheduler dies while it connects leaves a socket to the garbage collector."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="module")
def scheduler():
    """A scheduler in a process of its own, with a worker; its address."""
    with scheduler_without_pegbox() as address, lone_worker(address, "a"):
        yield address


@pytest.fixture(scope="module")
def here():
    """A cluster whose scheduler lives in this process."""
    with a_cluster_here() as cluster:
        yield cluster


def a_cluster_here():
    return LocalCluster(1, threads_per_worker=1, processes=False, dashboard_address=":0")


CLIENT = "the Dask client was closed while the run went on\n"
CLUSTER = "the Dask cluster was closed while the run went on\n"


class AfterTheSecond(Callback):
    """Does something when the second trial has ended."""

    def __init__(self, what):
        self._what = what

    def on_trial_complete(self, iteration, trials, trial, **info):
        if trial.trial_id.endswith("00001"):
            self._what()


def aside(what):
    """The same in a thread of its own."""
    return lambda: threading.Thread(target=what).start()


def assert_it_ends_and_can_go_on(what, words, folder, client, new_client):
    """Words: how the reason begins."""
    gate = folder / "gate"

    def train(config):
        pegbox.report({"loss": config["x"]})
        while config["x"] > 1 and not gate.exists():
            pegbox.report({"loss": config["x"]})

    tuner = Tuner(
        train,
        param_space={"x": grid_search([0.0, 1.0, 2.0, 3.0])},
        tune_config=TuneConfig(metric="loss", mode="min"),
        run_config=RunConfig(
            name="run", storage_path=str(folder), callbacks=[AfterTheSecond(what)], verbose=0
        ),
        client=client,
    )
    with pytest.raises(RunError) as refused:
        tuner.fit()
    assert str(refused.value).startswith(words)
    assert f"Go on with: pegbox.Tuner.restore({str(folder / 'run')!r}, train)" in str(refused.value)
    assert pegbox.ResultGrid(folder / "run").num_terminated == 2
    gate.touch()
    with new_client() as client:
        restored = Tuner.restore(folder / "run", train, client=client).fit()
    assert (restored.num_terminated, restored.num_errors) == (4, 0)


@pytest.mark.parametrize("where", ["scheduler", "here"])
@pytest.mark.parametrize("how", [lambda what: what, aside], ids=["in a callback", "in a thread"])
def test_a_client_that_is_closed(where, how, request, tmp_path):
    cluster = request.getfixturevalue(where)
    with contextlib.closing(Client(cluster, set_as_default=False)) as client:
        new = lambda: Client(cluster, set_as_default=False)  # noqa: E731
        assert_it_ends_and_can_go_on(how(client.close), CLIENT, tmp_path, client, new)
    with new() as client:
        wait_until(lambda: (tasks_on(client), runs_of(client)) == ([], []), "for an idle cluster")


def runs_of(client):
    return client.run_on_scheduler(
        lambda dask_scheduler: list(dask_scheduler.plugins[PLUGIN_NAME].runs)
    )


class AtTheStart(Callback):
    """Does something when all is ready, but nothing has been sent to the cluster."""

    def __init__(self, what):
        self._what = what

    def setup(self, **info):
        self._what()


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (lambda client, process: client.close(), CLIENT),
        (lambda client, process: process.kill(), "the Dask client has lost its scheduler ("),
    ],
    ids=["client closed", "scheduler killed"],
)
def test_one_that_ends_while_the_run_begins(end, words, tmp_path):
    with contextlib.ExitStack() as stack:
        process = stack.enter_context(scheduler_process())
        stack.enter_context(lone_worker(address := first_line(process), "a"))
        client = stack.enter_context(Client(address, set_as_default=False))
        client._timeout = 1  # as distributed.comm.timeouts.connect sets it
        tuner = Tuner(
            lambda config: {"loss": 0.0},
            tune_config=TuneConfig(metric="loss", mode="min"),
            run_config=RunConfig(
                name="run",
                storage_path=str(tmp_path),
                callbacks=[AtTheStart(lambda: end(client, process))],
                verbose=0,
            ),
            client=client,
        )
        with pytest.raises(RunError) as refused:
            tuner.fit()
    assert str(refused.value).startswith(words)
    assert f"Tuner.restore({str(tmp_path / 'run')!r}, " in str(refused.value)


@pytest.mark.parametrize("how", [Client.shutdown, lambda client: client.cluster.close()])
def test_a_cluster_that_is_closed(how, here, tmp_path):
    with a_cluster_here() as cluster, Client(cluster, set_as_default=False) as client:
        assert_it_ends_and_can_go_on(
            aside(lambda: how(client)),
            CLUSTER,
            tmp_path,
            client,
            lambda: Client(here, set_as_default=False),
        )


def test_a_scheduler_that_is_killed_and_started_anew(tmp_path):
    with contextlib.ExitStack() as stack:
        killed = stack.enter_context(scheduler_process())
        address = first_line(killed)
        stack.enter_context(lone_worker(address, "a"))
        client = stack.enter_context(Client(address, set_as_default=False))

        def start_anew():
            killed.kill()
            killed.wait()
            anew = scheduler_process(port=int(address.rpartition(":")[2]))
            assert first_line(stack.enter_context(anew)) == address

        @contextlib.contextmanager
        def new_client():
            client.close()
            with lone_worker(address, "b"), Client(address, set_as_default=False) as new:
                yield new

        words = "the Dask scheduler no longer knows this run: it was out of reach before ("
        assert_it_ends_and_can_go_on(start_anew, words, tmp_path, client, new_client)


def test_a_client_that_soon_gives_up_a_scheduler(here, tmp_path):
    with contextlib.ExitStack() as stack:
        killed = stack.enter_context(scheduler_process())
        address = first_line(killed)
        stack.enter_context(lone_worker(address, "a"))
        client = stack.enter_context(Client(address, set_as_default=False))
        client._timeout = 1  # as distributed.comm.timeouts.connect sets it
        words = "the Dask scheduler is out of reach ("
        new = lambda: Client(here, set_as_default=False)  # noqa: E731
        assert_it_ends_and_can_go_on(killed.kill, words, tmp_path, client, new)
