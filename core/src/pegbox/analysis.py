"""`ExperimentAnalysis`: results under the names of Ray Tune's older way in, `pegbox.run`.

It reads what `pegbox.ResultGrid` reads, and computes nothing of its own.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pegbox._analysis.best import choose_objective, find_best
from pegbox._analysis.experiment import StoredExperiment
from pegbox._analysis.filesystem import refuse_filesystem
from pegbox.checkpoint import Checkpoint
from pegbox.errors import RunError
from pegbox.objective import Objective
from pegbox.results import Result

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ExperimentAnalysis", "Trial"]

_logger = logging.getLogger("pegbox")


class Trial(Result):
    """A trial of an `ExperimentAnalysis`: a result, with the names that Ray Tune's trials have.

    ``str(trial)`` is its name.
    """

    @property
    def last_result(self) -> dict[str, Any]:
        """The last result with its autofilled values; empty before the first report."""
        return self.metrics

    @property
    def experiment_tag(self) -> str:
        """``<number>_<name=value,...>``."""
        return self._row.tag

    @property
    def trainable_name(self) -> str:
        """The trainable's name."""
        return self._experiment.meta.trainable

    @property
    def evaluated_params(self) -> dict[str, Any]:
        """Where it stands in the configuration, joined by ``/`` -> each value that varies."""
        return self._experiment.space.varied(self.config, self._row.point)

    @property
    def local_path(self) -> str:
        """The same as ``path``."""
        return self.path

    @property
    def logdir(self) -> str:
        """The same as ``path``, under its older name."""
        return self.path

    def __str__(self) -> str:
        return self.name


