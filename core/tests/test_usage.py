"""Where the time of a run went: what is measured, kept and shown."""

from __future__ import annotations

import dataclasses

import pytest
import tuning
from pegbox import Callback, ResultGrid, RunConfig, TuneConfig, Tuner, Usage, sample_from
from pegbox._run.kept_usage import KEEP_EVERY_S, KeptUsage
from pegbox._run.slowness import SlowOperations
from pegbox._store import Reader, Store
from pegbox.scheduler import Scheduler
from pegbox.searcher import Searcher, Traits
from pegbox.usage_text import notable_items, seconds_text, slots_text
from store_facts import META, suggested


class Clock:
    """Goes on by what it is told."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    """The clock by which a run measures its plugins."""
    clock = Clock()
    monkeypatch.setattr(SlowOperations.__init__, "__defaults__", (100.0, clock))
    return clock


class SlowSearcher(Searcher):
    traits = Traits(cheap=True, model_free=True)

    def __init__(self, clock):
        self.clock = clock

    def suggest(self, trial_id):
        self.clock.now += 4.0
        return {"x": 0.5}

    def on_trial_complete(self, trial_id):
        self.clock.now += 1.0


class SlowScheduler(Scheduler):
    def __init__(self, clock):
        self.clock = clock

    def on_trial_result(self, trial):
        self.clock.now += 0.5
        return super().on_trial_result(trial, {})


class SlowCallback(Callback):
    def __init__(self, clock, seconds):
        self.clock, self.seconds = clock, seconds

    def on_trial_result(self):
        self.clock.now += self.seconds


class Slower(SlowCallback):
    pass


def test_each_plugins_seconds_are_in_the_results(tmp_path, clock, monkeypatch):
    append = Store.append

    def slowly(self, events):
        clock.now += 0.125
        append(self, events)

    monkeypatch.setattr(Store, "append", slowly)
    results = tuning.fit(
        tmp_path,
        num_samples=2,
        search_alg=SlowSearcher(clock),
        scheduler=SlowScheduler(clock),
        callbacks=(SlowCallback(clock, 2.0), Slower(clock, 3.0)),
    )
    seconds = results.usage.seconds
    assert seconds["searcher SlowSearcher"] == 2 * 4.0 + 2 * 1.0
    # Three reports of each of two trials.
    assert seconds["scheduler SlowScheduler"] == 6 * 0.5
    assert seconds["callback SlowCallback"] == 6 * 2.0
    assert seconds["callback Slower"] == 6 * 3.0
    assert seconds["engine"] == 0.0
    assert seconds["store"] > 0
    assert seconds["store"] % 0.125 == 0


def test_seconds_of_what_users_say_are_counted(tmp_path):
    def drawn(spec):
        return sum(range(100_000))

    asked = []

    def stop(trial_id, result):
        asked.append(sum(range(100_000)))
        return False

    results = Tuner(
        tuning.train,
        param_space={**tuning.SPACE, "y": sample_from(drawn)},
        tune_config=TuneConfig(metric="loss", mode="min", num_samples=2),
        run_config=RunConfig(name="exp", storage_path=str(tmp_path), verbose=0, stop=stop),
        executor="inline",
    ).fit()
    seconds = results.usage.seconds
    assert len(asked) == 6
    assert seconds["stop rules"] > 0
    assert seconds["configurations"] > 0


def test_a_restore_adds_to_what_was_before(tmp_path):
    tuning.fit(tmp_path, num_samples=2)
    before = ResultGrid(tmp_path / "exp").usage
    assert before.busy_s > 0
    after = tuning.restore(tmp_path, tune={"num_samples": 4}).usage
    assert after.busy_s > before.busy_s
    assert after.wall_s > before.wall_s
    with Reader(tmp_path / "exp") as reader:
        first, second = reader.epochs
    assert first.usage == before
    assert Usage.total([first.usage, second.usage]) == after


def test_callbacks_are_shown_the_usage_of_the_epoch(tmp_path):
    class Watching(Callback):
        def __init__(self):
            self.shown, self.last = [], None

        def on_step_end(self, usage):
            self.shown.append(usage)

        def on_experiment_end(self, usage):
            self.last = usage

    watching = Watching()
    results = tuning.fit(tmp_path, callbacks=(watching,))
    assert watching.shown
    assert all(isinstance(usage, Usage) for usage in watching.shown)
    assert watching.last.busy_s == results.usage.busy_s > 0
    assert watching.last.idle_s == results.usage.idle_s


def test_a_killed_driver_has_stored_the_account_of_a_moment_ago(tmp_path):
    clock = Clock()
    usages = iter([Usage(9.0), Usage(21.0)])
    with Store.create(tmp_path, META) as store:
        store.begin_epoch(started=1.0, host="h", pid=1, versions={}, settings={})
        kept = KeptUsage(store, lambda: next(usages), clock)
        kept.append([suggested(0)])
        assert store.epochs[-1].usage is None
        for number, usage in ((1, Usage(9.0)), (2, Usage(9.0)), (3, Usage(21.0))):
            clock.now += KEEP_EVERY_S if number != 2 else 0.0
            kept.append([suggested(number)])
            with Reader(tmp_path) as reader:
                assert reader.epochs[-1].usage == usage


def test_an_experiment_without_an_account_has_an_empty_one(tmp_path):
    with Store.create(tmp_path, META) as store:
        store.begin_epoch(started=1.0, host="h", pid=1, versions={}, settings={})
    assert ResultGrid(tmp_path).usage == Usage()


USAGE = Usage(
    100.0,
    140.0,
    {"no suggestion": 50.0, "paused": 6.0, "nothing left": 4.0},
    {"searcher optuna": 88.0, "store": 0.4, "callback Plot": 12.0, "engine": 0.01},
)


def test_slots_and_seconds_read_so():
    assert (
        slots_text(USAGE)
        == "busy 70 %, idle 30 %: 25 % no suggestion, 3 % paused, 2 % nothing left"
    )
    assert slots_text(Usage()) == ""
    assert slots_text(Usage(1.0, 1.0)) == "busy 100 %, idle 0 %"
    assert seconds_text(USAGE) == "searcher optuna 1m28s, callback Plot 12s, store 0.4s"


def test_what_matters_while_a_run_goes_on():
    assert notable_items(USAGE) == [
        "slots idle 28 % of the time: 25 % no suggestion, 3 % paused",
        "searcher optuna worked 88 %",
        "callback Plot worked 12 %",
    ]
    # A searcher that keeps nobody waiting may work as much as it likes.
    ahead = dataclasses.replace(USAGE, idle_s={"nothing left": 60.0})
    assert notable_items(ahead) == ["callback Plot worked 12 %"]
    early = dataclasses.replace(USAGE, wall_s=4.0)
    assert notable_items(early) == []
