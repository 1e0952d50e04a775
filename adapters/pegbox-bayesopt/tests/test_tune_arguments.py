"""BayesOptSearch with the arguments of Ray Tune's."""

from __future__ import annotations

from typing import Any

import pytest
from bayes_opt import acquisition
from pegbox import ExperimentAnalysis, ResultGrid, RunConfig, TuneConfig, Tuner, report
from pegbox.errors import ConfigError
from pegbox.executors.simulated import simulate
from pegbox.space import Choice, Float, Int
from pegbox_bayesopt import BayesOptSearch


def simulated(searcher: Any, param_space: dict[str, Any], num_samples: int) -> list[dict[str, Any]]:
    """The configurations of a run that reports ``score``, the greater the nearer to x = 2."""
    result = simulate(
        lambda config, i: (1.0, {"score": -abs(config["x"] - 2)}) if i == 1 else None,
        param_space=param_space,
        tune_config=TuneConfig(search_alg=searcher, num_samples=num_samples),
    )
    assert result.ended.how == "complete", result.error
    return [dict(trial.config) for trial in result.trials]


def test_the_library_s_bounds_are_a_part_of_the_space() -> None:
    space = {
        "x": (0, 10),
        "y": [0.5, 1, float],
        "n": (1, 9, int),
        "c": ("a", "b"),
        "own": Float(1e-4, 1, log=True),
        "fixed": 5,
    }
    assert BayesOptSearch(space).own_space == {
        "x": Float(0, 10),
        "y": Float(0.5, 1),
        "n": Int(1, 9),
        "c": Choice(("a", "b")),
        "own": Float(1e-4, 1, log=True),
        "fixed": 5,
    }


def test_a_whole_run_over_a_space_metric_points_and_rewards_of_the_searchers_own() -> None:
    searcher = BayesOptSearch(
        {"x": (-5, 5)},
        "score",
        "max",
        [{"x": -4.0}, {"x": 4.0}, {"x": 1.0}],
        {"kind": "ucb", "kappa": 1.0, "xi": 0.0},
        7,
        3,
        evaluated_rewards=[-6.0, -2.0, -1.0],
    )
    configs = simulated(searcher, {"fixed": 1}, 6)
    # Three points are known, so none is drawn at random; a sharp peak at 2 is soon found.
    assert min(abs(config["x"] - 2) for config in configs) < 0.3


def test_points_to_evaluate_come_first_and_are_completed() -> None:
    searcher = BayesOptSearch(
        metric="score", mode="max", points_to_evaluate=[{"x": 3.0}, {"x": 1.0, "q": 0.5}]
    )
    first, second, third = simulated(searcher, {"x": Float(0, 5), "q": Float(0, 1, step=0.25)}, 3)
    assert first["x"] == 3.0
    assert first["q"] in (0, 0.25, 0.5, 0.75, 1)
    assert second == {"x": 1.0, "q": 0.5}
    assert third["x"] not in (1.0, 3.0)


def test_a_seed_of_the_searchers_own_takes_the_place_of_the_runs() -> None:
    def points(own: int | None, of_the_run: int) -> list[Any]:
        searcher = BayesOptSearch(metric="score", mode="max", random_state=own)
        found = simulate(
            lambda config, i: (1.0, {"score": config["x"]}) if i == 1 else None,
            param_space={"x": Float(0, 1)},
            tune_config=TuneConfig(search_alg=searcher, num_samples=5, seed=of_the_run),
        )
        return [trial.config["x"] for trial in found.trials]

    assert points(5, 1) == points(5, 2)
    assert points(5, 1) != points(6, 1)
    assert points(None, 1) != points(None, 2)


def test_it_learns_from_an_analysis(tmp_path: Any) -> None:
    Tuner(
        lambda config: report({"score": config["x"]}),
        param_space={"x": Float(0, 1)},
        tune_config=TuneConfig(metric="score", mode="max", num_samples=4),
        run_config=RunConfig(name="earlier", storage_path=str(tmp_path)),
        executor="inline",
    ).fit()
    values = []
    for analysis in (ResultGrid(tmp_path / "earlier"), ExperimentAnalysis(tmp_path / "earlier")):
        searcher = BayesOptSearch(metric="score", mode="max", analysis=analysis)
        values.append([each.value for each in searcher.evaluated_points])
        assert values[-1] == [each.parameters["x"] for each in searcher.evaluated_points]
    assert values[0] == values[1]
    assert len(values[0]) == 4


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ({"kind": "ucb", "kappa": 2.5, "xi": 0.0}, {"kappa": 2.5}),
        ({"kappa": 2.5, "kappa_decay": 1, "kappa_decay_delay": 0}, {"kappa": 2.5}),
        (
            {"kind": "ucb", "kappa": 2.5, "kappa_decay": 0.9, "kappa_decay_delay": 3},
            {"kappa": 2.5, "exploration_decay": 0.9, "exploration_decay_delay": 3},
        ),
        ({"kind": "ei", "kappa": 2.5, "xi": 0.1}, {"acquisition": "ei", "xi": 0.1}),
        ({"kind": "poi", "xi": 0.1}, {"acquisition": "poi", "xi": 0.1}),
    ],
)
def test_ray_tunes_words_for_acquisition_functions(words: Any, options: Any) -> None:
    ours = BayesOptSearch(**options)._acquisition.function
    theirs = BayesOptSearch(utility_kwargs=words)._acquisition.function
    assert type(theirs) is type(ours)
    decay_delay = "exploration_decay_delay"
    told = {**theirs.get_acquisition_params(), decay_delay: None}
    assert told == {**ours.get_acquisition_params(), decay_delay: None}
    if theirs.exploration_decay is not None:
        assert theirs.exploration_decay_delay == ours.exploration_decay_delay


