"""The callback: pegbox's kit, and what is special to it."""

from __future__ import annotations

import json

import pegbox
import pytest
from pegbox.testing import CallbackConformance

from pegbox_luthier.callback import LuthierCallback


class TestCallback(CallbackConformance):
    callback = "luthier"

    def written(self, experiment, trials):
        """Without ids, which no two runs share, and reports that were made once more."""
        lines = lines_of(experiment / "luthier.jsonl")
        return [(line["status"], line["iteration"], line["loss"]) for line in lines]


def train(config):
    for step in range(3):
        if config["x"] > 0.8:
            raise ValueError("too much")
        pegbox.report({"loss": config["x"] + step})


def lines_of(journal):
    return [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]


def run_config(tmp_path):
    callbacks = ["luthier"]
    return pegbox.RunConfig(name="run", storage_path=str(tmp_path), callbacks=callbacks, verbose=0)


def test_each_trial_has_a_line_when_it_has_ended(tmp_path):
    pegbox.Tuner(
        train,
        param_space={"x": pegbox.grid_search([0.1, 0.9, 0.5])},
        tune_config=pegbox.TuneConfig(metric="loss", mode="min"),
        run_config=run_config(tmp_path),
        executor="inline",
    ).fit()
    lines = lines_of(tmp_path / "run" / "luthier.jsonl")
    assert [line["status"] for line in lines] == ["TERMINATED", "ERROR", "TERMINATED"]
    assert [line["loss"] for line in lines] == [2.1, None, 2.5]
    assert [line["reports"] for line in lines] == [3, 3, 6]


def test_a_restored_run_goes_on_with_the_journal(tmp_path):
    tuner = pegbox.Tuner(
        train,
        param_space={"x": pegbox.uniform(0, 0.5)},
        tune_config=pegbox.TuneConfig(metric="loss", mode="min", num_samples=2),
        run_config=run_config(tmp_path),
        executor="inline",
    )
    tuner.fit()
    first = lines_of(tmp_path / "run" / "luthier.jsonl")
    more = pegbox.Tuner.restore(
        str(tmp_path / "run"),
        train,
        tune_config=pegbox.TuneConfig(metric="loss", mode="min", num_samples=3),
        run_config=run_config(tmp_path),
        executor="inline",
    )
    more.fit()
    lines = lines_of(tmp_path / "run" / "luthier.jsonl")
    assert lines[:2] == first
    assert [line["reports"] for line in lines] == [3, 6, 9]


def test_the_journal_stays_in_the_experiments_folder():
    with pytest.raises(pegbox.errors.ConfigError, match="file_name"):
        LuthierCallback("../journal.jsonl")
