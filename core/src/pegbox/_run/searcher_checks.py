"""What a searcher cannot do, said before anything is started."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pegbox._run.component import Component
from pegbox._run.evaluated_points import evaluated_points
from pegbox._run.starting_points import starting_points
from pegbox.errors import ConfigError, UnsupportedSpace
from pegbox.objective import Objective
from pegbox.space import Space
from pegbox.space.presented import show

__all__ = ["check_searcher"]


def check_searcher(component: Component, space: Space, objectives: Sequence[Objective]) -> None:
    """Refuse what the searcher's traits say it cannot do, by the parameter's name.

    Raises:
        UnsupportedSpace: A parameter of a kind that it does not take.
        ConfigError: It needs a metric and there is none, or it takes only one; or a point to
            evaluate, or a result from elsewhere, is not in the space.
    """
    traits = component.traits
    argument = f"search_alg={component.core.name!r}"
    for path, domain in space.domains.items():
        if show(domain, traits) is None:
            raise UnsupportedSpace(
                f"{argument} cannot take parameter {path!r}: it is a {domain.kind} domain",
                hint=_what_would_do(component, domain.kind, traits.domains),
            )
    starting_points(component, space)
    evaluated_points(component, space, objectives)
    if not objectives and not traits.model_free:
        raise ConfigError(
            f"{argument} learns from results, so it needs to know which",
            hint='Set TuneConfig(metric="...", mode="min").',
        )
    if len(objectives) > 1 and not traits.multi_objective:
        names = ", ".join(objective.metric for objective in objectives)
        raise ConfigError(
            f"{argument} takes one metric, got {names}",
            hint="Give one metric and mode, or report a value that weighs them against each other.",
        )


def _what_would_do(component: Component, kind: str, takes: Collection[str]) -> str:
    """For a parameter of a kind that a searcher does not take."""
    remedies = [f"It takes {', '.join(sorted(takes))}"]
    if kind == "grid" and "choice" in takes:
        remedies.append("write choice([...]) in place of grid_search([...])")
    if component.core.name not in ("random", "grid"):
        remedies.append('search_alg="random" takes all of them')
    return "; ".join(remedies) + "."
