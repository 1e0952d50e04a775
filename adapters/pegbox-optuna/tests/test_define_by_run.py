"""Spaces that a function says while it runs."""

from __future__ import annotations

import json
import logging
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from pegbox import RunConfig, TuneConfig, Tuner, report
from pegbox.errors import ConfigError
from pegbox.executors.simulated import SimulatedCluster, SimulatedRun, simulate
from pegbox.objective import Objective
from pegbox.seeds import derive_seed
from pegbox.space import uniform
from pegbox_optuna import OptunaSearch


def network(trial: optuna.Trial) -> dict[str, Any]:
    """As many widths as there are layers, and a step that only one optimizer has."""
    for layer in range(trial.suggest_int("layers", 1, 3)):
        trial.suggest_int(f"width/{layer}", 16, 64, step=16)
    if trial.suggest_categorical("optimizer", ["sgd", "adam"]) == "sgd":
        trial.suggest_float("momentum", 0.0, 1.0)
    trial.suggest_float("lr", 1e-4, 1e-1, log=True)
    return {"epochs": 3, "data": {"name": "mnist"}}


def loss(config: dict[str, Any]) -> float:
    return (math.log10(config["lr"]) + 2.5) ** 2 + 0.1 * config["layers"]


def simulated(
    space: Any = network,
    param_space: Any = None,
    history: Any = (),
    constraints: Any = None,
    **options: Any,
) -> SimulatedRun:
    run = simulate(
        lambda config, i: (float(config["layers"]), {"loss": loss(config)}) if i == 1 else None,
        param_space=param_space or {},
        tune_config=TuneConfig(
            metric="loss",
            mode="min",
            num_samples=24,
            search_alg=OptunaSearch(space, n_startup_trials=5, **options),
            parameter_constraints=constraints,
            seed=3,
        ),
        cluster=SimulatedCluster(workers=4),
        history=history,
    )
    assert run.ended.how == "complete", run.error
    return run


def test_a_trial_gets_what_the_function_suggested_and_its_constants_nested() -> None:
    for trial in simulated(param_space={"x": uniform(0, 1)}).trials:
        config = trial.config
        assert config["epochs"] == 3
        assert config["data"] == {"name": "mnist"}
        assert set(config["width"]) == {str(layer) for layer in range(config["layers"])}
        assert ("momentum" in config) == (config["optimizer"] == "sgd")
        assert 0 <= config["x"] <= 1


def test_beside_a_function_what_a_constraint_refused_is_not_missed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    run = simulated(param_space={"x": uniform(0, 1)}, constraints=["x <= 0.3"])
    assert all(trial.config["x"] <= 0.3 for trial in run.trials)
    assert not caplog.records


def test_the_sampler_learns_from_what_the_function_suggested() -> None:
    drive = Drive(n_startup_trials=8)
    for _ in range(40):
        drive.ask()
        drive.end(drive.pending[0])
    losses = list(drive.ended.values())
    assert sum(losses[-8:]) < sum(losses[:8]) / 2


class Drive:
    """One run's searcher, driven as the core drives it: several at a time, and restored."""

    def __init__(self, **options: Any) -> None:
        self._options = options
        self.configs: dict[str, Any] = {}
        self.ended: dict[str, float] = {}
        self._begin()

    @property
    def pending(self) -> list[str]:
        return [name for name in self.configs if name not in self.ended]

    def ask(self) -> None:
        number = len(self.configs)
        name = f"abcde_{number:05d}"
        pending: dict[str, Any] = {each: {} for each in self.pending}
        self.searcher.suggest(name, pending, number, derive_seed(1, "ask", number))
        self.configs[name] = self.searcher.added_config(name, number)

    def end(self, name: str) -> None:
        self.ended[name] = loss(self.configs[name])
        result = {"loss": self.ended[name]}
        if name in self._inherited:
            self.searcher.observe({}, result, "finished", name)
        else:
            self.searcher.on_trial_complete(name, result, False, "finished", {})

    def restore(self) -> None:
        self.configs = json.loads(json.dumps(self.configs))
        self._begin()
        for name, config in self.configs.items():
            self.searcher.recall_config(name, {**config, "__trial_index__": 0})
        for name in sorted(self.ended):
            self.searcher.observe({}, {"loss": self.ended[name]}, "finished", name)

    def _begin(self) -> None:
        self.searcher = OptunaSearch(network, **self._options)
        self.searcher.setup({}, [Objective("loss", "min")], 1, -1)
        self._inherited = set(self.pending)


@pytest.mark.parametrize(
    "options",
    [
        {"n_startup_trials": 5},
        {"sampler": "cmaes", "popsize": 4},
        {"sampler": "nsgaii", "population_size": 5},
    ],
    ids=["tpe", "cmaes", "nsgaii"],
)
def test_a_run_that_is_cut_after_any_tell_goes_on_with_the_same_configurations(
    options: dict[str, Any],
) -> None:
    def configs(restores: Callable[[int], bool]) -> dict[str, Any]:
        drive, events = Drive(**options), random.Random(2)
        for tell in range(30):
            while len(drive.pending) < 4:
                drive.ask()
            drive.end(events.choice(drive.pending))
            if restores(tell):
                drive.restore()
        return drive.configs

    whole = configs(lambda tell: False)
    assert configs(lambda tell: True) == whole
    assert configs(lambda tell: tell % 5 == 2) == whole


