"""What a searcher cannot do, said before anything is started."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pegbox._run.component import Component
from pegbox._run.earlier_trials import Told
from pegbox._run.evaluated_points import evaluated_points
from pegbox._run.scalarizing import Scalarizer
from pegbox._run.starting_points import check_starting_points, starting_points
from pegbox.constraints import OutcomeConstraint
from pegbox.constraints.allowed import Allowed
from pegbox.errors import ConfigError, UnsupportedSpace
from pegbox.objective import Objective
from pegbox.space import Domain, Space
from pegbox.space.presented import show

__all__ = ["check_searcher", "refusal_of"]


def check_searcher(
    component: Component,
    space: Space,
    objectives: Sequence[Objective],
    scalarizer: Scalarizer | None,
    allowed: Allowed,
    outcome_constraints: Sequence[OutcomeConstraint],
) -> None:
    """Refuse what the searcher's traits say it cannot do, by the parameter's name.

    Raises:
        UnsupportedSpace: A parameter of a kind that it does not take.
        ConfigError: It needs a metric and there is none, or it takes only one; or a point to
            evaluate, or a result from elsewhere, is not in the space or breaks a constraint.
    """
    traits = component.traits
    argument = f"search_alg={component.core.name!r}"
    for path, domain in space.domains.items():
        if show(domain, traits) is None:
            raise refusal_of(component, path, domain)
    check_starting_points(starting_points(component, space), space, allowed)
    _check_evaluated(evaluated_points(component, space, objectives), outcome_constraints)
    if not objectives and not traits.model_free:
        raise ConfigError(
            f"{argument} learns from results, so it needs to know which",
            hint='Set TuneConfig(metric="...", mode="min").',
        )
    if len(objectives) > 1 and not traits.multi_objective and scalarizer is None:
        names = [objective.metric for objective in objectives]
        weights = ", ".join(f'"{name}": 1' for name in names)
        raise ConfigError(
            f"{argument} takes one metric, got {', '.join(names)}",
            hint="Give one metric and mode, or say how they count against each other: "
            f'TuneConfig(scalarization=("weighted_sum", {{"weights": {{{weights}}}}})).',
        )


def _check_evaluated(told: Sequence[Told], constraints: Sequence[OutcomeConstraint]) -> None:
    """A result without a metric is not feasible, and would be told as a failure."""
    for index, (_, result, _) in enumerate(told):
        for each in constraints if result is not None else ():
            if each.excess(result or {}) is None:
                raise ConfigError(
                    f"evaluated point {index} has no value for the outcome constraint "
                    f"{str(each)!r}",
                    hint="Leave these points out, or the constraint.",
                )


def refusal_of(component: Component, path: str, domain: Domain) -> UnsupportedSpace:
    """The error for a parameter that a searcher cannot be shown."""
    return UnsupportedSpace(
        f"search_alg={component.core.name!r} cannot take parameter {path!r}: it is a "
        f"{domain.kind} domain",
        hint=_what_would_do(component, domain.kind, component.traits.domains),
    )


def _what_would_do(component: Component, kind: str, takes: Collection[str]) -> str:
    """For a parameter of a kind that a searcher does not take."""
    remedies = [f"It takes {', '.join(sorted(takes))}"]
    if kind == "grid" and "choice" in takes:
        remedies.append("write choice([...]) in place of grid_search([...])")
    if component.core.name not in ("random", "grid"):
        remedies.append('search_alg="random" takes all of them')
    return "; ".join(remedies) + "."
