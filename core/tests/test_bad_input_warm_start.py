"""Earlier trials that cannot be learnt from: refused before anything begins."""

from __future__ import annotations

import pytest
from bad_input import LOSS, SPACE, check_refused, train, tune
from pegbox import ResultGrid, RunConfig, TuneConfig, Tuner, run
from pegbox.searcher import EvaluatedPoint


def warm(*given):
    """A tuner with a warm start of one or of several."""
    Tuner(
        train,
        param_space=SPACE,
        tune_config=TuneConfig(search_alg="optuna", **LOSS),
        run_config=RunConfig(verbose=0),
        executor="inline",
        warm_start=given[0] if len(given) == 1 else list(given),
    ).fit()


def rewarded(**options):
    tune(search_alg=("optuna", options), **LOSS)


LEAVE_OUT = (
    " Or leave out what does not fit: warm_start takes a list of some of the results, or of "
    "(config, metrics)."
)
FORMS = (
    "  It takes a ResultGrid, the folder of an experiment, or a list of these, of results, "
    "or of (config, value)."
)
WITHIN = "  Use a value within the bounds, or widen them in param_space."

#: What is done -> the message; ``{...}`` is filled by `bad_input.filled`.
MISTAKES = {
    "outside the space": (
        lambda: warm([({"x": 3.0}, 1.0)]),
        "warm_start[0]: parameter 'x': 3.0 is not between 0.0 and 1.0\n" + WITHIN + LEAVE_OUT,
    ),
    "several outside the space": (
        lambda: warm(({"x": 0.5}, 1.0), ({"x": -1}, 1.0), ({"y": 0.5}, 1.0)),
        "warm_start[1]: parameter 'x': -1 is not between 0.0 and 1.0 (1 more of 3 do not fit "
        "either)\n" + WITHIN + LEAVE_OUT,
    ),
    "without a parameter": (
        lambda: warm([({}, 1.0)]),
        "warm_start[0]: a point lacks a value for 'x'\n"
        "  A point has a value for every parameter that exists in it." + LEAVE_OUT,
    ),
    "with an unknown parameter": (
        lambda: warm([({"x": 0.5, "depth": 3}, 1.0)]),
        "warm_start[0]: 'depth' is no parameter of the space\n  There are ['x']." + LEAVE_OUT,
    ),
    "a value of text": (
        lambda: warm([({"x": 0.5}, "good")]),
        "the value of warm_start[0] must be a number, got 'good' of type str\n"
        "  Write a number, e.g. 0.1." + LEAVE_OUT,
    ),
    "a metric without value": (
        lambda: warm([({"x": 0.5}, {"loss": None})]),
        "the value of warm_start[0] must be a number, got None of type NoneType\n"
        "  Write a number, e.g. 0.1." + LEAVE_OUT,
    ),
    "too many values": (
        lambda: warm([({"x": 0.5}, [1.0, 2.0])]),
        "warm_start[0] has 2 values, the run has the metrics ['loss']\n"
        "  Give one value for each metric of TuneConfig(metric=...)." + LEAVE_OUT,
    ),
    "another metric": (
        lambda: warm(({"x": 0.5}, {"acc": 1.0}), ({"x": 0.25}, {"f1": 1.0})),
        "warm_start: none of 2 trials has 'loss'\n  They have ['acc', 'f1'].",
    ),
    "no number": (
        lambda: warm([({"x": 0.5}, {"note": "fine"})]),
        "warm_start: none of 1 trials has 'loss'\n  They reported no numbers.",
    ),
    "configurations alone": (
        lambda: warm({"x": 0.5}, {"x": 0.25}),
        "warm_start[0] is a configuration without what it gave: {{'x': 0.5}}\n"
        '  Write (config, value) or (config, {{"loss": value}}); for configurations that are to '
        "be tried there is points_to_evaluate of the searcher.",
    ),
    "a number": (lambda: warm(5), "warm_start cannot be used: 5\n" + FORMS),
    "a pair without a configuration": (
        lambda: warm([("x", 1.0)]),
        "warm_start[0] cannot be used: ('x', 1.0)\n" + FORMS,
    ),
    "a class": (
        lambda: warm([ResultGrid]),
        "warm_start[0] cannot be used: <class 'pegbox.results.ResultGrid'>\n" + FORMS,
    ),
    "an unknown outcome": (
        lambda: warm([EvaluatedPoint({"x": 0.5}, 1.0, "good")]),
        "warm_start[0] has the outcome 'good'\n  It is one of 'finished', 'stopped', 'failed'.",
    ),
    "an empty path": (
        lambda: warm(""),
        "the path of an experiment must be a folder, got ''\n"
        '  Write its path, e.g. "~/pegbox_results"; "." is the current folder.',
    ),
    "a URI": (
        lambda: warm("s3://bucket/x"),
        "the path of an experiment must be a folder so far, got the URI 's3://bucket/x'\n"
        "  Use a folder on a local disk, or one that all workers share.",
    ),
    "in run": (
        lambda: run(train, config=SPACE, warm_start=5, verbose=0, executor="inline", **LOSS),
        "warm_start cannot be used: 5\n" + FORMS,
    ),
    "fewer rewards than points": (
        lambda: rewarded(points_to_evaluate=[{"x": 0.5}], evaluated_rewards=[]),
        "OptunaSearch has 1 points_to_evaluate and 0 evaluated_rewards\n"
        "  Give one reward for each point, or none at all.",
    ),
    "rewards without points": (
        lambda: rewarded(evaluated_rewards=[1.0]),
        "OptunaSearch has 0 points_to_evaluate and 1 evaluated_rewards\n"
        "  Give one reward for each point, or none at all.",
    ),
    "a reward alone": (
        lambda: rewarded(points_to_evaluate=[{"x": 0.5}], evaluated_rewards=1.0),
        "OptunaSearch(evaluated_rewards=...) must be a list, got 1.0\n"
        "  Give one reward for each point.",
    ),
    "a rewarded point outside the space": (
        lambda: rewarded(points_to_evaluate=[{"x": 5}], evaluated_rewards=[1.0]),
        "evaluated point 0: parameter 'x': 5 is not between 0.0 and 1.0\n" + WITHIN,
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_refused_in_words_that_help(mistake, tmp_path, monkeypatch):
    check_refused(*MISTAKES[mistake], __name__, tmp_path, monkeypatch)


def test_a_folder_without_an_experiment(tmp_path, monkeypatch):
    mistake = (
        lambda: warm("nowhere"),
        f"there is no experiment in {tmp_path}/nowhere: it has no file experiment.sqlite\n"
        "  Give the folder of an experiment, as `experiment_path` tells it.",
    )
    check_refused(*mistake, __name__, tmp_path, monkeypatch)
