"""Space, objectives, searcher and scheduler of a run, settled together.

A searcher may have been given a space and a metric of its own, as Ray Tune's take them; a scheduler
a metric.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pegbox._run.component import Component
from pegbox._run.searcher_checks import check_searcher
from pegbox.errors import ConfigError
from pegbox.objective import Objective
from pegbox.scheduler import Scheduler
from pegbox.searcher import Searcher
from pegbox.space import Space

__all__ = ["settle_search", "whole_space"]


def settle_search(
    make_space: Callable[[Any], Space],
    param_space: Mapping[str, Any] | None,
    objectives: tuple[Objective, ...],
    searcher: Component,
    scheduler: Component,
) -> dict[str, Any]:
    """Fields of `pegbox._run.plan.Plan`.

    Args:
        make_space: From the whole ``param_space``.
        param_space: As the user passed it; None at a restore where it was not passed again.
        objectives: What the user named for the run, or what the run had before.

    Raises:
        ConfigError: They do not go together.
    """
    objectives = _settled_objectives(objectives, searcher, scheduler)
    space = make_space(whole_space(param_space, searcher))
    check_searcher(searcher, space, objectives)
    return {
        "space": space,
        "objectives": objectives,
        "searcher": searcher,
        "scheduler": scheduler,
    }


def whole_space(
    param_space: Mapping[str, Any] | None, searcher: Component
) -> Mapping[str, Any] | None:
    """``param_space`` with what the searcher was given itself.

    Raises:
        ConfigError: Both have a parameter of one name.
    """
    plugin = searcher.core.plugin
    own = plugin.own_space if isinstance(plugin, Searcher) else {}
    if param_space is None or not own or not isinstance(param_space, Mapping):
        return param_space
    if twice := [name for name in own if name in param_space]:
        raise ConfigError(
            f"param_space and the space of search_alg={searcher.core.name!r} both have "
            + ", ".join(map(repr, twice)),
            hint="Write each parameter in one of them.",
        )
    return {**param_space, **own}


def _settled_objectives(
    objectives: tuple[Objective, ...], searcher: Component, scheduler: Component
) -> tuple[Objective, ...]:
    """What counts: the run's, or else what the searcher was given.

    A scheduler's own metric must be the run's, too; without any it decides by its own.
    """
    own = _own_objectives(searcher)
    _refuse_others(f"search_alg={searcher.core.name!r}", own, objectives)
    objectives = objectives or own
    _refuse_others(f"scheduler={scheduler.name!r}", _own_objectives(scheduler), objectives)
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
