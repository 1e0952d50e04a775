"""The view: what it counts and says, that it fits, what it costs, that it gives the terminal back.

The records behind the views are small stand-ins for the engine's; everything else is real.
"""

from __future__ import annotations

import contextlib
import io
import os
import pty
import random
import re
import subprocess
import sys
import textwrap
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import nbclient
import nbformat
import pytest
from pegbox.builtin.progress import ProgressView
from pegbox.builtin.progress.board import Board
from pegbox.builtin.progress.glyphs import ASCII, UNICODE, plain
from pegbox.builtin.progress.layout import frame, summary
from pegbox.builtin.progress.leaderboard import Leaderboard
from pegbox.builtin.progress.lines import LineOutput
from pegbox.builtin.progress.snapshot import Moment, Snapshot
from pegbox.builtin.progress.terminal import TerminalOutput
from pegbox.builtin.progress.ticker import Ticker
from pegbox.callback import ExperimentInfo
from pegbox.errors import ConfigError
from pegbox.jsonvalue import chosen
from pegbox.objective import Objective
from pegbox.resources import Resources
from pegbox.text import clip, duration, metric, one_line, parameter
from pegbox.trial import CheckpointRecord, State, TrialFailure, TrialView
from pegbox.usage import Usage
from rich.console import Console
from rich.text import Text

DEADLINE_S = 30.0
ONE_CPU = Resources({"cpu": 1})


@dataclass
class Record:
    number: int
    state: State = State.QUEUED
    attempt: int = 0
    iteration: int = 0
    config: Mapping[str, Any] = field(default_factory=dict)
    resources: Resources = ONE_CPU
    result: Mapping[str, Any] | None = None
    checkpoint: CheckpointRecord | None = None
    failure: TrialFailure | None = None
    encoded: Mapping[str, Any] = field(default_factory=dict)
    point: Mapping[str, float] = field(default_factory=dict)
    tag: str = ""
    name: str = ""
    folder_name: str = ""


class Run:
    """Trials as an engine would hold them, and what a callback would be told of them."""

    def __init__(self, callback: ProgressView | None = None, board: Board | None = None) -> None:
        self.records: list[Record] = []
        self.trials: list[TrialView] = []
        self.callback = callback
        self.board = board

    def add(self, state: State = State.QUEUED, **config: Any) -> Record:
        record = Record(len(self.records), state, config=config)
        self.records.append(record)
        self.trials.append(TrialView(record, "ba3f1", "train"))
        return record

    def start(self, record: Record) -> None:
        record.state = State.RUNNING
        record.attempt += 1
        self._tell("on_trial_start", record)

    def report(self, record: Record, **metrics: Any) -> None:
        record.iteration += 1
        record.result = {
            **metrics,
            "training_iteration": record.iteration,
            "time_total_s": record.iteration * 0.5,
            "pid": 4242,
        }
        self._tell("on_trial_result", record, record.result, "CONTINUE")

    def end(self, record: Record, state: State = State.FINISHED) -> None:
        record.state = state
        self._tell("on_trial_complete", record)

    def fail(self, record: Record, message: str = "wrong shape") -> None:
        record.state = State.FAILED
        record.failure = TrialFailure("exception", message, "ValueError")
        self._tell("on_trial_error", record)

    def lose(self, record: Record) -> None:
        record.state = State.QUEUED
        record.failure = TrialFailure("lost", "its worker disappeared")
        self._tell("on_trial_recover", record)

    def _tell(self, method: str, record: Record, *more: Any) -> None:
        trial = self.trials[record.number]
        if self.callback is not None:
            getattr(self.callback, method)(0, self.trials, trial, *more)
        if self.board is not None:
            self.board.told(self.trials, trial)
            if method == "on_trial_result":
                self.board.reported(trial, more[0])
            elif method == "on_trial_error":
                self.board.failed(trial)
            elif method == "on_trial_recover":
                self.board.retried(trial)


def experiment(**changes: Any) -> ExperimentInfo:
    values: dict[str, Any] = {
        "name": "digits",
        "path": "/data/pegbox_results/digits",
        "run": "ba3f1",
        "epoch": 1,
        "objectives": (Objective("accuracy", "max"),),
        "total_trials": 60,
        "searcher": "optuna",
        "scheduler": "asha",
        "parameters": ("lr", "model/layers"),
        "seed": 1,
    }
    return ExperimentInfo(**(values | changes))


