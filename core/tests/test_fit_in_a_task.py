"""A run whose driver is itself a task of the cluster."""

from __future__ import annotations

import pytest
from clusters import PATIENCE_S, lone_worker, scheduler_without_pegbox, tasks_on
from distributed import Client, get_client, secede, worker_client


@pytest.fixture(scope="module")
def client():
    """Of a cluster with one worker of one thread."""
    with (
        scheduler_without_pegbox() as address,
        lone_worker(address, "a"),
        Client(address, set_as_default=False) as client,
    ):
        yield client


def make_task(how):
    """A function that runs two trials; local, so that it travels by value."""

    def fit(folder):
        import pegbox

        def train(config):
            pegbox.report({"loss": config["x"]})

        tuner = pegbox.Tuner(
            train,
            param_space={"x": pegbox.grid_search([1.0, 2.0])},
            tune_config=pegbox.TuneConfig(metric="loss", mode="min"),
            run_config=pegbox.RunConfig(name="run", storage_path=folder, verbose=0),
        )
        return tuner.fit().num_terminated

    def task(folder):
        if how == "with a client":
            get_client()
        elif how == "apart":
            secede()
        elif how == "a second time":
            assert fit(f"{folder}/first") == 2
        elif how == "in a worker client":
            with worker_client():
                return fit(folder)
        return fit(folder)

    return task


@pytest.mark.parametrize(
    "how", ["plainly", "with a client", "apart", "a second time", "in a worker client"]
)
def test_its_thread_is_free_for_its_trials(how, client, tmp_path):
    done = client.submit(make_task(how), str(tmp_path), pure=False)
    assert done.result(timeout=PATIENCE_S) == 2
    assert tasks_on(client) == [done.key]
