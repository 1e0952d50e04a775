"""Each rule of the engine by itself: one event in, and what follows from it."""

from __future__ import annotations

import math

import pytest
from engine_rig import Rig, asks, checkpoint_at, cpus, launch, launched, tells
from pegbox._engine.state import RunState
from pegbox.commands import EndRun, TellResult
from pegbox.decisions import PAUSE, START_NEW, STOP, WAIT, Exploit, Resize
from pegbox.errors import InvalidTransition
from pegbox.events import (
    Declined,
    Ended,
    Exhausted,
    Launched,
    PluginFailed,
    Reconfigured,
    Reported,
    Resumed,
    RoomChanged,
    RunEnded,
    Started,
    StopRequested,
    Suggested,
    WorkerLeft,
)
from pegbox.trial import State


def running(decisions=(), *, trials=1, **options):
    """A rig whose trials all run, each on a worker of its own; nothing more is to come."""
    rig = Rig(dict(decisions), max_trials=trials, **options)
    rig.start(workers=trials)
    for number in range(trials):
        rig.suggest(number)
    assert all(rig.trial(n).state is State.RUNNING for n in range(trials))
    return rig


def go_on(step):
    assert len(step.answers) == 1
    return step.answers[0].go_on


def resume(rig, *, cpu=1, rules=(), **wish):
    """Another process takes the journal up; the rig of it and what its first worker led to."""
    other = Rig(history=rig.journal, **dict(rules))
    other.now = rig.now
    other.send(Resumed(other.at, other.engine.state.epoch + 1, **wish))
    return other, other.join("w0", cpu)


class TestAsking:
    def test_for_as_many_as_there_is_room_for(self):
        assert asks(Rig().start(cpu=2)) == [0, 1]

    def test_ahead_of_room_only_as_far_as_the_rules_say(self):
        rig = Rig(lookahead=3)
        assert asks(rig.send(Started(rig.at))) == [0, 1, 2]
        assert asks(rig.join("w0", 2)) == [3, 4]

    def test_a_suggestion_that_waits_counts_as_asked(self):
        rig = Rig(lookahead=1)
        rig.start()
        rig.suggest(0)
        assert asks(rig.suggest(1)) == []
        assert rig.trial(1).state is State.QUEUED

    def test_never_for_more_than_the_bound(self):
        rig = Rig(max_trials=2)
        assert asks(rig.start(cpu=4)) == [0, 1]
        rig.suggest(0)
        rig.suggest(1)
        assert asks(rig.end(0, "finished")) == []

    def test_for_no_more_than_may_run_at_once(self):
        assert asks(Rig(max_concurrent=1).start(cpu=4)) == [0]

    def test_what_runs_counts_among_what_may_run_at_once(self):
        rig = Rig(max_concurrent=2)
        assert asks(rig.start(cpu=4)) == [0, 1]
        assert asks(rig.suggest(0)) == []

    def test_what_was_put_off_comes_again_in_the_order_of_its_numbers(self):
        rig = Rig(lookahead=1)
        rig.start(cpu=2)
        rig.suggest(0)
        rig.send(Declined(rig.at, 2), Declined(rig.at, 1))
        assert asks(rig.end(0, "finished"))[:2] == [1, 2]

    def test_what_was_put_off_before_a_tell_comes_again_in_the_order_of_its_numbers(self):
        rig = Rig(lookahead=1)
        rig.start(cpu=2)
        rig.suggest(0)
        rig.end(0, "finished")
        assert asks(rig.send(Declined(rig.at, 2), Declined(rig.at, 1))) == [1, 2, 3]

    def test_a_searcher_that_waits_is_asked_again_after_the_next_tell(self):
        rig = Rig()
        rig.start(cpu=2)
        rig.suggest(0)
        assert asks(rig.send(Declined(rig.at, 1))) == []
        assert asks(rig.report(0, 1)) == []
        step = rig.end(0, "finished")
        assert tells(step) == [(0, "finished")]
        assert asks(step) == [1, 2]

    def test_a_searcher_that_waits_is_asked_at_once_if_it_was_told_meanwhile(self):
        rig = Rig()
        rig.start(cpu=2)
        rig.suggest(0)
        rig.end(0, "finished")
        assert asks(rig.send(Declined(rig.at, 1))) == [1, 2]

    def test_nothing_further_until_an_ask_from_before_a_tell_is_answered(self):
        rig = Rig()
        rig.start(cpu=3)
        rig.suggest(0)
        step = rig.end(0, "finished")
        assert len(tells(step)) == 1
        assert asks(step) == []
        assert asks(rig.suggest(1)) == []
        assert asks(rig.suggest(2)) == [3]

    def test_nothing_further_while_one_ask_waits_for_a_tell(self):
        rig = Rig()
        rig.start(cpu=2)
        rig.suggest(0)
        rig.send(Declined(rig.at, 1))
        assert asks(rig.join("w1", 4)) == []

    def test_no_more_once_it_is_exhausted_which_is_noted_once(self):
        rig = Rig()
        rig.start(cpu=2)
        assert len(rig.send(Exhausted(rig.at, 0)).facts) == 1
        step = rig.send(Exhausted(rig.at, 1))
        assert [type(fact) for fact in step.facts] == [RunEnded]

    def test_an_answer_that_nobody_asked_for_is_a_mistake(self):
        rig = Rig()
        rig.start()
        with pytest.raises(ValueError, match="trial 7 was not asked for"):
            rig.suggest(7)

    def test_an_answer_counts_once(self):
        rig = Rig()
        rig.start(cpu=2)
        rig.suggest(0)
        with pytest.raises(ValueError, match="trial 0 was not asked for"):
            rig.suggest(0)

    def test_what_was_never_answered_is_asked_for_first_after_a_restore(self):
        rig = Rig(lookahead=10, max_trials=3)
        rig.start()
        rig.suggest(2)
        again, step = resume(rig, cpu=4, rules={"max_trials": 5})
        assert launched(step) == [(2, 2, "w0")]
        assert asks(step) == [0, 1, 3]
        again.suggest(1)
        assert list(again.engine.state.trials) == [2, 1]

    def test_the_bound_counts_gaps_once(self):
        rig = Rig(lookahead=10, max_trials=3)
        rig.start()
        rig.suggest(2)
        _, step = resume(rig, cpu=9, rules={"max_trials": 3})
        assert asks(step) == [0, 1]

    def test_an_exhausted_searcher_is_asked_again_after_a_restore(self):
        rig = Rig()
        rig.start()
        rig.send(Exhausted(rig.at, 0))
        _, step = resume(rig)
        assert asks(step) == [0]


