"""How a try of a trial ends: finished, halted or failed, and what is said about it."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pegbox import jsonvalue
from pegbox._trial.function import run_trial
from pegbox._trial.task import EndMessage, Order, ReportMessage, TrialTask
from pegbox.errors import ReportError
from pegbox.reporting import report
from pegbox.resources import Resources
from pegbox.trial import TrialFailure


class StopAt:
    """A channel that ends the trial at a report."""

    def __init__(self, iteration: int = 10**9) -> None:
        self.iteration = iteration
        self.reports: list[ReportMessage] = []

    def send(self, message: ReportMessage) -> Order:
        self.reports.append(message)
        return Order.GO_ON if message.iteration < self.iteration else Order.END


def make_task(**changes: Any) -> TrialTask:
    facts: dict[str, Any] = {
        "trial": 0,
        "trial_id": "abcde_00000",
        "name": "train_abcde_00000",
        "attempt": 1,
        "epoch": 1,
        "experiment": "exp",
        "folder": "/nowhere",
        "config": {"lr": 0.1, "layers": [{"units": 8}]},
        "resources": Resources({"cpu": 1}),
        "checkpoint": None,
        "iteration": 0,
        "time_total_s": 0.0,
        "required_metrics": (),
        "seed": 7,
    }
    return TrialTask(**{**facts, **changes})


def run(function: Callable[..., Any], channel: StopAt | None = None, **changes: Any) -> EndMessage:
    return run_trial(make_task(**changes), function, channel or StopAt())


def failure_of(function: Callable[..., Any], **changes: Any) -> TrialFailure:
    end = run(function, **changes)
    assert end.how == "failed"
    assert end.report is None
    assert end.failure is not None
    assert end.failure.cause == "exception"
    return end.failure


# --- Returning ---


def test_a_returned_dict_is_one_more_report() -> None:
    def train(config: dict[str, Any]) -> dict[str, Any]:
        report({"loss": 2})
        return {"loss": 1, "by": {"class": 3}}

    channel = StopAt()
    end = run(train, channel, iteration=5, time_total_s=50.0)
    assert end.how == "finished"
    assert [one.iteration for one in channel.reports] == [6]
    assert end.report is not None
    assert end.report.iteration == 7
    assert end.report.time_total_s >= channel.reports[0].time_total_s >= 50.0
    assert jsonvalue.loads(end.report.encoded) == {"loss": 1, "by/class": 3}


def test_none_is_the_end_alone() -> None:
    assert run(lambda config: None) == EndMessage("finished")


def test_another_return_type_fails_with_a_sentence() -> None:
    failure = failure_of(lambda config: 0.5)
    assert failure.type_name == "ReportError"
    assert "returns a dict of metrics or None, got float" in failure.message


def test_a_returned_dict_is_held_to_the_rules_of_a_report() -> None:
    failure = failure_of(lambda config: {"los": 1}, required_metrics=("loss",))
    assert "needs the metric 'loss'" in failure.message


def test_a_returned_coroutine_fails_without_a_warning() -> None:
    async def train(config: dict[str, Any]) -> None:
        await asyncio.sleep(0)

    assert "got coroutine" in failure_of(lambda config: train(config)).message


def test_the_function_may_change_its_config() -> None:
    def train(config: dict[str, Any]) -> None:
        config["lr"] = None
        config["layers"][0]["units"] = None

    task = make_task()
    assert run_trial(task, train, StopAt()).how == "finished"
    assert task.config == {"lr": 0.1, "layers": [{"units": 8}]}


# --- Halting ---


def test_a_halt_runs_finally_and_passes_except_exception() -> None:
    steps: list[str] = []

    def train(config: dict[str, Any]) -> None:
        try:
            for step in range(10):
                try:
                    report({"step": step})
                except Exception:
                    steps.append("caught")
                steps.append(f"after {step}")
        finally:
            steps.append("finally")

    assert run(train, StopAt(2)) == EndMessage("halted")
    assert steps == ["after 0", "finally"]


def test_a_swallowed_halt_comes_again_and_is_not_sent() -> None:
    raised: list[int] = []

    def train(config: dict[str, Any]) -> dict[str, Any]:
        for step in range(4):
            try:
                report({"step": step})
            except SystemExit:
                raised.append(step)
        return {"step": "last"}

    channel = StopAt(2)
    assert run(train, channel) == EndMessage("halted")
    assert raised == [1, 2, 3]
    assert len(channel.reports) == 2


_HALTED_THREAD = """
import sys, threading
sys.path.insert(0, {tests!r})
from test_trial_session import StopAt, report, run

