"""The logger of ``progress.csv``: what the columns are, and which reports were left out of them."""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pegbox.builtin.loggers.file_logger import FileLogger
from pegbox.builtin.loggers.result_file import ResultFile, Row
from pegbox.result_files import PROGRESS_FILE, ResultsWithConfigs, csv_files, csv_line
from pegbox.trial import TrialView

__all__ = ["CSVLoggerCallback"]

_logger = logging.getLogger("pegbox")


class CSVLoggerCallback(FileLogger):
    """Writes ``progress.csv`` into each trial's folder: a row for each report.

    A trial's first report says which columns there are; what only later ones have is left out,
    and said once in a run. The same file comes from ``pegbox export --csv`` at any later time.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said = False

    def make_file(self, trial: TrialView) -> ResultFile:
        """See `FileLogger`."""
        return _CsvFile(Path(trial.local_path, PROGRESS_FILE), self._say)

    def whole_files(
        self, trial: TrialView, results: ResultsWithConfigs
    ) -> Mapping[str, Iterable[str]]:
        """See `FileLogger`; ``results`` are those that count, with their configurations."""
        return csv_files(results)

    def _say(self, path: Path, late: Sequence[str]) -> None:
        if not self._said:
            self._said = True
            _logger.warning(
                "%s has no column for %s: the first report of a trial says which there are. "
                "Report all names from the start, or use the json logger (said once)",
                *(path, ", ".join(late)),
            )


class _CsvFile(ResultFile):
    def __init__(self, path: Path, say: Callable[[Path, Sequence[str]], None]) -> None:
        super().__init__(path)
        self._columns: list[str] = []
        self._known: frozenset[str] = frozenset()
        self._say = say

    def begin(self, result: Mapping[str, Any]) -> str:
        self._take(list(result))
        return csv_line(self._columns)

    def line(self, result: Mapping[str, Any]) -> str:
        if late := [name for name in result if name not in self._known]:
            self._say(self.path, late)
        return csv_line(result.get(name, "") for name in self._columns)

    def parse(self, text: str) -> tuple[str, list[Row]]:
        rows = list(csv.reader(io.StringIO(text, newline="")))
        if not text.endswith("\r\n"):
            rows = rows[:-1]
        if not rows or "training_iteration" not in rows[0]:
            return "", []
        self._take(rows[0])
        at = self._columns.index("training_iteration")
        whole = (row for row in rows[1:] if len(row) == len(self._columns) and row[at].isdecimal())
        return csv_line(self._columns), [(int(row[at]), csv_line(row)) for row in whole]

    def _take(self, columns: list[str]) -> None:
        self._columns, self._known = columns, frozenset(columns)

    def marked(self, row: str, done: bool) -> str:
        [values] = csv.reader(io.StringIO(row, newline=""))
        if "done" in self._columns:
            values[self._columns.index("done")] = str(done)
        return csv_line(values)
