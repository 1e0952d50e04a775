"""Constraints between parameters: held for every searcher, and again after every restore."""

from __future__ import annotations

import logging
import random

import pytest
from pegbox import (
    PegboxError,
    Searcher,
    TuneConfig,
    choice,
    grid_search,
    lograndint,
    quniform,
    randint,
    randn,
    sample_from,
    uniform,
)
from pegbox._run.searcher_process.protocol import arguments_from_json, arguments_to_json
from pegbox.builtin.basic_variant import BasicVariantGenerator
from pegbox.builtin.concurrency_limiter import ConcurrencyLimiter
from pegbox.builtin.repeater import Repeater
from pegbox.constraints import LinearConstraint
from pegbox.constraints.allowed import Allowed
from pegbox.constraints.given import described, from_description, parameter_constraints
from pegbox.events import Suggested
from pegbox.executors.simulated import SimulatedCluster, simulate
from pegbox.known_points import is_refused, parted
from pegbox.searcher import Traits
from pegbox.space import Space
from searcher_drive import Learner
from tuning import fit, restore, stored

SPACE = {"x": uniform(0, 1), "y": uniform(0, 1)}
CORNER = ["x + y <= 0.5"]


def once(config, iteration):
    """One report after a second."""
    return (1.0, {"loss": float(iteration)}) if iteration == 1 else None


def run(constraints=CORNER, space=SPACE, **options):
    history = options.pop("history", ())
    tune = {"metric": "loss", "mode": "min", "num_samples": 30, "seed": 1, **options}
    return simulate(
        once,
        param_space=space,
        tune_config=TuneConfig(parameter_constraints=constraints, **tune),
        cluster=SimulatedCluster(),
        history=history,
    )


def configs(played):
    assert played.error is None, played.error
    return [trial.config for trial in played.trials]


class Model(Learner):
    """Its points follow from what it knows."""

    traits = Traits(batches=True, cheap=True)


class Stubborn(Searcher):
    """Proposes one point, whatever it is asked; keeps what it is told."""

    traits = Traits(cheap=True, batches=True)

    def __init__(self, point):
        self.point, self.asked, self.told, self.observed, self.pending = point, [], [], [], []

    def suggest(self, trial_id, pending, ask, seed):
        self.asked.append((ask, seed))
        self.pending.append(dict(pending))
        return self.point

    def on_trial_complete(self, trial_id, result):
        self.told.append(trial_id)

    def observe(self, config, trial_id):
        self.observed.append((trial_id, config))


@pytest.mark.parametrize("make", [lambda: "random", Model, lambda: Repeater(Model(), repeat=3)])
def test_every_trial_satisfies_the_constraints(make):
    found = configs(
        run([*CORNER, lambda config: config["x"] > 0.1], search_alg=make(), num_samples=30)
    )
    assert len(found) == 30
    assert all(each["x"] + each["y"] <= 0.5 and each["x"] > 0.1 for each in found)


@pytest.mark.parametrize("make", [lambda: "random", Model, lambda: Repeater(Model(), repeat=3)])
def test_a_restore_goes_on_with_the_same_points(make):
    whole = run(search_alg=make(), num_samples=12)
    assert len(whole.trials) == 12
    for cut in range(0, len(whole.journal), 3):
        again = run(search_alg=make(), num_samples=12, history=whole.journal[:cut])
        assert configs(again) == configs(whole), cut


def test_with_a_seed_of_the_searchers_own_no_point_follows_from_the_runs():
    searched = [BasicVariantGenerator(random_state=own) for own in (3, 3, 4)]
    found = [configs(run(search_alg=each, seed=seed)) for seed, each in enumerate(searched)]
    assert found[0] == found[1] != found[2]


def test_repeats_of_a_point_stay_together():
    found = configs(run(search_alg=Repeater(Model(), repeat=3, set_index=False), num_samples=12))
    assert [each for each in found[::3] for _ in range(3)] == found
    assert len({each["x"] for each in found}) == 4


def test_one_that_repeats_itself_is_asked_twice_and_its_trial_gets_a_drawn_point():
    searcher = Stubborn({"x": 0.75, "y": 0.75})
    played = run(search_alg=searcher, num_samples=3)

    found = configs(played)
    assert [ask for ask, _ in searcher.asked] == [0, 0, 1, 1, 2, 2]
    assert len({seed for _, seed in searcher.asked}) == 6
    assert len({each["x"] for each in found}) == 3
    assert searcher.told == []
    assert [config for _, config in searcher.observed] == found
    assert all(each["x"] + each["y"] <= 0.5 for each in found)


