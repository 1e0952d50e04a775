"""The inline executor, driven by a small scripted runner."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from pegbox._trial.task import TrialTask
from pegbox.commands import Answer, Launch
from pegbox.errors import ReportError, StoreError
from pegbox.events import Ended, Event, GrowthJudged, PlaceOpened, Reported, WorkerJoined
from pegbox.executor import Executor
from pegbox.executors.inline import InlineExecutor
from pegbox.reporting import get_context, report
from pegbox.resources import Resources

CPU = Resources({"cpu": 2})


class Runner:
    """An inbox and a loop: answers each report as told, and keeps every event.

    ``lazy`` handles nothing on the first call, as a runner whose message is still on its way.
    """

    def __init__(self, go_on: Callable[[Reported], bool], *, lazy: bool = False) -> None:
        self.over = threading.Event()
        self.events: list[Event] = []
        self.waits: list[float | None] = []
        self.executor: Executor | None = None
        self._go_on = go_on
        self._arrived: deque[Event] = deque()
        self._lazy = lazy
        self._depth = 0

    def post(self, events: Sequence[Event]) -> None:
        self._arrived.extend(events)

    def listen(self, arrived: Callable[[], None], later: Callable[[], None] | None = None) -> None:
        raise AssertionError("the inline executor works in the runner's thread")

    def settle(self) -> None:
        raise AssertionError("nothing was put off")

    def wait(self, timeout_s: float | None) -> None:
        self.waits.append(timeout_s)

    def handle(self) -> None:
        assert self.executor is not None
        assert self._depth == 0
        if self._lazy and self._arrived and not self.waits:
            return
        self._depth += 1
        events = list(self._arrived)
        self._arrived.clear()
        self.events += events
        self.executor.answer(
            [
                Answer(event.trial, event.attempt, self._go_on(event))
                for event in events
                if isinstance(event, Reported)
            ]
        )
        self._depth -= 1


def make_task(launch: Launch) -> TrialTask:
    trial_id = f"abcde_{launch.trial:05d}"
    return TrialTask(
        trial=launch.trial,
        trial_id=trial_id,
        name=f"train_{trial_id}",
        attempt=launch.attempt,
        epoch=1,
        experiment="exp",
        folder="/nowhere",
        config=launch.config,
        resources=launch.resources,
        checkpoint=None,
        iteration=launch.iteration,
        time_total_s=launch.time_total_s,
        required_metrics=(),
        seed=0,
    )


def launch_of(trial: int, attempt: int = 1, **config: Any) -> Launch:
    return Launch(trial, attempt, "inline", CPU, config, None, 0, 0.0)


def start(
    trainable: Callable[..., Any],
    go_on: Callable[[Reported], bool] = lambda event: True,
    *,
    lazy: bool = False,
) -> tuple[InlineExecutor, Runner]:
    runner = Runner(go_on, lazy=lazy)
    executor = InlineExecutor(make_task, trainable, CPU, first_place=5)
    runner.executor = executor
    executor.start(runner)
    return executor, runner


def run(executor: InlineExecutor, runner: Runner, launches: Sequence[Launch]) -> list[Event]:
    """Launch, work until all have ended, and answer the events since."""
    runner.handle()
    seen = len(runner.events)
    executor.launch(launches)
    for _ in launches:
        executor.wait(runner, 1.0)
        runner.handle()
    return runner.events[seen:]


def test_it_announces_one_worker_with_room_for_one_trial() -> None:
    _, runner = start(lambda config: None)
    runner.handle()
    joined, place, growth = runner.events
    assert isinstance(joined, WorkerJoined)
    assert (joined.worker, joined.resources) == ("inline", CPU)
    assert isinstance(place, PlaceOpened)
    assert (place.place, place.pid, place.worker) == (5, os.getpid(), "inline")
    assert place.at >= joined.at > 1.6e9
    assert growth == GrowthJudged(joined.at, grows=False)


def test_trials_run_in_the_callers_thread_one_after_the_other() -> None:
    threads: list[tuple[threading.Thread, int]] = []

    def train(config: dict[str, Any]) -> dict[str, Any]:
        threads.append((threading.current_thread(), config["x"]))
        report({"x": config["x"], "step": 1})
        return {"x": config["x"], "step": 2}

    executor, runner = start(train)
    events = run(executor, runner, [launch_of(0, x=10), launch_of(1, x=11)])
    assert threads == [(threading.current_thread(), 10), (threading.current_thread(), 11)]
    facts = [
        (event.trial, event.iteration, dict(event.metrics), event.place)
        if isinstance(event, Reported)
        else (event.trial, event.how, event.place)
        for event in events
        if isinstance(event, Reported | Ended)
    ]
    assert facts == [
        (0, 1, {"x": 10, "step": 1}, 5),
        (0, 2, {"x": 10, "step": 2}, 5),
        (0, "finished", 5),
        (1, 1, {"x": 11, "step": 1}, 5),
        (1, 2, {"x": 11, "step": 2}, 5),
        (1, "finished", 5),
    ]
    assert [event.at for event in events] == sorted(event.at for event in events)


def test_a_decision_to_end_halts_the_trial() -> None:
    def train(config: dict[str, Any]) -> None:
        for step in range(10):
            report({"step": step})

    executor, runner = start(train, lambda event: event.iteration < 3)
    events = run(executor, runner, [launch_of(0, attempt=2)])
    assert [type(event) for event in events] == [Reported, Reported, Reported, Ended]
    ended = events[-1]
    assert isinstance(ended, Ended)
    assert (ended.trial, ended.attempt, ended.how) == (0, 2, "halted")


def test_it_waits_for_an_answer_that_takes_its_time() -> None:
    executor, runner = start(lambda config: report({"a": 1}), lazy=True)
    runner.waits.append(None)
    runner.handle()
    runner.waits.clear()
    executor.launch([launch_of(0)])
    executor.wait(runner, 1.0)
    runner.handle()
    assert runner.waits == [None]
    assert isinstance(runner.events[-1], Ended)


def test_a_failure_is_an_end_with_its_cause_and_the_next_trial_runs() -> None:
    def train(config: dict[str, Any]) -> None:
        if config["x"] == 0:
            raise ValueError("no zero")

    executor, runner = start(train)
    failed, finished = run(executor, runner, [launch_of(0, x=0), launch_of(1, x=1)])
    assert isinstance(failed, Ended)
    assert failed.how == "failed"
    assert failed.failure is not None
    assert failed.failure.message == "ValueError: no zero"
    assert isinstance(finished, Ended)
    assert finished.how == "finished"


def test_a_report_from_a_thread_is_handled_too() -> None:
    def train(config: dict[str, Any]) -> None:
        thread = threading.Thread(target=report, args=({"who": "thread"},))
        thread.start()
        thread.join(10)

    executor, runner = start(train)
    events = run(executor, runner, [launch_of(0)])
    assert [type(event) for event in events] == [Reported, Ended]


def test_it_waits_in_the_inbox_where_there_is_nothing_to_run() -> None:
    executor, runner = start(lambda config: None)
    executor.wait(runner, 0.25)
    assert runner.waits == [0.25]


def test_what_has_not_begun_is_forgotten_at_the_close() -> None:
    executor, runner = start(lambda config: pytest.fail("ran after close"))
    executor.launch([launch_of(0)])
    executor.close()
    executor.wait(runner, 0.0)
    assert runner.waits == [0.0]


def test_ctrl_c_is_the_runners_and_leaves_no_trial_behind() -> None:
    def train(config: dict[str, Any]) -> None:
        assert get_context().trial_id == "abcde_00000"
        raise KeyboardInterrupt

    executor, runner = start(train)
    runner.handle()
    executor.launch([launch_of(0)])
    with pytest.raises(KeyboardInterrupt):
        executor.wait(runner, 1.0)
    runner.handle()
    assert not [event for event in runner.events if isinstance(event, Ended)]
    with pytest.raises(ReportError):
        get_context()


@pytest.mark.parametrize(
    "error", [StoreError("the disk is full"), SystemExit("a callback called sys.exit")]
)
def test_what_breaks_in_the_runner_is_no_fault_of_the_trial(error: BaseException) -> None:
    caught: list[Exception] = []

    def train(config: dict[str, Any]) -> None:
        try:
            report({"x": 1})
        except Exception as error:
            caught.append(error)

    def full(event: Reported) -> bool:
        raise error

    executor, runner = start(train, full)
    executor.launch([launch_of(0)])
    with pytest.raises(type(error), match=str(error)):
        executor.wait(runner, 1.0)
    assert caught == []
    assert not any(isinstance(event, Ended) for event in runner._arrived)


def test_the_clock_never_goes_back() -> None:
    executor, _ = start(lambda config: None)
    times = [executor.clock() for _ in range(100)]
    assert times == sorted(times)
