"""What an experiment found: `ResultGrid` and `Result`, read from its folder.

They need no code of the user's and start nothing: a finished experiment, one that still runs and
one that was copied from elsewhere open in the same way. Objects inside a configuration come back
where ``param_space`` is passed again; otherwise stand-ins show their text.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, overload

from pegbox._analysis.best import (
    best_saved,
    choose_objective,
    choose_objectives,
    find_best,
)
from pegbox._analysis.experiment import StoredExperiment
from pegbox._analysis.feasible import find_pareto_set, is_feasible
from pegbox._analysis.filesystem import local_filesystem, refuse_filesystem
from pegbox._store.folder_path import folder_at
from pegbox._store.reader import Reader
from pegbox.checkpoint import Checkpoint
from pegbox.errors import ConfigError, TrialError
from pegbox.nearest import did_you_mean
from pegbox.objective import make_objectives
from pegbox.trial import CheckpointRecord, Outcome, State, Status
from pegbox.usage import Usage

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Result", "ResultGrid"]

_OUTCOMES: Final[Mapping[State, Outcome]] = {
    State.FINISHED: "finished",
    State.STOPPED: "stopped",
    State.FAILED: "failed",
}

#: Trials that a notebook shows of a grid.
_HTML_ROWS = 20


class Result:
    """What one trial found. Made by `ResultGrid`, or by `from_path`.

    Attributes:
        trial_id: The trial's public id. ``name``: its name.
        status: Where it stands; of a finished experiment, ``TERMINATED`` or ``ERROR``.
        path: The trial's folder; it exists only once something is in it.
    """

    def __init__(self, experiment: StoredExperiment, number: int) -> None:
        self._experiment = experiment
        self._folder = experiment.folder
        self._row = experiment.rows[number]
        self.trial_id = experiment.trial_id(number)
        self.name = self._row.name
        self.status: Status = self._row.state.status
        self.path = str(experiment.trial_folder(number))

    @classmethod
    def from_path(
        cls,
        path: str | os.PathLike[str],
        storage_filesystem: None = None,
        *,
        param_space: Mapping[str, Any] | None = None,
    ) -> Result:
        """The result of one trial, by its folder.

        Args:
            path: The trial's folder. It need not exist, but the experiment's, in which it is or
                would be, must.
            storage_filesystem: Not supported: only None.
            param_space: As for `ResultGrid`.

        Raises:
            StoreError: There is no experiment around the folder.
            ConfigError: No trial of the experiment has that folder, or a file system is given.
        """
        refuse_filesystem("Result.from_path", storage_filesystem)
        folder = folder_at("Result.from_path(path=...)", path)
        experiment = StoredExperiment(folder.parent, param_space)
        for number, row in experiment.rows.items():
            if row.folder_name == folder.name:
                return cls(experiment, number)
        names = [row.folder_name for row in experiment.rows.values()]
        raise ConfigError(
            f"no trial of the experiment in {folder.parent} has the folder {folder.name!r}",
            hint=did_you_mean(folder.name, names),
        )

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """The last result with its autofilled values and, as ``config``, the configuration.

        Empty before the first report.
        """
        result = self._row.result
        return {} if result is None else {**result, "config": self.config}

    @property
    def feasible(self) -> bool:
        """Whether the last result satisfies the run's outcome constraints; True where it has none.

        A trial without a result, or without one of the metrics, is not feasible.
        """
        return is_feasible(self._experiment, self._row.number)

    @property
    def log_dir(self) -> Path:
        """The trial's folder, under its older name."""
        return Path(self.path)

    @property
    def filesystem(self) -> Any:
        """What ``path`` is a path of: the local file system, as fsspec has it."""
        return local_filesystem()

    @cached_property
    def config(self) -> dict[str, Any]:
        """The configuration, nested as the space is."""
        return self._experiment.space.decode_config(self._row.config)

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The latest whole checkpoint, or None."""
        record = self._row.checkpoint
        return None if record is None else Checkpoint(self._folder / record.path)

    @cached_property
    def best_checkpoints(self) -> list[tuple[Checkpoint, dict[str, Any]]]:
        """The checkpoints that were kept, each with the result that it was reported with.

        The first one first; read when asked for. These are all, or those that
        `pegbox.CheckpointConfig` keeps: the best, and the latest.
        """
        return [
            (Checkpoint(self._folder / record.path), {**result, "config": self.config})
            for record, result in self._kept
        ]

    @cached_property
    def _kept(self) -> list[tuple[CheckpointRecord, dict[str, Any]]]:
        with Reader(self._folder) as reader:
            return reader.checkpoints(self._row.number)

    def get_best_checkpoint(
        self, metric: str | None = None, mode: str | None = None
    ) -> Checkpoint | None:
        """Of the checkpoints that were kept, the one with the best value of a metric.

        Args:
            metric: Name of a numeric value of the results; None for the experiment's objective,
                where it has one.
            mode: ``"min"`` or ``"max"``; None where the metric is one of the objectives.

        Returns:
            The latest of equals. NaN is best only where there is nothing else. None where no
            checkpoint was kept.

        Raises:
            ConfigError: Metric and mode are not known, or no checkpoint came with the metric.
        """
        objective = choose_objective(self._experiment, metric, mode)
        if not self._kept:
            return None
        best = best_saved([result for _, result in self._kept], objective)
        return self.best_checkpoints[best][0]

    @property
    def outcome(self) -> Outcome | None:
        """How it ended: ``"finished"``, ``"stopped"`` by a scheduler or stop rule, or ``"failed"``.

        None where it has not.
        """
        return _OUTCOMES.get(self._row.state)

    @cached_property
    def error(self) -> TrialError | None:
        """What the trial died of, with its traceback as text; None unless it failed.

        It can be raised.
        """
        failure = self._row.failure
        return None if failure is None else failure.as_error()

    @property
    def metrics_dataframe(self) -> pd.DataFrame:
        """All results of the trial that count, a row for each iteration; read when asked for.

        Raises:
            MissingDependency: pandas is not installed.
        """
        from pegbox._analysis.frames import history_frame

        return history_frame(self._experiment, self._row.number)

    def __repr__(self) -> str:
        if self.error:
            what = f"error={self.error.message!r}"
        else:
            what = f"metrics={self._row.result or {}}, config={self.config}"
        return f"Result({self.trial_id}, {self.status.value}, {what})"

    def _repr_html_(self) -> str:
        from pegbox._analysis.trials_table import as_html, trials_table

        return as_html(trials_table(self._experiment, [self._row.number]))


class ResultGrid(Sequence[Result]):
    """What all trials of an experiment found, in the order of their numbers, as of one moment.

    Args:
        path: The experiment's folder.
        param_space: The space as it was given to the tuner; needed only for objects inside
            configurations.

    Raises:
        StoreError: There is no experiment in the folder, or a newer release wrote it.
        ConfigError: ``param_space`` is not the one that the experiment was started with.
    """

    def __init__(
        self, path: str | os.PathLike[str], param_space: Mapping[str, Any] | None = None
    ) -> None:
        self._experiment = StoredExperiment(path, param_space)
        #: Number of the trial -> its result, in the order of the numbers.
        self._by_number = {
            number: Result(self._experiment, number) for number in self._experiment.rows
        }
        self._results = list(self._by_number.values())

    @property
    def experiment_path(self) -> str:
        """The experiment's folder, absolute."""
        return str(self._experiment.folder)

    @property
    def filesystem(self) -> Any:
        """What ``experiment_path`` is a path of: the local file system, as fsspec has it."""
        return local_filesystem()

    @property
    def errors(self) -> list[TrialError]:
        """What the failed trials died of, in the order of their numbers."""
        return [result.error for result in self._results if result.error is not None]

    @property
    def num_errors(self) -> int:
        """How many trials failed."""
        return self._experiment.statuses[Status.ERROR]

    @property
    def num_terminated(self) -> int:
        """How many trials finished or were stopped."""
        return self._experiment.statuses[Status.TERMINATED]

    @property
    def usage(self) -> Usage:
        """Where the time went, over all starts of the experiment.

        Slot-seconds with a trial and without, by reason, and the seconds of each plugin. A driver
        that was killed has not stored its last seconds; experiments of older releases have none.
        """
        return self._experiment.usage

    def __len__(self) -> int:
        return len(self._results)

    def __iter__(self) -> Iterator[Result]:
        return iter(self._results)

    @overload
    def __getitem__(self, index: int) -> Result: ...
    @overload
    def __getitem__(self, index: slice) -> list[Result]: ...
    def __getitem__(self, index: int | slice) -> Result | list[Result]:
        return self._results[index]

    def __repr__(self) -> str:
        return f"ResultGrid({len(self)} trials, {self.num_errors} errors, {self.experiment_path!r})"

    def _repr_html_(self) -> str:
        from pegbox._analysis.trials_table import as_html, trials_table

        numbers = list(self._by_number)
        table = as_html(trials_table(self._experiment, numbers[:_HTML_ROWS]))
        more = len(numbers) - _HTML_ROWS
        return f"{table}<p>and {more} more trials</p>" if more > 0 else table

    def get_best_result(
        self,
        metric: str | None = None,
        mode: str | None = None,
        scope: str = "last",
        filter_nan_and_inf: bool = True,
    ) -> Result:
        """The trial with the best value of a metric, the earliest of several.

        Where the run has outcome constraints, only feasible trials count, by their last results.

        Args:
            metric: Name of a numeric value of the results; None for the experiment's objective,
                where it has one. For several there is `get_pareto_set`.
            mode: ``"min"`` or ``"max"``; None where the metric is one of the objectives.
            scope: What of a trial is compared: its ``"last"`` value, the best of ``"all"``, or
                the mean of all (``"avg"``) or of the last 5 or 10 (``"last-5-avg"``,
                ``"last-10-avg"``).
            filter_nan_and_inf: Leave out trials whose value is NaN or infinite. Otherwise
                infinity counts as any number, and NaN wins only where there is nothing else.

        Raises:
            ConfigError: Metric and mode are not known, or no trial reported the metric though
                others were reported; or the experiment has several and none is named.
            RunError: No trial has a value that counts, e.g. since all failed, or is feasible.
        """
        finite_only = bool(filter_nan_and_inf)
        best = find_best(self._experiment, metric, mode, scope, finite_only=finite_only)
        return self._by_number[best.number]

    def get_pareto_set(
        self,
        metric: str | Sequence[str] | None = None,
        mode: str | Sequence[str] | None = None,
    ) -> list[Result]:
        """The trials that are beaten by no other: none is as good in every metric, and better in
        one.

        Last results are compared. A trial counts only with a finite value for each metric, and
        where the run has outcome constraints, only if it is feasible.

        Args:
            metric: Names of numeric values of the results; None for the experiment's objectives.
            mode: ``"min"`` or ``"max"``, one for each metric; None where all of them are
                objectives.

        Returns:
            In the order of their numbers; of trials with equal values, all.

        Raises:
            ConfigError: Metric and mode are not known, or nobody reported a metric.
            RunError: No trial counts, e.g. since all failed, or is feasible.
        """
        objectives = choose_objectives(self._experiment, metric, mode)
        return [self._by_number[n] for n in find_pareto_set(self._experiment, objectives)]

    def get_dataframe(
        self, filter_metric: str | None = None, filter_mode: str | None = None
    ) -> pd.DataFrame:
        """One row for each trial, in the order of their numbers, also for those without a result.

        Args:
            filter_metric: Take the result of each trial in which this metric is best; None for
                the last result.
            filter_mode: ``"min"`` or ``"max"``; goes with ``filter_metric``.

        Returns:
            A frame with a column for each metric, what is filled in under Ray Tune's names,
            ``logdir``, and ``config/<path>`` for each parameter; where the run has outcome
            constraints, also ``feasible``.

        Raises:
            ConfigError: One of the two arguments is given without the other.
            MissingDependency: pandas is not installed.
        """
        from pegbox._analysis.frames import best_results, last_results, trials_frame

        chosen = make_objectives(filter_metric, filter_mode)
        results = (
            best_results(self._experiment, chosen[0]) if chosen else last_results(self._experiment)
        )
        return trials_frame(self._experiment, results, (each.config for each in self._results))
