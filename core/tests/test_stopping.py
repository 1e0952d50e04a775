"""When runs and trials are stopped: rules of every form, budgets, failures; and after a restore."""

from __future__ import annotations

import threading

import pytest
from pegbox import (
    FailureConfig,
    ResumeConfig,
    RunConfig,
    TuneConfig,
    Tuner,
    get_context,
    report,
)
from pegbox._store.reader import Reader
from pegbox.errors import ConfigError, PluginError, TrialError
from pegbox.stoppers import (
    CombinedStopper,
    ExperimentPlateauStopper,
    FunctionStopper,
    MaximumIterationStopper,
    Stopper,
    TimeoutStopper,
)
from tuning import SPACE, stored

BOTH = pytest.mark.parametrize("executor", ["inline", "dask"])


def ten_steps():
    """A function that is sent to workers as it stands, since they cannot import this module."""

    def train(config):
        for step in range(1, 11):
            report({"loss": 1 / step, "deep": {"step": step}})

    return train


train = ten_steps()


def run(folder, stop=None, trainable=train, executor="inline", failures=None, **tune):
    return Tuner(
        trainable,
        param_space=SPACE,
        tune_config=TuneConfig(
            **{"metric": "loss", "mode": "min", "num_samples": 3, "seed": 1, **tune}
        ),
        run_config=RunConfig(
            name="exp", storage_path=str(folder), verbose=0, stop=stop, failure_config=failures
        ),
        executor=executor,
    ).fit()


def restored(folder, executor="inline", **options):
    return Tuner.restore(
        folder / "exp", options.pop("trainable", train), executor=executor, **options
    ).fit()


def iterations(results):
    return [result.metrics["training_iteration"] for result in results]


class AllAtTheFirst(Stopper):
    """Stops all trials, but not the one that reports, at the first result."""

    def __init__(self):
        self.seen = False

    def __call__(self, trial_id, result):
        self.seen = True
        return False

    def stop_all(self):
        return self.seen


class AfterTwo(Stopper):
    """Stops a trial at its second result, and all at the fifth of any."""

    def __init__(self):
        self.seen = 0

    def __call__(self, trial_id, result):
        self.seen += 1
        return result["training_iteration"] >= 2

    def stop_all(self):
        return self.seen >= 5


@BOTH
@pytest.mark.parametrize(
    ("stop", "expected"),
    [
        ({"training_iteration": 4}, 4),
        ({"deep/step": 3}, 3),
        ({"deep": {"step": 2.5}}, 3),
        (lambda trial_id, result: result["loss"] < 0.3, 4),
        (MaximumIterationStopper(6), 6),
        (CombinedStopper(MaximumIterationStopper(6), FunctionStopper(lambda t, r: True)), 1),
    ],
)
def test_trials_stop_where_the_rule_says(tmp_path, executor, stop, expected):
    results = run(tmp_path, stop, executor=executor)
    assert iterations(results) == [expected] * 3
    assert not results.errors
    assert results.num_terminated == 3
    assert all(result.metrics["done"] for result in results)


def test_a_stopper_can_stop_the_whole_run(tmp_path):
    results = run(tmp_path, AfterTwo(), num_samples=10)
    assert iterations(results[:2]) == [2, 2]
    assert sum(bool(result.metrics) for result in results) == 3
    assert results.num_terminated == len(results)
    with Reader(tmp_path / "exp") as reader:
        [epoch] = reader.epochs
    assert (epoch.how, epoch.reason) == ("complete", "AfterTwo stopped all trials")


def test_a_metric_in_a_stop_dict_has_to_be_reported(tmp_path):
    results = run(tmp_path, {"accuracy": 1})
    assert results.num_errors == 3
    assert "needs the metric 'accuracy'" in str(results[0].error)


def test_a_stop_dict_on_a_minimized_metric_is_said(tmp_path, caplog):
    results = run(tmp_path, {"loss": 0.5})
    assert iterations(results) == [1, 1, 1]
    assert "stops a trial once loss is 0.5 or more" in caplog.text


