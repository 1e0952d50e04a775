"""The callback: takes what a run tells it to the board, and the board to an output."""

from __future__ import annotations

import dataclasses
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TextIO

import psutil

from pegbox.argument_checks import whole
from pegbox.builtin.progress.board import Board
from pegbox.builtin.progress.lines import LineOutput
from pegbox.builtin.progress.news import News
from pegbox.builtin.progress.options import ViewOptions
from pegbox.builtin.progress.reporter_output import ReporterOutput, check_reporter
from pegbox.builtin.progress.reporters import ProgressReporter, TableReporter
from pegbox.builtin.progress.snapshot import Moment, Snapshot
from pegbox.builtin.progress.ticker import Ticker
from pegbox.callback import Callback, Ending, ExperimentInfo
from pegbox.resources import Resources
from pegbox.trial import State, TrialView
from pegbox.usage import Usage

__all__ = ["Output", "ProgressView"]


class Output(Protocol):
    """Where a snapshot is shown.

    Attributes:
        period_s: Seconds between two refreshes.
        shows_rows: Whether it shows single trials.
    """

    period_s: float
    shows_rows: bool

    def start(self, snapshot: Snapshot) -> None:
        """Show for the first time."""

    def refresh(self, snapshot: Snapshot) -> None:
        """Show what is true now; called from a thread of the view's own."""

    def say(self, texts: Sequence[str]) -> None:
        """Show texts that stay; called just before a refresh."""

    def stop(self, snapshot: Snapshot | None) -> None:
        """Show the end and give everything back; None where only the latter is wanted."""