class TestLaunching:
    def test_the_longest_queued_first(self):
        rig = Rig(lookahead=2)
        rig.start()
        rig.suggest(1)
        rig.suggest(2)
        rig.suggest(0)
        assert launched(rig.end(1, "finished")) == [(2, 1, "w0")]
        assert launched(rig.end(2, "finished")) == [(0, 1, "w0")]

    def test_the_longest_queued_first_whatever_its_size(self):
        rig = Rig(lookahead=5, max_concurrent=1)
        rig.start(cpu=2)
        rig.suggest(0)
        rig.suggest(1)
        rig.suggest(2, cpu=2)
        rig.suggest(3)
        assert [launched(rig.end(n, "finished"))[0][0] for n in (0, 1, 2)] == [1, 2, 3]

    def test_a_small_one_passes_a_large_one_that_has_no_room(self):
        rig = Rig(lookahead=5)
        rig.start(cpu=2)
        rig.suggest(0)
        assert launched(rig.suggest(1, cpu=2)) == []
        assert launched(rig.suggest(2)) == [(2, 1, "w0")]

    def test_room_that_a_trial_leaves_is_used_in_the_same_step(self):
        rig = Rig(lookahead=1)
        rig.start()
        rig.suggest(0)
        rig.suggest(1)
        assert launched(rig.end(0, "finished")) == [(1, 1, "w0")]

    def test_no_more_at_once_than_the_rules_say(self):
        rig = Rig(max_concurrent=1, lookahead=1)
        rig.start(cpu=4)
        rig.suggest(0)
        assert launched(rig.suggest(1)) == []
        assert launched(rig.end(0, "finished")) == [(1, 1, "w0")]

    def test_a_try_is_told_where_to_go_on_from(self):
        rig = running(max_failures=1)
        rig.report(0, 1, checkpoint=True)
        rig.report(0, 2)
        again = launch(rig.end(0, "failed"))
        assert (again.attempt, again.checkpoint) == (2, checkpoint_at(0, 1))
        assert (again.iteration, again.time_total_s) == (1, 1.0)
        assert rig.trial(0).iteration == 1

    def test_a_worker_that_gains_capacity_gets_more(self):
        rig = Rig(lookahead=1)
        rig.start()
        rig.suggest(0)
        rig.suggest(1)
        assert launched(rig.join("w0", 2)) == [(1, 1, "w0")]