def test_a_stop_function_that_raises_ends_the_run_in_good_order(tmp_path):
    def broken(trial_id, result):
        raise ZeroDivisionError("in the rule")

    with pytest.raises(PluginError, match="the stop rule raised ZeroDivisionError: in the rule"):
        run(tmp_path, broken)
    results = restored(tmp_path, run_config=RunConfig(stop={"training_iteration": 2}))
    assert all(found <= 3 for found in iterations(results))
    assert results.num_terminated == 3


@BOTH
def test_a_time_budget_ends_the_run_as_complete(tmp_path, executor):
    def endless(config):
        while True:
            report({"loss": 1.0})

    results = run(tmp_path, trainable=endless, executor=executor, time_budget_s=0.3)
    assert results.num_terminated == len(results)
    with Reader(tmp_path / "exp") as reader:
        [epoch] = reader.epochs
    assert (epoch.how, epoch.reason) == ("complete", "the time budget of 0.3 s is over")


def test_a_trial_that_reports_no_more_is_not_waited_for(tmp_path, monkeypatch):
    def stuck(config):
        report({"loss": 1.0})
        threading.Event().wait()

    monkeypatch.setenv("PEGBOX_FORCE_TRIAL_CLEANUP_S", "0.2")
    results = run(tmp_path, AllAtTheFirst(), trainable=stuck, executor="dask", num_samples=1)
    assert [result.status.value for result in results] == ["TERMINATED"]
    again = restored(
        tmp_path,
        resume_config=ResumeConfig(finished="restart"),
        run_config=RunConfig(stop={"training_iteration": 4}),
    )
    assert iterations(again) == [4]


def test_what_a_budget_left_over_goes_on_where_it_is_asked_for(tmp_path):
    def slow(config):
        while True:
            report({"loss": 1.0})

    run(tmp_path, trainable=slow, time_budget_s=0.2)
    again = restored(
        tmp_path,
        resume_config=ResumeConfig(finished="resume"),
        tune_config=TuneConfig(time_budget_s=1e6),
        run_config=RunConfig(stop={"training_iteration": 2}),
    )
    assert iterations(again) == [2, 2, 2]


@BOTH
def test_fail_fast_ends_the_run_with_the_first_failure(tmp_path, executor):
    def fails(config):
        raise ValueError("no")

    results = run(
        tmp_path,
        trainable=fails,
        executor=executor,
        num_samples=50,
        failures=FailureConfig(fail_fast=True),
    )
    assert 1 <= results.num_errors <= 4
    with Reader(tmp_path / "exp") as reader:
        [epoch] = reader.epochs
    assert epoch.how == "interrupted"
    assert epoch.reason.endswith("failed, and fail_fast is set")


def test_fail_fast_can_raise_what_the_trial_raised(tmp_path):
    def fails(config):
        raise ValueError("no good")

    with pytest.raises(TrialError, match="ValueError: no good"):
        run(tmp_path, trainable=fails, failures=FailureConfig(fail_fast="raise"))
    assert stored(tmp_path).num_errors == 1


@BOTH
def test_a_stopper_that_raises_ends_the_run_in_good_order(tmp_path, executor):
    class Raises(Stopper):
        def __call__(self, trial_id, result):
            return False

        def stop_all(self):
            raise ValueError("no answer")

    with pytest.raises(PluginError, match="the stop rule raised ValueError: no answer") as raised:
        run(tmp_path, Raises(), executor=executor)
    assert isinstance(raised.value.__cause__, ValueError)
    assert "Tuner.restore" in raised.value.hint
    with Reader(tmp_path / "exp") as reader:
        assert [epoch.how for epoch in reader.epochs] == ["failed"]
    results = restored(tmp_path, run_config=RunConfig(stop=MaximumIterationStopper(2)))
    assert iterations(results) == [2, 2, 2]


