"""Optuna's samplers by name: what each does beyond what the kit asks of all."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Callable, Mapping
from typing import Any

import optuna
import pytest
from optuna.samplers import BaseSampler, CmaEsSampler, NSGAIISampler
from pegbox.decisions import FINISHED, WAIT, Signal
from pegbox.errors import ConfigError, MissingDependency
from pegbox.known_points import refused_id
from pegbox.objective import Objective
from pegbox.searcher import Point
from pegbox.space import Choice, Float, Int, Space, choice
from pegbox.space.presented import show
from pegbox.testing.searcher_rig import SearcherRig, Trial
from pegbox_optuna import OptunaSearch
from pegbox_optuna.samplers import seed_for_ask
from pegbox_optuna.steady import steadied

SQUARE = {"x": Float(0, 1), "y": Float(0, 1)}
#: 2 x (3 + 4) combinations.
FINITE = {
    "model": choice([{"depth": Int(1, 3)}, {"width": Int(16, 64, step=16)}]),
    "flag": Choice((True, False)),
}


def rig_of(space: Mapping[str, Any] = SQUARE, **options: Any) -> SearcherRig:
    return SearcherRig(lambda: OptunaSearch(**options), space)


def bowl(point: Point) -> list[float]:
    return [(point["x"] - 0.7) ** 2 + (point["y"] - 0.2) ** 2]


def busy(rig: SearcherRig, tells: int, restores: Callable[[int], bool]) -> list[Point]:
    """Five trials at a time that end out of order; some fail, some are stopped."""
    events = random.Random(3)
    for tell in range(tells):
        while len(rig.pending) < 5 and isinstance(rig.ask(), Trial):
            pass
        trial = events.choice(rig.pending)
        outcome = events.choices(["finished", "stopped", "failed"], [6, 2, 1])[0]
        loss = [events.random(), *[0.0] * (len(rig.objectives) - 1)]
        rig.end(trial, None if outcome == "failed" else loss, outcome)
        if restores(tell):
            rig.restore()
    return [trial.point for trial in rig.trials]


@pytest.mark.parametrize(
    "options",
    [
        {"sampler": "tpe", "group": True},
        {"sampler": "cmaes", "popsize": 4, "lr_adapt": True},
        {"sampler": "cmaes", "with_margin": True, "popsize": 4},
        {"sampler": "nsgaiii", "population_size": 5},
        {"sampler": "qmc", "qmc_type": "halton", "scramble": True},
        {"sampler": "random"},
    ],
    ids=lambda options: "-".join(map(str, options.values())),
)
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_a_run_that_is_cut_after_any_tell_goes_on_with_the_same_points(options: Any) -> None:
    space = {**SQUARE, "n": Int(1, 9), "c": Choice(("a", "b"))}
    whole = busy(rig_of(space, **options), 40, lambda tell: False)
    for every in (1, 4):
        cut = busy(rig_of(space, **options), 40, lambda tell, k=every: tell % k == 0)
        assert cut == whole


def test_brute_force_tries_every_point_once_and_has_finished_then() -> None:
    rig = rig_of(FINITE, sampler="brute_force")
    points = busy(rig, 14, lambda tell: tell in (2, 9))
    assert len(points) == 14
    assert len({tuple(point.items()) for point in points}) == 14
    assert rig.ask() is FINISHED
    rig.restore()
    assert rig.ask() is FINISHED


def test_brute_force_waits_while_the_last_points_are_under_way() -> None:
    rig = rig_of({"flag": Choice((True, False))}, sampler="brute_force")
    first, second = rig.asks(2)
    assert rig.ask() is WAIT
    rig.end(first, [1.0])
    rig.end(second, [1.0])
    assert rig.ask() is FINISHED


def test_brute_force_takes_whatever_has_a_last_value() -> None:
    traits = OptunaSearch(sampler="brute_force").traits
    for domain in (Int(1, 9), Int(1, 9, log=True), Choice((1, 2)), Float(0, 1, step=0.1)):
        assert show(domain, traits) is not None
    assert show(Float(0, 1), traits) is None


def bare_run(sampler: BaseSampler, trials: int) -> list[Mapping[str, float]]:
    """Optuna by itself, one trial at a time, with the seeds that an adapter would get."""
    study = optuna.create_study(sampler=sampler)
    for number in range(trials):
        seed_for_ask(sampler, number + 1)
        trial = study.ask()
        point = {name: trial.suggest_float(name, 0, 1) for name in SQUARE}
        study.tell(trial, bowl(point)[0])
    return [trial.params for trial in study.trials]


def test_one_trial_at_a_time_cmaes_is_optunas_own() -> None:
    def cmaes() -> BaseSampler:
        return CmaEsSampler(warn_independent_sampling=False)

    ours, theirs = bare_run(steadied(cmaes(), 0), 40), bare_run(cmaes(), 40)
    for our, their in zip(ours, theirs, strict=True):
        assert our == pytest.approx(their, rel=1e-6)


def test_one_trial_at_a_time_generations_are_optunas_own() -> None:
    theirs = NSGAIISampler(population_size=4)
    study = optuna.create_study(sampler=theirs)
    ours = steadied(theirs, 0)
    for number in range(24):
        seed_for_ask(theirs, number + 1)
        trial = study.ask()
        loss = trial.suggest_float("x", 0, 1)
        found = study.trials[-1]
        noted = found.system_attrs["NSGAIISampler:generation"]
        assert ours.get_trial_generation(study, found) == noted
        selected = [ours, theirs]
        populations = [one.get_parent_population(study, noted) for one in selected]
        numbers = [{parent.number for parent in population} for population in populations]
        assert numbers[0] == numbers[1]
        study.tell(trial, loss)


def test_cmaes_learns_from_every_trial_of_a_crowd() -> None:
    """Optuna's own forgets whatever ends after its generation, most of eight at a time."""
    rig = rig_of(sampler="cmaes", popsize=4)
    points = []
    events = random.Random(1)
    while len(rig.trials) < 120:
        while len(rig.pending) < 8:
            rig.ask()
        trial = events.choice(rig.pending)
        rig.end(trial, bowl(trial.point))
        points.append(trial.point)
    late = sorted(bowl(point)[0] for point in points[-20:])
    assert late[10] < 1e-3