def board_run(**changes: Any) -> tuple[Board, Run]:
    board = Board(experiment(**changes))
    return board, Run(board=board)


def busy_snapshot() -> Snapshot:
    """A run in its middle, with long names and one of everything."""
    parameters = tuple(f"model/optimizer/parameter_{i}" for i in range(9))
    board, run = board_run(name="a_rather_long_name_" * 6, parameters=parameters)
    rng = random.Random(1)
    for i in range(40):
        values = {f"parameter_{n}": rng.choice([10.0**-n, "x" * 30, [64, 32]]) for n in range(9)}
        record = run.add(model={"optimizer": values})
        run.start(record)
        run.report(record, accuracy=rng.random(), **{f"metric_{n}": rng.random() for n in range(9)})
        if i < 4:
            run.lose(record)
        elif i < 7:
            run.fail(record, "line one\nline two \x1b[31m" + "and more " * 60)
        elif i < 20:
            run.end(record, State.STOPPED)
    board.usage = Usage(3700.0, 40.0, {"paused": 60.0}, {f"callback {'Long' * 60}": 900.0})
    return board.snapshot(Moment(3725.0), 50)


# Values


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0.0s"),
        (9.94, "9.9s"),
        (9.96, "10s"),
        (59.4, "59s"),
        (59.6, "1m00s"),
        (3599.7, "1h00m"),
        (7384, "2h03m"),
        (200_000, "2d07h"),
    ],
)
def test_durations_are_short_and_round_into_the_next_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_metrics_keep_their_zeros_and_parameters_do_not() -> None:
    assert [metric(0.96), metric(1234.0), metric(float("nan")), metric(7)] == [
        "0.9600",
        "1234",
        "nan",
        "7",
    ]
    assert [parameter(0.96), parameter(1e-05), parameter(True), parameter([64, 32])] == [
        "0.96",
        "1e-05",
        "True",
        "[64, 32]",
    ]


def test_a_value_whose_repr_raises_or_never_ends_is_shown_all_the_same() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    assert "Broken" in parameter(Broken())
    assert len(parameter(list(range(10**6)))) < 80
    assert parameter(print) == "print"


def test_text_of_users_cannot_break_lines_or_move_the_cursor() -> None:
    assert one_line("a\n  b\x1b[2Jc\td") == "a b [2Jc d"


def test_clipped_text_says_that_something_is_missing() -> None:
    assert clip("abcdef", 6) == "abcdef"
    assert clip("abcdefg", 6) == "abcde…"
    assert clip("abcdefg", 6, "..") == "abcd.."
    assert clip("abc", 0) == ""


def test_a_flat_path_finds_its_value_in_nested_dicts_and_lists() -> None:
    config = {"model": {"layers": [{"width": 3}]}, "s": "text"}
    paths = ["model/layers/0/width", "model/layers/7/width", "s/0"]
    assert chosen(config, paths) == {"model/layers/0/width": 3}


# The leaderboard


def test_leaderboard_follows_latest_values_in_any_order() -> None:
    rng = random.Random(7)
    board, truth = Leaderboard(), dict[int, float]()
    for _ in range(5000):
        number, loss = rng.randrange(40), rng.choice([None, rng.randrange(30) / 7])
        board.put(number, loss)
        if loss is None:
            truth.pop(number, None)
        else:
            truth[number] = loss
        best = min(truth, key=lambda n: (truth[n], n)) if truth else None
        assert board.first() == best


def test_leaderboard_does_not_grow_with_reports() -> None:
    board = Leaderboard()
    for i in range(10_000):
        board.put(i % 10, float(-i))
    assert len(board._heap) < 200
    assert board.first() == 9


# The board


