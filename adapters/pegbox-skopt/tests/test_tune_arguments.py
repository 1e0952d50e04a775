"""SkOptSearch with the arguments of Ray Tune 2.3's, and options that are refused."""

from __future__ import annotations

from typing import Any

import pytest
from pegbox import TuneConfig
from pegbox.decisions import WAIT
from pegbox.errors import ConfigError
from pegbox.executors.simulated import simulate
from pegbox.objective import Objective
from pegbox.space import Choice, Float, Int
from pegbox_skopt import SkOptSearch
from skopt.space import Categorical, Integer, Real, Space


def test_skopts_dimensions_are_a_part_of_the_space() -> None:
    searcher = SkOptSearch(
        space={
            "real": Real(1e-4, 1.0, prior="log-uniform"),
            "integer": Integer(2, 10),
            "integer_log": Integer(1, 64, prior="log-uniform"),
            "categorical": Categorical(["a", None, 3]),
            "range": (0, 20),
            "floats": (-1.0, 1),
            "log": (1e-4, 1e-1, "log-uniform"),
            "words": ("a", "b"),
            "list": [1, 2, 3],
            "own": Float(0, 1),
            "fixed": 5,
        }
    )
    assert searcher.own_space == {
        "real": Float(1e-4, 1.0, log=True),
        "integer": Int(2, 10),
        "integer_log": Int(1, 64, log=True),
        "categorical": Choice(("a", None, 3)),
        "range": Int(0, 20),
        "floats": Float(-1, 1),
        "log": Float(1e-4, 1e-1, log=True),
        "words": Choice(("a", "b")),
        "list": Choice((1, 2, 3)),
        "own": Float(0, 1),
        "fixed": 5,
    }


@pytest.mark.parametrize("kind", [list, Space])
def test_dimensions_with_names_are_a_space(kind: Any) -> None:
    searcher = SkOptSearch(space=kind([Real(0.0, 1.0, name="x"), Integer(1, 3, name="n")]))
    assert searcher.own_space == {"x": Float(0, 1), "n": Int(1, 3)}


def test_a_whole_run_over_a_space_metric_and_rewards_of_the_searchers_own() -> None:
    searcher = SkOptSearch(
        space={"x": (-5.0, 5.0)},
        metric="score",
        mode="max",
        points_to_evaluate=[{"x": 1.0, "y": 0.0}],
        evaluated_rewards=[7.0],
        n_initial_points=2,
    )
    result = simulate(
        lambda config, i: (1.0, {"score": -config["x"]}) if i == 1 else None,
        param_space={"y": Float(0, 1)},
        tune_config=TuneConfig(search_alg=searcher, num_samples=3, seed=1),
    )
    assert result.ended.how == "complete", result.error
    elsewhere, *told = searcher._known.in_order()
    assert elsewhere.loss == -7.0
    assert [each.point for each in told] == [trial.config for trial in result.trials]
    assert [each.loss for each in told] == [each.point["x"] for each in told]


def test_a_seed_of_the_searchers_own_takes_the_place_of_the_runs() -> None:
    def points(own: int | None, of_the_run: int) -> list[Any]:
        searcher = SkOptSearch(
            None,
            {"x": Float(0, 1)},
            "score",
            "max",
            seed=own,
            initial_point_generator="lhs",
            n_initial_points=3,
        )
        found = simulate(
            lambda config, i: (1.0, {"score": config["x"]}) if i == 1 else None,
            param_space={},
            tune_config=TuneConfig(search_alg=searcher, num_samples=5, seed=of_the_run),
        )
        return [trial.config["x"] for trial in found.trials]

    assert points(5, 1) == points(5, 2)
    assert points(5, 1) != points(6, 1)
    assert points(None, 1) != points(None, 2)


