"""Runs from end to end: what they find, and what happens when a plugin or a trial breaks."""

from __future__ import annotations

import logging
import math
import time
from collections import Counter
from itertools import pairwise

import pytest
from pegbox import (
    Callback,
    Scheduler,
    Searcher,
    TuneConfig,
    choice,
    report,
    sample_from,
    uniform,
)
from pegbox.decisions import CONTINUE, FINISHED, WAIT, Exploit, Resize
from pegbox.errors import ConfigError, ExperimentExists, PluginError, RunError, Stalled
from pegbox.executors.simulated import SimulatedCluster, simulate
from pegbox.resources import Resources
from tuning import fit, restore, stored, tuner

EXECUTORS = pytest.mark.parametrize("executor", ["inline", "dask"])


class CountedSearcher(Searcher):
    """Draws from a list of answers, or calls them."""

    def __init__(self, answer):
        self.answer, self.asks = answer, 0

    def suggest(self, trial_id):
        self.asks += 1
        return self.answer(self.asks)


class CountedScheduler(Scheduler):
    def __init__(self, answer):
        self.answer, self.results = answer, 0

    def on_trial_result(self, trial, result):
        self.results += 1
        return self.answer(self.results, trial)


class ChoosingScheduler(Scheduler):
    def __init__(self, answer):
        self.answer = answer

    def choose_trial_to_run(self, queued, paused, running):
        return self.answer(queued, paused, running)


def raise_third(calls, *_):
    if calls == 3:
        raise ZeroDivisionError("the third call")
    return {"x": calls / 10}


def go_on_until_third(calls, *_):
    raise_third(calls)
    return CONTINUE


# ------------------------------------------------------------------------------------ whole runs


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (
            {"a": sample_from(lambda s: s.config.b), "b": sample_from(lambda s: s.config.a)},
            "sample_from functions need each other's values: a -> b -> a",
        ),
        (
            {"rate": 1, "a": sample_from(lambda config: config["rat"])},
            "the sample_from function of 'a' raised KeyError: \"no parameter 'rat'; did you mean "
            "'rate'?\"",
        ),
    ],
)
def test_functions_of_a_space_are_tried_before_anything_is_made(tmp_path, space, message):
    with pytest.raises(ConfigError) as refused:
        tuner(tmp_path, space=space)
    assert refused.value.message == message
    assert not list(tmp_path.iterdir())


@EXECUTORS
def test_a_run_finds_the_best(tmp_path, executor):
    results = fit(tmp_path, executor=executor, num_samples=6)
    assert len(results) == 6
    assert not results.errors
    assert [len(result.metrics_dataframe) for result in results] == [3] * 6
    best = results.get_best_result()
    assert best.config["x"] == min(result.config["x"] for result in results)
    assert best.metrics["training_iteration"] == 3


def test_a_function_may_return_its_result(tmp_path):
    results = fit(tmp_path, lambda config: {"loss": config["x"]})
    assert [result.metrics["loss"] for result in results] == [r.config["x"] for r in results]


def test_without_a_metric_everything_runs_to_its_end(tmp_path):
    results = fit(tmp_path, metric=None, mode=None)
    assert [result.metrics["training_iteration"] for result in results] == [3] * 4


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number_ranks_worst_and_is_kept(tmp_path, value):
    outcomes = {}

    class Told(CountedSearcher):
        def on_trial_complete(self, trial_id, result, error, outcome):
            outcomes[trial_id[-1]] = (outcome, error)

    def odd(config):
        report({"loss": value if config["x"] == 0.2 else config["x"]})

    searcher = Told(lambda ask: {"x": ask / 10})
    results = fit(tmp_path, odd, search_alg=searcher, num_samples=3, scheduler="asha")
    assert outcomes == {
        "0": ("finished", False),
        "1": ("failed", True),
        "2": ("finished", False),
    }
    kept = results[1].metrics["loss"]
    assert kept == value or (math.isnan(kept) and math.isnan(value))
    assert results[1].error is None
    assert not results.errors
    assert results.get_best_result().config["x"] == 0.1


