"""The logger of ``params.json`` and ``result.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pegbox.builtin.loggers.file_logger import FileLogger
from pegbox.builtin.loggers.result_file import ResultFile, Row
from pegbox.result_files import (
    PARAMS_FILE,
    RESULT_FILE,
    ResultsWithConfigs,
    json_files,
    json_line,
    params_text,
    readable_config,
)
from pegbox.trial import TrialView

__all__ = ["JsonLoggerCallback"]


class JsonLoggerCallback(FileLogger):
    """Writes ``params.json`` and ``result.json`` into each trial's folder.

    ``params.json`` is the configuration, ``result.json`` one line of JSON for each report, with
    the configuration under ``config``. The same files come from ``pegbox export --json`` at any
    later time.
    """

    def log_trial_start(self, trial: TrialView) -> None:
        """Write the configuration, which a scheduler may have changed since the last try."""
        path = Path(trial.local_path, PARAMS_FILE)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(params_text(trial.encoded_config), encoding="utf-8")
        if (file := self._files.get(trial.trial_id)) is not None:
            file.close()
            del self._files[trial.trial_id]

    def make_file(self, trial: TrialView) -> ResultFile:
        """See `FileLogger`."""
        path = Path(trial.local_path, RESULT_FILE)
        return _JsonFile(path, readable_config(trial.encoded_config))

    def whole_files(
        self, trial: TrialView, results: ResultsWithConfigs
    ) -> Mapping[str, Iterable[str]]:
        """See `FileLogger`; ``results`` are those that count, with their configurations."""
        return json_files(trial.encoded_config, results)


class _JsonFile(ResultFile):
    def __init__(self, path: Path, config: Any) -> None:
        super().__init__(path)
        self._config = config

    def begin(self, result: Mapping[str, Any]) -> str:
        return ""

    def line(self, result: Mapping[str, Any]) -> str:
        return json_line(result, self._config)

    def parse(self, text: str) -> tuple[str, list[Row]]:
        rows = []
        for line in text.splitlines(keepends=True):
            number = _iteration(line)
            if number is not None and line.endswith("\n"):
                rows.append((number, line))
        return "", rows

    def marked(self, row: str, done: bool) -> str:
        return json.dumps({**json.loads(row), "done": done}) + "\n"


def _iteration(line: str) -> int | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    number = value.get("training_iteration") if isinstance(value, dict) else None
    return number if isinstance(number, int) else None