class TestSharedWorkers:
    """Other runs use the workers too."""

    def limit(self, rig, cpu, worker="w0"):
        return rig.send(RoomChanged(rig.at, worker, cpus(cpu), {}))

    def test_nothing_is_launched_beyond_what_others_leave(self):
        rig = Rig(max_trials=4)
        rig.start(cpu=4)
        self.limit(rig, 1)
        assert [launch.trial for launch in rig.send(*map(rig.suggested, range(4))).launches] == [0]
        assert [launch.trial for launch in self.limit(rig, 3).launches] == [1, 2]
        # Less than what runs: nothing is ended for it, and nothing comes after it.
        self.limit(rig, 1)
        assert rig.end(0, "finished").launches == []
        assert rig.end(1, "finished").launches == []
        assert [launch.trial for launch in rig.end(2, "finished").launches] == [3]

    def test_a_launch_for_which_there_was_no_room_waits_again_and_costs_nothing(self):
        rig = Rig(max_trials=1, max_failures=0)
        rig.start()
        rig.suggest(0)
        rig.send(RoomChanged(rig.at, "w0", cpus(0), {}), Ended(rig.at, 0, 1, "halted"))
        record = rig.trial(0)
        assert (record.state, record.failures, record.lost_in_row) == (State.QUEUED, 0, 0)
        (launch,) = self.limit(rig, 1).launches
        assert (launch.trial, launch.attempt) == (0, 2)

    def test_where_others_have_everything_it_waits_and_says_so_once(self):
        rig = Rig(max_trials=1)
        rig.start()
        rig.suggest(0)
        step = rig.send(RoomChanged(rig.at, "w0", cpus(0), {}), Ended(rig.at, 0, 1, "halted"))
        assert step.end is None
        assert step.notices == [
            "waits: other runs have the room on the cluster; it goes on as their trials end"
        ]
        assert self.limit(rig, 0.5).notices == []

    def test_what_no_worker_has_is_impossible_though_others_use_them(self):
        rig = Rig(resources=cpus(4), max_trials=1)
        rig.start(cpu=2)
        assert rig.engine.ended
        assert "no worker has that; the best one has cpu=2" in rig.engine.state.ended.reason

    def test_a_worker_that_comes_again_is_whole(self):
        rig = Rig(max_trials=2)
        rig.start(cpu=2)
        self.limit(rig, 0)
        rig.leave("w0")
        rig.join("w0", 2)
        assert len(rig.send(*map(rig.suggested, range(2))).launches) == 2

    def test_a_limit_for_a_worker_that_is_gone_is_no_mistake(self):
        rig = Rig(max_trials=1)
        rig.start()
        self.limit(rig, 0, "another")
        assert rig.suggest(0).launches


class TestReports:
    def test_go_on_is_answered_and_stored(self):
        rig = running()
        step = rig.report(0, 1)
        assert go_on(step)
        assert [(f.iteration, f.decision) for f in step.facts] == [(1, "CONTINUE")]

    def test_the_result_has_what_is_filled_in(self):
        rig = running()
        rig.report(0, 1, loss=0.25)
        result = rig.trial(0).result
        assert result["loss"] == 0.25
        assert (result["training_iteration"], result["trial_id"]) == (1, "abcde_00000")
        assert (result["time_total_s"], result["done"]) == (1.0, False)
        rig.end(0, "finished")
        assert rig.trial(0).result["done"] is True

    def test_counts_since_restore_begin_anew_with_each_try(self):
        rig = running(max_failures=1)
        rig.report(0, 1, loss=1.0, timesteps_this_iter=5)
        rig.report(0, 2, checkpoint=True, loss=1.0, timesteps_this_iter=5)
        assert rig.trial(0).result["timesteps_since_restore"] == 10
        rig.end(0, "failed")
        rig.report(0, 3, attempt=2, loss=1.0, timesteps_this_iter=7)
        result = rig.trial(0).result
        assert result["iterations_since_restore"] == 1
        assert result["time_since_restore"] == 1.0
        assert result["timesteps_since_restore"] == 7

    def test_searchers_that_read_them_get_them_all(self):
        rig = running(reads_results=True)
        orders = rig.report(0, 1).orders
        assert [(type(o), o.trial, o.result["loss"]) for o in orders] == [(TellResult, 0, 0.5)]
        assert running().report(0, 1).orders == []

    def test_of_an_older_try_end_that_try_and_count_nothing(self):
        rig = running(max_failures=1)
        rig.end(0, "failed")
        step = rig.report(0, 9, attempt=1)
        assert not go_on(step)
        assert (step.answers[0].attempt, step.facts) == (1, [])
        assert rig.trial(0).iteration == 0

    def test_of_an_ended_trial_end_it_and_count_nothing(self):
        rig = running(trials=2)
        rig.end(0, "finished")
        step = rig.report(0, 9)
        assert not go_on(step)
        assert step.facts == []

    def test_of_an_unknown_trial_end_it(self):
        step = running().report(5, 1)
        assert not go_on(step)
        assert step.facts == []

    def test_while_halting_count_nothing(self):
        rig = running({(0, 1): STOP})
        rig.report(0, 1)
        step = rig.report(0, 2)
        assert not go_on(step)
        assert step.facts == []
        assert rig.trial(0).iteration == 1

    def test_a_batch_is_decided_in_its_order(self):
        rig = running({(1, 1): STOP}, trials=2)
        step = rig.send(rig.reported(1, 1), rig.reported(0, 1))
        assert [(a.trial, a.go_on) for a in step.answers] == [(1, False), (0, True)]
        assert [f.trial for f in step.facts] == [1, 0]


class TestStop:
    def test_halts_and_then_is_stopped_and_told_once(self):
        rig = running({(0, 1): STOP})
        step = rig.report(0, 1)
        assert not go_on(step)
        assert rig.trial(0).state is State.HALTING
        assert tells(step) == []
        step = rig.end(0, "halted")
        assert rig.trial(0).state is State.STOPPED
        assert tells(step) == [(0, "stopped")]

    @pytest.mark.parametrize("how", ["failed", "lost"])
    def test_one_that_breaks_while_it_ends_counts_as_stopped(self, how):
        rig = running({(0, 1): STOP}, max_failures=5)
        rig.report(0, 1)
        rig.end(0, how)
        assert rig.trial(0).state is State.STOPPED

    def test_one_that_returned_before_it_heard_is_finished(self):
        rig = running({(0, 1): STOP})
        rig.report(0, 1)
        assert tells(rig.end(0, "finished")) == [(0, "finished")]
        assert rig.trial(0).state is State.FINISHED


