"""Runs in virtual time: exact to the second, the same to the last byte, not slower when large."""

from __future__ import annotations

import gc
import sys
import threading
from collections import Counter

import pytest
from pegbox import (
    FailureConfig,
    RunConfig,
    Scheduler,
    Searcher,
    TuneConfig,
    grid_search,
    randint,
    uniform,
)
from pegbox._engine.rows import to_row
from pegbox.builtin.random_search import RandomSearch
from pegbox.commands import Answer, Launch
from pegbox.decisions import PAUSE, Exploit, Resize
from pegbox.errors import ConfigError
from pegbox.events import (
    Ended,
    Launched,
    Reported,
    StopRequested,
    Suggested,
    WorkerJoined,
    WorkerLeft,
)
from pegbox.executors.simulated import (
    SimulatedCluster,
    SimulatedExecutor,
    long_lived,
    simulate,
)
from pegbox.resources import Resources
from pegbox.searcher import Traits
from pegbox.stoppers import TimeoutStopper
from pegbox.trial import State, Status

SPACE = {"x": uniform(0, 1)}


def curve(config, iteration):
    """Ten iterations of one second and a bit, with a falling loss."""
    return (1.0 + config["x"], {"loss": config["x"] + 1 / iteration}) if iteration <= 10 else None


def seconds(n):
    """``n`` iterations of exactly one second."""
    return lambda config, i: (1.0, {"loss": 1 / i}) if i <= n else None


def run(curve=curve, *, cluster=None, space=SPACE, **options):
    limit_s = options.pop("trial_time_limit_s", None)
    own = {name: options.pop(name) for name in ("history",) if name in options}
    failures = FailureConfig(max_failures=options.pop("max_failures", 0))
    own["run_config"] = RunConfig(
        failure_config=failures, stop=options.pop("stop", None), trial_time_limit_s=limit_s
    )
    tune = TuneConfig(**{"metric": "loss", "mode": "min", "num_samples": 20, **options})
    return simulate(curve, param_space=space, tune_config=tune, cluster=cluster, **own)


def text(journal):
    return "\n".join(repr(to_row(event, seq)) for seq, event in enumerate(journal, 1))


def breaking(trial, attempt, iteration):
    """Every fifth trial fails once, every seventh takes its worker along once."""
    if attempt == 1 and iteration == 4:
        return "failed" if trial % 5 == 0 else "worker died" if trial % 7 == 0 else None
    return None


FRAGILE = SimulatedCluster(workers=3, faults=breaking, checkpoint_period=2)


@pytest.mark.parametrize("scheduler", ["fifo", "asha"])
def test_two_runs_with_one_seed_are_the_same_to_the_last_byte(scheduler):
    once, again, other = (
        run(cluster=FRAGILE, scheduler=scheduler, seed=seed, max_failures=1) for seed in (5, 5, 6)
    )
    assert text(once.journal) == text(again.journal)
    assert text(once.journal) != text(other.journal)
    assert once.ended.how == "complete"


def test_time_is_that_of_the_curve_alone():
    # 5 trials of 3 s on 2 workers: three rounds.
    result = run(seconds(3), cluster=SimulatedCluster(workers=2), num_samples=5)
    assert result.ended.at == 9.0
    assert [f.at for f in result.journal] == sorted(f.at for f in result.journal)
    assert [f.time_total_s for f in result.journal if isinstance(f, Reported)][-3:] == [1, 2, 3]


def test_a_decision_costs_what_it_is_said_to_cost():
    cluster = SimulatedCluster(decision_s=0.25)
    assert run(seconds(3), cluster=cluster, num_samples=2).ended.at == 2 * 3 * 1.25


def reports(result):
    return [(f.trial, f.at) for f in result.journal if isinstance(f, Reported)]


def test_a_busy_driver_takes_one_thing_after_the_other():
    cluster = SimulatedCluster(workers=3, event_s=0.125)
    result = run(seconds(2), cluster=cluster, num_samples=3)
    launched = [f.at for f in result.journal if isinstance(f, Launched)]
    assert launched == [0, 0, 0]  # decided at once, begun at 0.125, 0.25, 0.375
    # Begun apart, they report apart. The last report waits for the end of trial 0 as well.
    assert reports(result) == [(0, 1.125), (1, 1.25), (2, 1.375), (0, 2.25), (1, 2.375), (2, 2.625)]
    assert result.ended.at == 2.875


