"""What trials will ask for, and runs whose trials do not all ask for the same."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pegbox import (
    CheckpointConfig,
    RunConfig,
    Trainable,
    TuneConfig,
    Tuner,
    choice,
    get_context,
    grid_search,
    report,
    uniform,
    with_resources,
)
from pegbox._run.trainables import settle_trainable
from pegbox.demand import demand_by_config, fixed_demand
from pegbox.errors import ConfigError, RunError
from pegbox.executors.dask.embedded.layout import lay_out
from pegbox.resources import Resources
from pegbox.searcher import Searcher
from pegbox.space import Space
from tuning import fit, restore


def cpus(amount: float) -> Resources:
    return Resources({"cpu": amount})


def test_the_probable_requests_are_sampled_and_the_same_each_time() -> None:
    asked: list[Any] = []

    def of(config: Mapping[str, Any]) -> Resources:
        asked.append(config)
        amounts = {"cpu": config["n"], "hdd": 9 - config["n"]}
        return Resources({**amounts, "gpu": 1} if config["big"] else amounts)

    space = Space({"n": choice([1, 2, 8]), "big": grid_search([False, True]), "x": uniform(0, 1)})
    demand = demand_by_config(of, space, seed=3)
    assert demand.least == Resources({"cpu": 1, "hdd": 8})
    assert demand.most == Resources({"cpu": 8, "hdd": 8, "gpu": 1})
    assert demand.varies
    first = list(asked)
    asked.clear()
    demand_by_config(of, space, seed=3)
    assert asked == first


def test_a_space_without_parameters_is_asked_once() -> None:
    asked = []

    def of(config: Mapping[str, Any]) -> Resources:
        asked.append(config)
        return cpus(2)

    demand = demand_by_config(of, Space({"n": 2}), seed=0)
    assert asked == [{"n": 2}]
    assert not demand.varies
    assert demand.least == cpus(2)


@pytest.mark.parametrize(
    ("least", "most", "at_most", "layout"),
    [
        (1, 1, None, (1, 8)),
        (1, 4, None, (4, 2)),
        (1, 3, None, (3, 2)),
        (2, 8, None, (8, 1)),
        (0.5, 0.5, None, (1, 8)),
        (0.5, 0.5, 4, (1, 2)),
        (1, 4, 1, (4, 1)),
    ],
)
def test_workers_have_room_for_the_largest(
    least: float,
    most: float,
    at_most: int | None,
    layout: tuple[int, int],
) -> None:
    demand = demand_by_config(
        lambda config: cpus(config["n"]), Space({"n": grid_search([least, most])}), 0
    )
    laid_out = lay_out(demand, at_most, 8, ())
    assert (laid_out.threads, laid_out.workers) == layout
    assert lay_out(fixed_demand(cpus(most)), at_most, 8, ()).threads == layout[0]


def sized(config: dict[str, Any]) -> dict[str, float]:
    return {"cpu": config["n"]}


def test_inline_each_trial_gets_what_its_config_asks_for(tmp_path: Path) -> None:
    running = []

    def train(config: dict[str, Any]) -> dict[str, Any]:
        running.append(config["n"])
        report({"loss": 0.0})
        assert running == [config["n"]], "one at a time, however small"
        running.clear()
        return {"loss": 0.0, "cpu": get_context().get_trial_resources()["cpu"]}

    amounts = [1, 4096, 0.5]
    results = fit(
        tmp_path, with_resources(train, sized), space={"n": grid_search(amounts)}, num_samples=1
    )
    assert not results.errors
    assert [one.metrics["cpu"] for one in results] == amounts


def test_a_class_says_it_itself_and_a_restore_asks_again(tmp_path: Path) -> None:
    class Sized(Trainable):
        @classmethod
        def default_resource_request(cls, config: Any) -> Any:
            return {"cpu": config["n"]}

        def step(self) -> dict[str, Any]:
            if not (tmp_path / "mended").exists():
                raise OSError("not yet")
            return {"loss": 0.0, "cpu": self.trial_resources["cpu"], "done": True}

    results = fit(tmp_path, Sized, space={"n": grid_search([1, 2])}, num_samples=1)
    assert results.num_errors == 2
    (tmp_path / "mended").touch()
    results = restore(tmp_path, Sized, resume_errored=True)
    assert [one.metrics["cpu"] for one in results] == [1, 2]


def test_in_processes_small_trials_share_what_a_large_one_needs_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pegbox.executors.dask.usable_cores", lambda: 2)
    together = str(tmp_path / "together")

    def train(config: dict[str, Any]) -> dict[str, Any]:
        if config["n"] == 1:
            # Each of the two small ones waits for the other, so they must run at once.
            Path(f"{together}-{config['id']}").touch()
            other = Path(f"{together}-{1 - config['id']}")
            for _ in range(2000):
                if other.exists():
                    break
                threading.Event().wait(0.01)
            assert other.exists()
        cpu = get_context().get_trial_resources()["cpu"]
        return {"loss": 0.0, "cpu": cpu, "process": os.getpid()}

    class Proposes(Searcher):
        points = ({"n": 0, "id": 0}, {"n": 0, "id": 1}, {"n": 1, "id": 0})

        def setup(self) -> None:
            self.next = iter(self.points)

        def suggest(self) -> Any:
            return next(self.next)

    results = Tuner(
        with_resources(train, sized),
        param_space={"n": choice([1, 2]), "id": choice([0, 1])},
        tune_config=TuneConfig(
            metric="loss", mode="min", num_samples=3, search_alg=Proposes(), seed=1
        ),
        run_config=RunConfig(name="exp", storage_path=str(tmp_path), verbose=0),
    ).fit()
    assert not results.errors, results.errors
    assert [one.metrics["cpu"] for one in results] == [1, 1, 2]
    # One worker with room for the largest.
    assert len({one.metrics["process"] for one in results}) == 1


def test_one_that_never_fits_fails_with_what_it_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that no sample showed."""
    monkeypatch.setattr("pegbox.executors.dask.usable_cores", lambda: 1)
    asked: list[int] = []

    def surprising(config: dict[str, Any]) -> dict[str, float]:
        asked.append(1)
        return {"cpu": 1 if len(asked) <= 128 else 16}

    trainable = with_resources(lambda config: {"loss": 0.0}, surprising)
    (result,) = fit(tmp_path, trainable, num_samples=1, executor="dask")
    assert result.error.cause == "resources"
    assert result.error.message.startswith(
        "a trial asks for cpu=16, and no worker has that; the best one has cpu=1 (tls://127.0.0.1:"
    )


def test_a_function_that_raises_for_a_config_is_named_before_and_within_a_run(
    tmp_path: Path,
) -> None:
    asked: list[int] = []

    def breaks(config: dict[str, Any]) -> dict[str, float]:
        asked.append(1)
        if len(asked) > after:
            raise KeyError("n")
        return {"cpu": 1}

    after = 0
    with pytest.raises(ConfigError, match=r"breaks\(\) for the config .* raised KeyError: 'n'"):
        fit(tmp_path, with_resources(lambda config: {"loss": 0.0}, breaks))
    assert not (tmp_path / "exp").exists()
    asked.clear()
    after = 128
    with pytest.raises(RunError, match=r"breaks\(\) for the config .* raised KeyError: 'n'"):
        fit(tmp_path, with_resources(lambda config: {"loss": 0.0}, breaks))


def test_a_restore_keeps_the_request_that_nobody_says_again() -> None:
    def train(config: dict[str, Any]) -> None: ...

    options = {"checkpoint_config": CheckpointConfig(), "reuse_actors": False}
    settled = settle_trainable(train, Space({}), 0, cpus(3), options)
    assert settled["demand"].least == cpus(3)
