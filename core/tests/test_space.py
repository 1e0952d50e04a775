"""Spaces: domains, parsing, points to configurations, what the store keeps, what is refused."""

import json
import math
import random
import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pegbox import jsonvalue
from pegbox.errors import ConfigError
from pegbox.space import (
    Choice,
    Domain,
    Float,
    Grid,
    Int,
    Normal,
    Space,
    choice,
    domain_from_json,
    grid_search,
    loguniform,
    missing,
    qlograndint,
    qrandint,
    qrandn,
    randint,
    randn,
    sample_from,
    uniform,
)

# Property tests over random spaces ---------------------------------------------------------

_finite = st.floats(-1e12, 1e12)
_json = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
_objects = st.builds(object) | st.just(np.float64(0.5)) | st.just(print) | st.just({1, 2})
_anything = st.recursive(
    _json | _objects,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.tuples(inner, inner)
        | st.dictionaries(st.sampled_from(["a", "$object", "$float"]), inner, max_size=2)
    ),
    max_leaves=3,
)


@st.composite
def _floats(draw):
    lower, upper = sorted(draw(st.tuples(_finite, _finite).filter(lambda b: b[0] != b[1])))
    return Float(lower, upper, log=draw(st.booleans()) and lower > 0)


@st.composite
def _float_steps(draw):
    lower, step = draw(st.integers(-50, 50)), draw(st.sampled_from([0.1, 0.25, 1.0, 3e-3]))
    return Float(lower * step, (lower + draw(st.integers(1, 50))) * step, step=step)


@st.composite
def _ints(draw):
    lower, steps = draw(st.integers(-1000, 1000)), draw(st.integers(0, 1000))
    step = draw(st.integers(1, 7))
    return Int(lower, lower + steps * step, draw(st.booleans()) and lower > 0, step)


@st.composite
def _quantized(draw):
    q = draw(st.sampled_from([0.1, 0.25, 1 / 3, 2.0, 1e-5]))
    lower = draw(st.floats(-1e3, 1e3))
    upper = lower + q * draw(st.floats(2.5, 1e3))
    return (loguniform if lower > 0 and draw(st.booleans()) else uniform)(lower, upper).quantized(q)


@st.composite
def _quantized_ints(draw):
    lower, q = draw(st.integers(-1000, 1000)), draw(st.integers(1, 50))
    upper = lower + draw(st.integers(q, 1000))
    return (qlograndint if lower > 0 and draw(st.booleans()) else qrandint)(lower, upper, q)


@st.composite
def _normals(draw):
    mean, sd = draw(st.floats(-1e6, 1e6)), draw(st.floats(1e-3, 1e6))
    return randn(mean, sd) if draw(st.booleans()) else qrandn(mean, sd, sd / 4)


_numbers = _floats() | _float_steps() | _ints() | _quantized() | _quantized_ints() | _normals()
_lists = st.lists(_anything, min_size=1, max_size=4)
_domains = _numbers | _lists.map(choice) | _lists.map(grid_search)
_names = st.sampled_from(["a", "b", "c", "$object", "$pairs", "grid"])


def _nested(inner):
    return (
        st.dictionaries(_names, inner, max_size=3)
        | st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
    )


#: What stands in a choice may hold parameters and choices of its own, but no grid.
_branches = st.recursive(
    _numbers | _lists.map(choice) | _anything,
    lambda inner: _nested(inner) | st.lists(inner, min_size=1, max_size=3).map(choice),
    max_leaves=6,
)
_branched = st.lists(_branches, min_size=1, max_size=3)
_trees = st.recursive(
    _domains | _json | _objects | _branched.map(choice) | _branched.map(grid_search),
    _nested,
    max_leaves=6,
)
_spaces = st.dictionaries(_names, _trees, max_size=4)