def test_a_restore_of_a_run_whose_time_is_over_asks_for_nothing(tmp_path):
    first = run(tmp_path, num_samples=-1, time_budget_s=0.05)
    again = restored(tmp_path)
    assert len(again) == len(first)
    more = restored(tmp_path, tune_config=TuneConfig(num_samples=len(first) + 2, time_budget_s=1e6))
    assert iterations(more[len(first) :]) == [10, 10]


def test_a_stopper_that_has_served_a_run_begins_anew(tmp_path):
    stop = CombinedStopper(
        ExperimentPlateauStopper("training_iteration", std=10, top=3, mode="max"),
        MaximumIterationStopper(9),
    )
    first = run(tmp_path / "first", stop, num_samples=1)
    again = run(tmp_path / "again", stop, num_samples=1)
    assert iterations(first) == iterations(again) == [3]


def test_only_a_failure_of_this_start_is_raised(tmp_path):
    def fails_at_first(config):
        report({"loss": 1.0})
        if get_context().get_trial_id().endswith("_00000"):
            raise ValueError("no good")

    with pytest.raises(TrialError):
        run(tmp_path, trainable=fails_at_first, failures=FailureConfig(fail_fast="raise"))
    results = restored(tmp_path, trainable=fails_at_first)
    assert results.num_errors == 1
    assert results.num_terminated == 2


def test_a_plateau_counts_stored_results_again_after_a_restore(tmp_path):
    seen = []

    def flat(config):
        for _ in range(3):
            seen.append(config)
            if len(seen) == 4:
                raise KeyboardInterrupt
            report({"loss": 1.0})

    stop = ExperimentPlateauStopper("loss", top=5)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, stop, trainable=flat, num_samples=20)
    restored(tmp_path, trainable=flat)
    with Reader(tmp_path / "exp") as reader:
        last = reader.epochs[-1]
    assert last.reason == "ExperimentPlateauStopper stopped all trials"
    # Three results were stored before, so the second one after the restore is the fifth.
    assert len(seen) <= 7


@pytest.mark.parametrize(
    ("stop", "before"),
    [
        (lambda trial_id, result: False, "<lambda>"),
        (AfterTwo(), "AfterTwo"),
        (CombinedStopper(AfterTwo(), MaximumIterationStopper(3)), "CombinedStopper with AfterTwo"),
    ],
)
def test_a_rule_that_is_code_has_to_be_passed_again(tmp_path, stop, before):
    run(tmp_path, stop)
    with pytest.raises(ConfigError) as refused:
        restored(tmp_path)
    assert refused.value.message.endswith(
        f"needs again: run_config=RunConfig(stop=...) (before: {before})"
    )


@pytest.mark.parametrize(
    "stop",
    [{"training_iteration": 2}, CombinedStopper(MaximumIterationStopper(2), TimeoutStopper(900))],
)
def test_a_rule_that_is_data_comes_back(tmp_path, stop):
    run(tmp_path, stop, num_samples=1)
    results = restored(tmp_path, tune_config=TuneConfig(num_samples=3))
    assert iterations(results) == [2, 2, 2]


def test_another_rule_takes_its_place(tmp_path):
    run(tmp_path, {"training_iteration": 2}, num_samples=2)
    results = restored(
        tmp_path,
        run_config=RunConfig(stop={"training_iteration": 5}),
        tune_config=TuneConfig(num_samples=3),
    )
    assert iterations(results) == [2, 2, 5]


def test_finished_trials_go_on_where_that_is_asked_for(tmp_path):
    run(tmp_path, {"training_iteration": 2}, num_samples=2)
    results = restored(
        tmp_path,
        run_config=RunConfig(stop={"training_iteration": 5}),
        resume_config=ResumeConfig(finished=ResumeConfig.ResumeType.RESTART),
    )
    assert iterations(results) == [5, 5]
