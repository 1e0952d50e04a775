"""HyperOptSearch with the arguments of Ray Tune's, and with the algorithms' own."""

from __future__ import annotations

from typing import Any

import pytest
from hyperopt import hp
from pegbox import TuneConfig
from pegbox.errors import ConfigError
from pegbox.executors.simulated import simulate
from pegbox.space import Float, Int
from pegbox_hyperopt import HyperOptSearch


def test_a_whole_run_over_a_space_metric_and_rewards_of_the_searchers_own() -> None:
    seen: list[Any] = []

    def trial(config: dict[str, Any], iteration: int) -> Any:
        if iteration > 1:
            return None
        seen.append(config)
        return 1.0, {"score": -abs(config["model"].get("depth", 0) - 7) - config["y"]}

    searcher = HyperOptSearch(
        {"model": hp.choice("model", [{"depth": hp.uniformint("depth", 1, 9)}, {}])},
        "score",
        "max",
        [{"model": {"depth": 7}, "y": 0.0}, {"model": {}, "y": 1.0}],
        n_initial_points=4,
        random_state_seed=3,
        evaluated_rewards=[0.0, -8.0],
    )
    result = simulate(
        trial,
        param_space={"y": Float(0, 1)},
        tune_config=TuneConfig(search_alg=searcher, num_samples=30),
    )
    assert result.ended.how == "complete", result.error
    late = [config["model"].get("depth", 0) for config in seen[-10:]]
    assert sum(depth >= 5 for depth in late) > 5


def test_points_to_evaluate_come_first_and_the_algorithm_completes_them() -> None:
    searcher = HyperOptSearch(points_to_evaluate=[{"x": 0.5}], metric="loss", mode="min")
    result = simulate(
        lambda config, i: (1.0, {"loss": config["x"]}) if i == 1 else None,
        param_space={"x": Float(0, 1), "n": Int(1, 3)},
        tune_config=TuneConfig(search_alg=searcher, num_samples=2),
    )
    first, second = (trial.config for trial in result.trials)
    assert first["x"] == 0.5
    assert first["n"] in (1, 2, 3)
    assert second["x"] != 0.5


def test_a_seed_of_the_searchers_own_takes_the_place_of_the_runs() -> None:
    def points(own: int | None, of_the_run: int) -> list[Any]:
        searcher = HyperOptSearch(metric="score", mode="max", random_state_seed=own)
        found = simulate(
            lambda config, i: (1.0, {"score": config["x"]}) if i == 1 else None,
            param_space={"x": Float(0, 1)},
            tune_config=TuneConfig(search_alg=searcher, num_samples=5, seed=of_the_run),
        )
        return [trial.config["x"] for trial in found.trials]

    assert points(5, 1) == points(5, 2)
    assert points(5, 1) != points(6, 1)
    assert points(None, 1) != points(None, 2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"algorithm": "tpee"},
            'HyperOptSearch(algorithm=...) must be "tpe", "anneal" or "random", got \'tpee\'\n'
            "  Did you mean algorithm='tpe'?",
        ),
        (
            {"n_EI_candidate": 3},
            "HyperOptSearch: algorithm 'tpe' has no option 'n_EI_candidate'\n  Did you mean "
            "'n_EI_candidates'? There are: gamma, n_EI_candidates, n_initial_points, prior_weight.",
        ),
        (
            {"n_startup_jobs": 5},
            "HyperOptSearch: algorithm 'tpe' has no option 'n_startup_jobs'\n"
            "  It is called n_initial_points here, as in Ray Tune.",
        ),
        (
            {"shrink_coef": 0.5},
            "HyperOptSearch: algorithm 'tpe' has no option 'shrink_coef'\n"
            "  It is an option of algorithm='anneal'.",
        ),
        (
            {"algorithm": "anneal", "gamma": 0.5},
            "HyperOptSearch: algorithm 'anneal' has no option 'gamma'\n"
            "  It is an option of algorithm='tpe'.",
        ),
        (
            {"algorithm": "random", "n_initial_points": 3},
            "HyperOptSearch: algorithm 'random' has no option 'n_initial_points'\n"
            "  It is an option of algorithm='tpe'.",
        ),
        (
            {"seed": 3},
            "HyperOptSearch: algorithm 'tpe' has no option 'seed'\n"
            "  It is called random_state_seed here, as in Ray Tune.",
        ),
        (
            {"algoritm": "anneal"},
            "HyperOptSearch: algorithm 'tpe' has no option 'algoritm'\n  Did you mean "
            "'algorithm'? There are: gamma, n_EI_candidates, n_initial_points, prior_weight.",
        ),
        (
            {"algorithm": "random", "depth": 3},
            "HyperOptSearch: algorithm 'random' has no option 'depth'\n  There are: none.",
        ),
        (
            {"n_initial_points": 0},
            "HyperOptSearch(n_initial_points=...) must be a whole number from 1, got 0\n"
            "  Write e.g. n_initial_points=1.",
        ),
        (
            {"gamma": -0.25},
            "HyperOptSearch(gamma=...) must be a number above 0, got -0.25\n"
            "  Write e.g. gamma=0.25.",
        ),
        (
            {"n_EI_candidates": 2.5},
            "HyperOptSearch(n_EI_candidates=...) must be a whole number from 1, got 2.5\n"
            "  Write e.g. n_EI_candidates=1.",
        ),
        (
            {"prior_weight": 0},
            "HyperOptSearch(prior_weight=...) must be a number above 0, got 0\n"
            "  Write e.g. prior_weight=1.0.",
        ),
        (
            {"algorithm": "anneal", "avg_best_idx": 0.5},
            "HyperOptSearch(avg_best_idx=...) must be a number from 1, got 0.5\n"
            "  Write e.g. avg_best_idx=2.0; 1 stays with the best trial.",
        ),
        (
            {"random_state_seed": -1},
            "HyperOptSearch(random_state_seed=...) must be a whole number from 0, got -1\n"
            "  Write e.g. random_state_seed=1.",
        ),
    ],
)
def test_what_an_algorithm_cannot_use_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        HyperOptSearch(**arguments)
    assert str(caught.value) == message
