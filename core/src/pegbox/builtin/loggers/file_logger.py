"""What the loggers share: a file for each trial that is under way, few of them open at once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pegbox.builtin.loggers.result_file import ResultFile, make_whole
from pegbox.callback import Ending, History
from pegbox.logger_callback import LoggerCallback
from pegbox.result_files import ResultsWithConfigs
from pegbox.trial import TrialView

__all__ = ["FileLogger"]

#: Files that a logger keeps open; trials that wait, and thousands of them, close theirs.
_MAX_OPEN: Final = 64


class FileLogger(LoggerCallback):
    """A logger that writes a row for each report."""

    def __init__(self) -> None:
        self._files: dict[str, ResultFile] = {}
        #: Trial ids of the files that may be open, the one opened longest ago first.
        self._open: dict[str, None] = {}

    @abstractmethod
    def make_file(self, trial: TrialView) -> ResultFile:
        """The file of a trial; it is not made on disk before its first row."""

    @abstractmethod
    def whole_files(
        self, trial: TrialView, results: ResultsWithConfigs
    ) -> Mapping[str, Iterable[str]]:
        """Name and lines of each file that a trial with these results has."""

    def setup(
        self, trials: Sequence[TrialView] = (), history: History | None = None, **info: Any
    ) -> None:
        """At a restore, write what files lack: reports that were stored and never told."""
        if history is None:
            return
        for trial in trials:
            if trial.attempt:
                for name, lines in self.whole_files(trial, history(trial)).items():
                    make_whole(Path(trial.local_path, name), lines)

    def log_trial_result(self, iteration: int, trial: TrialView, result: Mapping[str, Any]) -> None:
        """Write the row."""
        name = trial.trial_id
        if name not in self._open:
            self._open[name] = None
            if len(self._open) > _MAX_OPEN:
                longest = next(iter(self._open))
                del self._open[longest]
                self._files[longest].close()
        self._file(trial).put(result)

    def log_trial_end(self, trial: TrialView, failed: bool = False) -> None:
        """Mark the last row."""
        self._file(trial).end()
        self._files.pop(trial.trial_id)
        self._open.pop(trial.trial_id, None)

    def on_experiment_end(
        self, trials: Sequence[TrialView], how: Ending = "complete", **info: Any
    ) -> None:
        """Close what is open still: trials that a restore takes up again."""
        for file in self._files.values():
            file.close()
        self._files.clear()
        self._open.clear()

    def _file(self, trial: TrialView) -> ResultFile:
        file = self._files.get(trial.trial_id)
        if file is None:
            file = self._files[trial.trial_id] = self.make_file(trial)
        return file
