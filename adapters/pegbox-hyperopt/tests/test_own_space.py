"""Spaces of hyperopt's expressions, as Ray Tune's users write them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hyperopt import hp
from hyperopt.pyll import scope
from hyperopt.pyll.stochastic import sample
from pegbox.errors import ConfigError
from pegbox.space import Choice, Float, Int, Normal, Space
from pegbox_hyperopt import HyperOptSearch

SHARED = hp.uniform("shared", 0, 1)


@pytest.mark.parametrize(
    ("expression", "domain"),
    [
        (hp.uniform("p", -1, 2), Float(-1, 2)),
        (hp.uniform("p", low=np.float64(0), high=np.int64(3)), Float(0, 3)),
        (hp.quniform("p", 0, 1, 0.25), Float(0, 1, step=0.25)),
        (hp.quniform("p", 0.1, 0.9, 0.25), Float(0.25, 0.75, step=0.25)),
        (hp.loguniform("p", np.log(1e-4), np.log(0.1)), Float(1e-4, 0.1, log=True)),
        (hp.loguniform("p", -5, 0), Float(np.exp(-5), 1, log=True)),
        (hp.qloguniform("p", 0, np.log(90), 0.5), Float(1, 90, log=True, step=0.5)),
        (hp.normal("p", 1, 2), Normal(1, 2)),
        (hp.qnormal("p", 1, 2, 0.5), Normal(1, 2, 0.5)),
        (hp.randint("p", 5), Int(0, 4)),
        (hp.randint("p", 3, 7), Int(3, 6)),
        (hp.uniformint("p", 1, 9), Int(1, 9)),
        (scope.int(hp.quniform("p", 1, 10, 2)), Int(2, 10, step=2)),
        (scope.int(hp.qloguniform("p", np.log(1.5), np.log(64), 1)), Int(2, 64, log=True)),
        (hp.choice("p", ["a", None, (1, 2)]), Choice(("a", None, (1, 2)))),
        (hp.pchoice("p", [(0.5, "a"), (0.5, "b")]), Choice(("a", "b"))),
    ],
)
def test_an_expression_becomes_the_domain_of_the_same_values(expression: Any, domain: Any) -> None:
    assert HyperOptSearch({"name": expression}).own_space == {"name": domain}


def test_what_is_no_expression_stays_as_it_is() -> None:
    marker = object()
    space = {"own": Float(0, 1), "fixed": 5, "list": [hp.randint("n", 3), {"o": marker}]}
    assert HyperOptSearch(space).own_space == {
        "own": Float(0, 1),
        "fixed": 5,
        "list": [Int(0, 2), {"o": marker}],
    }


def test_what_hyperopt_would_propose_lies_in_the_space() -> None:
    space = {
        "lr": hp.loguniform("lr", np.log(1e-4), 0),
        "model": hp.choice(
            "model",
            [
                {"kind": "svm", "C": hp.uniform("C", 0, 1), "shared": SHARED},
                {"kind": "net", "layers": hp.choice("l", [(1, 2), [hp.randint("w", 9)]])},
                {"n": hp.normal("n", 0, 1), "shared": SHARED, "map": {1: "a"}},
                "none",
            ],
        ),
    }
    converted = Space(HyperOptSearch(space).own_space)
    rng = np.random.default_rng(0)
    for _ in range(40):
        config = sample(space, rng)
        point = converted.point(config)
        assert converted.config(converted.conform(point)) == config


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (
            hp.choice("model", [1, 2]),
            "HyperOptSearch(space=...) was given an expression that has no name in a "
            'configuration\n  Put it into a dict: space={"model": hp.choice(...)}.',
        ),
        (
            "tpe",
            "HyperOptSearch(space=...) must be a dict of name to expression, got 'tpe'\n"
            '  Write e.g. space={"lr": hp.loguniform("lr", -10, 0)}.',
        ),
        (
            {"a": hp.lognormal("lr", 0, 1)},
            "HyperOptSearch(space=...) cannot use 'lr': pegbox has no domain like hyperopt's "
            "'lognormal'\n  Write hp.loguniform, or hp.normal and take the exponential in the "
            "trainable.",
        ),
        (
            {"a": hp.choice("c", [1, {"b": hp.qlognormal("lr", 0, 1, 1)}])},
            "HyperOptSearch(space=...) cannot use 'lr': pegbox has no domain like hyperopt's "
            "'qlognormal'\n  Write hp.qloguniform, or hp.qnormal and take the exponential in the "
            "trainable.",
        ),
        (
            {"a": hp.uniform("u", 0, 0)},
            "HyperOptSearch(space=...) cannot use 'u': lower and upper are both 0.0\n"
            "  A value that does not vary needs no domain: write the number itself.",
        ),
        (
            {"a": hp.loguniform("lr", "a little", "more")},
            "HyperOptSearch(space=...) cannot use 'lr': hyperopt takes the logarithms of the "
            "bounds of this range, got 'a little'\n  Write e.g. np.log(1e-4).",
        ),
        (
            {"a": hp.loguniform("lr", 1, 1e4)},
            "HyperOptSearch(space=...) cannot use 'lr': hyperopt takes the logarithms of the "
            "bounds of this range, got 10000.0\n  Write e.g. np.log(1e-4).",
        ),
        (
            {"a": scope.int(hp.uniform("u", 0, 9))},
            "HyperOptSearch(space=...) cannot use 'u': it is a whole number made of hyperopt's "
            "'uniform'\n  Write hp.randint or hp.uniformint.",
        ),
        (
            {"a": hp.uniform("u", 0, SHARED)},
            "HyperOptSearch(space=...) cannot use 'u': its 'high' is computed from what is drawn\n"
            "  Write a number, and compute in the trainable or with sample_from.",
        ),
        (
            {"a": 10 ** hp.uniform("u", -3, 0)},
            "HyperOptSearch(space=...) has the expression 'pow' of 'u', which computes with what "
            "is drawn\n  Draw the number itself, and compute in the trainable or with sample_from.",
        ),
        (
            {"a": hp.pchoice("c", [(0.1, 1), (0.9, 2)])},
            "HyperOptSearch(space=...) has 'c', a choice with probabilities; in a choice of "
            "pegbox's all values are equally likely\n"
            "  Write hp.choice; a value may stand in it more than once.",
        ),
        (
            {"a": hp.uniform("x", 0, 1), "b": hp.uniform("x", 0, 1)},
            "HyperOptSearch(space=...) has two parameters with the label 'x'\n"
            "  Give each parameter a label of its own.",
        ),
        (
            {"a": SHARED, "b": hp.choice("c", [1, SHARED])},
            "HyperOptSearch(space=...) has 'shared' in two places at once\n"
            "  Leave one of them out, and read the other one in the trainable.",
        ),
    ],
)
def test_what_has_no_meaning_is_refused_by_its_label(space: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        HyperOptSearch(space)
    assert str(caught.value) == message
