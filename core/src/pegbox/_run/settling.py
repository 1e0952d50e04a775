"""What the user set of a run, settled in one way for a fresh run and for a restore.

A fresh run is settled against `FRESH`, a restore against what the last start was given: what is
left at None is as it was before. It knows nothing of spaces, searchers and schedulers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pegbox._run.callback_list import make_callbacks
from pegbox._run.plan import CREATORS
from pegbox._run.stopping import make_stopper, stopper_from
from pegbox._store.snapshots import SYNC_PERIOD_S
from pegbox.configs import CheckpointConfig, FailureConfig, RunConfig, TuneConfig
from pegbox.objective import Objective

__all__ = ["FRESH", "lacking_options", "settle_options"]

#: What nothing said of it means; JSON data, as a store has it.
FRESH: Final[Mapping[str, Any]] = {
    "num_samples": 1,
    "max_concurrent_trials": None,
    "lookahead": None,
    "time_budget_s": None,
    "trial_time_limit_s": None,
    "chdir_to_trial_dir": False,
    "reuse_actors": False,
    "trial_name_creator": None,
    "trial_dirname_creator": None,
    "max_failures": 0,
    "fail_fast": False,
    "checkpoint_config": None,
    "stop": None,
    "verbose": 1,
    "callbacks": (),
    "log_files": None,
    "sync_period_s": SYNC_PERIOD_S,
}


def settle_options(
    tune: TuneConfig, run: RunConfig, before: Mapping[str, Any], objectives: Sequence[Objective]
) -> dict[str, Any]:
    """Fields of `pegbox._run.plan.Plan`.

    Args:
        tune: What was passed. ``run``: likewise.
        before: What counts where nothing was passed; stored by `Plan.settings`, or `FRESH`.
        objectives: What counts.

    Raises:
        ConfigError, MissingDependency, PluginError: Something cannot be used.
    """
    before = {**FRESH, **before}

    def first(given: Any, name: str) -> Any:
        return before[name] if given is None else given

    failures = run.failure_config or FailureConfig(
        max_failures=before["max_failures"], fail_fast=before["fail_fast"]
    )
    verbose = first(run.verbose, "verbose")
    chosen = list(before["callbacks"]) if run.callbacks is None else run.callbacks
    stop = make_stopper(run.stop, objectives)
    log_files = before["log_files"] if run.log_to_file is None else run.log_files
    return {
        "num_samples": first(tune.num_samples, "num_samples"),
        # Ray Tune's word for no bound is 0, too.
        "max_concurrent": first(tune.max_concurrent_trials, "max_concurrent_trials") or None,
        "lookahead": first(tune.lookahead, "lookahead"),
        "time_budget_s": first(tune.budget_s, "time_budget_s"),
        "trial_time_limit_s": first(run.trial_time_limit_s, "trial_time_limit_s"),
        "chdir_to_trial_dir": first(tune.chdir_to_trial_dir, "chdir_to_trial_dir"),
        "reuse_actors": first(tune.reuse_actors, "reuse_actors"),
        "trial_name_creator": tune.trial_name_creator,
        "trial_dirname_creator": tune.trial_dirname_creator,
        "max_failures": failures.max_failures,
        "fail_fast": failures.fail_fast,
        "checkpoint_config": run.checkpoint_config
        or CheckpointConfig(**(before["checkpoint_config"] or {})),
        "stopper": stopper_from(before["stop"]) if stop is None else stop,
        "callbacks": make_callbacks(chosen, verbose, run.progress_reporter),
        "callback_names": tuple(each for each in chosen if isinstance(each, str)),
        "verbose": verbose,
        "progress_reporter": run.progress_reporter,
        "log_files": None if log_files is None else tuple(log_files),
        "sync_period_s": first(run.sync_period_s, "sync_period_s"),
    }


def lacking_options(tune: TuneConfig, run: RunConfig, before: Mapping[str, Any]) -> list[str]:
    """What was code before and has not been passed again, as the user would write it."""
    lacking = [
        f"tune_config=TuneConfig({name}=...) (before: {before[name]})"
        for name in CREATORS
        if before.get(name) and getattr(tune, name) is None
    ]
    stop = before.get("stop")
    if stop and "passed" in stop and run.stop is None:
        lacking.append(f"run_config=RunConfig(stop=...) (before: {stop['passed']})")
    return lacking
