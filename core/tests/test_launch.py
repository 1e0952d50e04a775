"""`run`, `run_experiments` and `Experiment`: Ray Tune's older way in."""

from __future__ import annotations

import signal

import pytest
from pegbox import (
    Checkpoint,
    CheckpointConfig,
    Experiment,
    ExperimentAnalysis,
    choice,
    get_checkpoint,
    report,
    run,
    run_experiments,
    uniform,
)
from pegbox.errors import ConfigError, ExperimentExists, RunError
from pegbox.launch import checkpoint_settings
from tuning import train


def fails_at_first(config):
    if config["x"] == 1:
        raise ValueError("no good")
    report({"loss": 1.0})


@pytest.fixture
def quick(tmp_path):
    """Settings of a short run in the test's own folder."""
    return {
        "config": {"x": uniform(0, 1)},
        "metric": "loss",
        "mode": "min",
        "num_samples": 3,
        "storage_path": str(tmp_path),
        "name": "exp",
        "verbose": 0,
        "executor": "inline",
    }


def test_run_answers_an_analysis(quick):
    analysis = run(train, **quick, stop={"training_iteration": 2})
    assert isinstance(analysis, ExperimentAnalysis)
    assert len(analysis.trials) == 3
    assert analysis.best_config["x"] == min(trial.config["x"] for trial in analysis.trials)
    assert analysis.best_result["training_iteration"] == 2


def test_run_on_this_machines_workers(quick):
    analysis = run(train, **{**quick, "executor": "dask"}, resources_per_trial={"cpu": 0.5})
    assert [trial.metrics["training_iteration"] for trial in analysis.trials] == [3, 3, 3]


def test_failed_trials_are_raised_at_the_end_unless_told_otherwise(quick):
    quick["config"] = {"x": choice([1])}
    with pytest.raises(RunError, match="3 of 3 trials failed") as raised:
        run(fails_at_first, **quick)
    assert "ValueError: no good" in str(raised.value)
    analysis = run(fails_at_first, **{**quick, "name": "other"}, raise_on_failed_trial=False)
    assert len(analysis.trials) == 3


def test_a_name_is_run_once_unless_it_is_resumed(quick):
    run(train, **quick)
    with pytest.raises(ExperimentExists):
        run(train, **quick)
    analysis = run(train, **{**quick, "num_samples": 5}, resume=True)
    assert len(analysis.trials) == 5


@pytest.mark.parametrize("resume", ["AUTO", "auto+errored"])
def test_resume_auto_begins_where_there_is_nothing(quick, resume):
    assert len(run(train, **quick, resume=resume).trials) == 3
    assert len(run(train, **quick, resume=resume).trials) == 3


def test_resume_can_try_failed_trials_again(quick):
    begun = []

    def fails_once(config):
        begun.append(config)
        if len(begun) <= 3:
            raise ValueError("no good")
        report({"loss": 1.0})

    run(fails_once, **quick, raise_on_failed_trial=False)
    analysis = run(fails_once, **quick, resume="AUTO+RESTART_ERRORED")
    assert len(begun) == 6
    assert all(trial.error is None for trial in analysis.trials)


@pytest.mark.parametrize(
    ("resume", "begins"),
    [
        ("AUTO", []),
        ("LOCAL+ERRORED", [1]),
        ("auto+errored_only", [1]),
        ("AUTO+RESTART_ERRORED_ONLY", [0]),
        ("ERRORED_ONLY", [0]),
    ],
)
def test_resume_says_what_becomes_of_failed_trials(quick, resume, begins):
    begun = []

    def fails_once(config):
        saved = get_checkpoint()
        begun.append(0 if saved is None else saved.to_dict()["step"])
        report({"loss": 1.0}, checkpoint=Checkpoint.from_dict({"step": 1}))
        if len(begun) == 1:
            raise ValueError("no good")

    quick["num_samples"] = 1
    run(fails_once, **quick, raise_on_failed_trial=False)
    run(fails_once, **quick, resume=resume, raise_on_failed_trial=False)
    assert begun[1:] == begins


def test_a_resume_keeps_the_budget_of_failures(quick):
    begun = []

    def fails(config):
        begun.append(config)
        raise ValueError("no good")

    quick.update(num_samples=1, raise_on_failed_trial=False)
    run(fails, **quick, max_failures=2)
    assert len(begun) == 3
    run(fails, **quick, resume="LOCAL+RESTART_ERRORED")
    assert len(begun) == 6


def test_older_names_of_checkpoint_settings_are_taken_with_a_warning():
    with pytest.warns(FutureWarning, match="checkpoint_config=CheckpointConfig"):
        settings = checkpoint_settings(None, 2, "min-loss", 3, at_end=True)
    assert settings == CheckpointConfig(
        num_to_keep=2,
        checkpoint_score_attribute="loss",
        checkpoint_score_order="min",
        checkpoint_frequency=3,
        checkpoint_at_end=True,
    )


