"""Earlier trials, from which a searcher learns before its first ask: `Tuner(warm_start=...)`."""

from __future__ import annotations

import logging
import math
import sqlite3

import pegbox
import pytest
from pegbox import (
    ExperimentAnalysis,
    ResultGrid,
    RunConfig,
    TuneConfig,
    Tuner,
    choice,
    loguniform,
    report,
    sample_from,
    uniform,
)
from pegbox.errors import ConfigError
from pegbox.search import Repeater
from pegbox.searcher import EvaluatedPoint
from searcher_drive import Learner
from tuning import SPACE, fit, restore, train


class Taught(Learner):
    """Notes everything that it is told of others, and its asks, in that order.

    Its points follow from that, too.
    """

    def __init__(self):
        super().__init__()
        self.told = []

    def suggest(self, trial_id, pending, ask, seed):
        self.told.append(f"ask {ask}")
        return super().suggest(trial_id, pending, ask, seed + len(self.alone))

    def _know(self, trial_id, point, result, outcome):
        self.known[trial_id] = dict(point), _counting(result), outcome

    def observe(self, config, result, outcome, trial_id):
        self.told.append((dict(config), _counting(result), outcome))
        super().observe(config, result, outcome, trial_id)


def _counting(result):
    return {name: result[name] for name in ("loss", "acc") if name in (result or {})}


def warm(folder, warm_start, searcher="mine", trainable=train, space=SPACE, **tune):
    """A run that is warm started, and its searcher."""
    searcher = Taught() if searcher == "mine" else searcher
    tune = {"metric": "loss", "mode": "min", "seed": 1, "num_samples": 2, **tune}
    results = Tuner(
        trainable,
        param_space=space,
        tune_config=TuneConfig(search_alg=searcher, **tune),
        run_config=RunConfig(name="warm", storage_path=str(folder), verbose=0),
        executor="inline",
        warm_start=warm_start,
    ).fit()
    return searcher, results


def ends_in_many_ways(config):
    if config["x"] < 0.3:
        raise ValueError("too small")
    report({"loss": math.nan if config["x"] > 0.9 else config["x"]})


