"""What becomes of trials whose worker is gone: what counts against them, and what does not."""

from __future__ import annotations

import queue
import threading

import pytest
from pegbox._processes.exit_cause import ExitCause
from pegbox.commands import Launch
from pegbox.events import Ended, WorkerLeft
from pegbox.executors.dask.slots import SlotTable
from pegbox.executors.dask.worker_account import MOST_IN_VAIN, WorkerAccount
from pegbox.resources import Resources

ONE = Resources({"cpu": 1})


class Future:
    """Knows whether anybody still waits for its task."""

    released = False

    def release(self):
        self.released = True


class Bench:
    """An account, slots, and what was posted."""

    def __init__(self):
        self.cause = None
        self.hold = threading.Event()
        self.hold.set()
        self.account = WorkerAccount(self.exit_cause, lambda: 1.0, threading.RLock())
        self.posted = queue.Queue()
        self.table = SlotTable()
        self.trials = iter(range(1000))

    def exit_cause(self, worker, timeout_s):
        self.hold.wait(60)
        return self.cause

    def slot(self, worker, *, opened):
        self.account.joined(worker, 1, {})
        slot = self.table.create(self.launch(worker))
        slot.future = Future()
        slot.place = 0 if opened else None
        return slot

    def launch(self, worker):
        return Launch(next(self.trials), 1, worker, ONE, {}, None, 0, 0.0)

    def gone(self, worker):
        """How the trials of a worker ended that is gone now."""
        self.leaves(worker)
        return self.ends(worker)

    def leaves(self, worker):
        assert not self.account.gone_again(worker)
        self.account.look_into(worker, self.table.remove_worker(worker), self.posted.put)

    def ends(self, worker):
        *ends, left = self.posted.get(timeout=60)
        assert left == WorkerLeft(1.0, worker)
        assert all(isinstance(end, Ended) for end in ends)
        return [end.how for end in ends]


@pytest.fixture
def bench():
    return Bench()


def test_a_trial_that_had_begun_is_lost(bench):
    bench.slot("a", opened=True)
    assert bench.gone("a") == ["lost"]


def test_one_that_killed_its_process_has_failed(bench):
    bench.cause = ExitCause(True, "killed by SIGSEGV")
    bench.slot("a", opened=True)
    assert bench.gone("a") == ["failed"]


def test_what_never_began_is_held_against_nobody(bench):
    bench.cause = ExitCause(True, "killed by SIGSEGV")
    bench.slot("a", opened=False)
    assert bench.gone("a") == ["halted"]


def test_unless_nothing_begins_anywhere(bench):
    for _ in range(MOST_IN_VAIN):
        bench.slot("a", opened=False)
        assert bench.gone("a") == ["halted"]
    bench.slot("a", opened=False)
    assert bench.gone("a") == ["lost"]
    bench.account.opened()
    bench.slot("a", opened=False)
    assert bench.gone("a") == ["halted"]


def test_a_launch_that_comes_too_late_ends_with_its_worker(bench):
    bench.hold.clear()
    bench.slot("a", opened=True)
    bench.leaves("a")
    bench.account.too_late(bench.launch("a"))
    bench.hold.set()
    assert bench.ends("a") == ["lost", "halted"]


def test_slots_that_were_sent_home_are_let_go_of_with_their_worker(bench):
    slot = bench.slot("a", opened=True)
    bench.table.release(slot, 0.0)
    bench.table.send_home(slot)
    assert bench.table.slots == {}
    assert bench.gone("a") == []
    while not slot.future.released:  # the last thing that its thread does
        threading.Event().wait(0.001)
    assert bench.table.ending == {}
