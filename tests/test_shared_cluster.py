"""Several drivers on one cluster: each in a process of its own, on a scheduler without pegbox."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from clusters import lone_worker, scheduler_without_pegbox, tasks_on, wait_until
from distributed import Client
from faults.tally import most_cpus, read_tally
from pegbox.executors.dask.ledger_keeper import KEEPER_NAME

PATIENCE_S = 120.0
TESTS = Path(__file__).parent
#: Where workers find the trainable.
PATH = {"PYTHONPATH": os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])}
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
            Driver(name, cluster.scheduler.address, tmp_path, **options)
        )


class Driver:
    """A script that tunes; see `faults.shared_driver`."""

    def __init__(self, name, scheduler, folder, **options):
        self.name = name
        self.tally = folder / "tally"
        self.output = folder / f"{name}-{len(list(folder.iterdir()))}.txt"
        settings = {
            "scheduler": scheduler,
            "folder": str(folder / "experiments" / name),
            "tally": str(self.tally),
            "samples": 8,
            "reports": 3,
            "report_s": 0.05,
            "hangs": 0,
            "gate": None,
            "resources": {"cpu": 1},
            **options,
        }
        self._command = [sys.executable, "-m", "faults.shared_driver", json.dumps(settings)]

    def __enter__(self):
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=TESTS,
            )
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.wait()

    def stints(self):
        return [stint for stint in read_tally(self.tally) if stint.run == self.name]

    def at_work(self, count=1):
        """Wait until so many of its trials have begun."""

        def begun():
            assert self.process.poll() is None, self.said()
            return len(self.stints()) >= count

        wait_until(begun, f"for {self.name}", PATIENCE_S)
        return self

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def said(self):
        return self.output.read_text()

    def finish(self):
        assert self.process.wait(PATIENCE_S) == 0, self.said()
        return json.loads(self.said().splitlines()[-1])


def account(cluster, look=lambda keeper: list(keeper.ledger.tenants)):
    """Of the keeper on the scheduler: the runs that it knows, or what else is asked."""
    return cluster.run_on_scheduler(
        lambda dask_scheduler: look(dask_scheduler.plugins[KEEPER_NAME])
    )


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
    killed.at_work().kill()
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
        two = stack.enter_context(Driver("two", address, tmp_path, **for_two))
        for_99 = {"resources": {"cpu": 1, "ninety-nine": 1}, "protocol": 99}
        ninety_nine = stack.enter_context(Driver("ninety-nine", address, tmp_path, **for_99))
        for driver in (two, ninety_nine):
            assert driver.finish() == {"statuses": ["TERMINATED"] * 8}


def test_a_trial_that_outlives_its_driver_holds_room_until_its_process_is_ended(cluster, drivers):
    late = drivers("study", samples=4, hangs=1000, reports=2, report_s=0.7).at_work(4)
    account(cluster, lambda keeper: setattr(keeper, "grace_s", 2.0))
    late.kill()
    held = {stint.worker for stint in late.stints()}
    with lone_worker(cluster.scheduler.address, "c", environment=PATH):
        successor = drivers("study")
        assert successor.finish() == {"statuses": ["TERMINATED"] * 4}
        second = [stint for stint in successor.stints() if stint.trial.endswith("/2")]
        assert len(second) == 4
        # Nothing was begun beside the late ones: their workers were sent away first.
        assert not {stint.worker for stint in second} & held
        assert successor.said().count("it still runs a trial of a run that is over") == 2
    assert not set(cluster.scheduler_info(n_workers=-1)["workers"]) & held
    assert account(cluster) == []