class TestPause:
    def test_gives_its_room_back_and_is_not_told(self):
        rig = Rig({(0, 1): PAUSE}, lookahead=1)
        rig.start()
        rig.suggest(0)
        rig.suggest(1)
        rig.report(0, 1, checkpoint=True)
        step = rig.end(0, "halted")
        assert rig.trial(0).state is State.PAUSED
        assert tells(step) == []
        assert launched(step) == [(1, 1, "w0")]

    def test_goes_on_from_its_checkpoint_when_no_new_one_can_come(self):
        rig = Rig({(0, 1): PAUSE}, max_trials=2)
        rig.start()
        rig.suggest(0)
        rig.report(0, 1, checkpoint=True)
        assert launched(rig.end(0, "halted")) == []
        rig.suggest(1)
        again = launch(rig.end(1, "finished"))
        assert (again.trial, again.attempt, again.checkpoint) == (0, 2, checkpoint_at(0, 1))

    def test_goes_on_from_what_it_saved_at_its_end(self):
        rig = Rig({(0, 2): PAUSE}, max_trials=1)
        rig.start()
        rig.suggest(0)
        rig.report(0, 1, checkpoint=True)
        rig.report(0, 2)
        again = launch(rig.end(0, "halted", checkpoint=checkpoint_at(0, 2)))
        assert (again.checkpoint, again.iteration) == (checkpoint_at(0, 2), 2)

    @pytest.mark.parametrize(
        ("decision", "save"),
        [
            (PAUSE, True),
            (Resize(cpus(1)), True),
            (STOP, False),
            (Exploit("abcde_00001", {"x": 1.0}), False),
        ],
    )
    def test_hears_to_save_itself_only_where_it_goes_on_from_there(self, decision, save):
        rig = running({(0, 1): decision}, trials=2)
        rig.report(1, 1, checkpoint=True)
        (answer,) = rig.report(0, 1).answers
        assert (answer.go_on, answer.save) == (False, save)

    def test_a_run_that_is_to_end_has_its_trials_save_themselves(self):
        rig = running({})
        rig.send(StopRequested(rig.at, "interrupted"))
        (answer,) = rig.report(0, 1).answers
        assert (answer.go_on, answer.save) == (False, True)

    def test_waits_while_the_searcher_may_bring_a_new_one(self):
        rig = Rig({(0, 1): PAUSE}, max_trials=2)
        rig.start(cpu=2)
        rig.suggest(0)
        rig.report(0, 1)
        assert launched(rig.end(0, "halted")) == []
        assert launched(rig.send(Exhausted(rig.at, 1))) == [(0, 2, "w0")]

    def test_waits_while_another_is_queued(self):
        rig = Rig({(0, 1): PAUSE}, max_trials=3, lookahead=1)
        rig.start(cpu=2)
        rig.suggest(0)
        rig.suggest(1)
        rig.suggest(2, cpu=2)
        rig.report(0, 1)
        assert launched(rig.end(0, "halted")) == []
        assert launched(rig.end(1, "finished")) == [(2, 1, "w0")]

    def test_goes_on_while_the_searcher_waits_for_its_result(self):
        rig = Rig({(0, 1): PAUSE})
        rig.start(cpu=2)
        rig.suggest(0)
        rig.send(Declined(rig.at, 1))
        rig.report(0, 1)
        assert launched(rig.end(0, "halted")) == [(0, 2, "w0")]

    def test_one_that_fails_while_it_ends_is_a_failure(self):
        rig = running({(0, 1): PAUSE})
        rig.report(0, 1)
        assert tells(rig.end(0, "failed")) == [(0, "failed")]


class TestExploit:
    def decide(self, donor="abcde_00001", *, checkpoint=True):
        config = {"x": 9.0}
        rig = running({(0, 1): Exploit(donor, config)}, trials=2)
        rig.report(1, 1, checkpoint=checkpoint)
        return rig, rig.report(0, 1, checkpoint=True)

    def test_goes_on_from_the_donors_checkpoint_with_its_own_config(self):
        rig, step = self.decide()
        assert not go_on(step)
        assert step.facts[0].decision == "EXPLOIT"
        step = rig.end(0, "halted")
        assert [type(f) for f in step.facts] == [Ended, Reconfigured, Launched]
        assert step.facts[1].encoded == {"encoded": {"x": 9.0}}
        assert step.facts[1].donor == 1
        again = launch(step)
        assert (again.config, again.checkpoint) == ({"x": 9.0}, checkpoint_at(1, 1))
        assert tells(step) == []

    @pytest.mark.parametrize("donor", ["abcde_00007", "nonsense"])
    def test_an_unknown_donor_changes_nothing(self, donor):
        _, step = self.decide(donor)
        assert go_on(step)
        assert step.facts[0].decision == "CONTINUE"

    def test_a_donor_without_a_checkpoint_changes_nothing(self):
        _, step = self.decide(checkpoint=False)
        assert go_on(step)

    def test_one_that_fails_while_it_ends_keeps_its_config(self):
        rig, _ = self.decide()
        rig.end(0, "failed")
        assert rig.trial(0).state is State.FAILED
        assert rig.trial(0).config == {"x": 0.0}


