"""The Dask executor on clusters of other processes: slots, their places, and who may run there."""

from __future__ import annotations

import contextlib
import importlib
import sys
import threading
import time
from pathlib import Path

import pytest
from clusters import PATIENCE_S, lone_worker, scheduler_without_pegbox, tasks_on, wait_until
from distributed import Client, LocalCluster
from pegbox._run.inbox import EventInbox
from pegbox._trial.pickling import dump
from pegbox._trial.task import TrialTask
from pegbox.commands import Answer, Launch, Wishes
from pegbox.events import (
    Ended,
    PlaceOpened,
    PluginFailed,
    Reported,
    RoomChanged,
    WorkerJoined,
    WorkerLeft,
)
from pegbox.executors.dask import executor as executor_module
from pegbox.executors.dask.executor import DaskExecutor
from pegbox.executors.dask.given.cluster import GivenCluster
from pegbox.executors.dask.versions import mismatch, versions
from pegbox.reporting import report
from pegbox.resources import Resources

ONE = Resources({"cpu": 1})
HALF = Resources({"cpu": 0.5})


@pytest.fixture(scope="module")
def beside():
    """The scheduler in this process, and on the client's loop: no message needs a socket."""
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with LocalCluster(**options) as cluster, Client(cluster, set_as_default=False) as client:
        yield client


@pytest.fixture(scope="module")
def remote():
    """The scheduler in a process that has no pegbox; two workers without nannies."""
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(scheduler_without_pegbox())
        for name in ("a", "b"):
            stack.enter_context(lone_worker(address, name))
        yield stack.enter_context(Client(address, set_as_default=False))


@pytest.fixture(params=["beside", "remote"])
def client(request):
    return request.getfixturevalue(request.param)


class Driver:
    """Stands where the runner does: keeps every event, and answers reports as told."""

    def __init__(self, client, trainable, folder, go_on=lambda event: True):
        self.events = []
        self.go_on = go_on
        self.folder = folder
        self.inbox = EventInbox(self.handle, lambda: None, Wishes)
        code = dump(trainable, "the trainable")
        self.executor = DaskExecutor(
            GivenCluster(client), code, self.make_task, f"e{id(self)}", first_place=3
        )
        self.executor.start(self.inbox)
        self.workers = sorted(event.worker for event in self.heard(WorkerJoined))

    def handle(self):
        events = self.inbox.take()
        self.executor.answer(
            [
                Answer(event.trial, event.attempt, self.go_on(event))
                for event in events
                if isinstance(event, Reported)
            ]
        )
        self.events += events

    def make_task(self, launch):
        trial_id = f"abcde_{launch.trial:05d}"
        return TrialTask(
            launch.trial,
            trial_id,
            f"train_{trial_id}",
            launch.attempt,
            1,
            "exp",
            str(self.folder),
            launch.config,
            launch.resources,
            None,
            launch.iteration,
            launch.time_total_s,
            (),
            0,
        )

    def launch(self, trial, worker, resources=ONE, attempt=1, **config):
        self.executor.launch([Launch(trial, attempt, worker, resources, config, None, 0, 0.0)])

    def heard(self, kind, count=1):
        """Events of a kind, as soon as there are so many."""

        def enough():
            self.executor.wait(self.inbox, 0.02)
            found = [event for event in list(self.events) if isinstance(event, kind)]
            if kind is not PluginFailed:
                assert not [event for event in self.events if isinstance(event, PluginFailed)]
            return len(found) >= count and found

        return wait_until(enough, f"for {count} {kind.__name__}")


@pytest.fixture
def drive(client, tmp_path):
    """Makes drivers on the cluster, which are closed in the end."""
    with contextlib.ExitStack() as stack:

        def make(trainable, **options):
            driver = Driver(client, trainable, tmp_path, **options)
            stack.callback(driver.executor.close)
            return driver

        yield make
    wait_until(lambda: tasks_on(client) == [], "for the slots to end")


def three_reports():
    def train(config):
        for number in range(3):
            report({"number": number})

    return train


# A trial in a slot


def test_the_workers_are_announced_with_what_they_have(drive):
    driver = drive(lambda config: None)
    assert [event.resources for event in driver.heard(WorkerJoined, 2)] == [ONE, ONE]


def test_a_trial_reports_and_ends(drive):
    driver = drive(three_reports())
    driver.launch(5, driver.workers[0])
    (end,) = driver.heard(Ended)
    assert (end.trial, end.attempt, end.how, end.place) == (5, 1, "finished", 3)
    assert [event.metrics["number"] for event in driver.heard(Reported)] == [0, 1, 2]
    (place,) = driver.heard(PlaceOpened)
    assert (place.place, place.worker) == (3, driver.workers[0])


