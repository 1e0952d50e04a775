"""CSV and JSON loggers: Ray Tune's files, kept to the reports that count."""

from __future__ import annotations

import csv
import json
import logging
import math
from pathlib import Path
from typing import ClassVar

import pytest
import tuning
from pegbox import Callback, Checkpoint, RunConfig, choice, get_checkpoint, report
from pegbox._store.reader import Reader
from pegbox.builtin.loggers import file_logger
from pegbox.decisions import CONTINUE, PAUSE, Exploit
from pegbox.errors import PegboxError
from pegbox.loggers import CSVLoggerCallback, JsonLoggerCallback, LoggerCallback
from pegbox.result_files import csv_lines, json_lines, params_text
from pegbox.scheduler import Scheduler

NAMES = {"params.json", "progress.csv", "result.json"}


def written(result) -> dict[str, str]:
    folder = Path(result.path)
    return {file.name: file.read_bytes().decode() for file in folder.iterdir() if file.is_file()}


def as_exported(folder: Path) -> list[dict[str, str]]:
    """What the store says that the files of each trial should be."""
    with Reader(folder / "exp") as reader:
        return [
            {
                "params.json": params_text(row.config),
                "result.json": "".join(json_lines(reader.results(row.number), row.config)),
                "progress.csv": "".join(csv_lines(reader.results(row.number))),
            }
            for row in reader.trials()
        ]


def check_as_exported(folder: Path, grid) -> None:
    assert [written(result) for result in grid] == as_exported(folder)


class Layer:
    def __repr__(self):
        return "Layer(8)"


def odd(config):
    report({"loss": math.nan, "nested": {"a": 1}, "note": "a,b\nc"})
    report({"loss": -math.inf, "nested": {"a": 2}, "note": "é"})
    report({"loss": 0.5, "nested": {"a": 3}, "note": ""})


def test_the_files_are_what_the_store_says(tmp_path):
    space = {"layer": choice([Layer()]), "sizes": (3, 4), "lr": tuning.SPACE["x"]}
    grid = tuning.fit(tmp_path, odd, space=space, num_samples=2, callbacks=("csv", "json"))
    check_as_exported(tmp_path, grid)
    files = written(grid[0])
    assert json.loads(files["params.json"])["layer"] == "Layer(8)"
    lines = [json.loads(line) for line in files["result.json"].splitlines()]
    assert [line["nested/a"] for line in lines] == [1, 2, 3]
    assert [line["done"] for line in lines] == [False, False, True]
    assert math.isnan(lines[0]["loss"])
    assert lines[1]["loss"] == -math.inf
    assert lines[0]["config"] == json.loads(files["params.json"])
    rows = list(csv.DictReader(files["progress.csv"].splitlines(keepends=True)))
    assert [row["loss"] for row in rows] == ["nan", "-inf", "0.5"]
    assert [row["note"] for row in rows] == ["a,b\nc", "é", ""]


def test_the_files_of_trials_in_processes_are_what_the_store_says(tmp_path):
    options = {"num_samples": 12, "scheduler": "asha", "executor": "dask"}
    grid = tuning.fit(tmp_path, callbacks=("csv", "json"), **options)
    check_as_exported(tmp_path, grid)


def test_no_folder_without_something_in_it(tmp_path):
    def silent(config):
        if config["x"] > 2:
            report({"loss": 1})

    grid = tuning.fit(tmp_path, silent, num_samples=2, callbacks=("csv",))
    assert not any(Path(result.path).exists() for result in grid)


#: What the third report raises, or None.
RAISES: list[BaseException] = []


def saves(config):
    """Four reports; a checkpoint with the second; the third may raise."""
    checkpoint = get_checkpoint()
    first = 1 if checkpoint is None else checkpoint.to_dict()["step"] + 1
    for step in range(first, 5):
        saved = Checkpoint.from_dict({"step": step}) if step == 2 else None
        report({"loss": 1 / step, "tries": len(RAISES)}, checkpoint=saved)
        if step == 3 and RAISES:
            raise RAISES.pop()


def test_what_came_after_the_checkpoint_that_a_trial_went_back_to_is_cut(tmp_path):
    RAISES[:] = [ValueError("once")]
    options = {"num_samples": 1, "callbacks": ("csv", "json"), "max_failures": 1}
    grid = tuning.fit(tmp_path, saves, **options)
    check_as_exported(tmp_path, grid)
    rows = [json.loads(line) for line in written(grid[0])["result.json"].splitlines()]
    assert [(row["training_iteration"], row["tries"]) for row in rows] == [
        (1, 1),
        (2, 1),
        (3, 0),
        (4, 0),
    ]


