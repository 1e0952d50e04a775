"""`ExperimentAnalysis`: Ray Tune's older names upon what `ResultGrid` reads."""

from __future__ import annotations

import logging
from dataclasses import replace

import pandas as pd
import pytest
from pegbox import Checkpoint, ExperimentAnalysis, ResultGrid
from pegbox._store import Store
from pegbox.errors import ConfigError, RunError, StoreError
from pegbox.trial import Status
from store_facts import (
    META,
    checkpoint_at,
    failed,
    finished,
    launched,
    reported,
    suggested,
)


@pytest.fixture
def folder(tmp_path):
    """Three trials: losses 0.3 then 0.9, 0.5 with two checkpoints, and one that failed."""
    with Store.create(tmp_path / "trying", META) as store:
        store.append(
            [
                *[suggested(0, 0.1), launched(0)],
                *[reported(0, 1, loss=0.3), reported(0, 2, loss=0.9), finished(0)],
                *[suggested(1, 0.2), launched(1)],
                reported(1, 1, checkpoint=checkpoint_at(1, 1), loss=0.4),
                reported(1, 2, checkpoint=checkpoint_at(1, 2), loss=0.5),
                *[finished(1), suggested(2), launched(2), failed(2)],
            ]
        )
    return tmp_path / "trying"


@pytest.fixture
def analysis(folder):
    return ExperimentAnalysis(folder)


def test_the_best_by_the_experiments_own_objective(analysis, folder):
    best = analysis.best_trial

    assert best is analysis.trials[1]
    assert analysis.best_config == best.config
    assert analysis.best_result == best.last_result
    assert best.last_result["loss"] == 0.5
    assert best.last_result["config"]["x"] == 0.2
    assert analysis.best_logdir == analysis.get_best_logdir() == best.path
    assert analysis.get_best_config() == best.config
    assert analysis.experiment_path == str(folder)
    assert repr(analysis) == f"ExperimentAnalysis(3 trials, {str(folder)!r})"


def test_a_trial_has_the_names_of_ray_tune(analysis, folder):
    trial = analysis.best_trial

    assert str(trial) == trial.name == "train_ab1de_00001"
    assert trial.local_path == trial.logdir == str(folder / "train_ab1de_00001")
    assert trial.experiment_tag == "1_x=0.2"
    assert trial.trainable_name == "train"
    assert trial.evaluated_params["x"] == 0.2
    assert set(trial.evaluated_params) == {"x", "kind"}
    assert trial.status == Status.TERMINATED == "TERMINATED"
    assert analysis.trials[2].last_result == {}


def test_metric_mode_and_scope_of_the_call_come_before_the_defaults(folder):
    analysis = ExperimentAnalysis(folder, default_metric="loss", default_mode="max")

    assert analysis.best_trial is analysis.trials[0]
    assert analysis.get_best_trial(mode="min") is analysis.trials[1]
    assert analysis.get_best_trial(mode="min", scope="all") is analysis.trials[0]
    assert analysis.get_best_trial("training_iteration") is analysis.trials[0]
    with pytest.raises(ConfigError, match="scope must be one of"):
        analysis.get_best_trial(scope="avrg")


def test_an_experiment_without_objective_needs_a_metric(tmp_path):
    with Store.create(tmp_path / "exp", replace(META, objectives=())) as store:
        store.append([suggested(0), launched(0), reported(0, 1), finished(0)])
    analysis = ExperimentAnalysis(tmp_path / "exp")

    with pytest.raises(ConfigError, match="a metric is needed"):
        _ = analysis.best_trial
    with pytest.raises(ConfigError, match="Did you mean 'loss'"):
        analysis.get_best_trial("los")
    assert analysis.get_best_trial("loss", "min") is analysis.trials[0]


def test_without_a_value_there_is_no_best(tmp_path, caplog):
    with Store.create(tmp_path / "exp", META) as store:
        store.append([suggested(0), launched(0), failed(0)])
    analysis = ExperimentAnalysis(tmp_path / "exp")

    with caplog.at_level(logging.WARNING, "pegbox"):
        assert analysis.get_best_trial() is None
        assert analysis.get_best_config() is None
        assert analysis.get_last_checkpoint() is None
    assert "there is no best trial: no trial has reported anything" in caplog.text
    with pytest.raises(RunError, match="no trial has reported anything"):
        _ = analysis.best_result


def test_checkpoints_by_their_value_and_the_latest(analysis, folder):
    first, second = (str(folder / checkpoint_at(1, n).path) for n in (1, 2))
    trial = analysis.trials[1]

    assert isinstance(analysis.best_checkpoint, Checkpoint)
    assert analysis.best_checkpoint.path == first
    assert analysis.get_best_checkpoint(trial, mode="max").path == second
    assert analysis.get_last_checkpoint(trial).path == second
    assert analysis.get_best_checkpoint(analysis.trials[0]) is None
    assert analysis.get_last_checkpoint(metric="loss", mode="min").path == second


def test_frames_are_those_of_the_grid(analysis, folder):
    pd.testing.assert_frame_equal(analysis.dataframe(), ResultGrid(folder).get_dataframe())
    assert analysis.dataframe("loss", "min")["loss"].tolist()[:2] == [0.3, 0.4]
    assert analysis.dataframe("loss")["loss"].tolist()[:2] == [0.3, 0.4]
    assert list(analysis.results_df.index) == [trial.trial_id for trial in analysis.trials]
    assert analysis.best_result_df["config/x"].tolist() == [0.2]
    assert analysis.best_dataframe["loss"].tolist() == [0.4, 0.5]
    assert [len(frame) for frame in analysis.trial_dataframes.values()] == [2, 2, 0]


def test_all_results_and_configurations_by_trial_id(analysis):
    assert analysis.results["ab1de_00000"]["loss"] == 0.9
    assert analysis.results["ab1de_00002"] == {}
    assert analysis.get_all_configs()["ab1de_00000"]["x"] == 0.1
    assert analysis.get_all_configs(prefix=True)["ab1de_00000"]["config/x"] == 0.1


def test_what_cannot_be_opened_is_refused(tmp_path, folder):
    with pytest.raises(StoreError, match="there is no experiment in"):
        ExperimentAnalysis(tmp_path)
    with pytest.raises(ConfigError, match="storage_filesystem"):
        ExperimentAnalysis(folder, storage_filesystem=object())