def test_a_trial_reports_from_a_coroutine_and_from_a_thread_of_its_own(drive):
    def everywhere(config):
        import asyncio
        import contextvars
        import threading

        from pegbox import report

        async def work():
            report({"from": "coroutine"})
            await asyncio.sleep(0)
            report({"from": "coroutine again"})

        report({"from": "function"})
        asyncio.run(work())
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(report, {"from": "thread"}))
        thread.start()
        thread.join()
        report({"from": "function again"})

    driver = drive(everywhere)
    driver.launch(0, driver.workers[0])
    assert driver.heard(Ended)[0].how == "finished"
    places = [event.metrics["from"] for event in driver.heard(Reported)]
    assert places == ["function", "coroutine", "coroutine again", "thread", "function again"]


def test_a_trial_that_is_told_to_stop_ends_there(drive):
    driver = drive(three_reports(), go_on=lambda event: event.metrics["number"] < 1)
    driver.launch(0, driver.workers[0])
    assert driver.heard(Ended)[0].how == "halted"
    assert len(driver.heard(Reported)) == 2


def test_what_a_trial_raised_is_told_with_its_traceback(drive):
    def fails(config):
        raise LookupError("nothing here")

    driver = drive(fails)
    driver.launch(0, driver.workers[0])
    failure = driver.heard(Ended)[0].failure
    assert (failure.cause, failure.type_name) == ("exception", "LookupError")
    assert failure.traceback.endswith("LookupError: nothing here\n")


def test_a_slot_takes_trial_after_trial_and_stays_warm(drive):
    def count(config):
        import builtins

        builtins.trials_here = getattr(builtins, "trials_here", 0) + 1
        return {"trials_here": builtins.trials_here}

    driver = drive(count)
    for trial in range(4):
        driver.launch(trial, driver.workers[0])
        driver.heard(Ended, trial + 1)
    counts = [event.metrics["trials_here"] for event in driver.heard(Reported, 4)]
    assert counts == list(range(counts[0], counts[0] + 4))
    assert {event.place for event in driver.heard(Ended)} == {3}
    assert len(driver.heard(PlaceOpened)) == 1


def test_a_slot_runs_on_the_worker_that_it_was_meant_for(drive):
    driver = drive(lambda config: None)
    for trial in range(6):
        driver.launch(trial, driver.workers[trial % 2])
        if trial % 2:
            driver.heard(Ended, trial + 1)
    places = {event.place: event.worker for event in driver.heard(PlaceOpened)}
    ran_at = {event.trial: places[event.place] for event in driver.heard(Ended)}
    assert ran_at == {trial: driver.workers[trial % 2] for trial in range(6)}


def meeting():
    """A trainable that ends only while ``n`` of its kind run at the same time."""

    def train(config):
        folder = Path(config["folder"])
        (folder / f"here-{config['i']}").touch()
        while len(list(folder.glob("here-*"))) < config["n"]:
            time.sleep(0.01)

    return train


def test_two_halves_of_a_core_run_at_the_same_time_on_a_worker_of_one_thread(drive, tmp_path):
    driver = drive(meeting())
    for i in range(2):
        driver.launch(i, driver.workers[0], HALF, i=i, n=2, folder=str(tmp_path))
    assert [event.how for event in driver.heard(Ended, 2)] == ["finished", "finished"]
    assert len(driver.heard(PlaceOpened)) == 1


def test_slots_leave_room_for_other_tasks_of_the_cluster(drive, client, tmp_path):
    driver = drive(meeting())
    for i, worker in enumerate(driver.workers):
        driver.launch(i, worker, i=i, n=3, folder=str(tmp_path))
    assert client.submit(sum, [1, 2], pure=False).result(PATIENCE_S) == 3
    (tmp_path / "here-client").touch()
    driver.heard(Ended, 2)


def test_a_launch_for_which_there_is_no_room_is_put_back(drive, tmp_path):
    driver = drive(meeting())
    for i in range(2):
        driver.launch(i, driver.workers[0], i=i, n=2, folder=str(tmp_path))
    (end,) = driver.heard(Ended)
    assert (end.trial, end.how, end.place) == (1, "halted", None)
    (room,) = driver.heard(RoomChanged)
    assert (room.worker, room.room) == (driver.workers[0], ONE)
    assert driver.events.index(room) < driver.events.index(end)
    (tmp_path / "here-another").touch()
    assert driver.heard(Ended, 2)[1].how == "finished"


# Slots that are given back