@EXECUTORS
def test_a_trial_that_fails_fails_alone(tmp_path, executor):
    def fails(config):
        report({"loss": config["x"]})
        if config["x"] == 0.2:
            raise ValueError("no luck")

    searcher = CountedSearcher(lambda ask: {"x": ask / 10} if ask <= 3 else FINISHED)
    results = fit(tmp_path, fails, search_alg=searcher, executor=executor, num_samples=-1)
    assert [bool(result.error) for result in results] == [False, True, False]
    assert "ValueError: no luck" in str(results.errors[0])
    assert "raise ValueError" in results.errors[0].traceback


def test_a_trial_is_tried_again_as_often_as_was_said(tmp_path):
    tries = Counter()

    def fails_twice(config):
        tries[config["x"]] += 1
        report({"loss": config["x"]})
        if tries[config["x"]] <= 2:
            raise ValueError("not yet")

    assert not fit(tmp_path, fails_twice, max_failures=2).errors
    assert set(tries.values()) == {3}


def test_a_second_fit_is_refused_and_both_ways_out_are_named(tmp_path):
    again = tuner(tmp_path)
    again.fit()
    with pytest.raises(ExperimentExists) as caught:
        again.fit()
    assert "Tuner.restore" in str(caught.value)
    assert "name" in str(caught.value)


def test_no_more_run_at_once_than_was_said(tmp_path):
    def times(config):
        begun = time.monotonic()
        report({"loss": config["x"]})
        return {"loss": config["x"], "begun": begun, "ended": time.monotonic()}

    results = fit(tmp_path, times, executor="dask", num_samples=4, max_concurrent_trials=1)
    spans = sorted((result.metrics["begun"], result.metrics["ended"]) for result in results)
    assert len(spans) == 4
    assert all(ended < begun for (_, ended), (begun, _) in pairwise(spans))


# ------------------------------------------------------------------- plugins that decide and fail


@EXECUTORS
def test_a_searcher_that_raises_ends_the_run_and_another_completes_it(tmp_path, executor):
    searcher = CountedSearcher(raise_third)
    with pytest.raises(PluginError) as caught:
        fit(tmp_path, search_alg=searcher, executor=executor)
    error = caught.value
    label = f"CountedSearcher ({__name__}.CountedSearcher)"
    assert error.message == (
        f"searcher {label} raised in suggest: ZeroDivisionError: the third call"
    )
    assert error.plugin == label
    assert error.hook == "searcher_suggest"
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert f"pegbox.Tuner.restore({str(tmp_path / 'exp')!r}, train).fit()" in error.hint
    assert [result.config for result in stored(tmp_path)] == [{"x": 0.1}, {"x": 0.2}]
    results = restore(tmp_path, tune={"search_alg": "random", "num_samples": 4}, executor=executor)
    assert [result.metrics["training_iteration"] for result in results] == [3] * 4
    assert [result.config for result in results][:2] == [{"x": 0.1}, {"x": 0.2}]


@EXECUTORS
def test_a_scheduler_that_raises_ends_the_run_and_another_completes_it(tmp_path, executor):
    scheduler = CountedScheduler(go_on_until_third)
    with pytest.raises(PluginError) as caught:
        fit(tmp_path, scheduler=scheduler, executor=executor)
    error = caught.value
    label = f"CountedScheduler ({__name__}.CountedScheduler)"
    assert error.message == (
        f"scheduler {label} raised in on_trial_result: ZeroDivisionError: the third call"
    )
    assert (error.plugin, error.hook) == (label, "scheduler_result")
    assert isinstance(error.__cause__, ZeroDivisionError)
    assert scheduler.results == 3
    # The report on which it raised is kept, too.
    reports = sum(len(result.metrics_dataframe) for result in stored(tmp_path) if result.metrics)
    assert reports >= 3
    results = restore(tmp_path, tune={"scheduler": "fifo", "num_samples": 4}, executor=executor)
    assert [result.metrics["training_iteration"] for result in results] == [3] * 4


