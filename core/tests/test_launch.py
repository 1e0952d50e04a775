"""`run`, `run_experiments` and `Experiment`: Ray Tune's older way in."""

from __future__ import annotations

import pytest
from pegbox import (
    CheckpointConfig,
    Experiment,
    ExperimentAnalysis,
    choice,
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
            "run(resume=...) must be True, False or one of LOCAL, LOCAL+ERRORED, "
            "LOCAL+RESTART_ERRORED, ERRORED_ONLY, AUTO, AUTO+ERRORED, AUTO+RESTART_ERRORED, got "
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