def test_what_comes_while_the_driver_is_busy_waits_its_turn():
    cluster = SimulatedCluster(workers=3, event_s=0.5)
    result = run(seconds(2), cluster=cluster, num_samples=3)
    # Three launches until 1.5 s; from then on there is always something to do.
    assert reports(result) == [(0, 1.5), (1, 2.0), (2, 2.5), (0, 3.0), (1, 3.5), (2, 4.5)]
    assert result.ended.at == 1.5 + 0.5 * (6 + 2)
    assert [f.at for f in result.journal] == sorted(f.at for f in result.journal)
    again = run(seconds(2), cluster=cluster, num_samples=3)
    assert text(again.journal) == text(result.journal)


def test_a_cluster_with_room_for_two_runs_two_on_each_worker():
    cluster = SimulatedCluster(workers=2, capacity={"cpu": 2})
    result = run(seconds(1), cluster=cluster, num_samples=8)
    at_once = Counter((f.at, f.worker) for f in result.journal if isinstance(f, Launched))
    assert set(at_once.values()) == {2}
    assert result.ended.at == 2.0


def test_a_failed_try_goes_on_from_its_last_checkpoint():
    cluster = SimulatedCluster(faults=breaking, checkpoint_period=2)
    result = run(seconds(5), cluster=cluster, num_samples=1, max_failures=1)
    reports = [(f.attempt, f.iteration) for f in result.journal if isinstance(f, Reported)]
    assert reports == [(1, 1), (1, 2), (1, 3), (2, 3), (2, 4), (2, 5)]
    assert result.trials[0].status is Status.TERMINATED


def test_a_failed_try_without_a_budget_is_an_error():
    cluster = SimulatedCluster(faults=breaking)
    result = run(seconds(5), cluster=cluster, num_samples=2)
    assert [trial.status for trial in result.trials] == [Status.ERROR, Status.TERMINATED]
    assert result.trials[0].failure.message == "simulated failure"


def test_a_worker_that_dies_takes_its_trials_along_and_they_go_on():
    def dies(trial, attempt, iteration):
        return "worker died" if (trial, attempt, iteration) == (0, 1, 3) else None

    cluster = SimulatedCluster(capacity={"cpu": 2}, faults=dies, rejoin_s=10.0)
    result = run(seconds(4), cluster=cluster, num_samples=2)
    lost = [f for f in result.journal if isinstance(f, Ended) and f.how == "lost"]
    assert sorted((f.trial, f.became) for f in lost) == [(0, State.QUEUED), (1, State.QUEUED)]
    assert sum(isinstance(f, WorkerLeft) for f in result.journal) == 1
    # Trial 0 died at 3 s with two reports stored, trial 1 in the same moment before its third.
    assert {f.at for f in result.journal if isinstance(f, Launched)} == {0.0, 13.0}
    assert [trial.status for trial in result.trials] == [Status.TERMINATED] * 2
    assert result.ended.at == 15.0


@pytest.mark.parametrize("budget", [{"time_budget_s": 10}, {"stop": TimeoutStopper(10)}])
def test_a_time_budget_counts_the_time_at_work_over_all_restores(budget):
    def endless(config, iteration):
        return 1.0, {"loss": 1 / iteration}

    def stops(journal):
        return [(f.at, f.reason, f.complete) for f in journal if isinstance(f, StopRequested)]

    expected = [(10.0, "the time budget of 10 s is over", True)]
    whole = run(endless, num_samples=1, **budget)
    assert stops(whole.journal) == expected
    cut = next(n for n, fact in enumerate(whole.journal, 1) if fact.at == 4.0)
    # In virtual time a restore follows at once, so six seconds are left.
    again = run(endless, num_samples=1, history=whole.journal[:cut], **budget)
    assert sum(isinstance(fact, Reported) for fact in again.journal[cut:]) >= 5
    assert stops(again.journal) == expected
    assert again.ended.how == "complete"