def test_counts_follow_the_events() -> None:
    board, run = board_run()
    records = [run.add(lr=0.1) for _ in range(6)]
    for record in records[:5]:
        run.start(record)
    run.end(records[0])
    run.end(records[1], State.STOPPED)
    run.fail(records[2])
    run.lose(records[3])
    snapshot = board.snapshot(Moment(1.0), 10)
    assert {s: n for s, n in snapshot.counts.items() if n} == {
        State.FINISHED: 1,
        State.STOPPED: 1,
        State.FAILED: 1,
        State.RUNNING: 1,
        State.QUEUED: 2,
    }
    assert (snapshot.ended, snapshot.failed, snapshot.retries) == (3, 1, 1)
    assert [row.trial_id for row in snapshot.running] == ["ba3f1_00004"]
    assert snapshot.failure is not None
    assert snapshot.failure.message == "ValueError: wrong shape"


def test_a_pause_that_nobody_tells_of_is_seen_at_the_next_look() -> None:
    board, run = board_run()
    record = run.add()
    run.start(record)
    record.state = State.PAUSED
    snapshot = board.snapshot(Moment(1.0), 10)
    assert snapshot.counts[State.PAUSED] == 1
    assert snapshot.running_total == 0


def test_an_event_that_comes_after_the_trial_has_moved_on_counts_once() -> None:
    board, run = board_run()
    record = run.add()
    record.state = State.FINISHED  # The batch that started it has also ended it.
    for _ in range(3):
        board.told(run.trials, run.trials[0])
    assert board.snapshot(Moment(1.0)).ended == 1


def test_trials_of_before_a_restore_are_counted_and_ranked() -> None:
    board, run = board_run()
    for accuracy in (0.5, 0.9, 0.7):
        record = run.add(State.FINISHED, lr=0.1)
        record.result = {"accuracy": accuracy}
    run.add(State.FAILED).failure = TrialFailure("crash", "killed by SIGSEGV")
    run.start(run.add())
    snapshot = board.snapshot(Moment(1.0))
    assert snapshot.ended == 4
    assert [leader.trial.trial_id for leader in snapshot.leaders] == ["ba3f1_00001"]
    assert snapshot.failure is not None
    assert snapshot.failure.message == "killed by SIGSEGV"


def test_best_is_by_the_latest_result_and_never_a_nan() -> None:
    board, run = board_run(objectives=(Objective("loss", "min"), Objective("speed", "max")))
    first, second, third = (run.add() for _ in range(3))
    run.report(first, loss=0.1, speed=1)
    run.report(second, loss=0.2, speed=2)
    run.report(third, loss=float("nan"))
    run.report(first, loss=0.3, speed=1)
    leaders = board.snapshot(Moment(1.0)).leaders
    assert [(leader.objective.metric, leader.trial.trial_id) for leader in leaders] == [
        ("loss", "ba3f1_00001"),
        ("speed", "ba3f1_00001"),
    ]


def test_only_the_users_metrics_are_shown() -> None:
    board, run = board_run()
    record = run.add(lr=0.1, model={"layers": 2})
    run.start(record)
    run.report(record, accuracy=0.5, loss=1.0)
    (row,) = board.snapshot(Moment(1.0), 10).running
    assert row.metrics == {"accuracy": 0.5, "loss": 1.0}
    assert row.parameters == {"lr": 0.1, "model/layers": 2}
    assert row.time_s == 0.5


class CountedTrials(Sequence[TrialView]):
    """Counts how many trials anyone looks at."""

    def __init__(self, trials: list[TrialView]) -> None:
        self.trials = trials
        self.looks = 0

    def __len__(self) -> int:
        return len(self.trials)

    def __getitem__(self, index: Any) -> Any:
        self.looks += 1
        return self.trials[index]


def test_neither_events_nor_snapshots_look_at_all_trials() -> None:
    board, run = board_run(total_trials=10_000)
    trials = CountedTrials(run.trials)
    for i in range(10_000):
        record = run.add(lr=0.1)
        record.state = State.RUNNING
        board.told(trials, run.trials[i])
        record.result = {"accuracy": i / 10_000}
        board.reported(run.trials[i], record.result)
        record.state = State.FINISHED
        board.told(trials, run.trials[i])
        if i % 100 == 0:
            board.snapshot(Moment(1.0), 10)
    assert trials.looks <= 2  # The one look at the beginning.
    assert board.snapshot(Moment(1.0)).ended == 10_000


# The layout


