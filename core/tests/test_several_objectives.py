"""Several objectives: the Pareto set, what is feasible, and what searchers of one are told."""

from __future__ import annotations

import logging
import math
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pegbox import PegboxError, Searcher, TuneConfig, grid_search, report, run, uniform
from pegbox._analysis.pareto import pareto_set
from pegbox._run.scalarizing import SCALARIZED, make_scalarizer
from pegbox._run.told_results import ToldResults, in_told_terms
from pegbox.builtin.asha import AsyncHyperBandScheduler
from pegbox.builtin.progress.board import Board
from pegbox.callback import ExperimentInfo
from pegbox.constraints import OutcomeConstraint
from pegbox.errors import ConfigError
from pegbox.executors.simulated import simulate
from pegbox.objective import Objective
from pegbox.scalarization import AugmentedChebyshev, WeightedSum
from pegbox.searcher import Traits
from tuning import fit, restore, stored

BOTH = {"metric": ["loss", "gain"], "mode": ["min", "max"]}
OBJECTIVES = (Objective("loss", "min"), Objective("gain", "max"))


# ------------------------------------------------------------------------------------- Pareto set


def dominated(one, others):
    return any(
        all(b <= a for a, b in zip(one, other, strict=True)) and tuple(other) != tuple(one)
        for other in others
    )


@given(
    st.integers(1, 5).flatmap(
        lambda n: st.lists(st.lists(st.integers(-3, 3), min_size=n, max_size=n), max_size=25)
    )
)
def test_the_pareto_set_is_what_nothing_dominates(losses):
    expected = [place for place, each in enumerate(losses) if not dominated(each, losses)]
    assert pareto_set(losses) == expected


@pytest.mark.parametrize("objectives", [2, 3, 4])
def test_ten_thousand_that_all_stay_are_no_trouble(objectives):
    turns = [place * 0.618 % 1 for place in range(10_000)]
    table = [[t, 1 - t, (t * 7) % 1, (t * 13) % 1][:objectives] for t in turns]
    assert pareto_set(table) == list(range(10_000))


#: Loss and gain of each trial. The second is beaten by the first, and equals stay.
POINTS = [(1.0, 5.0), (2.0, 4.0), (0.5, 1.0), (3.0, 9.0), (1.0, 5.0), (math.nan, 99.0), (0.0, None)]


def point(config):
    loss, gain = POINTS[config["n"]]
    if gain is None:
        raise ValueError("no gain")
    return {"loss": loss, "gain": gain, "latency": config["n"] / 10}


def grid_of(folder, **options):
    space = {"n": grid_search(list(range(len(POINTS))))}
    return fit(folder, point, space=space, num_samples=1, **{**BOTH, **options})


def numbers(results):
    return [int(each.trial_id[-5:]) for each in results]


def test_trials_that_nothing_beats_in_the_order_of_their_numbers(tmp_path):
    grid = grid_of(tmp_path)

    assert numbers(grid.get_pareto_set()) == [0, 2, 3, 4]
    assert numbers(grid.get_pareto_set(["loss", "latency"], ["min", "min"])) == [0, 2]
    assert numbers(grid.get_pareto_set("gain")) == [5], "its loss does not count here"
    assert numbers(grid.get_pareto_set("gain", "min")) == [2]
    assert grid.get_pareto_set()[0] is grid[0]
    assert grid.get_best_result("loss").trial_id.endswith("2")


def test_of_several_objectives_no_one_trial_is_best(tmp_path):
    grid = grid_of(tmp_path)

    with pytest.raises(ConfigError) as caught:
        grid.get_best_result()
    assert str(caught.value) == (
        "no one trial is best, since the experiment has several metrics: loss, gain\n"
        "  ResultGrid.get_pareto_set() has all that are beaten by no other; or name a metric: "
        "metric='loss'."
    )
    with pytest.raises(ConfigError, match="no trial has reported a number as 'gian'"):
        grid.get_pareto_set(["loss", "gian"], ["min", "max"])
    with pytest.raises(ConfigError, match=r"metric=\['loss', 'latency'\] was given without mode"):
        grid.get_pareto_set(["loss", "latency"])
    with pytest.raises(ConfigError, match="metric must be the name"):
        grid.get_pareto_set(3, "min")


