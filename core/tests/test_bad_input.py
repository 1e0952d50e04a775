"""Wrong input is refused before anything is started, in words that help; each is compared whole.

Look at a message as somebody who has just made that mistake: does it name what is wrong, what
came, and what would do?
"""

from __future__ import annotations

import os
import threading
from importlib.metadata import version
from pathlib import Path

import pegbox
import psutil
import pytest
from pegbox import (
    Callback,
    CheckpointConfig,
    FailureConfig,
    PegboxError,
    PlacementGroupFactory,
    ResultGrid,
    RunConfig,
    Searcher,
    TuneConfig,
    Tuner,
    choice,
    grid_search,
    loguniform,
    randint,
    sample_from,
    uniform,
    with_parameters,
    with_resources,
)
from pegbox._plugins.catalog import Catalog
from pegbox._plugins.nearest import listed
from pegbox._store.writer import Store
from pegbox.builtin.asha import ASHAScheduler
from pegbox.builtin.random_search import RandomSearch
from pegbox.executors.dask.cores import usable_cores
from tuning import fit, restore

SPACE = {"x": uniform(0, 1)}
LOSS = {"metric": "loss", "mode": "min"}
FOLDER_NAMES = (
    "Use up to 100 letters, digits, blanks and any of ._=+,@- and begin with a letter or digit; "
    "the folder it lies in is storage_path."
)
ON_DISK = "Use a folder on a local disk, or one that all workers share."
UNTIL_STOPPED = "-1 goes on until the run is stopped."
ASHA_TAKES = (
    "It takes time_attr, metric, mode, max_t, grace_period, reduction_factor, brackets, "
    "stop_last_trials."
)
CALLBACK_METHODS = (
    "setup, on_step_begin, on_step_end, on_trial_start, on_trial_restore, on_trial_result, "
    "on_trial_complete, on_trial_error, on_trial_recover, on_trial_save, on_checkpoint, "
    "on_experiment_end, get_state, set_state"
)
SEARCHER_METHODS = (
    "setup, suggest, on_trial_result, on_trial_complete, observe, added_config, get_state, "
    "set_state"
)


def train(config):
    return {"loss": 0.0}


def without_config():
    pass


def with_two(config, more):
    pass


def generator(config):
    yield {}


async def coroutine(config):
    pass


class Trainable:
    pass


class WithoutStep(pegbox.Trainable):
    pass


class Stepping(pegbox.Trainable):
    def step(self):
        return {"loss": 0.0}


def holding_a_lock():
    lock = threading.Lock()

    def train(config):
        return {"loss": float(lock.locked())}

    return train


class MisspeltCallback(Callback):
    def on_trial_resul(self, trial):
        pass


class MisspeltSearcher(RandomSearch):
    def on_trial_completed(self, trial_id):
        pass


class NoSuggest(Searcher):
    pass


class WrongArgument(Searcher):
    def suggest(self, trial):
        pass


class Refuses(Searcher):
    def setup(self, space):
        raise ValueError("not today")

    def suggest(self):
        pass


def tune(trainable=train, *, space=SPACE, run=None, **options):
    """A tuner, and its fit where it gets so far."""
    run = {"verbose": 0, **(run or {})}
    Tuner(
        trainable,
        param_space=space,
        tune_config=TuneConfig(**options),
        run_config=RunConfig(**run),
        executor="inline",
    ).fit()


def on_dask(trainable):
    Tuner(trainable, param_space=SPACE, run_config=RunConfig(verbose=0)).fit()