def test_what_is_allowed_is_asked_for_once_and_told_as_usual():
    searcher = Stubborn({"x": 0.25, "y": 0.25})
    played = run(search_alg=searcher, num_samples=3)

    assert [ask for ask, _ in searcher.asked] == [0, 1, 2]
    assert searcher.told == [trial.trial_id for trial in played.trials]
    assert searcher.observed == []


# ------------------------------------------------------------------------------- refused points


class Greedy(Stubborn):
    """Proposes what is nearest to a corner that is not allowed, away from all that it knows of."""

    places = tuple((x / 8, y / 8) for x in range(8, -1, -1) for y in range(8, -1, -1))

    def __init__(self, most=None):
        super().__init__(None)
        self.most, self.known, self.names = most, {}, []

    def suggest(self, trial_id, pending, ask, seed):
        self.names.append(trial_id)
        self.pending.append(dict(pending))
        if self.most is not None and len(pending) >= self.most:
            return self.WAIT
        taken = [(p["x"], p["y"]) for p in (*pending.values(), *self.known.values())]
        x, y = max((place for place in self.places if place not in taken), key=sum)
        return {"x": x, "y": y}

    def on_trial_complete(self, trial_id, result, config):
        super().on_trial_complete(trial_id, result)
        self.known[trial_id] = config

    def observe(self, config, trial_id):
        super().observe(config, trial_id)
        self.known[trial_id] = config


NEAR = ["x + y <= 1.75"]


def test_what_was_refused_is_pending_until_the_trial_has_a_point():
    searcher = Greedy()
    played = run(NEAR, search_alg=searcher, num_samples=5)

    found = [(each["x"], each["y"]) for each in configs(played)]
    assert all(sum(each) <= 1.75 for each in found)
    assert len(set(found)) == 5
    assert searcher.observed == [], "all of them are its own"
    names = list(dict.fromkeys(searcher.names))
    assert names == [trial.trial_id for trial in played.trials]
    for name in names:
        asks = [p for n, p in zip(searcher.names, searcher.pending, strict=True) if n == name]
        refused = [parted(pending)[1] for pending in asks]
        assert [len(each) for each in refused] == [0, 1, 2, 3]
        assert refused[-1] == [
            {"x": x, "y": y} for x, y in [(1.0, 1.0), (1.0, 0.875), (0.875, 1.0)]
        ]


def test_what_was_refused_is_no_trial_under_way():
    """Neither in the eyes of a wrapper that counts these, nor in those of a searcher that does."""
    for make in (lambda: ConcurrencyLimiter(Greedy(), 1), lambda: Repeater(Greedy(), repeat=2)):
        assert len(configs(run(NEAR, search_alg=make(), num_samples=6))) == 6
    counting = Greedy(most=1)
    found = configs(run(NEAR, search_alg=counting, num_samples=4))
    assert len(found) == 4
    assert sum(any(map(is_refused, pending)) for pending in counting.pending) == 4


@pytest.mark.parametrize(
    "make",
    [
        Greedy,
        lambda: Greedy(most=2),
        lambda: ConcurrencyLimiter(Greedy(), 2, batch=True),
        lambda: Repeater(Greedy(), repeat=2, set_index=False),
    ],
)
def test_a_restore_shows_the_same_refused_points_again(make):
    options = {"num_samples": 8, "max_concurrent_trials": 3}
    whole = run(NEAR, search_alg=make(), **options)
    assert len(whole.trials) == 8
    for cut in range(0, len(whole.journal), 2):
        again = run(NEAR, search_alg=make(), history=whole.journal[:cut], **options)
        assert configs(again) == configs(whole), cut


# ------------------------------------------------------------------------------------------ grids


GRID = {"x": grid_search([1, 2, 3]), "y": grid_search([1, 2, 3])}
SIX = [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2), (1, 3)]


@pytest.mark.parametrize("search_alg", ["grid", "random"])
def test_combinations_of_a_grid_are_left_out_and_that_is_said_once(search_alg, caplog):
    with caplog.at_level(logging.WARNING, "pegbox"):
        found = configs(run(["x + y <= 4"], GRID, search_alg=search_alg, num_samples=2))
    assert [(each["x"], each["y"]) for each in found] == SIX * 2
    (said,) = [record.getMessage() for record in caplog.records if "left" in record.msg]
    assert said == (
        "combinations that break a parameter constraint are left out; the first: "
        "{'x': 3, 'y': 2} (x + y <= 4)"
    )


