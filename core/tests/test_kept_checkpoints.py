"""What lies on disk after whole runs that keep some checkpoints, and what results say of them."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

import pytest
from pegbox import (
    Checkpoint,
    CheckpointConfig,
    RunConfig,
    Tuner,
    get_checkpoint,
    get_context,
    report,
    uniform,
)
from pegbox._run.deleting import Deleter
from pegbox._run.sweeping import leftovers
from pegbox._trial.checkpointing import checkpoint_name
from pegbox.callback import Callback
from pegbox.checkpoint import MANIFEST_NAME
from pegbox.configs import TuneConfig
from pegbox.decisions import CONTINUE, Exploit
from pegbox.errors import ConfigError
from pegbox.results import Result, ResultGrid
from pegbox.scheduler import Scheduler
from pegbox.trial import Status
from tuning import stored

#: Of ten reports; the best is 9, then 7.
CURVE = [1.0, 2.0, 3.0, 5.0, 4.0, 0.0, 8.0, 6.0, 9.0, 7.0]


def train(config):
    kept = get_checkpoint()
    begin = kept.to_dict()["step"] if kept else 0
    for step in range(begin, len(CURVE)):
        checkpoint = Checkpoint.from_dict({"step": step + 1})
        report({"score": CURVE[step], "x": config["x"]}, checkpoint=checkpoint)


def tuner(
    folder, trainable=train, *, samples=1, callbacks=(), executor="inline", scheduler="fifo", **keep
):
    tune = {"metric": "score", "mode": "max", "seed": 1, "scheduler": scheduler}
    return Tuner(
        trainable,
        param_space={"x": uniform(0, 1)},
        tune_config=TuneConfig(num_samples=samples, **tune),
        run_config=RunConfig(
            name="exp",
            storage_path=str(folder),
            verbose=0,
            callbacks=list(callbacks),
            checkpoint_config=CheckpointConfig(**keep),
        ),
        executor=executor,
    )


def on_disk(result: Result) -> list[int]:
    """Iterations of the checkpoints that are there; there is nothing else."""
    names = sorted(os.listdir(result.path))
    assert all(name.startswith("checkpoint_") for name in names), names
    return [int(name.removeprefix("checkpoint_")[:6]) for name in names]


def listed(result: Result) -> list[int]:
    return [metrics["training_iteration"] for _, metrics in result.best_checkpoints]


BY_SCORE = {"checkpoint_score_attribute": "score"}


@pytest.mark.parametrize(
    ("keep", "left"),
    [
        ({}, list(range(1, 11))),
        ({"num_to_keep": 1}, [10]),
        ({"num_to_keep": 3}, [8, 9, 10]),
        ({"num_to_keep": 1, **BY_SCORE}, [9, 10]),
        ({"num_to_keep": 3, **BY_SCORE}, [7, 9, 10]),
        ({"num_to_keep": 1, **BY_SCORE, "checkpoint_score_order": "min"}, [6, 10]),
    ],
)
def test_what_is_promised_is_on_disk_and_in_the_result(tmp_path, keep, left):
    (result,) = tuner(tmp_path, **keep).fit()
    assert on_disk(result) == left
    assert listed(result) == left
    assert result.checkpoint.to_dict() == {"step": 10}
    for checkpoint, metrics in result.best_checkpoints:
        assert checkpoint.to_dict() == {"step": metrics["training_iteration"]}
        assert metrics["score"] == CURVE[metrics["training_iteration"] - 1]
        assert metrics["config"] == result.config


def test_the_best_of_those_kept_is_found(tmp_path):
    (result,) = tuner(tmp_path, num_to_keep=3, **BY_SCORE).fit()
    assert result.get_best_checkpoint().to_dict() == {"step": 9}
    assert result.get_best_checkpoint("score", "min").to_dict() == {"step": 10}
    assert result.get_best_checkpoint("x", "max").to_dict() == {"step": 10}  # all are equal
    with pytest.raises(ConfigError) as caught:
        result.get_best_checkpoint("scor", "max")
    assert str(caught.value) == (
        "no checkpoint of the trial came with a number as 'scor'\n"
        "  Did you mean 'score'? Reported: ['score', 'x']."
    )


def test_nan_is_the_best_only_where_there_is_nothing_else(tmp_path):
    def nans(config):
        for score in (1.0, float("nan")):
            report({"score": score, "n": float("nan")}, checkpoint=Checkpoint.from_dict({}))

    (result,) = tuner(tmp_path, nans).fit()
    first, second = [checkpoint.path for checkpoint, _ in result.best_checkpoints]
    assert result.get_best_checkpoint("score", "min").path == first
    assert result.get_best_checkpoint("n", "min").path == second


def test_without_checkpoints_there_is_no_best(tmp_path):
    (result,) = tuner(tmp_path, lambda config: report({"score": 1.0}), num_to_keep=1).fit()
    assert result.checkpoint is None
    assert result.best_checkpoints == []
    assert result.get_best_checkpoint() is None


def test_a_score_that_nobody_reports_is_said_once_and_the_latest_stay(tmp_path, caplog):
    keep = {"num_to_keep": 2, "checkpoint_score_attribute": "scores"}
    grid = tuner(tmp_path, samples=3, **keep).fit()
    assert [on_disk(result) for result in grid] == [[9, 10]] * 3
    said = [record.getMessage() for record in caplog.records]
    assert len([text for text in said if "without 'scores', the checkpoint_score" in text]) == 1


def test_a_callback_sees_each_checkpoint_before_it_may_go(tmp_path):
    class Looks(Callback):
        seen: list[bool]

        def setup(self):
            self.seen = []

        def on_checkpoint(self, trial, checkpoint):
            self.seen.append((tmp_path / "exp" / checkpoint.path).is_dir())

    looks = Looks()
    tuner(tmp_path, num_to_keep=1, callbacks=[looks]).fit()
    assert looks.seen == [True] * 10


def test_200_trials_of_10_checkpoints_leave_what_is_promised(tmp_path):
    grid = tuner(tmp_path, samples=200, num_to_keep=2).fit()
    assert len(grid) == 200
    assert {tuple(on_disk(result)) for result in grid} == {(9, 10)}
    folders = [path for path in (tmp_path / "exp").rglob("checkpoint_*") if path.is_dir()]
    assert len(folders) == 400


def test_worker_processes_leave_what_is_promised(tmp_path):
    curve = CURVE

    def train(config):  # defined here, so that it travels by value
        for step, score in enumerate(curve, 1):
            report({"score": score}, checkpoint=Checkpoint.from_dict({"step": step}))

    grid = tuner(tmp_path, train, samples=4, num_to_keep=1, executor="dask", **BY_SCORE).fit()
    assert [on_disk(result) for result in grid] == [[9, 10]] * 4


def test_a_folder_on_a_network_is_cleared_with_its_snapshots(tmp_path, monkeypatch):
    class Counts(Callback):
        def on_trial_complete(self, trial, **info):
            self.left = on_disk(ResultGrid(tmp_path / "exp")[0])

    monkeypatch.setenv("PEGBOX_LOCAL_DISK", "0")
    monkeypatch.setenv("PEGBOX_STATE_DIR", str(tmp_path / "state"))
    counts = Counts()
    (result,) = tuner(tmp_path, num_to_keep=1, callbacks=[counts]).fit()
    # A machine that is lost now is gone on from elsewhere with what the first snapshot knew.
    assert counts.left == list(range(1, 11))
    assert on_disk(result) == [10]


class CopyOnce(Scheduler):
    """Has trial 1 go on from what trial 0 has, once that is something."""

    def on_trial_result(self, trial, result):
        if trial.number == 0:
            self.donor = trial.trial_id
        elif hasattr(self, "donor") and trial.config["x"] != 7:
            return Exploit(self.donor, {"x": 7})
        return CONTINUE


@pytest.mark.parametrize("executor", ["inline", "dask"])
@pytest.mark.parametrize("saves", [True, False])
def test_what_a_trial_copied_is_there_for_it(tmp_path, executor, saves):
    def train(config):
        kept = get_checkpoint()
        if config["x"] == 7:
            assert kept is not None
            assert kept.to_dict()["by"] == 0
            report({"score": 0}, checkpoint=Checkpoint.from_dict({"by": 1}) if saves else None)
            return
        number = int(get_context().trial_id[-5:])
        for step in range(5 if number == 0 else 100_000):
            own = Checkpoint.from_dict({"by": 0, "step": step}) if number == 0 else None
            report({"score": step}, checkpoint=own)

    keep = {"num_to_keep": 1, "scheduler": CopyOnce()}
    donor, copy = tuner(tmp_path, train, samples=2, executor=executor, **keep).fit()
    assert copy.config == {"x": 7}
    assert copy.checkpoint.to_dict()["by"] == (1 if saves else 0)
    assert donor.checkpoint.to_dict() == {"by": 0, "step": 4}


def test_a_failed_trial_shows_its_last_checkpoint(tmp_path):
    def fails(config):
        for step in (1, 2):
            report({"score": step}, checkpoint=Checkpoint.from_dict({"step": step}))
        raise ValueError("no more")

    (result,) = tuner(tmp_path, fails, num_to_keep=1).fit()
    assert result.status is Status.ERROR
    assert result.checkpoint.to_dict() == {"step": 2}
    assert on_disk(result) == [2]


def test_notes_go_along_into_the_trial_and_out_of_the_result(tmp_path):
    def notes(config):
        checkpoint = Checkpoint.from_dict({})
        checkpoint.set_metadata({"framework": "own"})
        report({"score": 1}, checkpoint=checkpoint)
        kept = get_checkpoint()
        report({"score": 2, **kept.get_metadata()})
        kept.update_metadata({"good": True})

    (result,) = tuner(tmp_path, notes, num_to_keep=1).fit()
    assert result.metrics["framework"] == "own"
    assert result.checkpoint.get_metadata() == {"framework": "own", "good": True}
    result.checkpoint.set_metadata({"seen": 1})
    assert stored(tmp_path)[0].checkpoint.get_metadata() == {"seen": 1}


# ----------------------------------------------------------------------------------- restores


class Cut:
    """Trains, and is cut off as by Ctrl-C pressed twice in the trials of some calls."""

    def __init__(self, at):
        self.at, self.calls = at, 0

    def __call__(self, config):
        self.calls += 1
        for step in range(len(CURVE)):
            if self.calls == self.at and step == 5:
                raise KeyboardInterrupt
            checkpoint = Checkpoint.from_dict({"step": step + 1})
            report({"score": CURVE[step]}, checkpoint=checkpoint)


def cut_off(folder, **keep) -> Path:
    with pytest.raises(KeyboardInterrupt):
        tuner(folder, Cut(2), samples=3, **keep).fit()
    return folder / "exp"


def go_on(folder: Path) -> ResultGrid:
    return Tuner.restore(folder, train, executor="inline").fit()


def test_what_a_killed_driver_did_not_delete_goes_with_the_restore(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Deleter, "delete", lambda self, paths: None)
        folder = cut_off(tmp_path, num_to_keep=2)
    assert on_disk(ResultGrid(folder)[0]) == list(range(1, 11))
    grid = go_on(folder)
    assert [on_disk(result) for result in grid] == [[9, 10]] * 3
    assert [listed(result) for result in grid] == [[9, 10]] * 3


def test_what_was_written_and_never_reported_goes_with_the_restore(tmp_path):
    folder = cut_off(tmp_path, num_to_keep=2)
    trial = Path(ResultGrid(folder)[0].path)
    kept = trial / checkpoint_name(10, attempt=1, epoch=1)
    late = trial / checkpoint_name(11, attempt=1, epoch=1)
    late.mkdir()
    (late / MANIFEST_NAME).write_bytes((kept / MANIFEST_NAME).read_bytes())
    going = trial / ".tmp-dropped-checkpoint_000003"
    going.mkdir()
    own = trial / "checkpoint_999999"  # a folder of the user's, who may have any
    own.mkdir()
    grid = go_on(folder)
    assert own.is_dir()
    own.rmdir()
    assert on_disk(grid[0]) == [9, 10]


def test_a_restore_that_keeps_all_deletes_nothing(tmp_path):
    folder = cut_off(tmp_path)
    grid = go_on(folder)
    assert on_disk(grid[0]) == list(range(1, 11))


def test_the_rule_outlives_a_restore(tmp_path):
    grid = go_on(cut_off(tmp_path, num_to_keep=1, **BY_SCORE))
    assert [on_disk(result) for result in grid] == [[9, 10]] * 3


# ----------------------------------------------------------------------------------- deleting


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for iteration in (1, 2):
        checkpoint = tmp_path / "t" / checkpoint_name(iteration, attempt=1, epoch=1)
        checkpoint.mkdir(parents=True)
        (checkpoint / "model").write_text("weights")
    return tmp_path


ONE, TWO = "t/checkpoint_000001", "t/checkpoint_000002"


def test_it_is_deleted_at_the_latest_when_the_run_ends(folder):
    with Deleter(folder) as deleter:
        deleter.delete([ONE, "t/checkpoint_000077"])
    assert os.listdir(folder / "t") == ["checkpoint_000002"]


def test_what_cannot_be_deleted_is_said_once_and_tried_again(folder, caplog, monkeypatch):
    def refuse(source, target):
        refused.set()
        raise PermissionError(f"not {source.name}")

    def find():
        tried.set()
        return ()

    refused, tried = threading.Event(), threading.Event()
    deleter = Deleter(folder)
    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", refuse)
        deleter.delete([ONE, TWO])
        deleter.delete_found(find)
        assert tried.wait(30)
    assert refused.is_set()
    deleter.close()
    assert os.listdir(folder / "t") == []
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith(f"the checkpoint {folder / ONE}, which need not stay,")


@pytest.mark.parametrize(
    "path", ["../t/checkpoint_000001", "t/model", "../checkpoint_000001", "checkpoint_000001", "t"]
)
def test_nothing_else_is_ever_deleted(folder, path, caplog):
    work = folder / "work"
    work.mkdir()
    (folder / "checkpoint_000001").mkdir()
    (folder / "t" / "model").mkdir()
    with Deleter(work) as deleter:
        deleter.delete([path])
    assert (folder / "checkpoint_000001").is_dir()
    assert (folder / ONE).is_dir()
    assert "is no checkpoint of the experiment" in caplog.text


def test_leftovers_are_of_earlier_epochs_and_have_a_manifest(folder):
    for attempt, epoch in ((1, 2), (2, 3)):
        newer = folder / "t" / checkpoint_name(2, attempt=attempt, epoch=epoch)
        newer.mkdir()
    for path in (folder / "t").iterdir():
        (path / MANIFEST_NAME).touch()
    (folder / "t" / "checkpoint_000009").mkdir()
    found = list(leftovers(folder, ["t", "not there"], {ONE}, 3))
    assert found == [TWO, "t/checkpoint_000002-e2a1"]