FORMS = {
    "a grid": lambda grid, path: grid,
    "a folder": lambda grid, path: path,
    "a folder as text": lambda grid, path: str(path),
    "an analysis": lambda grid, path: ExperimentAnalysis(path),
    "results": lambda grid, path: list(grid),
    "a list of a grid": lambda grid, path: [grid],
    "a tuple of folder and results": lambda grid, path: (path,),
    "pairs": lambda grid, path: [(r.config, r.metrics["loss"]) for r in grid],
    "pairs with names": lambda grid, path: [(r.config, r.metrics) for r in grid],
    "points": lambda grid, path: [EvaluatedPoint(r.config, r.metrics["loss"]) for r in grid],
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_told_before_the_first_ask(tmp_path, form):
    grid = fit(tmp_path, num_samples=3)
    searcher, results = warm(tmp_path, FORMS[form](grid, tmp_path / "exp"))
    told = [(r.config, {"loss": r.metrics["loss"]}, "finished") for r in grid]
    assert searcher.told == [*told, "ask 0", "ask 1"]
    assert len(results) == 2


def test_results_are_told_as_losses(tmp_path):
    searcher, _ = warm(
        tmp_path,
        [({"x": 0.25}, {"acc": 0.75})],
        metric="acc",
        mode="max",
        trainable=lambda config: {"acc": config["x"]},
    )
    assert searcher.told[0] == ({"x": 0.25}, {"acc": -0.75}, "finished")


def test_how_trials_ended_is_told(tmp_path):
    grid = fit(tmp_path, ends_in_many_ways, space={"x": choice([0.2, 0.5, 0.95])}, num_samples=9)
    searcher, _ = warm(tmp_path, grid, num_samples=1)
    outcomes = {point["x"]: outcome for point, _, outcome in searcher.told[:-1]}
    assert outcomes == {0.2: "failed", 0.5: "finished", 0.95: "failed"}
    assert len(searcher.told) == 10


def test_trials_that_a_scheduler_stopped_are_told_as_stopped(tmp_path):
    grid = fit(tmp_path, num_samples=6, scheduler="asha")
    assert {result.outcome for result in grid} == {"finished", "stopped"}
    searcher, _ = warm(tmp_path, grid)
    assert [told[2] for told in searcher.told[:6]] == [result.outcome for result in grid]


def test_what_lacks_the_metric_of_a_constraint_is_left_out(tmp_path):
    searcher, _ = warm(
        tmp_path,
        [({"x": 0.5}, {"loss": 1.0}), ({"x": 0.25}, {"loss": 2.0, "acc": 3.0})],
        trainable=lambda config: {"loss": 1.0, "acc": 2.0},
        outcome_constraints=["acc <= 2.5"],
    )
    # The searcher knows nothing of constraints: what breaks one has failed in its eyes.
    assert searcher.told[0] == ({"x": 0.25}, {"loss": 2.0, "acc": 3.0}, "failed")
    assert searcher.told[1] == "ask 0"


def test_several_objectives(tmp_path):
    class OfBoth(Taught):
        traits = pegbox.searcher.Traits(batches=True, cheap=True, multi_objective=True)

    searcher, _ = warm(
        tmp_path,
        [({"x": 0.5}, [1.0, 2.0]), ({"x": 0.25}, {"acc": 3, "loss": 4, "note": "x"})],
        OfBoth(),
        lambda config: {"loss": 1.0, "acc": 2.0},
        metric=["loss", "acc"],
        mode=["min", "max"],
    )
    assert searcher.told[:2] == [
        ({"x": 0.5}, {"loss": 1.0, "acc": -2.0}, "finished"),
        ({"x": 0.25}, {"loss": 4, "acc": -3}, "finished"),
    ]


def test_a_space_that_grew_takes_what_lies_in_it(tmp_path):
    small = {"rate": loguniform(0.01, 0.1), "depth": 3, "half": sample_from(lambda c: c.rate / 2)}
    grid = fit(tmp_path, lambda config: {"loss": config["rate"]}, space=small)
    large = {"rate": loguniform(1e-4, 1), "depth": choice([1, 3])}
    with pytest.raises(ConfigError, match=r"of warm_start: 'half' is no parameter of the space"):
        warm(tmp_path, grid, space=large)
    trials = [({"rate": r.config["rate"], "depth": 3}, r.metrics) for r in grid]

    class Rates(Taught):
        def suggest(self, trial_id, pending, ask, seed):
            self.proposed[trial_id] = {"rate": 0.1, "depth": 1}
            return self.proposed[trial_id]

    searcher, _ = warm(
        tmp_path, trials, Rates(), lambda config: {"loss": config["rate"]}, space=large
    )
    assert [told[0] for told in searcher.told] == [
        {"rate": result.config["rate"], "depth": 1} for result in grid
    ]


class Kind:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"Kind({self.name!r})"


def test_objects_of_the_same_space_are_found_again(tmp_path):
    def space():
        return {"kind": choice([Kind("a"), {"own": uniform(0, 1), "of": Kind("b")}])}

    def loss(config):
        return {"loss": 1.0}

    grid = fit(tmp_path, loss, space=space(), num_samples=6)
    searcher, _ = warm(tmp_path, tmp_path / "exp", Conditional(), space=space(), trainable=loss)
    assert [told[0]["kind"] for told in searcher.told[:6]] == [
        int(isinstance(result.config["kind"], dict)) for result in grid
    ]


class Conditional(Taught):
    traits = pegbox.searcher.Traits(batches=True, cheap=True, conditions=True)

    def suggest(self, trial_id, pending, ask, seed):
        self.proposed[trial_id] = {"kind": 0}
        self.told.append(f"ask {ask}")
        return {"kind": 0}


def test_what_a_wrapper_added_to_configurations_is_left_out(tmp_path):
    fit(tmp_path, search_alg=Repeater("random", 2), num_samples=4)
    searcher, _ = warm(tmp_path, tmp_path / "exp")
    assert [list(told[0]) for told in searcher.told[:4]] == [["x"]] * 4


def test_what_does_not_count_is_said_once(tmp_path, caplog):
    def sometimes(config):
        report({"loss": 1.0} if config["x"] < 0.5 else {"other": 1.0})

    grid = fit(tmp_path, sometimes, metric=None, mode=None, num_samples=8)
    without = sum("loss" not in result.metrics for result in grid)
    assert 0 < without < 8
    with caplog.at_level(logging.WARNING, "pegbox"):
        searcher, _ = warm(tmp_path, grid)
    said = [r.getMessage() for r in caplog.records if "warm_start" in r.getMessage()]
    assert said == [f"warm_start: {without} of 8 trials have no 'loss', and are left out"]
    assert len(searcher.told) == 8 - without + 2


def test_a_searcher_that_does_not_learn_is_said_to(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "pegbox"):
        warm(tmp_path, [({"x": 0.5}, 1.0)], "random")
    assert [r.getMessage() for r in caplog.records] == [
        "search_alg='random' learns nothing from warm_start: its points do not depend on results"
    ]


# -- restore ----------------------------------------------------------------------------------


def interrupted(folder, warm_start, searcher):
    """A run that ends in good order after its second trial."""

    return Tuner(
        train,
        param_space=SPACE,
        tune_config=TuneConfig(
            metric="loss", mode="min", seed=1, num_samples=2, search_alg=searcher
        ),
        run_config=RunConfig(name="exp", storage_path=str(folder), verbose=0),
        executor="inline",
        warm_start=warm_start,
    ).fit()


def test_a_restore_tells_it_again_once_and_needs_not_be_given_it(tmp_path):
    given = [({"x": 0.25}, {"loss": 3.0, "acc": 0.5}), ({"x": 0.75}, {"loss": math.inf})]
    expected = [
        ({"x": 0.25}, {"loss": 3.0, "acc": 0.5}, "finished"),
        ({"x": 0.75}, {}, "failed"),
    ]
    interrupted(tmp_path, given, Taught())
    for count in (3, 4):
        searcher = Taught()
        restore(tmp_path, tune={"num_samples": count, "search_alg": searcher})
        assert searcher.told[:2] == expected
        assert len(searcher.told) == 2 + (count - 1) + 1
    other = Taught()
    restore(
        tmp_path,
        lambda config: {"acc": 1.0},
        tune={"num_samples": 5, "search_alg": other, "metric": "acc", "mode": "max"},
    )
    # What has no value of the new metric is not told.
    assert other.told[0] == ({"x": 0.25}, {"loss": 3.0, "acc": -0.5}, "finished")
    assert [each for each in other.alone if each[0] == {"x": 0.75}] == []


def test_points_after_a_restore_are_those_of_a_whole_run(tmp_path):
    given = [({"x": 0.25}, 3.0), ({"x": 0.75}, 1.0)]
    _, whole = warm(tmp_path, given, num_samples=6)
    interrupted(tmp_path, given, Taught())
    going_on = restore(tmp_path, tune={"num_samples": 6, "search_alg": Taught()})
    assert [r.config for r in going_on] == [r.config for r in whole]


def test_random_search_that_is_gone_on_with_by_another_knows_the_warm_start(tmp_path):
    interrupted(tmp_path, [({"x": 0.25}, 3.0)], "random")
    searcher = Taught()
    restore(tmp_path, tune={"num_samples": 3, "search_alg": searcher})
    assert searcher.told[0] == ({"x": 0.25}, {"loss": 3.0}, "finished")


def test_it_is_stored_once(tmp_path):
    interrupted(tmp_path, [({"x": 0.25}, 3.0)], "random")
    restore(tmp_path, tune={"num_samples": 3})
    with sqlite3.connect(tmp_path / "exp" / "experiment.sqlite") as db:
        (meta,) = db.execute("SELECT value FROM meta WHERE key = 'settings'").fetchone()
        epochs = [text for (text,) in db.execute("SELECT settings FROM epochs")]
    db.close()
    assert '"warm_start"' in meta
    assert not any("warm_start" in text for text in epochs)


def test_an_experiment_of_before_has_none(tmp_path):
    fit(tmp_path, num_samples=2)
    with sqlite3.connect(tmp_path / "exp" / "experiment.sqlite") as db:
        db.execute(
            "UPDATE meta SET value = json_remove(value, '$.warm_start') WHERE key = 'settings'"
        )
    db.close()
    assert len(restore(tmp_path, tune={"num_samples": 3})) == 3


def test_run_takes_it_too(tmp_path):
    searcher = Taught()
    pegbox.run(
        train,
        config=SPACE,
        metric="loss",
        mode="min",
        num_samples=1,
        search_alg=searcher,
        name="run",
        storage_path=str(tmp_path),
        verbose=0,
        executor="inline",
        warm_start=[({"x": 0.25}, 3.0)],
    )
    assert searcher.told == [({"x": 0.25}, {"loss": 3.0}, "finished"), "ask 0"]


# -- refused ----------------------------------------------------------------------------------


def test_without_parameters_there_is_nothing_to_tell(tmp_path):
    with pytest.raises(ConfigError, match="nothing to tell: param_space has no parameters"):
        warm(tmp_path, [({}, 1.0)], "random", space={"fixed": 3})


def test_values_that_a_searcher_added_are_parameters_where_the_space_has_them(tmp_path):
    class Adds(Learner):
        added_names = ("extra",)

        def added_config(self, trial_id, ask):
            return {"extra": 0.5}

    fit(tmp_path, search_alg=Adds(), num_samples=2)
    searcher, _ = warm(
        tmp_path, tmp_path / "exp", space={"x": uniform(0, 1), "extra": uniform(0, 1)}
    )
    assert [told[0]["extra"] for told in searcher.told[:2]] == [0.5, 0.5]


def test_a_trial_that_does_not_fit_is_named(tmp_path):
    fit(tmp_path, space={"x": uniform(2, 3)})
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ConfigError) as caught:
        warm(tmp_path, tmp_path / "exp")
    trial = ResultGrid(tmp_path / "exp")[0]
    assert caught.value.message == (
        f"trial {trial.trial_id} of warm_start: parameter 'x': {trial.config['x']} is not between "
        "0.0 and 1.0 (3 more of 4 do not fit either)"
    )
    assert sorted(tmp_path.iterdir()) == before
