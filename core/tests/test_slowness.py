"""What is said of slow operations, large configurations, and reports that come too fast."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import tuning
from pegbox import Callback, report, uniform
from pegbox._run import observers
from pegbox._run.large_config import LARGE_BYTES, LargeConfigs
from pegbox._run.slowness import DECIDING, STORING, SlowOperations
from pegbox._store.writer import Store
from pegbox.scheduler import Scheduler
from pegbox.searcher import Searcher, Traits


class Clock:
    """Goes on by what it is told."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.WARNING, "pegbox")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "pegbox"]


def test_a_kind_of_operation_is_said_at_once_and_then_once_a_minute_with_its_number(said):
    clock = Clock()
    slow = SlowOperations(0.5, clock)

    def take(operation, seconds):
        since = clock.now
        clock.now += seconds
        slow.passed(operation, since)

    take(STORING, 0.4)
    assert said() == []
    take(STORING, 2.43)
    [first] = said()
    assert first.startswith("storing a batch of events took 2.43 seconds, which may slow the run")
    assert "storage_path" in first
    take(DECIDING, 1.0)
    assert len(said()) == 2
    for _ in range(58):
        take(STORING, 1.0)
    assert len(said()) == 2
    take(STORING, 1.0)
    assert len(said()) == 3
    assert "took 1.00 seconds (59 times, 59.0 s)" in said()[-1]


@pytest.mark.parametrize(
    ("value", "seconds", "is_slow"),
    [("", 0.6, True), ("", 0.4, False), ("2", 1.9, False), ("0.01", 0.02, True)],
)
def test_the_environment_says_what_is_slow(monkeypatch, value, seconds, is_slow):
    monkeypatch.setenv("PEGBOX_WARN_THRESHOLD_S", value)
    assert SlowOperations().is_slow(seconds) is is_slow


def test_a_threshold_that_is_no_number_is_said(monkeypatch, said):
    monkeypatch.setenv("PEGBOX_WARN_THRESHOLD_S", "half")
    SlowOperations()
    [only] = said()
    assert only == "PEGBOX_WARN_THRESHOLD_S='half' is no number of seconds, and does not count"


@pytest.fixture
def clock(monkeypatch):
    """The clock by which a run finds operations slow."""
    clock = Clock()
    monkeypatch.setattr(SlowOperations.__init__, "__defaults__", (0.5, clock))
    return clock


class Slow(Callback):
    def __init__(self, clock):
        self.clock = clock

    def on_trial_result(self, result):
        self.clock.now += 0.8 if result["training_iteration"] == 2 else 0.0


class Quick(Callback):
    def on_trial_result(self):
        pass


def test_the_slow_one_of_several_callbacks_is_named(tmp_path, clock, said):
    tuning.fit(tmp_path, num_samples=1, callbacks=(Quick(), Slow(clock)))
    [only] = said()
    assert only.startswith("on_trial_result of callback Slow took 0.80 seconds, which")


def test_a_slow_scheduler_searcher_and_store_are_told_apart(tmp_path, clock, said, monkeypatch):
    class SlowScheduler(Scheduler):
        def on_trial_complete(self):
            clock.now += 0.7

    class SlowSearcher(Searcher):
        traits = Traits(cheap=True, model_free=True)

        def suggest(self, trial_id):
            clock.now += 0.6
            return {"x": 0.5}

    append = Store.append

    def slowly(self, events):
        clock.now += 0.9
        append(self, events)

    monkeypatch.setattr(Store, "append", slowly)
    tuning.fit(tmp_path, num_samples=1, search_alg=SlowSearcher(), scheduler=SlowScheduler())
    kinds = {text.split(" took")[0] for text in said()}
    assert kinds == {
        "storing a batch of events",
        "deciding on a batch of events",
        "the searcher's work on a batch of trials",
    }


def test_a_searcher_that_may_take_its_time_is_waited_for_inline_without_a_word(
    tmp_path, clock, said
):
    class Calculating(Searcher):
        def suggest(self, trial_id):
            clock.now += 3.0
            return {"x": 0.5}

    tuning.fit(tmp_path, num_samples=1, search_alg=Calculating())
    assert said() == []


def test_a_large_configuration_is_said_once_with_its_largest_value(tmp_path, said):
    space = {"x": uniform(0, 1), "data": np.zeros(50_000), "few": list(range(10))}
    tuning.fit(tmp_path, space=space, num_samples=3)
    [only] = said()
    assert "400,1" in only
    assert "of them in 'data'" in only
    assert "with_parameters" in only


def test_only_the_first_configurations_are_measured(said):
    large = LargeConfigs()
    for number in range(20):
        large.look(f"t{number}", {"x": number})
    large.look("t20", {"x": b"0" * (LARGE_BYTES + 1)})
    assert said() == []


def test_what_cannot_be_pickled_is_left_to_whoever_sends_it(said):
    LargeConfigs().look("t0", {"x": (number for number in range(3))})
    assert said() == []


def test_reports_that_leave_callbacks_behind_are_said_once(tmp_path, said, monkeypatch):
    monkeypatch.setattr(observers, "FAR_BEHIND", 3)
    tell = observers.Observers.tell
    calls = []

    def now_and_then(self):
        calls.append(self)
        if len(self._noted) >= 3:
            tell(self)

    monkeypatch.setattr(observers.Observers, "tell", now_and_then)

    def many(config):
        for _ in range(30):
            report({"loss": 1.0})

    tuning.fit(tmp_path, many, num_samples=1, callbacks=(Quick(),))
    [only] = said()
    assert "times a second, and the callbacks (Quick) are" in only
    assert "Report every n-th step" in only