def test_experiments_run_one_after_the_other(quick, tmp_path):
    shared = {name: quick.pop(name) for name in ("verbose", "executor", "metric", "mode")}
    quick.pop("name")
    one = Experiment("one", train, **quick)
    two = {"two": {"run": train, **quick, "num_samples": 2}}
    trials = run_experiments([one, two], **shared)
    assert len(trials) == 5
    assert {path.name for path in tmp_path.iterdir()} == {"one", "two"}
    assert one.path == str(tmp_path / "one")
    assert one.run_identifier == "train"
    assert one.checkpoint_config == CheckpointConfig()
    assert one.public_spec["num_samples"] == 3


@pytest.fixture
def experiment(quick):
    """Makes an experiment of a name; the settings that all share are in its ``shared``."""
    shared = {name: quick.pop(name) for name in ("verbose", "executor")}
    del quick["name"]

    def make(name, trainable=train, **settings):
        return Experiment(name, trainable, **{**quick, **settings})

    make.shared = shared
    return make


def test_arguments_beside_an_experiment_count_more_than_its_own(experiment):
    begun = []

    def fails(config):
        begun.append(config)
        raise ValueError("no good")

    made = experiment("one", fails, num_samples=1, raise_on_failed_trial=False, max_failures=1)
    run(made, **experiment.shared)
    assert len(begun) == 2
    run(made, **experiment.shared, resume="LOCAL+RESTART_ERRORED", max_failures=3)
    assert len(begun) == 6


def test_all_experiments_run_before_failures_are_raised(experiment, tmp_path):
    bad = experiment("bad", fails_at_first, config={"x": choice([1])})
    with pytest.raises(RunError, match="3 of 6 trials failed") as raised:
        run_experiments([bad, experiment("good")], **experiment.shared)
    assert {path.name for path in tmp_path.iterdir()} == {"bad", "good"}
    assert str(tmp_path / "bad") in str(raised.value)


def test_an_experiment_that_is_wrong_keeps_all_from_beginning(experiment, tmp_path):
    wrong = experiment("wrong", num_sample=3)
    with pytest.raises(ConfigError, match="num_sample"):
        run_experiments([experiment("good"), wrong], **experiment.shared)
    assert not list(tmp_path.iterdir())


def test_two_experiments_of_one_folder_are_refused(experiment, tmp_path):
    with pytest.raises(ConfigError, match="two experiments for the folder"):
        run_experiments([experiment("one"), experiment("one")], **experiment.shared)
    assert not list(tmp_path.iterdir())


def test_an_experiment_takes_checkpoint_settings_as_a_dict(experiment):
    made = experiment("one", checkpoint_config={"num_to_keep": 2})
    assert made.checkpoint_config == CheckpointConfig(num_to_keep=2)
    with pytest.raises(ConfigError, match="'num_keep', which is no field") as refused:
        experiment("one", checkpoint_config={"num_keep": 2})
    assert refused.value.hint == "Did you mean 'num_to_keep'?"


@pytest.mark.parametrize("by", ["Ctrl-C", "fail_fast"])
def test_what_ends_one_experiment_early_ends_them_all(experiment, tmp_path, caplog, by):
    def ends(config):
        if by == "Ctrl-C":
            signal.raise_signal(signal.SIGINT)
            report({"loss": 1.0})
        else:
            raise ValueError("no good")

    first = experiment("first", ends, raise_on_failed_trial=False, fail_fast=by == "fail_fast")
    run_experiments([first, experiment("second"), experiment("third")], **experiment.shared)
    assert {path.name for path in tmp_path.iterdir()} == {"first"}
    assert "second, third" in caplog.text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_sample": 3}, "run() has no argument 'num_sample'"),
        (
            {"export_formats": ["onnx"]},
            "run(export_formats=...) is not taken",
        ),
        (
            {"resume": "PROMPT"},
            "run(resume=...) must be True, False, or one of LOCAL, AUTO with one of +ERRORED, "
            "+ERRORED_ONLY, +RESTART_ERRORED, +RESTART_ERRORED_ONLY behind it or none, got "
            "'PROMPT'",
        ),
        ({"resume": True, "name": None}, "run(resume=True) needs the experiment's name"),
        (
            {"checkpoint_config": CheckpointConfig(), "keep_checkpoints_num": 3},
            "run(checkpoint_config=...) leaves no place for num_to_keep under older names",
        ),
        (
            {"fail_fast": True, "max_failures": 2},
            "FailureConfig(fail_fast=True) ends the run with the first failure, and "
            "max_failures=2 tries again",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(quick, tmp_path, options, message):
    with pytest.raises(ConfigError) as refused:
        run(train, **{**quick, **options})
    assert refused.value.message == message
    assert refused.value.hint
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (3, "run_experiments takes Experiments, or dicts of name and settings, got 3"),
        ({"exp": {}}, "experiment 'exp' must be a dict with 'run' in it, got {}"),
    ],
)
def test_what_is_no_experiment_is_refused(given, message):
    with pytest.raises(ConfigError) as refused:
        run_experiments(given)
    assert refused.value.message == message
    assert refused.value.hint