def test_files_go_on_after_a_restore_without_a_second_head_or_a_row_twice(tmp_path):
    class Interrupts(Callback):
        def on_trial_result(self, result):
            if result["training_iteration"] == 3:
                raise KeyboardInterrupt

    RAISES.clear()
    with pytest.raises(KeyboardInterrupt):
        tuning.fit(tmp_path, saves, num_samples=1, callbacks=("csv", "json", Interrupts()))
    [folder] = (path for path in (tmp_path / "exp").iterdir() if path.name.startswith("saves"))
    with (folder / "progress.csv").open("a") as file:
        file.write("0.1,cut in ha")
    with (folder / "result.json").open("a") as file:
        file.write('{"loss": 0.')
    loggers = RunConfig(callbacks=["csv", "json"], verbose=0)
    grid = tuning.restore(tmp_path, saves, run_config=loggers)
    check_as_exported(tmp_path, grid)
    assert len(written(grid[0])["result.json"].splitlines()) == 4


class Interrupts(Callback):
    """Ctrl-C in the second trial, at its third report."""

    def on_trial_result(self, trial, result):
        if trial.number == 1 and result["training_iteration"] == 3:
            raise KeyboardInterrupt


def interrupted(folder: Path, *callbacks: str) -> list[Path]:
    """The folders of its two trials: one has ended, one goes on."""
    RAISES.clear()
    with pytest.raises(KeyboardInterrupt):
        tuning.fit(folder, saves, num_samples=2, callbacks=(*callbacks, Interrupts()))
    return sorted(path for path in (folder / "exp").iterdir() if path.name.startswith("saves"))


def test_a_restore_writes_what_a_killed_driver_had_stored_and_not_told(tmp_path):
    for folder in interrupted(tmp_path, "csv", "json"):
        (folder / "params.json").unlink()
        for name in ("progress.csv", "result.json"):
            lines = (folder / name).read_bytes().splitlines(keepends=True)
            (folder / name).write_bytes(b"".join(lines[:2]))
    loggers = RunConfig(callbacks=["csv", "json"], verbose=0)
    check_as_exported(tmp_path, tuning.restore(tmp_path, saves, run_config=loggers))


def test_loggers_that_come_with_a_restore_write_what_was_before_it(tmp_path):
    interrupted(tmp_path)
    loggers = RunConfig(callbacks=["csv", "json"], verbose=0)
    check_as_exported(tmp_path, tuning.restore(tmp_path, saves, run_config=loggers))


def test_a_restore_leaves_whole_files_alone(tmp_path):
    ended, _ = interrupted(tmp_path, "csv", "json")
    before = {file: file.stat().st_ino for file in ended.iterdir() if file.is_file()}
    loggers = RunConfig(callbacks=["csv", "json"], verbose=0)
    tuning.restore(tmp_path, saves, run_config=loggers)
    assert {file: file.stat().st_ino for file in ended.iterdir() if file.is_file()} == before


def test_a_failed_trial_that_is_taken_up_again_is_no_longer_done(tmp_path):
    RAISES[:] = [ValueError("once")]
    grid = tuning.fit(tmp_path, saves, num_samples=1, callbacks=("csv", "json"))
    check_as_exported(tmp_path, grid)
    rows = [json.loads(line) for line in written(grid[0])["result.json"].splitlines()]
    assert [row["done"] for row in rows] == [False, False, True]
    loggers = RunConfig(callbacks=["csv", "json"], verbose=0)
    grid = tuning.restore(tmp_path, saves, run_config=loggers, resume_errored=True)
    check_as_exported(tmp_path, grid)
    rows = [json.loads(line) for line in written(grid[0])["result.json"].splitlines()]
    assert [row["done"] for row in rows] == [False, False, False, True]


def test_columns_that_come_late_are_left_out_and_said_once(tmp_path, caplog):
    def late(config):
        report({"loss": 1.0})
        report({"loss": 2.0, "late": 1})
        report({"loss": 3.0, "later": 1})

    with caplog.at_level(logging.WARNING, "pegbox"):
        grid = tuning.fit(tmp_path, late, num_samples=2, callbacks=("csv",))
    said = [each.getMessage() for each in caplog.records if "no column" in each.getMessage()]
    assert len(said) == 1
    assert "has no column for late:" in said[0]
    [first, *_] = written(grid[0])["progress.csv"].splitlines()
    assert "late" not in first


def test_many_trials_under_way_keep_few_files_open(tmp_path, monkeypatch):
    monkeypatch.setattr(file_logger, "_MAX_OPEN", 2)
    kept = CSVLoggerCallback()
    seen = []

    class Watch(Callback):
        def on_trial_result(self, trial):
            seen.append(sum(file._file is not None for file in kept._files.values()))

    class PauseAll(LoggerCallback):
        """Nothing; a logger that overrides nothing is one."""

    class InTurn(Scheduler):
        """Each trial reports once and waits for the others."""

        def on_trial_result(self, trial, result):
            return PAUSE if trial.attempt < 3 else CONTINUE

    grid = tuning.fit(
        tmp_path,
        num_samples=5,
        callbacks=(kept, Watch(), PauseAll()),
        scheduler=InTurn(),
    )
    check = as_exported(tmp_path)
    assert [written(result)["progress.csv"] for result in grid] == [
        each["progress.csv"] for each in check
    ]
    assert max(seen) == 2


