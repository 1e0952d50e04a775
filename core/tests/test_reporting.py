"""What a trial's function calls: report, get_checkpoint, get_context."""

from __future__ import annotations

import contextvars
import json
import logging
import math
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pegbox import jsonvalue, session
from pegbox._trial.checkpointing import mark_folder, whole_checkpoints
from pegbox._trial.function import run_trial
from pegbox._trial.task import EndMessage, Order, ReportMessage, TrialTask
from pegbox.checkpoint import Checkpoint
from pegbox.errors import ReportError
from pegbox.reporting import TrialContext, get_checkpoint, get_context, report
from pegbox.resources import Resources


class Collect:
    """A channel that keeps the reports and lets the trial go on."""

    def __init__(self) -> None:
        self.reports: list[ReportMessage] = []

    def send(self, message: ReportMessage) -> Order:
        self.reports.append(message)
        return Order.GO_ON

    def metrics(self) -> list[dict[str, Any]]:
        return [jsonvalue.loads(message.encoded) for message in self.reports]


def make_task(folder: Path, number: int = 0, **changes: Any) -> TrialTask:
    trial_id = f"abcde_{number:05d}"
    facts: dict[str, Any] = {
        "trial": number,
        "trial_id": trial_id,
        "name": f"train_{trial_id}",
        "attempt": 1,
        "epoch": 1,
        "experiment": "exp",
        "folder": str(folder),
        "config": {"lr": 0.1},
        "resources": Resources({"cpu": 1}),
        "checkpoint": None,
        "iteration": 0,
        "time_total_s": 0.0,
        "required_metrics": (),
        "seed": 7,
    }
    return TrialTask(**{**facts, **changes})


def run(
    function: Callable[[dict[str, Any]], Any], folder: Path, **changes: Any
) -> tuple[EndMessage, Collect]:
    channel = Collect()
    return run_trial(make_task(folder, **changes), function, channel), channel


def error_of(call: Callable[[], Any], folder: Path, **changes: Any) -> ReportError:
    """The error that a call inside a trial meets, at the user's line."""
    caught: list[ReportError] = []

    def train(config: dict[str, Any]) -> None:
        with pytest.raises(ReportError) as info:
            call()
        caught.append(info.value)

    end, channel = run(train, folder, **changes)
    assert end.how == "finished"
    assert channel.reports == []
    return caught[0]


# --- What counts as a report ---


def test_reports_are_numbered_and_timed(tmp_path: Path) -> None:
    def train(config: dict[str, Any]) -> None:
        for step in range(3):
            report({"loss": config["lr"] * step})

    end, channel = run(train, tmp_path, iteration=4, time_total_s=100.0)
    assert end == EndMessage("finished")
    assert [one.iteration for one in channel.reports] == [5, 6, 7]
    assert channel.metrics() == [{"loss": 0.0}, {"loss": 0.1}, {"loss": 0.2}]
    assert all(one.time_this_iter_s >= 0 for one in channel.reports)
    spent = sum(one.time_this_iter_s for one in channel.reports)
    assert channel.reports[-1].time_total_s == pytest.approx(100.0 + spent, abs=1e-6)
    assert channel.reports[0].timestamp > 1.6e9


def test_values_become_plain_and_names_flat(tmp_path: Path) -> None:
    metrics = {
        "acc": np.float32(0.5),
        "count": np.int64(3),
        "flag": np.bool_(True),
        "zero_d": np.array(2.0),
        "curve": (1, 2.0),
        "valid": {"loss": 1.5, "per": {"a": None}},
        "name": "ä",
    }
    _, channel = run(lambda config: report(metrics), tmp_path)
    (stored,) = channel.metrics()
    assert stored == {
        "acc": 0.5,
        "count": 3,
        "flag": True,
        "zero_d": 2.0,
        "curve": [1, 2.0],
        "valid/loss": 1.5,
        "valid/per/a": None,
        "name": "ä",
    }
    assert type(stored["count"]) is int
    assert stored["flag"] is True
    json.loads(channel.reports[0].encoded)