@pytest.mark.parametrize("width", [20, 40, 79, 120, 200])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_no_line_is_wider_than_the_terminal(width: int, glyphs: Any) -> None:
    snapshot = busy_snapshot()
    for line in frame(snapshot, width, 40, glyphs):
        assert len(plain(line)) <= width
        assert plain(line).isprintable()
    for line in summary(snapshot, width, glyphs)[:-1]:
        assert len(plain(line)) <= width


@pytest.mark.parametrize("height", [1, 5, 12, 17, 24, 60])
def test_the_frame_is_never_taller_than_asked(height: int) -> None:
    assert len(frame(busy_snapshot(), 80, height, UNICODE)) <= height


def test_the_frame_shows_what_matters_at_80_columns() -> None:
    board, run = board_run()
    for accuracy in (0.5, 0.91, 0.7):
        record = run.add(lr=0.0123, model={"layers": [64, 32]})
        run.start(record)
        run.report(record, accuracy=accuracy, loss=0.25)
    run.end(run.records[1], State.STOPPED)
    run.fail(run.add())
    console = Console(record=True, width=80, file=io.StringIO())
    for line in frame(board.snapshot(Moment(72.0), 10), 80, 24, UNICODE):
        console.print(Text.assemble(*line))
    text = console.export_text()
    for expected in (
        "digits  searcher optuna · scheduler asha · seed 1",
        "running for 1m12s",
        "2/60",
        "2 running · 1 terminated (1 stopped) · 1 failed",
        "Current best trial: ba3f1_00001 with accuracy=0.9100  iteration 1",
        "lr=0.0123  model/layers=[64, 32]",
        "1 failed, last ba3f1_00003: ValueError: wrong shape",
        "results in /data/pegbox_results/digits",
    ):
        assert expected in text
    assert "idle" not in text
    (row,) = re.findall(r"ba3f1_00000 .*", text)
    values = ["0.0123", "[64,", "32]", "1", "0.5s", "0.5000", "0.2500"]
    assert row.split() == ["ba3f1_00000", "RUNNING", *values]
    (row,) = re.findall(r"ba3f1_00001 +[A-Z].*", text)
    assert row.split()[:2] == ["ba3f1_00001", "TERMINATED"]


def test_idle_slots_are_shown_where_they_matter_with_the_reason() -> None:
    board, run = board_run()
    run.start(run.add(lr=0.1))
    board.usage = Usage(70.0, 90.0, {"no suggestion": 42.0, "nothing left": 8.0}, {})
    said = "slots idle 30 % of the time: 30 % no suggestion"
    snapshot = board.snapshot(Moment(72.0), 10)
    for lines in (frame(snapshot, 80, 24, UNICODE), summary(snapshot, 80, ASCII)):
        assert said in [plain(line) for line in lines]
    file = io.StringIO()
    LineOutput(file).refresh(snapshot)
    assert file.getvalue().endswith(f"0/60 trials: 1 running; {said}\n")


def test_a_run_that_waits_for_workers_says_so() -> None:
    board, run = board_run()

    def shown(elapsed_s: float) -> str:
        snapshot = board.snapshot(Moment(elapsed_s), 10)
        file = io.StringIO()
        LineOutput(file).refresh(snapshot)
        return "\n".join([*map(plain, frame(snapshot, 80, 24, UNICODE)), file.getvalue()])

    none = "waits for workers: none is there"
    assert none not in shown(2.0)  # they may be about to come
    assert shown(60.0).count(none) == 2
    record = run.add(lr=0.1)
    board.look(run.trials)
    assert shown(60.0).count(none) == 2
    board.resources = Resources({"cpu": 1})
    assert shown(60.0).count("no worker has room for what waits (1 pending)") == 2
    run.start(record)
    assert "wait" not in shown(60.0)


def test_running_trials_beyond_the_room_are_counted() -> None:
    board, run = board_run()
    for _ in range(30):
        run.start(run.add(lr=0.1))
    lines = [plain(line) for line in frame(board.snapshot(Moment(1.0), 12), 80, 40, UNICODE)]
    assert "… and 18 more" in lines


def test_without_metric_and_total_there_is_neither_best_nor_bar() -> None:
    board, run = board_run(objectives=(), total_trials=-1)
    run.start(run.add(lr=0.1))
    text = "\n".join(
        plain(line) for line in frame(board.snapshot(Moment(1.0), 12), 80, 40, UNICODE)
    )
    assert "best" not in text.lower()
    assert "━" not in text
    assert "1 running" in text