class TestResize:
    def test_waits_for_room_of_its_new_size(self):
        rig = Rig({(0, 1): Resize(cpus(2))}, max_trials=2)
        rig.start(cpu=2)
        rig.suggest(0)
        rig.suggest(1)
        rig.report(0, 1, checkpoint=True)
        step = rig.end(0, "halted")
        assert launched(step) == []
        assert rig.trial(0).resources == cpus(2)
        again = launch(rig.end(1, "finished"))
        assert (again.trial, again.resources) == (0, cpus(2))
        assert again.checkpoint == checkpoint_at(0, 1)
        assert again.config == {"x": 0.0}

    def test_gives_back_what_it_had_and_not_what_it_asks_for(self):
        rig = Rig({(0, 1): Resize(cpus(1))}, max_trials=1)
        rig.start(cpu=2)
        rig.suggest(0, cpu=2)
        rig.report(0, 1)
        assert launch(rig.end(0, "halted")).resources == cpus(1)

    def test_is_remembered_over_a_restore(self):
        rig = Rig({(0, 1): Resize(cpus(2))}, max_trials=2)
        rig.start(cpu=2)
        rig.suggest(0)
        rig.suggest(1)
        rig.report(0, 1)
        assert rig.trial(0).resized
        replayed = RunState("00000", "train")
        for fact in rig.journal:
            replayed.apply(fact)
        assert [replayed.trials[number].resized for number in (0, 1)] == [True, False]


class TestFailures:
    def test_are_tried_again_until_the_budget_is_used_up(self):
        rig = running(max_failures=2)
        assert launched(rig.end(0, "failed", attempt=1)) == [(0, 2, "w0")]
        assert launched(rig.end(0, "failed", attempt=2)) == [(0, 3, "w0")]
        step = rig.end(0, "failed", attempt=3)
        assert rig.trial(0).state is State.FAILED
        assert tells(step) == [(0, "failed")]
        assert rig.decider.told[-1] == ("completed", 0, "failed")

    def test_a_report_between_gives_no_new_budget(self):
        rig = running(max_failures=1)
        rig.end(0, "failed", attempt=1)
        rig.report(0, 1, attempt=2)
        rig.end(0, "failed", attempt=2)
        assert rig.trial(0).state is State.FAILED

    def test_without_bound_never_end_a_trial(self):
        rig = running(max_failures=-1)
        for attempt in range(1, 20):
            rig.end(0, "failed", attempt=attempt)
        assert rig.trial(0).state is State.RUNNING

    def test_the_failure_is_shown_until_a_later_try_reports(self):
        rig = running(max_failures=1)
        rig.end(0, "failed")
        assert rig.trial(0).failure.message == "it failed"
        rig.report(0, 1, attempt=2)
        assert rig.trial(0).failure is None

    def test_a_late_end_of_an_older_try_counts_nothing(self):
        rig = running(max_failures=1)
        rig.end(0, "failed", attempt=1)
        assert rig.end(0, "failed", attempt=1).facts == []
        assert rig.trial(0).failures == 1


class TestLosses:
    def test_have_a_budget_of_their_own(self):
        rig = running(max_failures=0, max_lost=3)
        rig.end(0, "lost", attempt=1)
        rig.end(0, "lost", attempt=2)
        assert rig.trial(0).state is State.RUNNING
        assert tells(rig.end(0, "lost", attempt=3)) == [(0, "failed")]
        assert rig.trial(0).state is State.FAILED

    def test_are_counted_in_a_row_without_a_report(self):
        rig = running(max_lost=2)
        rig.end(0, "lost", attempt=1)
        rig.report(0, 1, attempt=2)
        rig.end(0, "lost", attempt=2)
        assert rig.trial(0).state is State.RUNNING

    def test_do_not_use_up_failures(self):
        rig = running(max_failures=1)
        rig.end(0, "lost", attempt=1)
        rig.end(0, "failed", attempt=2)
        assert rig.trial(0).state is State.RUNNING

    def test_of_a_worker_are_those_of_its_trials(self):
        rig = running(trials=2)
        step = rig.leave("w0")
        assert [(type(f), getattr(f, "trial", None)) for f in step.facts] == [
            (Ended, 0),
            (WorkerLeft, None),
        ]
        assert step.facts[0].failure.message == "worker w0 disappeared"
        assert rig.trial(0).state is State.QUEUED
        assert rig.trial(1).state is State.RUNNING
        assert launched(rig.join("w2")) == [(0, 2, "w2")]

    def test_that_were_reported_before_the_worker_left_count_once(self):
        rig = running(max_lost=2)
        rig.send(rig.ended(0, "lost"), WorkerLeft(rig.at, "w0"))
        assert rig.trial(0).lost_in_row == 1
        assert rig.trial(0).state is State.QUEUED

    def test_a_worker_leaves_once(self):
        rig = running(trials=2)
        rig.leave("w0")
        assert rig.leave("w0").facts == []
        assert rig.leave("nobody").facts == []


