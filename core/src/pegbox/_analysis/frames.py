"""Tables of pandas, with Ray Tune's columns. pandas is an extra, and is imported here alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pegbox._analysis.experiment import StoredExperiment
from pegbox._store.reader import Reader
from pegbox.errors import MissingDependency
from pegbox.jsonvalue import flatten
from pegbox.objective import Objective

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["best_results", "history_frame", "last_results", "load_pandas", "trials_frame"]


def load_pandas() -> Any:
    """The module.

    Raises:
        MissingDependency: It is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise MissingDependency(
            "data frames need pandas, which is not installed",
            hint='Install it with: pip install "pegbox[pandas]"',
        ) from error
    return pandas


def history_frame(experiment: StoredExperiment, number: int) -> pd.DataFrame:
    """All results of a trial that count, a row for each iteration.

    Raises:
        MissingDependency: pandas is not installed.
    """
    pandas = load_pandas()
    with Reader(experiment.folder) as reader:
        return pandas.DataFrame(reader.results(number))


def last_results(experiment: StoredExperiment) -> dict[int, Mapping[str, Any]]:
    """Number of each trial -> its last result, empty before the first report."""
    return {number: row.result or {} for number, row in experiment.rows.items()}


def best_results(
    experiment: StoredExperiment, objective: Objective
) -> dict[int, Mapping[str, Any]]:
    """Number of each trial -> its result in which the objective is best."""

    def rank(result: Mapping[str, Any]) -> float:
        loss = objective.loss(result)
        return float("inf") if loss is None else loss

    with Reader(experiment.folder) as reader:
        return {
            number: min(reader.results(number), key=rank, default={}) for number in experiment.rows
        }


def trials_frame(
    experiment: StoredExperiment,
    results: Mapping[int, Mapping[str, Any]],
    configs: Iterable[Mapping[str, Any]],
) -> pd.DataFrame:
    """A row for each trial: the result's values, ``logdir`` and ``config/<path>``.

    Args:
        experiment: Whose trials.
        results: Number of each trial -> the result that stands for it.
        configs: Their configurations, in the same order.

    Raises:
        MissingDependency: pandas is not installed.
    """
    pandas = load_pandas()
    rows = [
        {
            **result,
            "trial_id": experiment.trial_id(number),
            **_feasible(experiment, result),
            "logdir": str(experiment.trial_folder(number)),
            **{f"config/{path}": value for path, value in flatten(config).items()},
        }
        for (number, result), config in zip(results.items(), configs, strict=True)
    ]
    # The fullest row first, so that columns do not follow a trial that reported nothing.
    ordered = dict.fromkeys(name for row in sorted(rows, key=len, reverse=True) for name in row)
    return pandas.DataFrame(rows, columns=list(ordered))


def _feasible(experiment: StoredExperiment, result: Mapping[str, Any]) -> dict[str, bool]:
    constraints = experiment.outcome_constraints
    return {"feasible": all(each.holds(result) for each in constraints)} if constraints else {}
