"""Each stopper by itself: when it says stop, and what it refuses."""

from __future__ import annotations

import datetime

import pytest
from pegbox.errors import ConfigError
from pegbox.stoppers import (
    CombinedStopper,
    ExperimentPlateauStopper,
    FunctionStopper,
    MaximumIterationStopper,
    NoopStopper,
    Stopper,
    TimeoutStopper,
    TrialPlateauStopper,
)


def results(*values):
    return [{"loss": value, "training_iteration": i} for i, value in enumerate(values, 1)]


def answers(stopper, *values, trial="a"):
    return [stopper(trial, result) for result in results(*values)]


def test_a_maximum_of_iterations_counts_the_trials_own():
    stopper = MaximumIterationStopper(2)
    assert answers(stopper, 1, 1, 1) == [False, True, True]
    # A trial that went back to a checkpoint is at the iteration of that.
    assert stopper("a", {"training_iteration": 1}) is False
    assert not stopper.stop_all()


def test_a_plateau_of_a_trial_is_seen_in_its_last_values():
    stopper = TrialPlateauStopper("loss", std=0.1, num_results=3, grace_period=3)
    assert answers(stopper, 5, 3, 1, 1, 1) == [False] * 4 + [True]
    assert answers(stopper, 1, 1, trial="b") == [False, False]
    assert not stopper.stop_all()


def test_a_plateau_counts_only_after_the_grace_period():
    stopper = TrialPlateauStopper("loss", num_results=2, grace_period=4)
    assert answers(stopper, 1, 1, 1, 1) == [False, False, False, True]


@pytest.mark.parametrize(("mode", "threshold", "stops"), [("min", 2, True), ("max", 2, False)])
def test_a_plateau_counts_only_where_the_metric_is_good(mode, threshold, stops):
    stopper = TrialPlateauStopper(
        "loss", num_results=2, grace_period=2, metric_threshold=threshold, mode=mode
    )
    assert answers(stopper, 1, 1) == [False, stops]


@pytest.mark.parametrize("value", [None, "x", float("nan"), float("inf"), True])
def test_a_value_that_is_no_number_is_no_plateau(value):
    assert answers(TrialPlateauStopper("loss", num_results=1, grace_period=0), value) == [False]
    assert answers(ExperimentPlateauStopper("loss", top=2), value, value) == [False, False]


def test_a_plateau_of_the_run_is_seen_in_its_best_values():
    stopper = ExperimentPlateauStopper("loss", std=0.1, top=3, mode="min")
    assert answers(stopper, 9, 5, 1, 1) == [False] * 4
    assert not stopper.stop_all()
    assert answers(stopper, 1) == [True]
    assert stopper.stop_all()


def test_a_plateau_of_the_run_ends_with_a_better_value():
    stopper = ExperimentPlateauStopper("loss", std=0.1, top=2, mode="max", patience=2)
    assert answers(stopper, 1, 1, 7, 7, 0) == [False, False, False, False, True]


def test_a_timeout_counts_from_the_first_question():
    stopper = TimeoutStopper(datetime.timedelta(hours=1))
    assert stopper.timeout_s == 3600
    assert not stopper.stop_all()
    assert not stopper("a", {})
    over = TimeoutStopper(1e-9)
    over.stop_all()
    assert over.stop_all()


def test_a_function_stops_where_it_says_so():
    stopper = FunctionStopper(lambda trial_id, result: result["loss"] < 2 and trial_id == "a")
    assert answers(stopper, 3, 1) == [False, True]
    assert answers(stopper, 1, trial="b") == [False]


def test_combined_stoppers_all_see_each_result():
    plateau = TrialPlateauStopper("loss", num_results=2, grace_period=2)
    combined = CombinedStopper(MaximumIterationStopper(1), plateau)
    assert answers(combined, 1, 1) == [True, True]
    assert plateau("a", {"loss": 1})
    everything = CombinedStopper(NoopStopper(), ExperimentPlateauStopper("loss", top=2))
    answers(everything, 1, 1)
    assert everything.stop_all()


def test_noop_stops_nothing():
    assert answers(NoopStopper(), 1, 1) == [False, False]
    assert not NoopStopper().stop_all()


def test_a_stopper_of_ones_own_needs_only_to_be_callable():
    class Own(Stopper):
        def __call__(self, trial_id, result):
            return result["loss"] > 1

    assert answers(Own(), 1, 2) == [False, True]
    assert not Own().stop_all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: MaximumIterationStopper(0),
            "MaximumIterationStopper(max_iter=...) must be a whole number from 1, got 0",
        ),
        (
            lambda: TimeoutStopper(-1),
            "TimeoutStopper(timeout=...) must be a number above 0, got -1",
        ),
        (
            lambda: TrialPlateauStopper(""),
            "TrialPlateauStopper(metric=...) must be the name of a reported value, got ''",
        ),
        (
            lambda: TrialPlateauStopper("loss", metric_threshold=1),
            'TrialPlateauStopper(mode=...) must be "min" or "max", got None',
        ),
        (
            lambda: ExperimentPlateauStopper("loss", top=1),
            "ExperimentPlateauStopper(top=...) must be a whole number from 2, got 1",
        ),
        (
            lambda: ExperimentPlateauStopper("loss", std=float("nan")),
            "ExperimentPlateauStopper(std=...) must be a number above 0, got nan",
        ),
        (lambda: CombinedStopper(), "CombinedStopper() needs at least one stopper"),
        (
            lambda: FunctionStopper(lambda result: True),
            "the stop function <lambda> must take (trial_id, result), and takes (result)",
        ),
        (lambda: FunctionStopper(3), "a stop function must be callable, got 3"),
    ],
)
def test_what_cannot_be_used_is_refused(make, message):
    with pytest.raises(ConfigError) as refused:
        make()
    assert refused.value.message == message
