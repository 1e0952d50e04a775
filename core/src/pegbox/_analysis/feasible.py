"""Which trials count among several objectives and under outcome constraints: the feasible ones,
and those of the Pareto set."""

from __future__ import annotations

from collections.abc import Sequence

from pegbox._analysis.experiment import StoredExperiment
from pegbox._analysis.pareto import pareto_set
from pegbox.errors import RunError
from pegbox.objective import Objective
from pegbox.trial import Status

__all__ = ["find_pareto_set", "is_feasible", "pareto_numbers", "refuse_infeasible"]


def is_feasible(experiment: StoredExperiment, number: int) -> bool:
    """Whether a trial's last result satisfies every outcome constraint; True where none is."""
    result = experiment.rows[number].result or {}
    return all(each.holds(result) for each in experiment.outcome_constraints)


def pareto_numbers(experiment: StoredExperiment, objectives: Sequence[Objective]) -> list[int]:
    """Numbers of the trials that are feasible and beaten by none, ascending; by last results."""
    losses = {}
    for number, row in experiment.rows.items():
        found = [objective.loss(row.result or {}) for objective in objectives]
        whole = [loss for loss in found if loss is not None]
        if len(whole) == len(objectives) and is_feasible(experiment, number):
            losses[number] = whole
    numbers = list(losses)
    return [numbers[place] for place in pareto_set(list(losses.values()))]


def find_pareto_set(experiment: StoredExperiment, objectives: Sequence[Objective]) -> list[int]:
    """The same, where there must be one.

    Raises:
        RunError: No trial counts.
    """
    found = pareto_numbers(experiment, objectives)
    if not found:
        refuse_infeasible(experiment, list(experiment.rows))
        names = ", ".join(repr(objective.metric) for objective in objectives)
        raise RunError(
            f"no trial has a finite value for each of {names}: of {len(experiment.rows)} trials, "
            f"{experiment.statuses[Status.ERROR]} failed",
            hint="Look at .errors for the reasons.",
        )
    return found


def refuse_infeasible(experiment: StoredExperiment, numbers: Sequence[int]) -> None:
    """Where none of some trials is feasible, say so.

    Raises:
        RunError: There are some, and none is.
    """
    constraints = experiment.outcome_constraints
    reported = [number for number in numbers if experiment.rows[number].result]
    if not constraints or not reported:
        return
    if any(is_feasible(experiment, number) for number in reported):
        return
    held = ", ".join(
        f"{str(each)!r} by {sum(each.holds(experiment.rows[n].result or {}) for n in reported)}"
        for each in constraints
    )
    raise RunError(
        f"no trial is feasible: of {len(reported)} with a result, each constraint is satisfied by "
        f"so many: {held}",
        hint="Iterate over the results to see all of them; Result.feasible tells them apart.",
    )
