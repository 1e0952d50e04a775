"""``log_to_file``: what a trial prints, and nobody else, in files of its folder."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from pegbox import Callback, RunConfig, Trainable, TuneConfig, Tuner, report, with_resources
from pegbox._trial.checkpointing import mark_folder
from pegbox._trial.current import running
from pegbox._trial.output import at_terminal, redirected
from pegbox._trial.session import Session
from pegbox._trial.task import TrialTask
from pegbox.resources import Resources


def make_task(folder: Path, number: int = 0, files: Any = ("stdout", "stderr")) -> TrialTask:
    return TrialTask(
        trial=number,
        trial_id=f"abcde_{number:05d}",
        name=f"train_abcde_{number:05d}",
        attempt=1,
        epoch=1,
        experiment="exp",
        folder=str(folder),
        config={},
        resources=Resources(),
        checkpoint=None,
        iteration=0,
        time_total_s=0.0,
        required_metrics=(),
        seed=0,
        log_to_file=files,
    )


def written(folder: Path, number: int = 0, name: str = "stdout") -> str:
    return (folder / f"train_abcde_{number:05d}" / name).read_text()


class Silent:
    def send(self, message: Any) -> Any: ...


def work(task: TrialTask, function: Any) -> None:
    """As a stage does it: the session is there while the trial's code runs."""
    with redirected(task, owns_process=False), running(Session(task, Silent())):
        function()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    mark_folder(str(tmp_path), "abcde")
    return tmp_path


def test_each_stream_goes_into_its_file_and_comes_back(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def prints() -> None:
        print("to out")
        print("to err", file=sys.stderr)
        sys.stdout.writelines(["two\n", "lines ä \udc80\n"])
        logging.getLogger("a.library").warning("a warning")

    before = sys.stdout, sys.stderr
    work(make_task(folder), prints)
    assert (sys.stdout, sys.stderr) == before
    print("after")
    assert written(folder) == "to out\ntwo\nlines ä \\udc80\n"
    assert "to err\n" in written(folder, name="stderr")
    assert capsys.readouterr() == ("after\n", "")


def test_a_second_try_adds_to_what_is_there_and_one_name_is_one_file(folder: Path) -> None:
    task = make_task(folder, files=("all.log", "all.log"))

    def prints() -> None:
        print("out")
        print("err", file=sys.stderr)

    work(task, prints)
    work(task, prints)
    assert written(folder, name="all.log") == "out\nerr\n" * 2
    assert [path.name for path in (folder / task.name).iterdir()] == ["all.log"]


def test_trials_that_share_a_process_do_not_mix(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = threading.Barrier(2)

    def prints(number: int) -> None:
        both.wait()
        for line in range(50):
            print(f"trial {number} line {line}")
        both.wait()

    def trial(number: int) -> None:
        work(make_task(folder, number), lambda: prints(number))

    threads = [threading.Thread(target=trial, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(2):
        assert written(folder, number) == "".join(f"trial {number} line {n}\n" for n in range(50))
    assert capsys.readouterr().out == ""


def test_a_thread_of_the_trial_writes_into_its_file_and_the_runner_does_not(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def prints() -> None:
        thread = threading.Thread(target=print, args=("from a thread",))
        thread.start()
        thread.join()
        with at_terminal():
            print("the view")

    work(make_task(folder), prints)
    assert written(folder) == "from a thread\n"
    assert capsys.readouterr().out == "the view\n"


def test_what_the_trial_puts_in_place_of_a_stream_counts(folder: Path) -> None:
    caught = StringIO()

    def prints() -> None:
        with redirect_stdout(caught):
            print("caught")
        print("not caught")

    work(make_task(folder), prints)
    assert caught.getvalue() == "caught\n"
    assert written(folder) == "not caught\n"


def test_without_the_folder_it_stays_at_the_terminal_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    work(make_task(tmp_path / "elsewhere"), lambda: print("here"))
    assert capsys.readouterr().out == "here\n"
    assert "log_to_file: trial train_abcde_00000 prints to the terminal" in caplog.text


def run_config(folder: Path, **options: Any) -> RunConfig:
    return RunConfig(name="exp", storage_path=str(folder), verbose=0, **options)


def test_inline_the_view_is_not_in_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Speaks(Callback):
        def on_trial_result(self, trial: Any) -> None:
            print("callback")

    def train(config: dict[str, Any]) -> None:
        print("before")
        report({"loss": 1})
        print("after")

    results = Tuner(
        train,
        run_config=run_config(tmp_path, log_to_file=True, callbacks=[Speaks()]),
        executor="inline",
    ).fit()
    assert (Path(results[0].path) / "stdout").read_text() == "before\nafter\n"
    assert capsys.readouterr().out == "callback\n"


def test_a_process_of_its_own_hands_over_all_that_is_written(tmp_path: Path) -> None:
    def train(config: dict[str, Any]) -> None:
        print("python")
        os.write(1, b"descriptor\n")
        subprocess.run(["echo", "child"], check=True)
        print("error", file=sys.stderr)
        report({"loss": 1.0})

    results = Tuner(
        train,
        tune_config=TuneConfig(num_samples=3),
        run_config=run_config(tmp_path, log_to_file=("out.txt", "err.txt")),
    ).fit()
    assert not results.errors
    for one in results:
        folder = Path(one.path)
        lines = (folder / "out.txt").read_text().splitlines()
        assert sorted(lines) == ["child", "descriptor", "python"]
        assert (folder / "err.txt").read_text() == "error\n"


def test_trials_in_threads_of_a_process_have_files_of_their_own(tmp_path: Path) -> None:
    class Prints(Trainable):
        def setup(self, config: dict[str, Any]) -> None:
            print("setup", self.trial_id)

        def step(self) -> dict[str, Any]:
            print("step", self.trial_id)
            return {"loss": 1.0, "done": self.iteration == 2}

        def cleanup(self) -> None:
            print("cleanup", self.trial_id)

    results = Tuner(
        with_resources(Prints, {"cpu": 0.5}),
        tune_config=TuneConfig(num_samples=4, max_concurrent_trials=2),
        run_config=run_config(tmp_path, log_to_file=True),
    ).fit()
    assert not results.errors
    for one in results:
        name = one.metrics["trial_id"]
        words = ("setup", "step", "step", "step", "cleanup")
        text = (Path(one.path) / "stdout").read_text()
        assert text == "".join(f"{word} {name}\n" for word in words)