def test_an_idle_slot_is_given_back_while_the_run_goes_on(drive, client, monkeypatch):
    monkeypatch.setattr(executor_module, "IDLE_SLOT_S", 0.2)
    driver = drive(lambda config: None)
    driver.launch(0, driver.workers[0])
    driver.heard(Ended)

    def gone():
        driver.executor.wait(driver.inbox, 0.05)
        return tasks_on(client) == []

    wait_until(gone, "for the slot to be given back")
    driver.launch(1, driver.workers[0])
    assert [event.how for event in driver.heard(Ended, 2)] == ["finished", "finished"]


def test_close_sends_home_slots_that_are_busy(drive, client):
    held = threading.Event()

    def report_for_ever(config):
        while True:
            report({"x": 1})

    driver = drive(report_for_ever, go_on=lambda event: held.set() or True)
    driver.launch(0, driver.workers[0])
    assert held.wait(PATIENCE_S)
    driver.executor.close()
    wait_until(lambda: tasks_on(client) == [], "for the slot to end")
    here = who_runs()
    wait_until(
        lambda: not any("report_for_ever" in names for names in client.run(here).values()),
        "for the trial to end",
    )


def who_runs():
    """A function that answers the names of all functions that run in its process."""

    def names():
        found = set()
        for frame in sys._current_frames().values():
            while frame is not None:
                found.add(frame.f_code.co_name)
                frame = frame.f_back
        return found

    return names


# Workers that come and go


def test_a_worker_that_dies_loses_its_trial_once(remote, tmp_path):
    address = remote.scheduler.address
    with lone_worker(address, "c") as process:
        driver = Driver(remote, meeting(), tmp_path)
        worker = wait_until(lambda: _address_of(remote, "c"))
        driver.launch(0, worker, i=0, n=99, folder=str(tmp_path))
        driver.heard(PlaceOpened)
        process.kill()
        (end,) = driver.heard(Ended)
        assert (end.how, end.failure.cause) == ("lost", "lost")
        assert worker in end.failure.message
        assert driver.heard(WorkerLeft)[0].worker == worker
        assert driver.events.index(end) < driver.events.index(driver.heard(WorkerLeft)[0])
    # The slot's task, which Dask would start again on another worker, is taken back.
    wait_until(lambda: tasks_on(remote) == [])
    driver.executor.close()
    assert len(driver.heard(Ended)) == 1


def test_nothing_is_submitted_to_a_worker_that_has_left(remote, tmp_path):
    driver = Driver(remote, lambda config: None, tmp_path)
    driver.launch(0, "tcp://127.0.0.1:1")
    assert tasks_on(remote) == []
    driver.launch(1, driver.workers[0])
    assert driver.heard(Ended)[0].trial == 1
    driver.executor.close()


def _address_of(client, name):
    for address, worker in client.scheduler_info(n_workers=-1)["workers"].items():
        if worker["name"] == name:
            return address
    return None


# Workers that do not fit


def test_a_worker_with_another_release_is_refused(drive, monkeypatch):
    mine = {**versions(), "pegbox": "999.0"}
    monkeypatch.setattr(executor_module, "versions", lambda: mine)
    driver = drive(lambda config: None)
    driver.launch(0, driver.workers[0])
    (failed,) = driver.heard(PluginFailed)
    assert driver.workers[0] in failed.error
    assert f"pegbox {versions()['pegbox']} there, 999.0 here" in failed.error


@pytest.mark.parametrize("name", ["protocol", "pegbox", "cloudpickle", "distributed"])
def test_versions_must_be_the_same(name):
    mine = versions()
    assert mismatch(mine, mine) == ""
    found = mismatch(mine, {**mine, name: "0.1"})
    assert f"{name} 0.1 there, {mine[name]} here" in found
    assert f"{name} None there" in mismatch(mine, {k: v for k, v in mine.items() if k != name})


def test_python_may_differ_in_its_last_number_alone():
    mine = {**versions(), "python": "3.11.4"}
    assert mismatch(mine, {**mine, "python": "3.11.9"}) == ""
    assert "Python 3.12.0 there, 3.11.4 here" in mismatch(mine, {**mine, "python": "3.12.0"})


def test_a_trainable_that_a_worker_cannot_load_ends_the_run_by_name(drive):
    class Unloadable:
        def __reduce__(self):
            return (importlib.import_module, ("no_such_module",))

        def __call__(self, config):
            pass

    driver = drive(Unloadable())
    driver.launch(0, driver.workers[0])
    (failed,) = driver.heard(PluginFailed)
    assert driver.workers[0] in failed.error
    assert "all that the trainable imports" in failed.error
