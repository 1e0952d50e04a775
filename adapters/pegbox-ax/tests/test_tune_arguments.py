"""The arguments of Ray Tune's class and of Ax, and what is said of wrong ones."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pegbox import TuneConfig, uniform
from pegbox.errors import ConfigError, MissingDependency
from pegbox.executors.simulated import simulate
from pegbox.space import Choice, Float, Int
from pegbox_ax import AxSearch

MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "a client": (
        {"ax_client": object()},
        "AxSearch(ax_client=...) is not taken: a client keeps trials of its own, which would not "
        "be there after Tuner.restore\n  Write its parameters as param_space, its objective as "
        "metric and mode, and its constraints in TuneConfig.",
    ),
    "constraints": (
        {"parameter_constraints": ["x + y <= 1"]},
        "AxSearch(parameter_constraints=...) is not taken: they are the run's, with any searcher, "
        "and Ax gets those that are linear\n  Write TuneConfig(parameter_constraints=[...]).",
    ),
    "outcome constraints": (
        {"outcome_constraints": ["latency <= 1"]},
        "AxSearch(outcome_constraints=...) is not taken: they are the run's, with any searcher, "
        "and Ax gets them\n  Write TuneConfig(outcome_constraints=[...]).",
    ),
    "an argument of Ax's client": (
        {"random_seed": 3},
        "AxSearch(random_seed=...) is not taken\n  Give seed=.",
    ),
    "an argument nearly": (
        {"initialisation_budget": 3},
        "AxSearch has no argument 'initialisation_budget'\n  Did you mean 'initialization_budget'?",
    ),
    "method": (
        {"method": "fastest"},
        'AxSearch(method=...) must be "fast", "quality" or "random_search", got \'fastest\'\n'
        "  Did you mean method='fast'?",
    ),
    "budget": (
        {"initialization_budget": -1},
        "AxSearch(initialization_budget=...) must be a whole number from 0, got -1\n"
        "  Write e.g. initialization_budget=1.",
    ),
    "seed": (
        {"seed": 1.5},
        "AxSearch(seed=...) must be a whole number from 0, got 1.5\n  Write e.g. seed=1.",
    ),
    "standard errors": (
        {"standard_errors": "loss_sem"},
        "AxSearch(standard_errors=...) must be a dict by names of metrics, got 'loss_sem'\n"
        '  Write e.g. standard_errors={"loss": "loss_sem"}.',
    ),
    "weights": (
        {"objective_weights": {"loss": 0}},
        "AxSearch(objective_weights['loss']=...) must be a number above 0, got 0\n"
        "  Write e.g. objective_weights['loss']=10.",
    ),
    "space": (
        {"space": "x"},
        "AxSearch(space=...) must be a dict or a list of Ax's parameters, got 'x'\n"
        '  Write param_space, or e.g. {"name": "x", "type": "range", "bounds": [0.0, 1.0]} for '
        "each.",
    ),
    "space without a name": (
        {"space": [{"type": "range"}]},
        "AxSearch(space=...) has {'type': 'range'}, without a name\n"
        '  Write param_space, or e.g. {"name": "x", "type": "range", "bounds": [0.0, 1.0]} for '
        "each.",
    ),
    "space without bounds": (
        {"space": [{"name": "x", "type": "range"}]},
        "AxSearch(space=...): parameter 'x' has no bounds\n"
        '  Write param_space, or e.g. {"name": "x", "type": "range", "bounds": [0.0, 1.0]} for '
        "each.",
    ),
    "space of another type": (
        {"space": [{"name": "x", "type": "derived"}]},
        "AxSearch(space=...): parameter 'x' has type='derived'\n"
        "  Ax's types are range, choice and fixed.",
    ),
    "space with dependents": (
        {"space": [{"name": "x", "type": "choice", "values": [1, 2], "dependents": {1: ["y"]}}]},
        "AxSearch(space=...): parameter 'x' has dependent parameters\n"
        "  Write them inside the values of a choice, in param_space.",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_what_would_do(mistake: str) -> None:
    options, message = MISTAKES[mistake]
    with pytest.raises(ConfigError) as raised:
        AxSearch(**options)
    assert str(raised.value) == message


def test_metrics_that_are_none_of_the_run_are_named(drive: Any) -> None:
    with pytest.raises(ConfigError) as raised:
        drive({"x": uniform(0, 1)}, standard_errors={"los": "sem"})
    assert str(raised.value) == (
        "AxSearch(standard_errors=...) has 'los', which is no metric of the run\n"
        "  Did you mean 'loss'?"
    )
    with pytest.raises(ConfigError, match="an objective, got none"):
        drive({"x": uniform(0, 1)}, metrics=())


def test_a_method_whose_packages_are_missing_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pegbox_ax.settings.find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match="needs jax and numpyro") as raised:
        AxSearch(method="quality")
    assert "botorch[fully_bayesian]" in str(raised.value)


def test_a_space_of_ax_s_own_becomes_a_param_space() -> None:
    by_dicts = [
        {"name": "x", "type": "range", "bounds": [0.0, 1.0]},
        {"name": "n", "type": "range", "bounds": [1, 64], "log_scale": True},
        {"name": "i", "type": "range", "bounds": [0.0, 4.0], "value_type": "int", "step_size": 2},
        {"name": "c", "type": "choice", "values": ["a", "b"], "is_ordered": True},
        {"name": "f", "type": "fixed", "value": 3},
    ]
    assert AxSearch(space=by_dicts).own_space == {
        "x": Float(0, 1),
        "n": Int(1, 64, log=True),
        "i": Int(0, 4, step=2),
        "c": Choice(("a", "b")),
        "f": 3,
    }
    # As RangeParameterConfig and ChoiceParameterConfig have it.
    plain = {"parameter_type": "float", "step_size": None, "scaling": "log"}
    by_objects = [
        SimpleNamespace(name="x", bounds=(1e-3, 1.0), **plain),
        SimpleNamespace(name="c", values=[1, 2], parameter_type="int", is_ordered=None),
    ]
    assert AxSearch(space=by_objects).own_space == {
        "x": Float(1e-3, 1, log=True),
        "c": Choice((1, 2)),
    }
    assert AxSearch(space={"x": uniform(0, 1)}).own_space == {"x": uniform(0, 1)}


@pytest.mark.usefixtures("ax")
def test_a_seed_of_the_searchers_own_takes_the_place_of_the_runs() -> None:
    def points(own: int | None, of_the_run: int) -> list[Any]:
        searcher = AxSearch(metric="score", mode="max", method="random_search", seed=own)
        found = simulate(
            lambda config, i: (1.0, {"score": config["x"]}) if i == 1 else None,
            param_space={"x": Float(0, 1)},
            tune_config=TuneConfig(search_alg=searcher, num_samples=3, seed=of_the_run),
        )
        return [trial.config["x"] for trial in found.trials]

    assert points(5, 1) == points(5, 2)
    assert points(5, 1) != points(6, 1)
    assert points(None, 1) != points(None, 2)