@pytest.mark.parametrize("search_alg", ["grid", "random"])
@pytest.mark.parametrize("repeat", [1, 2])
def test_a_grid_goes_on_where_it_was(search_alg, repeat):
    def make():
        return Repeater(search_alg, repeat=repeat, set_index=False) if repeat > 1 else search_alg

    whole = run(["x + y <= 4"], GRID, search_alg=make(), num_samples=repeat)
    expected = [pair for pair in SIX for _ in range(repeat)]
    assert [(each["x"], each["y"]) for each in configs(whole)] == expected
    for cut in range(0, len(whole.journal), 3):
        history = whole.journal[:cut]
        again = run(["x + y <= 4"], GRID, search_alg=make(), num_samples=repeat, history=history)
        assert configs(again) == configs(whole), cut


def test_beside_a_grid_the_other_parameters_are_drawn_until_it_fits():
    space = {"x": grid_search([1, 2, 3, 4]), "y": uniform(0, 1)}
    found = configs(run(["x + y <= 3.02"], space, search_alg="random", num_samples=5))
    assert [each["x"] for each in found] == [1, 2, 3] * 5
    assert all(each["y"] <= 0.02 for each in found if each["x"] == 3)


def test_where_no_combination_is_allowed_the_run_ends_with_that():
    for search_alg in ("grid", "random"):
        played = run([lambda config: False], GRID, search_alg=search_alg, num_samples=1)
        assert not played.trials
        assert "no combination is allowed by the parameter constraint: all 9" in str(played.error)


def test_a_space_in_which_nothing_is_found_ends_the_run_and_names_the_constraints():
    def tiny(config):
        return config["x"] < 1e-9

    played = run([tiny, "x + y <= 0.5"], search_alg="random")
    assert "of 10,000 random points none satisfies the parameter constraints:" in str(played.error)
    message = str(played.error)
    assert "'tiny' by 0, 'x + y <= 0.5' by 1,2" in message
    assert "Loosen the constraints" in message


# -------------------------------------------------------------------------- what searchers are told


class Native(Searcher):
    """Keeps the constraints that it is given."""

    traits = Traits(constraints=True, conditions=True, ranges=frozenset(), cheap=True)

    def setup(self, space, parameter_constraints, outcome_constraints):
        self.given = parameter_constraints, outcome_constraints

    def suggest(self, trial_id, pending, ask, seed):
        return self.FINISHED


def test_a_searcher_is_given_what_it_can_hold_itself():
    space = {
        **SPACE,
        "n": randint(1, 9),
        "bell": randn(0, 1),
        "step": quniform(0, 1, 0.25),
        "log": lograndint(1, 100),
        "list": choice([16, 32]),
        "three": 3,
        "model": choice([{"width": randint(1, 8)}, {"depth": randint(1, 4)}]),
    }
    seen = ["x + 2*y <= three", "n >= 2*x"]
    unseen = ["step <= x", "log <= n", "list <= 16*n", "model/width <= n", lambda config: True]
    searcher = Native()
    run([*seen, *unseen], space, search_alg=searcher)

    first, second = searcher.given[0]
    assert (first.coefficients, first.bound) == ({"x": 1, "y": 2}, 3)
    assert (second.coefficients, second.bound) == ({"n": -1, "x": 2}, 0)
    assert searcher.given[1] == ()


def test_a_searcher_without_the_trait_is_given_none():
    class Plain(Native):
        traits = Traits(cheap=True)

    searcher = Plain()
    run(search_alg=searcher)
    assert searcher.given == ((), ())


def test_constraints_cross_to_a_process_and_into_the_store_as_json():
    given = parameter_constraints([*CORNER, LinearConstraint({"x": 2}, 1), min])
    linear = given[:2]
    sent = arguments_to_json({"parameter_constraints": linear})
    assert arguments_from_json(sent)["parameter_constraints"] == linear
    kept = described(given)
    assert from_description(LinearConstraint, kept) == linear
    assert kept[2] == {"passed": "min"}


# ----------------------------------------------------------------------------------------- spaces