def test_points_of_the_functions_names_come_first_and_known_ones_are_learnt_from() -> None:
    run = simulated(points_to_evaluate=[{"lr": 0.01, "layers": 2}, {"width/0": 32}])
    first, second, *_ = (trial.config for trial in run.trials)
    assert (first["lr"], first["layers"]) == (0.01, 2)
    assert second["width"]["0"] == 32

    searcher = OptunaSearch(network, metric="loss", mode="max")
    known = {"layers": 1, "width": {"0": 16}, "optimizer": "adam", "lr": 0.01}
    searcher.add_evaluated_point(known, 0.5)
    result = simulate(
        lambda config, i: (1.0, {"loss": 1.0}) if i == 1 else None,
        param_space={},
        tune_config=TuneConfig(search_alg=searcher, num_samples=2),
    )
    assert result.ended.how == "complete", result.error
    told = searcher._study.trials[0]
    assert told.params == {"layers": 1, "width/0": 16, "optimizer": "adam", "lr": 0.01}
    assert told.value == -0.5


def test_the_samplers_that_model_a_fixed_space_take_functions_too() -> None:
    for sampler in ("gp", "cmaes", "nsgaii", "qmc"):
        searcher = OptunaSearch(network, sampler=sampler)
        run = simulate(
            lambda config, i: (1.0, {"loss": loss(config)}) if i == 1 else None,
            param_space={},
            tune_config=TuneConfig(
                metric="loss", mode="min", search_alg=searcher, num_samples=8, seed=1
            ),
        )
        assert run.ended.how == "complete", (sampler, run.error)


def test_brute_force_refuses_a_function_with_endless_values_when_it_is_made() -> None:
    with pytest.raises(ConfigError) as caught:
        OptunaSearch(network, sampler="brute_force")
    assert str(caught.value) == (
        "OptunaSearch(space=network) suggests the float 'momentum' without a step, and brute force "
        "goes through all values\n  Give it a step, or take another sampler."
    )


@pytest.mark.parametrize("sampler", ["gp", "cmaes", "qmc"])
def test_what_a_sampler_draws_at_random_of_a_function_is_said_once(
    sampler: str, caplog: pytest.LogCaptureFixture
) -> None:
    def branching(trial: optuna.Trial) -> None:
        if trial.suggest_int("layers", 1, 2) == 1:
            trial.suggest_float("dropout", 0, 1)

    optuna_logger = logging.getLogger("optuna")
    optuna_logger.addHandler(caplog.handler)
    run = simulate(
        lambda config, i: (1.0, {"loss": config["layers"]}) if i == 1 else None,
        param_space={},
        tune_config=TuneConfig(
            metric="loss",
            mode="min",
            search_alg=OptunaSearch(branching, sampler=sampler),
            num_samples=14,
            seed=1,
        ),
        cluster=SimulatedCluster(workers=3),
    )
    optuna_logger.removeHandler(caplog.handler)
    assert run.ended.how == "complete", run.error
    [only] = [text for text in caplog.messages if "random" in text or "condition" in text.lower()]
    assert only.endswith("draws at random what is not suggested to every trial: 'dropout'")


def test_brute_force_goes_through_all_that_a_function_can_suggest() -> None:
    def tree(trial: optuna.Trial) -> None:
        if trial.suggest_categorical("kind", ["a", "b"]) == "a":
            trial.suggest_int("depth", 1, 3)

    run = simulate(
        lambda config, i: (1.0, {"loss": 1.0}) if i == 1 else None,
        param_space={},
        tune_config=TuneConfig(
            metric="loss",
            mode="min",
            search_alg=OptunaSearch(tree, sampler="brute_force"),
            num_samples=-1,
        ),
    )
    assert run.ended.how == "complete", run.error
    found = sorted((trial.config["kind"], trial.config.get("depth", 0)) for trial in run.trials)
    assert found == [("a", 1), ("a", 2), ("a", 3), ("b", 0)]


def train(config: dict[str, Any]) -> None:
    report({"loss": loss(config)})


def test_a_restore_from_disk_goes_on_where_the_run_has_ended(tmp_path: Path) -> None:
    def tuner(samples: int, name: str) -> Tuner:
        return Tuner(
            train,
            tune_config=config(samples),
            run_config=RunConfig(name=name, storage_path=str(tmp_path), verbose=0),
            executor="inline",
        )

    def config(samples: int) -> TuneConfig:
        searcher = OptunaSearch(network, n_startup_trials=4)
        return TuneConfig(
            metric="loss", mode="min", search_alg=searcher, num_samples=samples, seed=5
        )

    whole = [result.config for result in tuner(14, "whole").fit()]
    tuner(8, "cut").fit()
    again = Tuner.restore(
        str(tmp_path / "cut"), train, tune_config=config(14), executor="inline"
    ).fit()
    assert [result.config for result in again] == whole