def test_where_no_trial_counts_there_is_no_set(tmp_path):
    grid = fit(tmp_path, lambda c: {"loss": math.nan, "gain": 1.0}, **BOTH)
    with pytest.raises(PegboxError, match="no trial has a finite value for each of 'loss', 'gain'"):
        grid.get_pareto_set()


def test_the_older_way_in_takes_several_metrics(tmp_path):
    analysis = run(
        lambda c: {"loss": c["x"], "gain": c["x"]},
        config={"x": uniform(0, 1)},
        num_samples=2,
        storage_path=str(tmp_path),
        executor="inline",
        verbose=0,
        **BOTH,
    )
    with pytest.raises(ConfigError, match="no one trial is best"):
        analysis.best_trial  # noqa: B018
    assert analysis.get_best_trial("gain") is not analysis.get_best_trial("loss")


def test_a_metric_cannot_count_twice():
    with pytest.raises(ConfigError, match="metric has 'a' twice"):
        simulate(None, param_space={}, tune_config=TuneConfig(metric=["a", "a"], mode=["min"] * 2))


# ------------------------------------------------------------------------------ outcome constraints


def test_only_feasible_trials_count(tmp_path):
    grid = grid_of(tmp_path, outcome_constraints=["latency <= 0.25", "gain >= 1.5"])

    assert [each.feasible for each in grid] == [True, True, False, False, False, False, False]
    assert numbers(grid.get_pareto_set()) == [0]
    assert numbers([grid.get_best_result("gain")]) == [0]
    assert grid.get_dataframe()["feasible"].tolist() == [each.feasible for each in grid]
    assert [each.feasible for each in stored(tmp_path)] == [each.feasible for each in grid]


def test_where_none_is_feasible_that_is_said(tmp_path):
    grid = grid_of(tmp_path, outcome_constraints=["latency <= 0.25", "loss + gain <= -1"])

    for find in (grid.get_pareto_set, lambda: grid.get_best_result("loss")):
        with pytest.raises(PegboxError) as caught:
            find()
        assert str(caught.value) == (
            "no trial is feasible: of 6 with a result, each constraint is satisfied by so many: "
            "'latency <= 0.25' by 3, 'loss + gain <= -1' by 0\n"
            "  Iterate over the results to see all of them; Result.feasible tells them apart."
        )


def test_without_constraints_all_are_feasible(tmp_path):
    grid = grid_of(tmp_path)
    assert all(each.feasible for each in grid)
    assert "feasible" not in grid.get_dataframe()


def test_constraints_are_kept_over_a_restore_and_can_be_changed(tmp_path):
    grid_of(tmp_path, outcome_constraints=["latency <= 0.25"])
    assert sum(each.feasible for each in restore(tmp_path, point)) == 3
    changed = restore(tmp_path, point, tune={"outcome_constraints": ["latency <= 0.15"]})
    assert sum(each.feasible for each in changed) == 2
    assert all(each.feasible for each in restore(tmp_path, point, tune={"outcome_constraints": []}))


def test_a_metric_that_never_comes_is_said_once(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "pegbox"):
        grid = grid_of(tmp_path, outcome_constraints=["latncy <= 0.25"])
    assert not any(each.feasible for each in grid)
    (said,) = [each.getMessage() for each in caplog.records if "latncy" in each.getMessage()]
    assert said == (
        "a trial ended without 'latncy', which the outcome constraint 'latncy <= 0.25' needs: such "
        "trials are not feasible. Did you mean 'latency'?"
    )


def test_the_view_leads_with_feasible_trials_and_marks_the_others():
    info = ExperimentInfo("e", "/e", "abcde", 1, (OBJECTIVES[0],), 2, "s", "f", (), 0)
    limited = ExperimentInfo(
        *(getattr(info, name) for name in info.__slots__[:-1]),
        (OutcomeConstraint.from_text("latency <= 1"),),
    )
    for experiment, leader in ((info, 1), (limited, 0)):
        board = Board(experiment)
        for number, (loss, latency) in enumerate([(2.0, 1.0), (1.0, 2.0)]):
            result = {"loss": loss, "latency": latency}
            board.reported(SimpleNamespace(number=number, last_result=result), result)
        assert board._boards[0].first() == leader
    assert [board._is_feasible({"latency": value}) for value in (1.0, 2.0)] == [True, False]


