"""The logger of ``params.json`` and ``result.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
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

    def on_trial_start(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        encoded_config: Mapping[str, Any] | None = None,
        **info: Any,
    ) -> None:
        """Write the configuration, which a scheduler may have changed since the last try."""
        self.log_trial_start(trial)
        config = trial.encoded_config if encoded_config is None else encoded_config
        path = Path(trial.local_path, PARAMS_FILE)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(params_text(config), encoding="utf-8")
        if (file := self._files.pop(trial.trial_id, None)) is not None:
            file.close()
        # The trial's own may be that of a later try by the time that results are told.
        self._files[trial.trial_id] = self._file_with(trial, config)

    def make_file(self, trial: TrialView) -> ResultFile:
        """See `FileLogger`."""
        return self._file_with(trial, trial.encoded_config)

    def whole_files(
        self, trial: TrialView, results: ResultsWithConfigs
    ) -> Mapping[str, Iterable[str]]:
        """See `FileLogger`; ``results`` are those that count, with their configurations."""
        return json_files(trial.encoded_config, results)

    def _file_with(self, trial: TrialView, config: Mapping[str, Any]) -> ResultFile:
        return _JsonFile(Path(trial.local_path, RESULT_FILE), readable_config(config))


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