class ExperimentAnalysis:
    """What an experiment found, under Ray Tune's older names. Read once, at one moment.

    Args:
        experiment_checkpoint_path: The experiment's folder.
        storage_filesystem: Not supported: only None.
        default_metric: What counts where a method is given no metric; None for the experiment's
            first objective. ``default_mode``: likewise, ``"min"`` or ``"max"``.
        param_space: The space as it was given to the tuner; needed only for objects inside
            configurations.

    Attributes:
        trials: All trials in the order of their numbers.
        default_metric: As given. ``default_mode``: likewise.

    Raises:
        StoreError: There is no experiment in the folder, or a newer release wrote it.
        ConfigError: ``param_space`` is not the one that the experiment was started with, or a
            file system is given.
    """

    def __init__(
        self,
        experiment_checkpoint_path: str | os.PathLike[str],
        *,
        storage_filesystem: None = None,
        default_metric: str | None = None,
        default_mode: str | None = None,
        param_space: Mapping[str, Any] | None = None,
    ) -> None:
        refuse_filesystem("ExperimentAnalysis", storage_filesystem)
        self._experiment = StoredExperiment(experiment_checkpoint_path, param_space)
        self.default_metric = default_metric
        self.default_mode = default_mode
        self._by_number = {
            number: Trial(self._experiment, number) for number in self._experiment.rows
        }
        self.trials = list(self._by_number.values())

    @property
    def experiment_path(self) -> str:
        """The experiment's folder, absolute."""
        return str(self._experiment.folder)

    # ---------------------------------------------------------------- the best

    @cached_property
    def best_trial(self) -> Trial:
        """The trial with the best last value of the default metric.

        This property and those that follow from it raise what `get_best_trial` raises, and:

        Raises:
            RunError: No trial has a value that counts.
        """
        return self._find(None, None, "last", finite_only=True)

    @property
    def best_config(self) -> dict[str, Any]:
        """The best trial's configuration."""
        return self.best_trial.config

    @property
    def best_result(self) -> dict[str, Any]:
        """The best trial's last result."""
        return self.best_trial.last_result

    @property
    def best_checkpoint(self) -> Checkpoint | None:
        """The best trial's best checkpoint by the default metric."""
        return self.get_best_checkpoint(self.best_trial)

    @property
    def best_logdir(self) -> str:
        """The best trial's folder."""
        return self.best_trial.path

    @property
    def best_dataframe(self) -> pd.DataFrame:
        """All results of the best trial."""
        return self.best_trial.metrics_dataframe

    @property
    def best_result_df(self) -> pd.DataFrame:
        """The best trial's last result as one row, with ``config/<path>`` for each parameter."""
        return self.results_df.loc[[self.best_trial.trial_id]]

    def get_best_trial(
        self,
        metric: str | None = None,
        mode: str | None = None,
        scope: str = "last",
        filter_nan_and_inf: bool = True,
    ) -> Trial | None:
        """The trial with the best value of a metric, the earliest of several.

        Args:
            metric: Name of a numeric value of the results; None for the default.
            mode: ``"min"`` or ``"max"``; None for the default.
            scope: As for `pegbox.ResultGrid.get_best_result`. ``filter_nan_and_inf``: likewise.

        Returns:
            None where no trial has a value that counts; the logger says why.

        Raises:
            ConfigError: Metric and mode are not known, or no trial reported the metric though
                others were reported.
        """
        try:
            return self._find(metric, mode, scope, finite_only=bool(filter_nan_and_inf))
        except RunError as error:
            _logger.warning("there is no best trial: %s", error.message)
            return None

    def get_best_config(
        self, metric: str | None = None, mode: str | None = None, scope: str = "last"
    ) -> dict[str, Any] | None:
        """The configuration of `get_best_trial`, which says what ``metric``, ``mode`` and ``scope``
        are."""
        best = self.get_best_trial(metric, mode, scope)
        return None if best is None else best.config

    def get_best_logdir(
        self, metric: str | None = None, mode: str | None = None, scope: str = "last"
    ) -> str | None:
        """The folder of `get_best_trial`, which says what ``metric``, ``mode`` and ``scope``
        are."""
        best = self.get_best_trial(metric, mode, scope)
        return None if best is None else best.path

    def get_best_checkpoint(
        self, trial: Result, metric: str | None = None, mode: str | None = None
    ) -> Checkpoint | None:
        """The best of a trial's checkpoints, by the value that was reported with it.

        Args:
            trial: One of ``trials``.
            metric: Name of a numeric value; None for the default. ``mode``: likewise.

        Returns:
            None where no checkpoint came with the metric.

        Raises:
            ConfigError: Metric and mode are not known.
        """
        objective = self._objective(metric, mode)
        return trial.get_best_checkpoint(objective.metric, objective.mode)

    def get_last_checkpoint(
        self, trial: Result | None = None, metric: str = "training_iteration", mode: str = "max"
    ) -> Checkpoint | None:
        """A trial's latest checkpoint.

        Args:
            trial: One of ``trials``; None for the best one by ``metric``, which is the one that
                came furthest.
            metric: Which trial is taken. ``mode``: likewise.
        """
        chosen = self.get_best_trial(metric, mode) if trial is None else trial
        return None if chosen is None else chosen.checkpoint

    # --------------------------------------------------------------------- all

    @property
    def results(self) -> dict[str, dict[str, Any]]:
        """Trial id -> the trial's last result."""
        return {trial.trial_id: trial.last_result for trial in self.trials}

    @cached_property
    def results_df(self) -> pd.DataFrame:
        """The last results, a row for each trial under its id; see `dataframe` for the columns."""
        return self.dataframe().set_index("trial_id")

    @cached_property
    def trial_dataframes(self) -> dict[str, pd.DataFrame]:
        """Trial id -> all results of the trial, a row for each iteration."""
        return {trial.trial_id: trial.metrics_dataframe for trial in self.trials}

    def dataframe(self, metric: str | None = None, mode: str | None = None) -> pd.DataFrame:
        """One row for each trial; as `pegbox.ResultGrid.get_dataframe`.

        Args:
            metric: Take the result of each trial in which this metric is best; None for the last
                result.
            mode: ``"min"`` or ``"max"``; None for the default.
        """
        from pegbox._analysis.frames import best_results, last_results, trials_frame

        if metric is None and mode is None:
            results = last_results(self._experiment)
        else:
            results = best_results(self._experiment, self._objective(metric, mode))
        return trials_frame(self._experiment, results, (each.config for each in self.trials))

    def get_all_configs(self, prefix: bool = False) -> dict[str, dict[str, Any]]:
        """Trial id -> the trial's configuration.

        Args:
            prefix: Whether names begin with ``config/``.
        """
        mark = "config/" if prefix else ""
        return {
            trial.trial_id: {f"{mark}{name}": value for name, value in trial.config.items()}
            for trial in self.trials
        }

    def __repr__(self) -> str:
        return f"ExperimentAnalysis({len(self.trials)} trials, {self.experiment_path!r})"

    def _objective(self, metric: str | None, mode: str | None) -> Objective:
        chosen = self.default_metric if metric is None else metric
        known = {objective.metric for objective in self._experiment.objectives}
        if mode is None and (chosen == self.default_metric or chosen not in known):
            mode = self.default_mode
        return choose_objective(self._experiment, chosen, mode)

    def _find(
        self, metric: str | None, mode: str | None, scope: str, *, finite_only: bool
    ) -> Trial:
        objective = self._objective(metric, mode)
        best = find_best(
            self._experiment, objective.metric, objective.mode, scope, finite_only=finite_only
        )
        return self._by_number[best.number]
