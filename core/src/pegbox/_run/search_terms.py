"""What counts in a run, and what is allowed, as the user said it: at a start, and at a restore.

Nothing is held against a space or a searcher here; `pegbox._run.search_settings` does that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pegbox.configs import TuneConfig
from pegbox.constraints import LinearConstraint, OutcomeConstraint
from pegbox.constraints.given import (
    ParameterConstraint,
    from_description,
    outcome_constraints,
    parameter_constraints,
    passed,
)
from pegbox.objective import Objective, make_objectives

__all__ = ["SearchTerms", "fresh_terms", "lacking_terms", "restored_terms"]


@dataclass(frozen=True, slots=True)
class SearchTerms:
    """Objectives and constraints.

    Attributes:
        scalarization: As the user passed it, or as a name with options.
    """

    objectives: tuple[Objective, ...]
    scalarization: Any
    parameter_constraints: tuple[ParameterConstraint, ...]
    outcome_constraints: tuple[OutcomeConstraint, ...]


def fresh_terms(tune: TuneConfig) -> SearchTerms:
    """What was passed.

    Raises:
        ConfigError: Metric and mode do not fit.
    """
    return SearchTerms(
        make_objectives(tune.metric, tune.mode),
        tune.scalarization,
        parameter_constraints(tune.parameter_constraints or ()),
        outcome_constraints(tune.outcome_constraints or ()),
    )


def restored_terms(tune: TuneConfig, before: Mapping[str, Any]) -> SearchTerms:
    """What was passed, and what the last start was given where nothing was.

    Args:
        before: Stored by `pegbox._run.plan.Plan.settings`; older stores have no constraints.

    Raises:
        ConfigError: Metric and mode do not fit.
    """
    fresh = fresh_terms(tune)
    parameters = before.get("parameter_constraints", ())
    outcomes = before.get("outcome_constraints", ())
    return SearchTerms(
        fresh.objectives or tuple(Objective(**each) for each in before["objectives"]),
        tune.scalarization or _scalarization_before(tune, before),
        from_description(LinearConstraint, parameters)
        if tune.parameter_constraints is None
        else fresh.parameter_constraints,
        from_description(OutcomeConstraint, outcomes)
        if tune.outcome_constraints is None
        else fresh.outcome_constraints,
    )


def lacking_terms(tune: TuneConfig, before: Mapping[str, Any]) -> list[str]:
    """What was code before and has not been passed again, as the user would write it."""
    lacking = []
    scalarization = before.get("scalarization")
    if scalarization and "passed" in scalarization and _keeps_scalarization(tune):
        name = scalarization["passed"]
        lacking.append(f"tune_config=TuneConfig(scalarization=...) (before: {name})")
    functions = passed(before.get("parameter_constraints", ()))
    if functions and tune.parameter_constraints is None:
        names = ", ".join(functions)
        lacking.append(
            f"tune_config=TuneConfig(parameter_constraints=[...]), all of them (before: {names} "
            "among them)"
        )
    return lacking


def _keeps_scalarization(tune: TuneConfig) -> bool:
    return tune.scalarization is None and tune.metric is None


def _scalarization_before(tune: TuneConfig, before: Mapping[str, Any]) -> Any:
    """A name with options; None where there was none, or where it belonged to other metrics."""
    kept = before.get("scalarization")
    if not kept or "passed" in kept or not _keeps_scalarization(tune):
        return None
    return kept["name"], kept["options"]
