"""What programs are given: experiments and trials as JSON data. ``docs/command-line.md`` has it."""

from __future__ import annotations

from typing import Any

from pegbox._analysis.experiment import StoredExperiment
from pegbox._analysis.feasible import is_feasible, pareto_numbers
from pegbox._analysis.standing import Standing
from pegbox._store.reader import Reader

__all__ = ["experiment_data", "trial_data", "trial_history"]


def experiment_data(experiment: StoredExperiment, standing: Standing) -> dict[str, Any]:
    """An experiment as a whole."""
    meta, settings = experiment.meta, experiment.settings
    return {
        "name": meta.name,
        "path": str(experiment.folder),
        "state": standing.state,
        "reason": standing.reason,
        "created": meta.created,
        "version": meta.version,
        "trainable": meta.trainable,
        "searcher": settings["searcher"]["name"],
        "scheduler": settings["scheduler"]["name"],
        "seed": settings["seed"],
        "objectives": settings["objectives"],
        "scalarization": settings.get("scalarization"),
        "parameter_constraints": settings.get("parameter_constraints", []),
        "outcome_constraints": settings.get("outcome_constraints", []),
        "usage": experiment.usage.as_data(),
        "pareto_set": [
            experiment.trial_id(number)
            for number in pareto_numbers(experiment, experiment.objectives)
        ]
        if experiment.objectives
        else [],
        "counts": {status.value: n for status, n in experiment.statuses.items()},
    }


def trial_data(experiment: StoredExperiment, number: int) -> dict[str, Any]:
    """A trial with its last result; its configuration as the store has it."""
    row = experiment.rows[number]
    checkpoint, failure = row.checkpoint, row.failure
    return {
        "trial_id": experiment.trial_id(number),
        "name": row.name,
        "path": str(experiment.trial_folder(number)),
        "status": row.state.status.value,
        "attempt": row.attempt,
        "config": row.config,
        "metrics": row.result,
        "feasible": is_feasible(experiment, number),
        "checkpoint": checkpoint and str(experiment.folder / checkpoint.path),
        "error": failure
        and {
            "cause": failure.cause,
            "type_name": failure.type_name,
            "message": failure.message,
            "traceback": failure.traceback,
        },
    }


def trial_history(experiment: StoredExperiment, number: int) -> list[dict[str, Any]]:
    """All results of a trial that count."""
    with Reader(experiment.folder) as reader:
        return reader.results(number)