def test_nan_and_infinity_are_kept(tmp_path: Path) -> None:
    _, channel = run(lambda config: report({"a": math.nan, "b": -math.inf}), tmp_path)
    (stored,) = channel.metrics()
    assert math.isnan(stored["a"])
    assert stored["b"] == -math.inf


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        (0.5, ["takes a dict", "float"]),
        ({1: 0.5}, ["key 1", "int"]),
        ({"model": object()}, ["model", "object"]),
        ({"grad": np.zeros(3)}, ["grad", "numpy.ndarray", ".tolist()"]),
        ({"a": {"b": {1, 2}}}, ["a/b", "set"]),
        ({"a/b": 1, "a": {"b": 2}}, ["a/b", "two values"]),
        ({"done": True}, ["'done'", "Return from the function"]),
    ],
)
def test_what_cannot_be_reported_is_refused_by_name(
    metrics: Any, words: list[str], tmp_path: Path
) -> None:
    text = str(error_of(lambda: report(metrics), tmp_path))
    assert all(word in text for word in words), text


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: report(loss=1, acc=2), 'got loss, acc by keyword.*report({"loss": loss, "acc": '),
        (lambda: report({"a": 1}, loss=2), "got loss by keyword"),
        (lambda: report(a=1, b=1, c=1, d=1), r'"c": c, \.\.\.'),
        (report, 'got nothing.*Write report({"loss": loss})'),
    ],
)
def test_metrics_by_keyword_are_refused_with_the_right_form(
    call: Callable[[], Any], words: str, tmp_path: Path
) -> None:
    text = str(error_of(call, tmp_path)).replace("\n", " ")
    assert re.search(words.replace("(", r"\(").replace(")", r"\)"), text), text


def test_a_missing_metric_is_named_with_the_nearest(tmp_path: Path) -> None:
    text = str(
        error_of(lambda: report({"accurracy": 1, "x": 2}), tmp_path, required_metrics=("accuracy",))
    )
    assert "'accuracy'" in text
    assert "accurracy, x" in text
    assert "Use one name, in report() and in the run: 'accurracy' or 'accuracy'." in text


def test_an_autofilled_metric_may_be_required(tmp_path: Path) -> None:
    _, channel = run(
        lambda config: report({"a": 1}), tmp_path, required_metrics=("time_total_s", "a")
    )
    assert len(channel.reports) == 1


def test_autofilled_names_are_dropped_and_that_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def train(config: dict[str, Any]) -> None:
        for step in range(3):
            report({"loss": 1, "training_iteration": step, "done": False})

    with caplog.at_level(logging.WARNING, logger="pegbox"):
        _, channel = run(train, tmp_path)
    assert channel.metrics() == [{"loss": 1}] * 3
    said = [one.getMessage() for one in caplog.records]
    assert len(said) == 2
    assert any("abcde_00000" in line and "'training_iteration'" in line for line in said)


def test_a_large_report_is_said_once_and_a_huge_one_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def train(config: dict[str, Any]) -> None:
        for _ in range(2):
            report({"text": "x" * 70_000})

    with caplog.at_level(logging.WARNING, logger="pegbox"):
        _, channel = run(train, tmp_path)
    assert len(channel.reports) == 2
    assert [one.getMessage().count("64,000 bytes") for one in caplog.records] == [1]
    text = str(error_of(lambda: report({"a": 1, "text": "x" * 1_000_001}), tmp_path))
    assert "'text'" in text
    assert "checkpoint" in text


def test_a_refused_report_does_not_count(tmp_path: Path) -> None:
    def train(config: dict[str, Any]) -> None:
        with pytest.raises(ReportError):
            report({"a": object()})
        report({"a": 1})

    _, channel = run(train, tmp_path)
    assert [one.iteration for one in channel.reports] == [1]


# --- Who may report, and from where ---