ANSWERS = "CONTINUE, STOP, PAUSE, Exploit(...) or Resize(...)"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "answered None in suggest"),
        ("x", "answered 'x' in suggest"),
        (CONTINUE, "answered <Verdict.CONTINUE: 'CONTINUE'> in suggest"),
        ({"x": 2.0}, "suggested a point outside the space: parameter 'x': 2.0 is not between"),
        ({"x": math.nan}, "suggested a point outside the space: parameter 'x': nan is not between"),
        ({"x": "a"}, "suggested a point outside the space: parameter 'x'"),
        ({}, "suggested a point outside the space: a point lacks a value for 'x'"),
        ({"x": 0.5, "y": 1}, "suggested a point outside the space: a point has 'y', which is no"),
    ],
)
def test_an_answer_that_is_no_point_is_the_searchers_fault(tmp_path, answer, said):
    searcher = CountedSearcher(lambda ask: answer if ask == 3 else {"x": ask / 10})
    with pytest.raises(PluginError) as caught:
        fit(tmp_path, search_alg=searcher)
    assert f"searcher CountedSearcher ({__name__}.CountedSearcher) {said}" in str(caught.value)
    assert [result.config for result in stored(tmp_path)] == [{"x": 0.1}, {"x": 0.2}]


@EXECUTORS
def test_a_searcher_that_waits_for_ever_does_not_hang(tmp_path, executor):
    searcher = CountedSearcher(lambda ask: {"x": 0.5} if ask == 1 else WAIT)
    with pytest.raises(Stalled) as caught:
        fit(tmp_path, search_alg=searcher, executor=executor)
    assert isinstance(caught.value, RunError)
    assert "the searcher waits for a result, but no trial is left to give one" in str(caught.value)
    assert "Tuner.restore" in caught.value.hint
    story = "\n".join(caught.value.story)
    for kind in ("Suggested trial=0", "Ended trial=0", "RunEnded how=failed"):
        assert kind in story
    assert len(stored(tmp_path)) == 1


def test_a_searcher_that_never_proposes_ends_a_run_without_trials(tmp_path):
    assert len(fit(tmp_path, search_alg=CountedSearcher(lambda ask: FINISHED))) == 0


@pytest.mark.parametrize("method", ["setup", "on_trial_complete"])
def test_a_searcher_that_raises_elsewhere_is_named_too(tmp_path, method):
    def fail(self):
        raise OSError("gone")

    broken = type("Broken", (CountedSearcher,), {method: fail})
    with pytest.raises(PluginError, match=f"raised in {method}: OSError: gone"):
        fit(tmp_path, search_alg=broken(lambda ask: {"x": 0.5}))


@pytest.mark.parametrize(
    "answer",
    [
        *(None, "STOP", True, Exploit(None, {}), Exploit("abcde_00000", None), Resize({"cpu": 1})),
        *(Resize(Resources()), Resize(Resources({"gpu": 1.5}))),
    ],
    ids=repr,
)
def test_an_answer_that_is_no_decision_is_the_schedulers_fault(tmp_path, answer):
    scheduler = CountedScheduler(lambda calls, trial: answer if calls == 2 else CONTINUE)
    with pytest.raises(PluginError) as caught:
        fit(tmp_path, scheduler=scheduler)
    label = f"CountedScheduler ({__name__}.CountedScheduler)"
    assert f"scheduler {label} answered {answer!r} in on_trial_result" in str(caught.value)
    assert f"It may answer {ANSWERS}." in str(caught.value)
    assert scheduler.results == 2


def running_one(queued, paused, running):
    return running[0] if running else queued[0]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda *_: None, "answered None in choose_trial_to_run"),
        (lambda *_: FINISHED, "answered <Signal.FINISHED: 'FINISHED'> in choose_trial_to_run"),
        (lambda queued, *_: queued[0].number, "answered 0 in choose_trial_to_run"),
        (running_one, "answered <Trial curve_00000_00000 RUNNING> in choose_trial_to_run"),
        (lambda *_: 1 / 0, "raised in choose_trial_to_run: ZeroDivisionError"),
    ],
)
def test_a_choice_that_cannot_be_run_is_the_schedulers_fault(answer, said):
    result = simulate(
        lambda config, i: (1.0, {"loss": 1 / i}) if i < 3 else None,
        param_space={"x": uniform(0, 1)},
        tune_config=TuneConfig(num_samples=2, scheduler=ChoosingScheduler(answer)),
        cluster=SimulatedCluster(workers=2),
    )
    assert result.ended.how == "failed"
    assert said in result.ended.reason
    assert "starts none" not in result.ended.reason