# -------------------------------------------------------------------------- what searchers are told


class Listener(Searcher):
    """Keeps what it is told."""

    traits = Traits(cheap=True, batches=True, intermediate=True)

    def __init__(self):
        self.told, self.on_the_way = [], []

    def setup(self, space, objectives, outcome_constraints):
        self.objectives, self.constraints = objectives, outcome_constraints

    def suggest(self, trial_id, pending, ask, seed):
        return {"n": ask}

    def on_trial_result(self, trial_id, result):
        self.on_the_way.append(result)

    def on_trial_complete(self, trial_id, result, error, outcome):
        assert error is (outcome == "failed")
        self.told.append((outcome, result))


class Of(Listener):
    traits = Traits(cheap=True, batches=True, multi_objective=True)


class Constrained(Of):
    traits = Traits(cheap=True, batches=True, multi_objective=True, outcome_constraints=True)


def listened(listener, **options):
    from pegbox import randint

    def curve(config, iteration):
        loss, gain = POINTS[config["n"]]
        if iteration > 1:
            return None
        found = {"loss": loss, "latency": config["n"] / 10}
        return 1.0, found if gain is None else {**found, "gain": gain}

    played = simulate(
        curve,
        param_space={"n": randint(0, 7)},
        tune_config=TuneConfig(search_alg=listener, num_samples=7, **{**BOTH, **options}),
    )
    assert played.error is None, played.error
    return played


def test_several_objectives_are_told_minimized_and_failed_without_one_of_them():
    listener = Of()
    listened(listener)
    assert [each.metric for each in listener.objectives] == ["loss", "gain"]
    assert [outcome for outcome, _ in listener.told] == ["finished"] * 5 + ["failed"] * 2
    first = listener.told[0][1]
    assert (first["loss"], first["gain"]) == (1.0, -5.0)


def test_one_objective_is_told_in_the_place_of_several():
    listener = Listener()
    weights = {"loss": 1, "gain": 0.5}
    played = listened(listener, scalarization=("weighted_sum", {"weights": weights}))

    assert listener.objectives == (Objective(SCALARIZED, "min"),)
    assert [outcome for outcome, _ in listener.told] == ["finished"] * 5 + ["failed"] * 2
    told = [result[SCALARIZED] for _, result in listener.told[:5]]
    assert told == [loss - 0.5 * gain for loss, gain in POINTS[:5]]
    assert [each[SCALARIZED] for each in listener.on_the_way[:5]] == told
    # The user's own stay as they are, also in what is told.
    assert listener.told[0][1]["gain"] == 5.0
    assert all(SCALARIZED not in (trial.last_result or {}) for trial in played.trials)


def test_the_chebyshev_distance_is_that_of_its_formula():
    found = AugmentedChebyshev({"loss": 2, "gain": 1}, ideal={"loss": 0, "gain": 10}, rho=0.1)
    value = found.of(OBJECTIVES)({"loss": 3.0, "gain": -4.0})
    assert value == pytest.approx(max(2 * 3, 10 - 4) + 0.1 * (6 + 6))
    # Points of a front that is not convex, which no weighted sum would prefer.
    front = {"a": (0.0, 1.0), "b": (0.6, 0.6), "c": (1.0, 0.0)}
    pair = (Objective("p", "min"), Objective("q", "min"))
    even = {"p": 1.0, "q": 1.0}
    far = AugmentedChebyshev(even, ideal={"p": 0, "q": 0}).of(pair)
    total = WeightedSum(even).of(pair)
    losses = {name: {"p": p, "q": q} for name, (p, q) in front.items()}
    assert min(losses, key=lambda name: far(losses[name])) == "b"
    assert max(losses, key=lambda name: total(losses[name])) == "b"


def test_a_function_scalarizes_too_and_what_it_raises_ends_the_run():
    listener = Listener()
    listened(listener, scalarization=lambda losses: max(losses.values()))
    assert listener.told[0][1][SCALARIZED] == 1.0

    for wrong, message in (
        (lambda losses: losses["los"], "raised KeyError: 'los'"),
        (lambda losses: None, "gave None, which is no number"),
    ):
        played = simulate(
            lambda config, iteration: (1.0, {"loss": 1.0, "gain": 2.0}) if iteration < 2 else None,
            param_space={"n": uniform(0, 1)},
            tune_config=TuneConfig(
                search_alg=Listener(), num_samples=2, scalarization=wrong, **BOTH
            ),
        )
        assert f"TuneConfig(scalarization=<lambda>) {message}" in str(played.error)


