"""Names that the user's functions give to trials and folders."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from pegbox import Checkpoint, Result, ResultGrid, TuneConfig, get_checkpoint, get_context, report
from pegbox.errors import ConfigError, PluginError
from tuning import fit, restore

SAVED = []


def saves(config):
    SAVED.append((get_context().get_trial_name(), get_context().get_trial_dir()))
    begin = 0 if get_checkpoint() is None else int(Path(get_checkpoint().path, "n").read_text())
    for step in range(begin, 2):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "n").write_text(str(step + 1))
            report({"loss": 1.0}, checkpoint=Checkpoint.from_directory(folder))
        if len(SAVED) == 2 and step == 0:
            raise KeyboardInterrupt


def by_x(trial):
    return f"x={trial.config['x']:.2f}"


def by_number(trial):
    return f"{trial.trainable_name} no. {trial.number}"


def test_names_and_folders_are_what_the_functions_say(tmp_path):
    SAVED.clear()
    creators = {"trial_name_creator": by_number, "trial_dirname_creator": by_x}
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, saves, num_samples=3, **creators)
    results = restore(tmp_path, saves, tune=creators)
    names = [f"saves no. {number}" for number in range(3)]
    folders = [by_x(result) for result in results]
    assert [Path(result.path).name for result in results] == folders
    # The second was interrupted, and went on in its own folder under its own name.
    assert SAVED[1] == SAVED[2] == (names[1], results[1].path)
    assert [name for name, _ in SAVED] == [names[0], names[1], names[1], names[2]]
    assert {path.name for path in (tmp_path / "exp").iterdir() if path.is_dir()} == set(folders)
    assert [Path(result.checkpoint.path).parent.name for result in results] == folders
    assert [result.path for result in ResultGrid(tmp_path / "exp")] == [r.path for r in results]
    assert Result.from_path(results[2].path).metrics == results[2].metrics


def test_two_trials_never_share_a_folder(tmp_path):
    results = fit(tmp_path, trial_dirname_creator=lambda trial: "same", num_samples=3)
    names = [Path(result.path).name for result in results]
    assert names == ["same", "same_00001", "same_00002"]
    more = restore(
        tmp_path,
        tune={"num_samples": 4, "trial_dirname_creator": lambda trial: "same"},
    )
    assert Path(more[3].path).name == "same_00003"


def test_functions_that_name_have_to_be_passed_again(tmp_path):
    fit(tmp_path, trial_name_creator=by_number)
    with pytest.raises(ConfigError) as refused:
        restore(tmp_path, tune={"num_samples": 5})
    assert refused.value.message.endswith(
        "needs again: tune_config=TuneConfig(trial_name_creator=...) (before: by_number)"
    )


@pytest.mark.parametrize("name", ["../out", "a/b", "", ".hidden", "x" * 101, 3, "nul"])
def test_a_folder_name_that_is_none_ends_the_run_in_words(tmp_path, name):
    with pytest.raises(PluginError, match=r"TuneConfig\(trial_dirname_creator=...\)") as ended:
        fit(tmp_path, trial_dirname_creator=lambda trial: name)
    assert repr(name) in ended.value.message
    assert len(ResultGrid(tmp_path / "exp")) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"exp"}


def test_a_function_that_raises_is_named(tmp_path):
    def broken(trial):
        return trial.config["lr"]

    with pytest.raises(PluginError) as ended:
        fit(tmp_path, trial_name_creator=broken)
    assert ended.value.message.startswith(
        "TuneConfig(trial_name_creator=...) raised KeyError: 'lr', for trial "
    )
    assert isinstance(ended.value.__cause__, KeyError)


@pytest.mark.parametrize("name", ["trial_name_creator", "trial_dirname_creator"])
def test_what_cannot_be_called_is_refused(name):
    with pytest.raises(ConfigError) as refused:
        TuneConfig(**{name: "x"})
    assert refused.value.message == (
        f"TuneConfig({name}=...) must be a function of the trial, got 'x'"
    )
