"""What is known of a run, as an experiment of Ax.

It is made anew for each ask, its trials in the order of pegbox's: so an ask follows from what is
known and from nothing else, and goes on after a restore as it would have.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from ax.core.arm import Arm
from ax.core.data import Data, DataRow
from ax.core.experiment import Experiment
from ax.core.metric import Metric
from ax.core.trial import Trial
from pegbox.searcher import Point

from pegbox_ax.parameters import Parameters
from pegbox_ax.problem import Measured, Problem

__all__ = ["Known", "make_experiment"]


@dataclass(frozen=True, slots=True)
class Known:
    """A trial that has ended.

    Attributes:
        measured: By Ax's names of metrics; None where it failed.
    """

    point: Point
    measured: Mapping[str, Measured] | None


def make_experiment(
    parameters: Parameters, problem: Problem, known: Iterable[Known], pending: Iterable[Point]
) -> Experiment:
    """An experiment with trials that have ended and trials that run.

    Failed ones are abandoned ones there: nothing is learnt of them, and nothing is proposed where
    they were.
    """
    experiment = Experiment(search_space=parameters.search_space, name="pegbox")
    for metric in problem.metrics:
        experiment.add_tracking_metric(Metric(metric, lower_is_better=True))
    experiment.optimization_config = problem.config
    rows: list[DataRow] = []
    for each in known:
        trial = _add(experiment, parameters, each.point)
        if each.measured is None:
            trial.mark_abandoned()
        else:
            rows += _rows(trial, each.measured)
            trial.mark_completed()
    for point in pending:
        _add(experiment, parameters, point)
    if rows:
        experiment.attach_data(Data(data_rows=_with_all_errors(rows)))
    return experiment


def _add(experiment: Experiment, parameters: Parameters, point: Point) -> Trial:
    trial = experiment.new_trial()
    trial.add_arm(Arm(parameters.coded(point)))
    trial.mark_running(no_runner_required=True)
    return trial


def _rows(trial: Trial, measured: Mapping[str, Measured]) -> list[DataRow]:
    assert trial.arm is not None
    return [
        DataRow(trial.index, trial.arm.name, metric, metric, each.mean, each.standard_error)
        for metric, each in measured.items()
    ]


def _with_all_errors(rows: Sequence[DataRow]) -> list[DataRow]:
    """Give those without a standard error the mean of the others of their metric.

    Ax takes standard errors of all trials or of none.
    """
    known: dict[str, list[float]] = {}
    for row in rows:
        if not math.isnan(row.se):
            known.setdefault(row.metric_name, []).append(row.se)
    for row in rows:
        if math.isnan(row.se) and row.metric_name in known:
            row.se = fmean(known[row.metric_name])
    return list(rows)