def test_a_run_that_was_cut_off_anywhere_goes_on_as_it_would_have():
    whole = run(cluster=FRAGILE, scheduler="asha", seed=3, num_samples=8, max_failures=1)
    points = [f.point for f in whole.journal if isinstance(f, Suggested)]
    for cut in range(1, len(whole.journal)):
        history = whole.journal[:cut]
        result = run(
            cluster=FRAGILE,
            scheduler="asha",
            seed=3,
            num_samples=8,
            max_failures=1,
            history=history,
        )
        assert result.ended.how == "complete"
        assert result.journal[:cut] == history
        assert [f.point for f in result.journal if isinstance(f, Suggested)] == points
        assert all(trial.state.ended for trial in result.trials)


class Notebook(RandomSearch):
    """Random search that notes what it is told of ends."""

    def setup(self, space, objectives, seed, num_samples):
        super().setup(space, objectives, seed, num_samples)
        self.told = Counter()

    def observe(self, config, result, outcome, trial_id):
        self.told[trial_id] += 1

    def on_trial_complete(self, trial_id, result, error, outcome):
        self.told[trial_id] += 1


@pytest.mark.parametrize("scheduler", ["fifo", "asha"])
def test_a_searcher_is_told_every_trial_once_wherever_the_run_was_cut_off(scheduler):
    def go(history=()):
        searcher = Notebook()
        result = run(
            cluster=FRAGILE,
            scheduler=scheduler,
            num_samples=5,
            search_alg=searcher,
            max_failures=1,
            history=history,
        )
        assert searcher.told == {trial.trial_id: 1 for trial in result.trials}
        return result

    journal = go().journal
    for cut in range(1, len(journal)):
        go(journal[:cut])


class Listening(Searcher):
    """Notes what it is told and what it sees as pending; fails at the ask that it is told to."""

    def __init__(self, fails_at=None):
        self.heard = []
        self.results = []
        self.fails_at = fails_at

    def observe(self, trial_id):
        self.heard.append(("observe", trial_id))

    def suggest(self, trial_id, pending):
        self.heard.append(("suggest", trial_id, set(pending)))
        if trial_id == self.fails_at:
            raise ZeroDivisionError("no more")
        return {"x": 0.5}

    def on_trial_result(self, trial_id, result):
        self.results.append(result)

    def on_trial_complete(self, trial_id, result):
        self.heard.append(("complete", trial_id))
        self.results.append(result)


def test_a_searcher_sees_what_it_proposed_before_as_pending():
    searcher = Listening()
    run(seconds(2), search_alg=searcher, num_samples=2, cluster=SimulatedCluster(workers=2))
    assert searcher.heard[:2] == [
        ("suggest", "00000_00000", set()),
        ("suggest", "00000_00001", {"00000_00000"}),
    ]


class OnlyFloats(Searcher):
    """Proposes what lies between two whole numbers, and notes with which points trials ended."""

    traits = Traits(domains=frozenset({"float"}))

    def __init__(self):
        self.told = {}

    def suggest(self):
        return {"x": 3.25}

    def on_trial_complete(self, trial_id, config):
        self.told[trial_id] = config

    def observe(self, trial_id, config):
        self.told[trial_id] = config


def test_a_trial_ends_with_the_point_that_a_restore_would_tell():
    def go(history=()):
        searcher = OnlyFloats()
        space = {"x": randint(0, 10)}
        result = run(seconds(1), search_alg=searcher, num_samples=1, space=space, history=history)
        return searcher.told, result.journal

    told, journal = go()
    assert told == {"00000_00000": {"x": 3.0}}
    assert all(go(journal[:cut])[0] == told for cut in range(1, len(journal)))


def test_a_searcher_that_failed_is_told_nothing_further():
    durations = [1.0, 2.0]

    def unequal(config, iteration):
        return (durations.pop(0), {"loss": 1.0}) if durations else None

    searcher = Listening(fails_at="00000_00002")
    # The first trial ends at 1 s; the second fails at 2 s, when the searcher has failed too.
    cluster = SimulatedCluster(workers=2, faults=lambda trial, *_: "failed" if trial else None)
    result = run(unequal, search_alg=searcher, num_samples=5, cluster=cluster)
    assert result.trials[1].status is Status.ERROR
    assert result.ended.how == "failed"
    assert searcher.heard[2:] == [
        ("complete", "00000_00000"),
        ("suggest", "00000_00002", {"00000_00001"}),
    ]