class TestWhatTheSearcherIsTold:
    @pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf, "high", True, None])
    def test_a_loss_that_is_no_number_is_a_failure_of_a_finished_trial(self, loss):
        rig = running()
        rig.report(0, 1, loss=loss)
        assert tells(rig.end(0, "finished")) == [(0, "failed")]
        assert rig.trial(0).state is State.FINISHED
        kept = rig.trial(0).result["loss"]
        assert kept is loss

    def test_a_trial_that_reported_nothing_failed(self):
        step = running().end(0, "finished")
        assert tells(step) == [(0, "failed")]
        assert step.orders[0].result is None

    def test_without_objectives_an_end_is_an_end(self):
        assert tells(running(objectives=()).end(0, "finished")) == [(0, "finished")]

    def test_the_last_result_comes_along(self):
        rig = running()
        rig.report(0, 1, loss=3.0)
        rig.report(0, 2, loss=2.0)
        tell = rig.end(0, "finished").orders[0]
        assert (tell.result["loss"], tell.result["training_iteration"]) == (2.0, 2)


class TestEnd:
    def test_all_ended_and_nothing_to_come_is_complete(self):
        rig = running()
        step = rig.end(0, "finished")
        assert [type(f) for f in step.facts] == [Ended, RunEnded]
        assert step.facts[1].how == "complete"
        assert step.end == EndRun()

    def test_an_open_ask_is_waited_for(self):
        rig = Rig()
        rig.start(cpu=2)
        rig.suggest(0)
        assert rig.end(0, "finished").end is None

    def test_nothing_follows_it(self):
        rig = running()
        rig.end(0, "finished")
        step = rig.send(rig.reported(0, 1), WorkerLeft(rig.at, "w0"), StopRequested(rig.at, "late"))
        assert (step.facts, step.answers, step.orders, step.end) == ([], [], [], None)

    def test_an_interrupt_waits_for_the_next_report(self):
        rig = running(trials=2)
        step = rig.send(StopRequested(rig.at, "interrupted"))
        assert step.end is None
        step = rig.report(0, 1, checkpoint=True)
        assert not go_on(step)
        assert step.facts[0].decision == "INTERRUPT"
        rig.end(0, "halted")
        assert rig.trial(0).state is State.QUEUED
        step = rig.end(1, "finished")
        assert (step.facts[-1].how, step.facts[-1].reason) == ("interrupted", "interrupted")
        assert tells(step) == [(1, "failed")]

    def test_an_interrupted_trial_goes_on_after_a_restore(self):
        rig = running()
        rig.send(StopRequested(rig.at, "interrupted"))
        rig.report(0, 1, checkpoint=True)
        rig.end(0, "halted")
        _, step = resume(rig, rules={"max_trials": 1})
        assert launch(step).checkpoint == checkpoint_at(0, 1)

    def test_a_verdict_counts_in_an_interrupt_too(self):
        rig = running({(0, 1): STOP})
        rig.send(StopRequested(rig.at, "interrupted"))
        assert rig.report(0, 1).facts[0].decision == "STOP"
        assert tells(rig.end(0, "halted")) == [(0, "stopped")]

    def test_an_interrupt_starts_nothing_and_asks_nothing(self):
        rig = Rig(lookahead=2)
        rig.start()
        rig.suggest(0)
        rig.suggest(1)
        step = rig.send(StopRequested(rig.at, "interrupted"), rig.ended(0, "finished"))
        assert (launched(step), asks(step)) == ([], [])
        assert step.end == EndRun()

    def test_a_suggestion_that_comes_after_an_interrupt_is_kept(self):
        rig = Rig()
        rig.start(cpu=2)
        rig.suggest(0)
        rig.send(StopRequested(rig.at, "interrupted"))
        step = rig.suggest(1)
        assert [type(f) for f in step.facts] == [Suggested]
        assert launched(step) == []

    def test_a_stop_as_complete_stops_and_tells_what_waits(self):
        rig = Rig({(0, 1): PAUSE}, lookahead=1)
        rig.start()
        rig.suggest(0)
        rig.suggest(1)
        rig.report(0, 1)
        rig.end(0, "halted")
        rig.suggest(2)
        rig.send(StopRequested(rig.at, "enough", complete=True))
        step = rig.end(1, "finished")
        assert step.facts[-1].how == "complete"
        assert tells(step) == [(1, "failed"), (2, "failed"), (0, "stopped")]
        assert {record.state for record in rig.engine.state.trials.values()} == {
            State.FINISHED,
            State.STOPPED,
        }

    def test_a_plugin_that_failed_ends_the_run_when_nothing_runs(self):
        rig = running()
        failure = PluginFailed(rig.at, "scheduler", "bad 1.0", "bad raised")
        assert rig.send(failure).end is None
        assert not go_on(rig.report(0, 1))
        step = rig.end(0, "halted")
        assert (step.facts[-1].how, step.facts[-1].reason) == ("failed", "bad raised")
        assert rig.engine.failure == failure

    def test_a_scheduler_that_failed_is_heard_before_anything_else_ends_the_run(self):
        for last in ("choose", "completed"):
            rig = Rig(choose=lambda *_: WAIT, max_trials=1) if last == "choose" else running()
            if last == "choose":
                rig.start()
            rig.decider.failure = PluginFailed(rig.at, "scheduler", "bad 1.0", "bad raised")
            step = rig.suggest(0) if last == "choose" else rig.end(0, "finished")
            assert (step.facts[-1].how, step.facts[-1].reason) == ("failed", "bad raised")
            assert step.launches == []

    def test_an_executor_that_failed_ends_the_run_at_once(self):
        rig = running()
        step = rig.send(PluginFailed(rig.at, "executor", "dask", "the cluster is gone"))
        assert step.end == EndRun()
        assert step.facts[-1].how == "failed"

    def test_a_failure_outweighs_an_interrupt_whichever_comes_first(self):
        for first in (False, True):
            rig = running()
            events = [
                StopRequested(rig.at, "interrupted"),
                PluginFailed(rig.at, "searcher", "", "no"),
            ]
            rig.send(events[first], events[1 - first])
            assert rig.end(0, "finished").facts[-1].reason == "no"


