"""Trials that no worker has room for: which wait, which fail, what is said and wished for."""

from __future__ import annotations

from engine_rig import Rig, asks, cpus, launched, tells
from pegbox._engine.engine import Engine
from pegbox._engine.rules import Rules
from pegbox._engine.state import RunState
from pegbox.decisions import PAUSE, Resize
from pegbox.events import (
    Exhausted,
    GrowthJudged,
    Resumed,
    Started,
    StopRequested,
    WorkerJoined,
    WorkerLeft,
)
from pegbox.resources import Resources
from pegbox.trial import State

IMPOSSIBLE = "a trial asks for cpu=4, and no worker has that; the best one has cpu=2 (w0)"


def judge(rig, grows):
    return rig.send(GrowthJudged(rig.at, grows))


class TestAlike:
    """All trials ask for the same, and no worker has it."""

    def test_the_run_ends_and_says_who_came_nearest(self):
        rig = Rig(resources=cpus(4), max_trials=3)
        step = rig.start(cpu=2)
        assert (step.facts[-1].how, step.facts[-1].reason) == ("failed", IMPOSSIBLE)
        assert rig.engine.impossible == cpus(4)

    def test_trials_that_were_suggested_are_left_to_a_restore(self):
        rig = Rig(resources=cpus(4), max_trials=3, lookahead=2)
        rig.start(cpu=2, grows=None)
        rig.suggest(0, cpu=4)
        step = judge(rig, False)
        assert step.facts[-1].reason == IMPOSSIBLE
        assert rig.trial(0).state is State.QUEUED
        assert tells(step) == []

    def test_a_restore_by_which_they_ask_for_less_goes_on(self):
        rig = Rig(resources=cpus(4), max_trials=1, lookahead=1)
        rig.start(cpu=2, grows=None)
        rig.suggest(0, cpu=4)
        judge(rig, False)
        again = Rig(max_trials=1, history=rig.journal)
        again.send(Resumed(again.at, 2, resources={0: cpus(2)}), GrowthJudged(again.at, False))
        assert launched(again.join("w0", 2)) == [(0, 1, "w0")]
        assert again.engine.state.snapshot() == Rig(history=again.journal).engine.state.snapshot()

    def test_a_searcher_that_is_still_asked_is_not_waited_for(self):
        rig = Rig(resources=cpus(4), lookahead=1)
        rig.start(cpu=2, grows=None)
        assert rig.engine._asks.open
        assert judge(rig, False).facts[-1].reason == IMPOSSIBLE

    def test_where_trials_vary_what_the_searcher_suggests_is_awaited(self):
        rig = Rig(resources=cpus(4), lookahead=1, varies=True)
        rig.start(cpu=2, grows=None)
        assert judge(rig, False).end is None
        assert launched(rig.suggest(0, cpu=2)) == [(0, 1, "w0")]

    def test_the_best_worker_is_the_one_that_lacks_least(self):
        rig = Rig(resources=Resources({"cpu": 1, "gpu": 4}), max_trials=1)
        rig.send(Started(rig.at), GrowthJudged(rig.at, None))
        for name, amounts in {
            "big": {"cpu": 64},
            "near": {"cpu": 8, "gpu": 2},
            "far": {"cpu": 16, "gpu": 1},
        }.items():
            rig.send(WorkerJoined(rig.at, name, Resources(amounts)))
        assert judge(rig, False).facts[-1].reason == (
            "a trial asks for cpu=1, gpu=4, and no worker has that; the best one has "
            "cpu=8, gpu=2 (near)"
        )