@pytest.mark.parametrize("mode", ["min", "max"])
def test_searchers_are_told_losses_whatever_the_mode(mode):
    searcher = Listening()
    searcher.traits = Traits(intermediate=True)
    result = run(seconds(2), search_alg=searcher, num_samples=1, mode=mode)
    sign = 1 if mode == "min" else -1
    assert [told["loss"] for told in searcher.results] == [sign * 1.0, sign * 0.5, sign * 0.5]
    assert [told["training_iteration"] for told in searcher.results] == [1, 2, 2]
    assert result.trials[0].last_result["loss"] == 0.5


def test_a_searcher_after_a_restore_sees_what_still_runs_as_pending():
    journal = run(num_samples=2).journal
    begun = next(n for n, fact in enumerate(journal) if isinstance(fact, Launched))
    first_alone = [f for f in journal[: begun + 1] if getattr(f, "trial", 0) == 0]
    searcher = Listening()
    cluster = SimulatedCluster(workers=2)
    run(seconds(3), search_alg=searcher, num_samples=2, cluster=cluster, history=first_alone)
    first, second = "00000_00000", "00000_00001"
    assert searcher.heard == [
        ("suggest", second, {first}),
        ("observe", first),
        ("complete", second),
    ]


class Scripted(Scheduler):
    """Decides by trial number and iteration."""

    def __init__(self, decisions):
        self.decisions = decisions

    def on_trial_result(self, trial, result):
        return self.decisions.pop(
            (trial.number, result["training_iteration"]), super().on_trial_result(trial, result)
        )


def test_a_paused_trial_goes_on_from_its_checkpoint_when_no_new_one_can_come():
    result = run(seconds(3), scheduler=Scripted({(0, 2): PAUSE}), num_samples=2)
    launched = [(f.trial, f.attempt) for f in result.journal if isinstance(f, Launched)]
    assert launched == [(0, 1), (1, 1), (0, 2)]
    reports = [f.iteration for f in result.journal if isinstance(f, Reported) and f.trial == 0]
    assert reports == [1, 2, 3]
    assert result.ended.at == 6.0


def test_an_exploiting_trial_goes_on_from_its_donors_checkpoint():
    scheduler = Scripted({(1, 1): Exploit("00000_00000", {"x": 0.5})})
    cluster = SimulatedCluster(workers=2)
    result = run(seconds(3), scheduler=scheduler, num_samples=2, cluster=cluster)
    assert result.trials[1].config == {"x": 0.5}
    reports = [f.iteration for f in result.journal if isinstance(f, Reported) and f.trial == 1]
    assert reports == [1, 2, 3]


def test_a_resized_trial_waits_for_its_room():
    scheduler = Scripted({(0, 1): Resize(Resources({"cpu": 2}))})
    cluster = SimulatedCluster(capacity={"cpu": 2})
    result = run(seconds(3), scheduler=scheduler, num_samples=2, cluster=cluster)
    # Trial 1 holds one cpu until 3 s; two are free only then.
    assert [f.at for f in result.journal if isinstance(f, Launched)] == [0.0, 0.0, 3.0]
    assert result.trials[0].resources == Resources({"cpu": 2})


def test_a_scheduler_that_fails_ends_the_run_with_its_error():
    class Broken(Scheduler):
        def on_trial_result(self, trial, result):
            raise ZeroDivisionError("no")

    result = run(scheduler=Broken())
    assert result.ended.how == "failed"
    assert "Broken" in str(result.error)
    assert isinstance(result.error.__cause__, ZeroDivisionError)


class Collector:
    """An inbox that keeps all that is posted, and answers every report."""

    def __init__(self):
        self.over = threading.Event()
        self.events = []
        self.arrived = None

    def listen(self, arrived):
        self.arrived = arrived

    def post(self, events):
        self.events += events
        self.arrived()

    def handle(self):
        """The test answers."""