#: What is done -> the message. ``{cores}``, ``{searchers}``, ``{pegbox}`` and ``{me}`` are filled.
MISTAKES = {
    # ---- names and options of plugins
    "searcher misspelt": (
        lambda: tune(search_alg="rando", **LOSS),
        "no searcher is called 'rando'\n  Did you mean \"random\"? Installed: {searchers}.",
    ),
    "searcher unknown": (
        lambda: tune(search_alg="zzz", **LOSS),
        "no searcher is called 'zzz'\n  Installed: {searchers}.",
    ),
    "searcher not installed": (
        lambda: tune(search_alg="hyperopt", **LOSS),
        "no searcher is called 'hyperopt'\n  Installed: {searchers}. "
        "`pip install pegbox-hyperopt` brings 'hyperopt'.",
    ),
    "scheduler misspelt": (
        lambda: tune(scheduler="ashaa", **LOSS),
        "no scheduler is called 'ashaa'\n"
        '  Did you mean "asha"? Installed: asha, async_hyperband, asynchyperband, fifo.',
    ),
    "callback misspelt": (
        lambda: tune(run={"callbacks": ["progres"]}),
        "no callback is called 'progres'\n"
        '  Did you mean "progress"? Installed: csv, json, progress.',
    ),
    "option misspelt": (
        lambda: tune(scheduler=("asha", {"max_tt": 5}), **LOSS),
        "scheduler asha (pegbox {pegbox}) has no argument 'max_tt'\n"
        f'  Did you mean "max_t"? {ASHA_TAKES}',
    ),
    "option out of range": (
        lambda: tune(scheduler=("asha", {"max_t": -1}), **LOSS),
        "max_t must be a number above 0, got -1",
    ),
    "options that contradict each other": (
        lambda: tune(scheduler=("asha", {"max_t": 3, "grace_period": 5}), **LOSS),
        "max_t must not be below grace_period, got max_t=3 and grace_period=5",
    ),
    "name without options in a tuple": (
        lambda: tune(search_alg=("random",), **LOSS),
        "search_alg=('random',) must be a name and a dict of options\n"
        '  Write e.g. search_alg=("random", {{...}}).',
    ),
    # ---- objects of plugins
    "searcher is a class": (
        lambda: tune(search_alg=RandomSearch, **LOSS),
        "search_alg=RandomSearch is a class, not an object\n  Write search_alg=RandomSearch().",
    ),
    "scheduler is a class": (
        lambda: tune(scheduler=ASHAScheduler, **LOSS),
        "scheduler=AsyncHyperBandScheduler is a class, not an object\n"
        "  Write scheduler=AsyncHyperBandScheduler().",
    ),
    "callback is a class": (
        lambda: tune(run={"callbacks": [Callback]}),
        "callbacks has the class Callback, not an object\n  Write callbacks=[Callback()].",
    ),
    "searcher is a dict": (
        lambda: tune(search_alg={"name": "random"}, **LOSS),
        "search_alg={{'name': 'random'}} is no searcher\n"
        "  Give the name of a searcher, a name with options as a tuple, or an object.",
    ),
    "scheduler is a number": (
        lambda: tune(scheduler=5, **LOSS),
        "scheduler=5 is no scheduler\n"
        "  Give the name of a scheduler, a name with options as a tuple, or an object.",
    ),
    "callback is a function": (
        lambda: tune(run={"callbacks": [print]}),
        "callbacks has <built-in function print>, which is no callback\n"
        "  Give the name of a callback or an object.",
    ),
    "callbacks are no list": (
        lambda: tune(run={"callbacks": "progress"}),
        "RunConfig(callbacks=...) must be a list, got 'progress'\n"
        "  Write callbacks=[...], with objects or names in it.",
    ),
    "scheduler as searcher": (
        lambda: tune(search_alg=ASHAScheduler(), **LOSS),
        "search_alg has the scheduler AsyncHyperBandScheduler, and takes a searcher\n"
        "  Pass it as scheduler.",
    ),
    "searcher as scheduler": (
        lambda: tune(scheduler=RandomSearch(), **LOSS),
        "scheduler has the searcher RandomSearch, and takes a scheduler\n  Pass it as search_alg.",
    ),
    "callback with a misspelt method": (
        lambda: tune(run={"callbacks": [MisspeltCallback()]}),
        "callback MisspeltCallback ({me}.MisspeltCallback): MisspeltCallback.on_trial_resul is no "
        f'callback hook\n  Did you mean "on_trial_result"? Known: {CALLBACK_METHODS}. '
        "A helper of its own needs another name, or a leading underscore.",
    ),
    "searcher with a misspelt method": (
        lambda: tune(search_alg=MisspeltSearcher(), **LOSS),
        "searcher MisspeltSearcher ({me}.MisspeltSearcher): MisspeltSearcher.on_trial_completed "
        f'is no searcher hook\n  Did you mean "on_trial_complete"? Known: {SEARCHER_METHODS}. '
        "A helper of its own needs another name, or a leading underscore.",
    ),
    "searcher without suggest": (
        lambda: tune(search_alg=NoSuggest(), **LOSS),
        "searcher NoSuggest ({me}.NoSuggest) lacks suggest\n  A searcher has the methods suggest.",
    ),
    "searcher with an unknown argument": (
        lambda: tune(search_alg=WrongArgument(), **LOSS),
        "searcher WrongArgument ({me}.WrongArgument): WrongArgument.suggest has the unknown "
        "argument 'trial'\n  Did you mean \"trial_id\"? searcher_suggest has the arguments "
        "trial_id, pending, ask, seed.",
    ),
    "searcher that refuses its setup": (
        lambda: tune(search_alg=Refuses(), **LOSS),
        "searcher Refuses ({me}.Refuses) raised in setup: ValueError: not today",
    ),
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
        'mode must be "min" or "max", got \'maximum\'',
    ),
    "mode is a number": (
        lambda: tune(metric="loss", mode=1),
        'mode must be "min" or "max", or a list of these, got 1',
    ),
    "metric is a number": (
        lambda: tune(metric=3, mode="max"),
        "metric must be the name of a reported value, or a list of names, got 3",
    ),
    "metric is empty": (
        lambda: tune(metric="", mode="max"),
        "metric must be the name of a reported value, got ''",
    ),
    "more metrics than modes": (
        lambda: tune(metric=["a", "b"], mode=["max"]),
        "metric and mode must be equally many, got metric=['a', 'b'] and mode=['max']",
    ),
    "asha without a metric": (
        lambda: tune(scheduler="asha"),
        "ASHA needs a metric to rank trials, and none was given\n"
        '  Give metric= and mode= ("min" or "max") to the run or to the scheduler.',
    ),
    # ---- numbers
    "no samples": (
        lambda: tune(num_samples=0),
        f"TuneConfig(num_samples=...) must be a whole number from 1, got 0\n  {UNTIL_STOPPED}",
    ),
    "samples as text": (
        lambda: tune(num_samples="10"),
        f"TuneConfig(num_samples=...) must be a whole number from 1, got '10'\n  {UNTIL_STOPPED}",
    ),
    "half a sample": (
        lambda: tune(num_samples=1.5),
        f"TuneConfig(num_samples=...) must be a whole number from 1, got 1.5\n  {UNTIL_STOPPED}",
    ),
    "samples are True": (
        lambda: tune(num_samples=True),
        f"TuneConfig(num_samples=...) must be a whole number from 1, got True\n  {UNTIL_STOPPED}",
    ),
    "none at once": (
        lambda: tune(max_concurrent_trials=0),
        "TuneConfig(max_concurrent_trials=...) must be a whole number from 1, got 0",
    ),
    "negative seed": (
        lambda: tune(seed=-1),
        "TuneConfig(seed=...) must be a whole number from 0, got -1",
    ),
    "failures below -1": (
        lambda: tune(run={"failure_config": FailureConfig(max_failures=-2)}),
        "FailureConfig(max_failures=...) must be a whole number from -1, got -2\n"
        "  -1 tries again without bound.",
    ),
    "failures as a number": (
        lambda: tune(run={"failure_config": 3}),
        "RunConfig(failure_config=...) must be a FailureConfig, got 3",
    ),
    "verbose as text": (
        lambda: tune(run={"verbose": "yes"}),
        "RunConfig(verbose=...) must be a whole number from 0, got 'yes'",
    ),
    # ---- the space
    "bounds the wrong way": (
        lambda: tune(space={"x": uniform(1, 0)}),
        "lower=1.0 is above upper=0.0\n  The lower bound comes first: swap them.",
    ),
    "bound as text": (
        lambda: tune(space={"x": uniform("a", 1)}),
        "lower must be a number, got 'a' of type str",
    ),
    "log from 0": (
        lambda: tune(space={"x": loguniform(0, 1)}),
        "a logarithmic range cannot start at lower=0.0\n"
        "  Use a lower bound above 0, or a range that is not logarithmic.",
    ),
    "no whole number between": (
        lambda: tune(space={"x": randint(5, 5)}),
        "no whole number is at least lower=5 and below upper=5\n"
        "  The upper bound of randint is excluded.",
    ),
    "whole numbers from a half": (
        lambda: tune(space={"x": randint(0.5, 3)}),
        "lower must be a whole number, got 0.5",
    ),
    "empty choice": (
        lambda: tune(space={"x": choice([])}),
        "choice needs at least one value, got none",
    ),
    "choice of letters": (
        lambda: tune(space={"x": choice("abc")}),
        "choice needs a list of values, got 'abc'\n  Write choice([...]).",
    ),
    "empty grid": (
        lambda: tune(space={"x": grid_search([])}),
        "grid_search needs at least one value, got none",
    ),
    "grid of a number": (
        lambda: tune(space={"x": {"grid_search": 3}}),
        "'x': grid_search needs a list of values, got 3\n  Write grid_search([...]).",
    ),
    "sample_from without a function": (
        lambda: tune(space={"x": sample_from(3)}),
        "sample_from needs a function of the configuration, got 3\n"
        "  Write sample_from(lambda config: ...).",
    ),
    "domain not called": (
        lambda: tune(space={"lr": uniform}),
        "'lr' is the function uniform, not a domain\n  Call it: uniform(...).",
    ),
    "space is a list": (
        lambda: tune(space=[1]),
        "param_space must be a dict, got [1] of type list\n"
        '  Name each parameter: {{"lr": loguniform(1e-4, 1e-1)}}.',
    ),
    "parameter without a name": (
        lambda: tune(space={1: uniform(0, 1)}),
        "the key 1 at the top of param_space is of type int; parameters have names\n  Use '1'.",
    ),
    "parameter with a slash": (
        lambda: tune(space={"a/b": uniform(0, 1)}),
        "the key 'a/b' at the top of param_space has a '/', which separates the names of nested "
        "parameters\n  Nest a dict, or use another character.",
    ),
    "grid search over a range": (
        lambda: tune(search_alg="grid", **LOSS),
        "grid search cannot go through parameter 'x': Float(lower=0.0, upper=1.0, log=False, "
        "step=None) has infinitely many values\n  List the values of 'x' with "
        'grid_search([...]), or use search_alg="random", which draws the other parameters.',
    ),
    # ---- the trainable, and what it asks for
    "trainable is a number": (
        lambda: tune(5),
        "the trainable must be a function of the config or a class, got int",
    ),
    "trainable is a class": (
        lambda: tune(Trainable),
        "the trainable Trainable is a class, but no pegbox.Trainable\n"
        "  Write class Trainable(pegbox.Trainable): ..., or a function of the config that calls "
        "pegbox.report.",
    ),
    "trainable without a step": (
        lambda: tune(WithoutStep),
        "the trainable WithoutStep has no step()\n"
        "  Write def step(self): ..., which runs one iteration and returns a dict of metrics.",
    ),
    "trainable of an unknown name": (
        lambda: tune("PPO"),
        "no trainable is registered as 'PPO'; registered: none\n"
        "  Pass the function or class itself, or call register_trainable('PPO', ...) first.",
    ),
    "trainable that holds a lock": (
        lambda: on_dask(holding_a_lock()),
        "the trainable train cannot be sent to workers: its closure variable 'lock' is of type "
        "_thread.lock, which cannot be pickled (TypeError: cannot pickle '_thread.lock' object)\n"
        "  Make it inside the trainable, from things that can be pickled.",
    ),
    "parameter that cannot be pickled": (
        lambda: on_dask(with_parameters(with_two, more={"a": [1, threading.Lock()]})),
        "the parameter 'more' of with_parameters cannot be sent to workers: its entry 'a', in it "
        "the element 1 is of type _thread.lock, which cannot be pickled (TypeError: cannot pickle "
        "'_thread.lock' object)\n  Make it inside the trainable, from things that can be pickled.",
    ),
    "parameter that is not taken": (
        lambda: tune(with_parameters(with_two, mre=1)),
        "with_parameters gives 'mre', which with_two(config, more) does not take beside the "
        "config\n  Did you mean 'more'?",
    ),
    "checkpoints of a function": (
        lambda: tune(run={"checkpoint_config": CheckpointConfig(checkpoint_frequency=2)}),
        "CheckpointConfig(checkpoint_frequency=2) is for class trainables, and train is a "
        "function\n  A function decides itself: pegbox.report(metrics, checkpoint=...).",
    ),
    "checkpoints of a class that saves none": (
        lambda: tune(Stepping, run={"checkpoint_config": CheckpointConfig(checkpoint_at_end=True)}),
        "CheckpointConfig(checkpoint_at_end=True) needs a save_checkpoint(), which Stepping does "
        "not have",
    ),
    "trainable without config": (
        lambda: tune(without_config),
        "the trainable without_config() cannot be called with the config alone\n"
        "  Write def train(config): ...; the config is a dict with the parameters.",
    ),
    "trainable with more": (
        lambda: tune(with_two),
        "the trainable with_two(config, more) cannot be called with the config alone\n"
        "  Write def train(config): ...; give further arguments with pegbox.with_parameters or "
        "functools.partial, and get the checkpoint from pegbox.get_checkpoint().",
    ),
    "trainable is a generator": (
        lambda: tune(generator),
        "the trainable generator is a generator or coroutine function\n  Use a plain function: "
        "pegbox.report takes the place of yield, and asyncio.run(...) inside it runs a coroutine.",
    ),
    "trainable is a coroutine": (
        lambda: tune(coroutine),
        "the trainable coroutine is a generator or coroutine function\n  Use a plain function: "
        "pegbox.report takes the place of yield, and asyncio.run(...) inside it runs a coroutine.",
    ),
    "asks for nothing": (
        lambda: tune(with_resources(train, {"cpu": 0})),
        "with_resources(resources=...) asks for nothing, got {{'cpu': 0}}, so there would be no "
        'bound on the trials that run at once\n  Ask for something, e.g. {{"cpu": 0.1}}.',
    ),
    "asks for less than nothing": (
        lambda: tune(with_resources(train, {"cpu": -1})),
        "resource 'cpu' must be a number not below 0, got -1",
    ),
    "resource misspelt": (
        lambda: tune(with_resources(train, {"num_cpus": 1})),
        "unknown resource 'num_cpus'\n  Did you mean 'cpu'?",
    ),
    "resources as a list": (
        lambda: tune(with_resources(train, [1])),
        "with_resources(resources=...) takes a dict of amounts, got list\n"
        '  Write e.g. {{"cpu": 2, "gpu": 0.5}}, or a function of the config that gives one.',
    ),
    "resources in two bundles": (
        lambda: tune(with_resources(train, PlacementGroupFactory([{"CPU": 1}, {"CPU": 2}]))),
        "PlacementGroupFactory takes one bundle for now, got 2: [{{'CPU': 1}}, {{'CPU': 2}}]\n"
        "  A trial runs in one process on one worker: put what it needs together into one bundle, "
        "what its child processes use included.",
    ),
    "resources by a function that raises": (
        lambda: tune(with_resources(train, lambda config: {"cpu": 1 / 0}), space={}),
        "<lambda>() for the config {{}} raised ZeroDivisionError: division by zero",
    ),
    "more cores than there are": (
        lambda: on_dask(with_resources(train, {"cpu": 4096})),
        "a trial asks for cpu=4096, and this machine has {cores}\n"
        "  Ask for less with pegbox.with_resources, or connect a Client to a cluster.",
    ),
    "a device that nobody offers": (
        lambda: on_dask(with_resources(train, {"cpu": 1, "gpu": 1})),
        "a trial asks for gpu=1, which the workers that pegbox starts on this machine do not "
        "offer\n  Connect a distributed.Client to a cluster whose workers have that resource.",
    ),
    # ---- names and places
    **{
        f"experiment called {name!r}": (
            lambda name=name: tune(run={"name": name}),
            f"RunConfig(name=...) must be a plain folder name, got {name!r}\n  {FOLDER_NAMES}",
        )
        for name in ("../x", "a/b", "a\\b", "", ".hidden", "x.", "x" * 101, 5)
    },
    "experiment called con": (
        lambda: tune(run={"name": "con"}),
        "RunConfig(name='con') is a name that Windows keeps for itself\n"
        "  Choose another one: an experiment's folder can be copied anywhere.",
    ),
    "storage is a URI": (
        lambda: tune(run={"storage_path": "s3://bucket/x"}),
        "RunConfig(storage_path=...) must be a folder so far, got the URI 's3://bucket/x'\n"
        f"  {ON_DISK}",
    ),
    "storage is a number": (
        lambda: tune(run={"storage_path": 5}),
        "RunConfig(storage_path=...) must be a folder, got 5",
    ),
    # ---- the tuner's own arguments
    "executor unknown": (
        lambda: Tuner(train, executor="ray"),
        'executor must be "dask" or "inline", got \'ray\'',
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
    # ---- restore
    "restore of a number": (
        lambda: Tuner.restore(5, train),
        "Tuner.restore(path=...) must be a folder, got 5",
    ),
    "restore of a URI": (
        lambda: Tuner.restore("s3://bucket/x", train),
        "Tuner.restore(path=...) must be a folder so far, got the URI 's3://bucket/x'\n"
        f"  {ON_DISK}",
    ),
    "restore both ways": (
        lambda: Tuner.restore("x", train, resume_errored=True, restart_errored=True),
        "resume_errored and restart_errored exclude each other",
    ),
}