def test_a_scheduler_that_starts_nothing_does_not_hang(tmp_path):
    with pytest.raises(Stalled, match="the scheduler starts none of 4 waiting trials"):
        fit(tmp_path, scheduler=ChoosingScheduler(lambda *_: WAIT))


# ---------------------------------------------------------------- callbacks, told and failing


class Told(Callback):
    """Notes what it is told, in order; raises where it was told to."""

    def __init__(self, failing=None):
        self.failing, self.heard = failing, []

    def _hear(self, what, trial, *more):
        self.heard.append((what, trial.number, *more))
        if what == self.failing and sum(heard[0] == what for heard in self.heard) == 3:
            raise ZeroDivisionError("the third call")

    def setup(self, experiment):
        self.heard.append(("setup",))

    def on_trial_start(self, trial):
        self._hear("start", trial)

    def on_trial_result(self, trial, result, decision):
        self._hear("result", trial, result["training_iteration"], decision)

    def on_trial_complete(self, trial):
        self._hear("complete", trial)

    def on_trial_error(self, trial):
        self._hear("error", trial)

    def on_trial_recover(self, trial):
        self._hear("recover", trial)

    def on_experiment_end(self, trials):
        self.heard.append(("end", len(trials)))


def test_a_callback_is_told_everything_in_its_order(tmp_path):
    told = Told()
    fit(tmp_path, num_samples=2, callbacks=(told,))
    of_trial = [("start",), ("result", 1, "CONTINUE"), ("result", 2, "CONTINUE")]
    of_trial += [("result", 3, "CONTINUE"), ("complete",)]
    expected = [(what, number, *more) for number in (0, 1) for what, *more in of_trial]
    assert told.heard == [("setup",), *expected, ("end", 2)]


def test_a_callback_is_told_of_failures_and_tries(tmp_path):
    def fails(config):
        raise ValueError("no")

    told = Told()
    fit(tmp_path, fails, num_samples=1, max_failures=1, callbacks=(told,))
    assert told.heard[1:] == [
        ("start", 0),
        ("recover", 0),
        ("start", 0),
        ("error", 0),
        ("end", 1),
    ]


@EXECUTORS
def test_a_callback_that_raises_is_dropped_after_one_report(tmp_path, executor, caplog):
    bad, good = Told(failing="result"), Told()
    with caplog.at_level(logging.ERROR, logger="pegbox"):
        results = fit(tmp_path, callbacks=(bad, good), executor=executor)
    assert [result.metrics["training_iteration"] for result in results] == [3] * 4
    assert sum(heard[0] == "result" for heard in bad.heard) == 3
    assert ("end", 4) not in bad.heard
    assert sum(heard[0] == "result" for heard in good.heard) == 12
    said = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.getMessage() for record in said] == [
        f"callback Told ({__name__}.Told) raised in on_trial_result: "
        "ZeroDivisionError: the third call; it is told nothing further"
    ]
    assert said[0].exc_info[0] is ZeroDivisionError


def test_a_callback_that_raises_at_the_beginning_hinders_nothing(tmp_path, caplog):
    class Broken(Callback):
        def setup(self, experiment):
            raise OSError("gone")

    assert len(fit(tmp_path, callbacks=(Broken(),))) == 4
    assert [r.getMessage().split(" raised")[0] for r in caplog.records] == [
        f"callback Broken ({Broken.__module__}.{Broken.__qualname__})"
    ]


def test_a_category_may_be_any_object(tmp_path):
    seen = []

    def keep(config):
        seen.append(config["kind"])
        return {"loss": 0.0}

    fit(tmp_path, keep, space={"kind": choice([dict, list])}, num_samples=10)
    assert set(seen) == {dict, list}
