"""Wrong constraints and scalarizations: refused before anything begins."""

from __future__ import annotations

import pytest
from bad_input import LOSS, check_refused, tune
from pegbox import choice, randint, sample_from, uniform
from pegbox.constraints import LinearConstraint, OutcomeConstraint
from pegbox.scalarization import AugmentedChebyshev, WeightedSum

BOTH = {"metric": ["a", "b"], "mode": ["min", "max"]}
ONE = {"x": choice([1])}
SP = {
    "x": uniform(0, 1),
    "n": randint(1, 9),
    "opt": choice(["sgd", "adam"]),
    "three": 3,
    "name": "a",
    "s": sample_from(lambda config: config["x"]),
    "m": choice([{"w": randint(1, 8)}, {"d": randint(1, 4)}]),
}


def moody(config):
    raise ValueError("no such size")


def silent(config):
    """Forgot to say."""


#: What is done -> the message; ``{...}`` is filled by `bad_input.filled`.
MISTAKES = {
    "constraints are a text": (
        lambda: tune(parameter_constraints="x <= 1"),
        "TuneConfig(parameter_constraints=...) must be a list, got 'x <= 1'\n"
        '  Write e.g. parameter_constraints=["x + 2*y <= 1", lambda config: ...].',
    ),
    "a constraint is a number": (
        lambda: tune(parameter_constraints=[1]),
        "parameter_constraints[0] must be a text, a LinearConstraint or a function, got 1\n"
        '  Write e.g. parameter_constraints=["x + 2*y <= 1", lambda config: ...].',
    ),
    "a constraint on metrics between parameters": (
        lambda: tune(parameter_constraints=[OutcomeConstraint({"x": 1}, 1)]),
        "parameter_constraints[0] is an OutcomeConstraint, which is about metrics\n"
        "  Write LinearConstraint(...), or pass it as outcome_constraints.",
    ),
    "a constraint is a class": (
        lambda: tune(parameter_constraints=[LinearConstraint]),
        "parameter_constraints[0] must be a text, a LinearConstraint or a function, got "
        "<class 'pegbox.constraints.linear.LinearConstraint'>\n"
        '  Write e.g. parameter_constraints=["x + 2*y <= 1", lambda config: ...].',
    ),
    "a strict inequality": (
        lambda: tune(parameter_constraints=["x < 1"]),
        "parameter_constraints[0]: constraint 'x < 1' has '<' where <= or >= is expected\n"
        "  Write <=; between whole numbers, x + 1 <= y.",
    ),
    "a constraint with a slip in a name": (
        lambda: tune(space=SP, parameter_constraints=["nn + x <= 1"]),
        "parameter constraint 'nn + x <= 1' has 'nn', which is no parameter\n  Did you mean 'n'?",
    ),
    "a constraint on nothing that is known": (
        lambda: tune(space=SP, parameter_constraints=["quux <= 1"]),
        "parameter constraint 'quux <= 1' has 'quux', which is no parameter\n"
        "  Numbers of the space: x, n, three, m/w, m/d.",
    ),
    "a constraint on a choice of dicts": (
        lambda: tune(space=SP, parameter_constraints=["m <= 1"]),
        "parameter constraint 'm <= 1' has 'm', which is no parameter\n"
        "  Name one of the values in it: m/w, m/d.",
    ),
    "a constraint by a searcher's path": (
        lambda: tune(space=SP, parameter_constraints=["m/0/w <= 1"]),
        "parameter constraint 'm/0/w <= 1' has 'm/0/w', which is no parameter\n"
        "  Name where its value stands in a configuration: x, n, three, m/w, m/d.",
    ),
    "a constraint on a category": (
        lambda: tune(space=SP, parameter_constraints=["opt <= 1"]),
        "parameter constraint 'opt <= 1' has 'opt', which is a choice of values that are "
        "not all numbers\n"
        "  Pass a function of the configuration in place of the text: lambda config: ...",
    ),
    "a constraint on a constant that is no number": (
        lambda: tune(space=SP, parameter_constraints=["x <= name"]),
        "parameter constraint 'x <= name' has 'name', which is always 'a'\n"
        "  Pass a function of the configuration in place of the text: lambda config: ...",
    ),
    "a constraint on what is computed": (
        lambda: tune(space=SP, parameter_constraints=["s + x <= 1"]),
        "parameter constraint 's + x <= 1' has 's', which is computed by sample_from\n"
        "  Pass a function of the configuration in place of the text: lambda config: ...",
    ),
    "a constraint on nothing that varies": (
        lambda: tune(space=SP, parameter_constraints=["three <= 1"]),
        "parameter constraint 'three <= 1' has only values that are the same in every trial\n"
        "  Name a parameter that varies.",
    ),
    "a constraint that holds nowhere": (
        lambda: tune(space=SP, parameter_constraints=["x + n <= 0.5"]),
        "parameter constraint 'x + n <= 0.5' holds nowhere in the space: x lies between "
        "0 and 1, n lies between 1 and 8\n"
        "  Loosen the constraint, or widen a parameter.",
    ),
    "a constraint with a quotient": (
        lambda: tune(space=SP, parameter_constraints=["x / n <= 0.5"]),
        "parameter_constraints[0]: constraint 'x / n <= 0.5' has '/' where <= or >= is expected\n"
        "  Write 0.5*x in place of x / 2.",
    ),
    "a constraint that raises": (
        lambda: tune(parameter_constraints=[moody], space=ONE),
        "the parameter constraint moody raised ValueError: no such size\n"
        "  It was given {{'x': 1}}.",
    ),
    "a constraint that gives nothing": (
        lambda: tune(parameter_constraints=[silent], space=ONE),
        "the parameter constraint silent gave None for {{'x': 1}}\n  It must give True or False.",
    ),
    "a starting point that breaks a constraint": (
        lambda: tune(
            search_alg=("random", {"points_to_evaluate": [{"x": 0.5}, {"x": 0.9}]}),
            parameter_constraints=["x <= 0.6"],
        ),
        "points_to_evaluate[1] breaks the parameter constraint 'x <= 0.6'\n"
        "  Change the point, or loosen the constraint.",
    ),
    "a part of a starting point that breaks a constraint": (
        lambda: tune(
            space={"x": uniform(0, 1), "y": uniform(0, 1)},
            search_alg=("random", {"points_to_evaluate": [{"x": 0.9}]}),
            parameter_constraints=["x <= 0.6"],
        ),
        "points_to_evaluate[0] breaks the parameter constraint 'x <= 0.6'\n"
        "  Change the point, or loosen the constraint.",
    ),
    "outcome constraints are a text": (
        lambda: tune(outcome_constraints="latency <= 1"),
        "TuneConfig(outcome_constraints=...) must be a list, got 'latency <= 1'\n"
        '  Write e.g. outcome_constraints=["latency <= 0.2"].',
    ),
    "an outcome constraint is a function": (
        lambda: tune(outcome_constraints=[len]),
        "outcome_constraints[0] must be a text or an OutcomeConstraint, got <built-in "
        "function len>\n"
        "  Report what the function would compute as a metric of its own.",
    ),
    "a constraint between parameters on metrics": (
        lambda: tune(outcome_constraints=[LinearConstraint({"a": 1}, 1)]),
        "outcome_constraints[0] must be a text or an OutcomeConstraint, got "
        "LinearConstraint(coefficients={{'a': 1.0}}, bound=1.0, text='')\n"
        '  Write e.g. outcome_constraints=["latency <= 0.2"].',
    ),
    "an outcome constraint is an equality": (
        lambda: tune(outcome_constraints=["latency == 1"]),
        "outcome_constraints[0]: constraint 'latency == 1' has '==' where <= or >= is expected\n"
        "  Write <= or >=; what equals something else is computed from it.",
    ),
    "scalarization of one metric": (
        lambda: tune(scalarization="weighted_sum", **LOSS),
        "TuneConfig(scalarization=...) makes one number of several metrics, got ['loss']\n"
        '  Write e.g. metric=["loss", "size"], mode=["min", "min"], or leave it out.',
    ),
    "scalarization misspelt": (
        lambda: tune(scalarization="weighted", **BOTH),
        "there is no scalarization 'weighted'\n  Did you mean 'weighted_sum'?",
    ),
    "scalarization without options": (
        lambda: tune(scalarization="weighted_sum", **BOTH),
        "scalarization 'weighted_sum' cannot be made of these options: missing a "
        "required argument: 'weights'\n"
        "  It takes weights.",
    ),
    "scalarization with an option of another's": (
        lambda: tune(
            scalarization=("chebyshev", {"weights": {"a": 1, "b": 1}, "reference": {"a": 0}}),
            **BOTH,
        ),
        "scalarization 'chebyshev' cannot be made of these options: missing a required "
        "argument: 'ideal'\n"
        "  It takes weights, ideal, rho.",
    ),
    "scalarization is a class": (
        lambda: tune(scalarization=WeightedSum, **BOTH),
        "TuneConfig(scalarization=WeightedSum) is a class, not an object\n"
        "  Write scalarization=WeightedSum(...).",
    ),
    "scalarization is a number": (
        lambda: tune(scalarization=3, **BOTH),
        "TuneConfig(scalarization=...) must be a name with a dict of options, a "
        "Scalarization, or a function of the losses, got 3\n"
        '  Write e.g. scalarization=("weighted_sum", {{"weights": {{"loss": 1, "size": 0.001}}}}).',
    ),
    "a weight for a metric with a slip": (
        lambda: tune(scalarization=("weighted_sum", {"weights": {"a": 1, "bb": 1}}), **BOTH),
        "WeightedSum(weights=...) has 'bb', which is no metric of the run\n  Did you mean 'b'?",
    ),
    "a weight is missing": (
        lambda: tune(scalarization=("weighted_sum", {"weights": {"a": 1}}), **BOTH),
        "WeightedSum(weights=...) has nothing for 'b'\n  Give a number for each metric of the run.",
    ),
    "a weight is negative": (
        lambda: tune(scalarization=("weighted_sum", {"weights": {"a": 1, "b": -1}}), **BOTH),
        "WeightedSum(weights=...) must be at least 0, and one of them above it, got "
        "{{'a': 1, 'b': -1}}\n"
        "  What is to be maximized has a positive weight, too: its sign is turned before.",
    ),
    "a weight is a text": (
        lambda: tune(scalarization=("weighted_sum", {"weights": {"a": "1", "b": 1}}), **BOTH),
        "WeightedSum(weights=...) must have a number beside each metric, got 'a': '1'\n"
        '  Write e.g. {{"loss": 1, "size": 0.001}}.',
    ),
    "weights are a list": (
        lambda: tune(scalarization=("weighted_sum", {"weights": [1, 2]}), **BOTH),
        "WeightedSum(weights=...) must be a dict of metrics and numbers, got [1, 2]\n"
        '  Write e.g. {{"loss": 1, "size": 0.001}}.',
    ),
    "an ideal is missing": (
        lambda: tune(
            scalarization=("chebyshev", {"weights": {"a": 1, "b": 1}, "ideal": {"a": 0}}), **BOTH
        ),
        "AugmentedChebyshev(ideal=...) has nothing for 'b'\n"
        "  Give a number for each metric of the run.",
    ),
    "rho is zero": (
        lambda: tune(
            scalarization=AugmentedChebyshev({"a": 1, "b": 1}, {"a": 1, "b": 1}, rho=0), **BOTH
        ),
        "AugmentedChebyshev(rho=...) must be a number above 0, got 0\n  0.05 is usual.",
    ),
    "a metric that counts twice": (
        lambda: tune(metric=["a", "a"], mode=["min", "min"]),
        "metric has 'a' twice\n  Name each metric once.",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_refused_in_words_that_help(mistake, tmp_path, monkeypatch):
    check_refused(*MISTAKES[mistake], __name__, tmp_path, monkeypatch)
