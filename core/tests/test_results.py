"""`ResultGrid` and `Result` over a stored experiment."""

import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest
from pegbox._store import Store
from pegbox.errors import ConfigError, MissingDependency, RunError, StoreError, TrialError
from pegbox.events import Ended
from pegbox.results import Result, ResultGrid
from pegbox.space import choice, uniform
from pegbox.trial import State, Status
from store_facts import (
    META,
    checkpoint_at,
    failed,
    finished,
    launched,
    reported,
    suggested,
    whole_trial,
)

PARAM_SPACE = {"x": uniform(0, 1), "kind": choice([dict, list]), "deep": {"n": 3}}


def trial(number, curve, x=0.5, **name):
    (metric,) = name.values() or ("loss",)
    reports = [reported(number, i + 1, **{metric: v}) for i, v in enumerate(curve)]
    return [suggested(number, x), launched(number), *reports, finished(number)]


@pytest.fixture
def grid_of(tmp_path):
    def make(events, **changes):
        folder = tmp_path / "trying"
        with Store.create(folder, replace(META, **changes)) as store:
            store.append(events)
        return ResultGrid(folder)

    return make


@pytest.fixture
def grid(grid_of):
    stopped = Ended(2.0, 3, 1, "halted", 1, became=State.STOPPED)
    return grid_of(
        [
            *trial(0, [0.3, 0.9], x=0.1),
            *trial(1, [0.5, 0.5], x=0.2),
            *[suggested(2), launched(2), reported(2, 1, loss=float("nan")), failed(2)],
            *[suggested(3), launched(3), reported(3, 1, loss=0.8, acc=1), stopped],
            suggested(4),
        ]
    )


def test_the_grid_counts_and_indexes_its_trials(grid, tmp_path):
    assert len(grid) == 5
    assert (grid.num_errors, grid.num_terminated) == (1, 3)
    assert grid.experiment_path == str(tmp_path / "trying")
    assert [result.trial_id for result in grid] == [f"ab1de_{n:05d}" for n in range(5)]
    assert grid[-1].status is Status.PENDING
    assert [result.status for result in grid[2:4]] == [Status.ERROR, Status.TERMINATED]
    assert repr(grid) == f"ResultGrid(5 trials, 1 errors, {grid.experiment_path!r})"


def test_a_result_has_what_was_found(grid, tmp_path):
    result = grid[0]

    assert result.metrics["loss"] == 0.9
    assert result.metrics["training_iteration"] == 2
    assert result.metrics["done"] is True
    assert result.metrics["experiment_tag"] == "0_x=0.1"
    assert result.error is None
    assert result.checkpoint is None
    assert result.path == str(tmp_path / "trying" / "train_ab1de_00000")
    assert str(result.log_dir) == result.path
    assert result.filesystem.exists(grid.experiment_path)
    assert result.metrics["config"] == result.config
    assert repr(result).startswith("Result(ab1de_00000, TERMINATED, metrics={'loss': 0.9, ")


def test_a_trial_without_reports_has_no_metrics(grid):
    assert grid[4].metrics == {}


def test_errors_keep_their_cause_and_traceback(grid):
    (error,) = grid.errors

    assert isinstance(error, TrialError)
    assert (error.message, error.cause, error.type_name) == ("no luck", "exception", "ValueError")
    assert "Traceback" in error.traceback
    assert grid[2].error is error
    with pytest.raises(TrialError, match="Traceback"):
        raise error
    assert "no luck" in repr(grid[2])


def test_the_checkpoint_is_in_the_folder_wherever_that_lies(grid_of, tmp_path):
    record = checkpoint_at(0, 1)
    grid_of([suggested(0), launched(0), reported(0, 1, checkpoint=record), finished(0)])
    moved = tmp_path / "elsewhere"
    (tmp_path / "trying").rename(moved)

    (result,) = ResultGrid(moved)

    assert result.checkpoint is not None
    assert result.checkpoint.path == str(moved / record.path)


def test_configurations_show_stand_ins_until_the_space_is_passed(grid):
    without = grid[0].config
    again = ResultGrid(grid.experiment_path, PARAM_SPACE)[0].config

    assert (without["x"], without["deep"]) == (0.1, {"n": 3})
    assert without["kind"] is not list
    assert "list" in repr(without["kind"])
    assert again == {"x": 0.1, "kind": list, "deep": {"n": 3}}


def test_a_result_by_the_folder_of_its_trial_which_need_not_exist(grid, tmp_path):
    result = Result.from_path(tmp_path / "trying" / "train_ab1de_00001")
    assert (result.trial_id, result.metrics) == (grid[1].trial_id, grid[1].metrics)

    with_space = Result.from_path(grid[1].path, param_space=PARAM_SPACE)
    assert with_space.config["kind"] is list


def test_a_folder_of_no_trial_is_refused_with_the_nearest(grid, tmp_path):
    with pytest.raises(ConfigError, match="has the folder 'train_ab1de_0001'") as error:
        Result.from_path(tmp_path / "trying" / "train_ab1de_0001")
    assert error.value.hint.startswith("Did you mean 'train_ab1de_0000")
    with pytest.raises(StoreError, match="there is no experiment in"):
        Result.from_path(tmp_path / "nowhere" / "train_ab1de_00001")
    with pytest.raises(ConfigError, match="storage_filesystem"):
        Result.from_path(grid[1].path, object())


