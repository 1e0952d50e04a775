"""Wrong trainables, resources and checkpoints, refused before anything begins; wrong reports, of
which the one trial dies that makes them."""

from __future__ import annotations

import functools
import threading

import numpy as np
import pytest
from bad_input import check_refused, on_dask, train, tune
from pegbox import (
    Checkpoint,
    CheckpointConfig,
    PlacementGroupFactory,
    Trainable,
    grid_search,
    register_trainable,
    report,
    with_parameters,
    with_resources,
)
from tuning import fit


def without_config():
    pass


def with_two(config, more):
    pass


def generator(config):
    yield {}


async def coroutine(config):
    pass


def with_data(config, data):
    return {"loss": 0.0}


class Plain:
    pass


class Steps(Trainable):
    def step(self):
        return {"loss": 0.0}


class NoStep(Trainable):
    def setup(self, config):
        pass


class StepWithConfig(Steps):
    def step(self, config):
        return {"loss": 0.0}


class SetupWithoutConfig(Steps):
    def setup(self):
        pass


class SetupWithMore(Steps):
    def setup(self, config, data):
        pass


class ResetToNothing(Steps):
    def reset_config(self):
        return True


class SaveNowhere(Steps):
    def save_checkpoint(self):
        pass


def itself():
    inner = []
    inner.append(inner)
    return inner


def locks():
    lock = threading.Lock()

    def trainable(config):
        with lock:
            return {"loss": 0.0}

    return trainable