def whole(message):
    return message.format(
        cores=usable_cores(),
        searchers=listed(Catalog.discover().names("searcher")),
        pegbox=version("pegbox"),
        me=__name__,
    )


@pytest.fixture
def nothing_begins(tmp_path, monkeypatch):
    """Fails where a folder was made at home or here, or a process was started."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    before = psutil.Process().children()
    yield
    assert list(tmp_path.iterdir()) == []
    assert psutil.Process().children() == before


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.usefixtures("nothing_begins")
def test_refused_in_words_that_help(mistake):
    make, message = MISTAKES[mistake]
    with pytest.raises(PegboxError) as caught:
        make()
    assert str(caught.value) == whole(message)


@pytest.mark.usefixtures("nothing_begins")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {},
            "search_alg='optuna' learns from results, so it needs to know which\n"
            '  Set TuneConfig(metric="...", mode="min").',
        ),
        (
            {"metric": ["a", "b"], "mode": ["min", "max"]},
            "search_alg='optuna' takes one metric, got a, b",
        ),
        (
            {"space": {**SPACE, "layers": grid_search([1, 2])}, **LOSS},
            "search_alg='optuna' cannot take parameter 'layers': it is a grid domain\n"
            "  It takes choice, float, int; write choice([...]) in place of grid_search([...]); "
            'search_alg="random" takes all of them.',
        ),
    ],
    ids=["no metric", "two metrics", "a grid"],
)
def test_what_optuna_cannot_do_is_refused(options, message):
    with pytest.raises(PegboxError) as caught:
        tune(search_alg="optuna", **options)
    assert str(caught.value) == message


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(PegboxError) as caught:
        fit(tmp_path / "file")
    assert "cannot be written" in caught.value.message
    assert caught.value.hint == (
        "Choose another folder with RunConfig(storage_path=...), or mend its permissions."
    )


# ------------------------------------------------------------- where an experiment is, or should be


@pytest.fixture
def experiment(tmp_path):
    """An experiment that has ended, and its files with their times."""
    fit(tmp_path, num_samples=1)
    before = everything(tmp_path)
    yield tmp_path
    assert everything(tmp_path) == before


def everything(folder: Path):
    # A reader may fold the log of a database away, and leave it no other than before.
    return sorted(
        (str(path), path.stat().st_size)
        for path in folder.rglob("*")
        if not path.name.endswith(("-wal", "-shm", ".lock"))
    )


REFUSED_AT_A_RESTORE = {
    "another folder": (
        lambda path: restore(path, name="exq"),
        "there is no experiment in {path}/exq: it has no file experiment.sqlite\n"
        "  Did you mean {path}/exp?",
    ),
    "no folder at all": (
        lambda path: restore(path / "nowhere"),
        "there is no experiment in {path}/nowhere/exp: it has no file experiment.sqlite\n"
        "  Give the folder of an experiment, as `experiment_path` tells it.",
    ),
    "results of another folder": (
        lambda path: ResultGrid(path / "exq"),
        "there is no experiment in {path}/exq: it has no file experiment.sqlite\n"
        "  Did you mean {path}/exp?",
    ),
    "a searcher misspelt": (
        lambda path: restore(path, tune={"search_alg": "rando"}),
        "no searcher is called 'rando'\n  Did you mean \"random\"? Installed: {searchers}.",
    ),
    "tune_config as a dict": (
        lambda path: Tuner.restore(path / "exp", train, tune_config={"num_samples": 5}),
        "tune_config must be a TuneConfig, got {{'num_samples': 5}}\n"
        "  Write tune_config=pegbox.TuneConfig(...).",
    ),
    "not a function": (
        lambda path: restore(path, 5),
        "the trainable must be a function of the config or a class, got int",
    ),
    "another space": (
        lambda path: restore(path, param_space={"x": choice([1, 2]), "y": 3}),
        "param_space is not the one this experiment was started with:\n"
        '    x: stored {{"domain":{{"kind":"float","lower":0.0,"upper":1.0,"log":false,'
        '"step":null}}}}, passed {{"domain":{{"kind":"choice","values":[1,2]}}}}\n'
        '    y: stored nothing, passed {{"constant":3}}\n'
        "  Pass the same space, or start a new experiment under another name.",
    ),
    "a plugin that refuses its setup": (
        lambda path: restore(path, tune={"search_alg": Refuses()}),
        "searcher Refuses ({me}.Refuses) raised in setup: ValueError: not today",
    ),
    "an existing name": (
        lambda path: fit(path),
        "there is an experiment in {path}/exp already\n"
        '  Go on with it with Tuner.restore("{path}/exp", ...), or give the new one another name.',
    ),
}


@pytest.mark.parametrize("mistake", REFUSED_AT_A_RESTORE)
def test_an_experiment_is_left_as_it_is(experiment, mistake):
    make, message = REFUSED_AT_A_RESTORE[mistake]
    with pytest.raises(PegboxError) as caught:
        make(experiment)
    expected = message.format(
        path=experiment, searchers=listed(Catalog.discover().names("searcher")), me=__name__
    )
    assert str(caught.value) == expected


def test_an_experiment_that_another_driver_works_on(tmp_path):
    fit(tmp_path, num_samples=1)
    with Store.open(tmp_path / "exp"), pytest.raises(PegboxError) as caught:
        restore(tmp_path)
    assert caught.value.message.startswith(
        f"another driver works on the experiment in {tmp_path / 'exp'}: process {os.getpid()} on "
    )
    assert caught.value.hint == (
        "Wait until it has ended, or end it; reading the results works meanwhile."
    )