def _same(left, right):
    """Equal in value, type and nesting; objects are the very same."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return list(left) == list(right) and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(_same, left, right))
    return left is right or left == right


def _at(config, path):
    for key in path.split("/"):
        config = config[int(key)] if isinstance(config, list | tuple) else config[key]
    return config


def _holds_domains(value):
    if isinstance(value, dict):
        return any(map(_holds_domains, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_domains, value))
    return isinstance(value, Domain)


def _expected(tree, path, point):
    """What a configuration is, said once more: the tree with the values of the point."""
    if isinstance(tree, Domain):
        value = tree.value(point[path])
        inner = f"{path}/{point[path]}"
        return _expected(value, inner, point) if _holds_domains(value) else value
    if isinstance(tree, dict):
        return {k: _expected(v, f"{path}/{k}" if path else k, point) for k, v in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(_expected(v, f"{path}/{i}", point) for i, v in enumerate(tree))
    return tree


def _point(space, seed):
    index = seed % space.grid_size
    return space.conform(space.sample(random.Random(seed), space.grid_point(index)))


@given(_domains, st.integers(0, 2**32))
def test_draws_lie_inside_and_have_the_right_type(domain, seed):
    value = domain.draw(random.Random(seed))
    assert type(value) is (float if isinstance(domain, Float | Normal) else int)
    assert domain.contains(value)
    assert domain.conform(value) == value
    if isinstance(domain, Float | Int):
        assert domain.lower <= value <= domain.upper
        if domain.step is not None:
            steps = (value - domain.lower) / domain.step
            assert math.isclose(steps, round(steps), abs_tol=1e-6)


@given(_spaces, st.integers(0, 2**32))
def test_a_configuration_holds_the_values_of_its_point_where_they_belong(tree, seed):
    space = Space(tree)
    point = _point(space, seed)
    config = space.config(point)
    assert list(config) == list(tree)
    assert _same(config, _expected(tree, "", point))
    assert set(space.varied(config, point)) <= set(space.columns)
    if not space.conditions:
        assert list(point) == list(space.domains)
        assert _same(space.varied(config), {path: _at(config, path) for path in space.domains})


@given(_spaces, st.integers(0, 2**32))
def test_a_searcher_without_conditions_gives_more_and_gets_the_same(tree, seed):
    space = Space(tree)
    point = _point(space, seed)
    whole = space.seen(point, conditions=False)
    assert list(whole) == list(space.domains)
    assert space.conform(whole) == whole
    assert _same(space.config(whole), space.config(point))
    assert space.seen(whole, conditions=True) == point


@given(_spaces, st.integers(0, 2**32))
@example({"a": choice([[], choice([np.float64(0.5)])])}, 0)
@example({"a": choice([(), choice([np.float64(0.5)])])}, 0)
def test_a_configuration_leads_back_to_itself(tree, seed):
    space = Space(tree)
    config = space.config(_point(space, seed))
    point = space.point(config)
    assert space.conform(point) == point
    assert space.config(point) == config


@given(_spaces, st.integers(0, 2**32))
def test_the_store_gives_back_the_same_configuration_with_the_very_objects(tree, seed):
    space = Space(tree)
    point = _point(space, seed)
    config = space.config(point)
    text = jsonvalue.dumps(space.encode_config(config, point))
    json.loads(text)
    assert _same(space.decode_config(jsonvalue.loads(text)), config)


@given(_spaces, st.integers(0, 2**32))
def test_a_described_space_comes_back_and_names_what_it_lacks(tree, seed):
    space = Space(tree)
    description = jsonvalue.loads(jsonvalue.dumps(space.describe()))
    alone = Space.from_description(description)
    assert list(alone.domains) == list(space.domains)
    assert alone.grid_size == space.grid_size
    assert alone.conditions == space.conditions
    assert alone.sample(random.Random(seed)) == space.sample(random.Random(seed))
    if not missing(description):
        again = Space.from_description(jsonvalue.loads(jsonvalue.dumps(alone.describe())))
        assert again.describe() == alone.describe()
    whole = Space.from_description(description, tree)
    point = _point(space, seed)
    assert _same(whole.config(point), space.config(point))


@given(_spaces)
def test_the_same_seed_draws_the_same(tree):
    first, second = Space(tree), Space(tree)
    assert first.sample(random.Random(7)) == second.sample(random.Random(7))


@given(st.permutations(["a", "b", "c", "d"]))
def test_functions_read_resolved_values_in_whatever_order_they_are_written(order):
    parts = {
        "a": uniform(1, 2),
        "b": sample_from(lambda spec: spec.config.a * 10),
        "c": sample_from(lambda config: config["b"] + config["d"]["e"][1]),
        "d": {"e": [0, sample_from(lambda config: config["a"])]},
    }
    space = Space({name: parts[name] for name in order})
    config = space.config({"a": 1.5})
    assert list(config) == list(order)
    assert config == {"a": 1.5, "b": 15.0, "c": 16.5, "d": {"e": [0, 1.5]}}


# The functions users call -----------------------------------------------------------------


def test_the_functions_have_tunes_meaning():
    assert uniform(0, 1) == Float(0.0, 1.0)
    assert loguniform(1e-4, 1e-1, 2) == Float(1e-4, 1e-1, log=True)
    assert randint(2, 10) == Int(2, 9)
    assert choice(["a", "b"]) == Choice(("a", "b"))
    assert grid_search(range(3)) == Grid((0, 1, 2))
    assert Space({"a": {"grid_search": [1, 2]}}).domains == {"a": Grid((1, 2))}


def test_log_draws_are_even_in_the_logarithm():
    rng = random.Random(0)
    reals = [loguniform(1e-4, 1).draw(rng) for _ in range(2000)]
    wholes = [Int(1, 1000, log=True).draw(rng) for _ in range(2000)]
    assert 0.45 < sum(value < 1e-2 for value in reals) / 2000 < 0.55
    assert 0.45 < sum(value < 31 for value in wholes) / 2000 < 0.55


def test_bounds_of_numpy_become_plain():
    domain = Float(np.float32(0.5), np.int64(2))
    assert (type(domain.lower), type(domain.upper)) == (float, float)
    assert type(Int(np.int64(1), 3).lower) is int


@pytest.mark.parametrize(
    ("domain", "given", "expected"),
    [
        (uniform(0, 1), 1, 1.0),
        (uniform(0, 1), np.float64(0.5), 0.5),
        (uniform(0, 1), 1 + 1e-12, 1.0),
        (loguniform(1e-5, 1), 1e-5 * (1 - 1e-12), 1e-5),
        (Float(0, 1, step=0.1), 0.1 + 0.2, 0.3),
        (randint(0, 5), 3.0, 3),
        (randint(0, 5), np.int64(4), 4),
        (choice(["a", "b"]), np.int64(0), 0),
    ],
)
def test_conform_makes_plain_and_forgives_rounding(domain, given, expected):
    value = domain.conform(given)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.1, True, "0.5", None])
def test_conform_refuses_what_lies_outside(value):
    assert not uniform(0, 1).contains(value)
    assert not randint(0, 2).contains(value)
    assert not choice([1, 2]).contains(value)


def test_a_domain_crosses_the_seam_as_json():
    for domain in (uniform(0, 1), Float(0, 1, step=0.5), Int(1, 9, True), choice([1, "a", None])):
        text = jsonvalue.dumps(domain.to_json())
        assert domain_from_json(jsonvalue.loads(text)) == domain
    far = domain_from_json(choice([print, len]).to_json())
    assert isinstance(far, Choice)
    assert (far.size, repr(far.values[0])) == (2, "<built-in function print>")


# Configurations ---------------------------------------------------------------------------


def test_containers_are_fresh_and_constants_unchanged():
    marker = object()
    tree = {"opt": {"layers": [1, [2]], "weights": {0: [1.0], 1: [2.0]}}, "o": marker}
    space = Space(tree)
    config = space.config({})
    assert config == tree
    assert config["o"] is marker
    config["opt"]["layers"][1].append(3)
    config["opt"]["weights"][0].append(3)
    assert space.config({}) == {
        "opt": {"layers": [1, [2]], "weights": {0: [1.0], 1: [2.0]}},
        "o": marker,
    }
    assert tree["opt"]["layers"] == [1, [2]]


def test_grids_multiply_also_inside_lists_and_the_first_turns_fastest():
    space = Space({"layers": [grid_search([16, 32]), grid_search([8, 4, 2])], "x": uniform(0, 1)})
    assert space.grid_size == 6
    layers = [space.config({**space.grid_point(i), "x": 0.0})["layers"] for i in range(6)]
    assert layers == [[16, 8], [32, 8], [16, 4], [32, 4], [16, 2], [32, 2]]


def test_a_grid_of_tuples_stays_tuples_through_the_store():
    space = Space({"ab": grid_search([(1, 2), (3, 4)])})
    config = space.config({"ab": 1})
    assert config == {"ab": (3, 4)}
    encoded = jsonvalue.dumps(space.encode_config(config))
    assert encoded == '{"ab":{"$tuple":[3,4]}}'
    alone = Space.from_description(space.describe())
    assert alone.decode_config(jsonvalue.loads(encoded)) == {"ab": (3, 4)}


def test_objects_are_stored_by_their_place():
    space = Space({"act": choice([len, print]), "loss": max, "lr": uniform(0, 1)})
    point = {"act": 1, "lr": 0.5}
    encoded = space.encode_config(space.config(point), point)
    assert encoded == {
        "act": {"$object": {"path": "act", "index": 1, "repr": "<built-in function print>"}},
        "loss": {"$object": {"path": "loss", "repr": "<built-in function max>"}},
        "lr": 0.5,
    }
    assert missing(space.describe()) == ["act", "loss"]
    stranger = Space.from_description(space.describe()).decode_config(encoded)
    assert repr(stranger["act"]) == "<built-in function print>"


def test_numpy_scalars_are_the_very_values_and_plain_without_the_users_code():
    space = Space({"a": grid_search(np.linspace(0, 1, 3)), "b": np.float32(0.5)})
    config = space.config({"a": 1})
    assert type(config["a"]) is np.float64
    encoded = jsonvalue.loads(jsonvalue.dumps(space.encode_config(config)))
    assert type(space.decode_config(encoded)["a"]) is np.float64
    assert missing(space.describe()) == []
    alone = Space.from_description(space.describe())
    assert alone.decode_config(encoded) == alone.config({"a": 1}) == {"a": 0.5, "b": 0.5}
    assert type(alone.config({"a": 1})["a"]) is float
    Space.from_description(alone.describe(), {"a": grid_search(np.linspace(0, 1, 3)), "b": 0.5})


def test_a_category_that_a_scheduler_put_in_is_found_by_identity():
    space = Space({"act": choice([len, print])})
    encoded = space.encode_config({"act": print, "extra": 1}, {"act": 0})
    assert space.decode_config(encoded) == {"act": print, "extra": 1}


def test_nan_and_infinity_as_constants_survive():
    space = Space({"a": float("inf"), "b": choice([float("nan"), 1.0])})
    encoded = jsonvalue.loads(jsonvalue.dumps(space.encode_config(space.config({"b": 0}))))
    back = space.decode_config(encoded)
    assert back["a"] == math.inf
    assert math.isnan(back["b"])
    Space.from_description(space.describe(), {"a": math.inf, "b": choice([math.nan, 1.0])})


# Functions of the configuration -----------------------------------------------------------


def test_functions_may_take_nothing_a_default_or_a_generator():
    size = 3
    space = Space(
        {
            "none": sample_from(lambda: 1),
            "kept": sample_from(lambda config, size=size: size),
            "drawn": sample_from(lambda config, rng: rng.random()),
            "drawn2": sample_from(lambda config, rng: rng.random()),
        }
    )
    config = space.config({}, seed=5)
    assert (config["none"], config["kept"]) == (1, 3)
    assert config["drawn"] != config["drawn2"]
    assert space.config({}, seed=5) == config
    assert space.config({}, seed=6)["drawn"] != config["drawn"]


def test_functions_see_nested_dicts_by_attribute_and_key():
    space = Space(
        {
            "config": 7,
            "model": {"arch": choice([{"depth": 3}]), "layers": [randint(1, 5), 2]},
            "old": sample_from(lambda spec: spec.config.model.arch.depth + spec.config.config),
            "new": sample_from(lambda config: sum(config["model"]["layers"]) + config["config"]),
            "copy": sample_from(lambda config: config["model"]),
            "more": sample_from(lambda config: [*config["model"]["layers"], np.int64(1)]),
            "kwargs": sample_from(lambda config: dict(**config["model"])["layers"][1:]),
        }
    )
    config = space.config({"model/arch": 0, "model/layers/0": 4})
    assert (config["old"], config["new"]) == (10, 13)
    assert config["copy"] == {"arch": {"depth": 3}, "layers": [4, 2]}
    assert config["copy"]["layers"] is not config["model"]["layers"]
    assert config["more"] == [4, 2, 1]
    assert type(config["more"][2]) is int
    assert config["kwargs"] == [2]


def test_a_derived_object_is_derived_again_from_the_stored_values():
    class Pair:
        def __init__(self, config, rng):
            self.value = (config["x"], rng.random())

    space = Space(
        {"y": sample_from(Pair), "z": sample_from(lambda c: [c["y"]]), "x": uniform(0, 1)}
    )
    config = space.config({"x": 0.25}, seed=3)
    encoded = space.encode_config(config, {"x": 0.25}, seed=3)
    back = space.decode_config(jsonvalue.loads(jsonvalue.dumps(encoded)))
    assert back["y"].value == config["y"].value
    assert back["z"] == [back["y"]]
    assert missing(space.describe()) == ["y", "z"]


def test_varied_names_domains_and_derived_values_but_no_constants():
    space = Space({"c": 1, "b": {"a": uniform(0, 1)}, "d": sample_from(lambda config: 2)})
    assert space.varied(space.config({"b/a": 0.5})) == {"b/a": 0.5, "d": 2}
    assert space.varied({"c": 1, "d": 3}) == {"d": 3}


def test_a_circle_of_functions_is_refused_with_its_names():
    space = Space(
        {
            "z": sample_from(lambda config: config["a"]),
            "a": sample_from(lambda config: config["b"]),
            "b": sample_from(lambda spec: spec.config.a),
        }
    )
    with pytest.raises(ConfigError, match=re.escape("a -> b -> a")):
        space.config({})


def test_a_function_that_raises_is_named_with_the_nearest_parameter():
    space = Space({"lr": 1, "b": sample_from(lambda spec: spec.config.lrr)})
    with pytest.raises(ConfigError, match=r"'b' raised AttributeError: .*did you mean 'lr'\?"):
        space.config({})


def test_a_restored_space_without_its_function_says_so():
    space = Space.from_description(Space({"a": sample_from(lambda config: 1)}).describe())
    with pytest.raises(ConfigError, match="function of 'a'"):
        space.config({})


# Refusals ---------------------------------------------------------------------------------

_REFUSED = [
    (lambda: uniform(2, 1), "lower=2.0 is above upper=1.0"),
    (lambda: uniform(1, 1), "both 1.0"),
    (lambda: uniform(0, float("inf")), "upper must be finite"),
    (lambda: uniform("0", 1), "lower must be a number, got '0'"),
    (lambda: loguniform(0, 1), "lower=0.0"),
    (lambda: Int(0, 5, log=True), "lower=0"),
    (lambda: randint(3, 3), "below upper=3"),
    (lambda: randint(0.5, 3), "lower must be a whole number, got 0.5"),
    (lambda: randint(0, 2**70), "upper must fit 64 bits"),
    (lambda: Float(0, 1, step=0.3), "upper=1.0 is not lower=0.0 plus a multiple of step=0.3"),
    (lambda: Float(0, 1, step=2), "step=2.0 is larger than the range"),
    (lambda: Int(0, 9, step=0), "step must be above 0, got 0"),
    (lambda: choice([]), "at least one value"),
    (lambda: choice("abc"), "choice needs a list of values, got 'abc'"),
    (lambda: choice({1, 2}), "no order"),
    (lambda: grid_search(3), "grid_search needs a list of values, got 3"),
    (lambda: sample_from(3), "sample_from needs a function"),
    (lambda: sample_from(lambda a, b, c: 1), "takes (a, b, c)"),
    (lambda: Space([1]), "param_space must be a dict, got [1] of type list"),
    (lambda: Space({"grid_search": [1]}), "param_space is a grid_search itself"),
    (lambda: Space({"a": {"b/c": uniform(0, 1)}}), "the key 'b/c' in 'a'"),
    (lambda: Space({1: 2}), "the key 1 at the top"),
    (lambda: Space({"a": {0: [uniform(0, 1)]}}), "the key 0 in 'a' is of type int"),
    (lambda: Space({"a": Float}), "'a' is the class Float"),
    (lambda: Space({"a": uniform}), "'a' is the function uniform"),
    (lambda: Space({"a": choice([1, grid_search([1])])}), "'a' has a grid inside"),
    (lambda: Space({"a": choice([{"grid_search": [1]}])}), "'a' has a grid inside"),
    (lambda: Space({"a": {"grid_search": []}}), "'a': grid_search needs at least one value"),
    (lambda: Space({"a": {"grid_search": [1], "b": 2}}), "'grid_search' beside ['b']"),
    (lambda: Space({"a": frozenset({uniform(0, 1)})}), "'a' has a domain inside a frozenset"),
    (
        lambda: Space({"a": sample_from(lambda: uniform(0, 1))}).config({}),
        "'a' gave Float(",
    ),
    (lambda: Space({"lr": uniform(0, 1)}).conform({"lr": 2}), "'lr': 2 is not between 0.0 and 1.0"),
    (lambda: Space({"lr": uniform(0, 1)}).conform({}), "lacks a value for 'lr'"),
    (lambda: Space({"lr": uniform(0, 1)}).conform({"Lr": 1}), "'Lr', which is no parameter"),
    (lambda: Space.from_description({"format": 99}), "format 99"),
    (lambda: domain_from_json({"kind": "odd"}), "describes no domain"),
]


@pytest.mark.parametrize(("make", "message"), _REFUSED, ids=[text for _, text in _REFUSED])
def test_refused_with_what_came(make, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        make()


def test_a_space_that_contains_itself_is_refused():
    tree = {}
    tree["a"] = tree
    with pytest.raises(ConfigError, match="contains itself"):
        Space(tree)


def test_another_space_than_the_stored_one_is_refused_by_its_paths():
    stored = Space({"lr": uniform(0, 1), "n": 3, "f": sample_from(lambda: 1)}).describe()
    Space.from_description(stored, {"lr": uniform(0, 1), "n": 3, "f": sample_from(lambda: 2)})
    with pytest.raises(ConfigError) as caught:
        Space.from_description(stored, {"lr": uniform(0, 2), "m": 3, "f": sample_from(lambda: 1)})
    text = str(caught.value)
    assert all(f"\n    {path}: stored" in text for path in ("lr", "n", "m"))
    assert "f: stored" not in text


def test_a_domain_is_what_every_kind_is():
    assert {type(domain).kind for domain in (uniform(0, 1), randint(0, 2), choice([1]))} == {
        "float",
        "int",
        "choice",
    }
    assert issubclass(Grid, Domain)