def train(config):
    thread = threading.Thread(target=report, args=({{"a": 1}},))
    thread.start()
    thread.join(10)
    report({{"a": 2}})

channel = StopAt(1)
end = run(train, channel)
print(end.how, len(channel.reports))
"""


def test_a_thread_that_is_halted_halts_the_trial_silently(tmp_path: Path) -> None:
    """In a process of its own, for pytest puts its own hook for threads in place."""
    script = tmp_path / "script.py"
    script.write_text(_HALTED_THREAD.format(tests=os.path.dirname(__file__)))
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.stdout.strip(), done.stderr) == ("halted 1", "")


def test_a_halt_passes_through_a_pool_and_an_event_loop() -> None:
    def pooled(config: dict[str, Any]) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(report, {"a": 1}).result()
        raise AssertionError("went on")

    def looped(config: dict[str, Any]) -> None:
        async def work() -> None:
            report({"a": 1})

        asyncio.run(work())
        raise AssertionError("went on")

    assert run(pooled, StopAt(1)) == EndMessage("halted")
    assert run(looped, StopAt(1)) == EndMessage("halted")


def test_an_error_while_ending_counts_as_halted_and_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def train(config: dict[str, Any]) -> None:
        try:
            report({"a": 1})
        finally:
            raise OSError("cannot clean up")

    assert run(train, StopAt(1)) == EndMessage("halted")
    (line,) = [one.getMessage() for one in caplog.records]
    assert "abcde_00000" in line
    assert "cannot clean up" in line


# --- Failing ---


def boom(config: dict[str, Any]) -> None:
    raise ValueError("bad lr\nsecond line")


def test_an_exception_is_told_from_the_users_frames() -> None:
    end = run(boom)
    assert end.failure is not None
    assert end.failure.message == "ValueError: bad lr"
    assert end.failure.type_name == "ValueError"
    frames = [line for line in end.failure.traceback.splitlines() if line.startswith("  File")]
    assert len(frames) == 1
    assert "in boom" in frames[0]
    assert end.failure.traceback.endswith("ValueError: bad lr\nsecond line\n")


def test_a_broken_rule_is_shown_at_the_line_that_reports() -> None:
    def train(config: dict[str, Any]) -> None:
        report({"a": object()})

    text = failure_of(train).traceback
    assert 'report({"a": object()})' in text
    assert "pegbox/_trial" not in text
    assert "reporting.py" not in text


def test_the_cause_of_an_exception_is_kept() -> None:
    def train(config: dict[str, Any]) -> None:
        try:
            boom(config)
        except ValueError as error:
            raise RuntimeError("outer") from error

    text = failure_of(train).traceback
    assert "direct cause" in text
    assert "bad lr" in text


def test_a_call_with_wrong_arguments_has_no_frame_of_ours() -> None:
    text = failure_of(lambda: None).traceback
    assert text.startswith("TypeError")
    assert "function.py" not in text


@pytest.mark.parametrize("code", [3, 0, None, "no data"])
def test_sys_exit_fails_with_its_code(code: Any) -> None:
    failure = failure_of(lambda config: sys.exit(code))
    assert failure.type_name == "SystemExit"
    assert f"sys.exit({code!r})" in failure.message


def interrupted(config: dict[str, Any]) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_is_passed_on_in_the_main_thread_and_fails_elsewhere() -> None:
    with pytest.raises(KeyboardInterrupt):
        run(interrupted)
    with pytest.raises(ReportError, match="outside a trial"):
        report({"a": 1})
    with ThreadPoolExecutor(1) as pool:
        end = pool.submit(run, interrupted).result()
    assert end.how == "failed"
    assert end.failure is not None
    assert end.failure.type_name == "KeyboardInterrupt"


class Unpicklable(Exception):
    def __init__(self, lock: Any) -> None:
        super().__init__("holds a lock")
        self.lock = lock


class TwoArguments(Exception):
    """Pickles, but does not come back: the usual mistake."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (Unpicklable(threading.Lock()), "Unpicklable: holds a lock"),
        (TwoArguments("a", "b"), "TwoArguments: a b"),
        (Mute(), "Mute: (its message cannot be shown)"),
        (ValueError(), "ValueError"),
        (ValueError("x" * 1_000_000), "ValueError: " + "x" * 285 + "..."),
    ],
)
def test_awkward_exceptions_are_told_all_the_same(error: Exception, line: str) -> None:
    def train(config: dict[str, Any]) -> None:
        raise error

    end = run(train)
    assert end.failure is not None
    assert end.failure.message == line
    assert len(end.failure.traceback) < 70_000


