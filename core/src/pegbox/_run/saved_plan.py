"""The plan of an experiment that is taken up again, from its store and what is passed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pegbox._run.components import check_searcher, make_callbacks, make_component
from pegbox._run.plan import Component, Plan
from pegbox._store.meta import ExperimentMeta
from pegbox._store.reader import Reader
from pegbox.configs import RunConfig, TuneConfig
from pegbox.errors import ConfigError
from pegbox.objective import make_objectives
from pegbox.resources import Resources
from pegbox.space import Space, missing
from pegbox.trainable import trainable_function, trainable_resources

__all__ = ["plan_from_store"]


def plan_from_store(
    folder: Path,
    trainable: Callable[..., Any],
    param_space: Mapping[str, Any] | None,
    tune: TuneConfig | None,
    run: RunConfig | None,
) -> Plan:
    """Settle a plan for going on.

    Raises:
        StoreError: There is no experiment.
        ConfigError: What cannot be stored has to be passed again; all of it is named.
    """
    with Reader(folder) as reader:
        meta = reader.meta
        settings = reader.epochs[-1].settings if reader.epochs else meta.settings
    _refuse_missing(meta, param_space, tune)
    space = Space.from_description(meta.space, param_space)
    objectives = meta.objectives
    if tune is not None and tune.metric is not None:
        objectives = make_objectives(tune.metric, tune.mode)
    searcher = _component("searcher", meta, tune and tune.search_alg)
    check_searcher(searcher, space, objectives)
    verbose = run.verbose if run else int(settings["verbose"])
    own = trainable_resources(trainable)
    return Plan(
        run=meta.run,
        name=meta.name,
        folder=folder.absolute(),
        trainable=trainable_function(trainable),
        trainable_name=meta.trainable,
        resources=own or Resources(settings["resources"]),
        space=space,
        objectives=objectives,
        searcher=searcher,
        scheduler=_component("scheduler", meta, tune and tune.scheduler),
        num_samples=tune.num_samples if tune else settings["num_samples"],
        max_failures=run.failure_config.max_failures if run else settings["max_failures"],
        max_concurrent=tune.max_concurrent_trials if tune else settings["max_concurrent_trials"],
        seed=tune.seed if tune and tune.seed is not None else meta.seed,
        callbacks=make_callbacks(run.callbacks if run else (), verbose),
        verbose=verbose,
    )


def _stored(role: str, meta: ExperimentMeta) -> tuple[str, Mapping[str, Any]]:
    if role == "searcher":
        return meta.searcher, meta.searcher_options
    return meta.scheduler, meta.scheduler_options


def _component(role: str, meta: ExperimentMeta, chosen: Any) -> Component:
    name, options = _stored(role, meta)
    return make_component(role, chosen or (name, options["options"]), name)


def _refuse_missing(
    meta: ExperimentMeta, param_space: Mapping[str, Any] | None, tune: TuneConfig | None
) -> None:
    """One message for all that must be passed again."""
    lacking = []
    if param_space is None and (paths := missing(meta.space)):
        lacking.append(f"param_space (for {', '.join(map(repr, paths))})")
    for role, argument in (("searcher", "search_alg"), ("scheduler", "scheduler")):
        name, options = _stored(role, meta)
        if not options["by_name"] and (tune is None or getattr(tune, argument) is None):
            lacking.append(f"tune_config=TuneConfig({argument}=...) (it was a {name} object)")
    if lacking:
        raise ConfigError(
            "code and objects are not stored, so a restore of this experiment needs again: "
            + "; ".join(lacking),
            hint="Pass the same as for the first run to Tuner.restore(...).",
        )