class TestSome:
    """Only some configurations ask for what no worker has."""

    def test_they_fail_without_another_try_and_the_others_go_on(self):
        rig = Rig(max_trials=3, max_failures=5, lookahead=2, varies=True)
        rig.start(cpu=2)
        step = rig.send(rig.suggested(0, cpu=4), rig.suggested(1), rig.suggested(2))
        assert tells(step) == [(0, "failed")]
        assert rig.trial(0).state is State.FAILED
        failure = rig.trial(0).failure
        assert (failure.cause, failure.message) == ("resources", IMPOSSIBLE)
        assert launched(step) == [(1, 1, "w0"), (2, 1, "w0")]
        rig.end(1, "finished")
        assert rig.end(2, "finished").facts[-1].how == "complete"

    def test_the_searcher_is_asked_for_another_in_its_place(self):
        rig = Rig(varies=True)
        rig.start(cpu=2)
        rig.suggest(0, cpu=4)
        assert 2 in asks(rig.suggest(1))

    def test_the_failure_is_a_fact_that_replay_repeats(self):
        rig = Rig(varies=True)
        rig.start(cpu=2)
        rig.suggest(0, cpu=4)
        again = Rig(varies=True, history=rig.journal)
        assert again.engine.state.snapshot() == rig.engine.state.snapshot()
        assert again.trial(0).state is State.FAILED

    def test_fail_fast_heeds_it(self):
        rig = Rig(varies=True, fail_fast=True)
        rig.start(cpu=2)
        step = rig.send(rig.suggested(0, cpu=4), Exhausted(rig.at, 1))
        assert step.facts[-1].reason == "trial f_abcde_00000 failed, and fail_fast is set"

    def test_a_trial_that_was_resized_to_too_much_fails_with_its_results(self):
        rig = Rig({(0, 1): Resize(cpus(4))}, max_trials=1)
        rig.start(cpu=2)
        rig.suggest(0)
        rig.report(0, 1)
        step = rig.end(0, "halted")
        assert rig.trial(0).state is State.FAILED
        assert rig.trial(0).result["loss"] == 0.5
        assert step.facts[-1].how == "complete"


class TestWaiting:
    """What may be met when a worker joins."""

    def test_until_it_is_known_whether_workers_come_nothing_is_said(self):
        rig = Rig(resources=cpus(4), max_trials=1)
        step = rig.start(cpu=2, grows=None)
        assert (step.end, step.notices) == (None, [])

    def test_it_is_said_once_for_each_shape(self):
        rig = Rig(max_trials=4, lookahead=4, varies=True)
        rig.start(cpu=2, workers=2, grows=True)
        step = rig.send(rig.suggested(0, cpu=4), rig.suggested(1, cpu=3), rig.suggested(2, cpu=4))
        assert step.notices == [
            f"waits: a trial asks for cpu={asked}; the best of 2 workers has cpu=2 (w0); it goes "
            "on when a worker joins that has it"
            for asked in (4, 3)
        ]
        assert rig.suggest(3, cpu=4).notices == []
        assert judge(rig, True).notices == []

    def test_it_is_said_of_trials_that_were_not_asked_for_yet(self):
        rig = Rig(resources=cpus(4), max_trials=1)
        rig.start(cpu=2, grows=None)
        (notice,) = judge(rig, True).notices
        assert notice.startswith("waits: a trial asks for cpu=4; 1 worker is there, and has cpu=2")
        assert asks(rig.join("w1", 4)) == [0]

    def test_it_ends_when_the_cluster_no_longer_grows(self):
        rig = Rig(resources=cpus(4), max_trials=1)
        rig.start(cpu=2, grows=True)
        assert judge(rig, False).facts[-1].reason == IMPOSSIBLE

    def test_what_once_fitted_waits_for_such_a_worker_to_come_back(self):
        rig = Rig(max_trials=2, lookahead=1, varies=True)
        rig.start(cpu=2)
        rig.join("large", 4)
        rig.send(rig.suggested(0, cpu=4), rig.suggested(1))
        rig.leave("large")
        assert rig.trial(0).state is State.QUEUED
        assert rig.end(1, "finished").end is None
        assert launched(rig.join("another", 4)) == [(0, 2, "another")]

    def test_no_worker_at_all_is_no_reason_to_end(self):
        rig = Rig(resources=cpus(4), max_trials=1)
        assert judge_without_workers(rig).end is None

    def test_a_run_whose_only_trial_is_paused_outlives_its_workers(self):
        """Whether the scheduler chooses, or paused trials go on as nothing else can."""
        for choose in (None, lambda queued, paused, running: [*queued, *paused][0]):
            rig = Rig({(0, 1): PAUSE}, choose=choose, max_trials=1)
            rig.start()
            rig.suggest(0)
            rig.report(0, 1)
            rig.send(rig.ended(0, "halted"), WorkerLeft(rig.at, "w0"))
            assert rig.trial(0).state is State.PAUSED
            assert not rig.engine.ended
            assert launched(rig.join("w1")) == [(0, 2, "w1")]

    def test_a_paused_trial_that_fits_goes_before_one_that_waits(self):
        rig = Rig({(0, 1): PAUSE, (1, 1): PAUSE}, max_trials=2, lookahead=1, varies=True)
        rig.start(cpu=1)
        rig.join("large", 3)
        rig.send(rig.suggested(0, cpu=3), rig.suggested(1))
        rig.send(rig.reported(0, 1), rig.reported(1, 1))
        rig.send(rig.ended(0, "halted"), WorkerLeft(rig.at, "large"))
        assert launched(rig.end(1, "halted")) == [(1, 2, "w0")]


