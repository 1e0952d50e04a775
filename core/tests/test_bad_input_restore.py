"""Folders that hold no experiment, or one that is taken: refused, and left as they were."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from bad_input import check_refused, filled, train
from pegbox import (
    ExperimentAnalysis,
    PegboxError,
    Result,
    ResultGrid,
    ResumeConfig,
    Searcher,
    TuneConfig,
    Tuner,
    choice,
)
from pegbox._store.writer import Store
from tuning import fit, restore


class Refuses(Searcher):
    def setup(self, space):
        raise ValueError("not today")

    def suggest(self):
        pass


#: What is done -> the message; ``{...}`` is filled by `bad_input.filled`.
MISTAKES = {
    "restore of a number": (
        lambda: Tuner.restore(5, train),
        "Tuner.restore(path=...) must be a folder, got 5\n"
        '  Write its path, e.g. "~/pegbox_results"; "." is the current folder.',
    ),
    "restore of a URI": (
        lambda: Tuner.restore("s3://bucket/x", train),
        "Tuner.restore(path=...) must be a folder so far, got the URI 's3://bucket/x'\n"
        "  Use a folder on a local disk, or one that all workers share.",
    ),
    "restore of an empty name": (
        lambda: Tuner.restore("", train),
        "Tuner.restore(path=...) must be a folder, got ''\n"
        '  Write its path, e.g. "~/pegbox_results"; "." is the current folder.',
    ),
    "restore both ways": (
        lambda: Tuner.restore("x", train, resume_errored=True, restart_errored=True),
        "resume_errored and restart_errored exclude each other\n"
        "  The first goes on from a trial's last checkpoint, the second from its start.",
    ),
    "restore said twice": (
        lambda: Tuner.restore("x", train, resume_unfinished=False, resume_config=ResumeConfig()),
        "resume_config says what becomes of each kind of trial, so resume_unfinished, "
        "resume_errored and restart_errored have no place beside it\n"
        '  Write e.g. resume_config=pegbox.ResumeConfig(errored="restart").',
    ),
    "restore with a dict": (
        lambda: Tuner.restore("x", train, resume_config={"errored": "resume"}),
        "resume_config must be a ResumeConfig, got {{'errored': 'resume'}}\n"
        "  Write resume_config=pegbox.ResumeConfig(...).",
    ),
    "restore without a trainable": (
        lambda: Tuner.restore("x", None),
        "the trainable must be a function of the config or a class, got NoneType\n"
        "  Write def train(config): ..., which returns a dict of metrics or calls pegbox.report.",
    ),
    "restore with two searchers": (
        lambda: Tuner.restore(
            "x", train, search_alg="optuna", tune_config=TuneConfig(search_alg="random")
        ),
        "Tuner.restore was given search_alg='optuna', and TuneConfig(search_alg='random')\n"
        "  Name the searcher in one place.",
    ),
    "restore elsewhere": (
        lambda: Tuner.restore("x", train, executor="ray"),
        'executor must be "dask" or "inline", got \'ray\'\n'
        '  "inline" runs one trial after another in this thread, for debugging.',
    ),
    "can a number be restored": (
        lambda: Tuner.can_restore(5),
        "Tuner.can_restore(path=...) must be a folder, got 5\n"
        '  Write its path, e.g. "~/pegbox_results"; "." is the current folder.',
    ),
    "results of a number": (
        lambda: ResultGrid(5),
        "the path of an experiment must be a folder, got 5\n"
        '  Write its path, e.g. "~/pegbox_results"; "." is the current folder.',
    ),
    "result of a number": (
        lambda: Result.from_path(5),
        "Result.from_path(path=...) must be a folder, got 5\n"
        '  Write its path, e.g. "~/pegbox_results"; "." is the current folder.',
    ),
    "analysis at an address": (
        lambda: ExperimentAnalysis("s3://bucket/x"),
        "the path of an experiment must be a folder so far, got the URI 's3://bucket/x'\n"
        "  Use a folder on a local disk, or one that all workers share.",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_refused_in_words_that_help(mistake, tmp_path, monkeypatch):
    check_refused(*MISTAKES[mistake], __name__, tmp_path, monkeypatch)


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(PegboxError) as caught:
        fit(tmp_path / "file")
    assert "cannot be written" in caught.value.message
    assert caught.value.hint == (
        "Choose another folder with RunConfig(storage_path=...), or mend its permissions."
    )


# ------------------------------------------------------------- where an experiment is, or should be


@pytest.fixture
def experiment(tmp_path):
    """An experiment that has ended, and its files with their times."""
    fit(tmp_path, num_samples=1)
    before = everything(tmp_path)
    yield tmp_path
    assert everything(tmp_path) == before


def everything(folder: Path):
    # A reader may fold the log of a database away, and leave it no other than before.
    return sorted(
        (str(path), path.stat().st_size)
        for path in folder.rglob("*")
        if not path.name.endswith(("-wal", "-shm", ".lock"))
    )


REFUSED_AT_A_RESTORE = {
    "another folder": (
        lambda path: restore(path, name="exq"),
        "there is no experiment in {path}/exq: it has no file experiment.sqlite\n"
        "  Did you mean {path}/exp?",
    ),
    "no folder at all": (
        lambda path: restore(path / "nowhere"),
        "there is no experiment in {path}/nowhere/exp: it has no file experiment.sqlite\n"
        "  Give the folder of an experiment, as `experiment_path` tells it.",
    ),
    "results of another folder": (
        lambda path: ResultGrid(path / "exq"),
        "there is no experiment in {path}/exq: it has no file experiment.sqlite\n"
        "  Did you mean {path}/exp?",
    ),
    "a searcher misspelt": (
        lambda path: restore(path, tune={"search_alg": "rando"}),
        "no searcher is called 'rando'\n  Did you mean 'random'? Installed: {searchers}.",
    ),
    "tune_config as a dict": (
        lambda path: Tuner.restore(path / "exp", train, tune_config={"num_samples": 5}),
        "tune_config must be a TuneConfig, got {{'num_samples': 5}}\n"
        "  Write tune_config=pegbox.TuneConfig(...).",
    ),
    "not a function": (
        lambda path: restore(path, 5),
        "the trainable must be a function of the config or a class, got int\n"
        "  Write def train(config): ..., which returns a dict of metrics or calls pegbox.report.",
    ),
    "another space": (
        lambda path: restore(path, param_space={"x": choice([1, 2]), "y": 3}),
        "param_space is not the one this experiment was started with:\n"
        '    x: stored {{"domain":{{"kind":"float","lower":0.0,"upper":1.0,"log":false,'
        '"step":null}}}}, passed {{"domain":{{"kind":"choice","values":[1,2]}}}}\n'
        '    y: stored nothing, passed {{"constant":3}}\n'
        "  Pass the same space, or start a new experiment under another name.",
    ),
    "a plugin that refuses its setup": (
        lambda path: restore(path, tune={"search_alg": Refuses()}),
        "searcher Refuses ({me}.Refuses) raised in setup: ValueError: not today\n"
        "  The traceback above is the plugin's own.",
    ),
    "an existing name": (
        lambda path: fit(path),
        "there is an experiment in {path}/exp already\n"
        '  Go on with it with Tuner.restore("{path}/exp", ...), or give the new one another name.',
    ),
}


@pytest.mark.parametrize("mistake", REFUSED_AT_A_RESTORE)
def test_an_experiment_is_left_as_it_is(experiment, mistake):
    make, message = REFUSED_AT_A_RESTORE[mistake]
    with pytest.raises(PegboxError) as caught:
        make(experiment)
    assert str(caught.value) == filled(message, __name__, path=experiment)


def test_an_experiment_that_another_driver_works_on(tmp_path):
    fit(tmp_path, num_samples=1)
    with Store.open(tmp_path / "exp"), pytest.raises(PegboxError) as caught:
        restore(tmp_path)
    assert caught.value.message.startswith(
        f"another driver works on the experiment in {tmp_path / 'exp'}: process {os.getpid()} on "
    )
    assert caught.value.hint == (
        "Wait until it has ended, or end it; reading the results works meanwhile."
    )
