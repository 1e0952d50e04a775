"""The way between driver, scheduler and workers stalls, breaks, or ends: a proxy stands in it.

Seconds are few by default; PEGBOX_FAULT_CUT_S=10 takes as many as a network may be away.
"""

from __future__ import annotations

import contextlib
import os
import threading

import pegbox
import pytest
from clusters import (
    first_line,
    lone_worker,
    scheduler_process,
    scheduler_without_pegbox,
    wait_until,
)
from distributed import Client
from faults.proxy_handle import proxy
from faults.sharing import PATH, PATIENCE_S, SharedDriver
from faults.tally import train

pytestmark = pytest.mark.slow

CUT_S = float(os.environ.get("PEGBOX_FAULT_CUT_S", "1"))


def pause(seconds=CUT_S):
    """Let the fault last; nothing happens that could be waited for."""
    threading.Event().wait(seconds)


@pytest.fixture
def stack():
    with contextlib.ExitStack() as stack:
        yield stack


def test_a_driver_whose_connection_stalls_and_breaks_goes_on(stack, tmp_path):
    scheduler = stack.enter_context(scheduler_without_pegbox())
    way = stack.enter_context(proxy(scheduler))
    for name in ("a", "b"):
        stack.enter_context(lone_worker(scheduler, name, environment=PATH))
    options = {"samples": 4, "reports": 8, "report_s": 0.1}
    driver = stack.enter_context(SharedDriver("run", way.address, tmp_path, **options))
    driver.at_work()
    way.order("stall")
    pause()
    way.order("go on")
    driver.at_work(3)
    way.order("cut")
    pause()
    way.order("mend")
    # Nothing else is said, and no trial was disturbed: slots speak to the scheduler by themselves.
    assert driver.finish() == {"statuses": ["TERMINATED"] * 4}
    assert driver.said().count("\n") == 1
    assert len(driver.stints()) == 4


def test_workers_whose_connection_stalls_go_on_and_those_that_lose_it_lose_their_trials(
    stack, tmp_path
):
    scheduler = stack.enter_context(scheduler_without_pegbox())
    way = stack.enter_context(proxy(scheduler))
    for name in ("a", "b"):
        stack.enter_context(lone_worker(way.address, name, environment=PATH))
    # First tries last long enough for the third to be cut off, however slow this machine is.
    options = {"samples": 3, "reports": 8, "report_s": 0.1, "hangs": 3.0}
    driver = stack.enter_context(SharedDriver("run", scheduler, tmp_path, **options))
    driver.at_work(2)
    way.order("stall")
    pause()
    way.order("go on")
    driver.at_work(3)
    assert all(stint.trial.endswith("/1") for stint in driver.stints())
    way.order("cut")
    pause()
    stack.enter_context(lone_worker(scheduler, "c", environment=PATH, nthreads=2))
    assert driver.finish() == {"statuses": ["TERMINATED"] * 3}
    assert any(stint.trial.endswith("/2") for stint in driver.stints())


def test_a_scheduler_that_is_killed_ends_the_run_which_goes_on_elsewhere(stack, tmp_path):
    process = stack.enter_context(scheduler_process())
    scheduler = first_line(process)
    worker = stack.enter_context(lone_worker(scheduler, "a", environment=PATH))
    options = {"samples": 2, "reports": 5, "report_s": 0.1, "gone_s": 2.0}
    driver = stack.enter_context(SharedDriver("run", scheduler, tmp_path, **options))
    driver.at_work()
    process.kill()
    said = driver.finish()["error"]
    assert f"the Dask scheduler at {scheduler} has been out of reach for 2 s" in said
    assert "pegbox.Tuner.restore(" in said
    assert "Traceback" not in driver.said()
    wait_until(lambda: worker.poll() is not None, "for Dask's worker to end", PATIENCE_S)

    another = stack.enter_context(scheduler_without_pegbox())
    stack.enter_context(lone_worker(another, "b", environment=PATH))
    with Client(another, set_as_default=False) as client:
        folder = tmp_path / "experiments" / "run"
        results = pegbox.Tuner.restore(folder, train, client=client).fit()
    assert [result.metrics["training_iteration"] for result in results] == [5] * 2
