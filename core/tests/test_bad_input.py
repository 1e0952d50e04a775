"""Wrong names, options and objects of plugins: refused before anything begins."""

from __future__ import annotations

import os
from unittest import mock

import pytest
from bad_input import LOSS, SPACE, check_refused, tune
from pegbox import (
    Callback,
    Searcher,
    grid_search,
    loggers,
    uniform,
)
from pegbox.builtin.random_search import RandomSearch
from pegbox.schedulers import ASHAScheduler, create_scheduler
from pegbox.search import BasicVariantGenerator, ConcurrencyLimiter, Repeater, create_searcher


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


def named_in_the_environment(callbacks):
    with mock.patch.dict(os.environ, {"PEGBOX_CALLBACKS": callbacks}):
        tune()


def points(*configs):
    tune(search_alg=("random", {"points_to_evaluate": list(configs)}))


#: What is done -> the message; ``{...}`` is filled by `bad_input.filled`.
MISTAKES = {
    # ---- names and options of plugins
    "searcher misspelt": (
        lambda: tune(search_alg="rando", **LOSS),
        "no searcher is called 'rando'\n  Did you mean 'random'? Installed: {searchers}.",
    ),
    "searcher unknown": (
        lambda: tune(search_alg="zzz", **LOSS),
        "no searcher is called 'zzz'\n  Installed: {searchers}.",
    ),
    "searcher by its class's name": (
        lambda: tune(search_alg="OptunaSearch", **LOSS),
        "no searcher is called 'OptunaSearch'\n  Did you mean 'optuna'? Installed: {searchers}.",
    ),
    "searcher of Ray Tune's that is not there": (
        lambda: tune(search_alg="bohb", **LOSS),
        "no searcher is called 'bohb'\n"
        "  Installed: {searchers}. Ray Tune's 'bohb' is not in this release of pegbox.",
    ),
    "scheduler misspelt": (
        lambda: tune(scheduler="ashaa", **LOSS),
        "no scheduler is called 'ashaa'\n  Did you mean 'asha'? Installed: {schedulers}.",
    ),
    "scheduler of Ray Tune's that is not there": (
        lambda: tune(scheduler="hyperband", **LOSS),
        "no scheduler is called 'hyperband'\n"
        "  Installed: {schedulers}. Ray Tune's 'hyperband' is not in this release of pegbox.",
    ),
    "callback misspelt": (
        lambda: tune(run={"callbacks": ["progres"]}),
        "no callback is called 'progres'\n  Did you mean 'progress'? Installed: {callbacks}.",
    ),
    "callback not installed": (
        lambda: tune(run={"callbacks": ["tensorboard"]}),
        "no callback is called 'tensorboard'\n"
        "  Installed: {callbacks}. `pip install pegbox-tensorboard` brings 'tensorboard'.",
    ),
    "option misspelt": (
        lambda: tune(scheduler=("asha", {"max_tt": 5}), **LOSS),
        "scheduler asha (pegbox {pegbox}) has no argument 'max_tt'\n"
        "  Did you mean 'max_t'? It takes time_attr, metric, mode, max_t, grace_period, "
        "reduction_factor, brackets, stop_last_trials.",
    ),
    "option unknown": (
        lambda: tune(search_alg=("random", {"seed": 3})),
        "searcher random (pegbox {pegbox}) has no argument 'seed'\n"
        "  It takes points_to_evaluate, constant_grid_search.",
    ),
    "option as text": (
        lambda: tune(scheduler=("asha", {"max_t": "50"}), **LOSS),
        "AsyncHyperBandScheduler(max_t=...) must be a number above 0, got '50'\n"
        "  Write max_t=50, without quotes.",
    ),
    "option out of range": (
        lambda: tune(scheduler=("asha", {"max_t": -1}), **LOSS),
        "AsyncHyperBandScheduler(max_t=...) must be a number above 0, got -1\n"
        "  It counts as time_attr does; 100 is usual.",
    ),
    "options that contradict each other": (
        lambda: tune(scheduler=("asha", {"max_t": 3, "grace_period": 5}), **LOSS),
        "max_t must not be below grace_period, got max_t=3 and grace_period=5\n"
        "  Write e.g. grace_period=1, max_t=30.",
    ),
    "name without options in a tuple": (
        lambda: tune(search_alg=("random",), **LOSS),
        "search_alg=('random',) must be a name and a dict of options\n"
        '  Write e.g. search_alg=("random", {{...}}).',
    ),
    "options as a list": (
        lambda: tune(search_alg=("random", ["x"])),
        "search_alg=('random', ['x']) must be a name and a dict of options\n"
        '  Write e.g. search_alg=("random", {{...}}).',
    ),
    "create_searcher of nothing known": (
        lambda: create_searcher("rando"),
        "no searcher is called 'rando'\n  Did you mean 'random'? Installed: {searchers}.",
    ),
    "create_searcher of a class": (
        lambda: create_searcher(RandomSearch),
        "the name of a searcher must be text, got <class "
        "'pegbox.builtin.random_search.RandomSearch'>\n  Installed: {searchers}.",
    ),
    "create_searcher with an unknown option": (
        lambda: create_searcher("random", seed=1),
        "searcher random (pegbox {pegbox}) has no argument 'seed'\n"
        "  It takes points_to_evaluate, constant_grid_search.",
    ),
    "create_scheduler of nothing known": (
        lambda: create_scheduler("median"),
        "no scheduler is called 'median'\n  Installed: {schedulers}.",
    ),
    "create_scheduler with a misspelt option": (
        lambda: create_scheduler("asha", grace=1),
        "scheduler asha (pegbox {pegbox}) has no argument 'grace'\n"
        "  Did you mean 'brackets'? It takes time_attr, metric, mode, max_t, grace_period, "
        "reduction_factor, brackets, stop_last_trials.",
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
    "callbacks are a dict": (
        lambda: tune(run={"callbacks": {"csv": True}}),
        "RunConfig(callbacks=...) must be a list, got {{'csv': True}}\n"
        "  Write callbacks=[...], with objects or names in it.",
    ),
    "logger is a class": (
        lambda: tune(run={"callbacks": [loggers.CSVLoggerCallback]}),
        "callbacks has the class CSVLoggerCallback, not an object\n"
        "  Write callbacks=[CSVLoggerCallback()].",
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
        "callback MisspeltCallback ({me}.MisspeltCallback): MisspeltCallback.on_trial_resul "
        "is no callback hook\n"
        "  Did you mean 'on_trial_result'? Known: setup, on_step_begin, on_step_end, "
        "on_trial_start, on_trial_restore, on_trial_result, on_trial_complete, "
        "on_trial_error, on_trial_recover, on_trial_save, on_checkpoint, on_experiment_end, "
        "get_state, set_state. A helper of its own needs another name, or a leading underscore.",
    ),
    "searcher with a misspelt method": (
        lambda: tune(search_alg=MisspeltSearcher(), **LOSS),
        "searcher MisspeltSearcher ({me}.MisspeltSearcher): "
        "MisspeltSearcher.on_trial_completed is no searcher hook\n"
        "  Did you mean 'on_trial_complete'? Known: setup, suggest, on_trial_result, "
        "on_trial_complete, observe, added_config, recall_config, get_state, set_state. A helper "
        "of its own needs another name, or a leading underscore.",
    ),
    "searcher without suggest": (
        lambda: tune(search_alg=NoSuggest(), **LOSS),
        "searcher NoSuggest ({me}.NoSuggest) lacks suggest\n  A searcher has the methods suggest.",
    ),
    "searcher with an unknown argument": (
        lambda: tune(search_alg=WrongArgument(), **LOSS),
        "searcher WrongArgument ({me}.WrongArgument): WrongArgument.suggest has the unknown "
        "argument 'trial'\n"
        "  Did you mean 'trial_id'? searcher_suggest has the arguments trial_id, pending, "
        "ask, seed.",
    ),
    "searcher that refuses its setup": (
        lambda: tune(search_alg=Refuses(), **LOSS),
        "searcher Refuses ({me}.Refuses) raised in setup: ValueError: not today\n"
        "  The traceback above is the plugin's own.",
    ),
    # ---- callbacks of the environment
    "environment with a misspelt name": (
        lambda: named_in_the_environment("csvv"),
        "the environment variable PEGBOX_CALLBACKS: no callback is called 'csvv'\n"
        "  Did you mean 'csv'? Installed: {callbacks}.",
    ),
    "environment with a missing module": (
        lambda: named_in_the_environment("nowhere.at_all:Logger"),
        "the environment variable PEGBOX_CALLBACKS: nowhere.at_all:Logger "
        "(PEGBOX_CALLBACKS) needs a package that is not installed: No module named 'nowhere'\n"
        "  Install what provides 'nowhere'.",
    ),
    "environment with what is no class": (
        lambda: named_in_the_environment("os:path"),
        "the environment variable PEGBOX_CALLBACKS: os:path (PEGBOX_CALLBACKS): os:path is "
        'no class\n  What is offered must be a class, named as "module:Class".',
    ),
    "environment with what is no callback": (
        lambda: named_in_the_environment("builtins:dict"),
        "the environment variable PEGBOX_CALLBACKS: 'builtins:dict' is no callback\n"
        "  Give the name of a callback or an object.",
    ),
    # ---- schedulers' and searchers' own arguments
    "reduction factor of 1": (
        lambda: ASHAScheduler(reduction_factor=1),
        "AsyncHyperBandScheduler(reduction_factor=...) must be a number above 1, got 1\n"
        "  3 or 4 are usual.",
    ),
    "rungs without number": (
        lambda: ASHAScheduler(reduction_factor=1.0001),
        "between grace_period=1 and max_t=100 there are more than 1000 rungs with "
        "reduction_factor=1.0001\n  Use a larger reduction_factor; 3 or 4 are usual.",
    ),
    "more brackets than rungs": (
        lambda: ASHAScheduler(brackets=9),
        "brackets=9, but there is room for 4 only: rungs are at [1, 4, 16, 64]\n"
        "  Use fewer brackets, a larger max_t or a smaller reduction_factor.",
    ),
    "time_attr is a number": (
        lambda: ASHAScheduler(time_attr=3),
        "AsyncHyperBandScheduler(time_attr=...) must be the name of a reported value, got 3\n"
        '  Write e.g. time_attr="training_iteration", as it is reported.',
    ),
    "scheduler with a metric alone": (
        lambda: ASHAScheduler(metric="loss"),
        'metric=\'loss\' was given without mode\n  Add mode="min" or mode="max".',
    ),
    "scheduler with another metric": (
        lambda: tune(scheduler=ASHAScheduler(metric="acc", mode="max"), **LOSS),
        "scheduler='AsyncHyperBandScheduler' was given metric='acc', mode='max', the run "
        "has metric='loss', mode='min'\n"
        "  Give metric and mode in one place: TuneConfig(metric=..., mode=...).",
    ),
    "limit of none": (
        lambda: ConcurrencyLimiter("random", 0),
        "ConcurrencyLimiter(max_concurrent=...) must be a whole number from 1, got 0\n"
        "  Write e.g. max_concurrent=1.",
    ),
    "limit as text": (
        lambda: ConcurrencyLimiter("random", "4"),
        "ConcurrencyLimiter(max_concurrent=...) must be a whole number from 1, got '4'\n"
        "  Write max_concurrent=4, without quotes.",
    ),
    "limit in odd batches": (
        lambda: ConcurrencyLimiter("random", 2, batch="yes"),
        "ConcurrencyLimiter(batch=...) must be True or False, got 'yes'\n"
        "  Write batch=True, or leave it out.",
    ),
    "limit around nothing": (
        lambda: ConcurrencyLimiter(None, 2),
        "ConcurrencyLimiter stands around a searcher, and got None\n"
        '  Write e.g. ConcurrencyLimiter("random", ...).',
    ),
    "limit around a class": (
        lambda: tune(search_alg=ConcurrencyLimiter(RandomSearch, 2)),
        "search_alg=RandomSearch is a class, not an object\n  Write search_alg=RandomSearch().",
    ),
    "limit around a misspelt name": (
        lambda: tune(search_alg=ConcurrencyLimiter("rando", 2)),
        "no searcher is called 'rando'\n  Did you mean 'random'? Installed: {searchers}.",
    ),
    "limit around a scheduler": (
        lambda: tune(search_alg=ConcurrencyLimiter(ASHAScheduler(), 2), **LOSS),
        "search_alg has the scheduler AsyncHyperBandScheduler, and takes a searcher\n"
        "  Pass it as scheduler.",
    ),
    "limit as a class": (
        lambda: tune(search_alg=ConcurrencyLimiter),
        "search_alg=ConcurrencyLimiter is a class, not an object\n"
        "  Write search_alg=ConcurrencyLimiter(...).",
    ),
    "no repeats": (
        lambda: Repeater("random", repeat=0),
        "Repeater(repeat=...) must be a whole number from 1, got 0\n  Write e.g. repeat=1.",
    ),
    "repeats with an odd index": (
        lambda: Repeater("random", set_index="yes"),
        "Repeater(set_index=...) must be True or False, got 'yes'\n"
        "  Write set_index=True, or leave it out.",
    ),
    "variants below none at once": (
        lambda: BasicVariantGenerator(max_concurrent=-1),
        "BasicVariantGenerator(max_concurrent=...) must be a whole number from 0, got -1\n"
        "  0 is any number.",
    ),
    "variants with an odd seed": (
        lambda: BasicVariantGenerator(random_state="x"),
        "BasicVariantGenerator(random_state=...) must be a whole number or a generator of "
        "numpy's, got 'x'\n"
        "  Write e.g. random_state=1, or set TuneConfig(seed=...) for the whole run.",
    ),
    # ---- points to evaluate
    "points are a dict": (
        lambda: tune(search_alg=RandomSearch({"x": 0.5})),
        "points_to_evaluate must be a list of configurations, got {{'x': 0.5}}\n"
        '  Write points_to_evaluate=[{{"lr": 0.1}}].',
    ),
    "point is a number": (
        lambda: points(0.5),
        "points_to_evaluate[0]: a configuration must be a dict, got 0.5\n"
        "  Write it nested as in param_space, with values in the places of domains.",
    ),
    "point with an unknown name": (
        lambda: points({"x": 0.5}, {"xx": 0.5}),
        "points_to_evaluate[1]: 'xx' is no parameter of the space\n  Did you mean 'x'?",
    ),
    "point outside the space": (
        lambda: points({"x": 2}),
        "points_to_evaluate[0]: parameter 'x': 2 is not between 0.0 and 1.0\n"
        "  Use a value within the bounds, or widen them in param_space.",
    ),
    "point of text": (
        lambda: points({"x": "half"}),
        "points_to_evaluate[0]: parameter 'x': the value must be a number, got 'half' of "
        "type str\n  Write a number, e.g. 0.1.",
    ),
    # ---- what optuna cannot do
    "optuna without a metric": (
        lambda: tune(search_alg="optuna"),
        "search_alg='optuna' learns from results, so it needs to know which\n"
        '  Set TuneConfig(metric="...", mode="min").',
    ),
    "CMA-ES with two metrics": (
        lambda: tune(
            search_alg=("optuna", {"sampler": "cmaes"}), metric=["a", "b"], mode=["min", "max"]
        ),
        "search_alg='optuna' takes one metric, got a, b\n"
        "  Give one metric and mode, or say how they count against each other: "
        'TuneConfig(scalarization=("weighted_sum", {{"weights": {{"a": 1, "b": 1}}}})).',
    ),
    "optuna over a grid": (
        lambda: tune(search_alg="optuna", space={**SPACE, "y": grid_search([1, 2])}, **LOSS),
        "search_alg='optuna' cannot take parameter 'y': it is a grid domain\n"
        "  It takes choice, float, int; write choice([...]) in place of grid_search([...]); "
        'search_alg="random" takes all of them.',
    ),
    "a grid in optuna's own space": (
        lambda: tune(
            search_alg=create_searcher("optuna", space={"y": grid_search([1, 2])}), **LOSS
        ),
        "search_alg='optuna' cannot take parameter 'y': it is a grid domain\n"
        "  It takes choice, float, int; write choice([...]) in place of grid_search([...]); "
        'search_alg="random" takes all of them.',
    ),
    "optuna's own space beside the run's": (
        lambda: tune(search_alg=create_searcher("optuna", space={"x": uniform(0, 1)}), **LOSS),
        "param_space and the space of search_alg='optuna' both have 'x'\n"
        "  Write each parameter in one of them.",
    ),
    "optuna with a misspelt sampler": (
        lambda: create_searcher("optuna", sampler="tpee"),
        "unknown sampler 'tpee'\n  Did you mean 'tpe'? There are: brute_force, cmaes, gp, nsgaii, "
        "nsgaiii, qmc, random, tpe.",
    ),
    "grid search over a range": (
        lambda: tune(search_alg="grid", **LOSS),
        "grid search cannot go through parameter 'x': Float(lower=0.0, upper=1.0, "
        "log=False, step=None) has infinitely many values\n"
        "  List the values of 'x' with grid_search([...]), or use search_alg=\"random\", "
        "which draws the other parameters.",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_refused_in_words_that_help(mistake, tmp_path, monkeypatch):
    check_refused(*MISTAKES[mistake], __name__, tmp_path, monkeypatch)
