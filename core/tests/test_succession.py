"""Which trial follows at once where another has ended, before all else is worked out."""

from __future__ import annotations

import pytest
from engine_rig import Rig, cpus
from pegbox.events import (
    Launched,
    PluginFailed,
    Reported,
    RoomChanged,
    RunEnded,
    Started,
    StopRequested,
    Suggested,
    WorkerJoined,
)
from pegbox.resources import Resources
from pegbox.trial import State


def one_runs(*, workers=1, waiting=(1, 1), **options):
    """A rig whose first trials run, one on each worker, while others of so many cpus wait."""
    rig = Rig(lookahead=8, max_trials=9, **options)
    rig.start(workers=workers)
    for number in range(workers):
        rig.suggest(number)
    for number, cpu in enumerate(waiting, workers):
        rig.suggest(number, cpu)
    return rig


def successors(rig, *events, known=lambda trial: True):
    return [(one.trial, one.attempt, one.worker) for one in rig.engine.successors(events, known)]


def finished(rig, trial):
    return rig.reported(trial, 1), rig.ended(trial, "finished")


class TestWhoFollows:
    def test_the_longest_queued_trial_goes_where_one_has_finished(self):
        rig = one_runs()
        assert successors(rig, *finished(rig, 0)) == [(1, 1, "w0")]

    def test_of_several_ends_each_has_a_successor(self):
        rig = one_runs(workers=2, waiting=(1, 1, 1))
        events = finished(rig, 1) + finished(rig, 0)
        assert successors(rig, *events) == [(2, 1, "w1"), (3, 1, "w0")]

    def test_no_more_follow_than_wait(self):
        rig = one_runs(workers=2, waiting=(1,))
        assert successors(rig, *finished(rig, 0), *finished(rig, 1)) == [(2, 1, "w0")]

    def test_nobody_whom_the_store_does_not_know(self):
        rig = one_runs()
        assert successors(rig, *finished(rig, 0), known=lambda trial: trial != 1) == []

    @pytest.mark.parametrize("how", ["failed", "lost", "halted"])
    def test_nobody_where_a_trial_has_not_finished(self, how):
        rig = one_runs()
        assert successors(rig, rig.ended(0, how)) == []

    def test_nobody_after_an_end_of_an_older_attempt(self):
        rig = one_runs(max_failures=1, waiting=())
        rig.end(0, "failed")
        assert rig.trial(0).attempt == 2
        rig.suggest(1)
        assert successors(rig, rig.ended(0, "finished", attempt=1)) == []

    def test_nobody_where_shapes_differ(self):
        rig = Rig(lookahead=8)
        rig.start(cpu=2)
        rig.suggest(0, 2)
        rig.suggest(1, 1)
        assert successors(rig, *finished(rig, 0)) == []  # two may follow
        rig.suggest(2, 2)
        assert successors(rig, *finished(rig, 0)) == []

    def test_nobody_where_gpus_are_to_be_given(self):
        rig = Rig(lookahead=8, resources=(shape := Resources({"cpu": 1, "gpu": 1})))
        rig.send(Started(rig.at, 1), WorkerJoined(rig.at, "w0", shape))
        point = {"x": 0.5}
        for number in range(2):
            rig.send(Suggested(rig.at, number, point, point, point, shape, "x"))
        assert rig.trial(0).state is State.RUNNING
        assert successors(rig, *finished(rig, 0)) == []

    def test_nobody_where_the_scheduler_chooses(self):
        rig = one_runs(choose=lambda queued, paused, running: [*queued, *paused][-1])
        runs = next(iter(rig.engine.state.active))
        assert successors(rig, *finished(rig, runs)) == []

    def test_nobody_on_a_worker_that_others_use_too(self):
        rig = one_runs()
        rig.send(RoomChanged(rig.at, "w0", cpus(1), {}))
        assert successors(rig, *finished(rig, 0)) == []

    def test_nobody_once_the_run_is_to_end(self):
        rig = one_runs()
        rig.send(StopRequested(rig.at, "enough"))
        assert successors(rig, *finished(rig, 0)) == []

    def test_nobody_where_more_has_happened(self):
        rig = one_runs()
        assert successors(rig, StopRequested(rig.at, "enough"), *finished(rig, 0)) == []


class TestWhatIsNoted:
    def test_its_launch_is_a_fact_and_no_order_any_more(self):
        rig = one_runs()
        events = finished(rig, 0)
        assert successors(rig, *events) == [(1, 1, "w0")]
        step = rig.send(*events)
        assert [(fact.trial, fact.worker) for fact in step.facts if isinstance(fact, Launched)] == [
            (1, "w0")
        ]
        assert not step.launches
        assert rig.trial(1).state is State.RUNNING
        assert rig.engine.occupancy.busy_s > 0

    def test_it_has_begun_though_the_end_before_it_ends_the_run(self):
        rig = one_runs()
        events = finished(rig, 0)
        assert successors(rig, *events)
        rig.decider.failure = PluginFailed(rig.at, "scheduler", "s", "it broke")
        step = rig.send(*events)
        assert rig.trial(1).state is State.RUNNING
        assert not any(isinstance(fact, RunEnded) for fact in step.facts)
        assert not rig.report(1, 1).answers[0].go_on
        ended = rig.end(1, "halted").facts[-1]
        assert isinstance(ended, RunEnded)
        assert ended.how == "failed"

    def test_the_facts_are_those_of_a_run_without_successors(self):
        def facts(early):
            rig = one_runs(workers=2, waiting=(1, 1, 1))
            for events in (finished(rig, 1), finished(rig, 0)):
                if early:
                    assert successors(rig, *events)
                rig.send(*events)
            return [fact for fact in rig.journal if not isinstance(fact, Reported)]

        assert facts(early=True) == facts(early=False)
