"""What belongs to a trial's process: its working folder and its descriptors, on each executor."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from clusters import wait_until
from distributed import Client, LocalCluster
from pegbox import (
    Callback,
    FailureConfig,
    RunConfig,
    TuneConfig,
    Tuner,
    grid_search,
    report,
    with_resources,
)
from pegbox._trial.checkpointing import mark_folder
from pegbox._trial.sole import sole_trial
from pegbox._trial.working_folder import ORIGINAL, in_own_folder, outside
from test_output import make_task


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The script's folder."""
    folder = tmp_path / "script"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def cluster(workers, threads):
    options = {"dashboard_address": ":0", "n_workers": workers, "threads_per_worker": threads}
    return LocalCluster(**options)


@pytest.fixture
def one_thread_each(here):
    with cluster(2, 1) as made, Client(made, set_as_default=False) as client:
        yield client


@pytest.fixture
def two_threads(here):
    with cluster(1, 2) as made, Client(made, set_as_default=False) as client:
        yield client


def make_tuner(train, folder, *, client=None, executor="dask", callbacks=(), chdir=True, **run):
    return Tuner(
        train,
        param_space={"x": grid_search([0, 1, 2])},
        tune_config=TuneConfig(metric="loss", mode="min", chdir_to_trial_dir=chdir),
        run_config=RunConfig(
            name="run", storage_path=str(folder), verbose=0, callbacks=callbacks, **run
        ),
        executor=executor,
        client=client,
    )


def speaking():
    """Writes into its folder, prints by itself and by a child process, and says where it is."""

    def train(config):
        x = config["x"]
        Path("mine").write_text(str(x))
        print("python", x)
        os.system(f"echo child {x}; echo oops {x} >&2")
        for _ in range(2):
            before = os.environ.get("PEGBOX_ORIG_WORKING_DIR")
            report({"loss": 1.0, "cwd": os.getcwd(), "before": before})

    return train


def check_own_folders(results, here, before):
    for result in results:
        assert result.error is None
        assert Path(result.metrics["cwd"]) == Path(result.path)
        assert Path(result.metrics["before"]) == before
        assert (Path(result.path) / "mine").read_text() == str(result.config["x"])
    assert Path.cwd() == here
    assert ORIGINAL not in os.environ


def check_prints(results):
    for result in results:
        x, folder = result.config["x"], Path(result.path)
        assert (folder / "stdout").read_text() == f"python {x}\nchild {x}\n"
        assert (folder / "stderr").read_text() == f"oops {x}\n"


def test_on_this_machine(here, tmp_path):
    results = make_tuner(speaking(), tmp_path, log_to_file=True).fit()
    check_own_folders(results, here, here)
    check_prints(results)


def test_on_a_given_cluster_of_one_thread_each(one_thread_each, here, tmp_path):
    results = make_tuner(speaking(), tmp_path, client=one_thread_each, log_to_file=True).fit()
    check_own_folders(results, here, here)
    check_prints(results)
    # The workers are left as they were.
    assert set(one_thread_each.run(os.getcwd).values()) == {str(here)}
    targets = one_thread_each.run(lambda: [os.readlink(f"/proc/self/fd/{n}") for n in (1, 2)])
    assert not any("run" in Path(target).parts for pair in targets.values() for target in pair)


def test_trials_that_would_share_a_process_get_one_of_their_own(two_threads, here, tmp_path):
    results = make_tuner(speaking(), tmp_path, client=two_threads, log_to_file=True).fit()
    check_own_folders(results, here, here)
    check_prints(results)


def test_on_this_machine_too(here, tmp_path):
    train = with_resources(speaking(), {"cpu": 0.5})
    results = make_tuner(train, tmp_path, log_to_file=True).fit()
    check_own_folders(results, here, here)
    check_prints(results)


def test_trials_that_share_a_process_print_into_files_of_their_own(two_threads, here, tmp_path):
    results = make_tuner(speaking(), tmp_path, client=two_threads, chdir=False, log_to_file=True)
    for result in results.fit():
        assert result.metrics["cwd"] == str(here)
        assert (Path(result.path) / "stdout").read_text() == f"python {result.config['x']}\n"


def test_inline_the_runner_works_where_it_did(here, tmp_path):
    class Notes(Callback):
        def on_trial_result(self, iteration, trials, trial, result, **info):
            with open("notes", "a") as file:
                file.write(f"{trial.number}\n")

    tuner = make_tuner(speaking(), tmp_path, executor="inline", callbacks=[Notes()])
    check_own_folders(tuner.fit(), here, here)
    assert (here / "notes").read_text().split() == ["0", "0", "1", "1", "2", "2"]


def test_a_restore_works_as_before_unless_told_otherwise(here, tmp_path):
    make_tuner(speaking(), tmp_path, executor="inline", chdir=True).fit()
    options = {"resume_config": None, "executor": "inline"}
    again = Tuner.restore(tmp_path / "run", speaking(), **options)
    assert again._plan.chdir_to_trial_dir is True
    told = TuneConfig(chdir_to_trial_dir=False)
    other = Tuner.restore(tmp_path / "run", speaking(), tune_config=told, **options)
    assert other._plan.chdir_to_trial_dir is False


@pytest.mark.parametrize("threads", [1, 2])
def test_what_was_printed_before_a_worker_died_is_there(threads, here, tmp_path):
    def train(config):
        print("try", config["x"])
        if config["x"] == 0 and not (tmp_path / "died").exists():
            (tmp_path / "died").touch()
            signal.raise_signal(signal.SIGSEGV)  # before this thread goes on
        return {"loss": 1.0}

    with cluster(1, threads) as made, Client(made, set_as_default=False) as client:
        results = make_tuner(
            train,
            tmp_path,
            client=client,
            chdir=False,
            log_to_file=True,
            failure_config=FailureConfig(max_failures=-1),
        ).fit()
        wait_until(lambda: len(client.nthreads()) == 1)
    assert results.num_errors == 0
    first, *others = results
    assert (Path(first.path) / "stdout").read_text() == "try 0\n" * 2
    for other in others:
        lines = (Path(other.path) / "stdout").read_text().splitlines()
        assert set(lines) == {f"try {other.config['x']}"}


def test_one_trial_has_a_process_and_another_is_told_that_it_has_not():
    with sole_trial(wished=True) as first, sole_trial(wished=True) as second:
        assert (first, second) == (True, False)
    with sole_trial(wished=False) as unasked, sole_trial(wished=True) as third:
        assert (unasked, third) == (False, True)


def test_a_folder_that_a_trial_left_or_removed_is_no_trouble(here, tmp_path):
    task = make_task(tmp_path)
    mark_folder(str(tmp_path), "abcde")
    with in_own_folder(task):
        os.chdir("/")
        with outside():
            assert Path.cwd() == here
        assert Path.cwd() == Path("/")
        os.chdir(task.path)
        os.rmdir(task.path)
        with outside():
            assert Path.cwd() == here
    assert Path.cwd() == here
