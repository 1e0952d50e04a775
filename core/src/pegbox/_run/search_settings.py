"""Space, objectives, searcher and scheduler of a run, settled together.

A searcher may have been given a space and a metric of its own, as Ray Tune's take them; a scheduler
a metric.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pegbox._run.checking import active_check
from pegbox._run.component import Component
from pegbox._run.scalarizing import make_scalarizer
from pegbox._run.search_terms import SearchTerms
from pegbox._run.searcher_checks import check_searcher
from pegbox._run.starting_points import StartingPoints, starting_points
from pegbox.constraints.allowed import Allowed
from pegbox.errors import ConfigError
from pegbox.objective import Objective
from pegbox.scheduler import Scheduler
from pegbox.searcher import Searcher
from pegbox.space import Space

__all__ = ["settle_search", "whole_space"]


def settle_search(
    make_space: Callable[[Any], Space],
    param_space: Mapping[str, Any] | None,
    terms: SearchTerms,
    searcher: Component,
    scheduler: Component,
) -> dict[str, Any]:
    """Fields of `pegbox._run.plan.Plan`.

    Args:
        make_space: From the whole ``param_space``.
        param_space: As the user passed it; None at a restore where it was not passed again.
        terms: What the user said of metrics and constraints, or what the run had before.

    Raises:
        ConfigError: They do not go together.
    """
    objectives = _settled_objectives(terms.objectives, searcher, scheduler)
    space = make_space(whole_space(param_space, searcher))
    scalarizer = make_scalarizer(terms.scalarization, objectives)
    allowed = Allowed(terms.parameter_constraints, space)
    found: dict[str, Any] = {
        "space": space,
        "objectives": objectives,
        "searcher": searcher,
        "scheduler": scheduler,
        "scalarizer": scalarizer,
        "allowed": allowed,
        "outcome_constraints": terms.outcome_constraints,
    }
    if (check := active_check()) is not None:
        check.seen(**found)
    check_searcher(searcher, space, objectives, scalarizer, allowed, terms.outcome_constraints)
    allowed.try_out(0)
    given = tuple(starting_points(searcher, space))
    return {**found, "points": StartingPoints(given, given)}


def whole_space(
    param_space: Mapping[str, Any] | None, searcher: Component
) -> Mapping[str, Any] | None:
    """``param_space`` with what the searcher was given itself.

    Raises:
        ConfigError: Both have a parameter of one name.
    """
    plugin = searcher.core.plugin
    if not isinstance(plugin, Searcher) or not isinstance(param_space, Mapping):
        return param_space
    own = plugin.own_space
    if twice := [name for name in (*own, *plugin.added_names) if name in param_space]:
        raise ConfigError(
            f"param_space and the space of search_alg={searcher.core.name!r} both have "
            + ", ".join(map(repr, twice)),
            hint="Write each parameter in one of them.",
        )
    return {**param_space, **own} if own else param_space


def _settled_objectives(
    objectives: tuple[Objective, ...], searcher: Component, scheduler: Component
) -> tuple[Objective, ...]:
    """What counts: the run's, or else what the searcher was given.

    A scheduler's own metric must be one of the run's, too; without any it decides by its own.
    """
    own = _own_objectives(searcher)
    _refuse_others(f"search_alg={searcher.core.name!r}", own, objectives)
    objectives = objectives or own
    ranks_by = _own_objectives(scheduler)
    if len(objectives) == 1 or not set(ranks_by) <= set(objectives):
        _refuse_others(f"scheduler={scheduler.name!r}", ranks_by, objectives)
    return objectives


def _own_objectives(component: Component) -> tuple[Objective, ...]:
    plugin = component.core.plugin
    return plugin.own_objectives if isinstance(plugin, Searcher | Scheduler) else ()


def _refuse_others(
    argument: str, own: Sequence[Objective], objectives: Sequence[Objective]
) -> None:
    if own and objectives and tuple(own) != tuple(objectives):
        raise ConfigError(
            f"{argument} was given {_written(own)}, the run has {_written(objectives)}",
            hint="Give metric and mode in one place: TuneConfig(metric=..., mode=...).",
        )


def _written(objectives: Sequence[Objective]) -> str:
    return " and ".join(f"metric={each.metric!r}, mode={each.mode!r}" for each in objectives)
