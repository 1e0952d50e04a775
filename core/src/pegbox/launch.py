"""`run` and `run_experiments`: Ray Tune's older way in, on top of `pegbox.Tuner`."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pegbox._run.folder import experiment_folder
from pegbox.analysis import ExperimentAnalysis
from pegbox.argument_checks import flag, named_value, whole
from pegbox.configs import CheckpointConfig, FailureConfig, ResumeConfig, RunConfig, TuneConfig
from pegbox.errors import ConfigError, RunError
from pegbox.experiment import Experiment
from pegbox.results import Result
from pegbox.text import shown
from pegbox.trainable import with_resources
from pegbox.tuner import ExecutorName, Tuner

__all__ = ["checkpoint_settings", "run", "run_experiments"]

#: Arguments of `run` that belong to `TuneConfig` and to `RunConfig`.
_TUNE = (
    *("metric", "mode", "num_samples", "search_alg", "scheduler", "max_concurrent_trials"),
    *("time_budget_s", "reuse_actors", "trial_name_creator", "trial_dirname_creator", "seed"),
    "chdir_to_trial_dir",
)
_RUN = (
    *("name", "storage_path", "stop", "callbacks", "verbose", "progress_reporter"),
    *("log_to_file", "sync_config", "local_dir", "sync_period_s"),
)


def run(
    run_or_experiment: str | Callable[..., Any] | type | Experiment,
    *,
    config: Mapping[str, Any] | None = None,
    resources_per_trial: Any | None = None,
    checkpoint_config: CheckpointConfig | None = None,
    max_failures: int = 0,
    fail_fast: Any = False,
    resume: bool | str | None = None,
    resume_config: ResumeConfig | None = None,
    raise_on_failed_trial: bool = True,
    keep_checkpoints_num: int | None = None,
    checkpoint_score_attr: str | None = None,
    checkpoint_freq: int = 0,
    checkpoint_at_end: bool = False,
    client: Any | None = None,
    executor: ExecutorName = "dask",
    **settings: Any,
) -> ExperimentAnalysis:
    """Run trials of a trainable; what `pegbox.Tuner` does, in one call with Ray Tune's arguments.

    Args:
        run_or_experiment: A function, a class, the name of one that was registered, or an
            `Experiment`, which then brings its own settings.
        config: As ``param_space`` of `pegbox.Tuner`.
        resources_per_trial: As ``resources`` of `pegbox.with_resources`.
        checkpoint_config: As in `pegbox.RunConfig`. ``keep_checkpoints_num``,
            ``checkpoint_score_attr`` (``"min-<name>"`` for the smallest), ``checkpoint_freq`` and
            ``checkpoint_at_end`` are its older names, taken with a warning.
        max_failures: As in `pegbox.FailureConfig`. ``fail_fast``: likewise.
        resume: True goes on with the experiment of this name, ``"AUTO"`` too where there is one;
            with ``"+ERRORED"`` failed trials go on from their last checkpoint, with
            ``"+RESTART_ERRORED"`` from the start (``"AUTO+ERRORED"``; ``"ERRORED_ONLY"`` leaves
            unfinished ones).
        resume_config: What becomes of each kind of trial, where ``resume`` goes on.
        raise_on_failed_trial: Whether trials that failed are raised at the end.
        client: As for `pegbox.Tuner`. ``executor``: likewise.
        **settings: The arguments of `pegbox.TuneConfig` (``metric``, ``mode``, ``num_samples``,
            ``search_alg``, ``scheduler``, ``time_budget_s``, ...) and of `pegbox.RunConfig`
            (``name``, ``storage_path``, ``stop``, ``callbacks``, ``verbose``, ``log_to_file``,
            ...).

    Raises:
        ConfigError, MissingDependency, PluginError: As `pegbox.Tuner`; no trial was started.
        RunError: A trial failed (unless ``raise_on_failed_trial`` is False), or the run could
            not go on. What was found is kept.
    """
    if isinstance(run_or_experiment, Experiment):
        options = {**run_or_experiment.settings, "name": run_or_experiment.name, **settings}
        return run(
            run_or_experiment.run,
            resume=resume,
            resume_config=resume_config,
            raise_on_failed_trial=raise_on_failed_trial,
            client=client,
            executor=executor,
            **options,
        )
    _refuse_unknown(settings)
    if config is not None and not isinstance(config, Mapping):
        raise ConfigError(
            f"run(config=...) must be a dict, got {shown(config)}",
            hint='Name each parameter: {"lr": loguniform(1e-4, 1e-1)}.',
        )
    checkpoints = checkpoint_settings(
        checkpoint_config,
        keep_checkpoints_num,
        checkpoint_score_attr,
        checkpoint_freq,
        at_end=checkpoint_at_end,
    )
    tune_config = TuneConfig(**{name: settings[name] for name in _TUNE if name in settings})
    run_config = RunConfig(
        **{name: settings[name] for name in _RUN if name in settings},
        checkpoint_config=checkpoints,
        failure_config=FailureConfig(max_failures=max_failures, fail_fast=fail_fast),
    )
    trainable: Any = run_or_experiment
    if resources_per_trial is not None:
        trainable = with_resources(trainable, resources_per_trial)
    shared: dict[str, Any] = {
        "param_space": config,
        "tune_config": tune_config,
        "run_config": run_config,
        "client": client,
        "executor": executor,
    }
    how = _how_to_resume(resume, resume_config, run_config)
    if how is None:
        tuner = Tuner(trainable, **shared)
    else:
        folder = experiment_folder(run_config.storage_path, str(run_config.name))
        tuner = Tuner.restore(folder, trainable, resume_config=how, **shared)
    results = tuner.fit()
    analysis = ExperimentAnalysis(
        results.experiment_path,
        default_metric=_first(tune_config.metric),
        default_mode=_first(tune_config.mode),
    )
    if raise_on_failed_trial and results.num_errors:
        raise _failed(analysis, results.num_errors)
    return analysis


def run_experiments(
    experiments: Experiment | Mapping[str, Any] | Sequence[Experiment | Mapping[str, Any]],
    *,
    concurrent: bool = True,
    **options: Any,
) -> list[Result]:
    """Run several experiments; each has all workers to itself while it runs.

    Args:
        experiments: An `Experiment`, several, or Ray Tune's dicts of name -> settings.
        concurrent: Taken for Ray Tune's sake: trials run beside each other either way, and
            experiments one after the other.
        **options: Arguments of `run` that count for all, e.g. ``scheduler``, ``verbose``,
            ``callbacks``, ``raise_on_failed_trial``.

    Returns:
        The trials of all, in their order.

    Raises:
        ConfigError: One is no experiment. Otherwise as `run`.
    """
    return [
        trial for experiment in _listed(experiments) for trial in run(experiment, **options).trials
    ]


def _listed(given: Any) -> list[Experiment]:
    if isinstance(given, Experiment):
        return [given]
    if isinstance(given, Mapping):
        return [Experiment.from_json(name, spec) for name, spec in given.items()]
    if isinstance(given, Sequence) and not isinstance(given, str):
        return [one for each in given for one in _listed(each)]
    raise ConfigError(
        f"run_experiments takes Experiments, or dicts of name and settings, got {shown(given)}",
        hint='Write run_experiments({"name": {"run": trainable, "config": {...}}}).',
    )


def _refuse_unknown(settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        if name in _REFUSED:
            if value is not None:
                raise ConfigError(f"run({name}=...) is not taken", hint=_REFUSED[name])
        elif name not in (*_TUNE, *_RUN):
            raise ConfigError(
                f"run() has no argument {name!r}",
                hint=_nearest(name),
            )


_REFUSED = {
    "storage_filesystem": "storage_path says where experiments lie.",
    "export_formats": "Write the model into a checkpoint, or export it from the best one after "
    "the run.",
    "restore": "Start from a checkpoint by loading it in the trainable, or go on with the whole "
    "experiment by resume=True.",
}


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, (*_TUNE, *_RUN, *_OWN), n=1)
    return f"Did you mean {near[0]!r}?" if near else "help(pegbox.run) lists all of them."


_OWN = (
    *("config", "resources_per_trial", "checkpoint_config", "max_failures", "fail_fast"),
    *("resume", "resume_config", "raise_on_failed_trial", "client", "executor"),
)


def checkpoint_settings(
    config: CheckpointConfig | None,
    keep: int | None,
    score: str | None,
    freq: int,
    *,
    at_end: bool,
) -> CheckpointConfig | None:
    """The configuration, also where it was written by its older names, which are warned of.

    Raises:
        ConfigError: It was written by both.
    """
    whole("run", "checkpoint_freq", freq, 0, "0 is never.")
    flag("run", "checkpoint_at_end", at_end)
    older: dict[str, Any] = {}
    if keep is not None:
        whole("run", "keep_checkpoints_num", keep, 1, "None keeps all of them.")
        older["num_to_keep"] = keep
    if score is not None:
        named_value("run", "checkpoint_score_attr", score)
        order, _, name = score.rpartition("-") if score[:4] in ("min-", "max-") else ("", "", score)
        older["checkpoint_score_attribute"] = name
        older["checkpoint_score_order"] = order or "max"
    if freq:
        older["checkpoint_frequency"] = freq
    if at_end:
        older["checkpoint_at_end"] = at_end
    if not older:
        return config
    if config is not None:
        raise ConfigError(
            f"run(checkpoint_config=...) leaves no place for {', '.join(older)} under older names",
            hint="Write them into the CheckpointConfig.",
        )
    written = ", ".join(f"{name}={value!r}" for name, value in older.items())
    warnings.warn(
        f"write run(checkpoint_config=CheckpointConfig({written}))", FutureWarning, stacklevel=3
    )
    return CheckpointConfig(**older)


def _how_to_resume(
    resume: bool | str | None, config: ResumeConfig | None, run_config: RunConfig
) -> ResumeConfig | None:
    """What becomes of each kind of trial; None for a fresh run."""
    if resume is None or resume is False:
        if config is not None:
            raise ConfigError(
                "run(resume_config=...) needs resume=True beside it",
                hint="It says what becomes of each kind of trial of an experiment that goes on.",
            )
        return None
    words = resume.upper() if isinstance(resume, str) else "LOCAL" if resume is True else ""
    if words not in _RESUME_WORDS:
        near = difflib.get_close_matches(words, _RESUME_WORDS, n=1)
        raise ConfigError(
            f"run(resume=...) must be True, False or one of {', '.join(_RESUME_WORDS)}, "
            f"got {shown(resume)}",
            hint=f"Did you mean {near[0]!r}?" if near else "Write resume=True to go on.",
        )
    if run_config.name is None:
        raise ConfigError(
            f"run(resume={resume!r}) needs the experiment's name",
            hint="Write run(..., name=...): the name of its folder.",
        )
    folder = experiment_folder(run_config.storage_path, run_config.name)
    if words.startswith("AUTO") and not Tuner.can_restore(folder):
        return None
    return config or _RESUME_WORDS[words]


_RESUME_WORDS = {
    "LOCAL": ResumeConfig(),
    "LOCAL+ERRORED": ResumeConfig(errored="resume"),
    "LOCAL+RESTART_ERRORED": ResumeConfig(errored="restart"),
    "ERRORED_ONLY": ResumeConfig(unfinished="skip", errored="resume"),
    "AUTO": ResumeConfig(),
    "AUTO+ERRORED": ResumeConfig(errored="resume"),
    "AUTO+RESTART_ERRORED": ResumeConfig(errored="restart"),
}


def _first(given: str | Sequence[str] | None) -> str | None:
    return given if isinstance(given, str) or given is None else given[0]


def _failed(analysis: ExperimentAnalysis, count: int) -> RunError:
    failed = [trial for trial in analysis.trials if trial.error is not None]
    return RunError(
        f"{count} of {len(analysis.trials)} trials failed",
        story=[f"{trial.trial_id}: {trial.error}" for trial in failed[:20]],
        hint=f"All results are in {analysis.experiment_path}; raise_on_failed_trial=False "
        "returns them.",
    )