@pytest.mark.parametrize("call", [lambda: report({"a": 1}), get_checkpoint, get_context])
def test_outside_a_trial_is_refused(call: Callable[[], Any]) -> None:
    with pytest.raises(ReportError, match="outside a trial"):
        call()


def test_a_thread_of_the_function_may_report(tmp_path: Path) -> None:
    def train(config: dict[str, Any]) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(report, {"from": "pool"}).result()
            assert pool.submit(lambda: get_context().trial_id).result() == "abcde_00000"
        report({"from": "main"})

    end, channel = run(train, tmp_path)
    assert end.how == "finished"
    assert channel.metrics() == [{"from": "pool"}, {"from": "main"}]


def test_two_reports_at_once_are_taken_one_after_the_other(tmp_path: Path) -> None:
    class Overlap(Collect):
        inside = 0

        def send(self, message: ReportMessage) -> Order:
            self.inside += 1
            assert self.inside == 1
            threading.Event().wait(0.001)
            self.inside -= 1
            return super().send(message)

    def train(config: dict[str, Any]) -> None:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda n: report({"n": n}), range(24)))

    channel = Overlap()
    assert run_trial(make_task(tmp_path), train, channel).how == "finished"
    assert [one.iteration for one in channel.reports] == list(range(1, 25))
    assert sorted(one["n"] for one in channel.metrics()) == list(range(24))


def test_after_the_end_is_refused_also_while_another_trial_runs(tmp_path: Path) -> None:
    go_on = threading.Event()
    outcome: list[BaseException] = []

    def late() -> None:
        go_on.wait(10)
        try:
            report({"a": 1})
        except ReportError as error:
            outcome.append(error)

    def starts_a_thread(config: dict[str, Any]) -> None:
        plain = threading.Thread(target=late)
        with_context = threading.Thread(target=contextvars.copy_context().run, args=(late,))
        threads.extend([plain, with_context])
        for one in threads:
            one.start()

    def next_trial(config: dict[str, Any]) -> None:
        go_on.set()
        for one in threads:
            one.join(10)

    threads: list[threading.Thread] = []
    run(starts_a_thread, tmp_path)
    _, channel = run(next_trial, tmp_path, number=1)
    assert channel.reports == []
    texts = sorted(str(error) for error in outcome)
    assert len(texts) == 2
    assert "after trial abcde_00000 had ended" in texts[0]
    assert "not certain to which trial" in texts[1]


def test_a_thread_that_outlives_its_trial_cannot_report_for_its_neighbour(tmp_path: Path) -> None:
    """It is younger than the neighbour, and the neighbour is the only trial left."""
    neighbour_runs, first_ended = threading.Event(), threading.Event()
    outcome: list[str] = []

    def late() -> None:
        first_ended.wait(10)
        try:
            report({"a": 1})
        except ReportError as error:
            outcome.append(str(error))

    def first(config: dict[str, Any]) -> None:
        neighbour_runs.wait(10)
        late_thread.start()

    def neighbour(config: dict[str, Any]) -> None:
        neighbour_runs.set()
        first_thread.join(10)
        first_ended.set()
        late_thread.join(10)

    late_thread = threading.Thread(target=late)
    first_thread = threading.Thread(target=run, args=(first, tmp_path))
    first_thread.start()
    _, channel = run(neighbour, tmp_path, number=1)
    assert channel.reports == []
    assert len(outcome) == 1
    assert "not certain" in outcome[0]


