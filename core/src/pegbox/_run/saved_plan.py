"""The plan of an experiment that is taken up again, from its store and what is passed again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pegbox._run.component import Component
from pegbox._run.components import make_component
from pegbox._run.plan import Plan
from pegbox._run.search_settings import settle_search
from pegbox._run.search_terms import lacking_terms, restored_terms
from pegbox._run.settling import lacking_options, settle_options
from pegbox._run.starting_points import continued
from pegbox._run.trainables import settle_trainable
from pegbox._run.warm_start import warm_start_from
from pegbox._store.meta import Epoch, ExperimentMeta, as_last_started
from pegbox._store.reader import Reader
from pegbox.configs import RunConfig, TuneConfig, settled
from pegbox.errors import ConfigError
from pegbox.resources import Resources
from pegbox.searcher import Point
from pegbox.space import Space, missing
from pegbox.trainable import stated_resources

__all__ = ["needed_again", "plan_from_store"]


def plan_from_store(
    folder: Path,
    trainable: Callable[..., Any],
    param_space: Mapping[str, Any] | None,
    tune: TuneConfig | None,
    run: RunConfig | None,
    *,
    own_process: bool,
) -> Plan:
    """Settle a plan for going on.

    Args:
        own_process: As for `make_component`.

    Raises:
        StoreError: There is no experiment.
        ConfigError: What cannot be stored has to be passed again; all of it is named.
    """
    with Reader(folder) as reader:
        meta = reader.meta
        saved = as_last_started(meta, reader.epochs)
    tune = settled("tune_config", tune, TuneConfig)
    run = settled("run_config", run, RunConfig)
    _refuse_missing(meta, saved, trainable, param_space, tune, run)
    search = settle_search(
        lambda whole: Space.from_description(meta.space, whole),
        param_space,
        restored_terms(tune, saved),
        _component("searcher", saved, tune.search_alg, own_process=own_process),
        _component("scheduler", saved, tune.scheduler),
    )
    search["points"] = continued(
        search["searcher"],
        search["space"],
        search["points"].given,
        saved.get("points"),
        lambda: _points(folder),
    )
    seed = saved["seed"] if tune.seed is None else tune.seed
    options = settle_options(tune, run, saved, search["objectives"])
    return Plan(
        run=meta.run,
        name=meta.name,
        folder=folder.absolute(),
        trainable_name=meta.trainable,
        seed=seed,
        warm_start=warm_start_from(saved.get("warm_start", ())),
        **settle_trainable(
            trainable, search["space"], seed, Resources(saved["resources"]), options
        ),
        **search,
        **options,
    )


def _points(folder: Path) -> list[Point]:
    with Reader(folder) as reader:
        return [trial.point for trial in reader.trials()]


def _component(
    role: str, saved: Mapping[str, Any], chosen: Any, *, own_process: bool = False
) -> Component:
    before = saved[role]
    given = (before["name"], before["options"]) if chosen is None else chosen
    return make_component(role, given, before["name"], own_process=own_process)


def _refuse_missing(
    meta: ExperimentMeta,
    saved: Mapping[str, Any],
    trainable: Callable[..., Any],
    param_space: Mapping[str, Any] | None,
    tune: TuneConfig,
    run: RunConfig,
) -> None:
    """One message for all that must be passed again."""
    lacking = _lacking(meta, saved, trainable, param_space, tune, run)
    if lacking:
        raise ConfigError(
            "code and objects are not stored, so a restore of this experiment needs again: "
            + "; ".join(lacking),
            hint="Pass the same as for the first run to Tuner.restore(...).",
        )


def needed_again(meta: ExperimentMeta, epochs: Sequence[Epoch]) -> list[str]:
    """What a restore must be given beside the trainable, as the user would write it."""
    saved = as_last_started(meta, epochs)
    return _lacking(meta, saved, None, None, TuneConfig(), RunConfig())


def _lacking(
    meta: ExperimentMeta,
    saved: Mapping[str, Any],
    trainable: Callable[..., Any] | None,
    param_space: Mapping[str, Any] | None,
    tune: TuneConfig,
    run: RunConfig,
) -> list[str]:
    lacking = []
    if saved.get("resources_vary") and (trainable is None or stated_resources(trainable) is None):
        lacking.append(
            "the trainable with its resources by configuration (with_resources, or the class's own)"
        )
    if param_space is None and (paths := missing(meta.space)):
        lacking.append(f"param_space (for {', '.join(map(repr, paths))})")
    for role, argument in (("searcher", "search_alg"), ("scheduler", "scheduler")):
        before = saved[role]
        if not before.get("by_name", True) and getattr(tune, argument) is None:
            lacking.append(f"tune_config=TuneConfig({argument}=...) (before: {before['name']})")
    return [*lacking, *lacking_terms(tune, saved), *lacking_options(tune, run, saved)]
