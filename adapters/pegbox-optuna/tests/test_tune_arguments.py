"""OptunaSearch with the arguments of Ray Tune's."""

from __future__ import annotations

from typing import Any

import optuna
import pytest
from pegbox import TuneConfig
from pegbox.errors import ConfigError, MissingDependency, UnsupportedSpace
from pegbox.executors.simulated import simulate
from pegbox.space import Choice, Float, Int, grid_search
from pegbox_optuna import OptunaSearch


def test_optunas_distributions_are_a_part_of_the_space() -> None:
    searcher = OptunaSearch(
        {
            "x": optuna.distributions.FloatDistribution(1e-4, 1.0, log=True),
            "q": optuna.distributions.FloatDistribution(0, 1, step=0.25),
            "n": optuna.distributions.IntDistribution(2, 10, step=2),
            "c": optuna.distributions.CategoricalDistribution(["a", None, 3]),
            "own": Float(0, 1),
            "fixed": 5,
        }
    )
    assert searcher.own_space == {
        "x": Float(1e-4, 1.0, log=True),
        "q": Float(0.0, 1.0, step=0.25),
        "n": Int(2, 10, step=2),
        "c": Choice(("a", None, 3)),
        "own": Float(0, 1),
        "fixed": 5,
    }


def test_a_whole_run_over_a_space_metric_and_rewards_of_the_searchers_own() -> None:
    searcher = OptunaSearch(
        {"x": optuna.distributions.FloatDistribution(-5, 5)},
        metric="score",
        mode="max",
        points_to_evaluate=[{"x": 1.0, "y": 0.0}],
        evaluated_rewards=[7.0],
    )
    result = simulate(
        lambda config, i: (1.0, {"score": -config["x"]}) if i == 1 else None,
        param_space={"y": Float(0, 1)},
        tune_config=TuneConfig(search_alg=searcher, num_samples=3),
    )
    assert result.ended.how == "complete", result.error
    known, *tried = searcher._study._study.get_trials(deepcopy=False)
    assert known.params == {"x": 1.0, "y": 0.0}
    assert known.value == -7.0
    assert [trial.params["x"] for trial in tried] == [t.config["x"] for t in result.trials]


def test_a_seed_of_the_searchers_own_takes_the_place_of_the_runs() -> None:
    def points(own: int | None, of_the_run: int) -> list[Any]:
        searcher = OptunaSearch(metric="score", mode="max", sampler="random", seed=own)
        found = simulate(
            lambda config, i: (1.0, {"score": config["x"]}) if i == 1 else None,
            param_space={"x": Float(0, 1)},
            tune_config=TuneConfig(search_alg=searcher, num_samples=5, seed=of_the_run),
        )
        return [trial.config["x"] for trial in found.trials]

    assert points(5, 1) == points(5, 2)
    assert points(5, 1) != points(6, 1)
    assert points(None, 1) != points(None, 2)


def test_a_grid_in_the_searchers_own_space_is_refused_by_name() -> None:
    searcher = OptunaSearch({"x": grid_search([1, 2])}, metric="loss", mode="min")
    with pytest.raises(UnsupportedSpace) as caught:
        simulate(
            lambda config, i: None, param_space={}, tune_config=TuneConfig(search_alg=searcher)
        )
    assert str(caught.value) == (
        "search_alg='OptunaSearch' cannot take parameter 'x': it is a grid domain\n"
        "  It takes choice, float, int; write choice([...]) in place of grid_search([...]); "
        'search_alg="random" takes all of them.'
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"space": [("x", 1)]},
            "OptunaSearch(space=...) was given a list, Optuna's form of long ago\n"
            "  Write a dict of name to distribution, a function of a trial, or param_space.",
        ),
        (
            {"space": "tpe"},
            "OptunaSearch(space=...) must be a dict of name to distribution, got 'tpe'\n"
            "  Did you mean sampler=...?",
        ),
        (
            {"storage": "sqlite:///x.db"},
            "OptunaSearch(storage=...) is not taken: what is known of trials lies in the "
            "experiment's own store, and Tuner.restore goes on from there\n"
            "  Leave storage out. Results of a study that you have are made known with "
            "add_evaluated_point(parameters, value).",
        ),
        (
            {"study_name": "old"},
            "OptunaSearch(study_name=...) is not taken: what is known of trials lies in the "
            "experiment's own store, and Tuner.restore goes on from there\n"
            "  Leave study_name out. Results of a study that you have are made known with "
            "add_evaluated_point(parameters, value).",
        ),
        (
            {"sampler": "random", "evaluated_reward": [1.0]},
            "sampler 'random' has no option 'evaluated_reward'\n"
            "  Did you mean 'evaluated_rewards'? There are: none.",
        ),
        (
            {"seed": -1},
            "OptunaSearch(seed=...) must be a whole number from 0, got -1\n  Write e.g. seed=1.",
        ),
        (
            {"points_to_evaluate": [{"x": 1}], "evaluated_rewards": []},
            "OptunaSearch has 1 points_to_evaluate and 0 evaluated_rewards\n"
            "  Give one reward for each point, or none at all.",
        ),
    ],
)
def test_what_of_ray_tunes_arguments_cannot_be_used_is_refused(
    arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        OptunaSearch(**arguments)
    assert str(caught.value) == message


def test_a_sampler_whose_package_is_missing_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pegbox_optuna.samplers.find_spec", lambda name: None)
    with pytest.raises(MissingDependency) as caught:
        OptunaSearch(sampler="cmaes")
    assert str(caught.value) == (
        "sampler 'cmaes' of Optuna needs the package 'cmaes', which is not installed\n"
        "  Run `pip install cmaes`."
    )