#: What is done -> the message; ``{...}`` is filled by `bad_input.filled`.
MISTAKES = {
    # ---- the trainable
    "trainable is a number": (
        lambda: tune(5),
        "the trainable must be a function of the config or a class, got int\n"
        "  Write def train(config): ..., which returns a dict of metrics or calls pegbox.report.",
    ),
    "trainable is nothing": (
        lambda: tune(None),
        "the trainable must be a function of the config or a class, got NoneType\n"
        "  Write def train(config): ..., which returns a dict of metrics or calls pegbox.report.",
    ),
    "trainable is a list": (
        lambda: tune([train]),
        "the trainable must be a function of the config or a class, got list\n"
        "  Write def train(config): ..., which returns a dict of metrics or calls pegbox.report.",
    ),
    "trainable by an unknown name": (
        lambda: tune("train"),
        "no trainable is registered as 'train'; registered: none\n"
        "  Pass the function or class itself, or call register_trainable('train', ...) first.",
    ),
    "trainable is any class": (
        lambda: tune(Plain),
        "the trainable Plain is a class, but no pegbox.Trainable\n"
        "  Write class Plain(pegbox.Trainable): ..., or a function of the config that calls "
        "pegbox.report.",
    ),
    "class without step": (
        lambda: tune(NoStep),
        "the trainable NoStep has no step()\n"
        "  Write def step(self): ..., which runs one iteration and returns a dict of metrics.",
    ),
    "class whose step takes more": (
        lambda: tune(StepWithConfig),
        "the trainable StepWithConfig has step(self, config), which cannot be called as step()\n"
        "  Write def step(self): ...",
    ),
    "class whose setup takes nothing": (
        lambda: tune(SetupWithoutConfig),
        "the trainable SetupWithoutConfig has setup(self), which cannot be called as "
        "setup(config)\n"
        "  Write def setup(self, config): ... More arguments come from with_parameters.",
    ),
    "class whose setup takes more": (
        lambda: tune(SetupWithMore),
        "the trainable SetupWithMore has setup(self, config, data), which cannot be called "
        "as setup(config)\n"
        "  Write def setup(self, config): ... More arguments come from with_parameters.",
    ),
    "class whose reset takes nothing": (
        lambda: tune(ResetToNothing),
        "the trainable ResetToNothing has reset_config(self), which cannot be called as "
        "reset_config(new_config)\n  Write def reset_config(self, new_config): ...",
    ),
    "class that saves nowhere": (
        lambda: tune(SaveNowhere),
        "the trainable SaveNowhere has save_checkpoint(self), which cannot be called as "
        "save_checkpoint(checkpoint_dir)\n  Write def save_checkpoint(self, checkpoint_dir): ...",
    ),
    "trainable without config": (
        lambda: tune(without_config),
        "the trainable without_config() cannot be called with the config alone\n"
        "  Write def train(config): ...; the config is a dict with the parameters.",
    ),
    "trainable with more": (
        lambda: tune(with_two),
        "the trainable with_two(config, more) cannot be called with the config alone\n"
        "  Write def train(config): ...; give further arguments with pegbox.with_parameters "
        "or functools.partial, and get the checkpoint from pegbox.get_checkpoint().",
    ),
    "trainable is a generator": (
        lambda: tune(generator),
        "the trainable generator is a generator or coroutine function\n"
        "  Use a plain function: pegbox.report takes the place of yield, and "
        "asyncio.run(...) inside it runs a coroutine.",
    ),
    "trainable is a coroutine": (
        lambda: tune(coroutine),
        "the trainable coroutine is a generator or coroutine function\n"
        "  Use a plain function: pegbox.report takes the place of yield, and "
        "asyncio.run(...) inside it runs a coroutine.",
    ),
    "checkpoints of a class that saves none": (
        lambda: tune(Steps, run={"checkpoint_config": CheckpointConfig(checkpoint_at_end=True)}),
        "CheckpointConfig(checkpoint_at_end=True) needs a save_checkpoint(), which Steps "
        "does not have\n"
        "  Write def save_checkpoint(self, folder): ..., and load_checkpoint beside it.",
    ),
    "checkpoints of a function": (
        lambda: tune(run={"checkpoint_config": CheckpointConfig(checkpoint_frequency=1)}),
        "CheckpointConfig(checkpoint_frequency=1) is for class trainables, and train is a "
        "function\n  A function decides itself: pegbox.report(metrics, checkpoint=...).",
    ),
    "registered under a number": (
        lambda: register_trainable(3, train),
        "register_trainable(name=...) must be a name, got 3\n"
        '  Write register_trainable("name", trainable).',
    ),
    "registered nothing to call": (
        lambda: register_trainable("train", 5),
        "register_trainable('train', ...) takes a function or class, got int\n"
        "  Write def train(config): ..., or class Train(pegbox.Trainable): ...",
    ),
    # ---- what is sent along
    "parameter that is not taken": (
        lambda: with_parameters(train, data=[1]),
        "with_parameters gives 'data', which train(config) does not take beside the config\n"
        "  Add data to its arguments, or leave it out here.",
    ),
    "parameter misspelt": (
        lambda: with_parameters(with_data, date=[1]),
        "with_parameters gives 'date', which with_data(config, data) does not take beside "
        "the config\n  Did you mean 'data'?",
    ),
    "parameter that a class does not take": (
        lambda: with_parameters(Steps, data=[1]),
        "with_parameters gives 'data', which Steps.setup(self, config) does not take beside "
        "the config\n  Add data to its arguments, or leave it out here.",
    ),
    "parameters of a number": (
        lambda: with_parameters(5, data=[1]),
        "the trainable must be a function of the config or a class, got int\n"
        "  Write def train(config): ..., which returns a dict of metrics or calls pegbox.report.",
    ),
    "parameter that cannot be pickled": (
        lambda: on_dask(with_parameters(with_data, data=threading.Lock())),
        "the parameter 'data' of with_parameters cannot be sent to workers: it is of type "
        "_thread.lock, which cannot be pickled (TypeError: cannot pickle '_thread.lock' "
        "object)\n  Make it inside the trainable, from things that can be pickled.",
    ),
    "trainable that cannot be pickled": (
        lambda: on_dask(locks()),
        "the trainable trainable cannot be sent to workers: its closure variable 'lock' is "
        "of type _thread.lock, which cannot be pickled (TypeError: cannot pickle "
        "'_thread.lock' object)\n"
        "  Make it inside the trainable, from things that can be pickled.",
    ),
    "trainable bound to what cannot be pickled": (
        lambda: on_dask(functools.partial(with_data, data={"model": [threading.Lock()]})),
        "the trainable with_data cannot be sent to workers: its argument 'data', in it the "
        "entry 'model', in it the element 0 is of type _thread.lock, which cannot be "
        "pickled (TypeError: cannot pickle '_thread.lock' object)\n"
        "  Make it inside the trainable, from things that can be pickled.",
    ),
    # ---- resources
    "asks for nothing": (
        lambda: tune(with_resources(train, {"cpu": 0})),
        "with_resources(resources=...) asks for nothing, got {{'cpu': 0}}, so there would "
        'be no bound on the trials that run at once\n  Ask for something, e.g. {{"cpu": 0.1}}.',
    ),
    "asks for less than nothing": (
        lambda: tune(with_resources(train, {"cpu": -1})),
        "resource 'cpu' must be a number not below 0, got -1\n"
        '  Write e.g. {{"cpu": 2, "gpu": 0.5}}.',
    ),
    "resource misspelt": (
        lambda: tune(with_resources(train, {"num_cpus": 1})),
        "unknown resource 'num_cpus'\n  Did you mean 'cpu'?",
    ),
    "resources as a list": (
        lambda: tune(with_resources(train, [1])),
        "with_resources(resources=...) must be a dict of amounts, got list\n"
        '  Write e.g. {{"cpu": 2, "gpu": 0.5}}, or a function of the config that gives one.',
    ),
    "resource in capitals": (
        lambda: tune(with_resources(train, {"CPU": 1})),
        "unknown resource 'CPU'\n  Did you mean 'cpu'?",
    ),
    "resource as text": (
        lambda: tune(with_resources(train, {"cpu": "2"})),
        "resource 'cpu' must be a number not below 0, got '2'\n"
        '  Write e.g. {{"cpu": 2, "gpu": 0.5}}.',
    ),
    "resource under a number": (
        lambda: tune(with_resources(train, {1: 1})),
        "with_resources(resources=...) must have names of resources as keys, got 1\n"
        '  Write e.g. {{"cpu": 2, "gpu": 0.5}}.',
    ),
    "resources of a number": (
        lambda: with_resources(5, {"cpu": 1}),
        "the trainable must be a function of the config or a class, got int\n"
        "  Write def train(config): ..., which returns a dict of metrics or calls pegbox.report.",
    ),
    "resources by a function that gives a number": (
        lambda: tune(with_resources(train, lambda config: 3), space={}),
        "<lambda>() for the config {{}}: its answer must be a dict of amounts, got int\n"
        '  Write e.g. {{"cpu": 2, "gpu": 0.5}}, or a function of the config that gives one.',
    ),
    "resources by a function that raises": (
        lambda: tune(with_resources(train, lambda config: {"cpu": config["y"]}), space={}),
        "<lambda>() for the config {{}} raised KeyError: 'y'\n"
        "  It is called with configurations of the space, to see what trials will ask for.",
    ),
    "two bundles": (
        lambda: PlacementGroupFactory([{"CPU": 1}, {"CPU": 1}]),
        "PlacementGroupFactory takes one bundle for now, got 2: [{{'CPU': 1}}, {{'CPU': 1}}]\n"
        "  A trial runs in one process on one worker: put what it needs together into one "
        "bundle, what its child processes use included.",
    ),
    "bundles as a dict": (
        lambda: PlacementGroupFactory({"CPU": 1}),
        "PlacementGroupFactory takes a list of bundles, got {{'CPU': 1}}\n"
        '  Write e.g. PlacementGroupFactory([{{"CPU": 2, "GPU": 1}}]).',
    ),
    "bundle with less than nothing": (
        lambda: PlacementGroupFactory([{"GPU": -1}]),
        "resource 'gpu' must be a number not below 0, got -1\n"
        '  Write e.g. {{"cpu": 2, "gpu": 0.5}}.',
    ),
    "a device and a half": (
        lambda: with_resources(train, {"cpu": 1, "gpu": 1.5}),
        "with_resources(resources=...) asks for gpu=1.5, and a trial has whole devices or a share "
        "of one\n  Ask for a whole number, e.g. 2, or for less than 1, e.g. 0.5.",
    ),
    "bundle of two and a half devices": (
        lambda: with_resources(train, PlacementGroupFactory([{"GPU": 2.5}])),
        "with_resources(resources=...) asks for gpu=2.5, and a trial has whole devices or a share "
        "of one\n  Ask for a whole number, e.g. 2, or for less than 1, e.g. 0.5.",
    ),
    "strategy in small letters": (
        lambda: PlacementGroupFactory([{"CPU": 1}], strategy="pack"),
        'PlacementGroupFactory(strategy=...) must be "PACK", "SPREAD", "STRICT_PACK" or '
        "\"STRICT_SPREAD\", got 'pack'\n  Write e.g. strategy='PACK'.",
    ),
    "bundle with more": (
        lambda: PlacementGroupFactory([{"CPU": 1}], lifetime="detached"),
        "PlacementGroupFactory takes bundles and strategy, got lifetime\n"
        '  Write PlacementGroupFactory([{{"CPU": 2, "GPU": 1}}]).',
    ),
    "more cores than there are": (
        lambda: on_dask(with_resources(train, {"cpu": 4096})),
        "a trial asks for cpu=4096, and this machine has {cores}\n"
        "  Ask for less with pegbox.with_resources, or connect a Client to a cluster.",
    ),
    "more devices than there are": (
        lambda: on_dask(with_resources(train, {"gpu": 3}), PEGBOX_GPUS="2"),
        "a trial asks for gpu=3, and this machine has 2\n"
        "  Ask for less with pegbox.with_resources, or connect a Client to a cluster. GPUs that "
        "were not found can be stated: PEGBOX_GPUS=2 in the environment.",
    ),
    "a device where there is none": (
        lambda: on_dask(with_resources(train, {"cpu": 1, "gpu": 0.5}), PEGBOX_GPUS="0"),
        "a trial asks for gpu=0.5, and this machine has none\n"
        "  Ask for less with pegbox.with_resources, or connect a Client to a cluster. GPUs that "
        "were not found can be stated: PEGBOX_GPUS=2 in the environment.",
    ),
    "a resource that nobody offers": (
        lambda: on_dask(with_resources(train, {"cpu": 1, "hdd": 1})),
        "a trial asks for hdd=1, which the workers that pegbox starts on this machine do "
        "not offer\n"
        "  Connect a distributed.Client to a cluster whose workers have that resource.",
    ),
    "devices that cannot be read": (
        lambda: on_dask(with_resources(train, {"gpu": 1}), PEGBOX_GPUS="two"),
        "the environment variable PEGBOX_GPUS must be a number of GPUs or a list of their ids, "
        "got 'two'\n"
        "  Write e.g. PEGBOX_GPUS=2, or PEGBOX_GPUS=0,2 (a list of one ends with a comma).",
    ),
    "devices of which one cannot be read": (
        lambda: on_dask(with_resources(train, {"gpu": 1}), PEGBOX_GPUS="0,x"),
        "the environment variable PEGBOX_GPUS must be a number of GPUs or a list of their ids, "
        "got '0,x'\n"
        "  Write e.g. PEGBOX_GPUS=2, or PEGBOX_GPUS=0,2 (a list of one ends with a comma).",
    ),
    # ---- checkpoints
    "checkpoint of a number": (
        lambda: Checkpoint(5),
        "a checkpoint needs the path of a folder, got 5\n  Write Checkpoint(folder).",
    ),
    "checkpoint of a dict": (
        lambda: Checkpoint({"a": 1}),
        "a checkpoint needs the path of a folder, got {{'a': 1}}\n"
        "  Write Checkpoint.from_dict(data).",
    ),
    "checkpoint at an address": (
        lambda: Checkpoint("s3://bucket/x"),
        "a checkpoint is a folder of this machine, got the address 's3://bucket/x'\n"
        "  Download it first, then use Checkpoint.from_directory(folder).",
    ),
    "checkpoint of a list, as a dict": (
        lambda: Checkpoint.from_dict([1]),
        "Checkpoint.from_dict takes a dict, got list\n"
        '  Name the value: Checkpoint.from_dict({{"model": value}}).',
    ),
    "checkpoint that cannot be pickled": (
        lambda: Checkpoint.from_dict({"model": threading.Lock()}),
        "Checkpoint.from_dict: the value of 'model', of type lock, cannot be pickled: "
        "TypeError: cannot pickle '_thread.lock' object\n"
        "  Take out what it needs for going on, e.g. model.state_dict() of a model.",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_refused_in_words_that_help(mistake, tmp_path, monkeypatch):
    check_refused(*MISTAKES[mistake], __name__, tmp_path, monkeypatch)


#: What a trial does -> what it dies of.
REPORTS = {
    "a number": (
        lambda: report(0.5),
        'report() takes a dict of metrics, got float\n  Write report({"loss": loss}).',
    ),
    "a list": (
        lambda: report([0.5]),
        'report() takes a dict of metrics, got list\n  Write report({"loss": loss}).',
    ),
    "nothing": (
        lambda: report({}),
        "report() needs the metric 'loss'; it came with: nothing\n"
        "  It is named by metric, by the scheduler or by stop.",
    ),
    "without what counts": (
        lambda: report({"los": 0.5}),
        "report() needs the metric 'loss'; it came with: los\n"
        "  Use one name, in report() and in the run: 'los' or 'loss'.",
    ),
    "under a number": (
        lambda: report({"loss": 0.5, 1: 2}),
        "report(): the key 1 at the top is of type int; JSON has only strings as keys\n  Use '1'.",
    ),
    "of an array": (
        lambda: report({"loss": 0.5, "weights": np.zeros(3)}),
        "report(): weights is of type numpy.ndarray, which cannot be stored as JSON\n"
        "  Use .tolist() for a small array, or save a large one in a checkpoint.",
    ),
    "of an object": (
        lambda: report({"loss": 0.5, "model": {"net": object()}}),
        "report(): model/net is of type object, which cannot be stored as JSON\n"
        "  Use numbers, strings, booleans, None, and lists and dicts of these.",
    ),
    "of bytes": (
        lambda: report({"loss": b"0.5"}),
        "report(): loss is of type bytes, which cannot be stored as JSON\n"
        "  Use numbers, strings, booleans, None, and lists and dicts of these.",
    ),
    "of a huge integer": (
        lambda: report({"loss": 10**400}),
        "report(): loss is an integer of 1329 bits; at most 1023 can be stored\n"
        "  Pass it as a float or a string.",
    ),
    "nested without end": (
        lambda: report({"loss": 0.5, "x": itself()}),
        "report(): the value contains itself, or is nested more than 100 levels deep\n"
        "  Store what is needed of it, in fewer levels.",
    ),
    "of one megabyte": (
        lambda: report({"loss": 0.5, "text": "x" * 1_000_001}),
        "report() is 1,000,023 bytes large, at most 1,000,000 are allowed; the largest "
        "value is 'text'\n  Write large values into a file of a checkpoint.",
    ),
    "two under one name": (
        lambda: report({"loss": 0.5, "a/b": 1, "a": {"b": 2}}),
        "report(): two values have the name 'a/b' once nested dicts are joined\n"
        "  Rename one of them.",
    ),
    "done": (
        lambda: report({"loss": 0.5, "done": True}),
        "report(): 'done' is filled in by pegbox; it does not end a trial\n"
        "  Return from the function to end the trial, or use a stop rule.",
    ),
    "with a folder as text": (
        lambda: report({"loss": 0.5}, checkpoint="folder"),
        "report(checkpoint=...) takes a Checkpoint, got str\n"
        "  Write checkpoint=Checkpoint.from_directory(folder).",
    ),
    "with a dict as checkpoint": (
        lambda: report({"loss": 0.5}, checkpoint={"a": 1}),
        "report(checkpoint=...) takes a Checkpoint, got dict\n"
        "  Write checkpoint=Checkpoint.from_dict(data).",
    ),
    "with a checkpoint that is not there": (
        lambda: report({"loss": 0.5}, checkpoint=Checkpoint("/nowhere/at/all")),
        "the checkpoint's folder /nowhere/at/all is not there\n"
        "  Write the files into a folder and pass Checkpoint.from_directory(folder).",
    ),
    "returned": (
        lambda: [1],
        "a trial's function returns a dict of metrics or None, got list\n"
        '  Return e.g. {"loss": loss}; intermediate results go through pegbox.report.',
    ),
    "returned without what counts": (
        lambda: {"lss": 1},
        "report() needs the metric 'loss'; it came with: lss\n"
        "  Use one name, in report() and in the run: 'lss' or 'loss'.",
    ),
}


def test_a_wrong_report_ends_its_trial_in_words_that_help_and_no_other(tmp_path):
    def trainable(config):
        make, _ = REPORTS.get(config["what"], (lambda: report({"loss": 0.5}), ""))
        return make()

    what = [*REPORTS, "right"]
    grid = fit(tmp_path, trainable, space={"what": grid_search(what)}, num_samples=1)
    said = {result.config["what"]: _words(result) for result in grid}
    assert said == {**{name: message for name, (_, message) in REPORTS.items()}, "right": None}
    assert grid.num_terminated == 1


def _words(result):
    if result.error is None:
        return None
    assert result.error.type_name == "ReportError"
    return result.error.traceback.rpartition("ReportError: ")[2].rstrip("\n")
