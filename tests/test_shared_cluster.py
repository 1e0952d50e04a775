"""Several drivers on one cluster: each in a process of its own, on a scheduler without pegbox."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pegbox
import pytest
from clusters import lone_worker, scheduler_without_pegbox, tasks_on, wait_until
from distributed import Client
from faults.auditor import read_ledger
from faults.sharing import PATH, PATIENCE_S, SharedDriver
from faults.tally import checkpointing, most_at_a_device, most_cpus, read_tally
from pegbox._trial.checkpointing import verify
from pegbox.executors.dask.shipped.ledger_keeper import KEEPER_NAME
from pegbox.executors.dask.shipped.mailbox import PLUGIN_NAME

pytestmark = pytest.mark.slow

SPEAKS_99 = "import pegbox.executors.dask.protocol as words\nwords.PROTOCOL = 99\n"


@pytest.fixture
def cluster():
    """A scheduler and two workers of two threads each; a client that looks on."""
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(scheduler_without_pegbox())
        for name in ("a", "b"):
            stack.enter_context(lone_worker(address, name, environment=PATH, nthreads=2))
        yield stack.enter_context(Client(address, set_as_default=False))


@pytest.fixture
def drivers(cluster, tmp_path):
    """Starts drivers on the cluster, which are killed in the end."""
    with contextlib.ExitStack() as stack:
        yield lambda name, **options: stack.enter_context(
            SharedDriver(name, cluster.scheduler.address, tmp_path, **options)
        )


def account(cluster, look=lambda keeper: list(keeper.ledger.tenants)):
    """Of the keeper on the scheduler: the runs that it knows, or what else is asked."""
    return cluster.run_on_scheduler(
        lambda dask_scheduler: look(dask_scheduler.plugins[KEEPER_NAME])
    )


def shorten_the_grace_of_clients(cluster):
    def shorten(dask_scheduler):
        dask_scheduler.plugins[PLUGIN_NAME].client_grace_s = 1.0

    cluster.run_on_scheduler(shorten)


def waiting(cluster):
    """How many runs wait for room."""
    return account(
        cluster, lambda keeper: sum(bool(each.wants) for each in keeper.ledger.tenants.values())
    )


def test_three_share_one_is_killed_and_one_speaks_another_protocol(cluster, drivers, tmp_path):
    gate = tmp_path / "gate"
    first = drivers("first", samples=24, gate=str(gate)).at_work(4)
    killed, last = drivers("killed", samples=50, report_s=0.5), drivers("last", samples=24)
    other = drivers("other", protocol=99)
    wait_until(lambda: waiting(cluster) == 4, "for all to wait", PATIENCE_S)
    gate.touch()
    killed.at_work()
    shorten_the_grace_of_clients(cluster)
    killed.kill()
    assert "pegbox speaks protocol 2 there, 99 here" in other.finish()["error"]
    for driver in (first, last):
        assert driver.finish() == {"statuses": ["TERMINATED"] * 24}
        assert len(driver.stints()) == 24  # no try was disturbed
    assert max(most_cpus(read_tally(first.tally)).values()) == 2
    # They worked side by side, though the first one had everything when the others came.
    until = max(stint.begin for stint in first.stints())
    assert sum(stint.begin < until for stint in last.stints()) >= 4
    # The killed one's client is gone: its run is kept for a while, and then its room is free.
    wait_until(lambda: account(cluster) == [], "for an empty account", PATIENCE_S)
    assert tasks_on(cluster) == []


def test_runs_of_two_protocols_work_at_the_same_time(tmp_path):
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(scheduler_without_pegbox())
        for name, resources in (("old", {"two": 1}), ("new", {"ninety-nine": 1})):
            program = SPEAKS_99 if name == "new" else ""
            options = {"program": program, "environment": PATH, "resources": resources}
            stack.enter_context(lone_worker(address, name, **options))
        for_two = {"resources": {"cpu": 1, "two": 1}}
        two = stack.enter_context(SharedDriver("two", address, tmp_path, **for_two))
        for_99 = {"resources": {"cpu": 1, "ninety-nine": 1}, "protocol": 99}
        ninety_nine = stack.enter_context(SharedDriver("ninety-nine", address, tmp_path, **for_99))
        for driver in (two, ninety_nine):
            assert driver.finish() == {"statuses": ["TERMINATED"] * 8}


def test_a_device_that_another_run_has_is_not_used(tmp_path):
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(scheduler_without_pegbox())
        options = {"environment": {**PATH, "CUDA_VISIBLE_DEVICES": "0,1"}, "nthreads": 4}
        stack.enter_context(lone_worker(address, "a", resources={"GPU": 2}, **options))
        asking = {"resources": {"cpu": 1, "gpu": 1}, "samples": 5}
        drivers = [
            stack.enter_context(SharedDriver(name, address, tmp_path, **asking))
            for name in ("first", "last")
        ]
        for driver in drivers:
            assert driver.finish() == {"statuses": ["TERMINATED"] * 5}
        stints = read_tally(tmp_path / "tally")
    assert len(stints) == 10
    assert list(most_at_a_device(stints).values()) == [1, 1]


def test_a_trial_that_outlives_its_driver_holds_room_until_its_process_is_ended(
    cluster, drivers, tmp_path
):
    options = {"hangs": 1000, "reports": 2, "report_s": 0.5}
    late = drivers("study", samples=3, **options).at_work(3)
    gate = tmp_path / "gate"
    neighbour = drivers("neighbour", samples=1, gate=str(gate)).at_work()
    account(cluster, lambda keeper: setattr(keeper, "grace_s", 1.0))
    late.kill()
    held = {stint.worker for stint in late.stints()}
    shared = {stint.worker for stint in neighbour.stints()}
    with lone_worker(cluster.scheduler.address, "c", environment=PATH):
        successor = drivers("study", **options)
        assert successor.finish() == {"statuses": ["TERMINATED"] * 3}
        # Nothing was begun beside the late ones.
        second = [stint for stint in successor.stints() if stint.trial.endswith("/2")]
        assert len(second) == 3
        assert not {stint.worker for stint in second} & held
        # Where they were alone, their process was ended; beside others, that has more time.
        (alone,) = held - shared
        wait_until(lambda: alone not in workers(cluster), "for the worker to end", PATIENCE_S)
        assert shared <= workers(cluster)
        gate.touch()
        assert neighbour.finish() == {"statuses": ["TERMINATED"]}
    assert len(neighbour.stints()) == 1
    assert neighbour.said().count("it still runs a trial of a run that is over") == 1


def workers(cluster):
    return set(cluster.scheduler_info(n_workers=-1)["workers"])


def test_a_late_trial_writes_nothing_into_the_attempt_of_its_successor(cluster, drivers, tmp_path):
    gate = tmp_path / "gate"
    options = {"trainable": "checkpointing", "samples": 1, "reports": 3, "gate": str(gate)}
    late = drivers("study", **options).at_work()
    folder = tmp_path / "experiments" / "study"
    # One that the driver knows of: of another, its successor would begin before it.
    wait_until(lambda: any(read_ledger(folder).checkpoints.values()), "for a checkpoint")
    late.kill()
    successor = drivers("study", **options).at_work(2)
    assert [stint.trial.rpartition("/")[2] for stint in successor.stints()] == ["1", "2"]
    # Now both would write the checkpoint of iteration 2; the late one is first.
    Path(f"{gate}-1").touch()
    wait_until(lambda: successor.stints()[0].end, "for the late one to end", PATIENCE_S)
    Path(f"{gate}-2").touch()
    assert successor.finish() == {"statuses": ["TERMINATED"]}

    (result,) = pegbox.Tuner.restore(folder, checkpointing).get_results()
    made = {}
    for checkpoint, metrics in result.best_checkpoints:
        # Whole by its manifest, and what its manifest says is what its attempt wrote.
        manifest = verify(checkpoint.path, deep=True)
        state = json.loads((Path(checkpoint.path) / "state.json").read_text())
        assert (manifest.attempt, manifest.iteration) == (state["attempt"], state["iteration"])
        made[metrics["training_iteration"]] = manifest.attempt
    assert made == {1: 1, 2: 2, 3: 2}
