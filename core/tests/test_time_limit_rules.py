"""How long trials are waited for: limits of time, orders to end, and whom force takes along."""

from __future__ import annotations

import pytest
from engine_rig import Rig, checkpoint_at, launched, tells
from pegbox._engine.deadlines import Deadlines
from pegbox._engine.time_limits import AGAIN_S, OVERTIME_S
from pegbox.commands import Kill
from pegbox.decisions import PAUSE, STOP, Exploit
from pegbox.events import Ended, Resumed, StopRequested, Tick, WorkerLeft
from pegbox.trial import State, TrialFailure

LIMIT_S, GRACE_S = 100.0, 30.0
LOST = TrialFailure("lost", "worker w0 disappeared")


def running(decisions=(), *, trials=1, cpu=1, **rules):
    """Trials that all run, each on a worker of its own unless one has more cpus."""
    rig = Rig(
        dict(decisions),
        max_trials=trials,
        **{"trial_time_limit_s": LIMIT_S, "grace_s": GRACE_S, **rules},
    )
    rig.start(cpu=cpu, workers=-(-trials // cpu))
    for number in range(trials):
        rig.suggest(number)
    return rig


def tick(rig):
    """Time passes until the engine wants to hear of it."""
    rig.now = rig.engine.wake_at
    return rig.send(Tick(rig.now))


def lose(rig, worker):
    """A worker dies with all that runs there, as an executor says it."""
    at = rig.at
    ends = [
        Ended(at, number, record.attempt, "lost", failure=LOST)
        for number, record in rig.engine.state.trials.items()
        if record.worker == worker
    ]
    return rig.send(*ends, WorkerLeft(at, worker))


class TestALimit:
    def test_a_trial_that_reports_past_it_ends_there_as_timed_out(self):
        rig = running()
        began = rig.trial(0).launched_at
        rig.report(0, 1)
        assert rig.engine.wake_at == began + LIMIT_S
        assert tick(rig).kills == []
        step = rig.report(0, 2, checkpoint=True)
        assert [answer.go_on for answer in step.answers] == [False]
        assert step.facts[0].decision == "TIMEOUT"
        step = rig.end(0, "halted")
        record = rig.trial(0)
        assert (record.state, record.failure.cause) == (State.FAILED, "timeout")
        assert record.failure.message == "it ran longer than its limit of 100 s"
        assert record.result["training_iteration"] == 2
        assert record.checkpoint == checkpoint_at(0, 2)
        assert tells(step) == [(0, "failed")]
        assert rig.engine.state.ended.how == "complete"

    def test_one_that_does_not_is_ended_by_force(self):
        rig = running()
        due = rig.engine.wake_at
        tick(rig)
        assert rig.engine.wake_at == due + OVERTIME_S
        assert tick(rig).kills == [Kill(0, 1)]
        assert rig.trial(0).state is State.RUNNING
        lose(rig, "w0")
        assert (rig.trial(0).state, rig.trial(0).failure.cause) == (State.FAILED, "timeout")

    def test_force_is_used_again_until_the_trial_has_ended(self):
        rig = running()
        tick(rig), tick(rig)
        forced = rig.now
        assert tick(rig).kills == [Kill(0, 1)]
        assert rig.now == forced + AGAIN_S

    def test_it_is_not_tried_again_whatever_the_failures_left(self):
        rig = running(max_failures=-1)
        tick(rig)
        rig.end(0, "failed")
        record = rig.trial(0)
        assert record.state is State.FAILED
        assert record.failure.message == "it ran longer than its limit of 100 s; then: it failed"

    def test_a_trial_that_finishes_past_it_has_finished(self):
        rig = running()
        tick(rig), tick(rig)
        rig.end(0, "finished")
        assert rig.trial(0).state is State.FINISHED

    def test_a_trial_that_is_stopped_past_it_was_stopped(self):
        rig = running({(0, 1): STOP})
        tick(rig)
        step = rig.report(0, 1)
        assert step.facts[0].decision == "STOP"
        rig.end(0, "halted")
        assert rig.trial(0).state is State.STOPPED

    @pytest.mark.parametrize("decision", [PAUSE, Exploit("abcde_00000", {"x": 1})])
    def test_it_outweighs_what_would_go_on(self, decision):
        rig = running({(0, 2): decision})
        rig.report(0, 1, checkpoint=True)
        tick(rig)
        assert rig.report(0, 2).facts[0].decision == "TIMEOUT"

    def test_all_tries_count_and_no_time_between_them(self):
        rig = running({(0, 1): PAUSE})
        began = rig.now
        rig.report(0, 1, checkpoint=True)
        rig.now += 40
        rig.end(0, "halted")  # nothing else is to come, so that it goes on at once
        used = rig.now - began
        assert used > 40
        assert rig.trial(0).attempt == 2
        assert rig.engine.wake_at == pytest.approx(rig.trial(0).launched_at + LIMIT_S - used)

    def test_a_failed_try_counts(self):
        rig = running(max_failures=1)
        began = rig.trial(0).launched_at
        rig.now += 60
        rig.end(0, "failed")
        assert rig.engine.wake_at == pytest.approx(began + LIMIT_S)

    def test_without_one_nobody_is_woken(self):
        rig = running(trial_time_limit_s=None)
        rig.report(0, 1)
        assert rig.engine.wake_at is None


class TestAnOrderToEnd:
    def test_is_followed_by_force(self):
        rig = running({(0, 1): STOP}, trial_time_limit_s=None)
        rig.report(0, 1)
        told = rig.now
        assert tick(rig).kills == [Kill(0, 1)]
        assert rig.now == told + GRACE_S
        lose(rig, "w0")
        assert (rig.trial(0).state, rig.trial(0).failure) == (State.STOPPED, None)

    def test_a_paused_trial_is_paused_also_by_force(self):
        rig = running({(0, 1): PAUSE}, trials=2, trial_time_limit_s=None)
        rig.report(0, 1, checkpoint=True)
        tick(rig)
        lose(rig, rig.trial(0).worker)
        record = rig.trial(0)
        assert (record.state, record.lost_in_row) == (State.PAUSED, 0)

    def test_a_paused_trial_waits_for_the_worker_that_takes_the_place_of_a_killed_one(self):
        rig = running({(0, 1): PAUSE}, trial_time_limit_s=None)
        rig.report(0, 1, checkpoint=True)
        tick(rig)
        assert lose(rig, "w0").end is None
        assert launched(rig.join("w1")) == [(0, 2, "w1")]

    def test_the_limit_counts_where_it_comes_sooner(self):
        rig = running({(0, 1): STOP})
        began = rig.trial(0).launched_at
        rig.now = began + LIMIT_S - 10
        rig.report(0, 1)
        assert rig.engine.wake_at == began + LIMIT_S + OVERTIME_S

    def test_nobody_is_woken_for_what_has_ended(self):
        rig = running({(0, 1): STOP}, trials=2, trial_time_limit_s=None)
        rig.report(0, 1)
        rig.end(0, "halted")
        assert rig.engine.wake_at is None


class TestNeighbours:
    def test_go_on_elsewhere_and_are_charged_with_nothing(self):
        rig = Rig(max_trials=2, trial_time_limit_s=LIMIT_S)
        rig.start(cpu=2)
        hung, well = 0, 1
        rig.suggest(hung)
        rig.now += 50
        rig.suggest(well)
        assert tick(rig).kills == []
        assert tick(rig).kills == [Kill(hung, 1)]
        step = lose(rig, "w0")
        assert rig.trial(hung).failure.cause == "timeout"
        record = rig.trial(well)
        assert (record.state, record.failure) == (State.QUEUED, None)
        assert (record.failures, record.lost_in_row) == (0, 0)
        assert step.facts[-1].worker == "w0"
        assert launched(rig.join("w1", 2)) == [(well, 2, "w1")]

    def test_of_a_trial_with_a_process_of_its_own_are_not_touched_and_may_be_lost_later(self):
        rig = Rig(max_trials=2, trial_time_limit_s=LIMIT_S)
        rig.start(cpu=2)
        rig.suggest(0)
        rig.now += 50
        rig.suggest(1)
        tick(rig)
        assert tick(rig).kills == [Kill(0, 1)]
        rig.end(0, "lost")
        assert rig.trial(0).failure.cause == "timeout"
        assert rig.trial(1).state is State.RUNNING
        lose(rig, "w0")
        assert (rig.trial(1).state, rig.trial(1).lost_in_row) == (State.QUEUED, 1)


class TestTheRunsEnd:
    def test_is_waited_for_only_so_long(self):
        rig = running(trials=2, trial_time_limit_s=None)
        rig.send(StopRequested(rig.at, "enough", complete=True))
        asked = rig.now
        step = tick(rig)
        assert rig.now == asked + GRACE_S
        assert step.kills == [Kill(0, 1), Kill(1, 1)]
        assert step.end is not None
        assert {rig.trial(n).state for n in (0, 1)} == {State.STOPPED}

    def test_who_asks_may_give_more_time(self):
        rig = running(trial_time_limit_s=None)
        rig.send(StopRequested(rig.at, "interrupted", grace_s=600.0))
        assert rig.engine.wake_at == rig.now + 600
        tick(rig)
        assert (rig.engine.state.ended.how, rig.trial(0).state) == ("interrupted", State.QUEUED)

    def test_a_limit_still_counts(self):
        rig = running()
        rig.send(StopRequested(rig.at, "interrupted", grace_s=600.0))
        tick(rig), tick(rig)
        lose(rig, "w0")
        assert rig.trial(0).failure.cause == "timeout"
        assert rig.engine.state.ended.how == "interrupted"


class TestARestore:
    def resumed(self, rig, later=1000.0, **wish):
        limit = wish.pop("limit", LIMIT_S)
        other = Rig(history=rig.journal, trial_time_limit_s=limit, max_trials=1)
        other.now = rig.now + later
        other.send(Resumed(other.at, 2, **wish))
        other.join("w0")
        return other

    def test_the_time_before_counts_and_the_time_between_does_not(self):
        rig = running()
        began = rig.trial(0).launched_at
        rig.now += 70
        rig.report(0, 1)
        used = rig.now - began
        other = self.resumed(rig)
        assert other.trial(0).ran_s == used
        assert other.engine.wake_at == pytest.approx(other.trial(0).launched_at + LIMIT_S - used)

    def test_a_trial_that_was_told_that_its_time_is_over_has_failed(self):
        rig = running()
        tick(rig)
        rig.report(0, 1)
        other = self.resumed(rig)
        assert (other.trial(0).state, other.trial(0).failure.cause) == (State.FAILED, "timeout")
        assert other.engine.state.ended.how == "complete"

    def test_a_failed_trial_that_is_wanted_again_has_all_its_time(self):
        rig = running()
        tick(rig), tick(rig)
        lose(rig, "w0")
        other = self.resumed(rig, errored="resume", limit=300.0)
        assert other.engine.wake_at == other.trial(0).launched_at + 300

    def test_a_paused_trial_does_not_age_while_no_driver_runs(self):
        rig = running({(0, 1): PAUSE})
        rig.report(0, 1, checkpoint=True)
        other = self.resumed(rig)
        assert other.trial(0).ran_s < 10


def test_deadlines_come_in_order_and_once_each():
    deadlines = Deadlines()
    for key, at in ((1, 30.0), (2, 10.0), (3, 20.0), (2, 40.0)):
        deadlines.set(key, at)
    deadlines.clear(3)
    deadlines.clear(3)
    assert (len(deadlines), deadlines.next) == (2, 30.0)
    assert deadlines.take(29.9) == []
    assert deadlines.take(40.0) == [1, 2]
    assert deadlines.next is None


def test_what_was_set_and_cleared_before_costs_nothing():
    deadlines = Deadlines()
    for key in range(10_000):
        deadlines.set(key, 1e9 + key)
        deadlines.clear(key - 1)
    assert len(deadlines._heap) < 200