def test_no_more_points_are_without_an_answer_than_may_be() -> None:
    searcher = SkOptSearch(max_concurrent=2)
    searcher.setup({"x": Float(0, 1)}, [Objective("loss", "min")], 1, -1)
    pending = {"abcde_00000": {"x": 0.5}}
    assert searcher.suggest("abcde_00001", pending, 1, 1) is not WAIT
    pending["abcde_00001"] = {"x": 0.25}
    assert searcher.suggest("abcde_00002", pending, 2, 1) is WAIT


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"optimizer": object},
            "SkOptSearch(optimizer=...) is not taken: an optimizer of skopt's keeps what it drew, "
            "and would not go on the same way after a restore\n"
            "  Write SkOptSearch(space={name: dimension}, estimator=..., acq_func=...). Results "
            "that you have are made known with add_evaluated_point(parameters, value).",
        ),
        (
            {"space": "gp"},
            "SkOptSearch(space=...) must be a dict of name to dimension, got 'gp'\n"
            '  Write e.g. space={"lr": (1e-4, 1e-1, "log-uniform")}, or use param_space.',
        ),
        (
            {"space": ["width", "height"]},
            "SkOptSearch(space=[...]) has 'width', which has no name\n"
            "  Write a dict of name to dimension, or give each dimension its name=.",
        ),
        (
            {"space": {"x": [0, 20]}},
            "SkOptSearch(space=...): 'x': skopt takes [0, 20] for a range, and Ray Tune's "
            "documentation for two categories\n"
            "  Write (0, 20) for the range, choice([0, 20]) for the categories.",
        ),
        (
            {"space": {"x": (0.0, 1.0, "log-uniform")}},
            "SkOptSearch(space=...): 'x': a logarithmic range cannot start at lower=0.0\n"
            "  Use a lower bound above 0, or a range that is not logarithmic.",
        ),
        (
            {"space": {"x": Categorical(["a", "b"], prior=[0.9, 0.1])}},
            "SkOptSearch(space=...): 'x': it weighs its categories, and those of a choice are "
            "alike\n  Leave prior out.",
        ),
        (
            {"convert_to_python": False},
            "SkOptSearch(convert_to_python=False) is not taken: configurations are stored, and "
            "hold plain Python numbers in any case\n  Leave convert_to_python out.",
        ),
        (
            {"seed": -1},
            "SkOptSearch(seed=...) must be a whole number from 0, got -1\n  Write e.g. seed=1.",
        ),
        (
            {"max_concurrent": 0},
            "SkOptSearch(max_concurrent=...) must be a whole number from 1, got 0\n"
            "  Write e.g. max_concurrent=1.",
        ),
        (
            {"points_to_evaluate": [{"x": 1}], "evaluated_rewards": []},
            "SkOptSearch has 1 points_to_evaluate and 0 evaluated_rewards\n"
            "  Give one reward for each point, or none at all.",
        ),
        (
            {"estimator": "gbt"},
            'SkOptSearch(estimator=...) must be "gp", "rf", "et", "gbrt" or "dummy", got \'gbt\'\n'
            "  Did you mean estimator='gbrt'?",
        ),
        (
            {"estimator": ["gp"]},
            "SkOptSearch(estimator=...) must be a name or a regressor, got ['gp']\n"
            '  Write e.g. estimator="gp".',
        ),
        (
            {"acq_func": "ei"},
            'SkOptSearch(acq_func=...) must be "EI", "LCB", "PI" or "gp_hedge", got \'ei\'\n'
            "  Write e.g. acq_func='EI'.",
        ),
        (
            {"acq_func": "EIps"},
            "SkOptSearch(acq_func='EIps') is not taken: it weighs a trial's result by the seconds "
            "that it took, which are no part of a result\n  There are EI, LCB, PI and gp_hedge.",
        ),
        (
            {"acq_func": "MES"},
            "SkOptSearch(acq_func='MES') is not taken: it draws from numpy's global generator, so "
            "that its points would not repeat\n  There are EI, LCB, PI and gp_hedge.",
        ),
        (
            {"kappa": -1},
            "SkOptSearch(kappa=...) must be a number from 0, got -1\n"
            "  Leave kappa out for skopt's own.",
        ),
        (
            {"xi": float("nan")},
            "SkOptSearch(xi=...) must be a number from 0, got nan\n  Leave xi out for skopt's own.",
        ),
        (
            {"initial_point_generator": "hammersley"},
            'SkOptSearch(initial_point_generator=...) must be "random", "sobol", "halton", '
            '"hammersly", "lhs" or "grid", got \'hammersley\'\n'
            "  Did you mean initial_point_generator='hammersly'?",
        ),
        (
            {"liar": "max"},
            'SkOptSearch(liar=...) must be "believer", "cl_min", "cl_mean" or "cl_max", got '
            "'max'\n"
            "  Did you mean liar='cl_max'?",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SkOptSearch(**arguments)
    assert str(caught.value) == message