def judge_without_workers(rig):
    rig.send(Started(rig.at))
    return judge(rig, False)


def wished(engine):
    """Workers beyond those that are busy, and idle ones to be kept."""
    wishes = engine.wishes()
    return wishes.more, wishes.kept


class TestWishes:
    """How many workers would be of use."""

    def test_one_for_each_trial_while_no_worker_was_seen(self):
        rig = Rig(max_trials=7)
        rig.send(Started(rig.at))
        assert wished(rig.engine) == (7, 0)

    def test_as_many_as_take_the_trials_by_the_workers_seen(self):
        rig = Rig(max_trials=9)
        rig.start(cpu=2, grows=True)
        rig.send(rig.suggested(0), rig.suggested(1))
        assert wished(rig.engine) == (4, 0)  # seven more, two at a time
        rig.leave("w0")
        assert wished(rig.engine) == (5, 0)

    def test_workers_are_kept_for_what_is_being_suggested(self):
        rig = Rig(max_trials=9)
        rig.start(cpu=2, workers=3, grows=True)
        assert len(rig.engine._asks.open) == 6
        assert wished(rig.engine) == (0, 3)

    def test_no_more_than_may_run_at_once(self):
        rig = Rig(max_trials=9, max_concurrent=3)
        rig.start(cpu=1, grows=True)
        rig.suggest(0)
        assert wished(rig.engine) == (2, 0)

    def test_none_for_what_no_worker_of_the_cluster_takes(self):
        rig = Rig(max_trials=9, lookahead=1, varies=True)
        rig.start(cpu=1, grows=True)
        rig.suggest(0, cpu=4)
        rig.suggest(1)
        assert wished(rig.engine) == (7, 0)

    def test_without_a_bound_as_many_again_as_run(self):
        rig = Rig()
        rig.send(Started(rig.at))
        assert wished(rig.engine) == (1, 0)
        rig.join("w0", 4)
        rig.send(*(rig.suggested(number) for number in range(4)))
        assert wished(rig.engine) == (1, 0)
        rig.join("w1", 4)
        rig.send(*(rig.suggested(number) for number in range(4, 8)))
        assert wished(rig.engine) == (2, 0)

    def test_none_before_the_start_and_after_the_end(self):
        engine = Engine(RunState("abcde", "f"), Rules(cpus(1)), Rig().decider)
        assert wished(engine) == (0, 0)
        rig = Rig()
        rig.start()
        rig.send(StopRequested(rig.at, "interrupted"))
        assert wished(rig.engine) == (0, 0)