def test_lines_that_are_told_late_have_the_configuration_of_their_time(tmp_path):
    class Trial:
        trial_id = "abcde_00000"
        local_path = str(tmp_path)
        #: What a scheduler has given it meanwhile.
        encoded_config: ClassVar = {"x": 2}

    logger, trial = JsonLoggerCallback(), Trial()
    for number, config in enumerate([{"x": 1}, {"x": 2}], 1):
        logger.on_trial_start(number, (), trial, encoded_config=config)
        logger.on_trial_result(number, (), trial, {"training_iteration": number, "done": False})
        assert json.loads((tmp_path / "params.json").read_text()) == config
    logger.on_trial_complete(3, (), trial)
    lines = [json.loads(line) for line in (tmp_path / "result.json").read_text().splitlines()]
    assert [line["config"] for line in lines] == [{"x": 1}, {"x": 2}]


class TakesOver(Scheduler):
    """Whichever of two trials is second at its second report goes on from the other, once."""

    def __init__(self):
        self.done = []

    def on_trial_result(self, trial, result):
        if result["training_iteration"] != 2 or len(self.done) == 2:
            return CONTINUE
        self.done.append(trial.trial_id)
        return CONTINUE if len(self.done) == 1 else Exploit(self.done[0], {"x": 7.0})


@pytest.mark.parametrize("executor", ["inline", "dask"])
def test_each_line_has_the_configuration_that_it_was_reported_with(tmp_path, executor):
    def keeps(config):
        for step in range(1, 7):
            report({"loss": config["x"]}, checkpoint=Checkpoint.from_dict({"step": step}))

    options = {"num_samples": 2, "scheduler": TakesOver(), "executor": executor}
    grid = tuning.fit(tmp_path, keeps, callbacks=("json",), **options)
    configs = [
        [(line["loss"], line["config"]["x"]) for line in map(json.loads, text.splitlines())]
        for text in (written(result)["result.json"] for result in grid)
    ]
    assert all(loss == x for lines in configs for loss, x in lines)
    assert any(len(set(lines)) == 2 for lines in configs)


class Remembers(LoggerCallback):
    def __init__(self):
        self.told = []

    def log_trial_start(self, trial):
        self.told.append(("start", trial.number))

    def log_trial_restore(self, trial):
        self.told.append(("restore", trial.number))

    def log_trial_save(self, trial):
        self.told.append(("save", trial.number))

    def log_trial_result(self, iteration, trial, result):
        self.told.append(("result", result["training_iteration"]))

    def log_trial_end(self, trial, failed=False):
        self.told.append(("end", failed))


def test_a_logger_of_the_users_own_is_told_what_ray_tune_tells(tmp_path):
    RAISES[:] = [ValueError("once")]
    remembers = Remembers()
    tuning.fit(tmp_path, saves, num_samples=1, callbacks=(remembers,), max_failures=1)
    results = [("result", 1), ("result", 2), ("save", 0), ("result", 3)]
    again = [("start", 0), ("restore", 0), ("result", 3), ("result", 4), ("end", False)]
    assert remembers.told == [("start", 0), *results, *again]


def test_the_environment_names_callbacks_for_all_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("PEGBOX_CALLBACKS", " csv, json,pegbox.loggers:CSVLoggerCallback ,")
    grid = tuning.fit(tmp_path, num_samples=1)
    assert set(written(grid[0])) == NAMES
    monkeypatch.setenv("PEGBOX_CALLBACKS", "json")
    grid = tuning.fit(tmp_path, num_samples=1, name="two", callbacks=(JsonLoggerCallback(),))
    assert set(written(grid[0])) == NAMES - {"progress.csv"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("cvs", "Did you mean 'csv'?"),
        ("json,no_such_module:Class", "no_such_module"),
        ("pegbox.loggers:JsonLogger", "JsonLogger"),
    ],
)
def test_a_wrong_name_in_the_environment_is_said_before_anything_begins(
    tmp_path, monkeypatch, value, said
):
    monkeypatch.setenv("PEGBOX_CALLBACKS", value)
    with pytest.raises(PegboxError, match=said) as caught:
        tuning.fit(tmp_path, num_samples=1)
    notes = getattr(caught.value, "__notes__", [])
    assert "PEGBOX_CALLBACKS" in " ".join([str(caught.value), *notes])
    assert not (tmp_path / "exp").exists()
