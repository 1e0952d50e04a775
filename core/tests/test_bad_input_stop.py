"""Wrong stop rules and stoppers: refused before anything begins."""

from __future__ import annotations

import pytest
from bad_input import check_refused, tune
from pegbox.stoppers import (
    CombinedStopper,
    ExperimentPlateauStopper,
    FunctionStopper,
    MaximumIterationStopper,
    TimeoutStopper,
    TrialPlateauStopper,
)

#: What is done -> the message; ``{...}`` is filled by `bad_input.filled`.
MISTAKES = {
    "stopper is a class": (
        lambda: tune(run={"stop": MaximumIterationStopper}),
        "RunConfig(stop=MaximumIterationStopper) is a class, not an object\n"
        "  Write stop=MaximumIterationStopper(...).",
    ),
    "stop is a list": (
        lambda: tune(run={"stop": [10]}),
        "RunConfig(stop=...) must be a dict, a function or a Stopper, got [10]\n"
        '  Write e.g. stop={{"training_iteration": 10}}.',
    ),
    "stop is a name": (
        lambda: tune(run={"stop": "training_iteration"}),
        "RunConfig(stop=...) must be a dict, a function or a Stopper, got 'training_iteration'\n"
        '  Write e.g. stop={{"training_iteration": 10}}.',
    ),
    "stop at a word": (
        lambda: tune(run={"stop": {"loss": "low"}}),
        "RunConfig(stop=...) must have a number beside 'loss', got 'low'\n"
        "  Write a number beside each name; for any other rule pass a function of trial id "
        "and result.",
    ),
    "stop at True": (
        lambda: tune(run={"stop": {"done": True}}),
        "RunConfig(stop=...) must have a number beside 'done', got True\n"
        "  Write a number beside each name; for any other rule pass a function of trial id "
        "and result.",
    ),
    "stop by a function of the value": (
        lambda: tune(run={"stop": {"loss": abs}}),
        "RunConfig(stop=...) must have numbers beside names, got {{'loss': <built-in "
        "function abs>}}\n"
        "  Write a number beside each name; for any other rule pass a function of trial id "
        "and result.",
    ),
    "stop at the value of a number": (
        lambda: tune(run={"stop": {3: 1}}),
        "RunConfig(stop=...) must have names of reported values as keys, got 3\n"
        '  Write e.g. stop={{"training_iteration": 10}}.',
    ),
    "stop function of the result alone": (
        lambda: tune(run={"stop": lambda result: True}),
        "the stop function <lambda> must take (trial_id, result), and takes (result)\n"
        '  Write e.g. stop=lambda trial_id, result: result["loss"] < 0.1',
    ),
    "iterations as text": (
        lambda: MaximumIterationStopper("10"),
        "MaximumIterationStopper(max_iter=...) must be a whole number from 1, got '10'\n"
        "  Write max_iter=10, without quotes.",
    ),
    "no time at all": (
        lambda: TimeoutStopper(0),
        "TimeoutStopper(timeout=...) must be a number above 0, got 0\n  Seconds, or a timedelta.",
    ),
    "time as text": (
        lambda: TimeoutStopper("1h"),
        "TimeoutStopper(timeout=...) must be a number above 0, got '1h'\n"
        "  Seconds, or a timedelta.",
    ),
    "plateau of a number": (
        lambda: TrialPlateauStopper(3),
        "TrialPlateauStopper(metric=...) must be the name of a reported value, got 3\n"
        '  Write e.g. metric="loss", as it is reported.',
    ),
    "plateau without deviation": (
        lambda: TrialPlateauStopper("loss", std=0),
        "TrialPlateauStopper(std=...) must be a number above 0, got 0\n  Write e.g. std=0.01.",
    ),
    "plateau with a threshold alone": (
        lambda: TrialPlateauStopper("loss", metric_threshold=0.1),
        'TrialPlateauStopper(mode=...) must be "min" or "max", got None\n'
        "  Write e.g. mode='min'.",
    ),
    "plateau of one": (
        lambda: ExperimentPlateauStopper("loss", top=1),
        "ExperimentPlateauStopper(top=...) must be a whole number from 2, got 1\n"
        "  Write e.g. top=2.",
    ),
    "plateau of the least": (
        lambda: ExperimentPlateauStopper("loss", mode="least"),
        'ExperimentPlateauStopper(mode=...) must be "min" or "max", got \'least\'\n'
        "  Write e.g. mode='min'.",
    ),
    "stoppers combined of none": (
        lambda: CombinedStopper(),
        "CombinedStopper() needs at least one stopper\n"
        "  Write CombinedStopper(MaximumIterationStopper(10), TimeoutStopper(60)).",
    ),
    "stoppers combined with a number": (
        lambda: CombinedStopper(MaximumIterationStopper(3), 3),
        "CombinedStopper takes stoppers, got 3\n  Put functions into FunctionStopper(...).",
    ),
    "stop function that is none": (
        lambda: FunctionStopper("loss"),
        "a stop function must be callable, got 'loss'\n  Write stop=lambda trial_id, result: ...",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_refused_in_words_that_help(mistake, tmp_path, monkeypatch):
    check_refused(*MISTAKES[mistake], __name__, tmp_path, monkeypatch)
