"""One seed for a run: what follows from it, and from nothing else."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pegbox import TuneConfig, choice, get_context, grid_search, report, sample_from, uniform
from pegbox.events import Suggested
from pegbox.executors.simulated import SimulatedCluster, simulate
from pegbox.search import BasicVariantGenerator, ConcurrencyLimiter, Repeater
from pegbox.seeds import derive_seed
from searcher_drive import Learner
from tuning import fit, restore

SPACE = {
    "x": uniform(0, 1),
    "kind": choice(["a", {"depth": uniform(0, 1)}]),
    "grid": grid_search([1, 2]),
    "drawn": sample_from(lambda config: config["x"] * 2),
}
FLAT = {"x": uniform(0, 1), "y": uniform(0, 1)}


def suggested(salt, workers, *, space=FLAT, breaks=False, **tune):
    """Point and configuration of each trial, by number, where each lasts as ``salt`` will have."""

    def curve(config, iteration):
        rng = random.Random(f"{salt}/{config['x']}/{iteration}")
        result = {"loss": config["x"] + 1 / iteration}
        return (rng.uniform(0.01, 5), result) if iteration <= 2 else None

    def faults(trial, attempt, iteration):
        failed = breaks and random.Random(f"{trial}/{attempt}/{iteration}").random() < 0.2
        return "failed" if failed else None

    result = simulate(
        curve,
        param_space=space,
        tune_config=TuneConfig(**{"metric": "loss", "mode": "min", "seed": 5, **tune}),
        cluster=SimulatedCluster(workers=workers, faults=faults),
    )
    assert result.ended.how == "complete", result.error
    facts = sorted(
        (fact for fact in result.journal if isinstance(fact, Suggested)),
        key=lambda fact: fact.trial,
    )
    assert [fact.trial for fact in facts] == list(range(len(facts)))
    return [(fact.point, fact.config) for fact in facts]


SALTS = st.tuples(st.integers(), st.integers(1, 6))


@pytest.mark.parametrize(
    "options",
    [
        {"search_alg": "random"},
        {"search_alg": "random", "scheduler": ("asha", {"max_t": 2})},
        {"search_alg": "random", "max_concurrent_trials": 2},
        {"search_alg": Repeater("random", 3)},
        {"search_alg": ConcurrencyLimiter("random", 3)},
        {"search_alg": ConcurrencyLimiter("random", 3, batch=True)},
        {"search_alg": BasicVariantGenerator(max_concurrent=3, random_state=1)},
    ],
    ids=["plain", "asha", "bounded", "repeated", "limited", "in batches", "variants"],
)
@settings(max_examples=25, deadline=None)
@given(SALTS)
def test_with_random_search_the_order_of_completion_changes_nothing(options, how):
    expected = suggested(0, 1, space=SPACE, num_samples=6, **options)
    assert suggested(*how, space=SPACE, num_samples=6, **options) == expected


@settings(max_examples=50, deadline=None)
@given(SALTS)
def test_in_batches_the_order_of_completion_changes_nothing_for_any_searcher(how):
    def points(salt, workers):
        around = ConcurrencyLimiter(Learner(), 4, batch=True)
        return suggested(salt, workers, num_samples=14, search_alg=around, breaks=True)

    assert points(*how) == points(0, 1)


def test_a_searcher_that_learns_depends_on_the_order_without_them():
    """The limit that is stated; were it none, the test above would say nothing."""

    def points(salt):
        return suggested(salt, 3, num_samples=14, search_alg=Learner())

    assert points(1) == points(1)
    assert points(1) != points(2)


def test_another_seed_gives_other_points():
    assert suggested(0, 1, seed=1, num_samples=3) != suggested(0, 1, seed=2, num_samples=3)


def test_each_component_and_each_trial_has_a_stream_of_its_own():
    paths = [("searcher",), ("scheduler",), ("group", 1)]
    paths += [(kind, n) for kind in ("ask", "config", "trial") for n in range(200)]
    seeds = [derive_seed(7, *path) for path in paths]
    assert len(set(seeds)) == len(seeds)
    assert seeds == [derive_seed(7, *path) for path in paths]


def _made_here():
    def seeded(config):
        """As the page on reproducibility has it."""
        rng = random.Random(get_context().seed)
        report({"loss": config["x"] + rng.random(), "seed": get_context().seed})

    return seeded


#: Made inside a function, so that workers need not import this module.
seeded = _made_here()


def found(results):
    return [(r.config, r.metrics["loss"], r.metrics["seed"]) for r in results]


def test_a_run_repeats_itself_trial_seeds_included_and_so_does_what_goes_on(tmp_path):
    first = fit(tmp_path, seeded, name="first")
    again = fit(tmp_path, seeded, name="again")
    other = fit(tmp_path, seeded, name="other", seed=2)
    assert found(first) == found(again)
    assert len({seed for *_, seed in found(first)}) == 4
    assert not set(map(repr, found(first))) & set(map(repr, found(other)))
    whole = fit(tmp_path, seeded, name="whole", num_samples=7)
    assert found(restore(tmp_path, seeded, name="first", tune={"num_samples": 7})) == found(whole)


def test_a_seed_that_nobody_gave_is_drawn_and_kept(tmp_path):
    first = fit(tmp_path, seeded, name="first", seed=None)
    other = fit(tmp_path, seeded, name="other", seed=None)
    assert found(first) != found(other)
    more = restore(tmp_path, seeded, name="first", tune={"num_samples": 6})
    assert found(more)[:4] == found(first)


def test_a_trial_has_the_same_seed_in_each_try(tmp_path):
    tries = []

    def fragile(config):
        tries.append(get_context().seed)
        if len(tries) == 1:
            raise ValueError("once")
        report({"loss": 1.0})

    fit(tmp_path, fragile, num_samples=1, max_failures=1)
    assert len(tries) == 2
    assert len(set(tries)) == 1


def test_on_the_real_cluster_random_search_is_what_it_is_in_this_thread(tmp_path):
    here = fit(tmp_path, seeded, name="here", num_samples=8)
    there = fit(tmp_path, seeded, name="there", num_samples=8, executor="dask")
    assert found(here) == found(there)


def test_on_the_real_cluster_batches_are_what_they_are_in_this_thread(tmp_path):
    def points(name, executor):
        around = ConcurrencyLimiter(Learner(), 2, batch=True)
        return found(
            fit(
                tmp_path,
                seeded,
                name=name,
                space=FLAT,
                num_samples=12,
                search_alg=around,
                executor=executor,
            )
        )

    assert points("here", "inline") == points("there", "dask")