GPHEDGE = acquisition.GPHedge([acquisition.UpperConfidenceBound()])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"space": [("x", 1)]},
            "BayesOptSearch(space=...) must be a dict of name to bounds, got [('x', 1)]\n"
            '  Write e.g. space={"x": (0, 10)}, or give param_space to the Tuner.',
        ),
        (
            {"space": {"x": (3, 1)}},
            "BayesOptSearch(space=...): 'x': lower=3.0 is above upper=1.0\n"
            "  The lower bound comes first: swap them.",
        ),
        (
            {"random_state": -1},
            "BayesOptSearch(random_state=...) must be a whole number from 0, got -1\n"
            "  Write e.g. random_state=1.",
        ),
        (
            {"random_search_steps": 2.5},
            "BayesOptSearch(random_search_steps=...) must be a whole number from 0, got 2.5\n"
            "  Write e.g. random_search_steps=1.",
        ),
        (
            {"patience": 0},
            "BayesOptSearch(patience=...) must be a whole number from 1, got 0\n"
            "  Write e.g. patience=1.",
        ),
        (
            {"skip_duplicate": "no"},
            "BayesOptSearch(skip_duplicate=...) must be True or False, got 'no'\n"
            "  Write skip_duplicate=True, or leave it out.",
        ),
        (
            {"analysis": []},
            "BayesOptSearch(analysis=...) needs to know which of its values counts\n"
            '  Give metric= and mode= too, e.g. metric="loss", mode="min".',
        ),
        (
            {"acquisition": "gphedge"},
            "unknown acquisition function 'gphedge'\n  There are: ei, poi, ucb.",
        ),
        (
            {"acquisition": GPHEDGE},
            "BayesOptSearch(acquisition=...) was given GPHedge, which weighs by all candidates "
            "that it ever had; a restore could not bring them back\n"
            "  Take one of its acquisition functions; names: ei, poi, ucb.",
        ),
        (
            {"acquisition": 3},
            "BayesOptSearch(acquisition=...) must be a name or an acquisition function of "
            "bayesian-optimization, got 3\n  Names: ei, poi, ucb.",
        ),
        (
            {"kapa": 2},
            "acquisition function 'ucb' has no option 'kapa'\n"
            "  Did you mean 'kappa'? There are: exploration_decay, exploration_decay_delay, kappa.",
        ),
        (
            {"evaluated_reward": [1.0]},
            "acquisition function 'ucb' has no option 'evaluated_reward'\n"
            "  Did you mean 'evaluated_rewards'? There are: exploration_decay, "
            "exploration_decay_delay, kappa.",
        ),
        (
            {"kappa": -2},
            "acquisition function 'ucb' refuses {'kappa': -2}: kappa must be greater than or equal "
            "to 0.\n"
            "  Its options are numbers: exploration_decay, exploration_decay_delay, kappa.",
        ),
        (
            {"kappa": float("nan")},
            "acquisition function 'ucb' computes with 'kappa', which is nan\n"
            "  Give a finite number.",
        ),
        (
            {"bounds_transformer": {"eta": 0}},
            "BayesOptSearch(bounds_transformer['eta']=...) must be a number above 0, got 0\n"
            '  Write e.g. bounds_transformer={"eta": 0.7}.',
        ),
        (
            {"liar": "median"},
            'BayesOptSearch(liar=...) must be "believer", "max", "mean" or "min", got \'median\'\n'
            "  Did you mean liar='mean'?",
        ),
        (
            {"utility_kwargs": {"kind": "ucb", "kapa": 2}},
            "BayesOptSearch(utility_kwargs=...) has 'kapa', which is no word of Ray Tune's\n"
            "  Did you mean 'kappa'? There are: kappa, kappa_decay, kappa_decay_delay, kind, xi.",
        ),
        (
            {"utility_kwargs": {"kind": "ucb"}, "kappa": 2},
            "BayesOptSearch has utility_kwargs and an acquisition function of its own\n"
            "  Give acquisition= with its options, and leave utility_kwargs out.",
        ),
        (
            {"bounds_transformer": {"gama_osc": 1}},
            "BayesOptSearch(bounds_transformer=...) has no option 'gama_osc'\n"
            "  Did you mean 'gamma_osc'? There are: eta, gamma_osc, gamma_pan, minimum_window.",
        ),
        (
            {"bounds_transformer": "yes"},
            "BayesOptSearch(bounds_transformer=...) must be True, a dict of options, or a "
            "transformer of bayesian-optimization, got 'yes'\n"
            '  Write e.g. bounds_transformer={"minimum_window": 0.5}.',
        ),
    ],
)
def test_what_cannot_be_used_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        BayesOptSearch(**arguments)
    assert str(caught.value) == message