def test_the_summary_keeps_the_whole_folder_and_failure() -> None:
    path = "/data/" + "long/" * 40
    board, run = board_run(path=path)
    run.fail(run.add(), "x" * 100 + " the end")
    text = "\n".join(plain(line) for line in summary(board.snapshot(Moment(12.34)), 80, UNICODE))
    assert f"Results in {path}" in text
    assert "the end" in text
    assert "Total run time: 12.34 seconds (0.00 seconds for the tuning loop)" in text


# Plain lines


def test_plain_lines_come_now_and_then_and_at_once_for_news() -> None:
    board, run = board_run()
    file = io.StringIO()
    output = LineOutput(file)
    said: list[list[str]] = []

    def tick(second: float) -> None:
        file.seek(0)
        file.truncate()
        output.refresh(board.snapshot(Moment(second)))
        said.append([line[9:] for line in file.getvalue().splitlines()])

    record = run.add(lr=0.1, model={"layers": 2})
    run.start(record)
    tick(1)
    run.report(record, accuracy=0.5)
    tick(2)
    run.report(record, accuracy=0.4)
    tick(3)
    for _ in range(3):
        run.fail(run.add())
    tick(4)
    tick(5)
    tick(9)
    run.end(record)
    tick(10)
    status = "60 trials: 1 running, 3 failed; best accuracy 0.4000 (ba3f1_00000 at 2)"
    assert said == [
        [],
        ["new best accuracy 0.5000 (ba3f1_00000 at 1): lr=0.1, model/layers=2"],
        [],
        ["failed: ba3f1_00003: ValueError: wrong shape (and 2 more)"],
        [f"3/{status}"],
        [],
        ["4/" + status.replace("1 running", "1 terminated")],
    ]


def test_a_run_of_days_writes_a_readable_log() -> None:
    board, run = board_run()
    file = io.StringIO()
    output = LineOutput(file)
    record = run.add()
    run.start(record)
    for second in range(0, 24 * 3600, 5):
        run.report(record, loss=1.0)
        output.refresh(board.snapshot(Moment(float(second))))
    assert 1000 < len(file.getvalue().splitlines()) < 1800


def test_a_silent_run_shows_that_it_lives() -> None:
    board, run = board_run()
    run.start(run.add())
    file = io.StringIO()
    output = LineOutput(file)
    for second in range(300):
        output.refresh(board.snapshot(Moment(float(second))))
    assert 3 <= len(file.getvalue().splitlines()) <= 6


def test_what_a_stream_cannot_encode_is_replaced() -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    view = ProgressView(file=file)
    view.setup(experiment(name="größe"))
    run = Run(view)
    run.fail(run.add(), "naïve \u2028 message")
    view.on_experiment_end(run.trials)
    assert b"gr??e" in raw.getvalue()
    assert b"na?ve" in raw.getvalue()


# The callback


def test_end_prints_a_summary_and_nothing_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    view = ProgressView()
    view.setup(experiment())
    run = Run(view)
    record = run.add(lr=0.1)
    run.start(record)
    run.report(record, accuracy=0.75)
    run.end(record)
    view.on_experiment_end(run.trials)
    view.on_experiment_end(run.trials)
    captured = capsys.readouterr()
    assert captured.out.startswith(
        "pegbox digits: 60 trials, searcher optuna, scheduler asha, seed 1\n"
    )
    assert captured.out.count("Total run time") == 1
    assert "Best trial: ba3f1_00000 with accuracy=0.7500  iteration 1" in captured.out
    assert captured.err == ""
    assert [t for t in threading.enumerate() if t.name == "pegbox-progress"] == []


def test_verbose_0_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    view = ProgressView(verbose=0)
    view.setup(experiment())
    run = Run(view)
    run.fail(run.add())
    view.on_experiment_end(run.trials)
    assert capsys.readouterr() == ("", "")


def test_a_program_without_a_standard_output_has_no_view(monkeypatch: pytest.MonkeyPatch) -> None:
    view = ProgressView()
    monkeypatch.setattr(sys, "stdout", None)
    view.setup(experiment())
    run = Run(view)
    run.fail(run.add())
    view.on_experiment_end(run.trials)
    assert [t for t in threading.enumerate() if t.name == "pegbox-progress"] == []