class TestStalls:
    def test_a_searcher_that_waits_for_a_result_that_cannot_come(self):
        rig = Rig()
        rig.start()
        step = rig.send(Declined(rig.at, 0))
        assert step.facts[-1].how == "failed"
        assert step.facts[-1].reason == (
            "the searcher waits for a result, but no trial is left to give one"
        )

    def test_without_any_worker_it_waits_for_one(self):
        rig = running()
        assert rig.leave("w0").end is None

    def test_a_scheduler_that_starts_nothing(self):
        rig = Rig(choose=lambda *_: WAIT, max_trials=1)
        rig.start()
        step = rig.suggest(0)
        assert step.facts[-1].reason == (
            "the scheduler starts none of 1 waiting trials, and none is running"
        )


class TestChoosing:
    def test_what_the_scheduler_chooses_is_started(self):
        rig = Rig(choose=lambda queued, paused, running: queued[-1], lookahead=2)
        rig.start()
        rig.send(rig.suggested(0), rig.suggested(1), rig.suggested(2))
        assert rig.trial(2).state is State.RUNNING
        assert rig.trial(0).state is State.QUEUED

    def test_it_sees_what_waits_and_what_runs(self):
        seen = []

        def choose(queued, paused, running):
            seen.append([[view.number for view in views] for views in (queued, paused, running)])
            return paused[0] if paused else queued[0]

        rig = Rig({(0, 1): PAUSE}, choose=choose, lookahead=1)
        rig.start(cpu=2)
        for number in (0, 1, 2):
            rig.suggest(number)
        rig.report(0, 1)
        assert launched(rig.end(0, "halted")) == [(0, 2, "w0")]
        assert seen == [[[0], [], []], [[1], [], [0]], [[2], [0], [1]]]

    def test_start_new_asks_for_one_more_and_no_second_while_it_is_open(self):
        rig = Rig(choose=lambda *_: START_NEW)
        rig.start()
        step = rig.suggest(0)
        assert launched(step) == []
        assert asks(step) == [1]
        assert asks(rig.join("w0")) == []

    def test_it_is_not_asked_while_there_is_no_room(self):
        rig = Rig(choose=lambda queued, paused, running: queued[0], lookahead=1)
        rig.start()
        rig.suggest(0)
        rig.decider._choose = lambda *_: pytest.fail("asked")
        rig.suggest(1)
        rig.report(0, 1)

    def test_it_is_not_asked_while_nothing_waits(self):
        rig = Rig(choose=lambda *_: pytest.fail("asked"))
        rig.start()


