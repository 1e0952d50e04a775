"""The callback: takes what a run tells it to the board, and the board to an output."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TextIO

from pegbox.builtin.progress.board import Board, Snapshot
from pegbox.builtin.progress.lines import LineOutput
from pegbox.builtin.progress.ticker import Ticker
from pegbox.callback import Callback, Ending, ExperimentInfo
from pegbox.errors import ConfigError
from pegbox.trial import TrialView

__all__ = ["Output", "ProgressView"]


class Output(Protocol):
    """Where a snapshot is shown.

    Attributes:
        period_s: Seconds between two refreshes.
        max_rows: Running trials that it can show.
    """

    period_s: float
    max_rows: int

    def start(self, snapshot: Snapshot) -> None:
        """Show for the first time."""

    def refresh(self, snapshot: Snapshot) -> None:
        """Show what is true now; called from a thread of the view's own."""

    def stop(self, snapshot: Snapshot | None) -> None:
        """Show the end and give everything back; None where only the latter is wanted."""


class ProgressView(Callback):
    """Shows a run while it goes, and a summary at its end, on standard output.

    On a terminal a frame that is redrawn four times a second; in a notebook an output that is
    replaced; elsewhere plain lines. What a run tells it costs a few microseconds; all drawing is
    done by a thread of its own.

    Args:
        verbose: 0 shows nothing at all; anything above shows the view.
        live: False for plain lines even on a terminal or in a notebook, e.g. so that the prompt
            of a debugger stays readable.
        file: Where to write; the process's standard output by default.

    Raises:
        ConfigError: ``verbose`` is not a whole number from 0 on.
    """

    def __init__(self, verbose: int = 1, *, live: bool = True, file: TextIO | None = None) -> None:
        if not isinstance(verbose, int) or verbose < 0:
            raise ConfigError(f"verbose must be 0 (silent) or 1, got {verbose!r}")
        self._verbose = int(verbose)
        self._live = live
        self._file = file
        self._lock = threading.Lock()
        self._board: Board | None = None
        self._output: Output | None = None
        self._ticker: Ticker | None = None
        self._start_s = 0.0

    def setup(self, experiment: ExperimentInfo) -> None:
        """Show the view."""
        self._abandon()
        if not self._verbose:
            return
        self._board = Board(experiment)
        self._start_s = time.monotonic()
        self._output = _choose_output(self._file or sys.stdout, self._live)
        try:
            self._output.start(self._snapshot(self._board))
        except BaseException:
            self._abandon()
            raise
        self._ticker = Ticker(self._output.period_s, self._refresh)
        self._ticker.start()

    def on_trial_start(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView, **info: Any
    ) -> None:
        """Count it among the running."""
        self._tell(trials, trial)

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
        self._tell(trials, trial, lambda board: board.reported(trial, result))

    def on_trial_complete(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView, **info: Any
    ) -> None:
        """Count it among the terminated."""
        self._tell(trials, trial)

    def on_trial_error(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView, **info: Any
    ) -> None:
        """Count it among the failed, and keep its message."""
        self._tell(trials, trial, lambda board: board.failed(trial))

    def on_trial_recover(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView, **info: Any
    ) -> None:
        """Count a try that is repeated, and keep its message."""
        self._tell(trials, trial, lambda board: board.retried(trial))

    def on_experiment_end(
        self, trials: Sequence[TrialView], how: Ending = "complete", **info: Any
    ) -> None:
        """Replace the view by the summary, and give the terminal back."""
        board = self._board
        if board is None:
            return
        try:
            with self._lock:
                board.recount(trials)
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
            with self._lock:
                board.told(trials, trial)
                if more is not None:
                    more(board)
        except BaseException:
            self._abandon()
            raise

    def _refresh(self) -> None:
        if self._board is not None and self._output is not None:
            self._output.refresh(self._snapshot(self._board))

    def _snapshot(self, board: Board) -> Snapshot:
        max_rows = self._output.max_rows if self._output is not None else 0
        with self._lock:
            return board.snapshot(time.monotonic() - self._start_s, max_rows)

    def _abandon(self) -> None:
        # A callback that raises is dropped and told nothing more: the last chance to clean up.
        self._board = None
        self._close(None)

    def _close(self, board: Board | None) -> None:
        if self._ticker is not None:
            self._ticker.stop()
        if self._output is not None:
            self._output.stop(self._snapshot(board) if board is not None else None)
        self._ticker = self._output = None


def _choose_output(file: TextIO, live: bool) -> Output:
    if live and _is_terminal(file):
        from pegbox.builtin.progress.terminal import TerminalOutput

        return TerminalOutput(file)
    if live and file is sys.stdout:
        from pegbox.builtin.progress.notebook import NotebookOutput, in_notebook

        if in_notebook():
            return NotebookOutput()
    return LineOutput(file)


def _is_terminal(file: TextIO) -> bool:
    return file.isatty() and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")