@pytest.mark.parametrize("verbose", [-1, "1", 1.5, None])
def test_a_wrong_verbose_is_refused(verbose: Any) -> None:
    with pytest.raises(ConfigError, match=re.escape(repr(verbose))):
        ProgressView(verbose=verbose)


class BreakingStream(io.StringIO):
    """A stream whose reader goes away after the first lines."""

    broken = False

    def write(self, text: str) -> int:
        if self.broken:
            raise BrokenPipeError("reader is gone")
        return super().write(text)


def test_a_stream_that_breaks_is_told_to_the_run_once() -> None:
    file = BreakingStream()
    view = ProgressView(file=file)
    view.setup(experiment())
    run = Run(view)
    record = run.add()
    run.start(record)
    file.broken = True
    run.report(record, accuracy=0.5)
    assert view._ticker is not None
    view._ticker._thread.join(DEADLINE_S)
    with pytest.raises(BrokenPipeError):
        run.report(record, accuracy=0.6)
    run.report(record, accuracy=0.7)  # Dropped by then; it must do no harm.
    view.on_experiment_end(run.trials)


def test_a_stream_that_is_broken_from_the_start_fails_the_setup() -> None:
    file = BreakingStream()
    file.broken = True
    view = ProgressView(file=file)
    with pytest.raises(BrokenPipeError):
        view.setup(experiment())
    assert [t for t in threading.enumerate() if t.name == "pegbox-progress"] == []


def test_ticker_goes_on_until_stopped() -> None:
    ticks, enough = [], threading.Event()

    def tick() -> None:
        ticks.append(1)
        if len(ticks) == 3:
            enough.set()

    ticker = Ticker(0.001, tick)
    ticker.start()
    assert enough.wait(DEADLINE_S)
    ticker.stop()
    before = len(ticks)
    assert not ticker._thread.is_alive()
    assert len(ticks) == before
    assert ticker.error is None


# The terminal


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=80, height=24, color_system=None)


def test_prints_stand_above_the_frame_and_stdout_is_given_back() -> None:
    board, run = board_run()
    console = terminal()
    stdout = console.file
    output = TerminalOutput(stdout, console)
    with contextlib.redirect_stdout(stdout):
        output.start(board.snapshot(Moment(0.0)))
        print("first\nsecond")
        run.start(run.add())
        output.refresh(board.snapshot(Moment(1.0), 10))
        output.stop(board.snapshot(Moment(2.0)))
        assert sys.stdout is stdout
    screen = Screen()
    screen.feed(stdout.getvalue())
    assert screen.text()[:2] == ["first", "second"]
    assert [line for line in screen.text() if "60" in line] == []  # Nothing of the bar is left.
    assert screen.text()[-1] == "Results in /data/pegbox_results/digits"


@pytest.mark.parametrize(
    ("pieces", "lines"),
    [
        (["[/data] is no [bold]markup[/]", ""], ["[/data] is no [bold]markup[/]"]),
        (["\r10 %", "\r20 %", "\r30 %\n", "\r40 %"], ["30 %", "40 %"]),
        (["one\r", "\ntwo\r\n"], ["one", "two"]),
        (["be", "gun", "\nnext"], ["begun", "next"]),
    ],
)
def test_pieces_of_lines_stand_above_the_frame_as_they_are(
    pieces: list[str], lines: list[str]
) -> None:
    board, _ = board_run()
    console = terminal()
    stdout = console.file
    output = TerminalOutput(stdout, console)
    with contextlib.redirect_stdout(stdout):
        output.start(board.snapshot(Moment(0.0)))
        for piece in pieces:
            print(piece, end="", flush=True)
            output.refresh(board.snapshot(Moment(1.0), 10))
        output.stop(board.snapshot(Moment(2.0)))
    screen = Screen()
    screen.feed(stdout.getvalue())
    assert screen.text()[: len(lines)] == lines
    assert screen.text()[-1] == "Results in /data/pegbox_results/digits"


