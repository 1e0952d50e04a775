"""Which trial or checkpoint is best, by which metric, and why there is none."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pegbox._analysis.experiment import StoredExperiment
from pegbox._analysis.feasible import is_feasible, refuse_infeasible
from pegbox._store.reader import Reader
from pegbox._store.scores import best_trial
from pegbox.autofill import AUTOFILLED
from pegbox.errors import ConfigError, RunError
from pegbox.nearest import did_you_mean
from pegbox.objective import Mode, Objective, make_objectives
from pegbox.trial import Status

__all__ = ["Best", "best_saved", "choose_objective", "choose_objectives", "find_best"]


@dataclass(frozen=True, slots=True)
class Best:
    """A trial that won.

    Attributes:
        number: The trial's.
        objective: By what.
        score: Its value of that, as the scope says.
    """

    number: int
    objective: Objective
    score: float


def choose_objective(
    experiment: StoredExperiment, metric: str | None, mode: str | None
) -> Objective:
    """What is compared: the experiment's one objective where nothing else is named.

    Raises:
        ConfigError: Metric and mode are not known, or a metric without mode that nobody reported;
            or none is named of several.
    """
    known = {objective.metric: objective for objective in experiment.objectives}
    if metric is None and len(known) > 1:
        names = ", ".join(known)
        raise ConfigError(
            f"no one trial is best, since the experiment has several metrics: {names}",
            hint="ResultGrid.get_pareto_set() has all that are beaten by no other; or name a "
            f"metric: metric={next(iter(known))!r}.",
        )
    name = next(iter(known), None) if metric is None else metric
    if name is None:
        raise ConfigError(
            "a metric is needed, since the experiment was run without one",
            hint=f'Name metric, and mode "min" or "max". Reported: {experiment.own_metrics}.',
        )
    if mode is None and name not in known and name not in (experiment.reported or [name]):
        raise _unreported(experiment, name)
    chosen: Mode | str | None = known[name].mode if mode is None and name in known else mode
    (objective,) = make_objectives(name, chosen)
    return objective


def choose_objectives(
    experiment: StoredExperiment,
    metric: str | Sequence[str] | None,
    mode: str | Sequence[str] | None,
) -> tuple[Objective, ...]:
    """What trials are compared by: the experiment's objectives where nothing else is named.

    Raises:
        ConfigError: A metric and its mode are not known, or nobody reported it.
    """
    known = {objective.metric: objective.mode for objective in experiment.objectives}
    if metric is None and len(known) < 2:
        return (choose_objective(experiment, None, mode if isinstance(mode, str) else None),)
    names: Any = [metric] if isinstance(metric, str) else list(known) if metric is None else metric
    if mode is None and isinstance(names, list | tuple) and all(name in known for name in names):
        mode = [known[name] for name in names]
    chosen = make_objectives(names, mode)
    for objective in chosen:
        if objective.metric not in experiment.reported and experiment.reported:
            raise _unreported(experiment, objective.metric)
    return chosen


def find_best(
    experiment: StoredExperiment,
    metric: str | None,
    mode: str | None,
    scope: str,
    *,
    finite_only: bool,
) -> Best:
    """The feasible trial with the best value of a metric, the earliest of several.

    Args:
        experiment: Where it is looked for; what was stored since it was read does not count
            among its trials.
        metric: As for `choose_objective`. ``mode``: likewise.
        scope: What of a trial is compared; see `Reader.scores`.
        finite_only: Leave out trials whose value is NaN or infinite.

    Raises:
        ConfigError: Metric, mode or scope are not known, or no trial reported the metric though
            others were reported.
        RunError: No trial has a value that counts, e.g. since all failed.
    """
    objective = choose_objective(experiment, metric, mode)
    with Reader(experiment.folder) as reader:
        found = reader.scores(objective.metric, objective.mode, scope)
    found = {number: score for number, score in found.items() if number in experiment.rows}
    refuse_infeasible(experiment, list(found))
    found = {number: score for number, score in found.items() if is_feasible(experiment, number)}
    number = best_trial(found, objective.mode, finite_only=finite_only)
    if number is None:
        raise _no_best(experiment, objective.metric, len(found))
    return Best(number, objective, found[number])


def best_saved(results: Sequence[Mapping[str, Any]], objective: Objective) -> int:
    """Which of several checkpoints is best, by the results that they came with.

    Args:
        results: At least one.
        objective: What is compared.

    Returns:
        The index; the last of equals. NaN is best only where there is nothing else.

    Raises:
        ConfigError: No result has a number as the metric.
    """
    sign = 1.0 if objective.mode == "max" else -1.0
    scores = {}
    for index, result in enumerate(results):
        value = result.get(objective.metric)
        if isinstance(value, int | float):
            nan = math.isnan(value)
            scores[index] = (not nan, 0.0 if nan else sign * value, index)
    if not scores:
        raise _without(objective.metric, sorted({name for result in results for name in result}))
    return max(scores, key=scores.__getitem__)


def _without(metric: str, names: list[str]) -> ConfigError:
    own = [name for name in names if name not in AUTOFILLED]
    return ConfigError(
        f"no checkpoint of the trial came with a number as {metric!r}",
        hint=f"{did_you_mean(metric, names)} Reported: {own}.".lstrip(),
    )


def _no_best(experiment: StoredExperiment, metric: str, reported: int) -> ConfigError | RunError:
    if reported:
        return RunError(
            f"no trial has a finite value of {metric!r}: {_count(experiment)}, and {reported} "
            "reported it as NaN or infinite",
            hint="Pass filter_nan_and_inf=False to take one of these, or look at .errors.",
        )
    if not experiment.reported:
        return RunError(
            f"no trial has reported anything: {_count(experiment)}",
            hint="Look at .errors for the reasons.",
        )
    return _unreported(experiment, metric)


def _unreported(experiment: StoredExperiment, metric: str) -> ConfigError:
    meant = did_you_mean(metric, experiment.reported)
    return ConfigError(
        f"no trial has reported a number as {metric!r}: {_count(experiment)}",
        hint=f"{meant} Reported: {experiment.own_metrics}.".lstrip(),
    )


def _count(experiment: StoredExperiment) -> str:
    return f"of {len(experiment.rows)} trials, {experiment.statuses[Status.ERROR]} failed"