def test_an_endless_recursion_has_a_short_traceback() -> None:
    def deeper(config: dict[str, Any]) -> None:
        deeper(config)

    failure = failure_of(deeper)
    assert failure.type_name == "RecursionError"
    assert len(failure.traceback) < 5_000


def test_a_channel_that_breaks_fails_the_trial_and_the_report_does_not_count() -> None:
    class Broken(StopAt):
        def send(self, message: ReportMessage) -> Order:
            super().send(message)
            raise ConnectionError("scheduler gone")

    channel = Broken()
    end = run(lambda config: report({"a": 1}), channel)
    assert end.how == "failed"
    assert end.failure is not None
    assert "scheduler gone" in end.failure.message


def test_the_end_waits_for_a_report_under_way() -> None:
    """Nothing may arrive from a try after its end."""
    sent, answer, returned = threading.Event(), threading.Event(), threading.Event()

    class Slow(StopAt):
        def send(self, message: ReportMessage) -> Order:
            sent.set()
            answer.wait(10)
            assert not returned.is_set()
            return super().send(message)

    def train(config: dict[str, Any]) -> dict[str, Any]:
        threading.Thread(target=report, args=({"a": 1},)).start()
        sent.wait(10)
        threading.Timer(0.01, answer.set).start()
        return {"a": 2}

    channel = Slow()
    end = run(train, channel)
    returned.set()
    assert len(channel.reports) == 1
    assert end.report is not None
    assert end.report.iteration == 2


def test_nothing_is_reported_after_a_failure() -> None:
    go_on = threading.Event()
    refused: list[str] = []

    def late() -> None:
        go_on.wait(10)
        try:
            report({"a": 1})
        except ReportError as error:
            refused.append(str(error))

    def train(config: dict[str, Any]) -> None:
        threads.append(threading.Thread(target=contextvars.copy_context().run, args=(late,)))
        threads[0].start()
        raise ValueError("no")

    threads: list[threading.Thread] = []
    channel = StopAt()
    assert run(train, channel).how == "failed"
    go_on.set()
    threads[0].join(10)
    assert channel.reports == []
    assert len(refused) == 1
    assert "after trial abcde_00000 had ended" in refused[0]


def test_large_objects_of_a_failed_trial_are_let_go() -> None:
    class Model:
        pass

    kept: list[weakref.ref[Model]] = []

    def train(config: dict[str, Any]) -> None:
        model = Model()
        kept.append(weakref.ref(model))
        raise ValueError("no")

    gc.disable()
    try:
        run(train)
        assert kept[0]() is None
    finally:
        gc.enable()