def test_a_line_of_another_process_stands_above_the_next_frame() -> None:
    board, run = board_run()
    console = terminal()
    stdout = console.file
    output = TerminalOutput(stdout, console)
    run.start(run.add())
    output.start(board.snapshot(Moment(0.0), 10))
    for i in range(3):
        stdout.write(f"line {i} of a worker\n")
        output.refresh(board.snapshot(Moment(float(i)), 10))
    screen = Screen()
    screen.feed(stdout.getvalue())
    assert screen.text()[:4] == [*(f"line {i} of a worker" for i in range(3)), ""]
    assert sum("0/60" in line for line in screen.text()) == 1
    output.stop(None)


class Screen:
    """As much of a terminal as the view uses: lines that never scroll out."""

    def __init__(self) -> None:
        self.lines: list[str] = [""]
        self.row = self.column = 0

    def feed(self, data: str) -> None:
        for code, char in re.findall(r"(\x1b\[[?\d;]*[A-Za-z])|([\s\S])", data):
            self._escape(code) if code else self._put(char)

    def text(self) -> list[str]:
        return "\n".join(line.rstrip() for line in self.lines).rstrip("\n").split("\n")

    def _put(self, char: str) -> None:
        if char == "\r":
            self.column = 0
        elif char == "\n":
            self.row, self.column = self.row + 1, 0
            self.lines += [""] * (self.row + 1 - len(self.lines))
        else:
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + char + line[self.column + 1 :]
            self.column += 1

    def _escape(self, code: str) -> None:
        kind, number = code[-1], code[2:-1]
        if kind == "A":
            self.row -= int(number)
        elif kind in "KJ":
            assert not number
            self.lines[self.row] = self.lines[self.row][: self.column]
            if kind == "J":
                del self.lines[self.row + 1 :]
        else:
            assert kind in "hlm", code


SCRIPT = """
    import sys
    from pegbox.builtin.progress import ProgressView
    from pegbox.callback import ExperimentInfo
    view = ProgressView()
    view.setup(ExperimentInfo("digits", "/data/digits", "ba3f1", 1, (), 5, "r", "f", (), 1))
    print("hello")
    {then}
"""


def on_a_terminal(then: str) -> str:
    """What a script shows on a real pseudo-terminal until it ends."""
    code = textwrap.dedent(SCRIPT).format(then=then)
    pid, fd = pty.fork()
    if pid == 0:  # pragma: no cover
        env = {**os.environ, "TERM": "xterm-256color"}
        os.execve(sys.executable, [sys.executable, "-c", code], env)
    shown = b""
    while True:
        try:
            chunk = os.read(fd, 65536)
        except OSError:  # Linux says EIO at the end of a terminal.
            break
        if not chunk:
            break
        shown += chunk
    os.close(fd)
    os.waitpid(pid, 0)
    return shown.decode()


@pytest.mark.parametrize(
    "then",
    [
        "view.on_experiment_end([])",
        "raise KeyboardInterrupt",
        "sys.exit(3)",
        "view.on_trial_start(0, None, None)",
    ],
    ids=["end", "interrupt", "exit", "error"],
)
def test_a_terminal_is_given_back_however_the_script_ends(then: str) -> None:
    shown = on_a_terminal(then)
    screen = Screen()
    screen.feed(shown)
    assert screen.text()[0] == "hello"
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")
    assert "0/5" in shown
    assert not any("0/5" in line for line in screen.text())
    assert ("Total run time" in shown) == (then == "view.on_experiment_end([])")


def test_without_a_terminal_there_are_no_escape_sequences() -> None:
    code = textwrap.dedent(SCRIPT).format(then="view.on_experiment_end([])")
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0
    assert "\x1b" not in result.stdout
    assert "Results in /data/digits" in result.stdout
    assert result.stderr == ""


def test_importing_the_view_loads_no_rich() -> None:
    code = "import sys, pegbox.builtin.progress; print('rich' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "False\n"


def test_a_notebook_gets_one_output_that_ends_as_the_summary() -> None:
    source = textwrap.dedent(SCRIPT).format(then="view._refresh(); view.on_experiment_end([])")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    displays = [o for o in notebook.cells[0].outputs if o.output_type == "display_data"]
    assert len(displays) == 1
    assert "Total run time" in displays[0].data["text/plain"]
    assert "<pre" in displays[0].data["text/html"]