def test_trials_of_another_time_are_left_out_and_that_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def narrower(trial: optuna.Trial) -> None:
        trial.suggest_int("layers", 1, 1)
        trial.suggest_float("lr", 1e-4, 1e-1, log=True)

    drive = Drive()
    for _ in range(12):
        drive.ask()
    for name in drive.pending[:8]:
        drive.end(name)
    drive.searcher = OptunaSearch(narrower)
    drive.searcher.setup({}, [Objective("loss", "min")], 1, -1)
    for name, config in drive.configs.items():
        drive.searcher.recall_config(name, config)
    for name, value in drive.ended.items():
        drive.searcher.observe({}, {"loss": value}, "finished", name)
    with caplog.at_level(logging.WARNING, "pegbox"):
        drive.ask()
        drive.ask()
    fitting = [config for config in list(drive.configs.values())[:12] if config["layers"] == 1]
    assert 0 < len(fitting) < 12
    assert len(drive.searcher._study.trials) == len(fitting) + 2
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith(f"{12 - len(fitting)} trials (abcde_")
    assert "out of the range" in said


def test_one_that_repeats_points_around_a_function_is_refused() -> None:
    run = simulate(
        lambda config, i: (1.0, {"loss": 1.0}) if i == 1 else None,
        param_space={},
        tune_config=TuneConfig(
            metric="loss",
            mode="min",
            search_alg=("repeater", {"searcher": OptunaSearch(network), "repeat": 2}),
            num_samples=4,
        ),
    )
    assert run.ended.how == "failed"
    assert "has the point of another" in str(run.error)


def twice(trial: optuna.Trial) -> None:
    trial.suggest_float("x", 0, 1)
    trial.suggest_float("x", 0, 2)


def fails(trial: optuna.Trial) -> None:
    raise KeyError("data")


def objective(trial: optuna.Trial) -> float:
    return trial.suggest_float("x", 0, 1)


def objects(trial: optuna.Trial) -> None:
    trial.suggest_categorical("layers", [(16, 16), (32,)])  # type: ignore[list-item]


def constant_twice(trial: optuna.Trial) -> dict[str, Any]:
    return {"x": trial.suggest_float("x", 0, 1)}


def constant_object(trial: optuna.Trial) -> dict[str, Any]:
    return {"data": object()}


def beneath(trial: optuna.Trial) -> None:
    trial.suggest_float("x", 0, 1)
    trial.suggest_float("x/y", 0, 1)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            twice,
            "OptunaSearch(space=twice) raised RuntimeWarning: Inconsistent parameter values for "
            'distribution with name "x"! This might be',
        ),
        (
            fails,
            "OptunaSearch(space=fails) raised KeyError: 'data'\n  The function says the space and "
            "nothing else: what is suggested, each name once, and a dict of constants.",
        ),
        (
            objective,
            "OptunaSearch(space=objective) must return a dict of constants or nothing, got 0.",
        ),
        (
            objects,
            "OptunaSearch(space=objects) suggests among categories of 'layers' (16, 16), which "
            "cannot be stored\n  Categories are None, bool, int, float or str: suggest a name for "
            "each, and look up in the trainable what it stands for.",
        ),
        (
            constant_twice,
            "OptunaSearch(space=constant_twice) both suggests 'x' and returns it as a constant\n"
            "  Leave one of them out.",
        ),
        (
            constant_object,
            "OptunaSearch(space=constant_object) returned a constant that is no JSON data: data",
        ),
        (
            beneath,
            "OptunaSearch(space=beneath) has 'x/y' where another of its names lies already\n"
            "  A / in a name stands for nesting: rename one of them.",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:Choices for a categorical distribution")
def test_a_function_that_says_no_space_is_refused(function: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        OptunaSearch(function)
    assert str(caught.value).startswith(message)


def test_a_name_of_param_space_is_refused() -> None:
    for param_space in ({"lr": uniform(0, 1)}, {"lr": 0.5}):
        with pytest.raises(ConfigError) as caught:
            simulated(param_space=param_space)
        assert str(caught.value) == (
            "param_space and the space of search_alg='OptunaSearch' both have 'lr'\n"
            "  Write each parameter in one of them."
        )


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ({"lr": 0.1}, "points_to_evaluate must be a list of configurations, got {'lr': 0.1}"),
        (
            [{"layer": 1}],
            "OptunaSearch(space=network) suggests no 'layer' with {'layer': 1}\n  Did ",
        ),
        ([{"lr": 7.0}], "OptunaSearch(space=network) raised UserWarning: Fixed parameter lr with "),
    ],
)
def test_points_that_are_none_of_the_functions_are_refused(points: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        OptunaSearch(network, points_to_evaluate=points)
    assert str(caught.value).startswith(message)
