"""`run` and `run_experiments`: Ray Tune's older way in, on top of `pegbox.Tuner`."""

from __future__ import annotations

import inspect
import logging
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from pegbox._run.checking import NotRun
from pegbox._run.folder import experiment_folder
from pegbox._store.reader import Reader
from pegbox.analysis import ExperimentAnalysis
from pegbox.argument_checks import flag, named_value, whole
from pegbox.configs import CheckpointConfig, FailureConfig, ResumeConfig, RunConfig, TuneConfig
from pegbox.errors import ConfigError, RunError
from pegbox.experiment import Experiment
from pegbox.nearest import did_you_mean
from pegbox.results import Result
from pegbox.text import shown
from pegbox.trainable import with_resources
from pegbox.tuner import ExecutorName, Tuner

__all__ = ["checkpoint_settings", "run", "run_experiments"]

_logger: Final = logging.getLogger("pegbox")

#: Arguments of `run` that belong to `TuneConfig` and to `RunConfig`.
_TUNE = (
    *("metric", "mode", "num_samples", "search_alg", "scheduler", "max_concurrent_trials"),
    *("time_budget_s", "reuse_actors", "trial_name_creator", "trial_dirname_creator", "seed"),
    *("chdir_to_trial_dir", "lookahead", "scalarization"),
    *("parameter_constraints", "outcome_constraints"),
)
_RUN = (
    *("name", "storage_path", "stop", "callbacks", "verbose", "progress_reporter"),
    *("log_to_file", "sync_config", "local_dir", "sync_period_s", "trial_time_limit_s"),
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
    warm_start: Any | None = None,
    **settings: Any,
) -> ExperimentAnalysis:
    """Run trials of a trainable; what `pegbox.Tuner` does, in one call with Ray Tune's arguments.

    Args:
        run_or_experiment: A function, a class, the name of one that was registered, or an
            `Experiment`, which then brings its own settings; others given beside it count more.
        config: As ``param_space`` of `pegbox.Tuner`.
        resources_per_trial: As ``resources`` of `pegbox.with_resources`.
        checkpoint_config: As in `pegbox.RunConfig`. ``keep_checkpoints_num``,
            ``checkpoint_score_attr`` (``"min-<name>"`` for the smallest), ``checkpoint_freq`` and
            ``checkpoint_at_end`` are its older names, taken with a warning.
        max_failures: As in `pegbox.FailureConfig`. ``fail_fast``: likewise. Where neither is
            given, ``resume`` keeps what was.
        resume: True goes on with the experiment of this name, ``"AUTO"`` too where there is one;
            with ``"+ERRORED"`` failed trials go on from their last checkpoint, with
            ``"+RESTART_ERRORED"`` from the start (``"AUTO+ERRORED"``); with ``"_ONLY"`` behind
            that, unfinished ones are left.
        resume_config: What becomes of each kind of trial, where ``resume`` goes on.
        raise_on_failed_trial: Whether trials that failed are raised at the end.
        client: As for `pegbox.Tuner`. ``executor``: likewise.
        warm_start: As for `pegbox.Tuner`; where ``resume`` goes on, what is stored counts.
        **settings: The arguments of `pegbox.TuneConfig` (``metric``, ``mode``, ``num_samples``,
            ``search_alg``, ``scheduler``, ``time_budget_s``, ...) and of `pegbox.RunConfig`
            (``name``, ``storage_path``, ``stop``, ``callbacks``, ``verbose``, ``log_to_file``,
            ...).

    Raises:
        ConfigError, MissingDependency, PluginError: As `pegbox.Tuner`; no trial was started.
        RunError: A trial failed (unless ``raise_on_failed_trial`` is False), or the run could
            not go on. What was found is kept.
    """
    own = {
        "config": config,
        "resources_per_trial": resources_per_trial,
        "checkpoint_config": checkpoint_config,
        "max_failures": max_failures,
        "fail_fast": fail_fast,
        "resume": resume,
        "resume_config": resume_config,
        "raise_on_failed_trial": raise_on_failed_trial,
        "keep_checkpoints_num": keep_checkpoints_num,
        "checkpoint_score_attr": checkpoint_score_attr,
        "checkpoint_freq": checkpoint_freq,
        "checkpoint_at_end": checkpoint_at_end,
        "client": client,
        "executor": executor,
        "warm_start": warm_start,
    }
    # What is as it comes does not replace what an Experiment says.
    stated = {name: value for name, value in own.items() if value is not _DEFAULTS[name]}
    (analysis,) = _run_all([_settle(run_or_experiment, {**stated, **settings})])
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
            experiments one after the other. One Ctrl-C, or ``fail_fast``, ends them all.
        **options: Arguments of `run` that count for all, e.g. ``scheduler``, ``verbose``,
            ``callbacks``, ``raise_on_failed_trial``.

    Returns:
        The trials of all, in their order.

    Raises:
        ConfigError: One is no experiment. Otherwise as `run`.
    """
    # All are settled before one begins, so that what is wrong with the last is known now.
    listed = _listed(experiments)
    _refuse_twice([experiment.path for experiment in listed])
    settled = [_settle(experiment, options) for experiment in listed]
    return [trial for analysis in _run_all(settled) for trial in analysis.trials]


@dataclass(frozen=True, slots=True)
class _Settled:
    """One experiment that can be run.

    Attributes:
        raises: Whether trials that failed are raised once all experiments have run.
    """

    name: str
    tuner: Tuner
    tune_config: TuneConfig
    raises: bool

    def run(self) -> ExperimentAnalysis:
        """Run it to its end."""
        results = self.tuner.fit()
        if isinstance(results, NotRun):
            return cast("ExperimentAnalysis", results)
        return ExperimentAnalysis(
            results.experiment_path,
            default_metric=_only(self.tune_config.metric),
            default_mode=_only(self.tune_config.mode),
        )


def _settle(
    run_or_experiment: str | Callable[..., Any] | type | Experiment, stated: Mapping[str, Any]
) -> _Settled:
    """Check everything about one experiment; nothing is started.

    Args:
        run_or_experiment: As for `run`.
        stated: Arguments of `run`, as far as the user gave them.
    """
    trainable: Any = run_or_experiment
    if isinstance(run_or_experiment, Experiment):
        trainable = run_or_experiment.run
        stated = {**run_or_experiment.settings, "name": run_or_experiment.name, **stated}
    _refuse_unknown(stated)
    options = {**_DEFAULTS, **stated}
    flag("run", "raise_on_failed_trial", options["raise_on_failed_trial"])
    config = options["config"]
    if config is not None and not isinstance(config, Mapping):
        raise ConfigError(
            f"run(config=...) must be a dict, got {shown(config)}",
            hint='Name each parameter: {"lr": loguniform(1e-4, 1e-1)}.',
        )
    tune_config = TuneConfig(**{name: stated[name] for name in _TUNE if name in stated})
    run_config = RunConfig(
        **{name: stated[name] for name in _RUN if name in stated},
        checkpoint_config=checkpoint_settings(
            options["checkpoint_config"],
            options["keep_checkpoints_num"],
            options["checkpoint_score_attr"],
            options["checkpoint_freq"],
            at_end=options["checkpoint_at_end"],
        ),
        failure_config=_failure_settings(stated),
    )
    if options["resources_per_trial"] is not None:
        trainable = with_resources(trainable, options["resources_per_trial"])
    shared: dict[str, Any] = {
        "param_space": config,
        "tune_config": tune_config,
        "run_config": run_config,
        "client": options["client"],
        "executor": options["executor"],
    }
    how = _how_to_resume(options["resume"], options["resume_config"], run_config)
    if how is None:
        tuner = Tuner(trainable, warm_start=options["warm_start"], **shared)
    else:
        folder = experiment_folder(run_config.storage_path, str(run_config.name))
        tuner = Tuner.restore(folder, trainable, resume_config=how, **shared)
    return _Settled(run_config.name or "", tuner, tune_config, options["raise_on_failed_trial"])


def _failure_settings(stated: Mapping[str, Any]) -> FailureConfig | None:
    """None where nothing was said: then a resume keeps what was."""
    said = {name: stated[name] for name in ("max_failures", "fail_fast") if name in stated}
    return FailureConfig(**said) if said else None


def _run_all(settled: Sequence[_Settled]) -> list[ExperimentAnalysis]:
    """Run one after the other; one Ctrl-C, or ``fail_fast``, ends them all.

    Raises:
        RunError: Trials failed.
    """
    done: list[ExperimentAnalysis] = []
    for each in settled:
        done.append(each.run())
        if isinstance(done[-1], NotRun):
            continue
        if left := [other.name for other in settled[len(done) :]]:
            with Reader(done[-1].experiment_path) as reader:
                last = reader.epochs[-1]
            if last.how == "interrupted":
                _logger.warning("not begun (%s): %s", last.reason, ", ".join(left))
                break
    failed = [
        one
        for each, one in zip(settled, done, strict=False)
        if each.raises and not isinstance(one, NotRun)
    ]
    _raise_failed(failed)
    return done


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


def _refuse_twice(paths: Sequence[str]) -> None:
    if twice := [path for path, count in Counter(paths).items() if count > 1]:
        raise ConfigError(
            f"run_experiments has two experiments for the folder {twice[0]}",
            hint="Give each a name of its own.",
        )


def _refuse_unknown(settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        if name in _REFUSED:
            if value is not None:
                raise ConfigError(f"run({name}=...) is not taken", hint=_REFUSED[name])
        elif name not in (*_TUNE, *_RUN, *_DEFAULTS):
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
    return did_you_mean(name, (*_TUNE, *_RUN, *_DEFAULTS), "help(pegbox.run) lists all of them.")


#: What the arguments that `run` names are where they are not given.
_DEFAULTS: Final = {
    name: parameter.default
    for name, parameter in inspect.signature(run).parameters.items()
    if parameter.default is not parameter.empty
}


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
    where, how = _resume_words(resume)
    if run_config.name is None:
        raise ConfigError(
            f"run(resume={resume!r}) needs the experiment's name",
            hint="Write run(..., name=...): the name of its folder.",
        )
    folder = experiment_folder(run_config.storage_path, run_config.name)
    if where == "AUTO" and not Tuner.can_restore(folder):
        return None
    return config or how


def _resume_words(resume: bool | str) -> tuple[str, ResumeConfig]:
    """Where the experiment must be, and what becomes of each kind of trial."""
    words = resume.upper() if isinstance(resume, str) else "LOCAL" if resume is True else ""
    where, plus, which = _OLDER_WORDS.get(words, words).partition("+")
    if where in _WHERE and (which in _WHICH if plus else True):
        return where, _WHICH.get(which, ResumeConfig())
    known = [*_WHERE, *(f"{where}+{which}" for where in _WHERE for which in _WHICH)]
    raise ConfigError(
        f"run(resume=...) must be True, False, or one of {', '.join(_WHERE)} with one of "
        f"{', '.join('+' + which for which in _WHICH)} behind it or none, got {shown(resume)}",
        hint=did_you_mean(words, known, "Write resume=True to go on."),
    )


_WHERE: Final = ("LOCAL", "AUTO")

_WHICH: Final = {
    "ERRORED": ResumeConfig(errored="resume"),
    "ERRORED_ONLY": ResumeConfig(unfinished="skip", errored="resume"),
    "RESTART_ERRORED": ResumeConfig(errored="restart"),
    "RESTART_ERRORED_ONLY": ResumeConfig(unfinished="skip", errored="restart"),
}

_OLDER_WORDS: Final = {"ERRORED_ONLY": "LOCAL+RESTART_ERRORED_ONLY"}


def _only(given: str | Sequence[str] | None) -> str | None:
    """None of several: no one of them says which trial is best."""
    if isinstance(given, str) or given is None:
        return given
    return given[0] if len(given) == 1 else None


def _raise_failed(analyses: Sequence[ExperimentAnalysis]) -> None:
    failed = [trial for each in analyses for trial in each.trials if trial.error is not None]
    if not failed:
        return
    folders = ", ".join(each.experiment_path for each in analyses)
    raise RunError(
        f"{len(failed)} of {sum(len(each.trials) for each in analyses)} trials failed",
        story=[f"{trial.trial_id}: {trial.error}" for trial in failed[:20]],
        hint=f"All results are in {folders}; raise_on_failed_trial=False returns them.",
    )