class TestRestore:
    def test_what_ran_is_queued_again_without_charge(self):
        rig = running(max_failures=0)
        rig.report(0, 1, checkpoint=True)
        again, step = resume(rig, rules={"max_trials": 1})
        assert launched(step) == [(0, 2, "w0")]
        assert (again.trial(0).failures, again.trial(0).lost_in_row) == (0, 0)

    def test_what_had_begun_goes_on_before_anything_new_begins(self):
        rig = Rig(lookahead=3, max_trials=4)
        rig.start()
        for number in (1, 0, 2):
            rig.suggest(number)
        _, step = resume(rig, rules={"max_trials": 4})
        assert launched(step) == [(1, 2, "w0")]
        again = Rig(history=rig.journal)
        again.send(Resumed(again.at, 2))
        assert again.engine.state.queued() == [1, 0, 2]

    def test_a_trial_that_was_told_to_stop_has_stopped(self):
        rig = running({(0, 1): STOP})
        rig.report(0, 1)
        again, step = resume(rig, rules={"max_trials": 1})
        assert again.trial(0).state is State.STOPPED
        assert launched(step) == []
        assert again.decider.told[-1] == ("completed", 0, "stopped")

    def test_a_trial_that_was_told_to_pause_is_paused(self):
        rig = Rig({(0, 1): PAUSE})
        rig.start()
        rig.suggest(0)
        rig.report(0, 1)
        again, step = resume(rig)
        assert again.trial(0).state is State.PAUSED
        assert asks(step) == [1]

    def test_a_trial_that_was_told_to_end_with_the_run_is_queued(self):
        rig = running()
        rig.send(StopRequested(rig.at, "interrupted"))
        rig.report(0, 1)
        _, step = resume(rig, rules={"max_trials": 1})
        assert launched(step) == [(0, 2, "w0")]

    def test_the_searcher_is_not_told_again_of_what_had_ended(self):
        rig = running(trials=2)
        rig.end(0, "finished")
        _, step = resume(rig, rules={"max_trials": 2})
        assert tells(step) == []

    @pytest.mark.parametrize(
        ("errored", "checkpoint"), [("resume", checkpoint_at(0, 1)), ("restart", None)]
    )
    def test_failed_trials_get_a_new_budget_where_asked_for(self, errored, checkpoint):
        rig = running(max_failures=0)
        rig.report(0, 1, checkpoint=True)
        rig.end(0, "failed")
        again, step = resume(rig, errored=errored, rules={"max_trials": 1, "max_failures": 1})
        assert launch(step).checkpoint == checkpoint
        assert launched(again.end(0, "failed", attempt=2)) == [(0, 3, "w0")]

    def test_failed_trials_are_left_alone_otherwise(self):
        rig = running()
        rig.end(0, "failed")
        again, step = resume(rig, rules={"max_trials": 1})
        assert step.facts == []
        assert again.trial(0).state is State.FAILED
        assert again.engine.state.ended.how == "complete"

    def test_unfinished_trials_are_stopped_where_asked_for(self):
        rig = running()
        again, _ = resume(rig, unfinished="skip", rules={"max_trials": 1})
        assert again.trial(0).state is State.STOPPED
        assert again.engine.state.ended.how == "complete"

    def test_a_checkpoint_that_is_gone_is_replaced(self):
        rig = running()
        rig.report(0, 1, checkpoint=True)
        rig.report(0, 2, checkpoint=True)
        mended = {0: checkpoint_at(0, 1)}
        _, step = resume(rig, checkpoints=mended, rules={"max_trials": 1})
        assert launch(step).iteration == 1

    def test_the_scheduler_is_told_what_happened_and_what_was_decided_counts(self):
        rig = running({(0, 1): STOP}, trials=2)
        rig.report(0, 1)
        rig.end(0, "halted")
        rig.report(1, 1)
        again = Rig(history=rig.journal)
        assert again.decider.told == rig.decider.told
        assert again.differing == 1
        assert again.trial(0).state is State.STOPPED

    def test_a_scheduler_whose_state_was_kept_is_told_the_rest(self):
        rig = running()
        rig.report(0, 1)
        known = len(rig.journal)
        rig.report(0, 2)
        again = Rig()
        again.engine.replay(rig.journal, known=known)
        assert again.decider.told == [("result", 0, 2)]

    def test_the_time_at_work_counts_over_a_replay_in_parts(self):
        rig = running()
        rig.report(0, 1)
        middle = len(rig.journal)
        rig.report(0, 2)
        whole, parts = Rig(history=rig.journal), Rig(history=rig.journal[:middle])
        parts.engine.replay(rig.journal[middle:])
        assert parts.engine.replayed_s == whole.engine.replayed_s
        assert whole.engine.replayed_s == rig.journal[-1].at - rig.journal[0].at > 0

    def test_an_interrupt_is_no_differing_decision(self):
        rig = running()
        rig.send(StopRequested(rig.at, "interrupted"))
        rig.report(0, 1)
        assert Rig(history=rig.journal).differing == 0


class TestMistakes:
    @pytest.mark.parametrize(
        "event",
        [Launched(1.0, 0, 1, "w0"), RunEnded(1.0, "complete")],
        ids=lambda event: type(event).__name__,
    )
    def test_facts_that_the_engine_makes_are_not_handed_in(self, event):
        with pytest.raises(ValueError, match=f"{type(event).__name__} is made by the engine"):
            running().send(event)

    def test_an_illegal_change_tells_the_story_of_its_trial(self):
        rig = running(trials=2)
        rig.end(0, "finished")
        with pytest.raises(InvalidTransition) as caught:
            rig.engine.state.apply(Launched(9.0, 0, 2, "w0"))
        assert caught.value.trial == 0
        assert "abcde_00000 cannot go from finished to running" in caught.value.message
        about = [line.split()[1:3] for line in caught.value.story if "trial=" in line]
        assert about == [
            [kind, "trial=0"] for kind in ("Suggested", "Launched", "Ended", "Launched")
        ]


def test_facts_are_in_the_order_in_which_they_happened():
    rig = Rig(lookahead=1)
    rig.start()
    step = rig.send(rig.suggested(0), rig.reported(0, 1))
    # The report is of a try that is launched only at the end of the batch: it is a stranger's.
    assert [type(f) for f in step.facts] == [Suggested, Launched]
    step = rig.send(rig.reported(0, 1), rig.ended(0, "finished"))
    assert [type(f) for f in step.facts] == [Reported, Ended]