def test_a_notebook_shows_tables(grid_of):
    grid = grid_of([each for n in range(23) for each in trial(n, [0.5], x=0.25)])

    shown = grid._repr_html_()

    assert shown.count("<tr>") == 21
    assert "<td" in grid[0]._repr_html_()
    assert "ab1de_00019" in shown
    assert "ab1de_00020" not in shown
    assert shown.endswith("<p>and 3 more trials</p>")
    assert "&lt;class &#x27;list&#x27;&gt;" in shown, "as text, not as markup"


def test_another_space_is_refused(grid):
    with pytest.raises(ConfigError, match="not the one this experiment was started with"):
        ResultGrid(grid.experiment_path, {"y": 1})


def test_a_folder_without_experiment_is_refused(tmp_path):
    with pytest.raises(StoreError, match="there is no experiment in"):
        ResultGrid(tmp_path)


# ---------------------------------------------------------------------------- the best result


def test_the_best_by_the_experiments_own_objective(grid):
    assert grid.get_best_result() is grid[1]


def test_the_best_by_metric_mode_and_scope(grid):
    assert grid.get_best_result("loss", "max") is grid[0]
    assert grid.get_best_result(scope="all") is grid[0]
    assert grid.get_best_result("acc", "max") is grid[3]
    assert grid.get_best_result("training_iteration", "max") is grid[0]


def test_a_metric_that_is_no_objective_needs_a_mode(grid):
    with pytest.raises(ConfigError, match="'time_total_s' was given without mode"):
        grid.get_best_result("time_total_s")


def test_without_any_metric_the_reported_ones_are_named(grid_of):
    grid = grid_of(whole_trial(0), objectives=())

    with pytest.raises(ConfigError, match="run without one") as error:
        grid.get_best_result()

    assert "Reported: ['loss']" in error.value.hint


def test_a_metric_that_nobody_reported_is_refused_with_the_nearest(grid):
    with pytest.raises(ConfigError) as error:
        grid.get_best_result("los", "min")

    assert str(error.value) == (
        "no trial has reported a number as 'los': of 5 trials, 1 failed\n"
        "  Did you mean 'loss'? Reported: ['acc', 'loss']."
    )


def test_only_nan_is_no_best_unless_asked_for(grid_of):
    grid = grid_of(trial(0, [float("nan")]))

    with pytest.raises(RunError, match="0 failed, and 1 reported it as NaN or infinite"):
        grid.get_best_result()

    assert grid.get_best_result(filter_nan_and_inf=False) is grid[0]


def test_when_all_failed_without_a_report_the_errors_are_pointed_at(grid_of):
    grid = grid_of([suggested(0), launched(0), failed(0)])

    with pytest.raises(RunError, match="of 1 trials, 1 failed") as error:
        grid.get_best_result()

    assert ".errors" in error.value.hint


# -------------------------------------------------------------------------------------- frames


def test_the_frame_has_a_row_for_each_trial_with_metrics_and_configuration(grid):
    frame = grid.get_dataframe()

    assert list(frame["trial_id"]) == [result.trial_id for result in grid]
    assert list(frame["config/x"]) == [0.1, 0.2, 0.5, 0.5, 0.5]
    assert list(frame["config/deep/n"]) == [3] * 5
    assert frame["loss"].tolist()[:2] == [0.9, 0.5]
    assert pd.isna(frame["loss"][4])
    assert list(frame["logdir"]) == [result.path for result in grid]


def test_the_columns_are_ray_tunes_whichever_trial_reported_first(grid_of):
    frame = grid_of([suggested(0), *trial(1, [0.5])]).get_dataframe()

    own, filled = ["loss"], ["trial_id", "experiment_id", "experiment_tag", "training_iteration"]
    assert list(frame.columns)[:5] == own + filled
    assert {
        *("timestamp", "checkpoint_dir_name", "done", "date", "time_this_iter_s", "time_total_s"),
        *("pid", "hostname", "node_ip", "time_since_restore", "iterations_since_restore"),
    } <= set(frame.columns)
    assert list(frame.columns)[-4:] == ["logdir", "config/x", "config/kind", "config/deep/n"]


def test_the_frame_can_take_each_trials_best_result(grid):
    frame = grid.get_dataframe(filter_metric="loss", filter_mode="min")

    assert frame["loss"].tolist()[:2] == [0.3, 0.5]
    assert frame["training_iteration"].tolist()[:2] == [1, 1]
    with pytest.raises(ConfigError, match="without mode"):
        grid.get_dataframe(filter_metric="loss")


def test_a_trials_frame_has_a_row_for_each_iteration(grid):
    frame = grid[0].metrics_dataframe

    assert frame["loss"].tolist() == [0.3, 0.9]
    assert frame["training_iteration"].tolist() == [1, 2]
    assert grid[4].metrics_dataframe.empty


def test_pandas_is_imported_only_for_frames(grid):
    code = (
        "import sys; from pegbox.results import ResultGrid\n"
        f"grid = ResultGrid({grid.experiment_path!r}); grid.get_best_result().config\n"
        "print('pandas' in sys.modules, 'distributed' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]


def test_without_pandas_the_command_is_told(grid, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)

    with pytest.raises(MissingDependency, match="need pandas") as error:
        grid.get_dataframe()

    assert 'pip install "pegbox[pandas]"' in error.value.hint