def test_several_trials_in_one_process_report_apart(tmp_path: Path) -> None:
    both = threading.Barrier(2, timeout=10)
    refused: list[str] = []

    def train(config: dict[str, Any]) -> None:
        both.wait()
        me = get_context().trial_id
        with ThreadPoolExecutor(1) as pool:
            try:
                pool.submit(report, {"me": me}).result()
            except ReportError as error:
                refused.append(str(error))
            pool.submit(contextvars.copy_context().run, report, {"me": me}).result()
        report({"me": me})
        both.wait()

    channels = [Collect(), Collect()]
    with ThreadPoolExecutor(2) as pool:
        ends = [
            pool.submit(run_trial, make_task(tmp_path, number), train, channel)
            for number, channel in enumerate(channels)
        ]
        assert [end.result().how for end in ends] == ["finished", "finished"]
    for number, channel in enumerate(channels):
        assert channel.metrics() == [{"me": f"abcde_{number:05d}"}] * 2
    assert len(refused) == 2
    assert all("copy_context" in text for text in refused)


_CHILDREN = """
import os, sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from pegbox._trial.function import run_trial
from pegbox.reporting import report
sys.path.insert(0, {tests!r})
from test_reporting import Collect, make_task

def child(_):
    try:
        report({{"a": 1}})
    except ValueError as error:
        return str(error)

def train(config):
    for method in ("fork", "spawn"):
        with ProcessPoolExecutor(1, mp_context=get_context(method)) as pool:
            print(pool.submit(child, 0).result().replace("\\n", " "))

if __name__ == "__main__":
    channel = Collect()
    end = run_trial(make_task(Path(".")), train, channel)
    print(end.how, len(channel.reports))
"""


def test_a_child_process_is_told_to_hand_values_back(tmp_path: Path) -> None:
    script = tmp_path / "children.py"
    script.write_text(_CHILDREN.format(tests=os.path.dirname(__file__)))
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    forked, spawned, end = done.stdout.splitlines()
    assert "a child of process" in forked
    assert "Hand the values back" in forked
    assert "hand the values back" in spawned
    assert end == "finished 0"


# --- Checkpoints and the context ---


def test_a_reported_checkpoint_is_whole_and_becomes_the_latest(tmp_path: Path) -> None:
    mark_folder(str(tmp_path), "abcde")

    def train(config: dict[str, Any]) -> None:
        assert get_checkpoint() is None
        work = tmp_path / "work"
        work.mkdir()
        for step in range(2):
            (work / "model").write_text(f"step {step}")
            report({"step": step}, checkpoint=Checkpoint.from_directory(work))
        report({"step": 2})
        (work / "model").write_text("changed afterwards")
        latest = get_checkpoint()
        assert latest is not None
        with latest.as_directory() as folder:
            assert Path(folder, "model").read_text() == "step 1"

    end, channel = run(train, tmp_path)
    assert end == EndMessage("finished")
    name = "train_abcde_00000"
    assert [one.checkpoint for one in channel.reports] == [
        (f"{name}/checkpoint_000001", 6),
        (f"{name}/checkpoint_000002", 6),
        None,
    ]
    newest, oldest = whole_checkpoints(str(tmp_path / name), deep=True)
    assert newest.time_total_s == channel.reports[1].time_total_s
    assert (newest.iteration, oldest.iteration) == (2, 1)


def test_a_resumed_try_gets_its_checkpoint_and_writes_beside_it(tmp_path: Path) -> None:
    mark_folder(str(tmp_path), "abcde")
    work = tmp_path / "work"
    work.mkdir()
    (work / "model").write_text("1")

    def train(config: dict[str, Any]) -> None:
        before = get_checkpoint()
        seen.append(before and Path(before.path, "model").read_text())
        report({"a": 1}, checkpoint=Checkpoint(work))

    seen: list[Any] = []
    _, first = run(train, tmp_path)
    kept = first.reports[0].checkpoint
    assert kept is not None
    _, second = run(train, tmp_path, attempt=2, epoch=2, checkpoint=kept[0], iteration=0)
    assert seen == [None, "1"]
    assert second.reports[0].checkpoint == ("train_abcde_00000/checkpoint_000001-e2a2", 1)


