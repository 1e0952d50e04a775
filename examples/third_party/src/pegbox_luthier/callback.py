"""The callback: a journal of the trials that have ended, a line of JSON for each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pegbox.callback import Callback, ExperimentInfo
from pegbox.errors import ConfigError
from pegbox.trial import TrialView

__all__ = ["LuthierCallback"]


class LuthierCallback(Callback):
    """Writes a line into the experiment's folder when a trial has ended.

    A line has the trial's id, status, iteration and last values of what counts, and how many
    reports all trials had made by then: the work that it took so far.

    Args:
        file_name: Of the journal; a name, and not a path.

    Raises:
        ConfigError: It is a path.
    """

    def __init__(self, file_name: str = "luthier.jsonl") -> None:
        if Path(file_name).name != file_name:
            raise ConfigError(
                f"file_name must be a name, got {file_name!r}",
                hint="The journal lies in the experiment's folder.",
            )
        self._file_name = file_name
        self._reports = 0

    # pegbox passes what a method names, and no more.
    def setup(self, experiment: ExperimentInfo, trials: Sequence[TrialView]) -> None:
        """Open the journal; at a restore, with a line for each trial that has ended."""
        self._metrics = [objective.metric for objective in experiment.objectives]
        self._path = Path(experiment.path, self._file_name)
        self._reports = sum(trial.iteration for trial in trials)
        lines = self._whole_lines()
        self._path.write_text("".join(lines.values()), encoding="utf-8")
        # A driver that was killed has stored the ends of trials that no callback was told of.
        for trial in trials:
            if trial.state.ended and trial.trial_id not in lines:
                self._write(trial)

    def on_trial_result(
        self,
        iteration: int,
        trials: Sequence[TrialView],
        trial: TrialView,
        result: Mapping[str, Any],
        decision: str = "CONTINUE",
        **info: Any,
    ) -> None:
        """Count a report."""
        self._reports += 1

    def on_trial_complete(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView, **info: Any
    ) -> None:
        """Write the line of a trial that finished or was stopped."""
        self._write(trial)

    def on_trial_error(
        self, iteration: int, trials: Sequence[TrialView], trial: TrialView, **info: Any
    ) -> None:
        """Write the line of one that failed."""
        self._write(trial)

    def get_state(self) -> dict[str, Any]:
        """What a restore gives back: the trials do not say how often they went back."""
        return {"reports": self._reports}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on with the ``state`` of `get_state`; it is older than a kill."""
        self._reports = max(self._reports, state["reports"])

    def _write(self, trial: TrialView) -> None:
        result = trial.last_result or {}
        line = {
            "trial": trial.trial_id,
            "status": trial.status,
            "iteration": trial.iteration,
            "reports": self._reports,
            **{metric: result.get(metric) for metric in self._metrics},
        }
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _whole_lines(self) -> dict[str, str]:
        """Lines by trial, but for one that was cut off."""
        if not self._path.exists():
            return {}
        lines = self._path.read_text(encoding="utf-8").splitlines(keepends=True)
        return {json.loads(line)["trial"]: line for line in lines if line.endswith("\n")}