def test_each_try_ends_once_and_nothing_follows_its_end():
    """A worker of two trials dies while the other one works; then both are launched again."""

    def dies(trial, attempt, iteration):
        return "worker died" if (trial, attempt, iteration) == (0, 1, 2) else None

    cluster = SimulatedCluster(capacity={"cpu": 2}, faults=dies)
    executor = SimulatedExecutor(lambda c, i: (c["s"], {}) if i <= 3 else None, cluster)
    inbox = Collector()
    executor.start(inbox)

    def start(attempt):
        executor.launch(
            [
                Launch(n, attempt, "worker-0", Resources({"cpu": 1}), {"s": s}, None, 0, 0.0)
                for n, s in enumerate((1.0, 0.75))
            ]
        )

    start(1)
    answered = len(inbox.events)
    while sum(isinstance(event, Ended) for event in inbox.events) < 4:
        executor.wait(inbox, None)
        new, answered = inbox.events[answered:], len(inbox.events)
        reports = [event for event in new if isinstance(event, Reported)]
        executor.answer([Answer(event.trial, event.attempt, True) for event in reports])
        if any(isinstance(event, WorkerJoined) for event in new):
            start(2)
    about = [event for event in inbox.events if isinstance(event, Reported | Ended)]
    for trial, attempt, reports, how in [
        (0, 1, 1, "lost"),
        (1, 1, 2, "lost"),
        (0, 2, 3, "finished"),
        (1, 2, 3, "finished"),
    ]:
        own = [event for event in about if (event.trial, event.attempt) == (trial, attempt)]
        assert [type(event) for event in own] == [Reported] * reports + [Ended]
        assert own[-1].how == how


def calls_per_fact(workers, trials):
    """Python and C calls for each stored fact: a measure of work that no other process disturbs."""
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        result = run(cluster=SimulatedCluster(workers=workers), num_samples=trials)
    finally:
        sys.setprofile(None)
    return calls / len(result.journal)


def test_no_cost_grows_with_trials_or_workers():
    few = calls_per_fact(workers=4, trials=50)
    assert calls_per_fact(workers=4, trials=500) < 1.1 * few
    assert calls_per_fact(workers=1_000, trials=500) < 1.1 * few


def test_the_garbage_collector_leaves_out_what_stays_and_is_then_as_it_was(monkeypatch):
    monkeypatch.setattr(long_lived, "_FACTS", 50)
    left_out = []

    def looking(config, iteration):
        left_out.append(gc.get_freeze_count())
        return curve(config, iteration)

    run(looking, num_samples=10)
    assert left_out[0] == 0 < left_out[-1]
    assert gc.get_freeze_count() == 0
    gc.freeze()
    try:
        run(num_samples=10)
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


def test_grids_and_wrong_clusters():
    assert len(run(space={"x": grid_search([1, 2, 3])}, num_samples=2).trials) == 6
    with pytest.raises(ConfigError, match=r"SimulatedCluster\(workers=...\) must be a whole"):
        SimulatedCluster(workers=0)
    with pytest.raises(ConfigError, match=r"SimulatedCluster\(rejoin_s=...\) must be seconds"):
        SimulatedCluster(rejoin_s=-1.0)
    with pytest.raises(ConfigError, match=r"event_s=...\) must be seconds, not below 0, got -1"):
        SimulatedCluster(event_s=-1)


def test_a_trial_past_its_limit_is_ended_in_virtual_time():
    def hours(config, iteration):
        """The trial 1 hangs in its third iteration."""
        if iteration > 4:
            return None
        return 1e9 if (config["x"], iteration) == (1, 3) else 10.0, {"loss": 1.0}

    result = run(
        hours,
        space={"x": grid_search([0, 1, 2])},
        cluster=SimulatedCluster(workers=1, capacity={"cpu": 2}),
        num_samples=1,
        trial_time_limit_s=60,
    )
    ends = {fact.trial: fact for fact in result.journal if isinstance(fact, Ended)}
    assert [ends[number].how for number in range(3)] == ["finished", "failed", "finished"]
    assert (ends[1].at, ends[1].failure.cause) == (64.0, "timeout")
    assert result.trials[1].iteration == 2
    # The one beside it began at 40, died with the worker at 64, and went on from its last
    # checkpoint a second later.
    assert result.trials[2].attempt == 2
    assert ends[2].at == 64.0 + 1.0 + 2 * 10.0
    assert result.ended.how == "complete"