def test_what_is_not_finite_is_told_as_failed():
    listener = Listener()
    listened(listener, scalarization=lambda losses: math.inf)
    assert {outcome for outcome, _ in listener.told} == {"failed"}


def test_a_result_that_breaks_a_constraint_is_told_as_failed_to_one_that_knows_none():
    listener = Of()
    listened(listener, outcome_constraints=["latency <= 0.25", "gain >= 2"])
    assert listener.constraints == ()
    outcomes = [outcome for outcome, _ in listener.told]
    assert outcomes == ["finished"] * 2 + ["failed"] * 5


def test_one_that_knows_constraints_is_given_them_in_the_terms_of_what_it_is_told():
    listener = Constrained()
    listened(listener, outcome_constraints=["latency <= 0.25", "gain >= 2", "missing <= 1"][:2])
    outcomes = [outcome for outcome, _ in listener.told]
    assert outcomes == ["finished"] * 5 + ["failed"] * 2
    _, gain = listener.constraints
    holds = [gain.holds(result) for _, result in listener.told[:5]]
    assert holds == [each >= 2 for _, each in POINTS[:5]]


def test_a_metric_that_is_missing_is_a_failure_for_it_too():
    told = ToldResults(
        OBJECTIVES, None, [OutcomeConstraint({"memory": 1}, 1)], knows_constraints=True
    )
    assert told.outcome({"loss": 1, "gain": 1}, "finished") == "failed"
    assert told.outcome({"loss": 1, "gain": 1, "memory": 5}, "stopped") == "stopped"
    assert in_told_terms([OutcomeConstraint({"gain": 2, "loss": 1}, 3)], OBJECTIVES) == (
        OutcomeConstraint({"gain": -2, "loss": 1}, 3),
    )


# ---------------------------------------------------------------------------------------- restore


def test_a_scalarization_by_name_is_kept_and_a_function_passed_again(tmp_path):
    by_name = ("chebyshev", {"weights": {"loss": 1, "gain": 1}, "ideal": {"loss": 0, "gain": 9}})

    def train(config):
        report({"loss": config["x"], "gain": -((config["x"] - 0.5) ** 2)})

    space = {"x": uniform(0, 1)}
    optuna = {"search_alg": "optuna", **BOTH}
    fit(tmp_path, train, space=space, scalarization=by_name, num_samples=12, **optuna)
    grid = restore(tmp_path, train, tune={"num_samples": 16})
    straight = fit(
        tmp_path, train, space=space, scalarization=by_name, num_samples=16, name="all", **optuna
    )
    assert [each.config for each in grid] == [each.config for each in straight]

    restore(tmp_path, train, tune={"num_samples": 17, "scalarization": lambda losses: 1.0})
    with pytest.raises(PegboxError, match=r"scalarization=\.\.\.\) \(before: <lambda>\)"):
        restore(tmp_path, train, tune={"num_samples": 18})
    # It belongs to the metrics: with others it is gone.
    restore(tmp_path, train, tune={"num_samples": 18, "metric": "loss", "mode": "min"})


def test_an_object_is_kept_as_its_name():
    made = make_scalarizer(WeightedSum({"loss": 1, "gain": 2}), OBJECTIVES)
    assert made.described == {
        "name": "weighted_sum",
        "options": {"weights": {"loss": 1, "gain": 2}},
    }


# --------------------------------------------------------------------------------------- scheduler


def test_a_scheduler_ranks_by_one_of_several():
    listener = Of()
    scheduler = AsyncHyperBandScheduler(metric="gain", mode="max", grace_period=1, max_t=4)
    listened(listener, scheduler=scheduler)
    assert scheduler._objective == OBJECTIVES[1]
    other = AsyncHyperBandScheduler(metric="gain", mode="min")
    with pytest.raises(ConfigError, match="was given metric='gain', mode='min', the run has"):
        listened(Of(), scheduler=other)


def test_every_report_needs_each_of_them(tmp_path):
    grid = fit(tmp_path, lambda config: {"loss": 1.0}, num_samples=1, **BOTH)
    assert "'gain'" in str(grid.errors[0])
