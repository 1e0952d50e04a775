"""Several objectives, and constraints on outcomes."""

from __future__ import annotations

from typing import Any

import pytest
from pegbox import TuneConfig
from pegbox.executors.simulated import SimulatedRun, simulate
from pegbox.objective import Objective
from pegbox.space import choice, randint, uniform
from pegbox_optuna import OptunaSearch

PLANE = {"x": uniform(0, 1), "y": uniform(0, 1)}


def front(config: dict[str, Any]) -> dict[str, float]:
    """The Pareto set is y = 0; what lies left of x = 0.5 costs too much."""
    x, y = config["x"], config["y"]
    return {"loss": x + y, "gain": x - y, "cost": 1 - x}


def simulated(
    samples: int,
    history: Any = (),
    metric: Any = ("loss", "gain"),
    mode: Any = ("min", "max"),
    constraints: Any = ("cost <= 0.5",),
    **options: Any,
) -> tuple[SimulatedRun, OptunaSearch]:
    searcher = OptunaSearch(**options)
    run = simulate(
        lambda config, i: (1.0, front(config)) if i == 1 else None,
        param_space=PLANE,
        tune_config=TuneConfig(
            metric=list(metric) if isinstance(metric, tuple) else metric,
            mode=list(mode) if isinstance(mode, tuple) else mode,
            outcome_constraints=list(constraints),
            num_samples=samples,
            search_alg=searcher,
            seed=2,
        ),
        history=history,
    )
    assert run.ended.how == "complete", run.error
    return run, searcher


@pytest.mark.parametrize(
    ("samples", "options"),
    [
        (24, {"n_startup_trials": 6}),
        (24, {"sampler": "nsgaii", "population_size": 5}),
        (24, {"sampler": "nsgaiii", "population_size": 5}),
        (7, {"sampler": "gp", "n_startup_trials": 5}),
    ],
    ids=["tpe", "nsgaii", "nsgaiii", "gp"],
)
def test_a_run_that_is_cut_goes_on_with_the_same_points(
    samples: int, options: dict[str, Any]
) -> None:
    whole, _ = simulated(samples, **options)
    ends = [at for at, fact in enumerate(whole.journal) if type(fact).__name__ == "Ended"]
    for cut in ends[samples // 2 :: 5]:
        again, _ = simulated(samples, history=whole.journal[: cut + 1], **options)
        assert [t.config for t in again.trials] == [t.config for t in whole.trials]


def test_optuna_is_told_losses_and_what_lies_beyond_each_constraint() -> None:
    run, searcher = simulated(3, constraints=("cost <= 0.5", "gain >= -2"))
    for told, trial in zip(searcher._study.trials, run.trials, strict=True):
        found = front(dict(trial.config))
        assert told.values == pytest.approx([found["loss"], -found["gain"]])
        assert list(told.constraints.values()) == pytest.approx(
            [found["cost"] - 0.5, -found["gain"] - 2]
        )
        assert told.state.name == "COMPLETE"


@pytest.mark.parametrize(
    "options", [{"n_startup_trials": 8}, {"sampler": "nsgaii", "population_size": 8}]
)
def test_a_constraint_draws_points_to_where_it_holds(options: dict[str, Any]) -> None:
    def feasible(constraints: Any) -> int:
        run, _ = simulated(48, metric="loss", mode="min", constraints=constraints, **options)
        return sum(front(dict(trial.config))["cost"] <= 0.5 for trial in run.trials[-16:])

    assert feasible(("cost <= 0.5",)) > 5 > feasible(())


def test_a_trial_that_was_stopped_counts_with_its_last_result() -> None:
    """Optuna prunes no trial that has several objectives."""
    searcher = OptunaSearch()
    searcher.setup(PLANE, [Objective("a", "min"), Objective("b", "min")], 1, -1)
    point = searcher.suggest("abcde_00000", {}, 0, 1)
    result = {"a": 1.0, "b": 2.0, "training_iteration": 3}
    searcher.on_trial_complete("abcde_00000", result, False, "stopped", point)
    (told,) = searcher._study.trials
    assert (told.state.name, told.values) == ("COMPLETE", [1.0, 2.0])


def test_cmaes_takes_one_objective_and_is_told_a_scalarization_of_several() -> None:
    traits = OptunaSearch(sampler="cmaes").traits
    assert not traits.multi_objective
    assert not traits.outcome_constraints
    assert OptunaSearch(sampler="nsgaii").traits.multi_objective


def test_parameter_constraints_are_held_and_every_allowed_point_is_tried() -> None:
    run = simulate(
        lambda config, i: (1.0, {"loss": 1.0}) if i == 1 else None,
        param_space={"a": randint(0, 4), "b": randint(0, 4), "c": choice(["x", "y"])},
        tune_config=TuneConfig(
            search_alg=OptunaSearch(sampler="brute_force"),
            parameter_constraints=["a + b <= 3"],
            num_samples=-1,
            seed=1,
        ),
    )
    assert run.ended.how == "complete", run.error
    found = [tuple(trial.config.values()) for trial in run.trials]
    assert len(found) == len(set(found)) == 20
    assert all(a + b <= 3 for a, b, _ in found)