@pytest.mark.parametrize(
    ("config", "holds"),
    [
        ({"width": 8, "x": 0.5}, False),
        ({"width": 2, "x": 0.5}, True),
        ({"depth": 8, "x": 0.5}, True),
        ({"x": 0.5}, True),
    ],
)
def test_a_constraint_holds_where_one_of_its_parameters_does_not_exist(config, holds):
    space = Space(
        {"x": uniform(0, 1), "model": choice([{"width": randint(1, 9)}, {"depth": randint(1, 9)}])}
    )
    allowed = Allowed(parameter_constraints(["model/width <= 4*x"]), space)
    x = config.pop("x")
    assert (allowed.broken_by({"x": x, "model": config}) is None) is holds


def test_values_are_those_that_the_trial_gets():
    space = {
        "batch": choice([16, 32, 64]),
        "net": [randint(1, 8), {"deep": randint(1, 8)}],
        "largest": 70,
        "derived": sample_from(lambda config: config["batch"]),
    }
    constraints = ["batch + net/0 <= largest", "net/1/deep <= net/0"]
    found = configs(run(constraints, space, num_samples=50))
    assert {each["batch"] for each in found} == {16, 32, 64}
    assert all(each["batch"] + each["net"][0] <= 70 for each in found)
    assert all(each["net"][1]["deep"] <= each["net"][0] for each in found)


def test_a_function_may_not_change_what_the_trial_gets():
    def meddle(config):
        config["net"]["x"] = 0
        return True

    found = configs(run([meddle], {"net": {"x": uniform(1, 2)}}, num_samples=3))
    assert all(each["net"]["x"] >= 1 for each in found)


def test_a_function_that_fails_later_ends_the_run_and_is_named():
    def moody(config):
        if config["x"] > 0.9:
            raise ValueError("too large")
        return True

    rng = random.Random(0)
    assert Space(SPACE).sample(rng)["x"] <= 0.9, "the early try goes well"
    played = run([moody], num_samples=100)
    assert 0 < len(played.trials) < 100
    message = "the parameter constraint moody raised ValueError: too large"
    assert message in str(played.error)


class Adds(Searcher):
    """Adds the same to what it is given, however often it is asked."""

    traits = Traits(cheap=True)

    def setup(self, points):
        self.points = points

    def suggest(self, ask):
        return {"x": 0.75, "y": 0.75, **(self.points[ask] if ask < len(self.points) else {})}


def test_what_the_user_wants_to_have_tried_is_kept_where_the_rest_is_drawn():
    def not_near(config):
        return config["y"] != 0.4

    searcher = Adds(points_to_evaluate=[{"x": 0.375}, {"y": 0.4}])
    first, second, third = configs(run([*CORNER, not_near], search_alg=searcher, num_samples=3))
    assert first["x"] == 0.375
    assert first["y"] <= 0.125
    # What nothing can be drawn to is drawn anew.
    assert second["y"] != 0.4
    assert third["x"] + third["y"] <= 0.5


# ---------------------------------------------------------------------------------------- restore


def test_constraints_are_kept_over_a_restore_and_functions_passed_again(tmp_path):
    def right(config):
        return config["x"] > 0.25

    both = [*CORNER, right]
    fit(tmp_path, lambda c: {"loss": c["x"]}, space=SPACE, parameter_constraints=both)
    with pytest.raises(PegboxError, match=r"parameter_constraints=\[\.\.\.\]\), all of them"):
        restore(tmp_path, tune={"num_samples": 8})
    grid = restore(
        tmp_path,
        lambda c: {"loss": c["x"]},
        tune={"num_samples": 8, "parameter_constraints": both},
    )
    straight = fit(
        tmp_path,
        lambda c: {"loss": c["x"]},
        space=SPACE,
        parameter_constraints=both,
        num_samples=8,
        name="straight",
    )
    assert [each.config for each in grid] == [each.config for each in straight]
    # Text alone is kept, and can be taken back.
    restore(tmp_path, tune={"num_samples": 9, "parameter_constraints": CORNER})
    grid = restore(tmp_path, tune={"num_samples": 12})
    assert all(each.config["x"] + each.config["y"] <= 0.5 for each in grid)
    restore(tmp_path, tune={"num_samples": 40, "parameter_constraints": []})
    assert any(each.config["x"] + each.config["y"] > 0.5 for each in stored(tmp_path))


def test_the_number_of_an_ask_is_stored_where_it_is_not_the_trials():
    played = run(["x + y <= 4"], GRID, search_alg="grid", num_samples=1)
    asks = [event.ask for event in played.journal if isinstance(event, Suggested)]
    assert asks == [0, 0, 0, 0, 0, 6]