class ProgressView(Callback):
    """Shows a run while it goes, and a summary at its end, on standard output.

    On a terminal a frame that is redrawn four times a second; in a notebook an output that is
    replaced; elsewhere plain lines. What a run tells it costs a few microseconds; all drawing is
    done by a thread of its own.

    Args:
        verbose: 0 shows nothing at all, 1 the view, 2 each result in a line too, 3 each result
            whole.
        live: False for plain lines even on a terminal or in a notebook, e.g. so that the prompt
            of a debugger stays readable.
        file: Where to write; the process's standard output by default.
        reporter: How it looks, or what takes its place; None as it comes.

    Raises:
        ConfigError: ``verbose`` is not a whole number from 0 on, or the reporter is none.
    """

    def __init__(
        self,
        verbose: int = 1,
        *,
        live: bool = True,
        file: TextIO | None = None,
        reporter: ProgressReporter | None = None,
    ) -> None:
        whole("ProgressView", "verbose", verbose, 0, "0 is silent, 1 the view.")
        if reporter is not None:
            check_reporter(reporter)
        self._verbose = verbose
        self._live = live
        self._file = file
        self._reporter = reporter
        self._lock = threading.Lock()
        self._board: Board | None = None
        self._news = News(0, ())
        self._output: Output | None = None
        self._ticker: Ticker | None = None
        self._start_s = 0.0
        #: When the first trial was launched, and when something was told of last.
        self._first_s = self._last_s = 0.0

    def setup(self, experiment: ExperimentInfo) -> None:
        """Show the view, unless it is off or this program has no standard output."""
        self._abandon()
        if not self._verbose or (self._file is None and sys.stdout is None):
            return
        options = self._options()
        experiment = _as_chosen(experiment, options)
        self._board = Board(experiment, options)
        self._news = News(self._verbose, experiment.parameters)
        self._start_s = time.monotonic()
        self._first_s = self._last_s = 0.0
        self._output = self._choose_output(options)
        try:
            self._output.start(self._snapshot(self._board))
        except BaseException:
            self._abandon()
            raise
        self._ticker = Ticker(self._output.period_s, self._refresh)
        self._ticker.start()

    def on_step_end(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        resources: Resources | None = None,
        usage: Usage | None = None,
        **info: Any,
    ) -> None:
        """Keep what all workers have together, and where the time went."""
        if self._board is not None:
            with self._lock:
                self._board.look(trials)
            self._board.resources = self._board.resources if resources is None else resources
            self._board.usage = usage or self._board.usage

    def on_trial_start(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        encoded_config: Mapping[str, Any] | None = None,
        **info: Any,
    ) -> None:
        """Count it among the running."""
        self._tell(trials, trial, lambda _: self._news.started(trial))

    def on_trial_result(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        result: Mapping[str, Any],
        decision: str = "CONTINUE",
        **info: Any,
    ) -> None:
        """Rank it."""

        def more(board: Board) -> None:
            board.reported(trial, result)
            self._news.reported(trial, result)

        self._tell(trials, trial, more)

    def on_trial_complete(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView, **info: Any
    ) -> None:
        """Count it among the terminated."""
        how = "was stopped" if trial.state is State.STOPPED else "completed"
        self._tell(trials, trial, lambda _: self._news.ended(trial, how))

    def on_trial_error(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView, **info: Any
    ) -> None:
        """Count it among the failed, and keep its message."""

        def more(board: Board) -> None:
            board.failed(trial)
            self._news.ended(trial, "failed")

        self._tell(trials, trial, more)

    def on_trial_recover(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView, **info: Any
    ) -> None:
        """Count a try that is repeated, and keep its message."""

        def more(board: Board) -> None:
            board.retried(trial)
            self._news.ended(trial, "will be tried again")

        self._tell(trials, trial, more)

    def on_experiment_end(
        self,
        trials: Sequence[TrialView],
        how: Ending = "complete",
        usage: Usage | None = None,
        **info: Any,
    ) -> None:
        """Replace the view by the summary, and give the terminal back."""
        board = self._board
        if board is None:
            return
        try:
            with self._lock:
                board.recount(trials)
                board.usage = usage or board.usage
            self._close(board)
        finally:
            self._abandon()

    def _tell(
        self,
        trials: Sequence[TrialView],
        trial: TrialView,
        more: Callable[[Board], None] | None = None,
    ) -> None:
        board = self._board
        if board is None:
            return
        try:
            if self._ticker is not None and self._ticker.error is not None:
                raise self._ticker.error
            self._last_s = time.monotonic()
            self._first_s = self._first_s or self._last_s
            with self._lock:
                board.told(trials, trial)
                if more is not None:
                    more(board)
        except BaseException:
            self._abandon()
            raise

    def _refresh(self) -> None:
        if self._board is not None and self._output is not None:
            self._say()
            self._output.refresh(self._snapshot(self._board))

    def _say(self) -> None:
        with self._lock:
            texts = self._news.take()
        if texts and self._output is not None:
            self._output.say(texts)

    def _snapshot(self, board: Board) -> Snapshot:
        rows = board.options.max_rows if self._output and self._output.shows_rows else 0
        moment = Moment(
            elapsed_s=time.monotonic() - self._start_s,
            wall_s=time.time(),
            loop_s=self._last_s - self._first_s,
            memory=_memory(),
        )
        with self._lock:
            return board.snapshot(moment, rows)

    def _options(self) -> ViewOptions:
        reporter = self._reporter
        chosen = reporter.options if isinstance(reporter, TableReporter) else ViewOptions()
        return dataclasses.replace(chosen, verbose=self._verbose)

    def _choose_output(self, options: ViewOptions) -> Output:
        file = self._file or sys.stdout
        reporter = self._reporter
        if reporter is not None and getattr(reporter, "reports_itself", True):
            return ReporterOutput(reporter, file)
        return _choose_output(file, self._live, options)

    def _abandon(self) -> None:
        # A callback that raises is dropped and told nothing more: the last chance to clean up.
        self._board = None
        self._close(None)

    def _close(self, board: Board | None) -> None:
        if self._ticker is not None:
            self._ticker.stop()
        if self._output is not None:
            if board is not None:
                self._say()
            self._output.stop(self._snapshot(board) if board is not None else None)
        self._ticker = self._output = None


def _as_chosen(experiment: ExperimentInfo, options: ViewOptions) -> ExperimentInfo:
    """The experiment with what the reporter says of it, where the run itself says nothing."""
    if options.total_samples is not None:
        experiment = dataclasses.replace(experiment, total_trials=options.total_samples)
    if not experiment.objectives and options.objective is not None:
        experiment = dataclasses.replace(experiment, objectives=(options.objective,))
    return experiment


def _memory() -> tuple[int, int]:
    memory = psutil.virtual_memory()
    return memory.total - memory.available, memory.total


def _choose_output(file: TextIO, live: bool, options: ViewOptions) -> Output:
    if live and _is_terminal(file):
        from pegbox.builtin.progress.terminal import TerminalOutput

        return TerminalOutput(file, period_s=options.period_s or 0.25)
    if live and file is sys.stdout:
        from pegbox.builtin.progress.notebook import NotebookOutput, in_notebook

        if in_notebook():
            return NotebookOutput(options.overwrite, options.period_s)
    return LineOutput(file, options)


def _is_terminal(file: TextIO) -> bool:
    return file.isatty() and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")