def test_a_torn_checkpoint_fails_the_trial_with_its_path(tmp_path: Path) -> None:
    mark_folder(str(tmp_path), "abcde")
    work = tmp_path / "work"
    work.mkdir()
    (work / "model").write_text("good")
    _, channel = run(lambda config: report({"a": 1}, checkpoint=Checkpoint(work)), tmp_path)
    kept = channel.reports[0].checkpoint
    assert kept is not None
    (tmp_path / kept[0] / "model").write_text("evil")
    end, _ = run(lambda config: get_checkpoint() and None, tmp_path, checkpoint=kept[0])
    assert end.how == "failed"
    assert end.failure is not None
    assert kept[0] in end.failure.message
    assert end.failure.type_name == "StoreError"


def test_a_checkpoint_argument_of_another_type_is_refused(tmp_path: Path) -> None:
    for wrong, kind, form in [
        ("folder", "str", "from_directory(folder)"),
        (tmp_path, "PosixPath", "from_directory(folder)"),
        ({"step": 1}, "dict", "from_dict(data)"),
    ]:
        text = str(error_of(lambda wrong=wrong: report({"a": 1}, checkpoint=wrong), tmp_path))
        assert f"takes a Checkpoint, got {kind}\n  Write checkpoint=Checkpoint.{form}." in text


def test_a_folder_that_is_not_visible_here_is_refused(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "model").write_text("x")
    text = str(error_of(lambda: report({"a": 1}, checkpoint=Checkpoint(work)), tmp_path))
    assert "not visible" in text
    assert "storage_path" in text
    mark_folder(str(tmp_path), "fffff")
    text = str(error_of(lambda: get_context().get_trial_dir(), tmp_path))
    assert "belongs to run fffff, not abcde" in text
    assert not (tmp_path / "train_abcde_00000").exists()


def test_the_context_tells_who_the_trial_is(tmp_path: Path) -> None:
    mark_folder(str(tmp_path), "abcde")
    seen: list[TrialContext] = []

    def train(config: dict[str, Any]) -> None:
        context = get_context()
        seen.append(context)
        assert not (tmp_path / context.get_trial_name()).exists()
        Path(context.get_trial_dir(), "note").write_text("x")

    end, _ = run(train, tmp_path, number=3, attempt=2)
    assert end == EndMessage("finished")
    (context,) = seen
    assert context.get_trial_id() == context.trial_id == "abcde_00003"
    assert context.get_trial_name() == "train_abcde_00003"
    assert context.get_experiment_name() == "exp"
    assert context.get_trial_resources() == Resources({"cpu": 1})
    assert context.get_trial_resources().required_resources == {"CPU": 1}
    assert (context.get_local_rank(), context.get_local_world_size()) == (0, 1)
    assert (context.get_node_rank(), context.get_metadata()) == (0, {})
    with pytest.raises(ReportError, match=r"get_trial_dir\(\) is the trial's folder"):
        context.get_storage()
    assert (context.attempt, context.seed, context.gpu_ids) == (2, 7, ())
    assert (context.get_world_rank(), context.get_world_size()) == (0, 1)
    assert (tmp_path / "train_abcde_00003" / "note").read_text() == "x"


def test_the_older_session_module_says_the_same(tmp_path: Path) -> None:
    mark_folder(str(tmp_path), "abcde")
    seen: dict[str, Any] = {}

    def train(config: dict[str, Any]) -> None:
        others = ("report", "get_checkpoint")
        names = [name for name in session.__all__ if name not in others]
        context = get_context()
        for name in names:
            seen[name] = getattr(session, name)()
            assert seen[name] == getattr(context, name)()
        assert session.get_checkpoint() is None
        session.report({"a": 1})

    end, channel = run(train, tmp_path)
    assert end == EndMessage("finished")
    assert len(seen) == 10
    assert channel.metrics() == [{"a": 1}]


def test_importing_the_trial_side_loads_nothing_heavy() -> None:
    code = (
        "import sys, pegbox.reporting, pegbox._trial.function;"
        "heavy = {'distributed', 'numpy', 'pandas', 'torch', 'rich', 'cloudpickle'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
