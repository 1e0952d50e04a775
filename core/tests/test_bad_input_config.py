"""Wrong configurations, names, places and arguments of `run`: refused before anything begins."""

from __future__ import annotations

import datetime
import math

import numpy as np
import pytest
from bad_input import check_refused, train, tune
from pegbox import (
    CheckpointConfig,
    CLIReporter,
    Experiment,
    FailureConfig,
    ResumeConfig,
    SyncConfig,
    Tuner,
    run,
    run_experiments,
)

#: What is done -> the message; ``{...}`` is filled by `bad_input.filled`.
MISTAKES = {
    # ---- what counts
    "metric without mode": (
        lambda: tune(metric="loss"),
        'metric=\'loss\' was given without mode\n  Add mode="min" or mode="max".',
    ),
    "mode without metric": (
        lambda: tune(mode="min"),
        "mode='min' was given without metric\n  Name the metric too.",
    ),
    "mode misspelt": (
        lambda: tune(metric="loss", mode="maximum"),
        "mode must be \"min\" or \"max\", got 'maximum'\n  Did you mean 'max'?",
    ),
    "mode with a slip": (
        lambda: tune(metric="loss", mode="mim"),
        "mode must be \"min\" or \"max\", got 'mim'\n  Did you mean 'min'?",
    ),
    "mode of another language": (
        lambda: tune(metric="loss", mode="lowest"),
        'mode must be "min" or "max", got \'lowest\'\n'
        '  "min" looks for the least value, "max" for the greatest.',
    ),
    "mode is a number": (
        lambda: tune(metric="loss", mode=1),
        'mode must be "min" or "max", or a list of these, got 1\n'
        '  "min" looks for the least value, "max" for the greatest.',
    ),
    "metric is a number": (
        lambda: tune(metric=3, mode="max"),
        "metric must be the name of a reported value, or a list of names, got 3\n"
        '  Write e.g. metric="loss", as it is reported.',
    ),
    "metric is empty": (
        lambda: tune(metric="", mode="max"),
        "metric must be the name of a reported value, got ''\n"
        '  Write e.g. metric="loss", as it is reported.',
    ),
    "more metrics than modes": (
        lambda: tune(metric=["a", "b"], mode=["max"]),
        "metric and mode must be equally many, at least one, got metric=['a', 'b'] and "
        'mode=[\'max\']\n  Write e.g. metric=["loss", "size"] and mode=["min", "min"].',
    ),
    "no metrics": (
        lambda: tune(metric=[], mode=[]),
        "metric and mode must be equally many, at least one, got metric=[] and mode=[]\n"
        '  Write e.g. metric=["loss", "size"] and mode=["min", "min"].',
    ),
    "asha without a metric": (
        lambda: tune(scheduler="asha"),
        "ASHA needs a metric to rank trials, and none was given\n"
        '  Give metric= and mode= ("min" or "max") to the run or to the scheduler.',
    ),
    # ---- numbers
    "no samples": (
        lambda: tune(num_samples=0),
        "TuneConfig(num_samples=...) must be a whole number from 1, got 0\n"
        "  -1 goes on until the run is stopped.",
    ),
    "samples as text": (
        lambda: tune(num_samples="10"),
        "TuneConfig(num_samples=...) must be a whole number from 1, got '10'\n"
        "  Write num_samples=10, without quotes.",
    ),
    "half a sample": (
        lambda: tune(num_samples=1.5),
        "TuneConfig(num_samples=...) must be a whole number from 1, got 1.5\n"
        "  -1 goes on until the run is stopped.",
    ),
    "samples are True": (
        lambda: tune(num_samples=True),
        "TuneConfig(num_samples=...) must be a whole number from 1, got True\n"
        "  -1 goes on until the run is stopped.",
    ),
    "samples of numpy": (
        lambda: tune(num_samples=np.int64(5)),
        "TuneConfig(num_samples=...) must be a whole number from 1, got np.int64(5)\n"
        "  Write num_samples=int(...).",
    ),
    "samples beyond counting": (
        lambda: tune(num_samples=10**30),
        "TuneConfig(num_samples=...) must fit 64 bits, got a number of 100 bits\n"
        "  Write e.g. num_samples=1.",
    ),
    "none at once": (
        lambda: tune(max_concurrent_trials=0),
        "TuneConfig(max_concurrent_trials=...) must be a whole number from 1, got 0\n"
        "  Write e.g. max_concurrent_trials=1.",
    ),
    "behind": (
        lambda: tune(lookahead=-1),
        "TuneConfig(lookahead=...) must be a whole number from 0, got -1\n"
        "  Write e.g. lookahead=1.",
    ),
    "negative seed": (
        lambda: tune(seed=-1),
        "TuneConfig(seed=...) must be a whole number from 0, got -1\n  Write e.g. seed=1.",
    ),
    "seed as text": (
        lambda: tune(seed="42"),
        "TuneConfig(seed=...) must be a whole number from 0, got '42'\n"
        "  Write seed=42, without quotes.",
    ),
    "no time budget": (
        lambda: tune(time_budget_s=datetime.timedelta(0)),
        "TuneConfig(time_budget_s=...) must be a number above 0, got 0.0\n"
        "  Seconds, or a timedelta; leave it out for no bound.",
    ),
    "a time budget without bound": (
        lambda: tune(time_budget_s=math.inf),
        "TuneConfig(time_budget_s=...) must be a number above 0 and below 2**63, got inf\n"
        "  Seconds, or a timedelta; leave it out for no bound.",
    ),
    "time budget as text": (
        lambda: tune(time_budget_s="10m"),
        "TuneConfig(time_budget_s=...) must be a number above 0, got '10m'\n"
        "  Seconds, or a timedelta; leave it out for no bound.",
    ),
    "reuse_actors as text": (
        lambda: tune(reuse_actors="yes"),
        "TuneConfig(reuse_actors=...) must be True or False, got 'yes'\n"
        "  Write reuse_actors=True, or leave it out.",
    ),
    "trials' names as text": (
        lambda: tune(trial_name_creator="trial"),
        "TuneConfig(trial_name_creator=...) must be a function of the trial, got 'trial'\n"
        "  Write e.g. trial_name_creator=lambda trial: ...",
    ),
    "trials' folders as a number": (
        lambda: tune(trial_dirname_creator=3),
        "TuneConfig(trial_dirname_creator=...) must be a function of the trial, got 3\n"
        "  Write e.g. trial_dirname_creator=lambda trial: ...",
    ),
    "a folder in place of whether": (
        lambda: tune(chdir_to_trial_dir="/tmp"),
        "TuneConfig(chdir_to_trial_dir=...) must be True or False, got '/tmp'\n"
        "  Write chdir_to_trial_dir=True, or leave it out.",
    ),
    "no time for a trial": (
        lambda: tune(run={"trial_time_limit_s": 0}),
        "RunConfig(trial_time_limit_s=...) must be a number above 0, got 0\n"
        "  Leave it out for no bound.",
    ),
    "time for a trial as text": (
        lambda: tune(run={"trial_time_limit_s": "60"}),
        "RunConfig(trial_time_limit_s=...) must be a number above 0, got '60'\n"
        "  Write trial_time_limit_s=60, without quotes.",
    ),
    "a trial's time without bound": (
        lambda: tune(run={"trial_time_limit_s": math.inf}),
        "RunConfig(trial_time_limit_s=...) must be a number above 0 and below 2**63, got inf\n"
        "  Leave it out for no bound.",
    ),
    "failures below -1": (
        lambda: tune(run={"failure_config": FailureConfig(max_failures=-2)}),
        "FailureConfig(max_failures=...) must be a whole number from -1, got -2\n"
        "  -1 tries again without bound.",
    ),
    "failures as a number": (
        lambda: tune(run={"failure_config": 3}),
        "RunConfig(failure_config=...) must be a FailureConfig, got 3\n"
        "  Write failure_config=pegbox.FailureConfig(...).",
    ),
    "verbose as text": (
        lambda: tune(run={"verbose": "yes"}),
        "RunConfig(verbose=...) must be a whole number from 0, got 'yes'\n  Write e.g. verbose=1.",
    ),
    "failures as a dict": (
        lambda: tune(run={"failure_config": {"max_failures": 2}}),
        "RunConfig(failure_config=...) must be a FailureConfig, got {{'max_failures': 2}}\n"
        "  Write failure_config=pegbox.FailureConfig(...).",
    ),
    "fail_fast as text": (
        lambda: FailureConfig(fail_fast="yes"),
        "FailureConfig(fail_fast=...) must be True, False or \"raise\", got 'yes'\n"
        "  Write fail_fast=True to end the run with the first failure.",
    ),
    "fail_fast with tries": (
        lambda: FailureConfig(fail_fast=True, max_failures=2),
        "FailureConfig(fail_fast=True) ends the run with the first failure, and "
        "max_failures=2 tries again\n  Leave one of them out.",
    ),
    "verbose below 0": (
        lambda: tune(run={"verbose": -1}),
        "RunConfig(verbose=...) must be a whole number from 0, got -1\n  Write e.g. verbose=1.",
    ),
    "never a snapshot": (
        lambda: tune(run={"sync_period_s": 0}),
        "RunConfig(sync_period_s=...) must be a number above 0, got 0\n"
        "  Write e.g. sync_period_s=10.",
    ),
    "checkpoint_config as a dict": (
        lambda: tune(run={"checkpoint_config": {"num_to_keep": 2}}),
        "RunConfig(checkpoint_config=...) must be a CheckpointConfig, got {{'num_to_keep': 2}}\n"
        "  Write checkpoint_config=pegbox.CheckpointConfig(...).",
    ),
    "no checkpoint kept": (
        lambda: CheckpointConfig(num_to_keep=0),
        "CheckpointConfig(num_to_keep=...) must be a whole number from 1, got 0\n"
        "  None keeps all of them.",
    ),
    "checkpoints by a number": (
        lambda: CheckpointConfig(checkpoint_score_attribute=3),
        "CheckpointConfig(checkpoint_score_attribute=...) must be the name of a reported "
        'value, got 3\n  Write e.g. checkpoint_score_attribute="loss", as it is reported.',
    ),
    "checkpoints in odd order": (
        lambda: CheckpointConfig(checkpoint_score_order="best"),
        'CheckpointConfig(checkpoint_score_order=...) must be "max" or "min", got \'best\'\n'
        "  Write e.g. checkpoint_score_order='max'.",
    ),
    "checkpoints below never": (
        lambda: CheckpointConfig(checkpoint_frequency=-1),
        "CheckpointConfig(checkpoint_frequency=...) must be a whole number from 0, got -1\n"
        "  0 is never.",
    ),
    "checkpoint at an odd end": (
        lambda: CheckpointConfig(checkpoint_at_end="yes"),
        "CheckpointConfig(checkpoint_at_end=...) must be True or False, got 'yes'\n"
        "  Write checkpoint_at_end=True, or leave it out.",
    ),
    "resume with a slip": (
        lambda: ResumeConfig(errored="resumee"),
        'ResumeConfig(errored=...) must be "resume", "restart" or "skip", got \'resumee\'\n'
        "  Did you mean errored='resume'?",
    ),
    "resume of True": (
        lambda: ResumeConfig(unfinished=True),
        'ResumeConfig(unfinished=...) must be "resume", "restart" or "skip", got True\n'
        "  Write e.g. unfinished='resume'.",
    ),
    "sync period as text": (
        lambda: SyncConfig(sync_period="often"),
        "SyncConfig(sync_period=...) must be a number above 0, got 'often'\n"
        "  Write e.g. sync_period=10.",
    ),
    "sync_config as a dict": (
        lambda: tune(run={"sync_config": {"sync_period": 5}}),
        "RunConfig(sync_config=...) must be a SyncConfig, got {{'sync_period': 5}}\n"
        "  Write sync_config=pegbox.SyncConfig(...).",
    ),
    # ---- the view
    "reporter is a class": (
        lambda: tune(run={"progress_reporter": CLIReporter}),
        "RunConfig(progress_reporter=...) must be a reporter, got <class "
        "'pegbox.builtin.progress.reporters.CLIReporter'>\n"
        "  Pass a pegbox.CLIReporter(...), or an object of a class that is derived from "
        "pegbox.ProgressReporter.",
    ),
    "reporter is a name": (
        lambda: tune(run={"progress_reporter": "cli"}),
        "RunConfig(progress_reporter=...) must be a reporter, got 'cli'\n"
        "  Pass a pegbox.CLIReporter(...), or an object of a class that is derived from "
        "pegbox.ProgressReporter.",
    ),
    "columns as text": (
        lambda: CLIReporter(metric_columns="loss"),
        "CLIReporter(metric_columns=...) must be a list of names, or a dict of names and "
        "heads, got 'loss'\n"
        '  Write e.g. metric_columns=["lr"], or metric_columns={{"lr": "learning rate"}}.',
    ),
    "columns of numbers": (
        lambda: CLIReporter(parameter_columns=[1]),
        "CLIReporter(parameter_columns=...) must be of names, which are texts, got [1]\n"
        '  Write e.g. parameter_columns=["lr"], or parameter_columns={{"lr": "learning rate"}}.',
    ),
    "rows below none": (
        lambda: CLIReporter(max_progress_rows=-1),
        "CLIReporter(max_progress_rows=...) must be a whole number from 0, got -1\n"
        "  Write e.g. max_progress_rows=1.",
    ),
    "reports without pause": (
        lambda: CLIReporter(max_report_frequency=0),
        "CLIReporter(max_report_frequency=...) must be a number above 0, got 0\n"
        "  It is in seconds.",
    ),
    "log file elsewhere": (
        lambda: tune(run={"log_to_file": "../out"}),
        "RunConfig(log_to_file=...) must be True, False, a file's name or two, got '../out'\n"
        '  The names are plain, as in ("out.txt", "err.txt"): the files lie in the trial\'s '
        "folder.",
    ),
    "three log files": (
        lambda: tune(run={"log_to_file": ("a", "b", "c")}),
        "RunConfig(log_to_file=...) must be True, False, a file's name or two, got ('a', "
        "'b', 'c')\n"
        '  The names are plain, as in ("out.txt", "err.txt"): the files lie in the trial\'s '
        "folder.",
    ),
    # ---- names and places
    "experiment called '../x'": (
        lambda: tune(run={"name": "../x"}),
        "RunConfig(name=...) must be a plain folder name, got '../x'\n"
        "  Use up to 100 letters, digits, blanks and any of ._=+,@- and begin with a letter "
        "or digit; the folder it lies in is storage_path.",
    ),
    "experiment called '..'": (
        lambda: tune(run={"name": ".."}),
        "RunConfig(name=...) must be a plain folder name, got '..'\n"
        "  Use up to 100 letters, digits, blanks and any of ._=+,@- and begin with a letter "
        "or digit; the folder it lies in is storage_path.",
    ),
    "experiment called 'a/b'": (
        lambda: tune(run={"name": "a/b"}),
        "RunConfig(name=...) must be a plain folder name, got 'a/b'\n"
        "  Use up to 100 letters, digits, blanks and any of ._=+,@- and begin with a letter "
        "or digit; the folder it lies in is storage_path.",
    ),
    "experiment called 'a\\\\b'": (
        lambda: tune(run={"name": "a\\b"}),
        "RunConfig(name=...) must be a plain folder name, got 'a\\\\b'\n"
        "  Use up to 100 letters, digits, blanks and any of ._=+,@- and begin with a letter "
        "or digit; the folder it lies in is storage_path.",
    ),
    "experiment called ''": (
        lambda: tune(run={"name": ""}),
        "RunConfig(name=...) must be a plain folder name, got ''\n"
        "  Use up to 100 letters, digits, blanks and any of ._=+,@- and begin with a letter "
        "or digit; the folder it lies in is storage_path.",
    ),
    "experiment called '.hidden'": (
        lambda: tune(run={"name": ".hidden"}),
        "RunConfig(name=...) must be a plain folder name, got '.hidden'\n"
        "  Use up to 100 letters, digits, blanks and any of ._=+,@- and begin with a letter "
        "or digit; the folder it lies in is storage_path.",
    ),
    "experiment called 'x.'": (
        lambda: tune(run={"name": "x."}),
        "RunConfig(name=...) must be a plain folder name, got 'x.'\n"
        "  Use up to 100 letters, digits, blanks and any of ._=+,@- and begin with a letter "
        "or digit; the folder it lies in is storage_path.",
    ),
    "experiment called 5": (
        lambda: tune(run={"name": 5}),
        "RunConfig(name=...) must be a plain folder name, got 5\n"
        "  Use up to 100 letters, digits, blanks and any of ._=+,@- and begin with a letter "
        "or digit; the folder it lies in is storage_path.",
    ),
    "experiment called con": (
        lambda: tune(run={"name": "con"}),
        "RunConfig(name='con') is a name that Windows keeps for itself\n"
        "  Choose another one: an experiment's folder can be copied anywhere.",
    ),
    "storage is a URI": (
        lambda: tune(run={"storage_path": "s3://bucket/x"}),
        "RunConfig(storage_path=...) must be a folder so far, got the URI 's3://bucket/x'\n"
        "  Use a folder on a local disk, or one that all workers share.",
    ),
    "storage is a number": (
        lambda: tune(run={"storage_path": 5}),
        "RunConfig(storage_path=...) must be a folder, got 5\n"
        '  Write its path, e.g. "~/pegbox_results"; "." is the current folder.',
    ),
    "storage is empty": (
        lambda: tune(run={"storage_path": ""}),
        "RunConfig(storage_path=...) must be a folder, got ''\n"
        '  Write its path, e.g. "~/pegbox_results"; "." is the current folder.',
    ),
    "storage of nobody": (
        lambda: tune(run={"storage_path": "~nobody_at_all/x"}),
        "RunConfig(storage_path=...) must be a folder, got '~nobody_at_all/x', and there is "
        "no such user\n  Write the folder's whole path.",
    ),
    "storage under two names": (
        lambda: tune(run={"storage_path": "a", "local_dir": "b"}),
        "RunConfig has storage_path='a' and local_dir='b', which are one setting\n"
        "  Leave local_dir out.",
    ),
    "storage by a file system": (
        lambda: tune(run={"storage_filesystem": "s3"}),
        "RunConfig(storage_filesystem=...) is not supported, got 's3'\n"
        "  storage_path says where experiments lie: a folder on a local disk, or one that "
        "all workers share.",
    ),
    # ---- the tuner's own arguments
    "executor unknown": (
        lambda: Tuner(train, executor="ray"),
        'executor must be "dask" or "inline", got \'ray\'\n'
        '  "inline" runs one trial after another in this thread, for debugging.',
    ),
    "client is an address": (
        lambda: Tuner(train, client="tcp://10.0.0.1:8786"),
        "client must be a distributed.Client, got str\n"
        "  Connect one with Client(address), or leave it out to use this machine.",
    ),
    "tune_config is a dict": (
        lambda: Tuner(train, tune_config={"metric": "loss"}),
        "tune_config must be a TuneConfig, got {{'metric': 'loss'}}\n"
        "  Write tune_config=pegbox.TuneConfig(...).",
    ),
    "run_config is a dict": (
        lambda: Tuner(train, run_config={"name": "x"}),
        "run_config must be a RunConfig, got {{'name': 'x'}}\n"
        "  Write run_config=pegbox.RunConfig(...).",
    ),
    # ---- run, and run_experiments
    "argument misspelt": (
        lambda: run(train, num_sample=3),
        "run() has no argument 'num_sample'\n  Did you mean 'num_samples'?",
    ),
    "argument of Ray Tune's that has no place": (
        lambda: run(train, export_formats=["onnx"]),
        "run(export_formats=...) is not taken\n"
        "  Write the model into a checkpoint, or export it from the best one after the run.",
    ),
    "config is a number": (
        lambda: run(train, config=5),
        "run(config=...) must be a dict, got 5\n"
        '  Name each parameter: {{"lr": loguniform(1e-4, 1e-1)}}.',
    ),
    "resources as a number": (
        lambda: run(train, resources_per_trial=4),
        "with_resources(resources=...) must be a dict of amounts, got int\n"
        '  Write e.g. {{"cpu": 2, "gpu": 0.5}}, or a function of the config that gives one.',
    ),
    "resume misspelt": (
        lambda: run(train, resume="AUTOO", name="x"),
        "run(resume=...) must be True, False, or one of LOCAL, AUTO with one of +ERRORED, "
        "+ERRORED_ONLY, +RESTART_ERRORED, +RESTART_ERRORED_ONLY behind it or none, got "
        "'AUTOO'\n  Did you mean 'AUTO'?",
    ),
    "resume by asking": (
        lambda: run(train, resume="PROMPT", name="x"),
        "run(resume=...) must be True, False, or one of LOCAL, AUTO with one of +ERRORED, "
        "+ERRORED_ONLY, +RESTART_ERRORED, +RESTART_ERRORED_ONLY behind it or none, got "
        "'PROMPT'\n  Write resume=True to go on.",
    ),
    "resume of nothing": (
        lambda: run(train, resume=True),
        "run(resume=True) needs the experiment's name\n"
        "  Write run(..., name=...): the name of its folder.",
    ),
    "resume_config alone": (
        lambda: run(train, resume_config=ResumeConfig()),
        "run(resume_config=...) needs resume=True beside it\n"
        "  It says what becomes of each kind of trial of an experiment that goes on.",
    ),
    "checkpoints said twice": (
        lambda: run(train, checkpoint_config=CheckpointConfig(), keep_checkpoints_num=3),
        "run(checkpoint_config=...) leaves no place for num_to_keep under older names\n"
        "  Write them into the CheckpointConfig.",
    ),
    "no checkpoint kept, under an older name": (
        lambda: run(train, keep_checkpoints_num=0),
        "run(keep_checkpoints_num=...) must be a whole number from 1, got 0\n"
        "  None keeps all of them.",
    ),
    "checkpoints by a number, under an older name": (
        lambda: run(train, checkpoint_score_attr=3),
        "run(checkpoint_score_attr=...) must be the name of a reported value, got 3\n"
        '  Write e.g. checkpoint_score_attr="loss", as it is reported.',
    ),
    "checkpoints often": (
        lambda: run(train, checkpoint_freq="often"),
        "run(checkpoint_freq=...) must be a whole number from 0, got 'often'\n  0 is never.",
    ),
    "trainable by an unknown name": (
        lambda: run("trian"),
        "no trainable is registered as 'trian'; registered: none\n"
        "  Pass the function or class itself, or call register_trainable('trian', ...) first.",
    ),
    "experiments are a number": (
        lambda: run_experiments(5),
        "run_experiments takes Experiments, or dicts of name and settings, got 5\n"
        '  Write run_experiments({{"name": {{"run": trainable, "config": {{...}}}}}}).',
    ),
    "experiment is a number": (
        lambda: run_experiments({"one": 5}),
        "experiment 'one' must be a dict with 'run' in it, got 5\n"
        '  Write {{"run": trainable, "config": {{...}}, "stop": {{...}}}}.',
    ),
    "experiment without run": (
        lambda: run_experiments({"one": {"config": {}}}),
        "experiment 'one' must be a dict with 'run' in it, got {{'config': {{}}}}\n"
        '  Write {{"run": trainable, "config": {{...}}, "stop": {{...}}}}.',
    ),
    "experiment that climbs out": (
        lambda: Experiment("../x", train),
        "RunConfig(name=...) must be a plain folder name, got '../x'\n"
        "  Use up to 100 letters, digits, blanks and any of ._=+,@- and begin with a letter "
        "or digit; the folder it lies in is storage_path.",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_refused_in_words_that_help(mistake, tmp_path, monkeypatch):
    check_refused(*MISTAKES[mistake], __name__, tmp_path, monkeypatch)