def test_cmaes_says_once_which_parameters_it_draws_at_random(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    rig = rig_of({**SQUARE, "c": Choice(("a", "b"))}, sampler="cmaes")
    rig.learn(4, bowl)
    assert [record.getMessage() for record in caplog.records] == [
        "CMA-ES knows no categories: 'c' is drawn at random"
    ]


def test_a_stop_rule_that_ends_every_trial_leaves_something_to_learn_from() -> None:
    """To who ignores pruned trials, a stopped one is complete."""
    for sampler in ("cmaes", "nsgaii", "tpe"):
        searcher = OptunaSearch(sampler=sampler)
        searcher.setup(SQUARE, [Objective("loss", "min")], 1, -1)
        point = searcher.suggest("abcde_00000", {}, 0, 1)
        result = {"loss": 0.5, "training_iteration": 4}
        searcher.on_trial_complete("abcde_00000", result, False, "stopped", point)
        (trial,) = searcher._study.trials
        assert trial.state.name == ("PRUNED" if sampler == "tpe" else "COMPLETE")
        assert trial.value == 0.5


def test_a_partially_fixed_sampler_keeps_what_is_fixed() -> None:
    with pytest.warns(optuna.exceptions.ExperimentalWarning):
        fixed = optuna.samplers.PartialFixedSampler({"y": 0.25}, CmaEsSampler())
    rig = rig_of(sampler=fixed)
    assert {trial.point["y"] for trial in rig.learn(12, bowl)} == {0.25}
    whole = busy(rig_of(sampler=fixed), 20, lambda tell: False)
    assert busy(rig_of(sampler=fixed), 20, lambda tell: tell % 3 == 0) == whole


def test_a_sampler_that_stops_its_study_has_finished() -> None:
    class Twice(optuna.samplers.RandomSampler):
        def after_trial(self, study: Any, trial: Any, state: Any, values: Any) -> None:
            if trial.number == 1:
                study.stop()

    rig = rig_of(sampler=Twice())
    rig.learn(2, bowl)
    assert isinstance(rig.ask(), Signal)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"sampler": "grid"},
            'sampler "grid" of Optuna is not taken\n'
            '  Use sampler="brute_force", or search_alg="grid" with grid_search([...]).',
        ),
        (
            {"sampler": optuna.samplers.GridSampler({"x": [1, 2]})},
            "Optuna's GridSampler knows which points it has tried by notes in its own study, which "
            "a restore does not have\n"
            '  Use sampler="brute_force", or search_alg="grid" with grid_search([...]).',
        ),
        (
            {"sampler": "nsgaii", "population_size": 1},
            "sampler 'nsgaii' of Optuna refuses {'population_size': 1}: `population_size` must be "
            "greater than or equal to 2.\n  Its documentation says what each option may be.",
        ),
        (
            {"sampler": "qmc", "qmc_type": "x"},
            "sampler 'qmc' of Optuna refuses {'qmc_type': 'x'}: The `qmc_type='x'` is invalid. "
            "Choose either `halton` or `sobol`.\n  Its documentation says what each option may be.",
        ),
        (
            {"n_ei_candidates": 0},
            "sampler 'tpe': n_ei_candidates must be a whole number from 1, got 0\n"
            "  Its documentation says what each option may be.",
        ),
        (
            {"sampler": "cmaes", "popsize": 1},
            "sampler 'cmaes': popsize must be a whole number from 2, got 1\n"
            "  Its documentation says what each option may be.",
        ),
        (
            {"sampler": "gp", "n_startup_trials": "10"},
            "sampler 'gp': n_startup_trials must be int, got '10'\n"
            "  Its documentation says what each option may be.",
        ),
        (
            {"sampler": "cmaes", "popsize": True},
            "sampler 'cmaes': popsize must be int or None, got True\n"
            "  Its documentation says what each option may be.",
        ),
        (
            {"sampler": "tpe", "constraints_func": len},
            "sampler 'tpe': constraints_func is called with Optuna's trials and does not see what "
            "pegbox's report\n"
            '  Write TuneConfig(outcome_constraints=["latency <= 0.2"]).',
        ),
        (
            {"sampler": "cmaes", "x0": {"x": 0.5}},
            "sampler 'cmaes': x0 is a point in Optuna's parameters\n"
            "  Give points of your own space as points_to_evaluate=[...].",
        ),
        (
            {"sampler": "cmaes", "source_trials": []},
            "sampler 'cmaes': source_trials takes trials of another of Optuna's studies\n"
            "  Give what is known to Tuner(..., warm_start=...).",
        ),
        (
            {"sampler": "cmaes", "sigma0": -1.0},
            "sampler 'cmaes': sigma0 must be a finite number above 0, got -1.0\n"
            "  It is the first standard deviation, each range being 1 wide; 0.17 is usual.",
        ),
        (
            {"sampler": "cmaes", "sigma0": math.nan},
            "sampler 'cmaes': sigma0 must be a finite number above 0, got nan\n"
            "  It is the first standard deviation, each range being 1 wide; 0.17 is usual.",
        ),
    ],
)
def test_what_a_sampler_cannot_do_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        OptunaSearch(**arguments)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("sampler", "packages"),
    [("gp", "packages 'scipy' and 'torch', which are"), ("qmc", "package 'scipy', which is")],
)
def test_a_sampler_says_which_packages_it_needs(
    sampler: str, packages: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pegbox_optuna.samplers.find_spec", lambda name: None)
    with pytest.raises(MissingDependency) as caught:
        OptunaSearch(sampler=sampler)
    names = " ".join(part for part in packages.split("'") if part in ("scipy", "torch"))
    assert str(caught.value) == (
        f"sampler {sampler!r} of Optuna needs the {packages} not installed\n"
        f"  Run `pip install {names}`."
    )


def test_a_space_of_branches_is_shown_whole_to_who_models_no_branches() -> None:
    space = Space(FINITE)
    for sampler in ("gp", "cmaes", "nsgaii", "nsgaiii", "qmc"):
        rig = SearcherRig(lambda name=sampler: OptunaSearch(sampler=name), FINITE)
        (trial,) = rig.asks(1)
        assert set(trial.point) == set(space.domains)


def test_a_parameter_of_one_value_is_no_condition_to_a_sequence(
    caplog: pytest.LogCaptureFixture,
) -> None:
    optuna_logger = logging.getLogger("optuna")
    optuna_logger.addHandler(caplog.handler)
    space = {"only": choice(["one"]), "x": Float(0, 1), "y": Float(0, 1)}
    rig = SearcherRig(lambda: OptunaSearch(sampler="qmc"), space, points=[{}, {}, {"x": 0.5}])
    assert len({tuple(trial.point.items()) for trial in rig.asks(6)}) == 6
    optuna_logger.removeHandler(caplog.handler)
    assert caplog.messages == []


@pytest.mark.parametrize("sampler", ["gp", "tpe"])
def test_what_a_constraint_refused_is_left_alone_and_forgotten_with_the_next_trial(
    sampler: str,
) -> None:
    def known() -> SearcherRig:
        rig = rig_of(sampler=sampler)
        rig.observe([{"x": i / 4, "y": j / 2} for i in range(5) for j in range(3)], bowl)
        return rig

    def ask(rig: SearcherRig, number: int, pending: Mapping[str, Point], seed: int) -> Point:
        point: Point = rig.call(
            "searcher_suggest", trial_id=f"abcde_0000{number}", pending=pending, ask=3, seed=seed
        )
        return point

    rig, refused = known(), dict[str, Point]()
    for again in range(6):
        refused[refused_id("abcde_00000", again)] = ask(rig, 0, refused, again)
    found = [(point["x"], point["y"]) for point in refused.values()]
    assert math.dist(found[0], (0.7, 0.2)) < 0.3
    assert max(math.dist(each, found[0]) for each in found) > 0.2
    assert ask(rig, 1, {}, 9) == ask(known(), 1, {}, 9)


def test_a_gaussian_process_leaves_the_neighbourhood_of_failed_trials_alone() -> None:
    """It counts them as the worst that is known: at their places it expects nothing better."""
    rig = SearcherRig(
        lambda: OptunaSearch(sampler="gp", n_startup_trials=1), {"x": Float(0, 1)}, seed=1
    )
    for at in range(11):
        x = at / 10
        failed = 0.35 < x < 0.65  # in the middle, where it would be least
        rig.call(
            "searcher_observe",
            config={"x": x},
            result=None if failed else rig.result([(x - 0.5) ** 2]),
            outcome="failed" if failed else "finished",
            trial_id=None,
        )
    for _ in range(3):
        (trial,) = rig.asks(1)
        assert not 0.38 < trial.point["x"] < 0.62
        rig.end(trial, None, "failed")
