"""From configurations that users write to points, and what searchers make of them."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pegbox import (
    Tuner,
    choice,
    grid_search,
    loguniform,
    randint,
    randn,
    report,
    sample_from,
    uniform,
)
from pegbox.builtin.concurrency_limiter import ConcurrencyLimiter
from pegbox.builtin.grid_search import GridSearch
from pegbox.builtin.random_search import RandomSearch
from pegbox.builtin.repeater import Repeater
from pegbox.configs import RunConfig, TuneConfig
from pegbox.errors import ConfigError
from pegbox.searcher import FINISHED, Searcher, Traits
from pegbox.space import Space
from tuning import fit, restore, stored

TREE = {
    "model": choice(
        [
            {"kind": "svm", "C": loguniform(1e-3, 1e3)},
            {"kind": "net", "layers": [randint(1, 9), randint(1, 9)], "act": choice([max, min])},
            {"kind": "net", "layers": 0},
            None,
        ]
    ),
    "opt": {"lr": uniform(0, 1), "batch": grid_search([16, 32])},
    "seed": 3,
    "twice": sample_from(lambda config: config["opt"]["lr"] * 2),
}
SPACE = Space(TREE)


@pytest.mark.parametrize(
    ("config", "point"),
    [
        ({}, {}),
        ({"opt": {"lr": 0.5}, "seed": 3, "twice": 99}, {"opt/lr": 0.5}),
        ({"opt/lr": 1, "opt/batch": 32}, {"opt/lr": 1.0, "opt/batch": 1}),
        ({"model": None}, {"model": 3}),
        ({"model": {"C": 1}}, {"model": 0, "model/0/C": 1.0}),
        ({"model": {"kind": "net"}}, {"model": 1}),
        ({"model": {"kind": "net", "act": min}}, {"model": 1, "model/1/act": 1}),
        ({"model/kind": "net", "model/layers": 0}, {"model": 2}),
        (
            {"model": {"layers": (3, 4)}},
            {"model": 1, "model/1/layers/0": 3, "model/1/layers/1": 4},
        ),
    ],
)
def test_a_configuration_is_found_in_the_space_by_what_it_says(config, point):
    assert SPACE.point(config) == point


def test_of_values_that_look_alike_the_one_whose_bounds_fit_is_meant():
    space = Space({"m": choice([{"C": uniform(0, 1)}, {"C": uniform(10, 20)}])})
    assert space.point({"m": {"C": 15}}) == {"m": 1, "m/1/C": 15.0}
    with pytest.raises(ConfigError, match=r"parameter 'm/C': 5 is not between 0.0 and 1.0"):
        space.point({"m": {"C": 5}})


def test_flat_names_reach_into_lists():
    space = Space({"layers": [randint(1, 9), randint(1, 9)]})
    assert space.point({"layers/1": 4}) == {"layers/1": 4}
    assert space.point({"layers": [3, 4]}) == {"layers/0": 3, "layers/1": 4}


_REFUSED = [
    ({"opt": {"lr": 2}}, "parameter 'opt/lr': 2 is not between 0.0 and 1.0"),
    ({"opt": {"lr": "a"}}, "parameter 'opt/lr': the value must be a number, got 'a' of type str"),
    ({"opt": {"lrr": 1}}, "'opt/lrr' is no parameter of the space\n  Did you mean 'opt/lr'?"),
    ({"zzz": 1}, "'zzz' is no parameter of the space\n  There are ['model', 'opt', 'seed', "),
    ({"opt": 1}, "'opt' must be a dict, got 1"),
    ([1], "a configuration must be a dict, got [1]"),
    (
        {"opt": {"batch": 64}},
        "parameter 'opt/batch': 64 is none of the 2 values\n  They are [16, 32].",
    ),
    (
        {"seed": 4},
        "'seed' is 4, but the space has 3 there, which does not vary\n"
        "  Leave it out, or write a domain into the space.",
    ),
    ({"model": {"kind": "rf"}}, "parameter 'model': {'kind': 'rf'} fits none of the 4 values\n"),
    ({"model": 5}, "parameter 'model': 5 fits none of the 4 values\n"),
]


@pytest.mark.parametrize(("config", "message"), _REFUSED, ids=[text[:50] for _, text in _REFUSED])
def test_what_is_not_in_the_space_is_refused_in_these_words(config, message):
    with pytest.raises(ConfigError) as caught:
        SPACE.point(config)
    assert str(caught.value).startswith(message)
    assert message in (str(caught.value), caught.value.message) or message.endswith(("\n", ", "))
    assert caught.value.hint


_odd = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["model", "opt", "lr", "opt/lr", "kind", "C", "layers", "/", 1, None]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(_odd)
def test_whatever_comes_is_a_point_of_the_space_or_refused(config):
    try:
        point = SPACE.point(config)
    except ConfigError:
        return
    whole = SPACE.sample(random.Random(0), point)
    assert SPACE.conform(whole) == whole
    assert point.items() <= whole.items()


# Searchers ----------------------------------------------------------------------------------


def _configs(searcher, tree, num_samples, points):
    space = Space(tree)
    coded = [space.point(point) for point in points]
    searcher.setup(space.domains, (), 0, num_samples, space.conditions, coded)
    configs = []
    while (point := searcher.suggest("t", {}, len(configs), len(configs))) is not FINISHED:
        configs.append(space.config(space.conform(point)))
    return configs


def test_random_takes_them_for_the_first_samples_and_draws_the_rest():
    points = [{"opt": {"lr": 0.5}}, {"opt/lr": 0.25, "opt/batch": 32, "model": None}]
    configs = _configs(RandomSearch(), TREE, 3, points)
    assert [(config["opt"]["lr"], config["opt"]["batch"]) for config in configs[:3]] == [
        (0.5, 16),
        (0.5, 32),
        (0.25, 32),
    ]
    assert configs[2]["model"] is None
    assert [config["opt"]["batch"] for config in configs[3:]] == [16, 32], "one sample is left"


def test_random_tries_all_of_them_also_beyond_the_number_of_samples():
    configs = _configs(RandomSearch(), {"x": uniform(0, 1)}, 1, [{"x": 0.1}, {"x": 0.2}])
    assert configs == [{"x": 0.1}, {"x": 0.2}]


def test_constant_grid_search_draws_once_for_every_round_of_the_grid():
    tree = {"g": grid_search([1, 2, 3]), "x": uniform(0, 1)}
    kept = _configs(RandomSearch(constant_grid_search=True), tree, 2, [])
    assert [len({config["x"] for config in part}) for part in (kept[:3], kept[3:])] == [1, 1]
    assert kept[0]["x"] != kept[3]["x"]
    assert len({config["x"] for config in _configs(RandomSearch(), tree, 2, [])}) == 6


def test_grid_search_begins_with_them_and_goes_through_what_they_leave_out():
    tree = {
        "m": choice([{"a": choice([1, 2])}, {"b": choice([3, 4]), "c": choice([5, 6])}]),
        "n": choice([7, 8]),
    }
    configs = _configs(GridSearch(), tree, 1, [{"m": {"b": 4}}])
    assert configs[:4] == [{"m": {"b": 4, "c": c}, "n": n} for n in (7, 8) for c in (5, 6)]
    assert len(configs[4:]) == (2 + 4) * 2
    assert len({repr(config) for config in configs[4:]}) == 12


def train(config):
    report({"loss": config["opt"]["lr"]})


def _tuner(folder, search_alg, tree=TREE, **options):
    return Tuner(
        train,
        param_space=tree,
        tune_config=TuneConfig(search_alg=search_alg, seed=1, metric="loss", mode="min", **options),
        run_config=RunConfig(storage_path=str(folder), name="e", verbose=0),
        executor="inline",
    )


def test_by_name_they_are_kept_for_a_restore(tmp_path):
    options = {"points_to_evaluate": [{"opt": {"lr": 0.5, "batch": 32}}]}
    found = _tuner(tmp_path, ("random", options), num_samples=2).fit()
    assert [found[0].config["opt"], len(found)] == [{"lr": 0.5, "batch": 32}, 3]
    more = Tuner.restore(
        tmp_path / "e",
        train,
        param_space=TREE,
        tune_config=TuneConfig(num_samples=3),
        run_config=RunConfig(verbose=0),
        executor="inline",
    ).fit()
    assert len(more) == 5
    assert [result.config for result in more][:3] == [result.config for result in found]


LINE = {"x": uniform(0, 1), "n": randint(0, 100)}


def _of_name(points):
    return "random", {"points_to_evaluate": points}


class Following(Searcher):
    """Its points follow from the seeds of asks, but for those that it was given."""

    traits = Traits(cheap=True)

    def setup(self, space, points):
        self.space, self.points = space, points

    def suggest(self, ask, seed):
        given = self.points[ask] if ask < len(self.points) else {}
        rng = random.Random(seed)
        return {path: given.get(path, domain.draw(rng)) for path, domain in self.space.items()}


def _object(points):
    return Following(points_to_evaluate=points)


def _limited(points):
    return ConcurrencyLimiter(_object(points), 3)


def _go_on(folder, search_alg, num_samples):
    grid = restore(folder, tune={"search_alg": search_alg, "num_samples": num_samples})
    return [(result.config["x"], result.config["n"]) for result in grid]


@pytest.mark.parametrize("make", [_of_name, _object, _limited])
def test_new_ones_at_a_restore_come_next_and_those_tried_do_not_come_again(tmp_path, make):
    first, second, part = {"x": 0.25, "n": 7}, {"x": 0.5, "n": 8}, {"n": 9}
    whole = {"space": LINE, "num_samples": 9}
    fit(tmp_path, search_alg=make([first]), name="straight", **whole)
    straight = [(each.config["x"], each.config["n"]) for each in stored(tmp_path, "straight")]

    fit(tmp_path, search_alg=make([first]), space=LINE, num_samples=3)
    # Where not all of them can be tried, the list goes on to count; random search tries all.
    for num_samples in (5, 6) if make is _of_name else (4, 6):
        found = _go_on(tmp_path, make([first, second, part]), num_samples)
        assert len(found) == num_samples
        assert found[:4] == [*straight[:3], (0.5, 8)]
    assert found[4][1] == 9
    assert found[5] == straight[5]
    # All of them tried, and none at all: the same as without.
    assert _go_on(tmp_path, make([part, first]), 7)[6] == straight[6]
    assert _go_on(tmp_path, make([]), 8)[7] == straight[7]


def test_a_restore_with_the_same_list_goes_on_in_it(tmp_path):
    points = [{"x": at} for at in (0.5, 0.25, 0.25, 0.75)]
    fit(tmp_path, search_alg=_object(points), space=LINE, num_samples=2)
    assert [each[0] for each in _go_on(tmp_path, _object(points), 3)] == [0.5, 0.25, 0.25]
    assert _go_on(tmp_path, _object(points), 5)[3][0] == 0.75


def test_with_repeats_new_ones_come_with_the_next_group(tmp_path):
    def make(points):
        return Repeater(_object(points), repeat=2, set_index=False)

    fit(tmp_path, search_alg=make([{"x": 0.25}]), space=LINE, num_samples=3)
    found = _go_on(tmp_path, make([{"x": 0.5}]), 8)
    assert [each[0] for each in found[:2]] == [0.25] * 2
    assert found[2] == found[3]
    assert [each[0] for each in found[4:6]] == [0.5] * 2
    assert found[6] == found[7] != found[2]


class Plain(Following):
    """It is shown logarithmic ranges, huge numbers and normal distributions as something else."""

    traits = Traits(domains=frozenset({"float", "int"}), ranges=frozenset(), cheap=True)


FAR = {"lr": loguniform(1e-5, 1), "n": randint(0, 2**62), "z": randn(0, 1)}


@pytest.mark.parametrize("repeat", [1, 2])
def test_where_a_searcher_is_shown_something_else_trials_have_the_very_values(tmp_path, repeat):
    points = [
        {"lr": 0.00123456789, "n": 2**61 + 1, "z": 12.5},
        {"lr": 0.001, "n": 2**61 + 2, "z": 1 / 3},
        {"lr": 0.7, "n": 2**61 + 3, "z": -9.0},
        {"n": 2**61 + 4},
    ]
    wanted = [point for point in points for _ in range(repeat)]

    def make(count):
        plain = Plain(points_to_evaluate=points[:count])
        return Repeater(plain, repeat=2, set_index=False) if repeat == 2 else plain

    def configs(found):
        return [result.config for result in found]

    fit(tmp_path, search_alg=make(4), space=FAR, name="straight", num_samples=6 * repeat)
    straight = configs(stored(tmp_path, "straight"))
    assert straight[: 3 * repeat] == wanted[:-repeat]
    assert {config["n"] for config in straight[3 * repeat : 4 * repeat]} == {2**61 + 4}

    fit(tmp_path, search_alg=make(2), space=FAR, num_samples=2 * repeat)
    changes = {"search_alg": make(4), "num_samples": 6 * repeat}
    assert configs(restore(tmp_path, tune=changes)) == straight


def test_one_that_goes_through_combinations_refuses_new_ones(tmp_path):
    space = {"x": grid_search([0.0, 0.5, 1.0]), "n": randint(0, 100)}
    fit(tmp_path, search_alg="random", space=space, num_samples=1)
    with pytest.raises(ConfigError) as caught:
        restore(tmp_path, tune={"search_alg": _of_name([{"n": 90}])})
    assert str(caught.value) == (
        "search_alg='random' was given 1 points_to_evaluate at a restore that have not been "
        "tried, and numbers the combinations after them: it would leave some out\n"
        "  Try these in an experiment of their own, which warm_start can be given, or go on with "
        "a searcher that does not go through combinations."
    )
    assert len(restore(tmp_path, tune={"num_samples": 2})) == 6


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (
            [{"opt": {"lr": 0.5}}, {"opt": {"lr": 5}}],
            "points_to_evaluate[1]: parameter 'opt/lr': 5 is not between 0.0 and 1.0",
        ),
        ([1], "points_to_evaluate[0]: a configuration must be a dict, got 1"),
        (
            {"opt": {"lr": 0.5}},
            "points_to_evaluate must be a list of configurations, got {'opt': {'lr': 0.5}}\n"
            '  Write points_to_evaluate=[{"lr": 0.1}].',
        ),
    ],
)
def test_a_wrong_one_is_refused_before_anything_is_started(tmp_path, points, message):
    with pytest.raises(ConfigError) as caught:
        _tuner(tmp_path, ("random", {"points_to_evaluate": points}))
    assert str(caught.value if "\n" in message else caught.value.message) == message
    assert list(tmp_path.iterdir()) == []


# Searchers that know nothing of conditions ---------------------------------------------------


class Flat(Searcher):
    """Gives a value for every path, and notes what it is told."""

    traits = Traits(domains=frozenset({"float", "int", "choice", "grid"}), model_free=True)

    def __init__(self):
        self.seen = []

    def setup(self, space):
        self.space = space

    def suggest(self, ask, seed, pending):
        self.seen += [set(point) for point in pending.values()]
        if ask >= 6:
            return FINISHED
        rng = random.Random(seed)
        return {path: domain.draw(rng) for path, domain in self.space.items()}

    def observe(self, config):
        self.seen.append(set(config))


def test_a_flat_searcher_always_sees_every_path_also_of_anothers_trials(tmp_path):
    first = _tuner(tmp_path, "random", num_samples=2).fit()
    assert len(first) == 4
    flat = Flat()
    tuner = Tuner.restore(
        tmp_path / "e",
        train,
        param_space=TREE,
        tune_config=TuneConfig(search_alg=flat),
        run_config=RunConfig(verbose=0),
        executor="inline",
    )
    found = tuner.fit()
    assert [result.config for result in found][:4] == [result.config for result in first]
    assert len(found) == 6
    assert len(flat.seen) >= 4
    assert all(seen == set(SPACE.domains) for seen in flat.seen)
    kinds = {str(result.config["model"] and sorted(result.config["model"])) for result in found}
    assert kinds <= {"None", "['C', 'kind']", "['act', 'kind', 'layers']", "['kind', 'layers']"}


# On a cluster ---------------------------------------------------------------------------------

VALUES = [None, (1, "a"), {"deep": [1, {2: 3}]}, np.arange(3), max, Searcher, {"x": uniform(0, 1)}]


def test_values_of_any_kind_arrive_in_another_process(tmp_path):
    def tell_what_came(config):
        value = config["value"]
        drawn = isinstance(value, dict) and isinstance(value.get("x"), float)
        report({"came": "drawn" if drawn else str(value)})

    tuner = Tuner(
        tell_what_came,
        param_space={"value": grid_search(VALUES)},
        run_config=RunConfig(storage_path=str(tmp_path), name="e", verbose=0),
    )
    results = tuner.fit()
    assert not results.errors
    came = [result.metrics["came"] for result in results]
    assert came == [*map(str, VALUES[:6]), "drawn"]
